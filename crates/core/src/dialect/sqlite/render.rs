//! Definitions written from the schema.
//!
//! Owns how a table, a column, a constraint and an index are spelled for
//! SQLite. It must not know what was there before: editing a stored text is
//! the work of [`super::ddl`].

use super::{column_name, lexer};
use crate::dialect::types;
use crate::schema::{
    Check, Column, DefaultValue, Deferrable, Expression, ForeignKey, Generated, Index, IndexKey,
    IndexTarget, Literal, Name, PrimaryKey, ReferentialAction, Table, TableOptions, Unique,
};

/// The name of a collation; the usual ones need no quotes.
pub fn collation(name: &str) -> String {
    if lexer::is_plain(name) && !column_name::is_keyword(name) {
        name.to_owned()
    } else {
        quote(name)
    }
}

/// An identifier in double quotes.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A string in single quotes.
pub fn string_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A constant. Text with a zero byte, which no string literal can hold, is
/// written as a cast of its bytes.
pub fn literal(value: &Literal) -> String {
    match value {
        Literal::Null => "NULL".to_owned(),
        Literal::Boolean(true) => "TRUE".to_owned(),
        Literal::Boolean(false) => "FALSE".to_owned(),
        Literal::Integer(n) => n.to_string(),
        Literal::Number(text) => text.clone(),
        Literal::Text(text) if text.contains('\0') => {
            format!("CAST({} AS TEXT)", blob(text.as_bytes()))
        }
        Literal::Text(text) => string_literal(text),
        Literal::Bytes(bytes) => blob(bytes),
    }
}

fn blob(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|b| format!("{b:02X}")).collect();
    format!("x'{digits}'")
}

/// An expression in parentheses. A line comment in it must not swallow the
/// closing one.
pub fn parenthesised(expression: &Expression) -> String {
    let text = expression.as_str();
    let end = if text.contains("--") { "\n" } else { "" };
    format!("({text}{end})")
}

/// The value of a `DEFAULT` clause, as it stands after the word.
pub fn default_value(value: &DefaultValue) -> String {
    match value {
        DefaultValue::Literal(value) => {
            let text = literal(value);
            if text.starts_with("CAST(") {
                format!("({text})")
            } else {
                text
            }
        }
        DefaultValue::Expression(expression) if is_current(expression.as_str()) => {
            expression.as_str().to_ascii_uppercase()
        }
        DefaultValue::Expression(expression) => parenthesised(expression),
    }
}

