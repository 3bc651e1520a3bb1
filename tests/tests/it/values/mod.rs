//! Values of every Rust type that sqlx writes to a database: into the columns
//! that are made from the very models that the values are read into, and back.

mod edges;
mod mysql;
mod postgres;
mod sqlite;

use libtest_mimic::{Failed, Trial};
use sqlx::{AssertSqlSafe, Connection};

use crate::project::{Project, block_on};
use crate::{Outcome, trial, types};
use aludel_tests::place::On;

/// How many rows are written: more than any type has values.
const ROWS: i32 = 9;

/// Types that are known, but that sqlx does not write to some databases.
const LEFT_OUT: &[(&str, &[On], &str)] = &[
    ("u8", &[On::Postgres], "PostgreSQL has no unsigned numbers"),
    ("u16", &[On::Postgres], "PostgreSQL has no unsigned numbers"),
    ("u32", &[On::Postgres], "PostgreSQL has no unsigned numbers"),
    (
        "u64",
        &[On::Postgres, On::Sqlite],
        "neither has a whole number of that width; sqlx only reads it from SQLite",
    ),
    ("isize", &On::ALL, "sqlx has no encoding"),
    ("usize", &On::ALL, "sqlx has no encoding"),
    ("char", &On::ALL, "sqlx has no encoding"),
    (
        "&'static str",
        &On::ALL,
        "a row cannot be read into it; `Cow` and `String` are the same column",
    ),
    ("bytes::Bytes", &On::ALL, "sqlx has no encoding"),
    (
        "rust_decimal::Decimal",
        &[On::Sqlite],
        "sqlx has no encoding there",
    ),
    (
        "bigdecimal::BigDecimal",
        &[On::Sqlite],
        "sqlx has no encoding there",
    ),
    (
        "Mood",
        &[On::MySql],
        "sqlx reads it only from a column that may be NULL; `Option<Mood>` is tried",
    ),
    ("jiff::civil::Date", &On::ALL, JIFF),
    ("jiff::civil::Time", &On::ALL, JIFF),
    ("jiff::civil::DateTime", &On::ALL, JIFF),
    ("jiff::Timestamp", &On::ALL, JIFF),
    (
        "std::net::IpAddr",
        &[On::Sqlite],
        "sqlx has no encoding there",
    ),
    (
        "ipnetwork::IpNetwork",
        &[On::Sqlite, On::MySql],
        "sqlx has no encoding there",
    ),
];

const JIFF: &str = "sqlx has no encoding of its own; a crate beside it has newtypes";

/// The models, as the scanner reads them.
fn models(on: On) -> &'static str {
    match on {
        On::Sqlite => include_str!("sqlite.rs"),
        On::Postgres => include_str!("postgres.rs"),
        On::MySql => include_str!("mysql.rs"),
    }
}

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = On::ALL
        .into_iter()
        .map(|on| trial(format!("values::{}", on.name()), move || there_and_back(on)))
        .collect();
    trials.push(trial("values::none_is_forgotten", none_is_forgotten));
    trials
}

/// Writes rows into a table by sqlx, and reads them back into what they were
/// made from.
macro_rules! table {
    (($on:ident, $connection:ident, $row:path, $table:literal, $values:expr, $also:tt) $($field:ident)*) => {{
        let rows: Vec<$row> = (0..ROWS).map($values).collect();
        for row in &rows {
            let also = table!(@names $also);
            let names: Vec<&str> = [$(stringify!($field)),*].into_iter().chain(also).collect();
            let sql = insert($on, $table, &names);
            let query = sqlx::query(AssertSqlSafe(sql));
            $(let query = query.bind(row.$field.clone());)*
            let query = table!(@bind query row $also);
            query.execute(&mut $connection).await?;
        }
        let sql = concat!("SELECT * FROM ", $table, " ORDER BY id");
        let read: Vec<$row> = sqlx::query_as(sql).fetch_all(&mut $connection).await?;
        same(&rows, &read)?;
    }};
    (@names { }) => { [] };
    (@names place) => { ["x", "type"] };
    (@bind $query:ident $row:ident { }) => { $query };
    (@bind $query:ident $row:ident place) => {
        $query.bind($row.place.x).bind($row.place.y.clone())
    };
}

/// Both tables of a module.
macro_rules! both {
    ($on:ident, $module:ident, $connection:ident) => {{
        use $module::{Every, Maybe, every, fields, maybe};
        fields!(table($on, $connection, Every, "every", every, place));
        fields!(table($on, $connection, Maybe, "maybe", maybe, {}));
    }};
}

fn there_and_back(on: On) -> Outcome {
    let project = Project::on(on, models(on))?;
    project.expect(&["autogen", "-m", "values"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    let file = format!("sqlite:{}", project.path("app.db").display());
    let url = project
        .server()
        .map_or(file, |server| server.url().to_owned());
    block_on(async move {
        match on {
            On::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(&url).await?;
                both!(on, sqlite, connection);
                connection.close().await?;
            }
            On::Postgres => {
                let mut connection = sqlx::PgConnection::connect(&url).await?;
                both!(on, postgres, connection);
                connection.close().await?;
            }
            On::MySql => {
                let mut connection = sqlx::MySqlConnection::connect(&url).await?;
                both!(on, mysql, connection);
                // MySQL has gone before the last word of TLS, which would be an error.
                drop(connection);
            }
        }
        Ok(())
    })
}

/// A statement for one row.
fn insert(on: On, table: &str, columns: &[&str]) -> String {
    let quote = if on == On::MySql { '`' } else { '"' };
    let names: Vec<String> = columns
        .iter()
        .map(|c| format!("{quote}{c}{quote}"))
        .collect();
    let values: Vec<String> = (1..=columns.len())
        .map(|at| match on {
            On::Postgres => format!("${at}"),
            On::Sqlite | On::MySql => "?".to_owned(),
        })
        .collect();
    format!(
        "INSERT INTO {table} ({}) VALUES ({})",
        names.join(", "),
        values.join(", ")
    )
}

/// The rows are the same; else which field is not.
fn same<T>(written: &[T], read: &[T]) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
where
    T: PartialEq + std::fmt::Debug,
{
    if written == read {
        return Ok(());
    }
    let written = format!("{written:#?}");
    let read = format!("{read:#?}");
    let diff = similar::TextDiff::from_lines(&written, &read);
    Err(format!(
        "{}",
        diff.unified_diff()
            .header("written", "read")
            .context_radius(1)
    )
    .into())
}

/// Every type that has a column somewhere is tried here or left out with a
/// reason.
fn none_is_forgotten() -> Outcome {
    let mut problems = String::new();
    for (name, without) in types::RUST {
        for on in On::ALL {
            let field = format!(": {name},\n");
            let tried = models(on).contains(&field);
            let left_out = without.contains(&on)
                || LEFT_OUT
                    .iter()
                    .any(|(left, places, _)| left == name && places.contains(&on));
            if tried == left_out {
                let what = if tried {
                    "tried and left out"
                } else {
                    "forgotten"
                };
                problems += &format!("`{name}` on {}: {what}\n", on.name());
            }
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Failed::from(problems))
    }
}
