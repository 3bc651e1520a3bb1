//! Definitions written from the schema.
//!
//! Owns how a table, a column, a constraint and an index are spelled for
//! PostgreSQL. It must not know what was there before.

use super::lexer::{self, TokenKind};
use super::name::quote;
use super::types;
use crate::schema::{
    Check, Column, ColumnType, DefaultValue, Deferrable, Expression, ForeignKey, Generated,
    Identity, Index, IndexKey, IndexTarget, Literal, Name, NullsOrder, PrimaryKey,
    ReferentialAction, Table, TableName, Unique,
};

/// A name with its schema, where it has one.
pub(super) fn qualified(name: &TableName) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", quote(schema.as_str()), quote(name.name.as_str())),
        None => quote(name.name.as_str()),
    }
}

/// Another name in the same schema.
pub(super) fn beside(table: &TableName, name: &str) -> String {
    qualified(&TableName {
        schema: table.schema.clone(),
        name: name.into(),
    })
}

/// A string in single quotes, as standard strings are.
pub(super) fn string_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A constant.
pub(super) fn literal(value: &Literal) -> String {
    match value {
        Literal::Null => "NULL".to_owned(),
        Literal::Boolean(true) => "true".to_owned(),
        Literal::Boolean(false) => "false".to_owned(),
        Literal::Integer(n) => n.to_string(),
        Literal::Number(text) => text.clone(),
        Literal::Text(text) => string_literal(text),
        Literal::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            format!("'\\x{digits}'")
        }
    }
}

/// An expression in parentheses. A line comment in it must not swallow the
/// closing one.
pub(super) fn parenthesised(expression: &Expression) -> String {
    let text = expression.as_str();
    let end = if text.contains("--") { "\n" } else { "" };
    format!("({text}{end})")
}

/// A default or a fill, so that it can stand anywhere.
pub(super) fn value(value: &DefaultValue) -> String {
    match value {
        DefaultValue::Literal(value) => literal(value),
        DefaultValue::Expression(e) if is_simple(e.as_str()) => e.as_str().to_owned(),
        DefaultValue::Expression(e) => parenthesised(e),
    }
}

/// Words that are followed by a parenthesis and are no function.
const NO_CALL: &[&str] = &[
    "not", "row", "exists", "array", "values", "in", "any", "all", "some",
];

/// Whether an expression is one constant, one word, or one function call, with
/// casts to types of one word behind it: what needs no parentheses.
fn is_simple(text: &str) -> bool {
    let Ok(tokens) = lexer::tokens(text) else {
        return false;
    };
    if text.contains("--") || text.contains("/*") {
        return false;
    }
    let mut rest = tokens.as_slice();
    match rest.first().map(|t| t.kind) {
        Some(TokenKind::Text | TokenKind::Number | TokenKind::Dollar) => rest = &rest[1..],
        Some(TokenKind::Word | TokenKind::Quoted) => match after_call(text, rest) {
            Some(after) => rest = after,
            None if rest[0].kind == TokenKind::Word => rest = &rest[1..],
            None => return false,
        },
        _ => return false,
    }
    while let [cast, name, after @ ..] = rest {
        if !cast.is(text, "::") || name.name(text).is_none() {
            return false;
        }
        rest = after;
        while let [point, name, after @ ..] = rest
            && point.is(text, ".")
            && name.name(text).is_some()
        {
            rest = after;
        }
    }
    rest.is_empty()
}

/// What follows a function call at the start; `None` where there is none.
fn after_call<'a>(text: &str, tokens: &'a [lexer::Token]) -> Option<&'a [lexer::Token]> {
    let first = tokens.first()?.name(text)?;
    let mut rest = &tokens[1..];
    while let [point, name, after @ ..] = rest
        && point.is(text, ".")
        && name.name(text).is_some()
    {
        rest = after;
    }
    if !rest.first()?.is(text, "(") || NO_CALL.contains(&first.as_str()) {
        return None;
    }
    let mut depth = 0_usize;
    for (n, token) in rest.iter().enumerate() {
        if token.is(text, "(") {
            depth += 1;
        } else if token.is(text, ")") {
            depth -= 1;
            if depth == 0 {
                return rest.get(n + 1..);
            }
        }
    }
    None
}

