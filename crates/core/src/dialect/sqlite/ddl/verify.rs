//! Whether the parser of SQLite's grammar reads the same parts.

use bumpalo::Bump;
use fallible_iterator::FallibleIterator;
use sqlite3_parser::ast::{
    Cmd, ColumnConstraint, ColumnDefinition, CreateTableBody, Stmt, TabFlags, TableConstraint,
};
use sqlite3_parser::lexer::sql::Parser;

use super::super::lexer;
use super::parts::{Clause, Kind, Parts};
use crate::error::{Error, Result};

/// Compares the parts with the tree that `sqlite3-parser` makes of the text.
pub(super) fn verify(sql: &str, parts: &Parts) -> Result<()> {
    let bump = Bump::new();
    let mut parser = Parser::new(&bump, sql.as_bytes());
    let command = parser
        .next()
        .map_err(|e| Error::new(format!("its text does not parse: {e}")))?;
    let Some(Cmd::Stmt(Stmt::CreateTable { tbl_name, body, .. })) = command else {
        return Err(Error::new("its text is not that of a table"));
    };
    let CreateTableBody::ColumnsAndConstraints {
        columns,
        constraints,
        flags,
    } = body
    else {
        return Err(Error::new("its text is that of a query"));
    };
    let mut theirs = vec![folded(tbl_name.name.0)];
    theirs.extend(columns.iter().map(column_shape));
    theirs.extend(
        constraints
            .unwrap_or_default()
            .iter()
            .map(|c| table_shape(&c.constraint)),
    );
    theirs.push(format!(
        "{} {}",
        flags.contains(TabFlags::Strict),
        flags.contains(TabFlags::WithoutRowid)
    ));
    let ours = our_shape(sql, parts);
    if theirs == ours {
        return Ok(());
    }
    let odd = ours
        .iter()
        .find(|part| !theirs.contains(part))
        .or_else(|| theirs.iter().find(|part| !ours.contains(part)));
    Err(Error::new(format!(
        "its text can be read in two ways: {}",
        odd.map_or("the order of its parts", String::as_str)
    )))
}

fn folded(name: &str) -> String {
    lexer::unquote(name).to_ascii_lowercase()
}

fn our_shape(sql: &str, parts: &Parts) -> Vec<String> {
    let mut shape = vec![folded(parts.name.text(sql))];
    for column in &parts.columns {
        let mut text = format!(
            "{} {}",
            column.name.as_str().to_ascii_lowercase(),
            column.ty.is_some()
        );
        for clause in &column.clauses {
            text.push_str(&our_clause(sql, clause));
        }
        shape.push(text);
    }
    shape.extend(parts.constraints.iter().map(|c| our_clause(sql, c)));
    shape.push(format!("{} {}", parts.strict, parts.without_rowid));
    shape
}

fn our_clause(sql: &str, clause: &Clause) -> String {
    match &clause.kind {
        Kind::NotNull => " not null".to_owned(),
        Kind::Null => " null".to_owned(),
        Kind::PrimaryKey {
            keys,
            autoincrement,
            ..
        } => format!(
            " primary key {} {}",
            keys.as_ref().map_or(0, |k| k.parts.len()),
            autoincrement.is_some()
        ),
        Kind::Unique(keys) => format!(" unique {}", keys.as_ref().map_or(0, |k| k.parts.len())),
        Kind::Check(_) => " check".to_owned(),
        Kind::Default(_) => " default".to_owned(),
        Kind::Collate(name) => format!(" collate {}", folded(&sql[name.clone()])),
        Kind::ForeignKey(key) => format!(
            " foreign key {} {} {}",
            key.columns.len(),
            folded(key.table.text(sql)),
            key.referenced.len()
        ),
        Kind::Generated { stored, .. } => format!(" generated {stored}"),
    }
}

fn column_shape(column: &ColumnDefinition<'_>) -> String {
    let typed = column.col_type.as_ref().is_some_and(|t| !t.name.is_empty());
    let mut text = format!("{} {typed}", folded(column.col_name.0));
    for named in column.constraints {
        text.push_str(&match &named.constraint {
            ColumnConstraint::PrimaryKey { auto_increment, .. } => {
                format!(" primary key 0 {auto_increment}")
            }
            ColumnConstraint::NotNull { nullable: true, .. } => " null".to_owned(),
            ColumnConstraint::NotNull { .. } => " not null".to_owned(),
            ColumnConstraint::Unique(_) => " unique 0".to_owned(),
            ColumnConstraint::Check(_) => " check".to_owned(),
            ColumnConstraint::Default(_) => " default".to_owned(),
            // Behind a reference, and read there as its part.
            ColumnConstraint::Defer(_) => String::new(),
            ColumnConstraint::Collate { collation_name } => {
                format!(" collate {}", folded(collation_name.0))
            }
            ColumnConstraint::ForeignKey { clause, .. } => format!(
                " foreign key 0 {} {}",
                folded(clause.tbl_name.0),
                clause.columns.map_or(0, <[_]>::len)
            ),
            ColumnConstraint::Generated { typ, .. } => {
                let stored = typ
                    .as_ref()
                    .is_some_and(|t| t.0.eq_ignore_ascii_case("stored"));
                format!(" generated {stored}")
            }
        });
    }
    text
}

fn table_shape(constraint: &TableConstraint<'_>) -> String {
    match constraint {
        TableConstraint::PrimaryKey {
            columns,
            auto_increment,
            ..
        } => format!(" primary key {} {auto_increment}", columns.len()),
        TableConstraint::Unique { columns, .. } => format!(" unique {}", columns.len()),
        TableConstraint::Check(..) => " check".to_owned(),
        TableConstraint::ForeignKey {
            columns, clause, ..
        } => format!(
            " foreign key {} {} {}",
            columns.len(),
            folded(clause.tbl_name.0),
            clause.columns.map_or(0, <[_]>::len)
        ),
    }
}
