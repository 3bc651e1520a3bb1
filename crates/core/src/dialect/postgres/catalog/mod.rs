//! The bulk catalogue queries, and what their rows mean.
//!
//! | module | owns |
//! |---|---|
//! | `queries` | the queries |
//! | `tables` | tables and columns |
//! | `sequences` | how columns are numbered |
//! | `constraints` | constraints, from their definitions |
//! | `indexes` | indexes, from their definitions |
//! | `objects` | whole objects that models cannot say |
//! | `dependents` | what leans on what |
//!
//! A definition as the server writes it is exact on every version; flags in
//! columns are not. So constraints and indexes are read from the text.

mod constraints;
mod dependents;
mod indexes;
mod objects;
mod queries;
mod sequences;
mod tables;

use std::collections::BTreeMap;

pub(super) use indexes::key_target;
pub(super) use objects::create_enum;

use super::canonical::canonical;
use super::render;
use crate::dialect::{ObjectKind, Scope, Server, Snapshot, SqlObject, TextRow, Unmanaged};
use crate::error::{Error, Result};
use crate::schema::{EnumType, Name, Table, TableName};

/// The statements, to be sent in one transaction.
pub(super) fn queries(scope: &Scope) -> Vec<String> {
    queries::queries(scope)
}

/// The database that the answers describe.
///
/// # Errors
/// Answers that are not what the queries ask for.
pub(super) fn snapshot(_scope: &Scope, answers: Vec<Vec<TextRow>>) -> Result<Snapshot> {
    let expected = queries::BEFORE_OBJECTS + queries::OBJECTS.len();
    let [
        server,
        _,
        enums,
        tables,
        columns,
        constraints,
        indexes,
        sequences,
        dependents,
        objects @ ..,
    ] = answers.as_slice()
    else {
        return Err(strange("too few answers"));
    };
    if answers.len() < expected {
        return Err(strange("too few answers"));
    }
    let mut reading = Reading {
        snapshot: Snapshot {
            server: read_server(server)?,
            ..Snapshot::default()
        },
        tables: BTreeMap::new(),
        enums: BTreeMap::new(),
    };
    reading.read_enums(enums)?;
    tables::read(&mut reading, tables, columns)?;
    sequences::read(&mut reading, sequences)?;
    constraints::read(&mut reading, constraints)?;
    indexes::read(&mut reading, indexes)?;
    objects::read(&mut reading, objects)?;
    dependents::read(&mut reading.snapshot, dependents)?;
    Ok(reading.finished())
}

/// What has been read so far.
struct Reading {
    snapshot: Snapshot,
    /// The tables by their numbers in the catalogue.
    tables: BTreeMap<String, Table>,
    /// The enum types by their numbers in the catalogue.
    enums: BTreeMap<String, EnumType>,
}

impl Reading {
    fn read_enums(&mut self, rows: &[TextRow]) -> Result<()> {
        for row in rows {
            let row = Row(row);
            let name = row.table_name(1)?;
            let values = Vec::new();
            let ty = self
                .enums
                .entry(row.text(0)?.to_owned())
                .or_insert(EnumType { name, values });
            ty.values.extend(row.maybe(3).map(str::to_owned));
        }
        Ok(())
    }

    fn note(&mut self, kind: &str, name: String, detail: Option<&str>) {
        self.snapshot.unmanaged.push(Unmanaged {
            kind: kind.to_owned(),
            name,
            detail: detail.map(str::to_owned),
        });
    }

    fn object(&mut self, kind: ObjectKind, name: String, table: &TableName, sql: String) {
        self.snapshot.objects.push(SqlObject {
            kind,
            name,
            table: table.to_string(),
            sql,
        });
    }

    /// The default schema.
    fn default_schema(&self) -> &str {
        &self.snapshot.server.schema
    }

