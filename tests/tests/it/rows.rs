//! The rows of a database, and whether they survived.

use std::collections::{BTreeMap, BTreeSet};

use aludel_test_servers::Fresh;
use libtest_mimic::Failed;
use sqlx::{AssertSqlSafe, Connection, Row};

use crate::Outcome;
use crate::project::{Project, block_on, open};

/// The rows of all tables that are the user's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Content(pub(crate) BTreeMap<String, Rows>);

/// The rows of one table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<String>,
    /// One list a row, as SQL literals; numbers and texts that look the same
    /// are the same, since a change of type may turn one into the other.
    pub(crate) rows: Vec<Vec<String>>,
}

/// Which column of the old schema is which of the new one.
#[derive(Debug, Default)]
pub(crate) struct Lineage {
    tables: BTreeMap<String, String>,
    columns: BTreeMap<(String, String), String>,
    dropped_tables: BTreeSet<String>,
    /// By the table's name at that point.
    dropped_columns: BTreeSet<(String, String)>,
}

/// Reads every row.
pub(crate) fn content(project: &Project) -> Result<Content, Failed> {
    if let Some(server) = project.server() {
        return on_server(server);
    }
    let path = project.path("app.db");
    block_on(async move {
        let mut connection = open(&path, false).await?;
        let tables: Vec<String> = sqlx::query(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'aludel\\_%' ESCAPE '\\'",
        )
        .fetch_all(&mut connection)
        .await?
        .iter()
        .map(|row| row.get(0))
        .collect();
        let mut content = Content::default();
        for table in tables {
            let columns: Vec<String> = sqlx::query("SELECT name FROM pragma_table_xinfo(?)")
                .bind(&table)
                .fetch_all(&mut connection)
                .await?
                .iter()
                .map(|row| row.get(0))
                .collect();
            let list: Vec<String> = columns
                .iter()
                .map(|c| format!("quote({})", quoted(c)))
                .collect();
            let sql = format!("SELECT {} FROM {}", list.join(", "), quoted(&table));
            let rows = sqlx::query(AssertSqlSafe(sql))
                .fetch_all(&mut connection)
                .await?
                .iter()
                .map(|row| (0..columns.len()).map(|i| plain(row.get(i))).collect())
                .collect();
            content.0.insert(table, Rows { columns, rows });
        }
        connection.close().await?;
        Ok(content)
    })
}

/// Every value as text, in hexadecimal digits on the way here so that no
/// client can bend it.
fn on_server(server: &Fresh) -> Result<Content, Failed> {
    let postgres = server.url().starts_with("postgres");
    let (here, which, quote, hex): (&str, &str, char, fn(&str) -> String) = if postgres {
        (
            "current_schema()",
            "table_schema NOT IN ('pg_catalog', 'information_schema')",
            '"',
            |c| format!("coalesce(encode(convert_to({c}::text, 'UTF8'), 'hex'), '-')"),
        )
    } else {
        ("database()", "table_schema = database()", '`', |c| {
            format!("coalesce(hex(cast({c} as char character set utf8mb4)), '-')")
        })
    };
    let name = |column: &str| hex(column);
    let tables = server.query(&format!(
        "SELECT {}, {}, {}, table_schema = {here} FROM information_schema.columns c \
         JOIN information_schema.tables t USING (table_schema, table_name) WHERE {which} \
         AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'aludel%' \
         ORDER BY table_name, table_schema, ordinal_position;",
        name("table_schema"),
        name("table_name"),
        name("column_name"),
    ))?;
    let quoted = |name: &str| {
        let twice = format!("{quote}{quote}");
        format!("{quote}{}{quote}", name.replace(quote, &twice))
    };
    let mut content = Content::default();
    let mut places = BTreeMap::new();
    for line in tables.lines() {
        let mut words = line.split('\t');
        let mut next = || words.next().unwrap_or_default();
        let (schema, table, column) = (unhex(next()), unhex(next()), unhex(next()));
        let place = format!("{}.{}", quoted(&schema), quoted(&table));
        let table = match next() {
            "t" | "1" => table,
            _ => format!("{schema}.{table}"),
        };
        places.insert(table.clone(), place);
        content.0.entry(table).or_default().columns.push(column);
    }
    for (table, rows) in &mut content.0 {
        let list: Vec<String> = rows.columns.iter().map(|c| hex(&quoted(c))).collect();
        let sql = format!("SELECT {} FROM {};", list.join(", "), places[table]);
        let lines = server.query(&sql)?;
        rows.rows = lines
            .lines()
            .map(|line| line.split('\t').map(unhex).collect())
            .collect();
    }
    Ok(content)
}

