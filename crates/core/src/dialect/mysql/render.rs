//! Definitions written from the schema.
//!
//! Owns where every clause of a table stands. It must not know what is there
//! already: what is to be changed is decided by `lower`.
//!
//! Strings are written for a session without `NO_BACKSLASH_ESCAPES`, which the
//! connection of a migration clears; nothing else depends on the SQL mode.

use super::MySql;
use super::canonical::{comes_by_itself, implied_indexes, is_of_column, is_of_period, kept_with};
use super::lexer::{self, Token, TokenKind};
use super::name::{quote, string};
use super::types;
use crate::schema::{
    Check, Column, ColumnType, DefaultValue, ForeignKey, Index, IndexKey, IndexTarget, Literal,
    Name, PrimaryKey, ReferentialAction, Table, TableName, TableOptions, Unique,
};

/// A table's name, with its database where it is not the default one.
pub(super) fn table_name(name: &TableName) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", quote(schema.as_str()), quote(name.name.as_str())),
        None => quote(name.name.as_str()),
    }
}

/// Names in parentheses.
pub(super) fn names(names: &[Name]) -> String {
    let names: Vec<String> = names.iter().map(|n| quote(n.as_str())).collect();
    format!("({})", names.join(", "))
}

/// `CREATE TABLE`, with those of its foreign keys that `keeps` says.
pub(super) fn create_table(
    on: MySql,
    table: &Table,
    keeps: impl Fn(&ForeignKey) -> bool,
) -> String {
    let mut implied = implied_indexes(on, table);
    implied.retain(|index| !comes_by_itself(table, index));
    let columns = table.columns.iter().map(|c| column(on, c, Some(table)));
    let mut parts: Vec<String> = columns.collect();
    parts.extend(table.primary_key.iter().map(primary_key));
    parts.extend(table.uniques.iter().map(unique));
    parts.extend(table.indexes.iter().map(index));
    parts.extend(implied.iter().map(index));
    let keys = table.foreign_keys.iter().filter(|k| keeps(k));
    parts.extend(keys.map(foreign_key));
    parts.extend(table.checks.iter().filter(|c| !is_of_column(c)).map(check));
    parts.extend(system_time(table));
    let mut sql = format!(
        "CREATE TABLE {} (\n  {}\n)",
        table_name(&table.name),
        parts.join(",\n  ")
    );
    for clause in table_options(&table.options, table.comment.as_deref()) {
        sql.push(' ');
        sql.push_str(&clause);
    }
    sql
}

/// The clause that names the columns with the times of MariaDB's versions of a
/// row, where they are listed.
fn system_time(table: &Table) -> Option<String> {
    let column = |end: &str| table.columns.iter().find(|c| extra_has(c, &["row", end]));
    let (start, end) = (column("start")?, column("end")?);
    let ends = names(&[start.name.clone(), end.name.clone()]);
    Some(format!("PERIOD FOR SYSTEM_TIME {ends}"))
}

/// The options of a table; what only the database says comes last, since
/// PARTITION BY must.
fn table_options(options: &TableOptions, comment: Option<&str>) -> Vec<String> {
    let mut clauses = Vec::new();
    clauses.extend(options.engine.iter().map(|e| format!("ENGINE={e}")));
    clauses.extend(
        options
            .charset
            .iter()
            .map(|c| format!("DEFAULT CHARSET={c}")),
    );
    clauses.extend(options.collation.iter().map(|c| format!("COLLATE={c}")));
    clauses.extend(comment.map(|c| format!("COMMENT={}", string(c))));
    clauses.extend(options.extra.clone());
    clauses
}

/// The database's own spelling of a column's type.
pub(super) fn type_of(ty: &ColumnType) -> String {
    types::write(ty)
}

/// Whether a type, by its spelling, is text that has a character set.
pub(super) fn is_text(spelling: &str) -> bool {
    let word = first_word(spelling);
    matches!(
        word.as_str(),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set"
    )
}

/// Whether a type, by its spelling, takes no constant as its default on MySQL.
fn needs_expression_default(spelling: &str) -> bool {
    let word = first_word(spelling);
    word.ends_with("text") || word.ends_with("blob") || word == "json" || word == "geometry"
}

/// The first word of a spelling, in lower case.
pub(super) fn first_word(spelling: &str) -> String {
    let end = spelling.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let word = spelling.get(..end.unwrap_or(spelling.len()));
    word.unwrap_or_default().to_ascii_lowercase()
}

