//! A statement recognised: what it makes, under which name.

use std::collections::BTreeSet;
use std::ops::Range;

use super::words::{Word, length_of_definer};
use super::{Definition, Noun, ObjectId};
use crate::dialect::{Dialect, ObjectKind, Snapshot, SqlObject};
use crate::schema::TableName;

/// Why a statement is no definition of an object, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// The bytes of the statement.
    pub at: Range<usize>,
}

/// Which objects a database has, and how their statements are told apart.
#[derive(Debug, Clone, Copy)]
pub struct Spelling {
    /// What the database has.
    pub nouns: &'static [Noun],
    /// Whether functions of different arguments may share a name.
    pub overloads: bool,
    /// Whether triggers of different tables may share a name.
    pub triggers_by_table: bool,
}

const A_FILE_SAYS: &str = "a `.sql` model file says what is to be there, as `CREATE` statements";

struct Head<'a> {
    dialect: &'a dyn Dialect,
    sql: &'a str,
    words: Vec<Word>,
    at: usize,
    /// What is left out of the text.
    cut: Vec<Range<usize>>,
}

impl Head<'_> {
    fn is(&self, n: usize, text: &str) -> bool {
        self.words.get(self.at + n).is_some_and(|w| w.is(text))
    }

    fn place(&self) -> Range<usize> {
        let word = self.words.get(self.at).or(self.words.last());
        word.map_or(0..0, |w| w.range.clone())
    }

    fn refused(&self, message: impl Into<String>, hint: impl Into<String>) -> Refused {
        Refused {
            message: message.into(),
            hint: hint.into(),
            at: self.place(),
        }
    }

    /// Leaves that many words out of the text.
    fn cut(&mut self, count: usize) {
        let start = self.place().start;
        self.at += count;
        self.cut.push(start..self.place().start);
    }

    fn text(&self) -> String {
        let mut text = String::with_capacity(self.sql.len());
        let mut end = 0;
        for range in &self.cut {
            text.push_str(&self.sql[end..range.start]);
            end = range.end;
        }
        text.push_str(&self.sql[end..]);
        text.trim_end_matches(';').trim_end().to_owned()
    }
}

/// Recognises one statement.
///
/// # Errors
/// A statement that makes no object of those that the database has.
pub fn read(dialect: &dyn Dialect, sql: &str) -> Result<Definition, Refused> {
    let words = dialect.words(sql).map_err(|error| Refused {
        message: error.message,
        hint: error.hint.unwrap_or_default(),
        at: 0..sql.len(),
    })?;
    let mut head = Head {
        dialect,
        sql,
        words,
        at: 0,
        cut: Vec::new(),
    };
    let noun = noun(&mut head)?;
    if head.is(0, "if") && head.is(1, "not") && head.is(2, "exists") {
        head.cut(3);
    }
    let Some((name, length)) = name_at(&head.words, head.at) else {
        return Err(head.refused(
            format!("a name is expected after `{}`", noun.sql()),
            A_FILE_SAYS,
        ));
    };
    head.at += length;
    let mut id = ObjectId::new(noun, name);
    match noun {
        Noun::Trigger | Noun::Index => {
            let rest = head.words.get(head.at..).unwrap_or_default();
            let on = rest.iter().position(|w| w.is("on")).map(|n| n + head.at);
            let skip = |at: usize| {
                at + 1 + usize::from(head.words.get(at + 1).is_some_and(|w| w.is("only")))
            };
            let table = on.and_then(|at| name_at(&head.words, skip(at)));
            let Some((table, _)) = table else {
                if id.name.name.as_str().eq_ignore_ascii_case("on") {
                    return Err(head.refused(
                        format!("the {} has no name", noun.word()),
                        "write one before `ON`: it is found by it",
                    ));
                }
                return Err(head.refused(
                    format!("the {} does not say what it is on", noun.word()),
                    "write `ON` and the name of the table",
                ));
            };
            if id.name.schema.is_none() {
                id.name.schema.clone_from(&table.schema);
            }
            id.table = Some(table);
        }
        Noun::Function | Noun::Procedure | Noun::Aggregate if dialect.spelling().overloads => {
            id.arguments = Some(arguments(&head)?);
        }
        Noun::Type if head.is(0, "as") && head.is(1, "enum") => {
            return Err(head.refused(
                format!("the enum type `{}` is a Rust enum", id.name),
                "write an enum with `#[derive(aludel::Model)]` or `#[derive(sqlx::Type)]` that a model has a column of",
            ));
        }
        _ => {}
    }
    Ok(Definition {
        id,
        sql: head.text(),
    })
}