/// The text behind hexadecimal digits; a dash is NULL.
fn unhex(digits: &str) -> String {
    if digits == "-" {
        return "NULL".to_owned();
    }
    let pairs = (0..digits.len() / 2).filter_map(|at| digits.get(2 * at..2 * at + 2));
    let bytes: Vec<u8> = pairs
        .filter_map(|pair| u8::from_str_radix(pair, 16).ok())
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn plain(literal: String) -> String {
    match literal
        .strip_prefix('\'')
        .and_then(|t| t.strip_suffix('\''))
    {
        Some(text) => text.replace("''", "'"),
        None => literal,
    }
}

impl Lineage {
    /// From the `upgrade` function of a Rust migration.
    pub(crate) fn of(migration: &str) -> Self {
        let mut lineage = Self::default();
        let mut table = String::new();
        let upgrade = migration
            .split("pub fn downgrade")
            .next()
            .unwrap_or_default();
        for line in upgrade.lines() {
            let strings = strings(line);
            let first = strings.first().cloned().unwrap_or_default();
            let second = strings.get(1).cloned().unwrap_or_default();
            if line.contains("alter_table(") {
                table = first;
            } else if line.contains("rename_table(") {
                // A ring of names is opened by a spare one.
                let on = lineage.tables.values_mut().find(|name| **name == first);
                match on {
                    Some(name) => *name = second,
                    None => drop(lineage.tables.insert(first, second)),
                }
            } else if line.contains("drop_table(") {
                lineage.dropped_tables.insert(first);
            } else if line.contains("rename_column(") {
                let mut own = lineage.columns.iter_mut();
                match own.find(|((of, _), name)| *of == table && **name == first) {
                    Some((_, name)) => *name = second,
                    None => drop(lineage.columns.insert((table.clone(), first), second)),
                }
            } else if line.contains("drop_column(") {
                lineage.dropped_columns.insert((table.clone(), first));
            }
        }
        lineage
    }

    fn table(&self, name: &str) -> Option<String> {
        let now = self.tables.get(name).map_or(name, String::as_str);
        (!self.dropped_tables.contains(now)).then(|| now.to_owned())
    }

    fn column(&self, old: &str, new: &str, column: &str) -> Option<String> {
        for table in [old, new] {
            let key = (table.to_owned(), column.to_owned());
            if self.dropped_columns.contains(&key) {
                return None;
            }
            if let Some(renamed) = self.columns.get(&key) {
                return Some(renamed.clone());
            }
        }
        Some(column.to_owned())
    }
}

/// The string literals of a line of Rust; a schema and a name in it as one.
fn strings(line: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut current: Option<String> = None;
    // The characters outside of strings since a parenthesis was opened.
    let mut between = String::new();
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (&mut current, c) {
            (None, '"') => current = Some(String::new()),
            (Some(text), '\\') => text.extend(characters.next()),
            (Some(_), '"') => {
                let text = current.take().unwrap_or_default();
                match found.last_mut() {
                    Some(schema) if between == "in_schema(, " => {
                        schema.push('.');
                        schema.push_str(&text);
                    }
                    _ => found.push(text),
                }
            }
            (Some(text), c) => text.push(c),
            (None, '(') => {
                let is_schema = between.ends_with("in_schema");
                between = if is_schema { "in_schema(" } else { "(" }.to_owned();
            }
            (None, c) => between.push(c),
        }
    }
    found
}

