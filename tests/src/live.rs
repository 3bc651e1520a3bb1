//! Laws that only a real database can hold: SQLite in memory, with rows.

use std::collections::BTreeMap;

use aludel::db::{Connection, Mode, Url, connect, introspect, run_operations};
use aludel_core::change::{Change, Pair};
use aludel_core::dialect::Scope;
use aludel_core::diff::Renames;
use aludel_core::hazard::{HazardKind, hazards};
use aludel_core::operation::{Operation, TableChange, reverse_all};
use aludel_core::schema::{Column, Schema, Table};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use sqlx::{AssertSqlSafe, Row};

use crate::generate::{Choices, Ground, arbitrary_pair};
use crate::laws::hold;
use crate::world::{exactly, operations};

/// Rows by table: the surviving part of each row, as SQL literals.
type Content = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Upgrade gives the wanted schema, downgrade gives back the first, and every
/// column that survives keeps its values. A step may fail on rows only if a
/// hazard said so, and then nothing has changed.
///
/// # Errors
/// The first pair that breaks the law, made small.
pub fn there_and_back_with_rows(cases: u32) -> Result<(), String> {
    let values = (arbitrary_pair(Ground::SQLITE), vec(any::<u16>(), 0..120));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    hold(
        cases,
        values.prop_map(|(pair, numbers)| (pair, Choices::new(Ground::SQLITE, numbers))),
        |(pair, choices)| runtime.block_on(walk(pair, &mut choices.clone())),
    )
}

async fn walk(pair: &Pair<Schema>, choices: &mut Choices) -> Result<(), String> {
    let url = Url::parse("sqlite::memory:").map_err(|e| e.to_string())?;
    let mut connection = connect(&url, Mode::Create)
        .await
        .map_err(|e| e.to_string())?;
    let none = Renames::default();
    let create = operations(&Schema::default(), &exactly(&pair.from), &none)?;
    run(&mut connection, &create)
        .await
        .map_err(|e| format!("create: {e}"))?;
    let start = schema_of(&mut connection).await?;
    nothing_left("creation", &start, &pair.from)?;
    fill(&mut connection, &start, choices).await?;
    let before = content(&mut connection, &start).await?;

    let there = operations(&start, &exactly(&pair.to), &none)?;
    let Some(after) = step(&mut connection, "upgrade", &start, &there, &before).await? else {
        return Ok(());
    };
    nothing_left("upgrade", &after, &pair.to)?;
    let upgraded = content(&mut connection, &after).await?;
    survived("upgrade", &there, &before, &upgraded)?;

    let back = reverse_all(there.clone());
    let Some(end) = step(&mut connection, "downgrade", &after, &back, &upgraded).await? else {
        return Ok(());
    };
    nothing_left("downgrade", &end, &start)?;
    let downgraded = content(&mut connection, &end).await?;
    survived("downgrade", &back, &upgraded, &downgraded)
}

/// Runs a list; `None` where rows object to it, as a hazard said they might.
async fn step(
    connection: &mut Connection<'_>,
    name: &str,
    before: &Schema,
    list: &[Operation],
    rows: &Content,
) -> Result<Option<Schema>, String> {
    let told = may_fail(before, list)?;
    match run(connection, list).await {
        Ok(()) => schema_of(connection).await.map(Some),
        Err(error) if told => {
            let now = schema_of(connection).await?;
            nothing_left("a failed step", &now, before)?;
            if content(connection, &now).await? == *rows {
                Ok(None)
            } else {
                Err(format!("{name} failed and changed rows: {error}"))
            }
        }
        Err(error) => Err(format!(
            "{name} failed without a hazard: {error}\nof {}",
            words(list)
        )),
    }
}

fn may_fail(before: &Schema, list: &[Operation]) -> Result<bool, String> {
    let mut schema = before.clone();
    let mut told = false;
    for operation in list {
        let found = hazards(operation, &schema);
        told |= found
            .iter()
            .flatten()
            .any(|h| h.kind == HazardKind::MayFailOnRows);
        operation.apply(&mut schema).map_err(|e| e.to_string())?;
    }
    Ok(told)
}

async fn run(connection: &mut Connection<'_>, list: &[Operation]) -> Result<(), String> {
    match run_operations(connection, list).await {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{error}\n{:?}", error.hint())),
    }
}

pub(crate) async fn schema_of(connection: &mut Connection<'_>) -> Result<Schema, String> {
    Ok(introspect(connection, &Scope::default())
        .await
        .map_err(|e| e.to_string())?
        .schema)
}