/// The first words, up to that which says what is made.
fn noun(head: &mut Head<'_>) -> Result<Noun, Refused> {
    if !head.is(0, "create") {
        let first = head.words.first().map_or("", |w| w.text.as_str());
        let first = first.to_ascii_uppercase();
        return Err(head.refused(
            format!("`{first}` makes nothing"),
            format!("{A_FILE_SAYS}; what changes rows or settings belongs into a migration"),
        ));
    }
    head.at += 1;
    loop {
        if head.is(0, "or") && head.is(1, "replace") {
            head.cut(2);
        } else if head.is(0, "definer") && head.is(1, "=") {
            head.at += length_of_definer(&head.words, head.at);
        } else if (head.is(0, "algorithm") && head.is(1, "="))
            || (head.is(0, "sql") && head.is(1, "security"))
        {
            head.at += 3;
        } else if ["recursive", "constraint", "unique", "trusted"]
            .iter()
            .any(|word| head.is(0, word))
        {
            head.at += 1;
        } else {
            break;
        }
    }
    found(head)
}

fn found(head: &mut Head<'_>) -> Result<Noun, Refused> {
    let word = head.words.get(head.at).map_or("", |w| w.text.as_str());
    let noun = match word {
        "materialized" if head.is(1, "view") => {
            head.at += 1;
            Some(Noun::MaterializedView)
        }
        "temp" | "temporary" => {
            return Err(head.refused(
                "what is temporary goes away with its connection",
                "leave `TEMPORARY` out, or the whole statement",
            ));
        }
        "table" | "virtual" | "unlogged" | "foreign" => {
            return Err(head.refused(
                "tables are models",
                "write a struct with `#[derive(aludel::Model)]`; what no model can say of a table \
                 is carried along as it is",
            ));
        }
        word => Noun::ALL.iter().copied().find(|noun| noun.word() == word),
    };
    let title = head.dialect.title();
    let has = head.dialect.spelling().nouns;
    let list: Vec<String> = has.iter().map(|noun| noun.sql()).collect();
    match noun {
        Some(noun) if has.contains(&noun) => {
            head.at += 1;
            Ok(noun)
        }
        Some(Noun::Index) => Err(head.refused(
            "indexes are parts of models",
            "write `#[column(index)]` at the field, or `index(..)` in `#[table(..)]`",
        )),
        Some(noun) => Err(head.refused(
            format!("no {} can be written for {title}", noun.word()),
            format!(
                "a file for one database alone is called `name.postgres.sql`, `name.sqlite.sql` \
                 or `name.mysql.sql`; on {title} a file may have {}",
                list.join(", ")
            ),
        )),
        None => Err(head.refused(
            format!(
                "`CREATE {}` is nothing that a file may say",
                word.to_ascii_uppercase()
            ),
            format!("on {title} a file may have {}", list.join(", ")),
        )),
    }
}

/// The name at a place, with its schema, and of how many words it is.
pub(super) fn name_at(words: &[Word], at: usize) -> Option<(TableName, usize)> {
    let first = words.get(at)?.name.as_deref()?;
    let point = words.get(at + 1).is_some_and(|w| w.is("."));
    let second = words.get(at + 2).and_then(|w| w.name.as_deref());
    Some(match second.filter(|_| point) {
        Some(second) => (TableName::in_schema(first, second), 3),
        None => (TableName::new(first), 1),
    })
}

/// What a function takes, in the words of its statement, without defaults and
/// with the names that the database gives to types.
fn arguments(head: &Head<'_>) -> Result<String, Refused> {
    if !head.is(0, "(") {
        return Err(head.refused(
            "the arguments of the function are expected here",
            "write them in parentheses, `()` where there are none",
        ));
    }
    let mut depth = 0_usize;
    let mut list: Vec<Vec<&str>> = vec![Vec::new()];
    let mut in_default = false;
    for word in head.words.get(head.at..).unwrap_or_default() {
        match word.text.as_str() {
            "(" if word.bare => depth += 1,
            ")" if word.bare => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            "," if word.bare && depth == 1 => {
                list.push(Vec::new());
                in_default = false;
            }
            "default" | "=" if word.bare && depth == 1 => in_default = true,
            // `varchar(10)`: the length is no part of the type of an argument.
            text if depth == 1 && !in_default => {
                if let Some(argument) = list.last_mut() {
                    argument.push(text);
                }
            }
            _ => {}
        }
    }
    let list = list.into_iter().filter(|argument| !argument.is_empty());
    let list: Vec<String> = list.map(|argument| one_argument(&argument)).collect();
    Ok(list.join(", "))
}