fn is_call(text: &str) -> bool {
    !text.contains("--")
        && lexer::tokens(text).is_ok_and(|t| after_call(text, &t).is_some_and(<[_]>::is_empty))
}

/// What PostgreSQL calls a type.
pub(super) fn column_type(ty: &ColumnType) -> String {
    let written = types::write(ty);
    if !written.is_empty() {
        return written;
    }
    match ty {
        ColumnType::Enum(name) => qualified(name),
        ColumnType::Array(of) => format!("{}[]", column_type(of)),
        ColumnType::Custom(spelling) => spelling.clone(),
        other => crate::dialect::types::spelled(other, |row| row.postgres).unwrap_or_default(),
    }
}

/// The name of a collation.
fn collate(name: &str) -> String {
    format!("COLLATE {}", collation(name))
}

/// A collation as it stands after the word; one that is written with quotes
/// already, and so maybe with its schema, stays as it is.
pub(super) fn collation(name: &str) -> String {
    if name.contains('"') {
        name.to_owned()
    } else {
        quote(name)
    }
}

/// The word for a type whose numbers come from a sequence of its own; `None`
/// where there is none for that type.
fn serial(ty: &ColumnType) -> Option<&'static str> {
    match ty {
        ColumnType::TinyInteger | ColumnType::SmallInteger => Some("smallserial"),
        ColumnType::Integer => Some("serial"),
        ColumnType::BigInteger => Some("bigserial"),
        _ => None,
    }
}

/// The sequence of a serial column that is not the usual one: its name as it is
/// written, from the clauses that the column carries.
pub(super) fn sequence(column: &Column) -> Option<String> {
    let text = column.extra.as_deref()?.trim();
    let tokens = lexer::tokens(text).ok()?;
    let last = match tokens.as_slice() {
        [_, point, second, ..] if point.is(text, ".") => second,
        [first, ..] => first,
        [] => return None,
    };
    Some(text[..last.range.end].to_owned())
}

/// The statements before and after a table or column with such a sequence.
pub(super) fn own_sequence(column: &Column, table: &TableName) -> Option<(String, String)> {
    if column.identity != Some(Identity::Serial) {
        return None;
    }
    let name = sequence(column)?;
    let make = format!("CREATE SEQUENCE {}", column.extra.as_deref()?.trim());
    let own = format!(
        "ALTER SEQUENCE {name} OWNED BY {}.{}",
        qualified(table),
        quote(column.name.as_str())
    );
    Some((make, own))
}

/// The statement after a `serial` column that may be NULL: the word says that
/// it may not.
pub(super) fn serial_or_null(column: &Column, table: &TableName) -> Option<String> {
    let said = column.identity == Some(Identity::Serial)
        && column.extra.is_none()
        && serial(&column.ty).is_some();
    (said && column.nullable).then(|| {
        format!(
            "ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL",
            qualified(table),
            quote(column.name.as_str())
        )
    })
}

/// The call that takes the next number of a sequence.
pub(super) fn next_of(sequence: &str) -> String {
    format!("nextval({})", string_literal(sequence))
}

/// How a numbered column is declared.
pub(super) fn identity(identity: Identity) -> &'static str {
    match identity {
        Identity::Always => "GENERATED ALWAYS AS IDENTITY",
        Identity::ByDefault | Identity::Serial => "GENERATED BY DEFAULT AS IDENTITY",
    }
}

/// The clause of a generated column.
pub(super) fn generated(generated: &Generated) -> String {
    let kind = if generated.stored {
        "STORED"
    } else {
        "VIRTUAL"
    };
    format!(
        "GENERATED ALWAYS AS {} {kind}",
        parenthesised(&generated.expression)
    )
}

