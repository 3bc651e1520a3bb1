//! What statements do on PostgreSQL: what they rewrite, read, and lock.
//!
//! Owns the locks of `ALTER TABLE` ("Explicit Locking" and the notes of `ALTER
//! TABLE` and `CREATE INDEX` in the manual), of which only those are told that
//! are held as long as a table is large. The trials over real servers hold it
//! to what `pg_locks` and `pg_relation_filenode` say.

use super::lower::{is_relabelled, is_volatile, requires};
use super::{lexer, types};
use crate::dialect::{Found, Ground};
use crate::hazard::statement::of_statement;
use crate::hazard::{Hazard, HazardKind};
use crate::operation::identifiers::mentions;
use crate::operation::part::Part as _;
use crate::schema::{Column, ColumnType, IndexTarget, Name, Table, TableName};
use crate::statement::{self, Clause, ColumnSaid, Key, Kind, Said, Token};

const NOT_NULL: &str = "add `CHECK (c IS NOT NULL) NOT VALID`, validate it in a later transaction, \
                        then `SET NOT NULL`, which trusts it, and drop the check";
const UNIQUE: &str = "`CREATE UNIQUE INDEX CONCURRENTLY`, then `ADD CONSTRAINT .. USING INDEX`";
const INDEX: &str = "`CREATE INDEX CONCURRENTLY`, outside of a transaction";
const FOREIGN_KEY: &str = "add it `NOT VALID`, and `VALIDATE CONSTRAINT` in a later transaction";
const FILLED: &str = "add the column without the default, set the default, and fill the rows in \
                      batches";

/// The hazards of a statement.
pub(super) fn judge(sql: &str, ground: &Ground<'_>) -> Vec<Found> {
    let said = said(sql);
    let ground = &ground.reading(types::read).trusting(requires);
    if matches!(said, Said::DropSchema { cascade: false, .. }) {
        // It is refused unless the schema is empty.
        return Vec::new();
    }
    let mut found = of_statement(&said, ground);
    found.extend(of_database(&said, ground));
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
            K::Word | K::Number | K::Parameter => Kind::Word,
            K::Quoted => Kind::Name,
            K::Text | K::Dollar => Kind::Text,
            K::Mark => Kind::Mark,
        },
        text: token.text(sql),
        name: token.name(sql),
    }
}

fn found(kind: HazardKind, message: String) -> Found {
    Found::new(Hazard::new(kind, message))
}

fn of_database(said: &Said, ground: &Ground<'_>) -> Vec<Found> {
    match said {
        Said::AlterTable(table, clauses) if !ground.is_new(table) => {
            of_alter(table, clauses, ground)
        }
        Said::CreateIndex(index) if index.only || ground.is_new(&index.table) => Vec::new(),
        Said::CreateIndex(index) if index.concurrently => vec![alone("a failed build")],
        Said::CreateIndex(index) => {
            let message = format!("`{}` until the index is built", index.table);
            let hazard = Hazard::new(HazardKind::BlocksWrites, message).instead(INDEX);
            vec![Found::new(hazard).of(index.name.clone())]
        }
        Said::Reindex {
            concurrently: false,
            what,
        } => {
            let message = format!("what uses {what}, until it is built again");
            let hazard = Hazard::new(HazardKind::BlocksReads, message);
            vec![Found::new(hazard.instead("`REINDEX .. CONCURRENTLY`"))]
        }
        Said::Rewrite { word, table } if *word != "VACUUM" => {
            let what = table.as_ref().map(|t| format!("`{t}`"));
            let what = what.unwrap_or_else(|| "every table".into());
            vec![
                found(HazardKind::RewritesTable, format!("every row of {what}")),
                found(
                    HazardKind::BlocksReads,
                    format!("{what} until it is written again"),
                ),
            ]
        }
        Said::Refresh {
            concurrently: false,
            view,
        } => {
            let message = format!("`{view}` until it is filled again");
            let hazard = Hazard::new(HazardKind::BlocksReads, message);
            vec![Found::new(hazard.instead(
                "`REFRESH MATERIALIZED VIEW CONCURRENTLY`, which wants a unique index",
            ))]
        }
        Said::Lock { tables, mode } => of_lock(tables, mode),
        Said::AddEnumValue(ty) if !ground.server.at_least(12, 0) => {
            let message = format!("a value of `{ty}` is added outside of a transaction");
            vec![found(HazardKind::NotTransactional, message)]
        }
        _ => Vec::new(),
    }
}

