//! A difference as Markdown, to be pasted in a pull request.
//!
//! Names and statements may hold whatever a database takes: nothing of them ends
//! a cell, a span of code or a block.

use aludel_core::change::{Change, Pair};
use aludel_core::operation::{Operation, TableChange};
use aludel_core::schema::{Column, EnumType, Schema, Table, TableName};

use crate::compare::{Difference, Entry};

/// What takes one side to the other; `back` are the statements of the way back,
/// or why there are none.
pub(super) fn text(
    sides: &Pair<String>,
    difference: &Difference,
    back: &Result<String, String>,
) -> String {
    let (from, to) = (code(&sides.from), code(&sides.to));
    if difference.is_empty() {
        return format!("No schema difference between {from} and {to}.\n");
    }
    let mut parts = vec![
        format!("### Schema changes: {from} → {to}"),
        changes(difference),
    ];
    parts.extend(hazards(difference));
    let forward = match difference.impossible() {
        None => Ok(difference.script()),
        Some(problem) => Err(problem),
    };
    parts.push(folded("SQL: upgrade", &forward));
    parts.push(folded("SQL: downgrade", back));
    parts.join("\n\n") + "\n"
}

fn changes(difference: &Difference) -> String {
    let mut lines = vec![
        "| Operation | Where | From | To |".to_owned(),
        "|---|---|---|---|".to_owned(),
    ];
    let mut schema = difference.before.clone();
    let mut at = 0;
    for entry in &difference.entries {
        while at < entry.place.0 {
            apply(&mut schema, difference.operations.get(at));
            at += 1;
        }
        let sides = sides_of(entry, difference, &schema);
        let cell = |text: &Option<String>| text.as_deref().map(code).unwrap_or_default();
        lines.push(format!(
            "| {} | {} | {} | {} |",
            prose(&entry.description.op.replace('_', " ")),
            place(entry),
            cell(&sides.from),
            cell(&sides.to)
        ));
    }
    lines.join("\n")
}

/// What differs was replayed when it was found; what cannot be is left as it is.
fn apply(schema: &mut Schema, operation: Option<&Operation>) {
    let mut next = schema.clone();
    if operation.is_some_and(|operation| operation.apply(&mut next).is_ok()) {
        *schema = next;
    }
}

/// The table, the column, the part of a table: what has the change.
fn place(entry: &Entry) -> String {
    let what = &entry.description;
    let column = what.op.ends_with("_column") || what.op == "rename_values";
    match (what.table.as_str(), what.name.as_str()) {
        ("", "") => String::new(),
        ("", name) => code(name),
        (table, name) if name.is_empty() || name == table => code(table),
        (table, name) if column => code(&format!("{table}.{name}")),
        (table, name) => format!("{} of {}", code(name), code(table)),
    }
}

/// What it is before and after, as the database says it.
fn sides_of(entry: &Entry, difference: &Difference, schema: &Schema) -> Pair<Option<String>> {
    let (at, number) = entry.place;
    match difference.operations.get(at) {
        Some(Operation::AlterTable { table, changes }) => {
            changes.get(number).map_or_else(Pair::default, |change| {
                of_change(change, table, difference, schema)
            })
        }
        Some(Operation::RenameTable(names)) => names.as_ref().map(|name| Some(name.to_string())),
        Some(Operation::Enum(change)) => of(change, values),
        Some(Operation::RenameEnumValue { values, .. }) => values.clone().map(Some),
        Some(
            Operation::CreateTable(_)
            | Operation::DropTable(_)
            | Operation::Object(_)
            | Operation::Execute(_),
        )
        | None => Pair::default(),
    }
}

/// Both sides of a change, each in words of its own.
fn of<T>(change: &Change<T>, words: impl Fn(&T) -> String) -> Pair<Option<String>> {
    match change {
        Change::Add(to) => Pair::new(None, Some(words(to))),
        Change::Drop(from) => Pair::new(Some(words(from)), None),
        Change::Alter(pair) => pair.as_ref().map(|one| Some(words(one))),
        Change::Rename(names) => names.as_ref().map(|name| Some(name.to_string())),
    }
}

fn values(one: &EnumType) -> String {
    let values: Vec<String> = one.values.iter().map(|v| format!("'{v}'")).collect();
    values.join(", ")
}

