//! What statements do on MySQL and MariaDB: what they write again, and whether
//! writers wait.
//!
//! Owns which clauses of `ALTER TABLE` InnoDB does at once, beside writers, or
//! by a copy of the table ("Online DDL Operations" in MySQL's manual, "InnoDB
//! Online DDL Operations" in MariaDB's). The trials over real servers hold it
//! to what `LOCK=NONE` is refused for, and to which tables get another file.

use super::{MySql, lexer, types};
use crate::dialect::{Found, Ground};
use crate::hazard::statement::of_statement;
use crate::hazard::{Hazard, HazardKind};
use crate::operation::part::Part as _;
use crate::schema::{Column, ColumnType, Name, Table, TableName};
use crate::statement::{self, Clause, ColumnSaid, Kind, Said, Token};

const CHECKED: &str = "`SET SESSION foreign_key_checks = 0` around it lets it be done in place; \
                       no row is checked then";
const COPY: &str = "copy the table beside writers with gh-ost or pt-online-schema-change, or run \
                    it while nobody needs to write";

/// The hazards of a statement.
pub(super) fn judge(on: MySql, sql: &str, ground: &Ground<'_>) -> Vec<Found> {
    let said = said(sql);
    let ground = &ground.reading(|text| Some(types::read(text)));
    let mut found = of_statement(&said, ground);
    found.extend(of_database(on, &said, ground));
    found
}

/// What a statement says.
pub(super) fn said(sql: &str) -> Said {
    let tokens = lexer::tokens(sql).unwrap_or_default();
    let tokens: Vec<Token<'_>> = tokens.iter().map(|t| token(t, sql)).collect();
    statement::read(&tokens)
}

fn token<'s>(token: &lexer::Token, sql: &'s str) -> Token<'s> {
    use lexer::TokenKind as K;
    Token {
        kind: match token.kind {
            K::Word => Kind::Word,
            K::Quoted => Kind::Name,
            K::Text | K::Version => Kind::Text,
            K::Symbol => Kind::Mark,
        },
        text: token.text(sql),
        name: token.name(sql),
    }
}