/// A column as it stands in `CREATE TABLE` and after `ADD COLUMN`.
pub(super) fn column(column: &Column) -> String {
    let word = (column.identity == Some(Identity::Serial) && column.extra.is_none())
        .then(|| serial(&column.ty))
        .flatten();
    let mut words = vec![quote(column.name.as_str())];
    words.push(word.map_or_else(|| column_type(&column.ty), str::to_owned));
    words.extend(column.collation.as_deref().map(collate));
    if !column.nullable {
        words.push("NOT NULL".to_owned());
    }
    match column.identity {
        Some(Identity::Serial) => {
            let next = sequence(column).filter(|_| word.is_none());
            words.extend(next.map(|s| format!("DEFAULT {}", next_of(&s))));
        }
        Some(kind) => {
            words.push(identity(kind).to_owned());
            words.extend(column.extra.clone());
        }
        None => {
            let default = column.default.as_ref();
            words.extend(default.map(|d| format!("DEFAULT {}", value(d))));
        }
    }
    words.extend(column.generated.as_ref().map(generated));
    words.join(" ")
}

fn constraint_name(name: Option<&Name>) -> String {
    name.map(|n| format!("CONSTRAINT {} ", quote(n.as_str())))
        .unwrap_or_default()
}

/// Names in parentheses.
pub(super) fn name_list(names: &[Name]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| quote(n.as_str())).collect();
    format!("({})", quoted.join(", "))
}

fn with(clause: Option<&str>) -> String {
    clause.map(|c| format!(" {c}")).unwrap_or_default()
}

pub(super) fn deferrable(when: Deferrable) -> &'static str {
    match when {
        Deferrable::No => "",
        Deferrable::InitiallyImmediate => " DEFERRABLE",
        Deferrable::InitiallyDeferred => " DEFERRABLE INITIALLY DEFERRED",
    }
}

/// A primary key as a constraint of the table.
pub(super) fn primary_key(key: &PrimaryKey) -> String {
    format!(
        "{}PRIMARY KEY {}{}",
        constraint_name(key.name.as_ref()),
        name_list(&key.columns),
        with(key.extra.as_deref())
    )
}

/// A unique constraint of the table.
pub(super) fn unique(unique: &Unique) -> String {
    let include = if unique.include.is_empty() {
        String::new()
    } else {
        format!(" INCLUDE {}", name_list(&unique.include))
    };
    format!(
        "{}UNIQUE {}{}{include}{}{}",
        constraint_name(unique.name.as_ref()),
        if unique.nulls_not_distinct {
            "NULLS NOT DISTINCT "
        } else {
            ""
        },
        name_list(&unique.columns),
        with(unique.extra.as_deref()),
        deferrable(unique.deferrable)
    )
}

/// A check constraint of the table.
pub(super) fn check(check: &Check) -> String {
    format!(
        "{}CHECK {}{}",
        constraint_name(check.name.as_ref()),
        parenthesised(&check.expression),
        with(check.extra.as_deref())
    )
}

/// A foreign key as a constraint of the table.
pub(super) fn foreign_key(key: &ForeignKey) -> String {
    let mut text = format!(
        "{}FOREIGN KEY {} REFERENCES {}",
        constraint_name(key.name.as_ref()),
        name_list(&key.columns),
        qualified(&key.references),
    );
    if !key.referenced_columns.is_empty() {
        text.push(' ');
        text.push_str(&name_list(&key.referenced_columns));
    }
    let (matching, mut columns) = key_extra(key.extra.as_deref().unwrap_or_default());
    text.push_str(&matching);
    for (when, action) in [("UPDATE", key.on_update), ("DELETE", key.on_delete)] {
        if action != ReferentialAction::NoAction {
            text.push_str(&format!(" ON {when} {}", action_words(action)));
            if when == "DELETE" {
                text.push_str(&std::mem::take(&mut columns));
            }
        }
    }
    text.push_str(deferrable(key.deferrable));
    if key.not_valid {
        text.push_str(" NOT VALID");
    }
    text
}

