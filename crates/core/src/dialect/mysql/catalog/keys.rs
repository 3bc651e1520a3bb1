//! Indexes, foreign keys and checks.

use std::collections::BTreeMap;

use super::Found;
use super::rows::Row;
use crate::dialect::mysql::canonical::{COLUMN_CHECK, PERIOD_CHECK, charset_of, is_json_check};
use crate::dialect::mysql::render::extra_has;
use crate::dialect::mysql::{expression, name::string};
use crate::dialect::{TextRow, Unmanaged};
use crate::error::Result;
use crate::schema::{
    Check, ColumnType, ForeignKey, Index, IndexKey, IndexTarget, Name, PrimaryKey,
    ReferentialAction, TableName,
};

/// Rows by table and name, in the order of a number.
type Grouped<'a> = BTreeMap<(TableName, &'a str), Vec<Row<'a>>>;

fn grouped<'a>(found: &Found, rows: &'a [TextRow], number: usize) -> Result<Grouped<'a>> {
    let mut groups = Grouped::new();
    for row in rows.iter().map(Row) {
        let table = found.name(row.text(0)?, row.text(1)?);
        groups.entry((table, row.text(2)?)).or_default().push(row);
    }
    for rows in groups.values_mut() {
        rows.sort_by_key(|row| row.number(number));
    }
    Ok(groups)
}

/// Reads all primary keys and indexes into their tables.
pub(super) fn indexes(found: &mut Found, rows: &[TextRow]) -> Result<()> {
    let maria = found.on.is_mariadb();
    for ((table, name), rows) in grouped(found, rows, 3)? {
        let Some(table) = found.tables.get_mut(&table) else {
            continue;
        };
        let Some(first) = rows.first().copied() else {
            continue;
        };
        let engine = table.options.engine.as_deref().unwrap_or("InnoDB");
        // MariaDB puts the end of a row's version into every unique key.
        let is_end = |row: &Row<'_>| {
            let column = row.get(5).and_then(|name| table.column(name));
            column.is_some_and(|column| extra_has(column, &["row", "end"]))
        };
        let mut rows: Vec<Row<'_>> = rows.into_iter().filter(|row| !is_end(row)).collect();
        let made = found.shown.table(first.text(0)?, first.text(1)?);
        let period = made.and_then(|made| made.overlaps(name));
        if period.is_some() {
            // The ends of a period stand in the place of the period.
            rows.truncate(rows.len().saturating_sub(2));
        }
        let parts = parts_said(&rows, name == "PRIMARY", period);
        let options = made.map_or(&[][..], |made| made.key_options(name));
        let extra = index_extra(first, maria, parts, options);
        if let Some(extra) = &extra {
            found.unmanaged.push(Unmanaged {
                kind: "index option".into(),
                name: format!("{}.{name}", table.name),
                detail: Some(extra.clone()),
            });
        }
        if name == "PRIMARY" {
            let columns: Vec<&str> = rows.iter().filter_map(|row| row.get(5)).collect();
            let prefix = |row: &Row<'_>| row.get(7).and_then(|text| text.parse().ok());
            let by = method(first.text(8)?, engine)
                .map(|by| format!("USING {}", by.to_ascii_uppercase()));
            let extra: Vec<String> = extra.into_iter().chain(by).collect();
            let extra = (!extra.is_empty()).then(|| extra.join(" "));
            table.primary_key = Some(PrimaryKey {
                prefixes: rows.iter().map(prefix).collect(),
                extra,
                ..PrimaryKey::on(columns)
            });
            continue;
        }
        let mut keys = Vec::new();
        for row in &rows {
            keys.push(index_key(*row)?);
        }
        table.indexes.push(Index {
            name: Some(Name::from(name)),
            keys,
            unique: first.number(4) == 0,
            method: method(first.text(8)?, engine),
            extra,
            ..Index::on::<Name>([])
        });
    }
    Ok(())
}

/// The method, where it is not what the engine does anyway. MariaDB hashes the
/// unique keys that are too long for a tree, which nobody asked for.
fn method(kind: &str, engine: &str) -> Option<String> {
    let kind = kind.to_ascii_lowercase();
    let memory = engine.eq_ignore_ascii_case("MEMORY");
    match kind.as_str() {
        "btree" if memory => Some(kind),
        "hash" => None,
        "btree" => None,
        "rtree" => Some("spatial".into()),
        _ => Some(kind),
    }
}