impl Rows {
    /// The values of some columns, in an order of their own.
    fn of(&self, columns: &[String]) -> Result<Vec<Vec<String>>, Failed> {
        let places: Vec<usize> = columns
            .iter()
            .map(|name| {
                let place = self.columns.iter().position(|c| c == name);
                place.ok_or_else(|| Failed::from(format!("column `{name}` is gone")))
            })
            .collect::<Result<_, _>>()?;
        let mut rows: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| places.iter().map(|i| row[*i].clone()).collect())
            .collect();
        rows.sort();
        Ok(rows)
    }
}

/// What values become, by `table.column`.
pub(crate) type RenamedValues = BTreeMap<String, BTreeMap<String, String>>;

impl Content {
    /// The rows with these values by their new names.
    pub(crate) fn renamed(&self, values: &RenamedValues) -> Self {
        let mut tables = self.0.clone();
        for (name, rows) in &mut tables {
            for (at, column) in rows.columns.iter().enumerate() {
                let Some(renamed) = values.get(&format!("{name}.{column}")) else {
                    continue;
                };
                for value in rows.rows.iter_mut().filter_map(|row| row.get_mut(at)) {
                    if let Some(new) = renamed.get(value) {
                        value.clone_from(new);
                    }
                }
            }
        }
        Self(tables)
    }

    /// Every surviving column has its values.
    pub(crate) fn must_survive(&self, after: &Self, lineage: &Lineage, but: &[String]) -> Outcome {
        for (name, rows) in &self.0 {
            let Some(new_name) = lineage.table(name) else {
                continue;
            };
            let Some(new) = after.0.get(&new_name) else {
                return Err(format!("table `{name}` is gone").into());
            };
            let pairs: Vec<(String, String)> = rows
                .columns
                .iter()
                .filter(|c| !but.contains(&format!("{name}.{c}")))
                .filter_map(|c| Some((c.clone(), lineage.column(name, &new_name, c)?)))
                .collect();
            let (old, newer): (Vec<String>, Vec<String>) = pairs.into_iter().unzip();
            let (was, is) = (rows.of(&old)?, new.of(&newer)?);
            if was != is {
                return Err(format!("rows of `{name}`\nwere {was:?}\nare  {is:?}").into());
            }
        }
        Ok(())
    }

    /// After the way back, every column that was never dropped has its values.
    pub(crate) fn must_survive_there_and_back(
        &self,
        back: &Self,
        lineage: &Lineage,
        but: &[String],
    ) -> Outcome {
        for (name, rows) in &self.0 {
            let Some(new_name) = lineage.table(name) else {
                continue;
            };
            let columns: Vec<String> = rows
                .columns
                .iter()
                .filter(|c| !but.contains(&format!("{name}.{c}")))
                .filter(|c| lineage.column(name, &new_name, c).is_some())
                .cloned()
                .collect();
            let again = back
                .0
                .get(name)
                .ok_or(format!("table `{name}` did not come back"))?;
            let (was, is) = (rows.of(&columns)?, again.of(&columns)?);
            if was != is {
                return Err(format!("rows of `{name}`\nwere {was:?}\nare  {is:?}").into());
            }
        }
        Ok(())
    }

    /// The same tables with the same columns.
    pub(crate) fn same_tables_as(&self, other: &Self) -> Outcome {
        let shape = |content: &Self| -> BTreeMap<String, BTreeSet<String>> {
            let columns = |rows: &Rows| rows.columns.iter().cloned().collect();
            content
                .0
                .iter()
                .map(|(name, rows)| (name.clone(), columns(rows)))
                .collect()
        };
        let (was, is) = (shape(self), shape(other));
        if was == is {
            Ok(())
        } else {
            Err(format!("tables were {was:?}, are {is:?}").into())
        }
    }
}
