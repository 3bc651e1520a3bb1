//! Asking the server for its own words for an expression.
//!
//! It owns the temporary table that carries the expression, and where `SHOW
//! CREATE TABLE` says it again. Both servers show it as their catalogues report
//! it, but for what the canonical form takes away.

use super::MySql;
use super::canonical::canonical_expression;
use super::default::canonical_default;
use super::expression::{Scanner, Token};
use super::name::quote;
use super::types::{Class, write};
use crate::dialect::{Probe, TextRow};
use crate::diff::{Asked, Question};
use crate::schema::{Column, DefaultValue, Expression};

const TABLE: &str = "`aludel_probe`";

/// The temporary table with all columns of the question and the expression;
/// nothing where the server keeps no such thing.
pub(super) fn probe(on: MySql, question: &Question) -> Option<Probe> {
    let expression = question.expression.as_str();
    let mut parts: Vec<String> = question
        .columns
        .iter()
        .map(|column| definition(column, question))
        .collect();
    match &question.asked {
        Asked::Default(_) | Asked::Generated(..) => {}
        Asked::Check => parts.push(format!("CHECK ({expression})")),
        Asked::Key if on.is_mariadb() => return None,
        Asked::Key => parts.push(format!("KEY `aludel_probe` (({expression}))")),
        Asked::Predicate => return None,
    }
    Some(Probe {
        setup: vec![
            format!("DROP TEMPORARY TABLE IF EXISTS {TABLE}"),
            format!("CREATE TEMPORARY TABLE {TABLE} ({})", parts.join(", ")),
        ],
        read: format!("SHOW CREATE TABLE {TABLE}"),
        undo: vec![format!("DROP TEMPORARY TABLE IF EXISTS {TABLE}")],
    })
}

/// A column with nothing but its type, and the expression where it is asked for.
fn definition(column: &Column, question: &Question) -> String {
    let mut text = format!("{} {}", quote(column.name.as_str()), write(&column.ty));
    if let Some(collation) = &column.collation
        && Class::of(&column.ty).has_collation()
    {
        text = format!("{text} COLLATE {collation}");
    }
    let expression = question.expression.as_str();
    match &question.asked {
        Asked::Default(name) if *name == column.name => format!("{text} DEFAULT ({expression})"),
        Asked::Generated(name, stored) if *name == column.name => {
            let kept = if *stored { "STORED" } else { "VIRTUAL" };
            format!("{text} GENERATED ALWAYS AS ({expression}) {kept}")
        }
        _ => text,
    }
}

/// The expression in the words of the server.
pub(super) fn answer(on: MySql, question: &Question, rows: &[TextRow]) -> Option<Expression> {
    let shown = rows.first()?.get(1)?.as_deref()?;
    match &question.asked {
        Asked::Default(name) => {
            let column = question.columns.iter().find(|c| c.name == *name)?;
            let text = after(line_of(shown, &quote(name.as_str()))?, &["default"])?;
            let value = DefaultValue::Expression(Expression::new(text));
            match canonical_default(value, &column.ty)? {
                DefaultValue::Expression(expression) => Some(expression),
                DefaultValue::Literal(_) => None,
            }
        }
        Asked::Generated(name, _) => {
            let line = line_of(shown, &quote(name.as_str()))?;
            let text = after(line, &["generated", "always", "as"])?;
            Some(canonical_expression(on, &Expression::new(text)))
        }
        Asked::Check => {
            let text = after(line_of(shown, "CONSTRAINT")?, &["check"])?;
            Some(canonical_expression(on, &Expression::new(text)))
        }
        Asked::Key => {
            let text = after(
                line_of(shown, "KEY `aludel_probe`")?,
                &["key", "aludel_probe"],
            )?;
            Some(canonical_expression(on, &Expression::new(text)))
        }
        Asked::Predicate => None,
    }
}

/// What is shown from the line on that begins so.
fn line_of<'a>(shown: &'a str, beginning: &str) -> Option<&'a str> {
    let at = shown.find(&format!("\n  {beginning} "))?;
    shown.get(at + 3..)
}

