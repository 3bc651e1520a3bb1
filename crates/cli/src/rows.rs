//! Rows of the live database that object to a change, beside its hazards.
//!
//! It owns the flags, the lines and the JSON keys. Who counts is the library's
//! business, and what may be asked is core's.

use std::time::Duration;

use aludel::db::{Connection, Counted, RowCount, RowKey, RowLimits, count_rows};
use aludel_core::dialect::Snapshot;
use aludel_core::hazard::Hazard;
use aludel_core::operation::Operation;
use aludel_core::row_check::row_checks;
use serde_json::{Map, Value, json};

use crate::session::Session;

/// How many keys are shown.
const KEYS: usize = 5;

/// How long one change may take where nothing is said, in seconds.
const SECONDS: u64 = 5;

/// All changes may take as long as so many.
const ALL: u64 = 6;

/// How rows are counted.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Counting {
    /// Show up to five keys of the rows that object to a change.
    #[arg(long)]
    rows: bool,
    /// How many seconds counting the rows that object to one change may take;
    /// 0 counts none.
    #[arg(long, value_name = "SECONDS", default_value_t = SECONDS)]
    row_timeout: u64,
}

impl Default for Counting {
    fn default() -> Self {
        Self {
            rows: false,
            row_timeout: SECONDS,
        }
    }
}

impl Counting {
    /// Whether keys of rows are to be shown.
    pub(crate) fn shows_keys(&self) -> bool {
        self.rows
    }

    /// The limits; `None` where nothing is to be counted.
    pub(crate) fn limits(&self) -> Option<RowLimits> {
        (self.row_timeout > 0).then(|| RowLimits {
            each: Duration::from_secs(self.row_timeout),
            all: Duration::from_secs(self.row_timeout.saturating_mul(ALL)),
            keys: if self.rows { KEYS } else { 0 },
        })
    }
}

/// Counts the rows that object to operations.
pub(crate) async fn count(
    session: &Session<'_>,
    connection: Option<&mut Connection<'_>>,
    before: &Snapshot,
    operations: &[Operation],
    options: &Counting,
) -> Vec<RowCount> {
    let (Some(connection), Some(limits)) = (connection, options.limits()) else {
        return Vec::new();
    };
    let checks = row_checks(connection.dialect(), before, operations, &[]);
    if checks.is_empty() {
        return Vec::new();
    }
    let _progress = session.ui.progress("counting rows");
    count_rows(connection, checks, &limits).await
}

/// The counts that are about a hazard.
fn about<'c>(hazard: &Hazard, counts: &'c [RowCount]) -> Vec<&'c RowCount> {
    let same = |other: &Hazard| other.kind == hazard.kind && other.message == hazard.message;
    let own = counts.iter().filter(|count| same(&count.check.hazard));
    own.collect()
}

/// What was counted about a hazard, on lines for people.
pub(crate) fn lines(hazard: &Hazard, counts: &[RowCount]) -> Vec<String> {
    about(hazard, counts)
        .into_iter()
        .flat_map(sentences)
        .collect()
}

/// What was counted, and which rows they are.
pub(crate) fn sentences(count: &RowCount) -> Vec<String> {
    let mut lines = vec![count.sentence()];
    if let Ok(counted) = &count.counted {
        if !counted.keys.is_empty() {
            let keys: Vec<String> = counted.keys.iter().map(key).collect();
            lines.push(format!("  {}", keys.join(", ")));
        }
        let no_keys = counted.no_keys.iter();
        lines.extend(no_keys.map(|reason| format!("  keys not read: {reason}")));
    }
    lines
}

/// `id = 3`, or `(a, b) = (1, x)`.
fn key(key: &RowKey) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "NULL".to_owned());
    match key.as_slice() {
        [(name, text)] => format!("{name} = {}", value(text)),
        parts => {
            let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
            let values: Vec<String> = parts.iter().map(|(_, text)| value(text)).collect();
            format!("({}) = ({})", names.join(", "), values.join(", "))
        }
    }
}

/// The keys of JSON for what was counted.
pub(crate) fn add_counts(object: &mut Map<String, Value>, hazard: &Hazard, counts: &[RowCount]) {
    let counts = about(hazard, counts);
    if counts.is_empty() {
        return;
    }
    let counted: Vec<&Counted> = counts
        .iter()
        .filter_map(|count| count.counted.as_ref().ok())
        .collect();
    let reasons: Vec<&str> = counts
        .iter()
        .filter_map(|count| count.counted.as_ref().err())
        .map(String::as_str)
        .collect();
    if !counted.is_empty() {
        let rows: u64 = counted.iter().map(|c| c.rows).sum();
        let at_least = !reasons.is_empty() || counted.iter().any(|c| c.at_least);
        object.insert("rows".into(), json!(rows));
        object.insert("rows_at_least".into(), json!(at_least));
        let keys = counted.iter().flat_map(|c| &c.keys);
        let keys: Vec<Value> = keys.map(key_document).collect();
        if !keys.is_empty() {
            object.insert("keys".into(), Value::Array(keys));
        }
    }
    if !reasons.is_empty() {
        object.insert("not_counted".into(), json!(reasons.join("; ")));
    }
}

fn key_document(key: &RowKey) -> Value {
    let parts = key
        .iter()
        .map(|(name, value)| (name.to_string(), json!(value)));
    Value::Object(parts.collect())
}