fn of_database(on: MySql, said: &Said, ground: &Ground<'_>) -> Vec<Found> {
    match said {
        Said::AlterTable(table, clauses) if !ground.is_new(table) => {
            let alter = Alter {
                on,
                table,
                known: ground.table(table),
                clauses,
                ground,
            };
            alter.found()
        }
        Said::CreateIndex(index) if !ground.is_new(&index.table) => {
            let shared = index.lock.as_deref() == Some("SHARED");
            let mut found = Vec::new();
            if index.kind.as_deref() == Some("fulltext") && first_fulltext(ground, &index.table) {
                found.push(rewritten(&index.table));
            }
            if index.kind.is_some() || shared {
                found.push(blocked(&index.table, "until the index is built"));
            }
            let of = |found: Found| found.of(index.name.clone());
            found.into_iter().map(of).collect()
        }
        Said::Rewrite {
            word: "OPTIMIZE TABLE",
            table: Some(table),
        } => vec![rewritten(table)],
        Said::Lock { tables, mode } => {
            let kind = match mode.as_str() {
                "READ" | "READ LOCAL" => HazardKind::BlocksWrites,
                _ => HazardKind::BlocksReads,
            };
            let tables = tables.iter();
            tables
                .map(|t| Found::new(Hazard::new(kind, format!("`{t}` until `UNLOCK TABLES`"))))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn rewritten(table: &TableName) -> Found {
    let message = format!("every row of `{table}`");
    Found::new(Hazard::new(HazardKind::RewritesTable, message))
}

fn blocked(table: &TableName, until: &str) -> Found {
    let message = format!("`{table}` {until}");
    Found::new(Hazard::new(HazardKind::BlocksWrites, message).instead(COPY))
}

fn first_fulltext(ground: &Ground<'_>, table: &TableName) -> bool {
    let known = ground.table(table);
    let is = |t: &Table| {
        t.indexes
            .iter()
            .any(|i| i.method.as_deref() == Some("fulltext"))
    };
    !known.is_some_and(is)
}

/// How InnoDB does a clause, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    /// Nothing that takes as long as the table is large, or beside writers.
    Beside,
    /// An index is built while writers wait.
    Locked,
    /// The rows are written again beside writers.
    Rebuild,
    /// The same while writers wait.
    LockedRebuild,
    /// The table is copied row by row while writers wait.
    Copy,
}

struct Alter<'a> {
    on: MySql,
    table: &'a TableName,
    known: Option<&'a Table>,
    clauses: &'a [Clause],
    ground: &'a Ground<'a>,
}

impl Alter<'_> {
    fn found(&self) -> Vec<Found> {
        let all: Vec<(How, Option<String>)> = self.clauses.iter().map(|c| self.how(c)).collect();
        let worst = all.iter().map(|(how, _)| *how).max().unwrap_or(How::Beside);
        let of = all.into_iter().find(|(how, _)| *how == worst);
        let of = of.and_then(|(_, of)| of);
        let lock = self.clauses.iter().find_map(|clause| match clause {
            Clause::Lock(lock) => Some(lock.as_str()),
            _ => None,
        });
        let mut found = Vec::new();
        if worst >= How::Rebuild {
            found.push(rewritten(self.table));
        }
        let writers_wait = matches!(worst, How::Locked | How::LockedRebuild | How::Copy);
        if writers_wait || lock == Some("SHARED") && worst > How::Beside {
            let until = match worst {
                How::Locked => "until the index is built",
                _ => "until then",
            };
            let mut hazard = blocked(self.table, until);
            let checked = |c: &Clause| matches!(c, Clause::AddForeignKey { .. });
            let others = |c: &Clause| !checked(c) && self.how(c).0 > How::Rebuild;
            if self.clauses.iter().any(checked) && !self.clauses.iter().any(others) {
                hazard.hazard.safe = Some(CHECKED);
            }
            found.push(hazard);
        }
        if lock == Some("EXCLUSIVE") {
            let message = format!("`{}` until then", self.table);
            found.push(Found::new(Hazard::new(HazardKind::BlocksReads, message)));
        }
        found.into_iter().map(|f| f.of(of.clone())).collect()
    }

    fn has(&self, test: impl Fn(&Clause) -> bool) -> bool {
        self.clauses.iter().any(test)
    }

    fn how(&self, clause: &Clause) -> (How, Option<String>) {
        match clause {
            Clause::AddColumn(said) => (self.new_column(said), Some(said.name.clone())),
            Clause::DropColumn(name) => (self.dropped(name), Some(name.clone())),
            Clause::Modify(from, said) => (self.modified(from, said), Some(said.name.clone())),
            Clause::AddPrimaryKey(_) => (How::Rebuild, Some("PRIMARY KEY".into())),
            Clause::DropPrimaryKey if self.has(|c| matches!(c, Clause::AddPrimaryKey(_))) => {
                (How::Rebuild, None)
            }
            Clause::DropPrimaryKey if self.on.is_mariadb() && self.has_another_key() => {
                (How::Rebuild, None)
            }
            Clause::DropPrimaryKey => (How::Copy, None),
            // The server's own checks of keys are on.
            Clause::AddForeignKey { key, .. } => (How::Copy, key.name.clone()),
            Clause::AddCheck { name, .. } => (How::Copy, name.clone()),
            Clause::AddUnique(key) => (self.with_column(), key.name.clone()),
            Clause::AddIndex { name, kind, .. } => {
                let how = match kind.as_deref() {
                    Some("fulltext") if first_fulltext(self.ground, self.table) => {
                        How::LockedRebuild
                    }
                    Some(_) => How::Locked,
                    None => self.with_column(),
                };
                (how, name.clone())
            }
            Clause::ConvertTo => (How::Copy, None),
            Clause::RowFormat => (How::Rebuild, None),
            Clause::Engine(engine) => (self.engine(engine), None),
            Clause::Algorithm(algorithm) if algorithm == "COPY" => (How::Copy, None),
            Clause::ColumnType { column, .. } | Clause::SetExpression(column) => {
                (How::Copy, Some(column.clone()))
            }
            _ => (How::Beside, None),
        }
    }

    /// A column that is added at once cannot be indexed by the same statement:
    /// then the table is built again.
    fn with_column(&self) -> How {
        if self.has(|c| matches!(c, Clause::AddColumn(_))) {
            How::Rebuild
        } else {
            How::Beside
        }
    }

    fn engine(&self, engine: &str) -> How {
        let known = self.known.and_then(|t| t.options.engine.as_deref());
        match known {
            Some(known) if !known.eq_ignore_ascii_case(engine) => How::Copy,
            _ if engine != "innodb" => How::Copy,
            _ => How::Rebuild,
        }
    }

    fn new_column(&self, said: &ColumnSaid) -> How {
        if said.numbered {
            return How::LockedRebuild;
        }
        let default = said.default.as_deref().unwrap_or_default();
        let computed = default.starts_with('(') || calls_what_varies(default);
        if said.generated == Some(Some(true)) || computed || said.references.is_some() {
            return How::Copy;
        }
        if said.check && !self.on.is_mariadb() {
            return How::Copy;
        }
        if said.unique || said.primary_key {
            return How::Rebuild;
        }
        let instant = if self.on.is_mariadb() {
            self.ground.server.at_least(10, 3)
        } else {
            self.ground.server.at_least(8, 0)
        };
        let moves = self
            .known
            .is_some_and(|t| self.on.is_mariadb() && said.placed && computes(t));
        match (instant || said.generated.is_some(), moves) {
            (true, false) => How::Beside,
            (true, true) => How::Copy,
            (false, _) => How::Rebuild,
        }
    }

    fn dropped(&self, name: &str) -> How {
        let Some(known) = self.known else {
            return How::Beside;
        };
        let column = known.column(name);
        let is_virtual = |c: &Column| c.generated.as_ref().is_some_and(|g| !g.stored);
        if column.is_some_and(is_virtual) {
            return How::Beside;
        }
        let name = Name::new(name);
        let keys = keys_of(known);
        let mut keys = keys.iter().filter(|key| key.contains(&name));
        let maria = self.on.is_mariadb();
        let rebuilds = if maria {
            // An index over that column alone goes with it, unless it tells
            // rows apart in a table that MariaDB builds again by a copy alone.
            let unique = known.uniques.iter().any(|u| u.columns.contains(&name));
            keys.any(|key| key.len() > 1) || unique && computes(known)
        } else {
            keys.next().is_some()
        };
        if maria && rebuilds && computes(known) {
            return How::Copy;
        }
        let instant = if maria {
            self.ground.server.at_least(10, 4)
        } else {
            self.ground.server.at_least(8, 1)
        };
        if rebuilds || !instant {
            How::Rebuild
        } else {
            How::Beside
        }
    }

    /// Whether there is a key that can take the place of the primary one.
    fn has_another_key(&self) -> bool {
        let Some(known) = self.known else {
            return false;
        };
        let filled = |c: &Name| known.column(c.as_str()).is_some_and(|c| !c.nullable);
        let stays = |name: Option<&Name>| {
            !self.has(|c| matches!(c, Clause::DropPart(gone) if name.is_some_and(|n| *n == **gone)))
        };
        let uniques = known.uniques.iter();
        let mut uniques = uniques.filter(|u| stays(u.name.as_ref()));
        uniques.any(|u| u.columns.iter().all(filled))
            || known
                .indexes
                .iter()
                .filter(|i| i.unique && stays(i.name.as_ref()))
                .any(|i| i.columns().iter().all(|c| filled(c)))
    }

    fn modified(&self, from: &str, said: &ColumnSaid) -> How {
        let known = self.known.and_then(|t| t.column(from));
        let Some(old) = known else {
            return How::Copy;
        };
        let maria = self.on.is_mariadb();
        let stored = |g: Option<bool>| g == Some(true);
        match (&old.generated, said.generated) {
            (None, None) => {}
            (Some(g), Some(to)) if !g.stored && !stored(to) && maria => return How::Beside,
            (Some(_), Some(_)) => return How::Copy,
            (Some(_), None) | (None, Some(_)) => return How::Copy,
        }
        if said.numbered && !old.autoincrement {
            return How::Copy;
        }
        let to = types::read(&said.ty);
        let collated = said.collation.as_deref().is_some_and(|c| {
            let old = self.collation_of(old);
            !c.eq_ignore_ascii_case(old)
        });
        let charset = said.charset.as_deref().is_some_and(|charset| {
            let old = self.collation_of(old);
            !old.to_lowercase().starts_with(charset)
        });
        let widens = old.ty == to || widens_in_place(&Pair2(&old.ty, &to), maria);
        if charset || !widens || collated && self.is_recoded(old, said) {
            return How::Copy;
        }
        if old.nullable == said.not_null && !self.is_in_the_primary_key(from) {
            // A column that stored ones are computed from is not changed in place.
            let stored = |c: &Column| c.generated.as_ref().is_some_and(|g| g.stored);
            let is_kept = |t: &Table| t.columns.iter().any(stored);
            return if maria && self.known.is_some_and(is_kept) && said.not_null {
                How::Copy
            } else {
                How::Rebuild
            };
        }
        if said.placed && !maria {
            return How::Rebuild;
        }
        How::Beside
    }

    /// Whether another collation means other bytes or another index.
    fn is_recoded(&self, old: &Column, said: &ColumnSaid) -> bool {
        let charset = |c: &str| c.split('_').next().unwrap_or_default().to_lowercase();
        let from = self.collation_of(old);
        let to = said.collation.as_deref().unwrap_or_default();
        let keyed = self
            .known
            .is_some_and(|t| keys_of(t).iter().any(|k| k.contains(&old.name)));
        charset(from) != charset(to) || keyed && !self.on.is_mariadb()
    }

    /// The collation of a column: its own, or the table's, or the server's.
    fn collation_of<'c>(&'c self, column: &'c Column) -> &'c str {
        let options = self.known.map(|t| &t.options);
        let of_table = options.and_then(|o| o.collation.as_deref().or(o.charset.as_deref()));
        let server = self.ground.server.collation.as_str();
        column.collation.as_deref().or(of_table).unwrap_or(server)
    }

    fn is_in_the_primary_key(&self, column: &str) -> bool {
        let key = self.known.and_then(|t| t.primary_key.as_ref());
        key.is_some_and(|k| k.columns.iter().any(|c| *c == *column))
    }
}

