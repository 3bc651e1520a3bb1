//! The table rebuild: a new table under a new definition, the rows copied, the
//! old one dropped, the new one renamed.
//!
//! Owns the statements and what rows are given on the way. The definition is
//! the stored text, edited, so that nothing which no model can say is lost.
//! Views and triggers are all taken away before and made again after: only so
//! does SQLite let the rename pass and still rewrite what names the new table.
//! It must not know which changes would not have needed it.

use std::collections::{BTreeMap, BTreeSet};

use super::Unit;
use super::fit;
use super::mention;
use super::native;
use super::working::{self, Own};
use crate::change::{Change, Pair};
use crate::dialect::sqlite::cast;
use crate::dialect::sqlite::ddl::{SelfReferences, TableDdl};
use crate::dialect::sqlite::lexer;
use crate::dialect::sqlite::render::{self, quote, string_literal};
use crate::dialect::types::sqlite_write;
use crate::dialect::{ObjectKind, Snapshot, SqlObject};
use crate::error::{Error, Result};
use crate::hazard::{Hazard, HazardKind};
use crate::operation::TableChange;
use crate::plan::Statement;
use crate::schema::{Column, DefaultValue, Name, Table};

/// The table afterwards, and the statements of all its changes.
pub(super) fn lower(
    now: &Snapshot,
    mut own: Own,
    units: &[Unit<'_>],
) -> Result<(Own, Vec<Statement>)> {
    let name = own.name().to_owned();
    let before = own.table.clone();
    let mut ddl = TableDdl::parse(&own.sql).map_err(|e| opaque(&name, units, &e))?;
    for unit in units {
        match unit.what {
            TableChange::Index(change) => {
                native::change_index(&mut own, change, &unit.why)?;
            }
            _ if unit.is_void() && !unit.waits_for_the_key(units) => {}
            _ => ddl.apply(unit.what)?,
        }
        own.table = unit.after.clone();
    }
    own.sql = ddl.to_sql().to_owned();
    refuse_indexes(&own, units)?;

    let temporary = free_name(now, REBUILT_PREFIX, &name);
    ddl.rename_to(&temporary, SelfReferences::Keep)?;
    let copy = Copy {
        before: &before,
        after: &own.table,
        sql: &own.sql,
        units,
    };
    let mut statements = fit::guards(now, &before, units);
    let told: Vec<Hazard> = statements.iter().flat_map(|s| s.hazards.clone()).collect();
    statements.push(Statement::new(ddl.to_sql(), reason(&name, units)));
    let mut copied = copy.statement(&name, &temporary)?;
    copied.hazards.retain(|hazard| !told.contains(hazard));
    statements.push(copied);
    if has_counter(&before) && has_counter(&own.table) {
        statements.extend(counter(&name, &temporary));
    }
    statements.push(Statement::new(
        format!("DROP TABLE {}", quote(&name)),
        format!("drop the old `{name}`, whose rows are copied"),
    ));
    statements.push(Statement::new(
        format!(
            "ALTER TABLE {} RENAME TO {}",
            quote(&temporary),
            quote(&name)
        ),
        format!("give the new `{name}` its name"),
    ));
    for index in &own.indexes {
        statements.push(Statement::new(
            index.sql.clone(),
            format!("make index `{}` again", index.name),
        ));
    }
    Ok((own, statements))
}

fn opaque(name: &str, units: &[Unit<'_>], error: &Error) -> Error {
    let what = units
        .iter()
        .find(|u| !u.is_void() && !matches!(u.what, TableChange::Index(_)))
        .map_or("change it", |u| u.why.as_str());
    Error::new(format!(
        "cannot {what}: `{name}` must be rebuilt, and its definition cannot be read: {error}"
    ))
    .with_hint("rebuild the table yourself with `execute`")
}

fn reason(name: &str, units: &[Unit<'_>]) -> String {
    let whys: Vec<&str> = units
        .iter()
        .filter(|u| !u.is_void() || matches!(u.what, TableChange::Values(_)))
        .map(|u| u.why.as_str())
        .collect();
    format!("rebuild `{name}`: {}", whys.join(", "))
}

/// An index that stays must not name a column that goes.
fn refuse_indexes(own: &Own, units: &[Unit<'_>]) -> Result<()> {
    for unit in units {
        let TableChange::Column(Change::Drop(column)) = unit.what else {
            continue;
        };
        let name = column.name.as_str();
        if own.table.column(name).is_some() {
            continue;
        }
        let index = own
            .indexes
            .iter()
            .find(|o| !mention::index_words(&o.sql, name).is_empty());
        if let Some(index) = index {
            return Err(Error::new(format!(
                "index `{}` names column `{}.{name}`, which is dropped",
                index.name,
                own.name()
            ))
            .with_hint("drop the index in the same batch"));
        }
    }
    Ok(())
}

/// What the name of a table begins with while it is rebuilt; errors of the
/// database then speak of it.
pub const REBUILT_PREFIX: &str = "_aludel_new_";

/// A name that nothing in the database has.
pub(super) fn free_name(now: &Snapshot, prefix: &str, table: &str) -> String {
    let mut name = format!("{prefix}{table}");
    while now
        .objects
        .iter()
        .any(|o| working::same(&o.name, &name) || working::same(&o.table, &name))
    {
        name.push('_');
    }
    name
}

fn has_counter(table: &Table) -> bool {
    table.columns.iter().any(|c| c.autoincrement)
}

/// The copy has given the new table a counter of its own; the old one's, which
/// may be higher than any id that is left, takes its place.
fn counter(name: &str, temporary: &str) -> [Statement; 2] {
    let (name_text, temporary) = (string_literal(name), string_literal(temporary));
    let why = format!("keep the AUTOINCREMENT counter of `{name}`");
    [
        Statement::new(
            format!("DELETE FROM \"sqlite_sequence\" WHERE \"name\" = {temporary}"),
            &why,
        ),
        Statement::new(
            format!(
                "INSERT INTO \"sqlite_sequence\" (\"name\", \"seq\") SELECT {temporary}, \"seq\" \
                 FROM \"sqlite_sequence\" WHERE \"name\" = {name_text}"
            ),
            &why,
        ),
    ]
}

/// The copying of the rows.
struct Copy<'a> {
    before: &'a Table,
    after: &'a Table,
    /// The definition afterwards.
    sql: &'a str,
    units: &'a [Unit<'a>],
}

impl Copy<'_> {
    fn statement(&self, name: &str, temporary: &str) -> Result<Statement> {
        let mut columns = Vec::new();
        let mut values = Vec::new();
        if let (Some(from), Some(to)) = (rowid_name(self.before), rowid_name(self.after))
            && rowid_alias(self.after, self.sql).is_none()
        {
            columns.push(to.to_owned());
            values.push(from.to_owned());
        }
        let kept = self.kept();
        let fills = self.fills();
        for column in self.after.columns.iter().filter(|c| c.generated.is_none()) {
            let key = column.name.as_str();
            let value = match self.before.column(key).filter(|_| kept.contains(key)) {
                Some(old) => {
                    let value = match self.using(old, column) {
                        Some(using) => using,
                        None => native::value(self.units, &old.name),
                    };
                    Some(converted(value, old, column, fills.get(key).copied()))
                }
                None => self.new_value(column, fills.get(key).copied()),
            };
            if let Some(value) = value {
                columns.push(quote(key));
                values.push(value);
            }
        }
        if columns.is_empty() {
            return Err(Error::new(format!(
                "cannot rebuild `{name}`: none of its columns stays"
            ))
            .with_hint("drop the table and create it again"));
        }
        let resolves = lexer::tokens(self.sql)?
            .iter()
            .any(|t| t.is(self.sql, "conflict"));
        Ok(Statement {
            // A conflict clause of the table must not make rows disappear, or
            // end the transaction, while they are copied.
            sql: format!(
                "INSERT {}INTO {} ({}) SELECT {} FROM {}",
                if resolves { "OR ABORT " } else { "" },
                quote(temporary),
                columns.join(", "),
                values.join(", "),
                quote(name)
            ),
            why: format!("copy the rows of `{name}`"),
            note: None,
            hazards: self.hazards(name),
            alone: false,
        })
    }

    /// The columns that are never dropped on the way, though another of the
    /// same name may come.
    fn kept(&self) -> BTreeSet<&str> {
        let mut kept: BTreeSet<&str> = self
            .before
            .columns
            .iter()
            .map(|c| c.name.as_str())
            .collect();
        for unit in self.units {
            if let TableChange::Column(Change::Drop(column)) = unit.what {
                kept.remove(column.name.as_str());
            }
        }
        kept
    }

    /// How the values of a column become those of its new type.
    fn using(&self, from: &Column, to: &Column) -> Option<String> {
        let said = self.units.iter().find_map(|unit| match unit.what {
            TableChange::Column(Change::Alter(pair)) if pair.to.name == to.name => {
                pair.to.using.up.as_ref()
            }
            _ => None,
        });
        if let Some(said) = said {
            return Some(said.as_str().to_owned());
        }
        if from.ty == to.ty || from.generated.is_some() {
            return None;
        }
        cast::of(&to.name, Pair::new(&from.ty, &to.ty))?.expression
    }

    fn fills(&self) -> BTreeMap<&str, &DefaultValue> {
        self.units
            .iter()
            .filter_map(|unit| match unit.what {
                TableChange::Column(Change::Add(column)) => {
                    Some((column.name.as_str(), column.fill.as_ref()?))
                }
                TableChange::Column(Change::Alter(pair)) => {
                    Some((pair.to.name.as_str(), pair.to.fill.as_ref()?))
                }
                _ => None,
            })
            .collect()
    }

    /// What rows get in a new column; nothing where its default serves. A new
    /// rowid alias keeps the rowids.
    fn new_value(&self, column: &Column, fill: Option<&DefaultValue>) -> Option<String> {
        match fill {
            Some(fill) => Some(render::default_value(fill)),
            None if rowid_alias(self.after, self.sql) == Some(&column.name) => {
                rowid_name(self.before).map(str::to_owned)
            }
            None => None,
        }
    }

    fn hazards(&self, name: &str) -> Vec<Hazard> {
        let mut hazards: Vec<Hazard> = Vec::new();
        let mut add = |hazard: Hazard| {
            if !hazards.contains(&hazard) {
                hazards.push(hazard);
            }
        };
        for unit in self.units {
            unit.hazards.iter().cloned().for_each(&mut add);
        }
        let rows = format!("every row of `{name}`");
        add(Hazard::new(HazardKind::RewritesTable, rows));
        let writers = format!("`{name}` until then");
        add(Hazard::new(HazardKind::BlocksWrites, writers).note());
        hazards
    }
}

/// The value of a column that stays. It is copied as it is stored: SQLite
/// itself converts to the affinity of the new type where that loses nothing,
/// and a CAST would make `2024` of `'2024-05-06'`.
fn converted(value: String, old: &Column, new: &Column, fill: Option<&DefaultValue>) -> String {
    if !old.nullable || new.nullable {
        return value;
    }
    match fill.or(new.default.as_ref()) {
        Some(instead) => format!("COALESCE({value}, {})", render::default_value(instead)),
        None => value,
    }
}

/// The column that is another name of the rowid: a key `INTEGER`, but not one
/// written `INTEGER PRIMARY KEY DESC`.
fn rowid_alias<'a>(table: &'a Table, sql: &str) -> Option<&'a Name> {
    let key = table.primary_key.as_ref()?;
    let [name] = key.columns.as_slice() else {
        return None;
    };
    let column = table.column(name.as_str())?;
    let integer = sqlite_write(&column.ty).eq_ignore_ascii_case("INTEGER");
    let descending = lexer::tokens(sql).is_ok_and(|tokens| {
        tokens
            .windows(3)
            .any(|t| t[0].is(sql, "primary") && t[1].is(sql, "key") && t[2].is(sql, "desc"))
    });
    (integer && !descending && !table.options.without_rowid).then_some(name)
}

