//! From the tokens of an attribute to keys with values.
//!
//! Nothing stops at the first mistake: what cannot be read is noted, and
//! reading goes on after the next comma.

use aludel_core::schema::{DefaultValue, Expression, Literal, ReferentialAction};
use proc_macro2::{Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseBuffer, ParseStream};
use syn::{Attribute, Ident, Lit, LitStr, Meta, Token, token};

use super::keys::ACTIONS;
use super::list::{self, FieldRef};
use super::value::{Entries, Entry, Value};
use super::{KEYS, Key, Place, Takes};
use crate::problem::{Problems, suggestion};

/// The mistake is noted; nothing more can be read up to the next comma.
pub(crate) struct Stop;

/// A part that was read, or not.
pub(crate) type Read<T> = Result<T, Stop>;

/// All keys of the attributes that belong to `place`.
pub(crate) fn attributes(list: &[Attribute], place: Place, problems: &mut Problems) -> Entries {
    let (ours, strangers): (&str, &[&str]) = match place {
        Place::Table => ("table", &["column", "db_enum"]),
        Place::Field => ("column", &["table", "db_enum"]),
        _ => ("db_enum", &["table", "column"]),
    };
    let mut entries = Entries::new(place);
    for attribute in list {
        let Some(name) = attribute.path().get_ident() else {
            continue;
        };
        if strangers.iter().any(|stranger| name == stranger) {
            problems.push(
                name.span(),
                format!("`#[{name}(..)]` does not belong here"),
                format!("write `#[{ours}(..)]`"),
            );
        } else if name == ours {
            attribute_list(attribute, name, &mut entries, problems);
        }
    }
    entries
}

fn attribute_list(
    attribute: &Attribute,
    name: &Ident,
    entries: &mut Entries,
    problems: &mut Problems,
) {
    if !matches!(attribute.meta, Meta::List(_)) {
        problems.push(
            name.span(),
            format!("`#[{name}]` takes keys in parentheses"),
            format!("write `#[{name}(..)]`"),
        );
        return;
    }
    let read = attribute.parse_args_with(|input: ParseStream| {
        separated(input, problems, |input, problems| {
            let key = word(input, entries.place, problems)?;
            entry(&key, input, entries, problems).map(|_| ())
        });
        Ok(())
    });
    if let Err(error) = read {
        problems.push(error.span(), error.to_string(), "");
    }
}

/// Items between commas, each on its own feet.
pub(crate) fn separated(
    input: ParseStream,
    problems: &mut Problems,
    mut item: impl FnMut(ParseStream, &mut Problems) -> Read<()>,
) {
    while !input.is_empty() {
        let read = item(input, problems);
        if read.is_ok() && !at_end(input) {
            problems.push(input.span(), "expected `,`", "");
        }
        while !at_end(input) {
            if input.parse::<TokenTree>().is_err() {
                return;
            }
        }
        if input.parse::<Option<Token![,]>>().is_err() {
            return;
        }
    }
}

/// Whether an item ends here.
pub(crate) fn at_end(input: ParseStream) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// The next word, keyword or not.
pub(crate) fn word(input: ParseStream, place: Place, problems: &mut Problems) -> Read<Ident> {
    Ident::parse_any(input).map_err(|_| {
        problems.push(input.span(), "expected a key", known_keys(place));
        Stop
    })
}

fn known_keys(place: Place) -> String {
    let names: Vec<String> = place.keys().map(|k| format!("`{}`", k.name)).collect();
    format!("the keys of `{place}` are {}", names.join(", "))
}

/// The value of the key `word`, added to the entries.
pub(crate) fn entry<'e>(
    word: &Ident,
    input: ParseStream,
    entries: &'e mut Entries,
    problems: &mut Problems,
) -> Read<&'e Entry> {
    let place = entries.place;
    let name = word.to_string();
    let Some(key) = place.key(&name) else {
        problems.push(
            word.span(),
            format!("unknown key `{name}`"),
            unknown_hint(&name, place),
        );
        return Err(Stop);
    };
    if !key.repeats && entries.has(key.name) {
        problems.push(
            word.span(),
            format!("`{name}` is given twice"),
            "keep one of them",
        );
        return Err(Stop);
    }
    let value = value(key, word.span(), place, input, problems)?;
    entries.list.push(Entry {
        key,
        span: word.span(),
        value,
    });
    entries.list.last().ok_or(Stop)
}

