//! Views, routines, triggers and events with their texts.

use std::collections::{BTreeMap, BTreeSet};

use super::Found;
use super::options::quoted;
use super::rows::Row;
use crate::dialect::mysql::canonical::charset_of;
use crate::dialect::mysql::modes::is_oracle;
use crate::dialect::mysql::name::{quote, string};
use crate::dialect::{ObjectKind, SqlObject, TextRow};
use crate::error::Result;
use crate::schema::TableName;

/// Views, as statements that make them again, in another database too; each
/// after those that it reads.
pub(super) fn views(found: &mut Found, rows: &[TextRow]) -> Result<()> {
    let mut views = BTreeMap::new();
    for row in rows.iter().map(Row) {
        let name = found.name(row.text(0)?, row.text(1)?);
        let Some(body) = row.filled(2) else {
            let why = "its text is not shown to this user".to_owned();
            found.note("view", name.to_string(), Some(why));
            continue;
        };
        let body = unqualified(body, &found.server.schema);
        let mut sql = "CREATE ".to_owned();
        let shown = found.shown.algorithm(row.text(0)?, row.text(1)?);
        let algorithm = row.filled(6).or(shown);
        if let Some(algorithm) = algorithm.filter(|word| *word != "UNDEFINED") {
            sql = format!("{sql}ALGORITHM={algorithm} ");
        }
        sql.push_str(&definer(row.get(4), &found.user));
        if row.get(5) == Some("INVOKER") {
            sql.push_str("SQL SECURITY INVOKER ");
        }
        let columns = found.shown.columns(row.text(0)?, row.text(1)?);
        let columns = columns.unwrap_or_else(|| columns_of(found, &name));
        sql = format!("{sql}VIEW {}{columns} AS {body}", quoted(&name));
        if let Some(option) = row.get(3).filter(|word| *word != "NONE") {
            sql = format!("{sql} WITH {option} CHECK OPTION");
        }
        let view = SqlObject {
            kind: ObjectKind::View,
            name: name.to_string(),
            table: name.to_string(),
            sql,
        };
        views.insert(name.name.as_str().to_owned(), (view, names_in(&body)));
        found.note("view", name.to_string(), None);
    }
    found.objects.extend(in_order(views));
    Ok(())
}

/// MySQL gives the query alone, whose columns may have other names; where the
/// view could not be shown, they are listed. MariaDB writes the names of the view
/// into it.
fn columns_of(found: &Found, view: &TableName) -> String {
    match found.view_columns.get(view) {
        Some(columns) if !found.on.is_mariadb() => {
            let list: Vec<String> = columns.iter().map(|name| quote(name)).collect();
            format!(" ({})", list.join(", "))
        }
        _ => String::new(),
    }
}

/// The names in backticks.
fn names_in(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '"', '`']) {
        let quoted = &rest[at..];
        let end = end_of_quoted(quoted);
        let name = quoted.get(1..end.saturating_sub(1)).unwrap_or_default();
        names.insert(name.replace("``", "`"));
        rest = &quoted[end..];
    }
    names
}

/// Each view after those whose names are in its text; the rest as they come.
fn in_order(mut views: BTreeMap<String, (SqlObject, BTreeSet<String>)>) -> Vec<SqlObject> {
    let mut ordered = Vec::new();
    while !views.is_empty() {
        let waits = |own: &String, names: &BTreeSet<String>| {
            names
                .iter()
                .any(|name| name != own && views.contains_key(name))
        };
        let mut ready: Vec<String> = views
            .iter()
            .filter(|(own, (_, names))| !waits(own, names))
            .map(|(own, _)| own.clone())
            .collect();
        if ready.is_empty() {
            ready = views.keys().cloned().collect();
        }
        let taken = ready.iter().filter_map(|name| views.remove(name));
        ordered.extend(taken.map(|(view, _)| view));
    }
    ordered
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
        mode(found, "trigger", row.get(8), (&own, &table));
    }
    Ok(())
}

/// Modes that a session of ours has otherwise than those of others, and by which
/// no text is read otherwise.
const OF_SESSIONS: [&str; 6] = [
    "NO_ZERO_DATE",
    "NO_ZERO_IN_DATE",
    "NO_AUTO_VALUE_ON_ZERO",
    "NO_AUTO_CREATE_USER",
    "NO_ENGINE_SUBSTITUTION",
    "TRADITIONAL",
];

/// The `sql_mode` that the text of an object is read in, where a session like
/// this one would not give it.
fn mode(found: &mut Found, kind: &str, mode: Option<&str>, (own, table): (&TableName, &TableName)) {
    let reads = |modes: &str| -> BTreeSet<String> {
        let modes = modes.split(',').filter(|mode| !mode.is_empty());
        let modes = modes.filter(|mode| !OF_SESSIONS.contains(mode));
        modes.map(str::to_owned).collect()
    };
    let Some(mode) = mode.filter(|mode| reads(mode) != reads(&found.mode)) else {
        return;
    };
    found.objects.push(SqlObject {
        kind: ObjectKind::Property,
        name: own.to_string(),
        table: table.to_string(),
        sql: mode.to_owned(),
    });
    let what = format!("sql_mode of {kind}");
    found.note(&what, own.to_string(), Some(format!("'{mode}'")));
}

