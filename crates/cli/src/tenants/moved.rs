//! What comes out where databases go from one revision to another.

use serde_json::{Value, json};

use super::report::Findings;

/// From where to where a database has gone.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    /// The version rows before; `None` where nobody could read them.
    pub(crate) from: Option<Vec<String>>,
    /// The version rows after.
    pub(crate) to: Option<Vec<String>>,
    /// What was run, or would be, in order.
    pub(crate) revisions: Vec<String>,
}

impl Findings for Moved {
    const HEADINGS: &'static [&'static str] = &["from", "to", "revisions"];

    fn cells(&self) -> Vec<String> {
        vec![
            rows(self.from.as_deref()),
            rows(self.to.as_deref()),
            self.revisions.len().to_string(),
        ]
    }

    fn document(&self) -> Value {
        json!({ "from": self.from, "to": self.to, "revisions": self.revisions })
    }
}

/// Version rows in a table.
pub(crate) fn rows(rows: Option<&[String]>) -> String {
    match rows {
        None => "?".to_owned(),
        Some([]) => "base".to_owned(),
        Some(rows) => rows.join(", "),
    }
}
