//! What a replay without a database does not know: SQL that somebody wrote and
//! that does not say what it makes of the schema.
//!
//! It owns telling such SQL from SQL of which the words tell enough, and which
//! operations depend on it. It must not know what is done about it.

use std::collections::BTreeSet;

use aludel_core::change::{Change, Pair};
use aludel_core::dialect::{Dialect, Snapshot};
use aludel_core::object::{self, Definition, Noun, ObjectChange};
use aludel_core::operation::Operation;
use aludel_core::schema::TableName;

use crate::error::{Error, ErrorKind, Result};

/// What is not known.
#[derive(Debug, Clone, Default)]
pub(super) struct Doubts {
    /// The file that is replayed.
    pub(super) file: String,
    list: Vec<Doubt>,
}

#[derive(Debug, Clone)]
struct Doubt {
    /// Where it stands, for people.
    place: String,
    /// Every name in it, as the database compares names; `None` where a whole
    /// file is meant.
    names: Option<BTreeSet<String>>,
}

/// What begins a statement that may do anything.
const ANYTHING: [&str; 4] = ["do", "call", "execute", "prepare"];

impl Doubts {
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether it is known what a statement makes of the database; what it
    /// makes is done in the snapshot.
    pub(super) fn known(&self, dialect: &dyn Dialect, sql: &str, snapshot: &mut Snapshot) -> bool {
        let words = dialect.words(sql).unwrap_or_default();
        let first = words.first().map(|word| word.text.to_lowercase());
        let anything = first.is_some_and(|word| ANYTHING.contains(&word.as_str()));
        if !anything && !dialect.outline(sql).changes_schema {
            return true;
        }
        match object::read(dialect, sql) {
            Ok(made) if made.id.noun != Noun::Index => {
                let before = Definition {
                    id: made.id.clone(),
                    sql: String::new(),
                };
                let change = ObjectChange::Replace(Pair::new(before, made));
                object::replay(dialect, snapshot, &change);
                true
            }
            _ => false,
        }
    }

    /// Notes SQL that does not say what it does.
    pub(super) fn note(&mut self, dialect: &dyn Dialect, sql: &str, place: &str) {
        let words = dialect.words(sql).unwrap_or_default();
        let names = words.iter().filter_map(|word| word.name.as_deref());
        self.list.push(Doubt {
            place: format!("the SQL of {place} (`{}`)", start(sql)),
            names: Some(names.map(|name| dialect.fold_name(name)).collect()),
        });
    }

    /// Notes that a file of statements changes the schema; always `false`.
    pub(super) fn note_file(&mut self) -> bool {
        let place = format!("`{}`, which is written in SQL", self.file);
        self.list.push(Doubt { place, names: None });
        false
    }

    /// Stops where an operation is about something that is not known.
    pub(super) fn refuse(&self, dialect: &dyn Dialect, operations: &[Operation]) -> Result<()> {
        for operation in operations {
            let names = names(operation).into_iter();
            let names: Vec<String> = names.map(|name| dialect.fold_name(name)).collect();
            let about = |doubt: &&Doubt| match &doubt.names {
                Some(unknown) => names.iter().any(|name| unknown.contains(name)),
                None => true,
            };
            let open: Vec<&Doubt> = self.list.iter().filter(about).collect();
            if !open.is_empty() {
                let what = operation.describe().into_iter().next();
                let what = what.map(|d| d.text).unwrap_or_default();
                let what = format!("`{}`: cannot {what} without a database", self.file);
                return Err(error(&what, &open));
            }
        }
        Ok(())
    }

    /// The error that comes of what is not known.
    pub(super) fn error(&self, what: &str) -> Error {
        error(what, &self.list.iter().collect::<Vec<_>>())
    }
}

fn error(what: &str, open: &[&Doubt]) -> Error {
    let mut places: Vec<&str> = open.iter().map(|doubt| doubt.place.as_str()).collect();
    places.dedup();
    let in_files = open.iter().any(|doubt| doubt.names.is_none());
    let hint = if in_files {
        "name a `[database] scratch_url`, an empty database in which the migrations are replayed"
    } else {
        "say what the SQL does, `op.execute(..).declares(|op| ..)`, or name a `[database] \
         scratch_url`, an empty database in which the migrations are replayed"
    };
    Error::new(
        ErrorKind::Offline,
        format!(
            "{what}: nobody knows what comes of {}",
            places.join(", and of ")
        ),
    )
    .with_hint(hint)
}

/// The beginning of a statement, on one line.
fn start(sql: &str) -> String {
    const MOST: usize = 60;
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{} ...", &line[..at]),
        None => line,
    }
}

/// What an operation is about.
fn names(operation: &Operation) -> Vec<&str> {
    match operation {
        Operation::CreateTable(table) | Operation::DropTable(table) => {
            let keys = table.foreign_keys.iter().map(|key| &key.references);
            std::iter::once(&table.name).chain(keys).map(own).collect()
        }
        Operation::RenameTable(names) => vec![own(&names.from), own(&names.to)],
        Operation::AlterTable { table, .. } => vec![own(table)],
        Operation::Enum(Change::Add(one) | Change::Drop(one)) => vec![own(&one.name)],
        Operation::Enum(Change::Alter(pair)) => vec![own(&pair.from.name), own(&pair.to.name)],
        Operation::Enum(Change::Rename(names)) => vec![names.from.as_str(), names.to.as_str()],
        Operation::RenameEnumValue { name, .. } => vec![own(name)],
        Operation::Object(change) => vec![own(&change.id().name)],
        Operation::Execute(_) => Vec::new(),
    }
}

fn own(table: &TableName) -> &str {
    table.name.as_str()
}
