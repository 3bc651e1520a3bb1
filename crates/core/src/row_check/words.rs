//! How an answer about rows is said.

use crate::schema::{Name, TableName};

/// What is counted, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The table or column, in backticks: "`pv.full_address`".
    pub subject: String,
    /// What is said of one row: "is NULL".
    one: String,
    /// What is said of several: "are NULL".
    many: String,
}

impl Words {
    pub(super) fn of_column(
        table: &TableName,
        column: &Name,
        one: impl Into<String>,
        many: impl Into<String>,
    ) -> Self {
        Self {
            subject: format!("`{table}.{column}`"),
            one: one.into(),
            many: many.into(),
        }
    }

    pub(super) fn of_table(
        table: &TableName,
        one: impl Into<String>,
        many: impl Into<String>,
    ) -> Self {
        Self {
            subject: format!("`{table}`"),
            one: one.into(),
            many: many.into(),
        }
    }

    /// "`t.c`: 3 rows are NULL", "`t.c`: no row now".
    pub fn rows(&self, rows: u64, at_least: bool) -> String {
        // It stands on a line, and an expression may have several.
        let (one, many) = (on_a_line(&self.one), on_a_line(&self.many));
        let subject = &self.subject;
        let least = if at_least { "at least " } else { "" };
        match rows {
            0 => format!("{subject}: no row now"),
            1 => format!("{subject}: {least}1 row {one}"),
            rows => format!("{subject}: {least}{rows} rows {many}"),
        }
    }

    /// "`t.c`: not counted: took longer than 5 s".
    pub fn not_counted(&self, reason: &str) -> String {
        format!("{}: not counted: {reason}", self.subject)
    }
}

fn on_a_line(text: &str) -> String {
    text.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_said_otherwise_than_many() {
        let words = Words::of_column(&"pv".into(), &"full".into(), "is NULL", "are NULL");
        assert_eq!(words.rows(0, false), "`pv.full`: no row now");
        assert_eq!(words.rows(1, false), "`pv.full`: 1 row is NULL");
        assert_eq!(
            words.rows(1000, true),
            "`pv.full`: at least 1000 rows are NULL"
        );
        assert_eq!(
            words.not_counted("took longer than 5 s"),
            "`pv.full`: not counted: took longer than 5 s"
        );
    }
}