/// A name of the rowid that no column hides.
fn rowid_name(table: &Table) -> Option<&'static str> {
    if table.options.without_rowid {
        return None;
    }
    ["rowid", "_rowid_", "oid"].into_iter().find(|name| {
        !table
            .columns
            .iter()
            .any(|c| working::same(c.name.as_str(), name))
    })
}

/// A hash over everything that a rebuild of the table reads; none where there
/// is no such table.
///
/// A table that could be read counts by what it says, not by how: a column
/// that was dropped and came back stands last, and its key may have moved from
/// the table to the column, which changes nothing. One that could not be read
/// counts by its tokens.
pub(in crate::dialect::sqlite) fn expects(snapshot: &Snapshot, table: &str) -> Option<String> {
    let stored = working::table_sql(snapshot, table)?;
    let mut found = snapshot.schema.tables.values();
    let read = found.find(|t| working::same(t.name.name.as_str(), table));
    let mut texts = match (read, TableDdl::parse(stored)) {
        (Some(read), Ok(ddl)) => said(read, &ddl),
        _ => vec![stored.to_owned()],
    };
    let by_text = texts.len() == 1;
    let mut objects: Vec<&SqlObject> = snapshot
        .objects
        .iter()
        .filter(|o| match o.kind {
            ObjectKind::View => true,
            ObjectKind::Trigger => working::same(&o.table, table),
            ObjectKind::Index => by_text && working::same(&o.table, table),
            _ => false,
        })
        .collect();
    objects.sort_by_key(|o| (o.kind, o.name.to_ascii_lowercase()));
    texts.extend(objects.into_iter().map(|o| o.sql.clone()));
    Some(lexer::token_hash(texts.iter().map(String::as_str)))
}