/// Functions and procedures, as statements that make them again.
pub(super) fn routines(found: &mut Found, rows: &[TextRow], parameters: &[TextRow]) -> Result<()> {
    let mut all: BTreeMap<(&str, &str, &str), Vec<Row<'_>>> = BTreeMap::new();
    for row in parameters.iter().map(Row) {
        let routine = (row.text(0)?, row.text(1)?, row.text(2)?);
        all.entry(routine).or_default().push(row);
    }
    for list in all.values_mut() {
        list.sort_by_key(|row| row.number(3));
    }
    for row in rows.iter().map(Row) {
        let name = found.name(row.text(0)?, row.text(1)?);
        let kind = row.text(2)?;
        let Some(body) = row.filled(4) else {
            let why = row
                .get(3)
                .map(|_| "its text is not shown to this user".to_owned());
            found.note(kind, name.to_string(), why);
            continue;
        };
        let own = (row.text(0)?, row.text(3)?, kind);
        let own = all.get(&own).map(Vec::as_slice).unwrap_or_default();
        let sql = routine(found, &name, row, own, body)?;
        found.objects.push(SqlObject {
            kind: ObjectKind::Function,
            name: name.to_string(),
            table: name.to_string(),
            sql,
        });
        found.note(kind, name.to_string(), None);
        mode(found, kind, row.get(10), (&name, &name));
    }
    Ok(())
}

/// Events, as statements that make them again.
pub(super) fn events(found: &mut Found, rows: &[TextRow]) -> Result<()> {
    for row in rows.iter().map(Row) {
        let name = found.name(row.text(0)?, row.text(1)?);
        let mut sql = format!(
            "CREATE {}EVENT {} ON SCHEDULE ",
            definer(row.get(2), &found.user),
            quoted(&name)
        );
        match row.get(4) {
            Some(every) => {
                // `'1:30' HOUR_MINUTE`
                let every = every.trim_matches('\'');
                let field = row.get(5).unwrap_or_default();
                sql = format!("{sql}EVERY {} {field}", string(every));
            }
            None => sql = format!("{sql}AT {}", string(row.get(3).unwrap_or_default())),
        }
        for (word, at) in [("STARTS", 6), ("ENDS", 7)] {
            if let Some(time) = row.filled(at) {
                sql = format!("{sql} {word} {}", string(time));
            }
        }
        if row.get(8) == Some("PRESERVE") {
            sql.push_str(" ON COMPLETION PRESERVE");
        }
        if row.get(9) != Some("ENABLED") {
            sql.push_str(" DISABLE");
        }
        if let Some(comment) = row.filled(10) {
            sql = format!("{sql} COMMENT {}", string(comment));
        }
        found.objects.push(SqlObject {
            kind: ObjectKind::Event,
            name: name.to_string(),
            table: name.to_string(),
            sql: format!("{sql} DO {}", row.get(11).unwrap_or_default()),
        });
        found.note("event", name.to_string(), None);
    }
    Ok(())
}

fn routine(
    found: &Found,
    name: &TableName,
    row: Row<'_>,
    parameters: &[Row<'_>],
    body: &str,
) -> Result<String> {
    let kind = row.text(2)?;
    let is_function = kind == "function";
    let oracle = row.get(10).is_some_and(is_oracle);
    let usual = found.collations.get(row.text(0)?).map(String::as_str);
    let type_of = |parameter: &Row<'_>| {
        let own = parameter.get(7).filter(|own| Some(*own) != usual);
        let ty = parameter.get(6).unwrap_or_default();
        match own {
            Some(own) => format!("{ty} CHARSET {} COLLATE {own}", charset_of(own)),
            None => ty.to_owned(),
        }
    };
    let mut list = Vec::new();
    let mut returns = String::new();
    for parameter in parameters {
        let ty = type_of(parameter);
        match parameter.get(5) {
            // What a function gives stands first, without a name.
            None if oracle => returns = format!(" RETURN {ty}"),
            None => returns = format!(" RETURNS {ty}"),
            Some(own) if is_function => list.push(format!("{} {ty}", quote(own))),
            Some(own) => {
                let (own, mode) = (quote(own), parameter.get(4).unwrap_or("IN"));
                list.push(match oracle {
                    true => format!("{own} {mode} {ty}"),
                    false => format!("{mode} {own} {ty}"),
                });
            }
        }
    }
    let mut sql = format!(
        "CREATE {}{} {}",
        definer(row.get(9), &found.user),
        kind.to_ascii_uppercase(),
        quoted(name)
    );
    // A package of MariaDB takes nothing.
    if !kind.starts_with("package") {
        sql = format!("{sql}({}){returns}", list.join(", "));
    }
    if row.get(5) == Some("YES") {
        sql.push_str(" DETERMINISTIC");
    }
    if let Some(access) = row.filled(6).filter(|access| *access != "CONTAINS SQL") {
        sql = format!("{sql} {access}");
    }
    if row.get(7) == Some("INVOKER") {
        sql.push_str(" SQL SECURITY INVOKER");
    }
    if let Some(comment) = row.filled(8) {
        sql = format!("{sql} COMMENT {}", string(comment));
    }
    Ok(format!("{sql} {body}"))
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

/// The text of a view or an expression without the name of its own database
/// before each table: so it means those of whatever database it is made in.
pub(super) fn unqualified(text: &str, schema: &str) -> String {
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
