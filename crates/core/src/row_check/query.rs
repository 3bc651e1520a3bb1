//! The statements that count rows, show them, and give their keys.
//!
//! It owns how such a statement is put together. Which rows are meant, and what
//! a database calls them, comes in as expressions.

use super::{MOST_ROWS, RowKeys};
use crate::schema::{Expression, Name, TableName};

/// What stands behind FROM, and how its parts are named.
#[derive(Debug, Clone)]
pub(super) struct From {
    /// The live table.
    pub(super) table: TableName,
    /// What stands behind FROM.
    pub(super) sql: String,
    /// What stands before the name of a column: a name and a dot, or nothing.
    pub(super) prefix: String,
    /// The columns that were asked for, with their quoted names.
    pub(super) columns: Vec<(Name, String)>,
    /// What tells rows apart: its name, and a text of it.
    pub(super) keys: Vec<(Name, String)>,
}

/// The rows that were asked for, as statements.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) table: TableName,
    pub(super) count: String,
    pub(super) keys: Option<RowKeys>,
    pub(super) see: String,
}

/// What rows are equal in.
#[derive(Debug, Clone)]
pub(super) struct Group {
    parts: Vec<String>,
    /// Only the rows for which this is true.
    only: Option<String>,
    nulls: Nulls,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nulls {
    /// Rows with NULL are equal to none.
    Distinct,
    /// NULL is equal to NULL.
    Equal,
    /// NULL may not be.
    Refused,
}

impl Group {
    pub(super) fn of(parts: Vec<String>) -> Self {
        Self {
            parts,
            only: None,
            nulls: Nulls::Distinct,
        }
    }

    pub(super) fn without_null(self) -> Self {
        Self {
            nulls: Nulls::Refused,
            ..self
        }
    }

    pub(super) fn with_equal_nulls(self) -> Self {
        Self {
            nulls: Nulls::Equal,
            ..self
        }
    }

    pub(super) fn only(self, predicate: String) -> Self {
        Self {
            only: Some(predicate),
            ..self
        }
    }

    fn any_null(&self) -> String {
        let tests: Vec<String> = self.parts.iter().map(|p| format!("{p} IS NULL")).collect();
        tests.join(" OR ")
    }

    /// Which rows are compared with each other.
    fn filter(&self) -> String {
        let mut tests: Vec<String> = self.only.iter().cloned().collect();
        if self.nulls == Nulls::Distinct {
            tests.extend(self.parts.iter().map(|p| format!("{p} IS NOT NULL")));
        }
        behind_where(&tests.join(" AND "))
    }

    fn having(&self) -> String {
        match self.nulls {
            Nulls::Refused => format!("count(*) > 1 OR {}", self.any_null()),
            Nulls::Distinct | Nulls::Equal => "count(*) > 1".to_owned(),
        }
    }
}

fn behind_where(predicate: &str) -> String {
    if predicate.is_empty() {
        String::new()
    } else {
        format!(" WHERE {predicate}")
    }
}

/// An expression in parentheses. A line comment in it must not swallow the
/// closing one.
pub(super) fn parenthesised(expression: &Expression) -> String {
    let text = expression.as_str();
    let end = if text.contains("--") || text.contains('#') {
        "\n"
    } else {
        ""
    };
    format!("({text}{end})")
}

impl From {
    /// What stands behind FROM.
    pub(super) fn from(&self) -> &str {
        &self.sql
    }

    /// A column that was asked for, as an expression.
    pub(super) fn column(&self, name: &Name) -> String {
        let found = self.columns.iter().find(|(own, _)| own == name);
        let quoted = found.map(|(_, quoted)| quoted.as_str()).unwrap_or_default();
        format!("{}{quoted}", self.prefix)
    }

    /// Every row.
    pub(super) fn all(&self) -> Rows {
        self.that("")
    }

    /// The rows for which something is true.
    pub(super) fn that(&self, predicate: &str) -> Rows {
        let (from, only) = (&self.sql, behind_where(predicate));
        Rows {
            table: self.table.clone(),
            count: format!(
                "SELECT count(*), count(*) FROM \
                 (SELECT 1 AS aludel_row FROM {from}{only} LIMIT {MOST_ROWS}) AS found"
            ),
            keys: self.keys(|list| format!("SELECT {list} FROM {from}{only}")),
            see: format!("SELECT * FROM {from}{only}"),
        }
    }

    /// The rows that share a key.
    pub(super) fn grouped(&self, group: &Group) -> Rows {
        let (from, only, having) = (&self.sql, group.filter(), group.having());
        let parts = group.parts.join(", ");
        let places = 0..group.parts.len();
        let order: Vec<String> = places.map(|n| format!("aludel_part_{n}")).collect();
        let keys = |list: String| {
            let named = group.parts.iter().zip(&order);
            let named: Vec<String> = named.map(|(p, name)| format!("{p} AS {name}")).collect();
            let or_null = match group.nulls {
                Nulls::Refused => {
                    let tests = order.iter().map(|name| format!(" OR {name} IS NULL"));
                    tests.collect()
                }
                Nulls::Distinct | Nulls::Equal => String::new(),
            };
            let shown: Vec<String> = (0..self.keys.len())
                .map(|n| format!("aludel_key_{n}"))
                .collect();
            let mut order = order.clone();
            order.extend(shown.iter().cloned());
            format!(
                "SELECT {} FROM (SELECT {list}, {}, count(*) OVER (PARTITION BY {parts}) AS \
                 aludel_rows FROM {from}{only}) AS found WHERE aludel_rows > 1{or_null} \
                 ORDER BY {}",
                shown.join(", "),
                named.join(", "),
                order.join(", ")
            )
        };
        Rows {
            table: self.table.clone(),
            count: format!(
                "SELECT coalesce(sum(aludel_rows), 0), count(*) FROM (SELECT count(*) AS \
                 aludel_rows FROM {from}{only} GROUP BY {parts} HAVING {having} \
                 LIMIT {MOST_ROWS}) AS found"
            ),
            keys: self.keys(keys),
            see: format!(
                "SELECT {parts}, count(*) FROM {from}{only} GROUP BY {parts} HAVING {having}"
            ),
        }
    }

    fn keys(&self, sql: impl Fn(String) -> String) -> Option<RowKeys> {
        if self.keys.is_empty() {
            return None;
        }
        let list = self.keys.iter().enumerate();
        let list: Vec<String> = list
            .map(|(n, (_, shown))| format!("{shown} AS aludel_key_{n}"))
            .collect();
        Some(RowKeys {
            columns: self.keys.iter().map(|(name, _)| name.clone()).collect(),
            sql: sql(list.join(", ")),
        })
    }
}
