//! Views and triggers with their texts, and what is only noted.

use super::Found;
use super::options::quoted;
use super::rows::Row;
use crate::dialect::mysql::name::quote;
use crate::dialect::{ObjectKind, SqlObject, TextRow};
use crate::error::Result;

/// Views, as statements that make them again, in another database too.
pub(super) fn views(found: &mut Found, rows: &[TextRow]) -> Result<()> {
    for row in rows.iter().map(Row) {
        let name = found.name(row.text(0)?, row.text(1)?);
        let Some(body) = row.filled(2) else {
            let why = "its text is not shown to this user".to_owned();
            found.note("view", name.to_string(), Some(why));
            continue;
        };
        let body = unqualified(body, &found.server.schema);
        let mut sql = "CREATE ".to_owned();
        if let Some(algorithm) = row.filled(6).filter(|word| *word != "UNDEFINED") {
            sql = format!("{sql}ALGORITHM={algorithm} ");
        }
        sql.push_str(&definer(row.get(4), &found.user));
        if row.get(5) == Some("INVOKER") {
            sql.push_str("SQL SECURITY INVOKER ");
        }
        sql = format!("{sql}VIEW {} AS {body}", quoted(&name));
        if let Some(option) = row.get(3).filter(|word| *word != "NONE") {
            sql = format!("{sql} WITH {option} CHECK OPTION");
        }
        found.objects.push(SqlObject {
            kind: ObjectKind::View,
            name: name.to_string(),
            table: name.to_string(),
            sql,
        });
        found.note("view", name.to_string(), None);
    }
    Ok(())
}

/// Triggers, in the order in which they fire.
pub(super) fn triggers(found: &mut Found, rows: &[TextRow]) -> Result<()> {
    let mut rows: Vec<Row<'_>> = rows.iter().map(Row).collect();
    rows.sort_by_key(|row| (row.get(0), row.get(1), row.number(3), row.get(2)));
    for row in rows {
        let table = found.name(row.text(0)?, row.text(1)?);
        let mut own = table.clone();
        own.name = row.text(2)?.into();
        let sql = format!(
            "CREATE {}TRIGGER {} {} {} ON {} FOR EACH ROW {}",
            definer(row.get(7), &found.user),
            quoted(&own),
            row.text(4)?,
            row.text(5)?,
            quoted(&table),
            row.text(6)?
        );
        found.objects.push(SqlObject {
            kind: ObjectKind::Trigger,
            name: own.to_string(),
            table: table.to_string(),
            sql,
        });
        found.note("trigger", own.to_string(), Some(format!("on {table}")));
    }
    Ok(())
}

/// What has no text in the catalogue.
pub(super) fn noted(found: &mut Found, rows: &[TextRow]) -> Result<()> {
    for row in rows.iter().map(Row) {
        let name = found.name(row.text(0)?, row.text(1)?);
        found.note(row.text(2)?, name.to_string(), None);
    }
    Ok(())
}

/// The clause that makes somebody else the definer.
fn definer(definer: Option<&str>, user: &str) -> String {
    match definer
        .filter(|name| *name != user)
        .and_then(|name| name.rsplit_once('@'))
    {
        Some((name, host)) => format!("DEFINER={}@{} ", quote(name), quote(host)),
        None => String::new(),
    }
}

/// The text of a view without the name of its own database before each table:
/// so it means the tables of whatever database it is made in.
fn unqualified(text: &str, schema: &str) -> String {
    let own = format!("{}.", quote(schema));
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '"', '`']) {
        let (before, quoted) = rest.split_at(at);
        out.push_str(before);
        if let Some(after) = quoted.strip_prefix(&own) {
            rest = after;
            // The rest of a longer name follows as it is.
            continue;
        }
        let end = end_of_quoted(quoted);
        out.push_str(&quoted[..end]);
        rest = &quoted[end..];
        // What follows a point belongs to the name before it.
        if rest.starts_with(".`") {
            let end = 1 + end_of_quoted(&rest[1..]);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    out.push_str(rest);
    out
}

fn end_of_quoted(text: &str) -> usize {
    let mut chars = text.char_indices();
    let Some((_, quote)) = chars.next() else {
        return text.len();
    };
    let mut escaped = false;
    for (at, c) in chars {
        if escaped {
            escaped = false;
        } else if c == '\\' && quote != '`' {
            escaped = true;
        } else if c == quote {
            return at + 1;
        }
    }
    text.len()
}