fn unknown_hint(name: &str, place: Place) -> String {
    let elsewhere = KEYS.iter().find(|key| key.name == name);
    if let Some(other) = elsewhere.and_then(|key| key.places.first()) {
        return format!("`{name}` belongs in `{other}`, not in `{place}`");
    }
    suggestion(name, place.keys().map(|k| k.name), || known_keys(place))
}

fn wrong(key: &Key, place: Place, span: Span, problems: &mut Problems) -> Stop {
    let takes = match key.takes {
        Takes::Nothing => "takes no value",
        Takes::Text | Takes::AnyText | Takes::Word => "takes a text",
        Takes::Number => "takes a number",
        Takes::FirstOrLast => "takes `first` or `last`",
        Takes::Value => "takes a literal or `sql(\"..\")`",
        Takes::Action => "takes an action",
        Takes::Fields => "takes a list of fields",
        Takes::Type => "takes a type as text",
        Takes::Check => "takes a condition as text",
        Takes::Reference => "takes a field of another model",
        Takes::Index | Takes::Unique | Takes::PrimaryKey | Takes::ForeignKey => {
            "takes a list in parentheses"
        }
    };
    problems.push(span, format!("`{}` {takes}", key.name), key.form(place));
    Stop
}

/// What stands in parentheses here.
pub(crate) fn parens<'a>(input: ParseStream<'a>) -> syn::Result<ParseBuffer<'a>> {
    let content;
    syn::parenthesized!(content in input);
    Ok(content)
}

/// Whether a value begins here that only a key can have.
pub(crate) fn value_follows(input: ParseStream) -> bool {
    (input.peek(Token![=]) && !input.peek(Token![=>])) || input.peek(token::Paren)
}

fn value(
    key: &'static Key,
    at: Span,
    place: Place,
    input: ParseStream,
    problems: &mut Problems,
) -> Read<Value> {
    // the place of a mistake: what stands where the value should, or the key
    let here = if at_end(input) { at } else { input.span() };
    let assigned = input.peek(Token![=]) && !input.peek(Token![=>]);
    let listed = input.peek(token::Paren);
    match key.takes {
        Takes::Nothing if !assigned && !listed => Ok(Value::Nothing),
        Takes::Text | Takes::AnyText if assigned => text(key, at, place, input, problems),
        Takes::Value if assigned => {
            skip_equals(input)?;
            default(key, at, place, input, problems).map(Value::Default)
        }
        Takes::Action if assigned => {
            skip_equals(input)?;
            action(key, at, place, input, problems)
        }
        Takes::Fields if listed => {
            let content = parens(input).map_err(|_| Stop)?;
            Ok(Value::Fields(list::fields(&content, problems)))
        }
        Takes::Type | Takes::Check if assigned => {
            let text = text(key, at, place, input, problems)?;
            Ok(in_list(list::place_of(key.takes), text, at))
        }
        Takes::Reference if assigned => {
            skip_equals(input)?;
            let mut list = list::List::new(Place::ForeignKey);
            list.target = Some(list::target(input, true, problems)?);
            Ok(Value::List(Box::new(list)))
        }
        Takes::Index | Takes::Unique | Takes::PrimaryKey
            if place == Place::Field && !assigned && !listed =>
        {
            Ok(Value::Nothing)
        }
        Takes::Index
        | Takes::Unique
        | Takes::PrimaryKey
        | Takes::ForeignKey
        | Takes::Reference
        | Takes::Check
        | Takes::Type
            if listed =>
        {
            let content = parens(input).map_err(|_| Stop)?;
            let list = list::list(key, at, place, &content, problems);
            Ok(Value::List(Box::new(list)))
        }
        _ => Err(wrong(key, place, here, problems)),
    }
}

/// `check = ".."` as if it were `check("..")`.
fn in_list(place: Place, value: Value, at: Span) -> Value {
    match value {
        Value::Text(text) => Value::List(Box::new(list::List::of_text(place, text, at))),
        other => other,
    }
}