    /// A model has fields, so that a table without columns is none.
    fn set_bare_tables_aside(&mut self) {
        let all = std::mem::take(&mut self.tables);
        let (bare, others) = all.into_iter().partition(|(_, t)| t.columns.is_empty());
        self.tables = others;
        for table in BTreeMap::into_values(bare) {
            let sql = render::create_table(&table, false);
            let name = table.name.to_string();
            self.object(ObjectKind::Table, name.clone(), &table.name, sql);
            self.note("table without columns", name, None);
        }
    }

    fn finished(mut self) -> Snapshot {
        let mut used = Vec::new();
        for table in self.tables.values() {
            for column in &table.columns {
                used.extend(enum_of(&column.ty));
            }
        }
        let (managed, others): (Vec<EnumType>, Vec<EnumType>) = std::mem::take(&mut self.enums)
            .into_values()
            .partition(|ty| used.contains(&ty.name));
        // A model says an enum by having a column of it.
        for ty in others.into_iter().rev() {
            let sql = objects::create_enum(&ty);
            let object = SqlObject {
                kind: ObjectKind::Type,
                name: ty.name.to_string(),
                table: ty.name.to_string(),
                sql,
            };
            let first =
                |o: &SqlObject| !matches!(o.kind, ObjectKind::Schema | ObjectKind::Extension);
            let at = self.snapshot.objects.iter().position(first);
            let at = at.unwrap_or(self.snapshot.objects.len());
            self.snapshot.objects.insert(at, object);
            self.note("enum without a column", ty.name.to_string(), None);
        }
        self.set_bare_tables_aside();
        let schema = &mut self.snapshot.schema;
        schema.enums = managed
            .into_iter()
            .map(|ty| (ty.name.clone(), ty))
            .collect();
        for table in std::mem::take(&mut self.tables).into_values() {
            schema.insert(table);
        }
        self.snapshot.schema = canonical(std::mem::take(&mut self.snapshot.schema));
        self.snapshot.unmanaged.sort();
        self.snapshot
    }
}

fn enum_of(ty: &crate::schema::ColumnType) -> Option<TableName> {
    match ty {
        crate::schema::ColumnType::Enum(name) => Some(name.clone()),
        crate::schema::ColumnType::Array(inner) => enum_of(inner),
        _ => None,
    }
}

fn read_server(rows: &[TextRow]) -> Result<Server> {
    let row = rows.first().ok_or_else(|| strange("no version"))?;
    let row = Row(row);
    let number: u32 = row
        .text(0)?
        .parse()
        .map_err(|_| strange("a version that is no number"))?;
    Ok(Server {
        product: "PostgreSQL".to_owned(),
        version: (number / 10_000, number % 10_000, 0),
        schema: row.maybe(1).unwrap_or_default().to_owned(),
        ..Server::default()
    })
}

/// One row of an answer.
#[derive(Clone, Copy)]
struct Row<'a>(&'a [Option<String>]);

impl<'a> Row<'a> {
    fn maybe(self, at: usize) -> Option<&'a str> {
        self.0.get(at)?.as_deref()
    }

    fn text(self, at: usize) -> Result<&'a str> {
        let missing = || strange(&format!("no value at {at} in {:?}", self.0));
        self.maybe(at).ok_or_else(missing)
    }

    fn flag(self, at: usize) -> bool {
        matches!(self.maybe(at), Some("t" | "true"))
    }

    /// The name at `at + 1` in the schema at `at`.
    fn table_name(self, at: usize) -> Result<TableName> {
        Ok(TableName {
            schema: self.maybe(at).map(Name::from),
            name: Name::from(self.text(at + 1)?),
        })
    }
}

/// Something that the catalogue of PostgreSQL does not say.
fn strange(what: &str) -> Error {
    Error::new(format!(
        "the catalogue of PostgreSQL cannot be read: {what}"
    ))
    .with_hint("this is a mistake in aludel; report it with the version of the server")
}

/// The texts that there are, with a space between them.
fn joined<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> Option<String> {
    let list: Vec<&str> = texts.into_iter().flatten().collect();
    (!list.is_empty()).then(|| list.join(" "))
}