/// Two types.
struct Pair2<'a>(&'a ColumnType, &'a ColumnType);

/// Whether a table has columns that are computed from others.
fn computes(table: &Table) -> bool {
    table.columns.iter().any(|c| c.generated.is_some())
}

/// The columns of every key and index.
fn keys_of(table: &Table) -> Vec<Vec<Name>> {
    let primary = table.primary_key.iter().map(|k| k.columns.clone());
    let uniques = table.uniques.iter().map(|u| u.columns.clone());
    let indexes = table.indexes.iter().map(|i| {
        let columns = i.keys.iter().filter_map(|key| match &key.target {
            crate::schema::IndexTarget::Column(name) => Some(name.clone()),
            crate::schema::IndexTarget::Expression(_) => None,
        });
        columns.collect()
    });
    primary.chain(uniques).chain(indexes).collect()
}

/// Whether a default calls something that is another in every row.
fn calls_what_varies(default: &str) -> bool {
    let text = default.to_lowercase();
    let calm = [
        "current_timestamp",
        "now",
        "localtime",
        "localtimestamp",
        "curdate",
        "curtime",
    ];
    text.split_once('(').is_some_and(|(name, _)| {
        let name = name.trim();
        !name.is_empty() && !name.starts_with('\'') && !calm.contains(&name)
    })
}