/// The clauses of a foreign key that no model says: `MATCH FULL`, and the list
/// of columns that `ON DELETE SET NULL` sets, each with a space before it.
fn key_extra(extra: &str) -> (String, String) {
    let (matching, columns) = match extra.find('(') {
        Some(n) => extra.split_at(n),
        None => (extra, ""),
    };
    let upper = matching.to_ascii_uppercase();
    let matching = match upper.find("MATCH ") {
        Some(n) => {
            let words: Vec<&str> = matching[n..].split_whitespace().take(2).collect();
            format!(" {}", words.join(" "))
        }
        None => String::new(),
    };
    let list = columns.find(')').map(|n| format!(" {}", &columns[..=n]));
    (matching, list.unwrap_or_default())
}

fn action_words(action: ReferentialAction) -> &'static str {
    match action {
        ReferentialAction::NoAction => "NO ACTION",
        ReferentialAction::Restrict => "RESTRICT",
        ReferentialAction::Cascade => "CASCADE",
        ReferentialAction::SetNull => "SET NULL",
        ReferentialAction::SetDefault => "SET DEFAULT",
    }
}

/// A `CREATE TABLE` statement, one item a line. Indexes, comments and what is
/// not checked against rows are statements of their own; foreign keys are left
/// out where they are added later.
pub(super) fn create_table(table: &Table, with_foreign_keys: bool) -> String {
    let mut items: Vec<String> = table.columns.iter().map(column).collect();
    items.extend(table.primary_key.iter().map(primary_key));
    items.extend(table.uniques.iter().map(unique));
    let keys = table.foreign_keys.iter().filter(|k| !k.not_valid);
    items.extend(keys.filter(|_| with_foreign_keys).map(foreign_key));
    let checks = table.checks.iter().filter(|c| !c.is_not_valid());
    items.extend(checks.map(check));
    let extra = table.options.extra.as_deref().unwrap_or_default().trim();
    let (kind, extra) = match extra.get(..8) {
        Some(word) if word.eq_ignore_ascii_case("unlogged") => ("UNLOGGED ", extra[8..].trim()),
        _ => ("", extra),
    };
    let body = if items.is_empty() {
        "()".to_owned()
    } else {
        format!("(\n  {}\n)", items.join(",\n  "))
    };
    let space = if extra.is_empty() { "" } else { " " };
    format!(
        "CREATE {kind}TABLE {} {body}{space}{extra}",
        qualified(&table.name)
    )
}

/// A `CREATE INDEX` statement.
pub(super) fn create_index(index: &Index, table: &TableName) -> String {
    let keys: Vec<String> = index.keys.iter().map(index_key).collect();
    let mut text = format!(
        "CREATE {}INDEX {}{}ON {} ",
        if index.unique { "UNIQUE " } else { "" },
        if index.concurrently {
            "CONCURRENTLY "
        } else {
            ""
        },
        index
            .name
            .as_ref()
            .map(|n| format!("{} ", quote(n.as_str())))
            .unwrap_or_default(),
        qualified(table),
    );
    if let Some(method) = &index.method {
        text.push_str(&format!("USING {method} "));
    }
    text.push_str(&format!("({})", keys.join(", ")));
    if !index.include.is_empty() {
        text.push_str(&format!(" INCLUDE {}", name_list(&index.include)));
    }
    if index.nulls_not_distinct {
        text.push_str(" NULLS NOT DISTINCT");
    }
    text.push_str(&with(index.extra.as_deref()));
    if let Some(predicate) = &index.predicate {
        text.push_str(" WHERE ");
        text.push_str(predicate.as_str());
    }
    text
}

fn index_key(key: &IndexKey) -> String {
    let mut text = match &key.target {
        IndexTarget::Column(name) => quote(name.as_str()),
        IndexTarget::Expression(e) if is_call(e.as_str()) => e.as_str().to_owned(),
        IndexTarget::Expression(e) => parenthesised(e),
    };
    if let Some(name) = &key.collation {
        text.push_str(&format!(" {}", collate(name)));
    }
    if let Some(class) = &key.opclass {
        text.push_str(&format!(" {class}"));
    }
    if key.descending {
        text.push_str(" DESC");
    }
    text.push_str(match key.nulls {
        None => "",
        Some(NullsOrder::First) => " NULLS FIRST",
        Some(NullsOrder::Last) => " NULLS LAST",
    });
    text
}