/// A column with everything it has, as CREATE, ADD and MODIFY take it. Of the
/// checks of its table, where that is told, it has those that are kept with it.
pub(super) fn column(on: MySql, column: &Column, table: Option<&Table>) -> String {
    let mut sql = format!(
        "{} {}",
        quote(column.name.as_str()),
        column_definition(on, column)
    );
    if column.ty == ColumnType::Json && Extra::of(column.extra.as_deref()).character_set.is_some() {
        sql.push_str(&format!(
            " CHECK (json_valid({}))",
            quote(column.name.as_str())
        ));
    }
    let checks = table.map_or(&[][..], |table| &table.checks);
    for check in checks.iter().filter(|check| is_of_column(check)) {
        if table.and_then(|table| kept_with(check, table)).as_ref() != Some(&column.name) {
            continue;
        }
        sql.push_str(&format!(" CHECK ({})", check.expression));
    }
    sql
}

/// A column's definition without its name.
fn column_definition(on: MySql, column: &Column) -> String {
    let extra = Extra::of(column.extra.as_deref());
    // JSON has a character set of its own, where it is only another name for
    // this type.
    let spelling = match column.ty {
        ColumnType::Json if extra.character_set.is_some() => "longtext".to_owned(),
        // The width goes with the type.
        _ => match &extra.with_width {
            Some(spelling) if types::read(spelling) == column.ty => spelling.clone(),
            _ => type_of(&column.ty),
        },
    };
    let mut parts = vec![spelling.clone()];
    parts.extend(extra.character_set);
    parts.extend(column.collation.iter().map(|c| format!("COLLATE {c}")));
    match &column.generated {
        Some(generated) => {
            let kind = if generated.stored {
                "STORED"
            } else {
                "VIRTUAL"
            };
            parts.push(format!(
                "GENERATED ALWAYS AS ({}) {kind}",
                generated.expression
            ));
            // MariaDB has no NOT NULL for generated columns.
            if !column.nullable && !on.is_mariadb() {
                parts.push("NOT NULL".to_owned());
            }
        }
        None if !extra.rest.to_ascii_lowercase().starts_with("generated") => {
            if !column.nullable {
                parts.push("NOT NULL".to_owned());
            } else if first_word(&spelling) == "timestamp" {
                // Some servers make a timestamp NOT NULL where nothing is said.
                parts.push("NULL".to_owned());
            }
            parts.extend(
                column
                    .default
                    .iter()
                    .map(|d| format!("DEFAULT {}", default(on, d, &spelling))),
            );
        }
        None => {}
    }
    if !extra.rest.is_empty() {
        parts.push(with_digits_of(extra.rest, &column.ty));
    }
    if column.autoincrement {
        parts.push("AUTO_INCREMENT".to_owned());
    }
    parts.extend(
        column
            .comment
            .iter()
            .map(|c| format!("COMMENT {}", string(c))),
    );
    parts.join(" ")
}

/// The clauses with the fractional digits of the column behind `ON UPDATE`: MySQL
/// takes no others, and the type may have become another one.
fn with_digits_of(clauses: String, ty: &ColumnType) -> String {
    const WORDS: &str = "ON UPDATE ";
    let Some(at) = clauses.find(WORDS) else {
        return clauses;
    };
    let after = &clauses[at + WORDS.len()..];
    let end = after.find([' ', ',']).unwrap_or(after.len());
    let clause = super::default::on_update(&after[..end], ty);
    format!("{}{clause}{}", &clauses[..at], &after[end..])
}

/// The clauses of a column that no model can say, by where they stand.
struct Extra {
    /// `int(5) unsigned`, which stands instead of the type.
    with_width: Option<String>,
    /// `CHARACTER SET x COLLATE y`, which stands right after the type.
    character_set: Option<String>,
    /// All others.
    rest: String,
}

impl Extra {
    fn of(extra: Option<&str>) -> Self {
        let (with_width, extra) = width_and_rest(extra.unwrap_or_default());
        let none = Self {
            with_width: with_width.clone(),
            character_set: None,
            rest: extra.to_owned(),
        };
        let Ok(tokens) = lexer::tokens(extra) else {
            return none;
        };
        let place = tokens
            .windows(3)
            .position(|w| w[0].is(extra, "character") && w[1].is(extra, "set"));
        let Some(place) = place else {
            return none;
        };
        let collated = tokens.get(place + 3).filter(|t| t.is(extra, "collate"));
        let last = collated.map_or(place + 2, |_| place + 4);
        let (Some(first), Some(last)) = (tokens.get(place), tokens.get(last)) else {
            return none;
        };
        let range = first.range.start..last.range.end;
        let part = |range: std::ops::Range<usize>| extra.get(range).unwrap_or_default().trim();
        let rest = [part(0..range.start), part(range.end..extra.len())];
        Self {
            with_width,
            character_set: Some(part(range).to_owned()),
            rest: rest.join(" ").trim().to_owned(),
        }
    }
}

