//! What a database lacks to be what is wanted, with words, SQL and hazards.
//!
//! Pure: it is given both sides and knows neither files nor connections.

use std::collections::BTreeMap;

use aludel_core::change::Pair;
use aludel_core::dialect::{Dialect, Snapshot, lower_all};
use aludel_core::diff::{
    self, Adopted, Judge, Naming, RenameCandidate, RenameKind, Renames, TableHint, Wanted,
};
use aludel_core::hazard::{Hazard, HazardKind, hazards};
use aludel_core::operation::{Description, Operation};
use aludel_core::plan::Plan;
use aludel_core::schema::{Schema, TableName};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::{Failure, Result};

/// What a database lacks.
#[derive(Debug)]
pub(crate) struct Difference {
    /// What has to be done.
    pub(crate) operations: Vec<Operation>,
    /// The same in words, with SQL and hazards, one entry a change.
    pub(crate) entries: Vec<Entry>,
    /// What the models leave open, under the names of the result.
    pub(crate) hints: BTreeMap<TableName, TableHint>,
    /// Drops and adds that may be renames.
    pub(crate) candidates: Vec<RenameCandidate>,
    /// The statements, in order.
    pub(crate) plans: Vec<Plan>,
    /// The database afterwards.
    pub(crate) after: Snapshot,
    /// Why the database cannot do it; then there are no plans, and `after` is
    /// the database as it is.
    refused: Option<aludel_core::Error>,
}

/// One change in words.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// What it is called.
    pub(crate) description: Description,
    /// Its statements; empty where those of an earlier change do its work.
    pub(crate) sql: Vec<String>,
    /// What it may destroy, fail on or rewrite.
    pub(crate) hazards: Vec<Hazard>,
}

/// What takes `before` to `wanted`.
///
/// # Errors
/// A rename that cannot be. A change that the database cannot do is a
/// difference all the same: [`Difference::refuse_impossible`].
pub(crate) fn difference(
    dialect: &dyn Dialect,
    before: &Snapshot,
    wanted: &Wanted,
    renames: &Renames,
    naming: &Naming,
) -> Result<Difference> {
    let adopted = adopt(dialect, &before.schema, wanted, renames, naming)?;
    let operations = diff::diff(Pair::new(&before.schema, &adopted.schema), &adopted.renames);
    let candidates = diff::likely_renames(Pair::new(&before.schema, &adopted.schema), &operations);
    let (plans, after, refused) = match lower_all(dialect, before, &operations) {
        Ok((plans, after)) => (plans, after, None),
        Err(error) => (Vec::new(), before.clone(), Some(error)),
    };
    let entries = describe(&before.schema, &operations, &plans)?;
    Ok(Difference {
        operations,
        entries,
        hints: adopted.hints,
        candidates,
        plans,
        after,
        refused,
    })
}

/// What takes one schema to another, nothing told of renames.
///
/// # Errors
/// As [`difference`].
pub(crate) fn operations(
    dialect: &dyn Dialect,
    before: &Schema,
    wanted: &Wanted,
    naming: &Naming,
) -> Result<Vec<Operation>> {
    let adopted = adopt(dialect, before, wanted, &Renames::default(), naming)?;
    Ok(diff::diff(
        Pair::new(before, &adopted.schema),
        &adopted.renames,
    ))
}

fn adopt(
    dialect: &dyn Dialect,
    before: &Schema,
    wanted: &Wanted,
    renames: &Renames,
    naming: &Naming,
) -> Result<Adopted> {
    let judge = Judge {
        accepts: &|rust, existing| dialect.accepts(rust, existing),
        same_expression: &|a, b| dialect.same_expression(a, b),
        fold_name: &|name| dialect.fold_name(name),
    };
    Ok(diff::adopt(wanted, before, renames, &judge, naming)?)
}

/// A database that was made from a schema alone.
pub(crate) fn made_from(dialect: &dyn Dialect, schema: &Schema) -> Result<Snapshot> {
    let empty = Schema::default();
    let operations = diff::diff(Pair::new(&empty, schema), &Renames::default());
    Ok(lower_all(dialect, &Snapshot::default(), &operations)?.1)
}

