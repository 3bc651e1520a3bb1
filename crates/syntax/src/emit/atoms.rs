//! The leaves: names, values, types, keys, columns.

use aludel_core::dialect::types;
use aludel_core::object::{Noun, ObjectId};
use aludel_core::schema::{
    Column, ColumnType, DefaultValue, Identity, Index, IndexKey, IndexTarget, Literal, Name,
    NullsOrder, ReferentialAction, TableName,
};

use super::layout::Expr;

pub(super) fn atom(text: impl Into<String>) -> Expr {
    Expr::Atom(text.into())
}

fn call(head: &str, args: Vec<Expr>) -> Expr {
    Expr::Call(head.to_owned(), args)
}

/// A string literal; a raw one where that spares escapes.
pub(super) fn text(text: &str) -> Expr {
    let printable = |c: char| matches!(c, '"' | '\\' | '\'') || c.escape_debug().len() == 1;
    let escapes = text.contains(['"', '\\']);
    if !escapes || !text.chars().all(printable) {
        return atom(format!("{text:?}"));
    }
    let mut hashes = String::new();
    while text.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    atom(format!("r{hashes}\"{text}\"{hashes}"))
}

pub(super) fn name(name: &Name) -> Expr {
    text(name.as_str())
}

pub(super) fn optional_name(name: Option<&Name>) -> Expr {
    name.map_or_else(|| atom("None"), |name| text(name.as_str()))
}

pub(super) fn optional_text(value: Option<&str>) -> Expr {
    value.map_or_else(|| atom("None"), text)
}

pub(super) fn table_name(table: &TableName) -> Expr {
    match &table.schema {
        None => name(&table.name),
        Some(schema) => call("in_schema", vec![name(schema), name(&table.name)]),
    }
}

/// `view("v")`, `trigger("tr").on("t")`.
pub(super) fn object(id: &ObjectId) -> Expr {
    let word = match id.noun {
        Noun::Extension => "extension",
        Noun::Type => "sql_type",
        Noun::Domain => "domain",
        Noun::Sequence => "sequence",
        Noun::Function => "function",
        Noun::Procedure => "procedure",
        Noun::Aggregate => "aggregate",
        Noun::View => "view",
        Noun::MaterializedView => "materialized_view",
        Noun::Index => "view_index",
        Noun::Trigger => "trigger",
        Noun::Event => "event",
    };
    let mut expr = call(word, vec![table_name(&id.name)]);
    if let Some(table) = &id.table {
        expr = expr.then("on", vec![table_name(table)]);
    }
    if let Some(arguments) = &id.arguments {
        expr = expr.then("arguments", vec![text(arguments)]);
    }
    expr
}

/// A statement of several lines as a literal that shows them, which begins and
/// ends with a line break.
pub(super) fn lines_of(sql: &str) -> Option<String> {
    let shown = |c: char| {
        c == '\n' || c == '\t' || matches!(c, '"' | '\\' | '\'') || c.escape_debug().len() == 1
    };
    if !sql.contains('\n') || !sql.chars().all(shown) {
        return None;
    }
    let mut hashes = String::new();
    while sql.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    let raw = if sql.contains(['"', '\\']) { "r" } else { "" };
    Some(format!("{raw}{hashes}\"\n{sql}\n\"{hashes}"))
}