fn alone(what: &str) -> Found {
    let message = format!("{what} leaves an invalid index behind");
    found(HazardKind::NotTransactional, message)
}

fn of_lock(tables: &[TableName], mode: &str) -> Vec<Found> {
    let kind = match mode {
        "" | "ACCESS EXCLUSIVE" => HazardKind::BlocksReads,
        "SHARE" | "SHARE ROW EXCLUSIVE" | "EXCLUSIVE" => HazardKind::BlocksWrites,
        _ => return Vec::new(),
    };
    let tables = tables.iter();
    tables
        .map(|t| found(kind, format!("`{t}` until the transaction ends")))
        .collect()
}

/// How long a clause keeps its lock.
enum Work {
    /// No longer than the catalogue takes.
    None,
    /// Every row is written again.
    Rewrite(Hazard),
    /// Every row is read.
    Scan(Hazard),
    /// An index is built.
    Build(&'static str),
}

/// What a clause does, and whether it is content with a lock that lets readers
/// in.
struct Effect {
    work: Work,
    lets_readers_in: bool,
    of: Option<String>,
    /// The other table that it locks against writers while it works.
    other: Option<TableName>,
}

impl Effect {
    fn of(work: Work, of: Option<String>) -> Self {
        Self {
            work,
            lets_readers_in: false,
            of,
            other: None,
        }
    }
}

fn rewrite(message: String) -> Work {
    Work::Rewrite(Hazard::new(HazardKind::RewritesTable, message))
}

fn scan(message: String, safe: &'static str) -> Work {
    Work::Scan(Hazard::new(HazardKind::ScansTable, message).instead(safe))
}

fn of_alter(table: &TableName, clauses: &[Clause], ground: &Ground<'_>) -> Vec<Found> {
    let mut all = Vec::new();
    let (mut works, mut safe, mut first) = (false, None, None);
    let mut readers = true;
    let mut until = "until the index is built";
    let mut others: Vec<(TableName, Option<String>)> = Vec::new();
    for clause in clauses {
        if let Clause::AttachPartition(part) = clause {
            all.extend(of_attached(part, ground));
        }
        if let Clause::ColumnType { column, .. } = clause {
            let message = format!("what reads `{table}.{column}`");
            let plans = found(HazardKind::InvalidatesPlans, message);
            all.push(plans.of(Some(column.clone())));
        }
        let Some(effect) = effect(table, clause, ground) else {
            continue;
        };
        readers &= effect.lets_readers_in;
        let hazard = match effect.work {
            Work::None => continue,
            Work::Rewrite(hazard) | Work::Scan(hazard) => {
                safe = hazard.safe.filter(|_| !works).or(safe);
                until = "until then";
                Some(hazard)
            }
            Work::Build(how) => {
                safe = Some(how).filter(|_| !works).or(safe);
                None
            }
        };
        if !works {
            first.clone_from(&effect.of);
        }
        works = true;
        let other = effect
            .other
            .filter(|other| other != table && !ground.is_new(other));
        others.extend(other.map(|other| (other, effect.of.clone())));
        all.extend(hazard.map(|h| Found::new(h).of(effect.of)));
    }
    if !works {
        return all;
    }
    let rewrites = |f: &Found| f.hazard.kind == HazardKind::RewritesTable;
    if all.iter().any(rewrites) {
        // Rows that are written again are looked at on the way; only those of
        // another table are looked up afterwards.
        let looks_up = |f: &Found| others.iter().any(|(_, of)| *of == f.of);
        all.retain(|f| f.hazard.kind != HazardKind::ScansTable || looks_up(f));
    }
    let (kind, message) = if readers {
        let also: String = others
            .iter()
            .map(|(other, _)| format!(" and `{other}`"))
            .collect();
        (HazardKind::BlocksWrites, format!("`{table}`{also} {until}"))
    } else {
        for (other, of) in others {
            let message = format!("`{other}` {until}");
            all.push(found(HazardKind::BlocksWrites, message).of(of));
        }
        (HazardKind::BlocksReads, format!("`{table}` {until}"))
    };
    let mut hazard = Hazard::new(kind, message);
    hazard.safe = safe;
    all.push(Found::new(hazard).of(first));
    all
}

/// What is attached is read under a lock of its own.
fn of_attached(part: &TableName, ground: &Ground<'_>) -> Vec<Found> {
    if ground.is_new(part) {
        return Vec::new();
    }
    let message = format!("every row of `{part}`, for the bounds of the partition");
    let safe = "give it a valid `CHECK` that says the same as the bounds first";
    vec![
        Found::new(Hazard::new(HazardKind::ScansTable, message).instead(safe)),
        Found::new(
            Hazard::new(HazardKind::BlocksReads, format!("`{part}` until then")).instead(safe),
        ),
    ]
}

fn effect(table: &TableName, clause: &Clause, ground: &Ground<'_>) -> Option<Effect> {
    let known = ground.table(table);
    let every = || format!("every row of `{table}`");
    Some(match clause {
        Clause::AddColumn(said) => new_column(table, said, ground),
        Clause::ColumnType {
            column,
            ty,
            using,
            collation,
        } => {
            let old = ground.column(table, column);
            let told = (ty.as_str(), using.as_deref(), collation.as_deref());
            Effect::of(new_type(table, old, told, known), Some(column.clone()))
        }
        Clause::SetNotNull(column) => {
            let work = if is_not_null_already(known, column, ground) {
                Work::None
            } else {
                scan(
                    format!("every row of `{table}`, for NULL in `{column}`"),
                    NOT_NULL,
                )
            };
            Effect::of(work, Some(column.clone()))
        }
        Clause::SetExpression(column) => {
            let generated = ground
                .column(table, column)
                .and_then(|c| c.generated.as_ref());
            let work = match generated {
                Some(generated) if !generated.stored => Work::None,
                _ => rewrite(every()),
            };
            Effect::of(work, Some(column.clone()))
        }
        Clause::AddPrimaryKey(key) => Effect::of(
            primary_key(table, key, ground),
            Some("PRIMARY KEY".to_owned()),
        ),
        Clause::AddUnique(key) if key.using_index.is_some() => {
            Effect::of(Work::None, key.name.clone())
        }
        Clause::AddUnique(key) => Effect::of(Work::Build(UNIQUE), key.name.clone()),
        Clause::AddExclude => Effect::of(Work::Build("run it while nobody needs the table"), None),
        Clause::AddForeignKey { key, references } => {
            let message = format!("every row of `{table}`, for its row in `{references}`");
            Effect {
                work: if key.not_valid {
                    Work::None
                } else {
                    scan(message, FOREIGN_KEY)
                },
                lets_readers_in: true,
                of: key.name.clone(),
                other: Some(references.clone()),
            }
        }
        Clause::AddCheck {
            name, not_valid, ..
        } => {
            let work = if *not_valid {
                Work::None
            } else {
                scan(
                    format!("every row of `{table}`, for the check"),
                    FOREIGN_KEY,
                )
            };
            Effect::of(work, name.clone())
        }
        // Writers go on meanwhile.
        Clause::Validate(_) | Clause::AttachPartition(_) => Effect {
            lets_readers_in: true,
            ..Effect::of(Work::None, None)
        },
        Clause::SetLogged | Clause::SetTablespace | Clause::SetAccessMethod => {
            Effect::of(rewrite(every()), None)
        }
        Clause::Algorithm(_) | Clause::Lock(_) => return None,
        _ => Effect::of(Work::None, None),
    })
}

fn primary_key(table: &TableName, key: &Key, ground: &Ground<'_>) -> Work {
    let known = ground.table(table);
    if key.using_index.is_none() {
        return Work::Build(UNIQUE);
    }
    let is_filled = |c: &String| is_not_null_already(known, c, ground);
    // The columns of the index are not told.
    if key.columns.iter().all(is_filled) {
        Work::None
    } else {
        scan(
            format!("every row of `{table}`, for NULL in the key"),
            NOT_NULL,
        )
    }
}

/// Whether the database need not look for NULL in the rows.
fn is_not_null_already(table: Option<&Table>, column: &str, ground: &Ground<'_>) -> bool {
    let Some(table) = table else {
        return false;
    };
    let known = table.column(column);
    if known.is_some_and(|c| !c.nullable) {
        return true;
    }
    let name = Name::new(column);
    let mut checks = table.checks.iter();
    ground.server.at_least(12, 0) && checks.any(|check| requires(check, &name))
}

fn new_column(table: &TableName, said: &ColumnSaid, ground: &Ground<'_>) -> Effect {
    let of = Some(said.name.clone());
    let every = |safe: &'static str| {
        let hazard = Hazard::new(HazardKind::RewritesTable, format!("every row of `{table}`"));
        Work::Rewrite(hazard.instead(safe))
    };
    let stored = match said.generated {
        Some(Some(stored)) => stored,
        // Version 18 computes it at each read where nothing is said.
        Some(None) => !ground.server.at_least(18, 0),
        None => false,
    };
    if said.numbered || stored {
        return Effect::of(
            every("add a plain column, fill it in batches, and let a trigger keep it"),
            of,
        );
    }
    let default = said.default.as_deref();
    let default = default.filter(|text| !text.eq_ignore_ascii_case("null"));
    let old = !ground.server.at_least(11, 0);
    if default.is_some_and(|text| old || is_volatile(text)) {
        return Effect::of(every(FILLED), of);
    }
    if said.primary_key || said.unique {
        return Effect::of(Work::Build(UNIQUE), of);
    }
    if said.check {
        let message = format!("every row of `{table}`, for the check");
        return Effect::of(scan(message, FOREIGN_KEY), of);
    }
    if let (Some(references), Some(_)) = (&said.references, default) {
        let message = format!("every row of `{table}`, for its row in `{references}`");
        return Effect {
            other: Some(references.clone()),
            ..Effect::of(scan(message, FOREIGN_KEY), of)
        };
    }
    Effect::of(Work::None, of)
}

