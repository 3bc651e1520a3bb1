//! Asking the server for its own words.
//!
//! Each question is put into a temporary table that looks like the table it is
//! about, and read back just as the catalogue is read: with the default schema
//! alone on the search path. Where the server refuses, the question stays open.

use super::catalog;
use super::name::{self, quote, string};
use super::{default, tokens, types};
use crate::dialect::{Probe, TextRow};
use crate::diff::{Asked, Question};
use crate::schema::{Column, DefaultValue, EnumType, Expression, IndexTarget};

/// How to ask. `aludel.schema` is the default schema where introspection runs
/// in the same transaction; otherwise it is the session's own.
pub(super) fn probe(question: &Question) -> Option<Probe> {
    let expression = question.expression.as_str();
    let target = match &question.asked {
        Asked::Default(name) | Asked::Generated(name, _) => Some(name),
        Asked::Check | Asked::Key | Asked::Predicate => None,
    };
    if target.is_some_and(|name| question.columns.iter().all(|c| c.name != *name)) {
        return None;
    }
    let columns: Vec<String> = question
        .columns
        .iter()
        .map(|column| {
            let asked = (target == Some(&column.name)).then_some(&question.asked);
            definition(column, asked, expression)
        })
        .collect();
    let mut setup = vec![
        "SELECT pg_catalog.set_config('aludel.path', pg_catalog.current_setting('search_path'), true)".to_owned(),
        format!("SELECT pg_catalog.set_config('search_path', CASE WHEN pg_catalog.current_schema() IS NULL THEN pg_catalog.quote_ident({DEFAULT_SCHEMA}) ELSE pg_catalog.current_setting('search_path') END, true)"),
    ];
    // A type of the same name hides the one whose values have their old names;
    // the server writes casts to it without a schema, like casts to that.
    let renamed: Vec<&EnumType> = (question.enums.iter())
        .filter(|ty| ty.name.schema.is_none())
        .collect();
    setup.extend(renamed.iter().map(|ty| {
        let values: Vec<String> = ty.values.iter().map(|value| string(value)).collect();
        format!(
            "CREATE TYPE pg_temp.{} AS ENUM ({})",
            quote(ty.name.name.as_str()),
            values.join(", ")
        )
    }));
    setup.push(format!(
        "CREATE TEMPORARY TABLE aludel_probe ({})",
        columns.join(", ")
    ));
    setup.extend(match &question.asked {
        Asked::Default(_) | Asked::Generated(..) => None,
        Asked::Check => Some(format!(
            "ALTER TABLE pg_temp.aludel_probe ADD CHECK ({expression})"
        )),
        // A condition takes expressions of every type, a key only those that
        // can be sorted.
        Asked::Key => Some(format!(
            "CREATE INDEX ON pg_temp.aludel_probe ((1)) WHERE ({expression}) IS NOT NULL"
        )),
        Asked::Predicate => Some(format!(
            "CREATE INDEX ON pg_temp.aludel_probe ((1)) WHERE {expression}"
        )),
    });
    setup.push(format!("SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident({DEFAULT_SCHEMA}), true)"));
    let mut undo = vec!["DROP TABLE IF EXISTS pg_temp.aludel_probe".to_owned()];
    undo.extend(renamed.iter().map(|ty| {
        let name = quote(ty.name.name.as_str());
        format!("DROP TYPE IF EXISTS pg_temp.{name}")
    }));
    undo.push("SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('aludel.path'), true)".to_owned());
    Some(Probe {
        setup,
        read: read(&question.asked),
        undo,
    })
}

const DEFAULT_SCHEMA: &str = "COALESCE(NULLIF(pg_catalog.current_setting('aludel.schema', true), ''), pg_catalog.current_schema())";

fn definition(column: &Column, asked: Option<&Asked>, expression: &str) -> String {
    let mut text = format!(
        "{} {}",
        quote(column.name.as_str()),
        types::write(&column.ty)
    );
    if let Some(collation) = &column.collation {
        text.push_str(&format!(" COLLATE {}", name::collation(collation)));
    }
    match asked {
        Some(Asked::Default(_)) => text.push_str(&format!(" DEFAULT ({expression})")),
        // Whether it is kept changes nothing about the expression, and every
        // version knows STORED.
        Some(Asked::Generated(..)) => {
            text.push_str(&format!(" GENERATED ALWAYS AS ({expression}) STORED"));
        }
        Some(Asked::Check | Asked::Key | Asked::Predicate) | None => {}
    }
    text
}

fn read(asked: &Asked) -> String {
    const TABLE: &str = "'pg_temp.aludel_probe'::pg_catalog.regclass";
    match asked {
        Asked::Default(name) | Asked::Generated(name, _) => format!(
            "SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum \
             WHERE d.adrelid = {TABLE} AND a.attname = {}",
            string(name.as_str())
        ),
        Asked::Check => format!(
            "SELECT pg_catalog.pg_get_expr(k.conbin, k.conrelid) FROM pg_catalog.pg_constraint k \
             WHERE k.conrelid = {TABLE} AND k.contype = 'c'"
        ),
        Asked::Key | Asked::Predicate => format!(
            "SELECT pg_catalog.pg_get_expr(i.indpred, i.indrelid) FROM pg_catalog.pg_index i \
             WHERE i.indrelid = {TABLE}"
        ),
    }
}

/// The server's words, in the form in which a canonical schema has them.
pub(super) fn answer(question: &Question, rows: &[TextRow]) -> Option<Expression> {
    let text = rows.first()?.first()?.as_deref()?;
    let bare = tokens::unwrapped(text);
    Some(match &question.asked {
        Asked::Default(name) => {
            let column = question.columns.iter().find(|c| c.name == *name)?;
            let read = DefaultValue::Expression(Expression::new(bare));
            match default::canonical(read, &column.ty) {
                Some(DefaultValue::Expression(expression)) => expression,
                Some(DefaultValue::Literal(literal)) => literal.to_expression(),
                None => Expression::new("NULL"),
            }
        }
        Asked::Key => {
            let key = bare.strip_suffix(" IS NOT NULL")?;
            match catalog::key_target(key) {
                IndexTarget::Expression(expression) => expression,
                IndexTarget::Column(name) => Expression::new(name::spelled(name.as_str())),
            }
        }
        Asked::Generated(..) | Asked::Check | Asked::Predicate => Expression::new(bare),
    })
}
