//! A change of an object in a snapshot, and the statements that need no more
//! than its name.

use super::read::{definition, notes_of};
use super::{Definition, Noun, ObjectChange, ObjectId};
use crate::change::Pair;
use crate::dialect::{Dialect, Snapshot, SqlObject, Unmanaged};
#[cfg(any(feature = "sqlite", feature = "mysql"))]
use crate::error::Error;
use crate::schema::TableName;

/// Does in a snapshot what the change does in the database.
pub fn replay(dialect: &dyn Dialect, snapshot: &mut Snapshot, change: &ObjectChange) {
    match change {
        ObjectChange::Create(made) => put(snapshot, made),
        ObjectChange::Drop(gone) => {
            take(dialect, snapshot, &gone.id);
        }
        ObjectChange::Replace(pair) => match place(dialect, snapshot, &pair.from.id) {
            Some(at) => {
                // Its name stays as the server spells it.
                if let Some(object) = snapshot.objects.get_mut(at) {
                    object.sql.clone_from(&pair.to.sql);
                }
            }
            None => put(snapshot, &pair.to),
        },
        ObjectChange::Rename(ids) => {
            if let Some(object) = take(dialect, snapshot, &ids.from) {
                let sql = renamed_text(dialect, &object.sql, ids);
                let id = ids.to.clone();
                put(snapshot, &Definition { id, sql });
            }
        }
    }
}

/// The statement under the new name: the first name of it is that of the object.
pub(super) fn renamed_text(dialect: &dyn Dialect, sql: &str, ids: &Pair<ObjectId>) -> String {
    let words = dialect.words(sql).unwrap_or_default();
    let own = words.iter().position(|word| {
        let name = word.name.as_deref().map(|name| dialect.fold_name(name));
        name == Some(dialect.fold_name(ids.from.name.name.as_str()))
    });
    match own.and_then(|at| words.get(at)) {
        Some(word) => {
            let name = dialect.quote_name(ids.to.name.name.as_str());
            format!(
                "{}{name}{}",
                &sql[..word.range.start],
                &sql[word.range.end..]
            )
        }
        None => sql.to_owned(),
    }
}

/// The text with every word that may name the object changed.
pub(super) fn renamed_everywhere(dialect: &dyn Dialect, sql: &str, ids: &Pair<ObjectId>) -> String {
    let words = dialect.words(sql).unwrap_or_default();
    let to = ids.to.name.name.as_str();
    let plain = to
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let to = if plain {
        to.to_owned()
    } else {
        dialect.quote_name(to)
    };
    let mut text = String::with_capacity(sql.len());
    let mut end = 0;
    for word in words {
        if word.name.as_deref() == Some(ids.from.name.name.as_str()) {
            text.push_str(&sql[end..word.range.start]);
            text.push_str(&to);
            end = word.range.end;
        }
    }
    text.push_str(&sql[end..]);
    text
}

/// Where the object of that name is among those of a database.
pub(crate) fn place(dialect: &dyn Dialect, snapshot: &Snapshot, id: &ObjectId) -> Option<usize> {
    let default = snapshot.server.schema.as_str();
    let wanted = id.clone().in_default_schema(default);
    snapshot.objects.iter().position(|object| {
        object.kind == id.noun.kind()
            && definition(dialect, object, default)
                .is_some_and(|found| is_same(dialect, &found.id, &wanted))
    })
}

/// Whether two names are those of one object.
pub(crate) fn is_same(dialect: &dyn Dialect, a: &ObjectId, b: &ObjectId) -> bool {
    let name = |name: &TableName| {
        let schema = name.schema.as_ref();
        (
            schema.map(|s| dialect.fold_name(s.as_str())),
            dialect.fold_name(name.name.as_str()),
        )
    };
    let table = |id: &ObjectId| match id.noun {
        Noun::Trigger if dialect.spelling().triggers_by_table => id.table.as_ref().map(name),
        _ => None,
    };
    a.noun == b.noun
        && name(&a.name) == name(&b.name)
        && table(a) == table(b)
        && a.arguments == b.arguments
}