/// What is said of the parts of a key that no model can say, in parentheses: how
/// those of a primary key are sorted where one goes from high to low, and the
/// period that is the last part.
fn parts_said(rows: &[Row<'_>], primary: bool, period: Option<&str>) -> Option<String> {
    let descends = |row: &Row<'_>| primary && row.get(6) == Some("D");
    if period.is_none() && !rows.iter().any(descends) {
        return None;
    }
    let word = |row| if descends(row) { "DESC" } else { "ASC" };
    let said: Vec<&str> = rows.iter().map(word).chain(period).collect();
    Some(format!("({})", said.join(", ")))
}

fn index_extra(
    row: Row<'_>,
    maria: bool,
    said: Option<String>,
    options: &[String],
) -> Option<String> {
    let mut parts: Vec<String> = said.into_iter().collect();
    parts.extend_from_slice(options);
    if let Some(comment) = row.filled(9) {
        parts.push(format!("COMMENT {}", string(comment)));
    }
    if row.get(10) == Some("YES") {
        parts.push(if maria { "IGNORED" } else { "INVISIBLE" }.to_owned());
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn index_key(row: Row<'_>) -> Result<IndexKey> {
    let target = match row.filled(11) {
        Some(text) => IndexTarget::Expression(expression::unescaped(text).as_str().into()),
        None => IndexTarget::Column(Name::from(row.text(5)?)),
    };
    Ok(IndexKey {
        descending: row.get(6) == Some("D"),
        prefix: row.get(7).and_then(|text| text.parse().ok()),
        ..IndexKey::new(target)
    })
}

/// Reads all foreign keys into their tables.
pub(super) fn foreign_keys(
    found: &mut Found,
    columns: &[TextRow],
    rules: &[TextRow],
) -> Result<()> {
    let rules = grouped(found, rules, 0)?;
    for ((table, name), rows) in grouped(found, columns, 3)? {
        let Some(first) = rows.first().copied() else {
            continue;
        };
        let references = found.name(first.text(5)?, first.text(6)?);
        let own: Vec<&str> = rows.iter().filter_map(|row| row.get(4)).collect();
        let theirs: Vec<&str> = rows.iter().filter_map(|row| row.get(7)).collect();
        let rule = rules.get(&(table.clone(), name)).and_then(|r| r.first());
        let rule = |at: usize| action(rule.and_then(|row| row.get(at)).unwrap_or_default());
        let key = ForeignKey {
            name: Some(Name::from(name)),
            on_delete: rule(3),
            on_update: rule(4),
            ..ForeignKey::new(own, references, theirs)
        };
        if let Some(table) = found.tables.get_mut(&table) {
            table.foreign_keys.push(key);
        }
    }
    Ok(())
}

fn action(rule: &str) -> ReferentialAction {
    match rule {
        "CASCADE" => ReferentialAction::Cascade,
        "SET NULL" => ReferentialAction::SetNull,
        "SET DEFAULT" => ReferentialAction::SetDefault,
        "RESTRICT" => ReferentialAction::Restrict,
        _ => ReferentialAction::NoAction,
    }
}

/// The collation that MariaDB gives to a column of the type `json`.
const JSON: &str = "utf8mb4_bin";

/// Reads all checks into their tables. A text of MariaDB that is checked to be
/// JSON is a JSON column.
pub(super) fn checks(found: &mut Found, rows: &[TextRow]) -> Result<()> {
    let maria = found.on.is_mariadb();
    for row in rows.iter().map(Row) {
        let made = found.shown.table(row.text(0)?, row.text(1)?);
        let own = row.text(2)?;
        let of_period = made.is_some_and(|made| made.has_period(own));
        let Some(table) = found.table(row)? else {
            continue;
        };
        let text = row.text(3)?;
        let mut check = Check {
            name: Some(Name::from(row.text(2)?)),
            ..Check::new(if maria {
                text.to_owned()
            } else {
                expression::unescaped(text)
            })
        };
        if maria {
            // A check that is kept with its column has the name that the column
            // had when it was made.
            let of_column = row.get(4) == Some("Column");
            let unnamed = Check::new(check.expression.as_str());
            let said = if of_column { &unnamed } else { &check };
            let json = table.columns.iter_mut().find(|column| {
                column.ty == ColumnType::Custom("longtext".into()) && is_json_check(said, column)
            });
            if let Some(column) = json {
                column.ty = ColumnType::Json;
                if let Some(own) = column.collation.as_ref().filter(|own| *own != JSON) {
                    let charset = charset_of(own);
                    let extra = format!("CHARACTER SET {charset} COLLATE {own}");
                    let place = format!("{}.{}", table.name, column.name);
                    column.extra = Some(match column.extra.take() {
                        Some(rest) => format!("{extra} {rest}"),
                        None => extra.clone(),
                    });
                    found.note("collation of JSON", place, Some(extra));
                }
                continue;
            }
            if of_column {
                check.extra = Some(COLUMN_CHECK.into());
            }
            if of_period {
                check.extra = Some(PERIOD_CHECK.into());
                let place = format!("{}.{}", table.name, row.text(2)?);
                table.checks.push(check);
                found.note("period", place, Some(text.to_owned()));
                continue;
            }
        } else if row.get(4) == Some("NO") {
            check.extra = Some("NOT ENFORCED".into());
            let note = Unmanaged {
                kind: "check that is not enforced".into(),
                name: format!("{}.{}", table.name, row.text(2)?),
                detail: Some(text.to_owned()),
            };
            table.checks.push(check);
            found.unmanaged.push(note);
            continue;
        }
        table.checks.push(check);
    }
    Ok(())
}