fn is_current(text: &str) -> bool {
    ["CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

/// A whole `DEFAULT` clause.
pub fn default_clause(value: &DefaultValue) -> String {
    format!("DEFAULT {}", default_value(value))
}

/// A whole clause of a generated column.
pub fn generated_clause(generated: &Generated) -> String {
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

/// A column as it stands in `CREATE TABLE` and after `ADD COLUMN`; with its
/// `PRIMARY KEY` if the key is to be written here.
pub fn column_definition(column: &Column, inline_primary_key: bool) -> String {
    let key = inline_primary_key.then(|| inline_key(None, column.autoincrement));
    column_with_key(column, key.as_deref())
}

fn column_with_key(column: &Column, key: Option<&str>) -> String {
    let mut text = quote(column.name.as_str());
    let mut add = |part: &str| {
        if !part.is_empty() {
            text.push(' ');
            text.push_str(part);
        }
    };
    add(&types::sqlite_write(&column.ty));
    if !column.nullable {
        add("NOT NULL");
    }
    add(key.unwrap_or_default());
    if let Some(value) = &column.default {
        add(&default_clause(value));
    }
    if let Some(collation) = &column.collation {
        add(&format!("COLLATE {}", self::collation(collation)));
    }
    if let Some(generated) = &column.generated {
        add(&generated_clause(generated));
    }
    text
}

/// The `PRIMARY KEY` clause of a column.
pub(super) fn inline_key(name: Option<&Name>, autoincrement: bool) -> String {
    let last = if autoincrement { " AUTOINCREMENT" } else { "" };
    format!("{}PRIMARY KEY{last}", constraint_name(name))
}

/// Whether the key of this table is written beside its column: a single
/// column of type `INTEGER`, which is SQLite's rowid, or which must be to
/// have `AUTOINCREMENT`.
pub(super) fn is_inline_key(column: &Column, key: &PrimaryKey) -> bool {
    key.columns.len() == 1
        && (column.autoincrement || types::sqlite_write(&column.ty).eq_ignore_ascii_case("INTEGER"))
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

/// A primary key as a constraint of the table.
pub fn primary_key(key: &PrimaryKey) -> String {
    format!(
        "{}PRIMARY KEY {}",
        constraint_name(key.name.as_ref()),
        name_list(&key.columns)
    )
}

/// A unique constraint of the table.
pub fn unique(unique: &Unique) -> String {
    format!(
        "{}UNIQUE {}",
        constraint_name(unique.name.as_ref()),
        name_list(&unique.columns)
    )
}

/// A check constraint of the table.
pub fn check(check: &Check) -> String {
    format!(
        "{}CHECK {}",
        constraint_name(check.name.as_ref()),
        parenthesised(&check.expression)
    )
}

/// A foreign key as a constraint of the table.
pub fn foreign_key(key: &ForeignKey) -> String {
    format!(
        "{}FOREIGN KEY {} {}",
        constraint_name(key.name.as_ref()),
        name_list(&key.columns),
        references_clause(key),
    )
}

/// A foreign key of one column, as it stands beside that column.
pub fn inline_foreign_key(key: &ForeignKey) -> String {
    format!(
        "{}{}",
        constraint_name(key.name.as_ref()),
        references_clause(key)
    )
}

/// What a foreign key says behind its columns, or beside its only one.
pub(super) fn references_clause(key: &ForeignKey) -> String {
    let mut text = format!("REFERENCES {}", quote(key.references.name.as_str()));
    if !key.referenced_columns.is_empty() {
        text.push(' ');
        text.push_str(&name_list(&key.referenced_columns));
    }
    for (when, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        if action != ReferentialAction::NoAction {
            text.push_str(&format!(" ON {when} {}", action_words(action)));
        }
    }
    text.push_str(match key.deferrable {
        Deferrable::No => "",
        Deferrable::InitiallyImmediate => " DEFERRABLE INITIALLY IMMEDIATE",
        Deferrable::InitiallyDeferred => " DEFERRABLE INITIALLY DEFERRED",
    });
    text
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

/// What stands after the closing parenthesis of a table.
pub(super) fn table_options(options: &TableOptions) -> String {
    let mut words = Vec::new();
    if options.strict {
        words.push("STRICT");
    }
    if options.without_rowid {
        words.push("WITHOUT ROWID");
    }
    words.join(", ")
}

/// A `CREATE TABLE` statement, one item a line; under another name if one is
/// given. Indexes are statements of their own.
pub fn create_table(table: &Table, name: Option<&str>) -> String {
    let inline = |column: &Column| {
        table
            .primary_key
            .as_ref()
            .filter(|key| key.columns.contains(&column.name) && is_inline_key(column, key))
    };
    let mut items: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let key = inline(column).map(|k| inline_key(k.name.as_ref(), column.autoincrement));
            column_with_key(column, key.as_deref())
        })
        .collect();
    let written = table.columns.iter().any(|column| inline(column).is_some());
    if let Some(key) = table.primary_key.as_ref().filter(|_| !written) {
        items.push(primary_key(key));
    }
    items.extend(table.uniques.iter().map(unique));
    items.extend(table.foreign_keys.iter().map(foreign_key));
    items.extend(table.checks.iter().map(check));
    let options = table_options(&table.options);
    let space = if options.is_empty() { "" } else { " " };
    format!(
        "CREATE TABLE {} (\n  {}\n){space}{options}",
        quote(name.unwrap_or(table.name.name.as_str())),
        items.join(",\n  ")
    )
}

/// A `CREATE INDEX` statement. The index must have its name.
pub fn create_index(index: &Index, table: &str) -> String {
    let keys: Vec<String> = index.keys.iter().map(index_key).collect();
    let mut text = format!(
        "CREATE {}INDEX {} ON {} ({})",
        if index.unique { "UNIQUE " } else { "" },
        quote(index.name.as_ref().map_or("", Name::as_str)),
        quote(table),
        keys.join(", ")
    );
    if let Some(predicate) = &index.predicate {
        text.push_str(" WHERE ");
        text.push_str(predicate.as_str());
    }
    text
}

fn index_key(key: &IndexKey) -> String {
    let mut text = match &key.target {
        IndexTarget::Column(name) => quote(name.as_str()),
        IndexTarget::Expression(e) if e.as_str().contains("--") => parenthesised(e),
        IndexTarget::Expression(e) => e.as_str().to_owned(),
    };
    if let Some(collation) = &key.collation {
        text.push_str(&format!(" COLLATE {}", self::collation(collation)));
    }
    if key.descending {
        text.push_str(" DESC");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_written_with_all_it_has() {
        let mut index = Index::on(["a b", "c"]);
        index.name = Some("ix \"x".into());
        index.unique = true;
        index.keys[0].descending = true;
        index.keys[1].collation = Some("NOCASE".to_owned());
        index.keys.push(IndexKey::expression("lower(d)"));
        index.predicate = Some("d IS NOT NULL".into());
        assert_eq!(
            create_index(&index, "t"),
            "CREATE UNIQUE INDEX \"ix \"\"x\" ON \"t\" (\"a b\" DESC, \"c\" COLLATE NOCASE, lower(d)) \
             WHERE d IS NOT NULL"
        );
    }

    #[test]
    fn values_are_written_so_that_sqlite_reads_them_back() {
        for (value, text) in [
            (Literal::Text("it's".to_owned()), "'it''s'"),
            (Literal::Bytes(vec![0, 255]), "x'00FF'"),
            (Literal::Boolean(true), "TRUE"),
            (Literal::Integer(-1), "-1"),
            (Literal::Text("a\0".to_owned()), "(CAST(x'6100' AS TEXT))"),
        ] {
            assert_eq!(default_value(&DefaultValue::Literal(value)), text);
        }
        for (expression, text) in [
            ("current_timestamp", "CURRENT_TIMESTAMP"),
            ("1 + 1", "(1 + 1)"),
            ("1 -- one", "(1 -- one\n)"),
        ] {
            assert_eq!(
                default_value(&DefaultValue::Expression(expression.into())),
                text
            );
        }
    }
}
