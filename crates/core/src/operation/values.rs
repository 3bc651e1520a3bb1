//! Values that get other names: of enum types, and of columns that only list
//! what they take.
//!
//! Owns how everything in a schema that holds a value of an enum type follows
//! it, as a database does that stores which value it is and not its name.

use super::identifiers::{self, Kind, Token, tokens};
use super::references::{each_expression, enum_of};
use crate::change::Pair;
use crate::error::{Error, Result};
use crate::schema::{Column, DefaultValue, Expression, Literal, Name, Schema, Table, TableName};

/// Values of one column that get other names, all at once: two of them may
/// change places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenamedValues {
    /// The column.
    pub column: Name,
    /// The values, each in one pair at most on either side.
    pub values: Vec<Pair<String>>,
}

impl RenamedValues {
    /// The way back.
    #[must_use]
    pub fn reverse(self) -> Self {
        Self {
            column: self.column,
            values: self.values.into_iter().map(Pair::reverse).collect(),
        }
    }

    /// What the value is called afterwards.
    pub fn renamed<'v>(&'v self, value: &'v str) -> &'v str {
        let pair = self.values.iter().find(|pair| pair.from == value);
        pair.map_or(value, |pair| &pair.to)
    }
}

/// Replays the rename of a value of an enum type.
pub(super) fn rename_enum_value(
    schema: &mut Schema,
    name: &TableName,
    values: &Pair<String>,
) -> Result<()> {
    let Pair { from, to } = values;
    let Some(ty) = schema.enums.get_mut(name) else {
        return Err(Error::new(format!("there is no enum type `{name}`")));
    };
    if ty.values.contains(to) {
        return Err(Error::new(format!(
            "value `{from}` of enum type `{name}` cannot become `{to}`, which it has already"
        )));
    }
    let Some(place) = ty.values.iter_mut().find(|value| *value == from) else {
        let there: Vec<String> = ty.values.iter().map(|v| format!("`{v}`")).collect();
        return Err(
            Error::new(format!("there is no value `{from}` of enum type `{name}`"))
                .with_hint(format!("there are {}", there.join(", "))),
        );
    };
    place.clone_from(to);
    for table in schema.tables.values_mut() {
        follow(table, name, values);
    }
    Ok(())
}

/// Brings what a table says of the value to its new name.
fn follow(table: &mut Table, name: &TableName, values: &Pair<String>) {
    let is_of = |column: &mut Column| enum_of(&mut column.ty).is_some_and(|own| own == name);
    let mut users: Vec<Name> = Vec::new();
    for column in &mut table.columns {
        if !is_of(column) {
            continue;
        }
        users.push(column.name.clone());
        for value in [&mut column.default, &mut column.fill] {
            if let Some(DefaultValue::Literal(Literal::Text(text))) = value {
                *text = renamed_in(text, values);
            }
        }
    }
    let before = table.clone();
    each_expression(table, &|expression: &mut Expression| {
        let about = users
            .iter()
            .any(|column| identifiers::mentions(expression, column, &before));
        *expression = Expression::new(rename_in(expression.as_str(), name, about, values));
    });
    table.sort_lists();
}