/// The type with its display width that may come first, and the rest.
fn width_and_rest(extra: &str) -> (Option<String>, &str) {
    let end = extra.find(") unsigned").map(|at| at + ") unsigned".len());
    let ends = [end, extra.find(')').map(|at| at + 1)];
    let mut ends = ends.into_iter().flatten();
    let found = ends.find_map(|end| {
        let (head, rest) = extra.split_at_checked(end)?;
        Some((types::with_width(head)?, rest.trim_start()))
    });
    found.map_or((None, extra), |(width, rest)| (Some(width), rest))
}

/// What stands after DEFAULT.
fn default(on: MySql, value: &DefaultValue, spelling: &str) -> String {
    match value {
        DefaultValue::Literal(Literal::Null) => "NULL".to_owned(),
        DefaultValue::Literal(constant) => {
            let constant = literal(constant);
            if !on.is_mariadb() && needs_expression_default(spelling) {
                format!("({constant})")
            } else {
                constant
            }
        }
        DefaultValue::Expression(expression) => {
            let word = first_word(spelling);
            let timed = matches!(word.as_str(), "datetime" | "timestamp");
            if timed && is_now(expression.as_str()) {
                expression.to_string()
            } else {
                format!("({expression})")
            }
        }
    }
}

/// Whether an expression is the present time, which needs no parentheses as a
/// default.
fn is_now(expression: &str) -> bool {
    let Ok(tokens) = lexer::tokens(expression) else {
        return false;
    };
    let words: Vec<&str> = tokens.iter().map(|t: &Token| t.text(expression)).collect();
    let Some((first, call)) = words.split_first() else {
        return false;
    };
    let now = ["current_timestamp", "now", "localtime", "localtimestamp"];
    let digits = |t: &&str| t.chars().all(|c| c.is_ascii_digit());
    now.iter().any(|n| n.eq_ignore_ascii_case(first))
        && match call {
            [] | ["(", ")"] => true,
            ["(", number, ")"] => digits(number),
            _ => false,
        }
}

/// A constant.
pub(super) fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Null => "NULL".to_owned(),
        Literal::Boolean(value) => u8::from(*value).to_string(),
        Literal::Integer(number) => number.to_string(),
        Literal::Number(digits) => digits.clone(),
        Literal::Text(value) => string(value),
        Literal::Bytes(bytes) => {
            let hex: String = bytes.iter().map(|b| format!("{b:02X}")).collect();
            format!("x'{hex}'")
        }
    }
}

/// A default or a value of a row, as an expression.
pub(super) fn value(value: &DefaultValue) -> String {
    match value {
        DefaultValue::Literal(constant) => literal(constant),
        DefaultValue::Expression(expression) => format!("({expression})"),
    }
}

/// A primary key, as CREATE and ADD take it.
pub(super) fn primary_key(key: &PrimaryKey) -> String {
    let parts = key.parts().map(|(name, prefix)| {
        let length = prefix.map(|n| format!("({n})"));
        format!("{}{}", quote(name.as_str()), length.unwrap_or_default())
    });
    format!(
        "PRIMARY KEY {}",
        parts_with_extra(parts.collect(), key.extra.as_deref())
    )
}

/// The parts of a key in parentheses and what is said behind them, with what is
/// said of the parts at each.
fn parts_with_extra(mut parts: Vec<String>, extra: Option<&str>) -> String {
    let extra = extra.unwrap_or_default();
    let said = extra
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'));
    let mut rest = extra;
    if let Some((of_parts, behind)) = said {
        rest = behind.trim_start();
        let mut said: Vec<&str> = of_parts.split(", ").collect();
        // A period comes behind the columns, however many there are by now.
        let period = said.pop_if(|last| last.ends_with(" WITHOUT OVERLAPS"));
        for (part, said) in parts
            .iter_mut()
            .zip(said)
            .filter(|(_, said)| *said != "ASC")
        {
            *part = format!("{part} {said}");
        }
        parts.extend(period.map(str::to_owned));
    }
    let rest = Some(rest).filter(|rest| !rest.is_empty());
    with_extra(format!("({})", parts.join(", ")), rest)
}

/// A unique constraint, which is a unique index here.
pub(super) fn unique(unique: &Unique) -> String {
    let name = unique
        .name
        .as_ref()
        .map(|n| format!("{} ", quote(n.as_str())));
    let parts = unique.columns.iter().map(|n| quote(n.as_str()));
    format!(
        "UNIQUE KEY {}{}",
        name.unwrap_or_default(),
        parts_with_extra(parts.collect(), unique.extra.as_deref())
    )
}

