//! Changes of a table for which SQLite's own ALTER TABLE has a way.
//!
//! Owns the rules of ADD COLUMN and DROP COLUMN. It must not know the rebuild:
//! a change that it cannot do is handed back.

use super::Unit;
use super::mention;
use super::working::{self, Own};
use crate::change::Change;
use crate::dialect::sqlite::ddl::TableDdl;
use crate::dialect::sqlite::lexer;
use crate::dialect::sqlite::render::{self, quote};
use crate::dialect::{ObjectKind, Snapshot, SqlObject};
use crate::error::{Error, Result};
use crate::operation::{RenamedValues, TableChange};
use crate::plan::Statement;
use crate::schema::{Check, Column, DefaultValue, ForeignKey, Index, Literal, Name, Table};

/// The table afterwards, and the statements of each change.
pub(super) struct Native {
    /// The table afterwards.
    pub(super) own: Own,
    /// One list for each change.
    pub(super) statements: Vec<Vec<Statement>>,
}

/// The statements of a batch without a rebuild; `None` where only a rebuild
/// does it.
pub(super) fn lower(now: &Snapshot, own: &Own, units: &[Unit<'_>]) -> Result<Option<Native>> {
    let mut own = own.clone();
    let mut statements: Vec<Vec<Statement>> = Vec::with_capacity(units.len());
    let mut absorbed = Vec::new();
    for (at, unit) in units.iter().enumerate() {
        let mut carried = vec![at];
        let done = match unit.what {
            _ if absorbed.contains(&at) => Some(Vec::new()),
            TableChange::Index(change) => Some(change_index(&mut own, change, &unit.why)?),
            TableChange::Values(renamed) => Some(vec![update(&own, renamed, &unit.why)]),
            _ if unit.is_void() || goes_with_column(&own, units, at) => Some(Vec::new()),
            TableChange::Column(Change::Add(column)) => {
                let column = unit.after.column(column.name.as_str()).unwrap_or(column);
                let inline = Inline::of(column, units, at);
                absorbed.extend(inline.units.iter().copied());
                carried.extend(inline.units.iter().copied());
                add_column(&mut own, unit, column, &inline)
            }
            TableChange::Column(Change::Drop(column)) => {
                drop_column(now, &mut own, unit, &column.name)?
            }
            _ => None,
        };
        let Some(mut done) = done else {
            return Ok(None);
        };
        own.table = unit.after.clone();
        if let Some(main) = done.last_mut() {
            let hazards = carried.iter().flat_map(|&n| &units[n].hazards);
            main.hazards.extend(hazards.cloned());
        }
        statements.push(done);
    }
    Ok(Some(Native { own, statements }))
}

/// The rows of a table that stays as it is.
fn update(own: &Own, renamed: &RenamedValues, why: &str) -> Statement {
    let column = quote(renamed.column.as_str());
    let old: Vec<String> = renamed
        .values
        .iter()
        .map(|pair| render::string_literal(&pair.from))
        .collect();
    let sql = format!(
        "UPDATE {} SET {column} = {} WHERE {column} IN ({})",
        quote(own.name()),
        renamed_value(renamed),
        old.join(", ")
    );
    Statement::new(sql, why)
}

/// What a column holds, by the names that its values have afterwards.
pub(super) fn value(units: &[Unit<'_>], column: &Name) -> String {
    let renamed = units.iter().find_map(|unit| match unit.what {
        TableChange::Values(renamed) if renamed.column == *column => Some(renamed),
        _ => None,
    });
    renamed.map_or_else(|| quote(column.as_str()), renamed_value)
}

fn renamed_value(renamed: &RenamedValues) -> String {
    let column = quote(renamed.column.as_str());
    let mut sql = format!("CASE {column}");
    for pair in &renamed.values {
        let (from, to) = (&pair.from, &pair.to);
        sql.push_str(&format!(
            " WHEN {} THEN {}",
            render::string_literal(from),
            render::string_literal(to)
        ));
    }
    sql + &format!(" ELSE {column} END")
}

/// Creates, drops or renames an index; SQLite has no other way to change one.
pub(super) fn change_index(
    own: &mut Own,
    change: &Change<Index>,
    why: &str,
) -> Result<Vec<Statement>> {
    let statements = match change {
        Change::Add(index) => vec![add_index(own, index, why)?],
        Change::Drop(index) => vec![drop_index(own, index_name(index)?, why).0],
        Change::Alter(pair) => vec![
            drop_index(own, index_name(&pair.from)?, why).0,
            add_index(own, &pair.to, why)?,
        ],
        Change::Rename(names) => {
            let (drop, old) = drop_index(own, names.from.as_str(), why);
            let Some(old) = old else {
                return Err(Error::new(format!(
                    "there is no index `{}` on `{}`",
                    names.from,
                    own.name()
                )));
            };
            let sql = working::index_renamed(&old.sql, names.to.as_str());
            own.indexes.push(SqlObject {
                name: names.to.to_string(),
                sql: sql.clone(),
                ..old
            });
            vec![drop, Statement::new(sql, why)]
        }
    };
    Ok(statements)
}

fn index_name(index: &Index) -> Result<&str> {
    index.name.as_ref().map(Name::as_str).ok_or_else(|| {
        Error::new("an index has no name").with_hint("SQLite finds an index by its name: give one")
    })
}

fn add_index(own: &mut Own, index: &Index, why: &str) -> Result<Statement> {
    let name = index_name(index)?.to_owned();
    let sql = render::create_index(index, own.name());
    own.indexes.push(SqlObject {
        kind: ObjectKind::Index,
        name,
        table: own.name().to_owned(),
        sql: sql.clone(),
    });
    Ok(Statement::new(sql, why))
}

fn drop_index(own: &mut Own, name: &str, why: &str) -> (Statement, Option<SqlObject>) {
    let at = own
        .indexes
        .iter()
        .position(|o| working::same(&o.name, name));
    let old = at.map(|at| own.indexes.remove(at));
    (
        Statement::new(format!("DROP INDEX {}", quote(name)), why),
        old,
    )
}

/// The constraints of a batch that can stand beside a column added in it.
struct Inline<'a> {
    foreign_key: Option<&'a ForeignKey>,
    checks: Vec<&'a Check>,
    units: Vec<usize>,
}

impl<'a> Inline<'a> {
    fn of(column: &Column, units: &[Unit<'a>], at: usize) -> Self {
        let mut inline = Self {
            foreign_key: None,
            checks: Vec::new(),
            units: Vec::new(),
        };
        for (n, unit) in units.iter().enumerate().skip(at + 1) {
            match unit.what {
                TableChange::ForeignKey(Change::Add(key))
                    if key.columns == [column.name.clone()]
                        && inline.foreign_key.is_none()
                        && column.default.is_none() =>
                {
                    inline.foreign_key = Some(key);
                    inline.units.push(n);
                }
                TableChange::Check(Change::Add(check))
                    if names_only(check, column, &unit.after) =>
                {
                    inline.checks.push(check);
                    inline.units.push(n);
                }
                _ => {}
            }
        }
        inline
    }
}

/// Whether no other column of the table is in the expression of a check.
fn names_only(check: &Check, column: &Column, table: &Table) -> bool {
    let sql = check.expression.as_str();
    mention::count_name(sql, table.name.name.as_str()) == 0
        && table
            .columns
            .iter()
            .filter(|c| c.name != column.name)
            .all(|c| mention::count_name(sql, c.name.as_str()) == 0)
        && lexer::tokens(sql).is_ok()
}

/// `ALTER TABLE .. ADD COLUMN`, where SQLite takes it for a table with rows.
/// A NOT NULL column without any value for them is given to SQLite as it is:
/// it fits an empty table, and nothing else would fit a filled one.
fn add_column(
    own: &mut Own,
    unit: &Unit<'_>,
    column: &Column,
    inline: &Inline<'_>,
) -> Option<Vec<Statement>> {
    let stored = column.generated.as_ref().is_some_and(|g| g.stored);
    let constant = matches!(&column.default, None | Some(DefaultValue::Literal(_)));
    let fills = unit
        .fill()
        .is_none_or(|fill| Some(fill) == column.default.as_ref());
    // A CAST, which only a text with a zero byte needs, is not constant.
    let plain = !matches!(&column.default,
        Some(DefaultValue::Literal(Literal::Text(text))) if text.contains('\0'));
    if stored || !constant || !fills || !plain || column.autoincrement {
        return None;
    }
    let mut definition = render::column_definition(column, false);
    for check in &inline.checks {
        definition.push(' ');
        definition.push_str(&render::check(check));
    }
    if let Some(key) = inline.foreign_key {
        definition.push(' ');
        definition.push_str(&render::inline_foreign_key(key));
    }
    if let Ok(mut ddl) = TableDdl::parse(&own.sql) {
        ddl.apply(&TableChange::Column(Change::Add(column.clone())))
            .ok()?;
        let plain = render::column_definition(column, false);
        let at = ddl.to_sql().rfind(&plain)?;
        own.sql = ddl.to_sql().to_owned();
        own.sql.replace_range(at..at + plain.len(), &definition);
    }
    Some(vec![Statement::new(
        format!("ALTER TABLE {} ADD COLUMN {definition}", quote(own.name())),
        &unit.why,
    )])
}

/// `ALTER TABLE .. DROP COLUMN`, where nothing else of the database names the
/// column.
fn drop_column(
    now: &Snapshot,
    own: &mut Own,
    unit: &Unit<'_>,
    column: &Name,
) -> Result<Option<Vec<Statement>>> {
    let table = &own.table;
    let in_constraint = table
        .primary_key
        .iter()
        .flat_map(|k| &k.columns)
        .chain(table.uniques.iter().flat_map(|u| &u.columns))
        .chain(table.foreign_keys.iter().flat_map(|k| &k.columns))
        .any(|c| c == column);
    let in_index = own
        .indexes
        .iter()
        .any(|o| !mention::index_words(&o.sql, column.as_str()).is_empty());
    if in_constraint || in_index || table.columns.len() < 2 {
        return Ok(None);
    }
    // What is left of the definition must not name the column; of one that
    // cannot be read, it may be named once, where it is defined.
    let left = match TableDdl::parse(&own.sql) {
        Ok(ddl) if ddl.checks_others(column.as_str()) => return Ok(None),
        Ok(mut ddl) => {
            ddl.apply(unit.what)?;
            if mention::count_name(ddl.to_sql(), column.as_str()) > 0 {
                return Ok(None);
            }
            ddl.to_sql().to_owned()
        }
        Err(_) if mention::count_name(&own.sql, column.as_str()) > 1 => return Ok(None),
        Err(_) => own.sql.clone(),
    };
    if !mention::of_column(now, own.name(), column.as_str())?.is_empty() {
        return Ok(None);
    }
    own.sql = left;
    let sql = format!(
        "ALTER TABLE {} DROP COLUMN {}",
        quote(own.name()),
        quote(column.as_str())
    );
    Ok(Some(vec![Statement::new(sql, &unit.why)]))
}

/// Whether a constraint that is dropped stands beside a column that the same
/// batch drops later, and so goes away with it.
fn goes_with_column(own: &Own, units: &[Unit<'_>], at: usize) -> bool {
    if !matches!(
        units[at].what,
        TableChange::ForeignKey(Change::Drop(_)) | TableChange::Check(Change::Drop(_))
    ) {
        return false;
    }
    let Ok(ddl) = TableDdl::parse(&own.sql) else {
        return false;
    };
    units[at + 1..].iter().any(|later| {
        let mut alone = ddl.clone();
        let mut both = ddl.clone();
        matches!(later.what, TableChange::Column(Change::Drop(_)))
            && alone.apply(later.what).is_ok()
            && both.apply(units[at].what).is_ok()
            && both.apply(later.what).is_ok()
            && lexer::normalised_tokens(alone.to_sql()) == lexer::normalised_tokens(both.to_sql())
    })
}
