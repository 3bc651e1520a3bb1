//! Renames: told by flags, or asked for where a drop and an add look like one.
//!
//! Pure: it knows neither files nor connections.

use aludel_core::change::Pair;
use aludel_core::diff::{RenameCandidate, RenameKind, Renames, ValuesOf};
use aludel_core::schema::TableName;
use serde_json::{Value, json};

use crate::ask::Asking;
use crate::error::{Failure, Result};

/// Drops and adds that may be renames, which nobody told about: the questions,
/// each with the flags that answer it.
pub(crate) fn likely(candidates: &[RenameCandidate]) -> Failure {
    let mut reports = Vec::new();
    let mut questions = Vec::new();
    for (number, candidate) in candidates.iter().enumerate() {
        let question = Question::of(candidate);
        questions.push(question.document(number + 1));
        let failure = Failure::with_hint(question.message(), question.hint());
        reports.extend(failure.reports);
    }
    Failure::many(reports).with_document(json!({ "questions": questions }))
}

/// Asks of the likeliest drop and add whether they are a rename. It is one at
/// a time, since an answer changes what else looks like one.
///
/// # Errors
/// No answer: then nothing is written, and the flags are told.
pub(crate) fn ask(
    candidates: &[RenameCandidate],
    renames: &mut Renames,
    asking: &mut Asking<'_>,
) -> Result<()> {
    let Some(candidate) = candidates.first() else {
        return Ok(());
    };
    let question = Question::of(candidate);
    asking.say(&question.message())?;
    let prompt = "  y: rename it, keeping its data; n: drop the one and add the other; \
                  an empty line stops:";
    let answer = asking.ask(prompt, |answer| {
        match answer.to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(true),
            "n" | "no" => Ok(false),
            _ => Err(format!("`{answer}` is neither `y` nor `n`")),
        }
    })?;
    match answer {
        Some(true) => {
            asking.say(&format!(
                "  the same without a question: {}",
                question.rename_flag()
            ))?;
            tell(candidate, renames);
        }
        Some(false) => renames.declined.push(candidate.declined()),
        None => return Err(likely(candidates)),
    }
    Ok(())
}