/// A hash over statements that white space does not change; what a rebuild
/// writes into its new table follows the live table and is left out.
pub(crate) fn fingerprint(plans: &[Plan]) -> String {
    let mut hash = Sha256::new();
    for plan in plans {
        for statement in plan.statements() {
            let rebuilds = !plan.rebuilds.is_empty();
            let mut words = statement.sql.split_whitespace();
            let creates = words.clone().take(2).collect::<Vec<_>>() == ["CREATE", "TABLE"];
            if rebuilds && creates {
                hash.update("CREATE TABLE");
            } else if let Some(first) = words.next() {
                hash.update(first);
                for word in words {
                    hash.update(" ");
                    hash.update(word);
                }
            }
            hash.update(";");
        }
    }
    let bytes = hash.finalize();
    bytes
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Every change in words, with its statements and hazards.
fn describe(before: &Schema, operations: &[Operation], plans: &[Plan]) -> Result<Vec<Entry>> {
    let mut schema = before.clone();
    let mut entries = Vec::new();
    for (number, operation) in operations.iter().enumerate() {
        let dangers = hazards(operation, &schema);
        for (index, description) in operation.describe().into_iter().enumerate() {
            let step = plans
                .iter()
                .flat_map(|p| &p.steps)
                .find(|step| step.operation == number && step.change.is_none_or(|c| c == index));
            let statements = step.map(|s| s.statements.as_slice()).unwrap_or_default();
            let rewrites = statements
                .iter()
                .flat_map(|s| &s.hazards)
                .filter(|h| h.kind == HazardKind::RewritesTable);
            let mut found = dangers.get(index).cloned().unwrap_or_default();
            found.extend(rewrites.cloned());
            found.sort();
            found.dedup();
            entries.push(Entry {
                description,
                sql: statements.iter().map(|s| s.sql.clone()).collect(),
                hazards: found,
            });
        }
        operation.apply(&mut schema)?;
    }
    Ok(entries)
}

impl Difference {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// The statements as a script, each under its words.
    pub(crate) fn script(&self) -> String {
        let mut script = String::new();
        for plan in &self.plans {
            for statement in plan.statements() {
                let hazards = statement.hazards.iter().map(ToString::to_string);
                for line in std::iter::once(statement.why.clone()).chain(hazards) {
                    script.push_str(&format!("-- {}\n", line.replace('\n', " ")));
                }
                script.push_str(&format!("{};\n", statement.sql.trim_end()));
            }
        }
        script
    }

    /// The changes, as JSON says them.
    pub(crate) fn document(&self) -> Value {
        self.entries.iter().map(Entry::document).collect()
    }

    /// Stops where the database cannot do what has to be done.
    ///
    /// # Errors
    /// What it cannot do, and what to do instead.
    pub(crate) fn refuse_impossible(&self) -> Result<()> {
        match &self.refused {
            None => Ok(()),
            Some(error) => Err(error.clone().into()),
        }
    }

    /// The same as a line for people, where a difference is only shown.
    pub(crate) fn impossible(&self) -> Option<String> {
        let error = self.refused.as_ref()?;
        Some(match &error.hint {
            Some(hint) => format!("{error}; {hint}"),
            None => error.to_string(),
        })
    }

    /// Stops where drops and adds may be renames that nobody told about.
    ///
    /// # Errors
    /// The questions, each with the flags that answer it.
    pub(crate) fn refuse_likely_renames(&self) -> Result<()> {
        if self.candidates.is_empty() {
            return Ok(());
        }
        let mut reports = Vec::new();
        let mut questions = Vec::new();
        for (number, candidate) in self.candidates.iter().enumerate() {
            let question = Question::of(candidate);
            questions.push(question.document(number + 1));
            let failure = Failure::with_hint(question.message(), question.hint());
            reports.extend(failure.reports);
        }
        Err(Failure::many(reports).with_document(json!({ "questions": questions })))
    }
}

impl Entry {
    /// One change, as JSON says it.
    fn document(&self) -> Value {
        let hazards: Vec<Value> = self
            .hazards
            .iter()
            .map(|h| json!({ "kind": h.kind.as_str(), "message": h.message }))
            .collect();
        json!({
            "op": self.description.op,
            "table": self.description.table,
            "name": self.description.name,
            "describe": self.description.text,
            "sql": self.sql,
            "hazards": hazards,
        })
    }

    /// One change on lines for people: its words, then its hazards.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("  {}", self.description.text)];
        lines.extend(self.hazards.iter().map(|h| format!("    {h}")));
        lines
    }
}