/// An index, as CREATE and ADD take it.
pub(super) fn index(index: &Index) -> String {
    let method = index.method.as_deref().unwrap_or_default();
    let special = ["fulltext", "spatial", "vector"]
        .into_iter()
        .find(|m| m.eq_ignore_ascii_case(method));
    let kind = match special {
        Some(word) => format!("{} ", word.to_ascii_uppercase()),
        None if index.unique => "UNIQUE ".to_owned(),
        None => String::new(),
    };
    let name = index
        .name
        .as_ref()
        .map(|n| format!("{} ", quote(n.as_str())));
    let keys: Vec<String> = index.keys.iter().map(index_key).collect();
    let mut sql = format!(
        "{kind}KEY {}({})",
        name.unwrap_or_default(),
        keys.join(", ")
    );
    if special.is_none() && !method.is_empty() {
        sql.push_str(&format!(" USING {}", method.to_ascii_uppercase()));
    }
    with_extra(sql, index.extra.as_deref())
}

fn index_key(key: &IndexKey) -> String {
    let mut sql = match &key.target {
        IndexTarget::Column(name) => quote(name.as_str()),
        IndexTarget::Expression(expression) => format!("({expression})"),
    };
    if let Some(length) = key.prefix {
        sql.push_str(&format!("({length})"));
    }
    if key.descending {
        sql.push_str(" DESC");
    }
    sql
}

/// A foreign key, as CREATE and ADD take it.
pub(super) fn foreign_key(key: &ForeignKey) -> String {
    let mut sql = constraint(key.name.as_ref());
    sql.push_str(&format!(
        "FOREIGN KEY {} REFERENCES {} {}",
        names(&key.columns),
        table_name(&key.references),
        names(&key.referenced_columns)
    ));
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        let word = match action {
            ReferentialAction::NoAction => continue,
            ReferentialAction::Restrict => "RESTRICT",
            ReferentialAction::Cascade => "CASCADE",
            ReferentialAction::SetNull => "SET NULL",
            ReferentialAction::SetDefault => "SET DEFAULT",
        };
        sql.push_str(&format!(" ON {event} {word}"));
    }
    with_extra(sql, key.extra.as_deref())
}

/// A check, as CREATE and ADD take it.
pub(super) fn check(check: &Check) -> String {
    if is_of_period(check)
        && let Some(period) = period(check)
    {
        return period;
    }
    let sql = format!(
        "{}CHECK ({})",
        constraint(check.name.as_ref()),
        check.expression
    );
    with_extra(sql, check.extra.as_deref())
}

/// The period that a check comes with; what the check compares are its ends.
fn period(check: &Check) -> Option<String> {
    let (start, end) = check.expression.as_str().split_once(" < ")?;
    let name = quote(check.name.as_ref()?.as_str());
    Some(format!("PERIOD FOR {name} ({start}, {end})"))
}

fn constraint(name: Option<&Name>) -> String {
    name.map(|n| format!("CONSTRAINT {} ", quote(n.as_str())))
        .unwrap_or_default()
}

fn with_extra(mut sql: String, extra: Option<&str>) -> String {
    if let Some(extra) = extra {
        sql.push(' ');
        sql.push_str(extra);
    }
    sql
}

/// Whether a clause of a column has that word in it.
pub(super) fn extra_has(column: &Column, words: &[&str]) -> bool {
    let extra = column.extra.as_deref().unwrap_or_default();
    lexer::tokens(extra).is_ok_and(|tokens| {
        let all: Vec<&Token> = tokens
            .iter()
            .filter(|t| t.kind == TokenKind::Word)
            .collect();
        all.windows(words.len())
            .any(|w| w.iter().zip(words).all(|(t, word)| t.is(extra, word)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_stays_behind_the_columns_of_its_key() {
        let with = |parts: &[&str]| {
            let parts = parts.iter().map(|&part| part.to_owned()).collect();
            parts_with_extra(parts, Some("(DESC, `p` WITHOUT OVERLAPS) COMMENT 'x'"))
        };
        assert_eq!(
            with(&["`a`", "`b`"]),
            "(`a` DESC, `b`, `p` WITHOUT OVERLAPS) COMMENT 'x'"
        );
        assert_eq!(
            with(&["`a`"]),
            "(`a` DESC, `p` WITHOUT OVERLAPS) COMMENT 'x'"
        );
    }
}