/// Puts a rename among those that were told.
fn tell(candidate: &RenameCandidate, renames: &mut Renames) {
    let names = Pair::new(candidate.from.clone(), candidate.to.clone());
    match candidate.kind {
        RenameKind::Table => renames.tables.push(Pair::new(
            table_name(names.from.as_str()),
            table_name(names.to.as_str()),
        )),
        RenameKind::Column => renames.columns.push((candidate.table.clone(), names)),
        RenameKind::Value => {
            let of = match &candidate.column {
                Some(column) => ValuesOf::Column(candidate.table.clone(), column.clone()),
                None => ValuesOf::Enum(candidate.table.clone()),
            };
            let values = Pair::new(names.from.to_string(), names.to.to_string());
            renames.values.push((of, values));
        }
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
            RenameKind::Value => {
                let owner = match &candidate.column {
                    Some(column) => format!("{}.{column}", candidate.table),
                    None => candidate.table.to_string(),
                };
                (
                    "rename_value",
                    "value",
                    format!("{owner}.{}", candidate.from),
                    format!("{owner}.{}", candidate.to),
                )
            }
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
        let flag = format!("{}={}", self.from, self.to);
        // A value may be any text.
        if flag
            .chars()
            .all(|c| c.is_alphanumeric() || "_.=-".contains(c))
        {
            format!("--rename {flag}")
        } else {
            format!("--rename '{}'", flag.replace('\'', "'\\''"))
        }
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
pub(crate) fn parse(flags: &[String]) -> Result<Renames> {
    let mut renames = Renames::default();
    for flag in flags {
        let wrong = || {
            Failure::with_hint(
                format!("`--rename {flag}` names no rename"),
                "a column is `--rename table.old=table.new`, a table `--rename old=new`, or \
                 `--rename old=schema.new` if it moves, a value of an enum type \
                 `--rename type.old=type.new`, or of a column \
                 `--rename table.column.old=table.column.new`",
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
                renames.columns.push((table_name(&table), pair));
            }
            // A table may move to another schema.
            (None, None) | (Some(_), None) | (None, Some(_))
                if !from.is_empty() && !to.is_empty() && from != to =>
            {
                let pair = Pair::new(table_name(from), table_name(to));
                renames.tables.push(pair);
            }
            _ => return Err(wrong()),
        }
    }
    Ok(renames)
}

/// A table, with its schema where one is named.
fn table_name(text: &str) -> TableName {
    match text.split_once('.') {
        Some((schema, name)) => TableName::in_schema(schema, name),
        None => TableName::from(text),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_asked_for_by_its_type_or_its_column() {
        let candidate = RenameCandidate {
            kind: RenameKind::Value,
            table: "item".into(),
            column: Some("mood".into()),
            from: "sad".into(),
            to: "so so".into(),
            score: 1.0,
            reasons: Vec::new(),
        };
        let question = Question::of(&candidate);
        assert_eq!(
            question.message(),
            "value `item.mood.sad` goes and `item.mood.so so` comes: a rename?"
        );
        let flag = "--rename 'item.mood.sad=item.mood.so so'";
        assert_eq!(question.rename_flag(), flag);
        let of_type = Question::of(&RenameCandidate {
            table: "mood".into(),
            column: None,
            to: "low".into(),
            ..candidate
        });
        assert_eq!(of_type.rename_flag(), "--rename mood.sad=mood.low");
    }

    fn likely(from: &str, to: &str) -> RenameCandidate {
        RenameCandidate {
            kind: RenameKind::Column,
            table: "item".into(),
            column: None,
            from: from.into(),
            to: to.into(),
            score: 0.9,
            reasons: vec!["the same type".into()],
        }
    }

    #[test]
    fn an_answer_is_a_rename_or_none() {
        let candidates = [likely("fw", "firmware"), likely("a", "b")];
        let answered = |input: &str| {
            let mut renames = Renames::default();
            let mut said = Vec::new();
            let mut asking = Asking::new(input.as_bytes(), &mut said);
            let done = ask(&candidates, &mut renames, &mut asking);
            drop(asking);
            (done.is_ok(), renames, String::from_utf8(said).unwrap())
        };
        let (done, renames, said) = answered("what\nY\n");
        assert!(done && renames.declined.is_empty());
        assert_eq!(renames.columns[0].1.to, "firmware");
        assert!(
            said.contains("`item.firmware` comes: a rename? (the same type)"),
            "{said}"
        );
        assert!(said.contains("`what` is neither"), "{said}");
        assert!(said.contains("--rename item.fw=item.firmware"), "{said}");
        let (done, renames, _) = answered("no\n");
        assert!(done && renames.columns.is_empty());
        assert_eq!(renames.declined, [candidates[0].declined()]);
        // Nobody has answered.
        let (done, renames, _) = answered("\n");
        assert!(!done);
        assert_eq!(renames, Renames::default());
    }

    #[test]
    fn renames_are_columns_with_dots_and_tables_without() {
        let renames = parse(&["a.b=a.c".into(), "x=y".into()]).unwrap();
        assert_eq!(renames.columns[0].0, TableName::from("a"));
        assert_eq!(renames.columns[0].1.to, "c");
        assert_eq!(renames.tables[0].from, TableName::from("x"));
        let moved = parse(&["a=s.a".into(), "s.t.a=s.t.b".into()]).unwrap();
        assert_eq!(moved.tables[0].to, TableName::in_schema("s", "a"));
        assert_eq!(moved.columns[0].0, TableName::in_schema("s", "t"));
        for wrong in ["a", "=b", "a=", "a.=a.b"] {
            assert!(parse(&[wrong.into()]).is_err(), "{wrong}");
        }
    }
}