/// Short names of types, and those that PostgreSQL writes.
const TYPES: &[(&str, &str)] = &[
    ("int", "integer"),
    ("int4", "integer"),
    ("int2", "smallint"),
    ("int8", "bigint"),
    ("bool", "boolean"),
    ("varchar", "character varying"),
    ("float8", "double precision"),
    ("float", "double precision"),
    ("float4", "real"),
    ("decimal", "numeric"),
    ("timestamptz", "timestamp with time zone"),
    ("timetz", "time with time zone"),
    ("char", "character"),
];

fn one_argument(words: &[&str]) -> String {
    let mut out = String::new();
    let words = words
        .strip_prefix(&["in"])
        .filter(|rest| !rest.is_empty())
        .unwrap_or(words);
    for (at, word) in words.iter().enumerate() {
        let last_of_type = words.get(at + 1).is_none_or(|next| *next == "[");
        let full = TYPES
            .iter()
            .find(|(short, _)| short == word && last_of_type);
        let full = full.map_or(*word, |(_, full)| full);
        let joins = matches!(*word, "[" | "]" | ".") || out.ends_with('.');
        if !out.is_empty() && !joins {
            out.push(' ');
        }
        out.push_str(full);
    }
    let bare = out.ends_with(" timestamp") || out == "timestamp";
    let time = out.ends_with(" time") || out == "time";
    if bare || time {
        out.push_str(" without time zone");
    }
    out
}

/// An object that introspection found, where it is of a kind that files may
/// say.
pub fn definition(dialect: &dyn Dialect, object: &SqlObject, default: &str) -> Option<Definition> {
    let manageable = matches!(
        object.kind,
        ObjectKind::Extension
            | ObjectKind::Type
            | ObjectKind::Sequence
            | ObjectKind::Function
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Index
            | ObjectKind::Trigger
            | ObjectKind::Other
    );
    if !manageable {
        return None;
    }
    let mut read = read(dialect, &object.sql).ok()?;
    if read.id.noun.kind() != object.kind {
        return None;
    }
    read.id = read.id.in_default_schema(default);
    Some(read)
}

/// All objects of a database that files may say, in the order in which it
/// gives them. An index counts where a materialised view has it.
pub fn definitions(dialect: &dyn Dialect, snapshot: &Snapshot) -> Vec<Definition> {
    let default = snapshot.server.schema.as_str();
    let owned = |object: &SqlObject| {
        // A sequence that goes away with a column belongs to its table.
        object.kind == ObjectKind::Sequence
            && snapshot
                .objects
                .iter()
                .any(|other| other.name == object.name && other.sql.starts_with("ALTER SEQUENCE"))
    };
    let all = snapshot.objects.iter().filter(|object| !owned(object));
    let all: Vec<(Definition, &SqlObject)> = all
        .filter_map(|object| Some((definition(dialect, object, default)?, object)))
        .collect();
    let views: Vec<TableName> = all
        .iter()
        .filter(|(one, _)| one.id.noun == Noun::MaterializedView)
        .map(|(one, _)| one.id.name.clone())
        .collect();
    // What introspection did not note is not looked at: `exclude`, extensions.
    let notes: BTreeSet<(&str, &str)> = snapshot
        .unmanaged
        .iter()
        .map(|note| (note.kind.as_str(), note.name.as_str()))
        .collect();
    let stays = |(one, object): &(Definition, &SqlObject)| match one.id.noun {
        Noun::Index => one.id.table.as_ref().is_some_and(|t| views.contains(t)),
        noun => notes_of(object, noun)
            .iter()
            .any(|(kind, name)| notes.contains(&(*kind, name.as_str()))),
    };
    let all = all.into_iter().filter(stays);
    all.map(|(one, _)| one).collect()
}

/// What introspection may have noted about an object.
pub(super) fn notes_of(object: &SqlObject, noun: Noun) -> Vec<(&'static str, String)> {
    let kinds: &[&'static str] = match noun {
        Noun::Type => &["type", "composite type", "range type"],
        Noun::Procedure | Noun::Aggregate => &["function"],
        _ => &[],
    };
    let last = object.name.rsplit('.').next().unwrap_or(&object.name);
    let mut names = vec![object.name.clone()];
    if noun == Noun::Trigger {
        names.push(format!("{}.{last}", object.table));
    }
    let kinds = kinds.iter().copied().chain([noun.word()]);
    kinds
        .flat_map(|kind| names.iter().map(move |name| (kind, name.clone())))
        .collect()
}

/// What a database has, as what is wanted to the letter.
pub fn wanted_of(dialect: &dyn Dialect, snapshot: &Snapshot) -> super::WantedObjects {
    let list = definitions(dialect, snapshot).into_iter();
    super::WantedObjects {
        list: list
            .map(|definition| super::WantedObject {
                definition,
                renamed_from: None,
                origin: crate::model::Origin::default(),
            })
            .collect(),
        whole: true,
    }
}