/// A drop and an add that may be one rename.
struct Question {
    kind: &'static str,
    noun: &'static str,
    from: String,
    to: String,
    reasons: String,
}

impl Question {
    fn of(candidate: &RenameCandidate) -> Self {
        let (kind, noun, from, to) = match candidate.kind {
            RenameKind::Table => (
                "rename_table",
                "table",
                candidate.from.to_string(),
                candidate.to.to_string(),
            ),
            RenameKind::Column => (
                "rename_column",
                "column",
                format!("{}.{}", candidate.table, candidate.from),
                format!("{}.{}", candidate.table, candidate.to),
            ),
        };
        Self {
            kind,
            noun,
            from,
            to,
            reasons: candidate.reasons.join(", "),
        }
    }

    fn message(&self) -> String {
        let reasons = match self.reasons.as_str() {
            "" => String::new(),
            reasons => format!(" ({reasons})"),
        };
        format!(
            "{} `{}` goes and `{}` comes: a rename?{reasons}",
            self.noun, self.from, self.to
        )
    }

    fn rename_flag(&self) -> String {
        format!("--rename {}={}", self.from, self.to)
    }

    fn hint(&self) -> String {
        format!(
            "answer with `{}` to keep the data, or with `--no-rename` to drop it",
            self.rename_flag()
        )
    }

    fn document(&self, number: usize) -> Value {
        let (from, to) = (&self.from, &self.to);
        json!({
            "id": format!("q{number}"),
            "kind": self.kind,
            "from": from,
            "to": to,
            "answers": [
                {
                    "flag": self.rename_flag(),
                    "means": format!("rename `{from}` to `{to}`, keeping its data"),
                },
                {
                    "flag": "--no-rename",
                    "means": format!("drop `{from}` with its data and add `{to}`"),
                },
            ],
        })
    }
}

/// The renames that `--rename` flags tell.
///
/// # Errors
/// A text that is neither `t.a=t.b` nor `a=b`.
pub(crate) fn parse_renames(flags: &[String]) -> Result<Renames> {
    let mut renames = Renames::default();
    for flag in flags {
        let wrong = || {
            Failure::with_hint(
                format!("`--rename {flag}` names no rename"),
                "a column is `--rename table.old=table.new`, a table `--rename old=new`",
            )
        };
        let (from, to) = flag.split_once('=').ok_or_else(wrong)?;
        let column = |text: &str| -> Option<(String, String)> {
            let (table, column) = text.rsplit_once('.')?;
            Some((table.to_owned(), column.to_owned()))
        };
        match (column(from), column(to)) {
            (Some((_, old)), Some((table, new))) if !old.is_empty() && !new.is_empty() => {
                let pair = Pair::new(old.into(), new.into());
                renames
                    .columns
                    .push((TableName::from(table.as_str()), pair));
            }
            (None, None) if !from.is_empty() && !to.is_empty() => {
                renames.tables.push(Pair::new(from.into(), to.into()));
            }
            _ => return Err(wrong()),
        }
    }
    Ok(renames)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn renames_are_columns_with_dots_and_tables_without() {
        let renames = parse_renames(&["a.b=a.c".into(), "x=y".into()]).unwrap();
        assert_eq!(renames.columns[0].0, TableName::from("a"));
        assert_eq!(renames.columns[0].1.to, "c");
        assert_eq!(renames.tables[0].from, TableName::from("x"));
        for wrong in ["a", "a.b=c", "=b", "a=", "a.=a.b"] {
            assert!(parse_renames(&[wrong.into()]).is_err(), "{wrong}");
        }
    }
}