fn skip_equals(input: ParseStream) -> Read<()> {
    input.parse::<Token![=]>().map(|_| ()).map_err(|_| Stop)
}

fn text(
    key: &Key,
    at: Span,
    place: Place,
    input: ParseStream,
    problems: &mut Problems,
) -> Read<Value> {
    skip_equals(input)?;
    let here = if at_end(input) { at } else { input.span() };
    let literal: LitStr = input
        .parse()
        .map_err(|_| wrong(key, place, here, problems))?;
    let text = literal.value();
    // A space is a name as good as any other.
    let blank = match key.name {
        "name" | "schema" => text.is_empty(),
        _ => text.trim().is_empty(),
    };
    if key.takes != Takes::AnyText && blank {
        problems.push(literal.span(), format!("`{}` is empty", key.name), "");
        return Err(Stop);
    }
    Ok(Value::Text(text))
}

/// A literal, or `sql("..")`.
fn default(
    key: &Key,
    at: Span,
    place: Place,
    input: ParseStream,
    problems: &mut Problems,
) -> Read<DefaultValue> {
    let here = if at_end(input) { at } else { input.span() };
    if input.peek(Ident) {
        let word = Ident::parse_any(input).map_err(|_| Stop)?;
        if word != "sql" || !input.peek(token::Paren) {
            return Err(wrong(key, place, here, problems));
        }
        let content = parens(input).map_err(|_| Stop)?;
        let text: LitStr = content
            .parse()
            .map_err(|_| wrong(key, place, here, problems))?;
        if !content.is_empty() || text.value().trim().is_empty() {
            return Err(wrong(key, place, text.span(), problems));
        }
        return Ok(DefaultValue::Expression(Expression::new(text.value())));
    }
    let minus = input
        .parse::<Option<Token![-]>>()
        .map_err(|_| Stop)?
        .is_some();
    let literal: Lit = input
        .parse()
        .map_err(|_| wrong(key, place, here, problems))?;
    literal_value(&literal, minus)
        .map(DefaultValue::Literal)
        .ok_or_else(|| wrong(key, place, here, problems))
}

fn literal_value(literal: &Lit, minus: bool) -> Option<Literal> {
    let sign = if minus { "-" } else { "" };
    match literal {
        Lit::Int(int) => format!("{sign}{}", int.base10_digits())
            .parse()
            .ok()
            .map(Literal::Integer),
        Lit::Float(float) => Some(Literal::Number(format!("{sign}{}", float.base10_digits()))),
        _ if minus => None,
        Lit::Str(text) => Some(Literal::Text(text.value())),
        Lit::Char(c) => Some(Literal::Text(c.value().to_string())),
        Lit::Bool(value) => Some(Literal::Boolean(value.value)),
        Lit::ByteStr(bytes) => Some(Literal::Bytes(bytes.value())),
        _ => None,
    }
}

fn action(
    key: &Key,
    at: Span,
    place: Place,
    input: ParseStream,
    problems: &mut Problems,
) -> Read<Value> {
    let here = if at_end(input) { at } else { input.span() };
    let word = Ident::parse_any(input).map_err(|_| wrong(key, place, here, problems))?;
    let name = word.to_string();
    let action = match name.as_str() {
        "cascade" => ReferentialAction::Cascade,
        "set_null" => ReferentialAction::SetNull,
        "set_default" => ReferentialAction::SetDefault,
        "restrict" => ReferentialAction::Restrict,
        "no_action" => ReferentialAction::NoAction,
        _ => {
            let known = ACTIONS.split(", ").map(|action| action.trim_matches('`'));
            let hint = suggestion(&name, known, || format!("the actions are {ACTIONS}"));
            problems.push(word.span(), format!("unknown action `{name}`"), hint);
            return Err(Stop);
        }
    };
    Ok(Value::Action(action))
}

/// A field by its name.
pub(crate) fn field(word: &Ident) -> FieldRef {
    FieldRef {
        name: word.unraw().to_string(),
        span: word.span(),
    }
}
