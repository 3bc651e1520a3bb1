//! The kinds of hazards, one row each.
//!
//! Owns every text that is said of a kind as such. It must not know any
//! operation; which of them has which hazard is not decided here.

use super::HazardKind;

/// How bad a hazard is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Good to know; there may be nothing to do about it.
    Note,
    /// Somebody should look at it before it runs.
    Warning,
    /// It does not pass `lint`.
    Error,
}

impl Level {
    /// The word used in JSON and in `[lint]`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What to do instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Safe {
    /// For the dialect of that name; for all others where it is empty.
    pub dialect: &'static str,
    /// What to do.
    pub text: &'static str,
}

/// What there is to say of a kind of hazard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Which kind.
    pub kind: HazardKind,
    /// The word used in JSON, in `[lint]` and in `allow(...)`.
    pub word: &'static str,
    /// The words used on screen and in migration files.
    pub title: &'static str,
    /// How bad it is where nobody says otherwise.
    pub level: Level,
    /// What happens.
    pub what: &'static str,
    /// Why that is bad.
    pub why: &'static str,
    /// What to do instead; the first row that fits the dialect counts.
    pub safe: &'static [Safe],
}

impl Rule {
    /// What to do instead on the database of that name.
    pub fn safe_way(&self, dialect: &str) -> &'static str {
        let fits = |safe: &&Safe| safe.dialect.is_empty() || safe.dialect == dialect;
        self.safe.iter().find(fits).map_or("", |safe| safe.text)
    }
}

/// The rule of a kind.
pub(super) fn of(kind: HazardKind) -> &'static Rule {
    match kind {
        HazardKind::DeletesData => &DELETES_DATA,
        HazardKind::MayFailOnRows => &MAY_FAIL_ON_ROWS,
        HazardKind::LosesPrecision => &LOSES_PRECISION,
        HazardKind::NotReversible => &NOT_REVERSIBLE,
        HazardKind::BreaksRunningCode => &BREAKS_RUNNING_CODE,
        HazardKind::RewritesTable => &REWRITES_TABLE,
        HazardKind::ScansTable => &SCANS_TABLE,
        HazardKind::BlocksReads => &BLOCKS_READS,
        HazardKind::BlocksWrites => &BLOCKS_WRITES,
        HazardKind::InvalidatesPlans => &INVALIDATES_PLANS,
        HazardKind::FiresTriggers => &FIRES_TRIGGERS,
        HazardKind::NotTransactional => &NOT_TRANSACTIONAL,
    }
}

const fn everywhere(text: &'static str) -> Safe {
    Safe { dialect: "", text }
}

const fn on(dialect: &'static str, text: &'static str) -> Safe {
    Safe { dialect, text }
}

const DELETES_DATA: Rule = Rule {
    kind: HazardKind::DeletesData,
    word: "deletes_data",
    title: "deletes data",
    level: Level::Error,
    what: "values that are there before are gone afterwards",
    why: "only a backup brings them back",
    safe: &[everywhere(
        "copy what is still needed elsewhere first, let nothing read it for a release, and then \
         drop it with `allow(deletes_data)` and the reason",
    )],
};

const MAY_FAIL_ON_ROWS: Rule = Rule {
    kind: HazardKind::MayFailOnRows,
    word: "may_fail_on_rows",
    title: "may fail on rows",
    level: Level::Warning,
    what: "rows that are there already can make the statement fail",
    why: "it passes on an empty database and stops in production",
    safe: &[everywhere(
        "find such rows and mend them in a migration of its own before this one",
    )],
};

const LOSES_PRECISION: Rule = Rule {
    kind: HazardKind::LosesPrecision,
    word: "loses_precision",
    title: "loses precision",
    level: Level::Warning,
    what: "values are rounded or cut to what the new type holds",
    why: "nothing fails, and nothing brings the digits back",
    safe: &[everywhere(
        "keep the old type, or put the new one into a column of its own and compare before the \
         old one goes",
    )],
};

const NOT_REVERSIBLE: Rule = Rule {
    kind: HazardKind::NotReversible,
    word: "not_reversible",
    title: "not reversible",
    level: Level::Warning,
    what: "the downgrade does not bring back what was there",
    why: "who runs it gets the old schema and not the old rows",
    safe: &[everywhere(
        "keep what the downgrade needs, in a table or a column beside it, until nobody goes back",
    )],
};

const BREAKS_RUNNING_CODE: Rule = Rule {
    kind: HazardKind::BreaksRunningCode,
    word: "breaks_running_code",
    title: "breaks running code",
    level: Level::Warning,
    what: "programs that were built for the schema before go wrong",
    why: "they run on while the migration does, and until the last of them is replaced",
    safe: &[everywhere(
        "in two releases: first the program that can do with both schemas, then the migration",
    )],
};

