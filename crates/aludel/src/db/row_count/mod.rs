//! Counting the rows that object to a change, without being in anybody's way.
//!
//! It owns the limits: every question is read-only, and ends after a while by
//! the server's own means. That a question has no answer is an answer. It
//! knows nothing of what is asked.

mod session;

use std::time::{Duration, Instant};

use aludel_core::row_check::{MOST_ROWS, RowCheck};
use aludel_core::schema::Name;

use super::{Connection, kind, text};
use crate::error::ErrorKind;
use session::Guard;

/// How long counting may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowLimits {
    /// One question.
    pub each: Duration,
    /// All questions together.
    pub all: Duration,
    /// How many keys of rows are read; none where it is 0.
    pub keys: usize,
}

impl Default for RowLimits {
    fn default() -> Self {
        Self {
            each: Duration::from_secs(5),
            all: Duration::from_secs(30),
            keys: 0,
        }
    }
}

/// A question about rows, and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowCount {
    /// The question.
    pub check: RowCheck,
    /// The answer, or why there is none: "took longer than 5 s".
    pub counted: Result<Counted, String>,
}

/// How many rows object to a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// How many.
    pub rows: u64,
    /// There may be more: counting stopped there.
    pub at_least: bool,
    /// The keys of some of them, where they were asked for.
    pub keys: Vec<RowKey>,
    /// Why the keys could not be read.
    pub no_keys: Option<String>,
}

/// What tells one row from the others: columns with their values as text.
pub type RowKey = Vec<(Name, Option<String>)>;

impl RowCount {
    /// The answer in words: "`pv.full_address`: 1 row is NULL".
    pub fn sentence(&self) -> String {
        match &self.counted {
            Ok(counted) => self.check.words.rows(counted.rows, counted.at_least),
            Err(reason) => self.check.words.not_counted(reason),
        }
    }
}

/// Asks the database every question. It never fails: what cannot be counted is
/// told with the reason.
pub async fn count_rows(
    connection: &mut Connection<'_>,
    checks: Vec<RowCheck>,
    limits: &RowLimits,
) -> Vec<RowCount> {
    let start = Instant::now();
    let mut counts = Vec::new();
    for check in checks {
        let left = limits.all.saturating_sub(start.elapsed());
        let counted = if left.is_zero() {
            Err(format!("{} in all were over", seconds(limits.all)))
        } else {
            count(connection, &check, limits, limits.each.min(left)).await
        };
        counts.push(RowCount { check, counted });
    }
    counts
}

/// Whether a table, by its quoted name, has a row. It may have some where nobody
/// may look, or where looking takes longer than that.
pub async fn may_have_rows(connection: &mut Connection<'_>, table: &str, time: Duration) -> bool {
    let rows = ask(connection, &format!("SELECT 1 FROM {table} LIMIT 1"), time).await;
    rows.map_or(true, |rows| !rows.is_empty())
}

async fn count(
    connection: &mut Connection<'_>,
    check: &RowCheck,
    limits: &RowLimits,
    time: Duration,
) -> Result<Counted, String> {
    let started = Instant::now();
    let rows = ask(connection, &check.count, time).await?;
    let number = |at: usize| {
        let value = rows.first()?.get(at)?.as_ref()?;
        // A sum may come with a fraction.
        value.split('.').next()?.parse::<u64>().ok()
    };
    let (Some(rows), Some(looked)) = (number(0), number(1)) else {
        return Err("the database gives no number".into());
    };
    let mut counted = Counted {
        rows,
        at_least: looked >= MOST_ROWS,
        ..Counted::default()
    };
    if let Some(keys) = check.keys.as_ref().filter(|_| rows > 0 && limits.keys > 0) {
        let time = time.saturating_sub(started.elapsed());
        match ask(connection, &keys.limited(limits.keys), time).await {
            Ok(rows) => {
                let named = |row: Vec<Option<String>>| keys.columns.iter().cloned().zip(row);
                counted.keys = rows.into_iter().map(|row| named(row).collect()).collect();
            }
            Err(reason) => counted.no_keys = Some(reason),
        }
    }
    Ok(counted)
}

/// One statement that reads, ended after that time.
async fn ask(
    connection: &mut Connection<'_>,
    sql: &str,
    time: Duration,
) -> Result<Vec<Vec<Option<String>>>, String> {
    // No server knows a limit of less.
    let time = time.max(Duration::from_millis(1));
    let guard = Guard::raise(connection, time).await?;
    let rows = connection.read(sql).await;
    guard.lower(connection).await;
    rows.map_err(|error| reason(&error, time))
}

/// Why a question has no answer, in one line.
fn reason(error: &sqlx::Error, time: Duration) -> String {
    if session::is_out_of_time(error) {
        return format!("took longer than {}", seconds(time));
    }
    let said = text(error);
    let line = said.lines().next().unwrap_or_default().to_owned();
    match kind(error) {
        ErrorKind::Denied => match line.rsplit_once("for table ") {
            Some((_, table)) => format!("permission denied for table {}", bare(table)),
            None => line,
        },
        _ => line,
    }
}

/// The name of a table out of a message: "`db`.`t` (error 1142)".
fn bare(text: &str) -> String {
    let name = text.split(" (error").next().unwrap_or(text);
    let name = name.rsplit("`.`").next().unwrap_or(name);
    name.trim_matches(['`', '\'', '"']).to_owned()
}

/// A time as people say it.
fn seconds(time: Duration) -> String {
    if time.subsec_millis() == 0 {
        format!("{} s", time.as_secs())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_named_as_people_name_it() {
        assert_eq!(bare("`db`.`my t` (error 1142)"), "my t");
        assert_eq!(bare("'t' (error 1142)"), "t");
        assert_eq!(bare("t"), "t");
    }

    #[test]
    fn times_are_whole_where_they_are() {
        assert_eq!(seconds(Duration::from_secs(5)), "5 s");
        assert_eq!(seconds(Duration::from_millis(2300)), "2.3 s");
    }
}