/// A comment on a table, or on one of its columns.
pub(super) fn comment(table: &TableName, column: Option<&Name>, comment: Option<&str>) -> String {
    let what = match column {
        Some(name) => format!("COLUMN {}.{}", qualified(table), quote(name.as_str())),
        None => format!("TABLE {}", qualified(table)),
    };
    let text = comment.map_or_else(|| "NULL".to_owned(), string_literal);
    format!("COMMENT ON {what} IS {text}")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_written_with_all_it_has() {
        let mut index = Index::on(["a b", "c"]);
        index.name = Some("ix \"x".into());
        index.unique = true;
        index.method = Some("btree".into());
        index.keys.first_mut().unwrap().descending = true;
        index.keys.last_mut().unwrap().collation = Some("C".into());
        index.keys.last_mut().unwrap().opclass = Some("text_pattern_ops".into());
        index.keys.last_mut().unwrap().nulls = Some(NullsOrder::First);
        index.keys.push(IndexKey::expression("lower(d)"));
        index.keys.push(IndexKey::expression("a + 1"));
        index.include = vec!["e".into()];
        index.nulls_not_distinct = true;
        index.extra = Some("WITH (fillfactor='70')".into());
        index.predicate = Some("d IS NOT NULL".into());
        assert_eq!(
            create_index(&index, &TableName::in_schema("s", "t")),
            "CREATE UNIQUE INDEX \"ix \"\"x\" ON \"s\".\"t\" USING btree (\"a b\" DESC, \
             \"c\" COLLATE \"C\" text_pattern_ops NULLS FIRST, lower(d), (a + 1)) INCLUDE (\"e\") \
             NULLS NOT DISTINCT WITH (fillfactor='70') WHERE d IS NOT NULL"
        );
    }

    #[test]
    fn values_are_written_so_that_postgres_reads_them_back() {
        for (constant, expected) in [
            (Literal::Text("it's \\".into()), "'it''s \\'"),
            (Literal::Bytes(vec![0, 255]), "'\\x00ff'"),
            (Literal::Boolean(true), "true"),
            (Literal::Integer(-1), "-1"),
            (Literal::Number("1e400".into()), "1e400"),
            (Literal::Null, "NULL"),
        ] {
            assert_eq!(value(&DefaultValue::Literal(constant)), expected);
        }
        for (expression, expected) in [
            ("CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP"),
            ("now()", "now()"),
            ("s.f(1, (2))", "s.f(1, (2))"),
            ("'a'::s.t", "'a'::s.t"),
            ("now() + '1 day'", "(now() + '1 day')"),
            ("not(true)", "(not(true))"),
            ("a AND b", "(a AND b)"),
            ("1 -- one", "(1 -- one\n)"),
        ] {
            assert_eq!(
                value(&DefaultValue::Expression(expression.into())),
                expected
            );
        }
    }

    #[test]
    fn a_foreign_key_is_written_with_all_it_has() {
        let mut key = ForeignKey::new(["a", "b"], TableName::in_schema("s", "p"), ["x", "y"]);
        key.name = Some("fk".into());
        key.on_delete = ReferentialAction::SetNull;
        key.on_update = ReferentialAction::Cascade;
        key.deferrable = Deferrable::InitiallyDeferred;
        key.not_valid = true;
        key.extra = Some("MATCH FULL (\"a\")".into());
        assert_eq!(
            foreign_key(&key),
            "CONSTRAINT \"fk\" FOREIGN KEY (\"a\", \"b\") REFERENCES \"s\".\"p\" (\"x\", \"y\") \
             MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL (\"a\") \
             DEFERRABLE INITIALLY DEFERRED NOT VALID"
        );
    }
}
