//! What is said at the end: a table or a JSON document, and the exit code.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::run::{Entry, State};
use crate::app::Outcome;
use crate::error::{Failure, Result};
use crate::interrupt::INTERRUPTED;
use crate::session::Session;
use crate::ui::{Format, Paint};

/// What a command finds or does on one database, as reports show it.
pub(crate) trait Findings: Default {
    /// The headings of its columns.
    const HEADINGS: &'static [&'static str];

    /// What stands below them.
    fn cells(&self) -> Vec<String>;

    /// The same in JSON.
    fn document(&self) -> Value;
}

/// How to report.
#[derive(Debug, Clone)]
pub(crate) struct Telling {
    pub(crate) format: Format,
    /// What the whole document says beside its tenants.
    pub(crate) about: Value,
}

impl Telling {
    /// Reports on all tenants.
    ///
    /// # Errors
    /// Tenants that failed, or that were not come to.
    pub(crate) fn report<T: Findings>(
        &self,
        entries: &[Entry<T>],
        session: &Session<'_>,
    ) -> Result<Outcome> {
        let counted = Counted::of(entries);
        let document = (self.format == Format::Json).then(|| self.document(entries, &counted));
        if self.format == Format::Text {
            table(entries, session);
        }
        let failure = counted.failure(entries.len());
        match (failure, document) {
            (Some(failure), Some(document)) => Err(failure.with_document(document)),
            (Some(failure), None) => Err(failure),
            (None, document) => {
                match document {
                    Some(document) => session.ui.document(&document),
                    None => session.ui.note(counted.words(entries.len())),
                }
                Ok(Outcome::Done)
            }
        }
    }

    fn document<T: Findings>(&self, entries: &[Entry<T>], counted: &Counted) -> Value {
        let tenants: Vec<Value> = entries.iter().map(tenant).collect();
        let mut all = Map::new();
        merge(&mut all, self.about.clone());
        for (state, count) in &counted.by_state {
            all.insert(state.replace(' ', "_"), json!(count));
        }
        all.insert("tenants".to_owned(), json!(tenants));
        Value::Object(all)
    }
}

fn merge(into: &mut Map<String, Value>, more: Value) {
    if let Value::Object(more) = more {
        into.extend(more);
    }
}

impl State {
    /// The word for it.
    fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed(_) => "failed",
            Self::Stopped(_) => "interrupted",
            Self::NotStarted => "not started",
        }
    }
}

/// How many tenants ended how.
struct Counted {
    by_state: BTreeMap<&'static str, usize>,
}

impl Counted {
    fn of<T>(entries: &[Entry<T>]) -> Self {
        let mut by_state: BTreeMap<&str, usize> = BTreeMap::new();
        for state in ["done", "failed", "interrupted", "not started"] {
            by_state.insert(state, 0);
        }
        for entry in entries {
            *by_state.entry(entry.state.word()).or_default() += 1;
        }
        Self { by_state }
    }

    fn count(&self, state: &str) -> usize {
        self.by_state.get(state).copied().unwrap_or_default()
    }

    fn words(&self, all: usize) -> String {
        let mut words = format!("{all} databases: {} done", self.count("done"));
        for state in ["failed", "interrupted", "not started"] {
            match self.count(state) {
                0 => {}
                count => words.push_str(&format!(", {count} {state}")),
            }
        }
        words
    }

    fn failure(&self, all: usize) -> Option<Failure> {
        let hint = "the same command again does what is left, and leaves alone what is done";
        let broken_off = self.count("interrupted") + self.count("not started") > 0;
        if broken_off {
            let said = format!("interrupted: {}", self.words(all));
            return Some(Failure::with_hint(said, hint).ending(INTERRUPTED));
        }
        let failed = self.count("failed") > 0;
        failed.then(|| Failure::with_hint(self.words(all), hint))
    }
}

/// One tenant in JSON.
fn tenant<T: Findings>(entry: &Entry<T>) -> Value {
    let mut all = Map::new();
    all.insert("tenant".to_owned(), json!(entry.name));
    all.insert("url".to_owned(), json!(entry.url));
    all.insert("result".to_owned(), json!(entry.state.word()));
    merge(&mut all, entry.found.document());
    let millis = u64::try_from(entry.took.as_millis()).unwrap_or(u64::MAX);
    all.insert("duration_ms".to_owned(), json!(millis));
    let error = match &entry.state {
        State::Failed(failure) => json!({
            "message": failure.summary(),
            "hint": failure.hints().join("\n"),
        }),
        State::Stopped(why) => json!({ "message": why, "hint": null }),
        State::Done | State::NotStarted => Value::Null,
    };
    all.insert("error".to_owned(), error);
    Value::Object(all)
}

/// One line a tenant.
fn table<T: Findings>(entries: &[Entry<T>], session: &Session<'_>) {
    if entries.is_empty() {
        return;
    }
    let mut headings = vec!["tenant".to_owned()];
    headings.extend(T::HEADINGS.iter().map(ToString::to_string));
    headings.push("time".to_owned());
    let mut rows = vec![headings];
    rows.extend(entries.iter().map(|entry| {
        let mut row = vec![entry.name.clone()];
        row.extend(entry.found.cells());
        row.push(format!("{} ms", entry.took.as_millis()));
        row
    }));
    let mut widths: Vec<usize> = Vec::new();
    for row in &rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let results = std::iter::once("result".to_owned())
        .chain(entries.iter().map(|entry| result(entry, session)));
    for (row, result) in rows.iter().zip(results) {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells.map(|(cell, &w)| format!("{cell:w$}")).collect();
        session
            .ui
            .report(format_args!("{}  {result}", cells.join("  ")));
    }
}

/// How it ended, in one line.
fn result<T>(entry: &Entry<T>, session: &Session<'_>) -> String {
    let word = entry.state.word();
    let (paint, why) = match &entry.state {
        State::Done => (Paint::Good, String::new()),
        State::Failed(failure) => (Paint::Bad, failure.summary()),
        State::Stopped(why) => (Paint::Notable, why.clone()),
        State::NotStarted => (Paint::Faint, String::new()),
    };
    let word = session.ui.paint(word, paint);
    match why.lines().next() {
        None => word,
        Some(first) => format!("{word}: {first}"),
    }
}