const REWRITES_TABLE: Rule = Rule {
    kind: HazardKind::RewritesTable,
    word: "rewrites_table",
    title: "rewrites the table",
    level: Level::Warning,
    what: "every row is written again",
    why: "it takes as long as the table is large, and as much room again on the disk",
    safe: &[
        on(
            "sqlite",
            "run it while nobody needs to write; SQLite has no other way",
        ),
        everywhere(
            "a new column beside the old one, filled in batches, and the old one dropped when \
             nothing uses it any more",
        ),
    ],
};

const SCANS_TABLE: Rule = Rule {
    kind: HazardKind::ScansTable,
    word: "scans_table",
    title: "scans the table",
    level: Level::Warning,
    what: "every row is read while the table is locked",
    why: "the lock is held as long as the table is large",
    safe: &[
        on(
            "postgres",
            "add the constraint `NOT VALID`, and `VALIDATE CONSTRAINT` in a later transaction, \
             which reads the rows beside writers",
        ),
        everywhere("run it while nobody needs to write"),
    ],
};

const BLOCKS_READS: Rule = Rule {
    kind: HazardKind::BlocksReads,
    word: "blocks_reads",
    title: "blocks reads",
    level: Level::Warning,
    what: "nobody reads or writes the table until the statement is done",
    why: "every request that meets the table waits, and those behind it wait with it",
    safe: &[
        on(
            "postgres",
            "set a `lock_timeout` and try again, and do what takes long in steps that let others \
             in: `CONCURRENTLY`, `NOT VALID` and `VALIDATE`, or a column beside the old one",
        ),
        everywhere("run it while nobody needs the table"),
    ],
};

const BLOCKS_WRITES: Rule = Rule {
    kind: HazardKind::BlocksWrites,
    word: "blocks_writes",
    title: "blocks writes",
    level: Level::Warning,
    what: "nobody writes to the table until the statement is done",
    why: "every request that writes waits as long as the table is large",
    safe: &[
        on(
            "postgres",
            "build indexes `CONCURRENTLY`; add foreign keys `NOT VALID` and validate them in a \
             later transaction",
        ),
        on(
            "mysql",
            "say `ALGORITHM=INPLACE, LOCK=NONE` where the server can, or copy the table with \
             gh-ost or pt-online-schema-change",
        ),
        on(
            "sqlite",
            "run it while nobody needs to write; SQLite has one writer at a time",
        ),
        everywhere("run it while nobody needs to write"),
    ],
};

const INVALIDATES_PLANS: Rule = Rule {
    kind: HazardKind::InvalidatesPlans,
    word: "invalidates_plans",
    title: "invalidates prepared plans",
    level: Level::Note,
    what: "statements that clients have prepared give another type than they did",
    why: "each fails once on every connection: cached plan must not change result type",
    safe: &[everywhere(
        "let clients prepare anew or connect anew after the migration, and name columns instead \
         of `SELECT *`",
    )],
};

const FIRES_TRIGGERS: Rule = Rule {
    kind: HazardKind::FiresTriggers,
    word: "fires_triggers",
    title: "fires triggers",
    level: Level::Warning,
    what: "triggers run for every row that the statement writes",
    why: "they note, count or send what no program did, and take their time for each row",
    safe: &[
        on(
            "postgres",
            "look at what they do; where it is not wanted, `ALTER TABLE .. DISABLE TRIGGER` around \
             the statement, in the same transaction",
        ),
        everywhere(
            "look at what they do; where it is not wanted, let them do nothing while a variable of \
             the session or a row of a table says so",
        ),
    ],
};

const NOT_TRANSACTIONAL: Rule = Rule {
    kind: HazardKind::NotTransactional,
    word: "not_transactional",
    title: "not transactional",
    level: Level::Note,
    what: "what is done stays done where something fails later",
    why: "a migration that stops half-way leaves neither the old schema nor the new one",
    safe: &[
        on(
            "mysql",
            "one change a migration; `upgrade` goes on behind the last statement that was done",
        ),
        on(
            "postgres",
            "keep it in a migration of its own, and drop an index that was left invalid before \
             the next try",
        ),
        everywhere("keep it in a migration of its own"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_row_of_its_own() {
        let mut words: Vec<&str> = Vec::new();
        for kind in HazardKind::ALL {
            let rule = kind.rule();
            assert_eq!(rule.kind, kind);
            assert_eq!(HazardKind::of_word(rule.word), Some(kind));
            assert!(!words.contains(&rule.word), "{} is there twice", rule.word);
            words.push(rule.word);
            for dialect in ["sqlite", "postgres", "mysql"] {
                assert!(!rule.safe_way(dialect).is_empty(), "{}", rule.word);
            }
        }
        assert!(HazardKind::ALL.is_sorted());
    }

    #[test]
    fn what_to_do_instead_is_told_in_the_words_of_the_database() {
        let rule = HazardKind::RewritesTable.rule();
        assert!(rule.safe_way("sqlite").contains("SQLite"));
        assert!(!rule.safe_way("postgres").contains("SQLite"));
    }
}