fn new_type(
    table: &TableName,
    old: Option<&Column>,
    (ty, using, collation): (&str, Option<&str>, Option<&str>),
    known: Option<&Table>,
) -> Work {
    let every = || rewrite(format!("every row of `{table}`"));
    let Some(old) = old else {
        return every();
    };
    let to = types::read(ty).unwrap_or_else(|| ColumnType::Custom(ty.to_owned()));
    if using.is_some() || !is_relabelled(&old.ty, &to) {
        return every();
    }
    let collated = collation.map(|c| c.trim_matches('"').to_owned()) != old.collation;
    let message = |what: &str| format!("every row of `{table}`, for {what} over `{}`", old.name);
    let safe = "run it while nobody needs the table";
    let (Some(known), true) = (known, old.ty != to || collated) else {
        return Work::None;
    };
    // What is not the column alone is checked and built again.
    let over = |text: &str| mentions(&crate::schema::Expression::new(text), &old.name, known);
    if known.checks.iter().any(|c| over(c.expression.as_str())) {
        return scan(message("a check"), safe);
    }
    let built = known.indexes.iter().any(|index| {
        let is_it =
            |target: &IndexTarget| matches!(target, IndexTarget::Column(c) if *c == old.name);
        let plain = index.keys.iter().any(|key| is_it(&key.target));
        let computed = index.expressions().iter().any(|e| over(e.as_str()));
        computed || plain && (collated || !index.expressions().is_empty())
    });
    let keyed = |columns: &[Name]| collated && columns.contains(&old.name);
    let constrained = known.uniques.iter().any(|u| keyed(&u.columns))
        || known
            .primary_key
            .as_ref()
            .is_some_and(|k| keyed(&k.columns));
    if built || constrained {
        return scan(message("an index"), safe);
    }
    Work::None
}

#[cfg(test)]
mod tests;