pub(crate) fn nothing_left(when: &str, is: &Schema, wanted: &Schema) -> Result<(), String> {
    let left = operations(is, &exactly(wanted), &Renames::default())?;
    if left.is_empty() {
        Ok(())
    } else {
        Err(format!("after {when} there is left:\n{}", words(&left)))
    }
}

/// A list of operations in words, a line each.
pub(crate) fn words(list: &[Operation]) -> String {
    let lines = list.iter().enumerate().flat_map(|(number, operation)| {
        let described = operation.describe();
        described
            .into_iter()
            .map(move |d| format!("  {number}: {}\n", d.text))
    });
    lines.collect()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Puts a few rows into every table; what a constraint refuses stays out.
async fn fill(
    connection: &mut Connection<'_>,
    schema: &Schema,
    choices: &mut Choices,
) -> Result<(), String> {
    for table in schema.tables.values() {
        for _ in 0..choices.below(4) {
            let stored: Vec<&Column> = table
                .columns
                .iter()
                .filter(|c| c.generated.is_none())
                .collect();
            let names: Vec<String> = stored.iter().map(|c| quoted(c.name.as_str())).collect();
            let values: Vec<&str> = stored
                .iter()
                .map(|c| {
                    let null = c.nullable && choices.once_in(3);
                    let some = ["1", "2", "'a'", "'b''c'", "x'00ff'", "1.5", "'7'", "-3"];
                    if null {
                        "NULL"
                    } else {
                        some[choices.below(some.len())]
                    }
                })
                .collect();
            let sql = format!(
                "INSERT OR IGNORE INTO {} ({}) VALUES ({})",
                quoted(table.name.name.as_str()),
                names.join(", "),
                values.join(", ")
            );
            // A row that a STRICT table or a check refuses is no row.
            let _ = sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(connection.sqlite().map_err(|e| e.to_string())?)
                .await;
        }
    }
    Ok(())
}

/// Every column's values, ordered by the whole row's key.
async fn content(connection: &mut Connection<'_>, schema: &Schema) -> Result<Content, String> {
    let mut content = Content::new();
    for table in schema.tables.values() {
        let columns: Vec<String> = table
            .columns
            .iter()
            .filter(|c| c.generated.is_none())
            .map(|c| c.name.as_str().to_owned())
            .collect();
        let list: Vec<String> = columns
            .iter()
            .map(|c| format!("quote({})", quoted(c)))
            .collect();
        let sql = format!(
            "SELECT {} FROM {}",
            list.join(", "),
            quoted(table.name.name.as_str())
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .fetch_all(connection.sqlite().map_err(|e| e.to_string())?)
            .await
            .map_err(|e| e.to_string())?;
        let mut by_column = BTreeMap::new();
        for (place, column) in columns.into_iter().enumerate() {
            let mut values: Vec<String> = rows.iter().map(|row| row.get(place)).collect();
            values.sort();
            by_column.insert(column, values);
        }
        content.insert(table.name.name.as_str().to_owned(), by_column);
    }
    Ok(content)
}

/// The columns that the list leaves as they are have their values.
fn survived(
    when: &str,
    list: &[Operation],
    before: &Content,
    after: &Content,
) -> Result<(), String> {
    for (table, columns) in before {
        for (column, values) in columns {
            if concerned(list, table, column) {
                continue;
            }
            let now = after.get(table).and_then(|columns| columns.get(column));
            if now != Some(values) {
                return Err(format!(
                    "{when}: `{table}.{column}` was {values:?}, is {now:?}\nby {}",
                    words(list)
                ));
            }
        }
    }
    Ok(())
}

/// Whether the list drops, adds or alters the column, or its table, or turns
/// the table STRICT, which may change what is stored.
fn concerned(list: &[Operation], table: &str, column: &str) -> bool {
    let is = |t: &Table| t.name.name == *table;
    list.iter().any(|operation| match operation {
        Operation::CreateTable(t) | Operation::DropTable(t) => is(t),
        Operation::AlterTable { table: t, changes } if t.name == *table => {
            changes.iter().any(|change| match change {
                TableChange::Column(Change::Add(c) | Change::Drop(c)) => c.name == *column,
                TableChange::Column(Change::Alter(pair)) => pair.from.name == *column,
                TableChange::Options(pair) => pair.from.strict != pair.to.strict,
                // A rowid alias turns what it holds into integers.
                TableChange::PrimaryKey(_) => true,
                _ => false,
            })
        }
        _ => false,
    })
}
