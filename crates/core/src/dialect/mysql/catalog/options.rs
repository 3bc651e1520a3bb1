//! What is said of whole tables: engine, collation, options, partitions.

use std::collections::BTreeMap;

use super::Found;
use super::rows::Row;
use crate::dialect::mysql::canonical::charset_of;
use crate::dialect::mysql::name::{quote, string};
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
                sequence(found, &name);
                continue;
            }
            // Views have a query of their own.
            _ => continue,
        }
        let mut clauses = create_options(row.get(5).unwrap_or_default());
        if row.text(2)? == "SYSTEM VERSIONED" {
            clauses.push("WITH SYSTEM VERSIONING".into());
        }
        let extra = (!clauses.is_empty()).then(|| clauses.join(" "));
        if let Some(extra) = &extra {
            found.note("table option", name.to_string(), Some(extra.clone()));
        }
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

/// No catalogue tells where a sequence starts or how it goes on.
fn sequence(found: &mut Found, name: &TableName) {
    found.objects.push(SqlObject {
        kind: ObjectKind::Sequence,
        name: name.to_string(),
        table: name.to_string(),
        sql: format!("CREATE SEQUENCE {}", quoted(name)),
    });
    found.note("sequence", name.to_string(), None);
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

/// Adds `PARTITION BY` to what is said of tables.
pub(super) fn partitions(found: &mut Found, rows: &[TextRow]) -> Result<()> {
    let mut groups: BTreeMap<TableName, Vec<Row<'_>>> = BTreeMap::new();
    for row in rows.iter().map(Row) {
        let name = found.name(row.text(0)?, row.text(1)?);
        groups.entry(name).or_default().push(row);
    }
    for (name, mut rows) in groups {
        rows.sort_by_key(|row| (row.number(2), row.number(7)));
        let text = partition_by(&rows)?;
        if let Some(table) = found.tables.get_mut(&name) {
            let options = &mut table.options;
            let before = options.extra.take();
            options.extra = Some(match before {
                Some(before) => format!("{before} {text}"),
                None => text.clone(),
            });
        }
        found.note("partitions", name.to_string(), Some(text));
    }
    Ok(())
}

fn partition_by(rows: &[Row<'_>]) -> Result<String> {
    let Some(first) = rows.first().copied() else {
        return Ok(String::new());
    };
    let method = first.text(4)?;
    let by = |method: &str, expression: Option<&str>| {
        // The expression is the server's own there.
        if method == "SYSTEM_TIME" {
            return method.to_owned();
        }
        // `KEY ()` goes by the primary key.
        format!("{method} ({})", expression.unwrap_or_default())
    };
    let mut text = format!("PARTITION BY {}", by(method, first.get(5)));
    let count_of = |name: Option<&str>| rows.iter().filter(|row| row.get(3) == name).count();
    // Names that the server gives are not said.
    let named = rows.iter().any(|row| {
        let own = row.get(11).unwrap_or_default();
        let given = row.number(7).saturating_sub(1);
        !own.is_empty() && own != format!("{}sp{given}", row.get(3).unwrap_or_default())
    });
    if let Some(sub) = first.filled(8) {
        let count = count_of(first.get(3));
        let sub = by(sub, first.get(9));
        text = format!("{text} SUBPARTITION BY {sub}");
        if !named {
            text = format!("{text} SUBPARTITIONS {count}");
        }
    }
    let mut names: Vec<&str> = Vec::new();
    let mut parts = Vec::new();
    for row in rows {
        let name = row.text(3)?;
        if names.contains(&name) {
            continue;
        }
        // When the server goes on to the next one of several is not told.
        let history = method == "SYSTEM_TIME" && row.get(6) != Some("CURRENT");
        if history && !names.is_empty() {
            continue;
        }
        names.push(name);
        let mut part = format!("PARTITION {}{}", quote(name), values(method, *row));
        if named {
            let own = rows.iter().filter(|row| row.get(3) == Some(name));
            let own = own.filter_map(|row| Some(format!("SUBPARTITION {}", quote(row.get(11)?))));
            part = format!("{part} ({})", own.collect::<Vec<_>>().join(", "));
        }
        parts.push(part);
    }
    let counted = method.contains("HASH") || method.contains("KEY");
    let numbered = names
        .iter()
        .enumerate()
        .all(|(n, name)| *name == format!("p{n}"));
    if counted && numbered && !named {
        return Ok(format!("{text} PARTITIONS {}", names.len()));
    }
    Ok(format!("{text} ({})", parts.join(", ")))
}

fn values(method: &str, row: Row<'_>) -> String {
    let said = row.filled(6);
    let mut text = match said {
        Some("MAXVALUE") if method == "RANGE" => " VALUES LESS THAN MAXVALUE".to_owned(),
        Some(limit) if method.starts_with("RANGE") => format!(" VALUES LESS THAN ({limit})"),
        Some("DEFAULT" | "MAXVALUE") if method.starts_with("LIST") => " DEFAULT".to_owned(),
        Some(list) if method.starts_with("LIST") => format!(" VALUES IN ({list})"),
        Some("CURRENT") if method == "SYSTEM_TIME" => " CURRENT".to_owned(),
        // Till when, is not said where the partition is made.
        _ if method == "SYSTEM_TIME" => " HISTORY".to_owned(),
        _ => String::new(),
    };
    if let Some(comment) = row.filled(10) {
        text = format!("{text} COMMENT = {}", string(comment));
    }
    text
}