/// SQL with the value under its new name: where a string is cast to the type,
/// and, in an expression about a column of the type, where it is not cast.
pub(crate) fn rename_in(
    text: &str,
    name: &TableName,
    about: bool,
    values: &Pair<String>,
) -> String {
    let list = tokens(text);
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, token) in list.iter().enumerate() {
        let Some(string) = string(token) else {
            continue;
        };
        let renamed = renamed_in(&string, values);
        let hit = match cast_to(&list, at) {
            Some(ty) => ty.eq_ignore_ascii_case(name.name.as_str()),
            None => about,
        };
        if hit && renamed != string {
            out.push_str(text.get(copied..token.range.start).unwrap_or_default());
            out.push_str(&format!("'{}'", renamed.replace('\'', "''")));
            copied = token.range.end;
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out
}

/// The text of a token that is a plain string.
fn string(token: &Token) -> Option<String> {
    let inner = token.text.strip_prefix('\'')?.strip_suffix('\'')?;
    (token.kind == Kind::Other).then(|| inner.replace("''", "'"))
}

/// The bare name of the type that a token is cast to with `::`.
fn cast_to(list: &[Token], at: usize) -> Option<&str> {
    let is = |at: usize, mark: &str| list.get(at).is_some_and(|token| token.text == mark);
    if !is(at + 1, ":") || !is(at + 2, ":") {
        return None;
    }
    let last = if is(at + 4, ".") { at + 5 } else { at + 3 };
    list.get(last).map(|token| token.text.as_str())
}

/// A string that is the value, or an array with it (`{ok,"so so"}`), with the
/// new name; any other as it is.
fn renamed_in(string: &str, values: &Pair<String>) -> String {
    if string == values.from {
        return values.to.clone();
    }
    let Some(list) = string.strip_prefix('{').and_then(|s| s.strip_suffix('}')) else {
        return string.to_owned();
    };
    let (mut out, mut raw, mut element) = (String::from("{"), String::new(), String::new());
    let mut quoted = false;
    let flush = |out: &mut String, raw: &mut String, element: &mut String| {
        if *element == values.from {
            out.push_str(&array_element(&values.to));
        } else {
            out.push_str(raw);
        }
        raw.clear();
        element.clear();
    };
    let mut chars = list.chars();
    while let Some(c) = chars.next() {
        match c {
            ',' | '{' | '}' if !quoted => {
                flush(&mut out, &mut raw, &mut element);
                out.push(c);
                continue;
            }
            '\\' => {
                raw.push(c);
                let escaped = chars.next();
                raw.extend(escaped);
                element.extend(escaped);
                continue;
            }
            '"' => quoted = !quoted,
            _ => element.push(c),
        }
        raw.push(c);
    }
    flush(&mut out, &mut raw, &mut element);
    out.push('}');
    out
}

/// A value as it stands in the text of an array.
fn array_element(value: &str) -> String {
    let plain = !value.is_empty()
        && !value.eq_ignore_ascii_case("null")
        && !value
            .chars()
            .any(|c| c.is_whitespace() || matches!(c, '{' | '}' | ',' | '"' | '\\'));
    if plain {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::operation::Operation;
    use crate::schema::{Check, ColumnType, EnumType};

    fn mood() -> TableName {
        TableName::new("mood")
    }

    fn schema() -> Schema {
        let mut table = Table::new("item");
        let mut mine = Column::new("mood", ColumnType::Enum(mood()));
        mine.default = Some(DefaultValue::Literal(Literal::Text("sad".into())));
        let many = ColumnType::Array(Box::new(ColumnType::Enum(mood())));
        let mut many = Column::new("moods", many);
        many.default = Some(DefaultValue::Literal(Literal::Text("{ok,sad}".into())));
        let mut note = Column::new("note", ColumnType::Text);
        note.default = Some(DefaultValue::Literal(Literal::Text("sad".into())));
        table.columns = vec![mine, many, note];
        table.checks = vec![
            Check::new("mood <> 'sad'::mood AND note <> 'sad'::text"),
            Check::new("mood <> 'sad'"),
            Check::new("note <> 'sad'"),
            Check::new("'sad'::s.\"mood\" = ANY (moods)"),
        ];
        table.sort_lists();
        let mut schema = Schema::default();
        schema.insert(table);
        let values = ["sad", "ok"].map(str::to_owned).to_vec();
        schema.enums.insert(
            mood(),
            EnumType {
                name: mood(),
                values,
            },
        );
        schema
    }

    fn rename(from: &str, to: &str) -> Operation {
        Operation::RenameEnumValue {
            name: mood(),
            values: Pair::new(from.into(), to.into()),
        }
    }

    #[test]
    fn what_holds_the_value_follows_and_comes_back() {
        let before = schema();
        let mut after = before.clone();
        let operation = rename("sad", "not glad");
        operation.apply(&mut after).unwrap();
        assert_eq!(after.enums[&mood()].values, ["not glad", "ok"]);
        let table = after.table(&"item".into()).unwrap();
        let default = |name: &str| match &table.column(name).unwrap().default {
            Some(DefaultValue::Literal(Literal::Text(text))) => text.clone(),
            _ => String::new(),
        };
        assert_eq!(default("mood"), "not glad");
        assert_eq!(default("moods"), "{ok,\"not glad\"}");
        assert_eq!(default("note"), "sad");
        let mut checks: Vec<&str> = table.checks.iter().map(|c| c.expression.as_str()).collect();
        checks.sort_unstable();
        assert_eq!(
            checks,
            [
                "'not glad'::s.\"mood\" = ANY (moods)",
                "mood <> 'not glad'",
                "mood <> 'not glad'::mood AND note <> 'sad'::text",
                "note <> 'sad'",
            ]
        );
        operation.reverse().apply(&mut after).unwrap();
        assert_eq!(after, before);
    }

    #[test]
    fn a_value_must_be_there_and_the_new_one_must_not() {
        let refused = |operation: Operation| operation.apply(&mut schema()).unwrap_err();
        assert_eq!(
            refused(rename("sad", "ok")).message,
            "value `sad` of enum type `mood` cannot become `ok`, which it has already"
        );
        let unknown = refused(rename("so", "x"));
        assert_eq!(
            unknown.message,
            "there is no value `so` of enum type `mood`"
        );
        assert_eq!(unknown.hint.as_deref(), Some("there are `sad`, `ok`"));
    }
}
