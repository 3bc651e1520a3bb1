//! Migration files in SQL: the statements of a plan, written out in full.

use aludel_core::error::{Error, Result};
use aludel_core::plan::{Plan, Statement};
use aludel_core::revision::{AUTOCOMMIT, Expects, Format, Header};

use super::rust::Parts;

/// The template of a SQL file (minijinja) that is used where a project has
/// none of its own.
pub const TEMPLATE: &str = "\
{{ header }}

{{ upgrade }}

{{ downgrade }}
";

/// The parts of a SQL file; each section begins with its marker line.
///
/// # Errors
/// A statement that cannot stand in such a file, since one of its own lines
/// reads like a marker.
pub fn sql_migration(header: &Header, upgrade: &Plan, downgrade: &Plan) -> Result<Parts> {
    Ok(Parts {
        header: header.write(Format::Sql).trim_end().to_owned(),
        upgrade: section("-- upgrade", upgrade)?,
        downgrade: section("-- downgrade", downgrade)?,
    })
}

fn section(marker: &str, plan: &Plan) -> Result<String> {
    let mut lines = vec![marker.to_owned()];
    for rebuild in &plan.rebuilds {
        let expects = Expects {
            table: rebuild.table.clone(),
            hash: rebuild.expects.clone(),
        };
        lines.push(expects.to_string());
    }
    for statement in plan.statements() {
        let hazards = statement.hazards.iter().filter(|h| h.is_for_review());
        let hazards = hazards.map(ToString::to_string);
        lines.extend(statement.note.iter().cloned().chain(hazards).map(|text| {
            let words: Vec<&str> = text.split_whitespace().collect();
            let line = format!("-- {}", words.join(" "));
            // Somebody may have called an operation so.
            if is_marker(&line) {
                format!("-- `{}`", words.join(" "))
            } else {
                line
            }
        }));
        if statement.alone {
            lines.push(AUTOCOMMIT.to_owned());
        }
        lines.push(terminated(statement)?);
    }
    Ok(lines.join("\n"))
}

fn is_marker(line: &str) -> bool {
    matches!(line, "-- upgrade" | "-- downgrade" | AUTOCOMMIT)
}

/// The statement with its semicolon, which a comment at its end must not hide.
fn terminated(statement: &Statement) -> Result<String> {
    let sql = statement.sql.trim_end();
    if let Some(marker) = sql.lines().find(|line| is_marker(line)) {
        return Err(Error::new(format!(
            "a statement has a line `{marker}`, which a SQL file would take for a marker ({})",
            statement.why
        ))
        .with_hint("write this migration in Rust: `--file-format rust`"));
    }
    let comment_ends_it = sql.lines().last().is_some_and(|line| line.contains("--"));
    let separator = if comment_ends_it { "\n" } else { "" };
    Ok(format!("{sql}{separator};"))
}