/// The expression after these words: up to the end of the definition, or up to
/// the parenthesis that closes it.
fn after<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let mut scanner = Scanner { text, at: 0 };
    let mut met = 0;
    while met < words.len() {
        match scanner.next()?? {
            (Token::Word(word), _) if word == words[met] => met += 1,
            _ => met = 0,
        }
    }
    let start = scanner.at;
    let mut depth = 0_u32;
    let mut opened = false;
    while let Some((token, at)) = scanner.next()? {
        match token {
            Token::Symbol('(') => {
                opened |= text[start..at].trim().is_empty();
                depth += 1;
            }
            Token::Symbol(')') if depth == 0 => return Some(text[start..at].trim()),
            Token::Symbol(')') => {
                depth -= 1;
                if depth == 0 && opened {
                    return Some(text[start..scanner.at].trim());
                }
            }
            Token::Symbol(',') if depth == 0 => return Some(text[start..at].trim()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::schema::{ColumnType, Name, TableName};

    fn ask(asked: Asked, expression: &str) -> Question {
        Question {
            table: TableName::new("t"),
            columns: vec![
                Column::new("a", ColumnType::Integer),
                Column::new("v", ColumnType::Varchar(Some(20))),
                Column::new("at", ColumnType::DateTime(Some(0))),
            ],
            enums: Vec::new(),
            asked,
            expression: expression.into(),
        }
    }

    fn words(on: MySql, question: &Question, shown: &str) -> Option<String> {
        let row = vec![Some("aludel_probe".to_owned()), Some(shown.to_owned())];
        answer(on, question, &[row]).map(|e| e.as_str().to_owned())
    }

    #[test]
    fn mariadb_shows_what_its_catalogue_reports() {
        let maria = MySql::MARIADB;
        let shown = "CREATE TEMPORARY TABLE `aludel_probe` (\n  `a` int(11) DEFAULT NULL,\n  \
                     `v` varchar(20) DEFAULT concat('a,','b\\'\\'q'),\n  \
                     `at` datetime GENERATED ALWAYS AS (`a` + 1) VIRTUAL,\n  \
                     CONSTRAINT `CONSTRAINT_1` CHECK (`a` in (1,2) or `v` = ')')\n) ENGINE=InnoDB";
        let default = ask(Asked::Default(Name::from("v")), "concat('a,', \"b''q\")");
        let text = words(maria, &default, shown);
        assert_eq!(text.as_deref(), Some(r"concat('a,','b\'\'q')"));
        let generated = ask(Asked::Generated(Name::from("at"), false), "a+1");
        let text = words(maria, &generated, shown);
        assert_eq!(text.as_deref(), Some("`a` + 1"));
        let check = ask(Asked::Check, "a IN (1, 2) OR v = ')'");
        let text = words(maria, &check, shown);
        assert_eq!(text.as_deref(), Some("`a` in (1,2) or `v` = ')'"));
        assert_eq!(probe(maria, &ask(Asked::Key, "a + 1")), None);
        let shown = "CREATE TEMPORARY TABLE `aludel_probe` (\n  `a` int(11) DEFAULT NULL,\n  \
                     `at` datetime DEFAULT (current_timestamp() + interval 1 day)\n) ENGINE=InnoDB";
        let default = ask(Asked::Default(Name::from("at")), "now() + interval 1 day");
        let text = words(maria, &default, shown);
        assert_eq!(
            text.as_deref(),
            Some("current_timestamp() + interval 1 day")
        );
    }

    #[test]
    fn mysql_shows_texts_with_their_character_sets() {
        let shown = "CREATE TEMPORARY TABLE `aludel_probe` (\n  `a` int DEFAULT NULL,\n  \
                     `v` varchar(20) DEFAULT (concat(_utf8mb4'a',_utf8mb4'b')),\n  \
                     KEY `aludel_probe` ((lower(`v`))),\n  \
                     CONSTRAINT `aludel_probe_chk_1` CHECK ((`v` <> _utf8mb4'x'))\n) ENGINE=InnoDB";
        let check = ask(Asked::Check, "v <> 'x'");
        let text = words(MySql::MYSQL, &check, shown);
        assert_eq!(text.as_deref(), Some("`v` <> 'x'"));
        let key = ask(Asked::Key, "LOWER(v)");
        let text = words(MySql::MYSQL, &key, shown);
        assert_eq!(text.as_deref(), Some("lower(`v`)"));
        let default = ask(Asked::Default(Name::from("v")), "concat('a', 'b')");
        let text = words(MySql::MYSQL, &default, shown);
        assert_eq!(text.as_deref(), Some("concat('a','b')"));
    }

    #[test]
    fn the_table_is_made_of_types_and_one_expression() {
        let question = ask(Asked::Default(Name::from("v")), "upper('x')");
        let probe = probe(MySql::MARIADB, &question).unwrap();
        assert_eq!(
            probe.setup.last().map(String::as_str),
            Some(
                "CREATE TEMPORARY TABLE `aludel_probe` (`a` int, `v` varchar(20) \
                 DEFAULT (upper('x')), `at` datetime)"
            )
        );
    }
}