fn of_change(
    change: &TableChange,
    table: &TableName,
    difference: &Difference,
    schema: &Schema,
) -> Pair<Option<String>> {
    let writer = difference.writer();
    let column = |column: &Column| writer.column(column);
    // The table as it is now, with one part more than nothing.
    let now = schema.table(table).cloned();
    let bare = || {
        let now = now.clone().unwrap_or_else(|| Table::new(table.clone()));
        let after = difference.after.schema.table(table);
        // Columns that come with the same batch, which the part may need.
        let new = after.map(|after| after.columns.clone()).unwrap_or_default();
        let known = now.columns.clone();
        let is_new = |column: &Column| known.iter().all(|own| own.name != column.name);
        Table {
            columns: known
                .iter()
                .cloned()
                .chain(new.into_iter().filter(is_new))
                .collect(),
            options: now.options,
            ..Table::new(table.clone())
        }
    };
    let part = |add: &dyn Fn(&mut Table)| {
        let without = bare();
        let mut with = without.clone();
        add(&mut with);
        writer.part(&with, &without)
    };
    match change {
        TableChange::Column(change) => of(change, column),
        TableChange::Values(renamed) => {
            let side = |pick: fn(&Pair<String>) -> &String| {
                let values = renamed
                    .values
                    .iter()
                    .map(|pair| format!("'{}'", pick(pair)));
                Some(values.collect::<Vec<_>>().join(", "))
            };
            Pair::new(side(|pair| &pair.from), side(|pair| &pair.to))
        }
        TableChange::PrimaryKey(change) => of(change, |key| {
            part(&|table: &mut Table| table.primary_key = Some(key.clone()))
        }),
        TableChange::Unique(change) => of(change, |one| {
            part(&|table: &mut Table| table.uniques.push(one.clone()))
        }),
        TableChange::Index(change) => of(change, |one| {
            part(&|table: &mut Table| table.indexes.push(one.clone()))
        }),
        TableChange::ForeignKey(change) => of(change, |one| {
            part(&|table: &mut Table| table.foreign_keys.push(one.clone()))
        }),
        TableChange::Check(change) => of(change, |one| {
            part(&|table: &mut Table| table.checks.push(one.clone()))
        }),
        TableChange::Comment(pair) => pair.clone(),
        TableChange::Options(_) => Pair::default(),
    }
}

/// The hazards with what to do instead; nothing where there are none.
fn hazards(difference: &Difference) -> Option<String> {
    let dialect = difference.dialect.name();
    let rows = difference.entries.iter().flat_map(|entry| {
        let hazards = entry.hazards.iter().filter(|h| h.is_for_review());
        hazards.map(|hazard| {
            format!(
                "| {} | {} | {} |",
                prose(&entry.description.text),
                prose(&hazard.to_string()),
                prose(hazard.safe_way(dialect))
            )
        })
    });
    let rows: Vec<String> = rows.collect();
    (!rows.is_empty()).then(|| {
        let head = "**Hazards**\n\n| Change | Hazard | Safe way |\n|---|---|---|\n";
        format!("{head}{}", rows.join("\n"))
    })
}

/// Statements that are shown when somebody asks for them.
fn folded(title: &str, sql: &Result<String, String>) -> String {
    let body = match sql {
        Ok(sql) => {
            let sql = sql.trim_end();
            let fence = "`".repeat(longest_run(sql).max(2) + 1);
            format!("{fence}sql\n{sql}\n{fence}")
        }
        Err(problem) => format!("There are none: {}", prose(problem)),
    };
    format!("<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>")
}

/// How many backticks stand side by side at most.
fn longest_run(text: &str) -> usize {
    let runs = text.split(|sign| sign != '`').map(str::len);
    runs.max().unwrap_or_default()
}

/// A span of code in a cell: a line each, whatever stands in it.
fn code(text: &str) -> String {
    let lines = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty());
    let spans: Vec<String> = lines
        .map(|line| {
            let line = line.replace('|', "\\|");
            let fence = "`".repeat(longest_run(&line) + 1);
            // A backtick at an end, or a blank at both, would be taken for the
            // fence's own.
            let apart = match line.starts_with(['`', ' ']) || line.ends_with(['`', ' ']) {
                true => " ",
                false => "",
            };
            format!("{fence}{apart}{line}{apart}{fence}")
        })
        .collect();
    spans.join("<br>")
}

/// Words in a cell, with names in backticks. Outside of these nothing is taken
/// for Markdown or HTML.
fn prose(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let spans: Vec<&str> = text.split('`').collect();
    // An odd one out: a name has one of its own.
    let paired = spans.len() % 2 == 1;
    let mut written = String::new();
    for (at, span) in spans.iter().enumerate() {
        let is_code = paired && at % 2 == 1;
        if at > 0 {
            written.push_str(if paired { "`" } else { "\\`" });
        }
        for sign in span.chars() {
            match sign {
                '|' => written.push_str("\\|"),
                '\n' if is_code => written.push(' '),
                '\n' => written.push_str("<br>"),
                '<' if !is_code => written.push_str("&lt;"),
                '&' if !is_code => written.push_str("&amp;"),
                '*' | '_' | '\\' | '[' | ']' | '#' | '@' | '~' if !is_code => {
                    written.push('\\');
                    written.push(sign);
                }
                other => written.push(other),
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_span_of_code_but_its_fence() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a``"), "``` `a`` ```");
        assert_eq!(code("a\r\nb\n\nc"), "`a`<br>`b`<br>`c`");
        assert_eq!(code(""), "");
    }

    #[test]
    fn nothing_in_words_ends_a_cell() {
        assert_eq!(prose("drop `a|b`"), "drop `a\\|b`");
        assert_eq!(prose("drop `a\nb`, all\nof it"), "drop `a b`, all<br>of it");
        assert_eq!(prose("drop `a`b`"), "drop \\`a\\`b\\`");
        assert_eq!(prose("`a`</td><b>`c` *x*"), "`a`&lt;/td>&lt;b>`c` \\*x\\*");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        let folded = folded("SQL", &Ok("SELECT '````'\n".to_owned()));
        assert!(
            folded.contains("\n`````sql\nSELECT '````'\n`````\n"),
            "{folded}"
        );
    }
}