/// Puts an object behind those of its kind, and notes it.
fn put(snapshot: &mut Snapshot, made: &Definition) {
    let object = made.object();
    let at = snapshot.objects.iter().position(|o| o.kind > object.kind);
    let at = at.unwrap_or(snapshot.objects.len());
    snapshot.unmanaged.push(Unmanaged {
        kind: made.id.noun.word().to_owned(),
        name: object.name.clone(),
        detail: None,
    });
    snapshot.unmanaged.sort();
    snapshot.objects.insert(at, object);
}

fn take(dialect: &dyn Dialect, snapshot: &mut Snapshot, id: &ObjectId) -> Option<SqlObject> {
    let at = place(dialect, snapshot, id)?;
    let object = snapshot.objects.remove(at);
    snapshot
        .unmanaged
        .retain(|note| !is_note_of(note, &object, id.noun));
    if id.noun == Noun::MaterializedView {
        let parts =
            |o: &SqlObject| o.kind == crate::dialect::ObjectKind::Index && o.table == object.name;
        snapshot.objects.retain(|o| !parts(o));
    }
    Some(object)
}

/// Whether a note of introspection is about that object.
pub(super) fn is_note_of(note: &Unmanaged, object: &SqlObject, noun: Noun) -> bool {
    notes_of(object, noun)
        .iter()
        .any(|(kind, name)| note.kind == *kind && note.name == *name)
}

/// A name with its schema, quoted.
fn quoted(dialect: &dyn Dialect, name: &TableName) -> String {
    let own = dialect.quote_name(name.name.as_str());
    match &name.schema {
        Some(schema) => format!("{}.{own}", dialect.quote_name(schema.as_str())),
        None => own,
    }
}

/// The statement that takes an object away.
pub fn drop_statement(dialect: &dyn Dialect, id: &ObjectId) -> String {
    let noun = id.noun.sql();
    let mut name = quoted(dialect, &id.name);
    let mut on = String::new();
    if dialect.spelling().triggers_by_table
        && id.noun == Noun::Trigger
        && let Some(table) = &id.table
    {
        name = dialect.quote_name(id.name.name.as_str());
        on = format!(" ON {}", quoted(dialect, table));
    }
    if let Some(arguments) = &id.arguments {
        on = format!("({arguments})");
    }
    format!("DROP {noun} {name}{on}")
}

/// The statement that gives an object another name, where the database has one.
pub fn rename_statement(dialect: &dyn Dialect, ids: &Pair<ObjectId>) -> String {
    let (from, to) = (&ids.from, &ids.to);
    let noun = from.noun.sql();
    if dialect.name() == "mysql" {
        return format!(
            "RENAME TABLE {} TO {}",
            quoted(dialect, &from.name),
            quoted(dialect, &to.name)
        );
    }
    let to = dialect.quote_name(to.name.name.as_str());
    match (from.noun, &from.table, &from.arguments) {
        (Noun::Trigger, Some(table), _) => format!(
            "ALTER TRIGGER {} ON {} RENAME TO {to}",
            dialect.quote_name(from.name.name.as_str()),
            quoted(dialect, table)
        ),
        (_, _, arguments) => {
            let arguments = arguments.as_ref().map(|a| format!("({a})"));
            format!(
                "ALTER {noun} {}{} RENAME TO {to}",
                quoted(dialect, &from.name),
                arguments.unwrap_or_default()
            )
        }
    }
}

/// A rename that the database has no statement for.
#[cfg(any(feature = "sqlite", feature = "mysql"))]
pub(crate) fn no_rename(title: &str, ids: &Pair<ObjectId>) -> Error {
    Error::new(format!("{title} cannot give {} another name", ids.from)).with_hint(
        "drop it with `drop_object`, and make it under its new name with `create_object`",
    )
}
