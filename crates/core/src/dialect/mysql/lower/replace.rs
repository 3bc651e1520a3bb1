//! Columns that can only be dropped and made again.
//!
//! Neither server turns a column that is computed at each read into any other
//! kind, or the other way round, and neither has a `USING` for a new type.

use super::Lowering;
use super::fill::{Fills, update};
use super::tables::alter;
use crate::change::Pair;
use crate::dialect::mysql::name::quote;
use crate::dialect::mysql::render;
use crate::operation::identifiers::mentions;
use crate::plan::Statement;
use crate::schema::{Column, DefaultValue, Name, Table};

/// The name under which the values of a column wait.
fn waiting(table: &Table, column: &Name) -> Name {
    let mut name = format!("_aludel_{column}");
    while name.chars().count() > 64 {
        name.pop();
    }
    while table.column(&name).is_some() {
        name.pop();
        name.insert(0, '_');
    }
    Name::new(name)
}

/// Where a column stands, as ADD takes it.
pub(super) fn place(table: &Table, column: &Name) -> String {
    let at = table.columns.iter().position(|c| c.name == *column);
    match at.and_then(|at| table.columns.get(at.checked_sub(1)?)) {
        Some(before) => format!("AFTER {}", quote(before.name.as_str())),
        None => "FIRST".to_owned(),
    }
}

/// The same among the columns that both tables have.
fn place_of_kept(from: &Table, to: &Table, column: &Name) -> String {
    let mut kept = from.clone();
    kept.columns
        .retain(|c| to.column(c.name.as_str()).is_some());
    place(&kept, column)
}

fn is_virtual(column: &Column) -> bool {
    column.generated.as_ref().is_some_and(|g| !g.stored)
}

/// The columns of both tables that are dropped and made again.
pub(super) fn replaced(from: &Table, to: &Table) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    for column in &to.columns {
        let old = from.column(column.name.as_str());
        let told = column.using.up.is_some() && column.generated.is_none();
        if old.is_some_and(|old| told || is_virtual(old) != is_virtual(column)) {
            found.push(column.name.clone());
        }
    }
    if found.is_empty() {
        return found;
    }
    // What is computed from these goes with them.
    loop {
        let more = from.columns.iter().find(|c| {
            let computed = c
                .generated
                .as_ref()
                .is_some_and(|g| found.iter().any(|gone| mentions(&g.expression, gone, from)));
            computed && !found.contains(&c.name) && to.column(c.name.as_str()).is_some()
        });
        match more {
            Some(column) => found.push(column.name.clone()),
            None => return found,
        }
    }
}

/// The clauses that drop replaced columns and make them again in their places.
#[derive(Default)]
pub(super) struct Replacement {
    pub(super) drops: Vec<String>,
    pub(super) adds: Vec<String>,
    /// Statements before, which put values aside.
    pub(super) aside: Vec<Statement>,
}

impl Lowering<'_> {
    pub(super) fn replacement(
        &self,
        from: &Table,
        to: &Table,
        names: &[Name],
        fills: &Fills,
    ) -> Replacement {
        let mut done = Replacement::default();
        let drops = names.iter().rev();
        let drops = drops.map(|name| format!("DROP COLUMN {}", quote(name.as_str())));
        // What others are computed from was found first, so it goes last; it
        // comes back in the order of the table.
        done.drops.extend(drops);
        let columns = from.columns.iter().map(|c| &c.name);
        for name in columns.filter(|name| names.contains(name)) {
            let (Some(old), Some(new)) = (from.column(name.as_str()), to.column(name.as_str()))
            else {
                continue;
            };
            let place = place_of_kept(from, to, name);
            let told = new.using.up.is_some();
            if new.generated.is_none() && (told || old.generated.is_some()) {
                let aside = waiting(from, name);
                let fill = fills.get(name);
                self.put_aside(from, Pair::new(old, new), &aside, fill, &mut done.aside);
                done.adds.push(format!(
                    "CHANGE COLUMN {} {} {place}",
                    quote(aside.as_str()),
                    render::column(self.on, new, Some(to))
                ));
            } else {
                let column = render::column(self.on, new, Some(to));
                done.adds.push(format!("ADD COLUMN {column} {place}"));
            }
        }
        done
    }

    /// Keeps the values of a computed column that is to be a plain one, or makes
    /// those of another type.
    fn put_aside(
        &self,
        from: &Table,
        columns: Pair<&Column>,
        aside: &Name,
        fill: Option<&DefaultValue>,
        to: &mut Vec<Statement>,
    ) {
        let Pair { from: old, to: new } = columns;
        let why = format!("keep the values of `{}.{}`", from.name, new.name);
        let mut plain = new.clone();
        plain.name = aside.clone();
        plain.nullable = true;
        plain.default = None;
        plain.autoincrement = false;
        let clause = format!("ADD COLUMN {}", render::column(self.on, &plain, None));
        to.push(Statement::new(alter(&from.name, &[clause]), &why));
        let mut value = match &new.using.up {
            Some(using) => using.as_str().to_owned(),
            None => quote(new.name.as_str()),
        };
        if old.nullable
            && !new.nullable
            && let Some(fill) = fill.or(new.default.as_ref())
        {
            value = format!("COALESCE({value}, {})", render::value(fill));
        }
        to.push(Statement::new(update(from, aside, &value, ""), why));
    }
}