pub(super) fn names(names: &[Name]) -> Expr {
    if names.is_empty() {
        // An empty array that says what it would hold.
        return atom(r#"[""; 0]"#);
    }
    Expr::Array(names.iter().map(name).collect())
}

pub(super) fn texts(texts: &[String]) -> Expr {
    if texts.is_empty() {
        return atom(r#"[""; 0]"#);
    }
    Expr::Array(texts.iter().map(|t| text(t)).collect())
}

pub(super) fn action(action: ReferentialAction) -> Expr {
    atom(match action {
        ReferentialAction::NoAction => "NoAction",
        ReferentialAction::Restrict => "Restrict",
        ReferentialAction::Cascade => "Cascade",
        ReferentialAction::SetNull => "SetNull",
        ReferentialAction::SetDefault => "SetDefault",
    })
}

pub(super) fn value(value: &DefaultValue) -> Expr {
    match value {
        DefaultValue::Expression(sql) => call("sql", vec![text(sql.as_str())]),
        DefaultValue::Literal(literal) => match literal {
            Literal::Null => call("null", Vec::new()),
            Literal::Boolean(on) => atom(on.to_string()),
            Literal::Integer(number) => atom(number.to_string()),
            Literal::Number(digits) if is_bare_float(digits) => atom(digits),
            Literal::Number(digits) => call("number", vec![text(digits)]),
            Literal::Text(value) => text(value),
            Literal::Bytes(bytes) => atom(proc_macro2::Literal::byte_string(bytes).to_string()),
        },
    }
}

/// Whether Rust would write the number exactly so.
fn is_bare_float(digits: &str) -> bool {
    digits
        .chars()
        .all(|c| c.is_ascii_digit() || c == '.' || c == '-')
        && digits
            .parse()
            .is_ok_and(|number: f64| format!("{number:?}") == digits)
}

/// The arguments of a verb as Rust, and the fractional digits that follow it.
fn arguments(verb: &types::Verb) -> (Vec<Expr>, Option<Expr>) {
    let given = |i: usize| verb.args.get(i).map(|n| atom(n.to_string()));
    let or_none = |i: usize| given(i).unwrap_or_else(|| atom("None"));
    match verb.name {
        "decimal" => (vec![or_none(0), or_none(1)], None),
        "char" | "varchar" => (vec![or_none(0)], None),
        "time" | "datetime" | "timestamp_tz" => (Vec::new(), given(0)),
        _ => (given(0).into_iter().collect(), None),
    }
}

fn with_precision(expr: Expr, precision: Option<Expr>) -> Expr {
    match precision {
        Some(digits) => expr.then("precision", vec![digits]),
        None => expr,
    }
}

pub(super) fn type_of(ty: &ColumnType) -> Expr {
    match (types::verb(ty), ty) {
        (Some(verb), _) => {
            let (args, precision) = arguments(&verb);
            with_precision(call(&format!("Type::{}", verb.name), args), precision)
        }
        (None, ColumnType::Enum(name)) => call("Type::enumeration", vec![table_name(name)]),
        (None, ColumnType::Array(element)) => call("Type::array_of", vec![type_of(element)]),
        (None, ColumnType::Custom(spelling)) => text(spelling),
        // `types::verb` knows every other type.
        (None, other) => text(&types::sqlite_write(other)),
    }
}

/// A column with everything about it but what goes without saying.
pub(super) fn column(column: &Column, ty: &ColumnType) -> Expr {
    let its_name = name(&column.name);
    let mut expr = match (types::verb(ty), ty) {
        (Some(verb), _) => {
            let (args, precision) = arguments(&verb);
            let args = [its_name].into_iter().chain(args).collect();
            with_precision(call(verb.name, args), precision)
        }
        (None, ColumnType::Enum(name)) => call("enumeration", vec![its_name, table_name(name)]),
        (None, ty) => call("column", vec![its_name, type_of(ty)]),
    };
    if column.nullable {
        expr = expr.then("nullable", Vec::new());
    }
    if column.autoincrement {
        expr = expr.then(numbered(column.identity), Vec::new());
    }
    if let Some(generated) = &column.generated {
        let verb = generated_verb(generated.stored);
        expr = expr.then(verb, vec![text(generated.expression.as_str())]);
    }
    if let Some(default) = &column.default {
        expr = expr.then("default", vec![value(default)]);
    }
    if let Some(fill) = &column.fill {
        expr = expr.then("fill", vec![value(fill)]);
    }
    if let Some(collation) = &column.collation {
        expr = expr.then("collate", vec![text(collation)]);
    }
    if let Some(comment) = &column.comment {
        expr = expr.then("comment", vec![text(comment)]);
    }
    with_extra(expr, column.extra.as_deref())
}

/// How rows are numbered. What every database has in its own way is said in
/// the one word that all of them know.
fn numbered(identity: Option<Identity>) -> &'static str {
    match identity {
        None | Some(Identity::ByDefault) => "autoincrement",
        Some(Identity::Always) => "identity_always",
        Some(Identity::Serial) => "serial",
    }
}

pub(super) fn identity(identity: Identity) -> Expr {
    atom(match identity {
        Identity::ByDefault => "Identity::ByDefault",
        Identity::Always => "Identity::Always",
        Identity::Serial => "Identity::Serial",
    })
}

pub(super) fn with_extra(expr: Expr, extra: Option<&str>) -> Expr {
    match extra {
        Some(clauses) => expr.then("extra", vec![text(clauses)]),
        None => expr,
    }
}

pub(super) fn generated_verb(stored: bool) -> &'static str {
    if stored {
        "generated_stored"
    } else {
        "generated_virtual"
    }
}

pub(super) fn keys(index: &Index) -> Expr {
    let plain = |key: &IndexKey| match &key.target {
        IndexTarget::Column(column) if *key == IndexKey::column(column.clone()) => {
            Some(name(column))
        }
        IndexTarget::Column(_) | IndexTarget::Expression(_) => None,
    };
    let all: Option<Vec<Expr>> = index.keys.iter().map(plain).collect();
    match all {
        Some(all) if all.is_empty() => names(&[]),
        Some(all) => Expr::Array(all),
        None => Expr::Array(index.keys.iter().map(key).collect()),
    }
}

fn key(key: &IndexKey) -> Expr {
    let mut expr = match (&key.target, key.descending) {
        (IndexTarget::Column(column), false) => call("asc", vec![name(column)]),
        (IndexTarget::Column(column), true) => call("desc", vec![name(column)]),
        (IndexTarget::Expression(sql), false) => call("expr", vec![text(sql.as_str())]),
        (IndexTarget::Expression(sql), true) => {
            call("expr", vec![text(sql.as_str())]).then("desc", Vec::new())
        }
    };
    if let Some(collation) = &key.collation {
        expr = expr.then("collate", vec![text(collation)]);
    }
    match key.nulls {
        Some(NullsOrder::First) => expr = expr.then("nulls_first", Vec::new()),
        Some(NullsOrder::Last) => expr = expr.then("nulls_last", Vec::new()),
        None => {}
    }
    if let Some(opclass) = &key.opclass {
        expr = expr.then("opclass", vec![text(opclass)]);
    }
    if let Some(prefix) = key.prefix {
        expr = expr.then("prefix", vec![atom(prefix.to_string())]);
    }
    expr
}