/// A longer text is the same on disk while its length takes as many bytes, and
/// a list with more values at its end while their number does.
fn widens_in_place(types: &Pair2<'_>, maria: bool) -> bool {
    let Pair2(from, to) = types;
    let (from, to) = (types::write(from), types::write(to));
    let word = |text: &str| text.split('(').next().unwrap_or_default().to_owned();
    if word(&from) != word(&to) {
        return false;
    }
    match word(&from).as_str() {
        kind @ ("varchar" | "varbinary") => {
            let width = if kind == "varchar" { 4 } else { 1 };
            let (Some(from), Some(to)) = (length(&from), length(&to)) else {
                return false;
            };
            let (old, new) = (from * width, to * width);
            from <= to && (new <= 255 || old > 255 || maria && old <= 127)
        }
        "enum" | "set" => {
            let open = |t: &str| t.trim_end().trim_end_matches(')').to_owned();
            let small = |t: &str| t.matches(',').count() < if t.starts_with('e') { 255 } else { 8 };
            open(&to).starts_with(&open(&from)) && (small(&to) || !small(&from))
        }
        _ => false,
    }
}

fn length(spelling: &str) -> Option<u32> {
    let (_, rest) = spelling.split_once('(')?;
    let (number, _) = rest.split_once(')')?;
    number.trim().parse().ok()
}

#[cfg(test)]
mod tests;
