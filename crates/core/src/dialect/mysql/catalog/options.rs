//! What is said of whole tables: engine, collation, options, partitions.

use super::Found;
use super::rows::Row;
use crate::dialect::mysql::canonical::charset_of;
use crate::dialect::mysql::name::quote;
use crate::dialect::{ObjectKind, SqlObject, TextRow};
use crate::error::Result;
use crate::schema::{Table, TableName, TableOptions};

/// Makes all tables; notes what only looks like one.
pub(super) fn tables(found: &mut Found, rows: &[TextRow]) -> Result<()> {
    for row in rows.iter().map(Row) {
        let name = found.name(row.text(0)?, row.text(1)?);
        match row.text(2)? {
            "BASE TABLE" | "SYSTEM VERSIONED" => {}
            "SEQUENCE" => {
                sequence(found, &name, row)?;
                continue;
            }
            // Views have a query of their own.
            _ => continue,
        }
        let mut clauses = create_options(row.get(5).unwrap_or_default());
        if row.text(2)? == "SYSTEM VERSIONED" {
            clauses.push("WITH SYSTEM VERSIONING".into());
        }
        let made = found.shown.table(row.text(0)?, row.text(1)?);
        clauses.extend(made.into_iter().flat_map(|made| made.merged.clone()));
        let partitions = made.and_then(|made| made.partitions.clone());
        if !clauses.is_empty() {
            found.note("table option", name.to_string(), Some(clauses.join(" ")));
        }
        if let Some(partitions) = partitions {
            found.note("partitions", name.to_string(), Some(partitions.clone()));
            // It must come last.
            clauses.push(partitions);
        }
        let extra = (!clauses.is_empty()).then(|| clauses.join(" "));
        if row.get(3).is_none() {
            // The engine is not there, or the file cannot be read.
            let detail = row.get(6).map(str::to_owned);
            found.note("table that cannot be read", name.to_string(), detail);
            continue;
        }
        let usual = found.collations.get(row.text(0)?).map(String::as_str);
        let collation = row.get(4).filter(|own| Some(*own) != usual);
        let table = Table {
            comment: row.filled(6).map(str::to_owned),
            options: TableOptions {
                engine: row.get(3).map(str::to_owned),
                charset: collation.map(|own| charset_of(own).to_owned()),
                collation: collation.map(str::to_owned),
                extra,
                ..TableOptions::default()
            },
            ..Table::new(name.clone())
        };
        found.tables.insert(name, table);
    }
    Ok(())
}

/// No query tells where a sequence starts or how it goes on.
fn sequence(found: &mut Found, name: &TableName, row: Row<'_>) -> Result<()> {
    let said = found.shown.sequence(row.text(0)?, row.text(1)?);
    let mut sql = format!("CREATE SEQUENCE {}", quoted(name));
    if let Some(said) = said {
        sql = format!("{sql} {said}");
    }
    found.objects.push(SqlObject {
        kind: ObjectKind::Sequence,
        name: name.to_string(),
        table: name.to_string(),
        sql,
    });
    found.note("sequence", name.to_string(), None);
    Ok(())
}

/// The name of a table, quoted, with its database where it has one.
pub(super) fn quoted(name: &TableName) -> String {
    let own = quote(name.name.as_str());
    match &name.schema {
        Some(schema) => format!("{}.{own}", quote(schema.as_str())),
        None => own,
    }
}

/// `row_format=DYNAMIC partitioned` as clauses: names in upper case.
fn create_options(text: &str) -> Vec<String> {
    let parts = text
        .split_whitespace()
        .filter(|part| *part != "partitioned");
    parts
        .map(|part| match part.split_once('=') {
            Some((name, value)) => {
                let name = name.trim_matches('`').to_ascii_uppercase();
                format!("{name}={value}")
            }
            None => part.to_ascii_uppercase(),
        })
        .collect()
}