/// What a table says, in an order of its own: its definition, its indexes, and
/// what no model can say of it.
fn said(table: &Table, ddl: &TableDdl) -> Vec<String> {
    let mut sorted = table.clone();
    sorted.columns.sort_by(|a, b| a.name.cmp(&b.name));
    sorted.sort_lists();
    let name = table.name.name.as_str();
    let mut texts = vec![render::create_table(&sorted, None)];
    texts.extend(
        sorted
            .indexes
            .iter()
            .map(|index| render::create_index(index, name)),
    );
    // Of the text as it is: what is noted of a table may be of before the list.
    let notes = ddl.unmanaged().into_iter().map(|note| {
        let detail = note.detail.as_deref().unwrap_or_default();
        format!("{} {} {detail}", note.kind, quote(&note.name))
    });
    let mut notes: Vec<String> = notes.collect();
    notes.sort();
    notes.dedup();
    // At least two texts: what was read never looks like what was not.
    notes.insert(0, "read".to_owned());
    texts.extend(notes);
    texts
}

/// What runs before the first step and after the last one of a list that
/// rebuilds a table.
pub(super) fn around(before: &Snapshot, after: &Snapshot) -> (Vec<Statement>, Vec<Statement>) {
    let of = |snapshot: &Snapshot, kind: ObjectKind| -> Vec<SqlObject> {
        snapshot
            .objects
            .iter()
            .filter(|o| o.kind == kind)
            .cloned()
            .collect()
    };
    // What goes away with its table does not come back on the way down: a SQL
    // file must find it there the first time and not the second.
    let take_down = |word: &str, noun: &str, o: &SqlObject| {
        let stays = |a: &SqlObject| a.kind == o.kind && a.name == o.name;
        let comes_back = after.objects.iter().any(stays);
        let condition = if comes_back { "" } else { "IF EXISTS " };
        Statement::new(
            format!("DROP {word} {condition}{}", quote(&o.name)),
            format!("take {noun} `{}` down for the rebuild", o.name),
        )
    };
    let again = |noun: &str, o: &SqlObject| {
        Statement::new(o.sql.clone(), format!("make {noun} `{}` again", o.name))
    };
    let mut first: Vec<Statement> = of(before, ObjectKind::Trigger)
        .iter()
        .map(|o| take_down("TRIGGER", "trigger", o))
        .collect();
    first.extend(
        of(before, ObjectKind::View)
            .iter()
            .map(|o| take_down("VIEW", "view", o)),
    );
    let mut last: Vec<Statement> = of(after, ObjectKind::View)
        .iter()
        .map(|o| again("view", o))
        .collect();
    last.extend(
        of(after, ObjectKind::Trigger)
            .iter()
            .map(|o| again("trigger", o)),
    );
    (first, last)
}
