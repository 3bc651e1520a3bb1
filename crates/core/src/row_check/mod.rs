//! Which rows that exist already object to a change, as questions to the live
//! database.
//!
//! | module | owns |
//! |---|---|
//! | `live` | what the tables of now were before the first operation |
//! | `query` | the statements that count rows and give their keys |
//! | `words` | how an answer is said |
//!
//! Pure: it gives SQL and words. Who asks, and for how long, is not its
//! business. Where it cannot tell what the rows will be by then (behind SQL
//! that somebody wrote, in a column whose values are computed) it asks nothing
//! rather than something else.

mod live;
mod query;
mod words;

#[cfg(all(test, feature = "sqlite", feature = "postgres", feature = "mysql"))]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests;

use crate::change::{Change, Pair};
use crate::dialect::{Conversion, Dialect, RowSql, Server, Snapshot};
use crate::hazard::{Hazard, Objection, hazards_after};
use crate::operation::{Operation, TableChange};
use crate::schema::{
    Check, Column, ColumnType, ForeignKey, Index, IndexTarget, Name, PrimaryKey, Schema, Table,
    TableName, Unique,
};

use live::{Live, Rows};
use query::{Group, Rows as Found};
pub use words::Words;

/// Where counting stops.
pub const MOST_ROWS: u64 = 1000;

/// A question to the live database: which rows object to a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowCheck {
    /// The index of the operation in the list that was asked about.
    pub operation: usize,
    /// The index of the change among [`Operation::describe`].
    pub change: usize,
    /// The hazard that it is about. Several questions may be about one: a type
    /// has many columns.
    pub hazard: Hazard,
    /// The live table whose rows are counted.
    pub table: TableName,
    /// A statement that gives one row of two numbers: how many rows object,
    /// and how many things were counted for that. Where the second is
    /// [`MOST_ROWS`], there may be more.
    pub count: String,
    /// What gives the keys of such rows, where rows can be told apart.
    pub keys: Option<RowKeys>,
    /// A statement for people that shows the rows.
    pub see: String,
    /// How the answer is said.
    pub words: Words,
}

/// How the keys of rows are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowKeys {
    /// What the columns of the answer are called.
    pub columns: Vec<Name>,
    /// The statement, every value as text, without a limit.
    pub sql: String,
}

impl RowKeys {
    /// The statement for at most so many rows.
    pub fn limited(&self, rows: usize) -> String {
        format!("{} LIMIT {rows}", self.sql)
    }
}

/// Rows that something writes between two operations, nobody knows how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// How many operations come before.
    pub behind: usize,
    /// The table, by its name at that point.
    pub table: TableName,
}

/// What rows may object to in a list of operations, given the live database
/// before them. Of rows that are `written` on the way nothing is asked any
/// more.
pub fn row_checks(
    dialect: &dyn Dialect,
    before: &Snapshot,
    operations: &[Operation],
    written: &[Written],
) -> Vec<RowCheck> {
    let mut asking = Asking {
        dialect,
        sql: dialect.row_sql(),
        server: &before.server,
        now: before.schema.clone(),
        live: Live::new(dialect, &before.schema),
        checks: Vec::new(),
    };
    for (number, operation) in operations.iter().enumerate() {
        for rows in written.iter().filter(|rows| rows.behind == number) {
            asking.live.forget(&rows.table);
        }
        if asking
            .operation(&operations[..number], number, operation)
            .is_none()
        {
            break;
        }
    }
    asking.checks
}

/// The walk through the operations.
struct Asking<'a> {
    dialect: &'a dyn Dialect,
    sql: &'a dyn RowSql,
    server: &'a Server,
    /// The schema as it is by now.
    now: Schema,
    live: Live<'a>,
    checks: Vec<RowCheck>,
}

/// Which change of which operation is asked about.
#[derive(Clone, Copy)]
struct Place<'a> {
    operation: usize,
    change: usize,
    hazard: &'a Hazard,
}

impl<'a> Asking<'a> {
    /// Asks about one operation; `None` where nothing is known afterwards.
    fn operation(
        &mut self,
        earlier: &[Operation],
        number: usize,
        operation: &Operation,
    ) -> Option<()> {
        let hazards = hazards_after(earlier, operation, &self.now);
        match operation {
            Operation::AlterTable { table, changes } => {
                self.live.begin_batch(changes);
                for (index, change) in changes.iter().enumerate() {
                    for hazard in hazards.get(index).into_iter().flatten() {
                        let place = Place {
                            operation: number,
                            change: index,
                            hazard,
                        };
                        self.change(place, table, change);
                    }
                    self.live.change(&self.now, table, change);
                    let one = Operation::AlterTable {
                        table: table.clone(),
                        changes: vec![change.clone()],
                    };
                    one.apply(&mut self.now).ok()?;
                }
                return Some(());
            }
            Operation::Execute(raw) => {
                let other = raw.dialect.is_some_and(|name| name != self.dialect.name());
                return (other || raw.sql.trim().is_empty()).then_some(());
            }
            Operation::Enum(Change::Alter(pair)) => {
                for hazard in hazards.iter().flatten() {
                    let place = Place {
                        operation: number,
                        change: 0,
                        hazard,
                    };
                    self.value_gone(place, &pair.from.name);
                }
            }
            Operation::CreateTable(_)
            | Operation::DropTable(_)
            | Operation::RenameTable(_)
            | Operation::RenameEnumValue { .. }
            | Operation::Object(_)
            | Operation::Enum(_) => {}
        }
        self.live.operation(&self.now, operation);
        operation.apply(&mut self.now).ok()
    }

    /// Asks about one hazard of one change.
    fn change(&mut self, place: Place<'_>, name: &TableName, change: &TableChange) {
        let Some(objection) = &place.hazard.objection else {
            return;
        };
        let Some(table) = self.now.table(name).cloned() else {
            return;
        };
        let about = About {
            name,
            table: &table,
        };
        match (change, objection) {
            (TableChange::Column(Change::Add(column)), Objection::NoValue) => {
                self.no_value(place, about, column);
            }
            (TableChange::Column(Change::Alter(pair)), Objection::Null) => {
                self.null(place, about, &pair.from.name);
            }
            (TableChange::Column(Change::Alter(pair)), Objection::Misfit) => {
                self.misfit(place, about, pair);
            }
            (TableChange::Column(Change::Alter(pair)), Objection::EqualInCollation) => {
                self.equal_in_collation(place, about, &pair.to);
            }
            (
                TableChange::PrimaryKey(Change::Add(key) | Change::Alter(Pair { to: key, .. })),
                Objection::Equal,
            ) => self.primary_key(place, about, key),
            (
                TableChange::Unique(Change::Add(unique) | Change::Alter(Pair { to: unique, .. })),
                Objection::Equal,
            ) => self.unique(place, about, unique),
            (
                TableChange::Index(Change::Add(index) | Change::Alter(Pair { to: index, .. })),
                Objection::Equal,
            ) => self.index(place, about, index),
            (
                TableChange::ForeignKey(Change::Add(key) | Change::Alter(Pair { to: key, .. })),
                Objection::Orphan,
            ) => self.foreign_key(place, about, key),
            (
                TableChange::Check(Change::Add(check) | Change::Alter(Pair { to: check, .. })),
                Objection::False,
            ) => self.check(place, about, check),
            (TableChange::Options(_), Objection::Untyped) => self.untyped(place, about),
            (TableChange::Options(_), Objection::NullKey) => self.null_key(place, about),
            _ => {}
        }
    }

    fn no_value(&mut self, place: Place<'_>, about: About<'_>, column: &Column) {
        let found = self.live.rows(about, &[], None).map(|rows| rows.all());
        let words = Words::of_column(about.name, &column.name, "has no value", "have no value");
        self.ask(place, found, words);
    }

    fn null(&mut self, place: Place<'_>, about: About<'_>, column: &Name) {
        let found = self.live.rows(about, &[column], None).map(|rows| {
            let predicate = format!("{} IS NULL", rows.column(column));
            rows.that(&predicate)
        });
        let words = Words::of_column(about.name, column, "is NULL", "are NULL");
        self.ask(place, found, words);
    }

    fn misfit(&mut self, place: Place<'_>, about: About<'_>, pair: &Pair<Column>) {
        let column = &pair.from.name;
        // Nobody knows what somebody's own expression makes of them.
        if pair.to.using.up.is_some() {
            return;
        }
        let found = self.live.rows(about, &[column], None).and_then(|rows| {
            let value = rows.column(column);
            let misfit = self.sql.misfit(&Conversion {
                value: &value,
                from: &pair.from.ty,
                to: &pair.to.ty,
                schema: &self.now,
                server: self.server,
            })?;
            Some(rows.that(&format!("{value} IS NOT NULL AND ({misfit})")))
        });
        let ty = self.dialect.write_type(&pair.to.ty);
        let words = Words::of_column(
            about.name,
            column,
            format!("does not fit `{ty}`"),
            format!("do not fit `{ty}`"),
        );
        self.ask(place, found, words);
    }

    fn equal_in_collation(&mut self, place: Place<'_>, about: About<'_>, to: &Column) {
        let Some(collation) = &to.collation else {
            return;
        };
        let table = about.table;
        let primary = table.primary_key.iter().map(|key| &key.columns);
        let uniques = table.uniques.iter().map(|unique| &unique.columns);
        let keys: Vec<Vec<Name>> = primary
            .chain(uniques)
            .cloned()
            .chain(table.indexes.iter().filter_map(plain_unique))
            .filter(|key| key.contains(&to.name))
            .collect();
        for key in keys {
            let columns: Vec<&Name> = key.iter().collect();
            let found = self.live.rows(about, &columns, None).map(|rows| {
                let parts = columns.iter().map(|name| {
                    let value = rows.column(name);
                    if **name == to.name {
                        self.sql.collated(&value, collation)
                    } else {
                        value
                    }
                });
                rows.grouped(&Group::of(parts.collect()))
            });
            let words = equal_words(about.name, &columns, false);
            self.ask(place, found, words);
        }
    }

    fn primary_key(&mut self, place: Place<'_>, about: About<'_>, key: &PrimaryKey) {
        let columns: Vec<&Name> = key.columns.iter().collect();
        let takes_null = self.sql.key_takes_null(about.table);
        let found = self.live.rows(about, &columns, None).map(|rows| {
            let parts = key.parts().map(|(name, length)| {
                let value = rows.column(name);
                length.map_or(value.clone(), |n| self.sql.prefix(&value, n))
            });
            let mut group = Group::of(parts.collect());
            if !takes_null {
                group = group.without_null();
            }
            rows.grouped(&group)
        });
        let words = equal_words(about.name, &columns, !takes_null);
        self.ask(place, found, words);
    }

    fn unique(&mut self, place: Place<'_>, about: About<'_>, unique: &Unique) {
        let columns: Vec<&Name> = unique.columns.iter().collect();
        let found = self.live.rows(about, &columns, None).map(|rows| {
            let parts = columns.iter().map(|name| rows.column(name));
            let mut group = Group::of(parts.collect());
            if unique.nulls_not_distinct {
                group = group.with_equal_nulls();
            }
            rows.grouped(&group)
        });
        let words = equal_words(about.name, &columns, false);
        self.ask(place, found, words);
    }

    fn index(&mut self, place: Place<'_>, about: About<'_>, index: &Index) {
        let mut columns = Vec::new();
        let mut expressions: Vec<_> = index.predicate.iter().collect();
        for key in &index.keys {
            match &key.target {
                IndexTarget::Column(name) => columns.push(name),
                IndexTarget::Expression(expression) => expressions.push(expression),
            }
        }
        let found = self
            .live
            .rows(about, &columns, Some(&expressions))
            .map(|rows| {
                let parts = index.keys.iter().map(|key| {
                    let mut value = match &key.target {
                        IndexTarget::Column(name) => rows.column(name),
                        IndexTarget::Expression(expression) => query::parenthesised(expression),
                    };
                    if let Some(length) = key.prefix {
                        value = self.sql.prefix(&value, length);
                    }
                    if let Some(collation) = &key.collation {
                        value = self.sql.collated(&value, collation);
                    }
                    value
                });
                let mut group = Group::of(parts.collect());
                if index.nulls_not_distinct {
                    group = group.with_equal_nulls();
                }
                if let Some(predicate) = &index.predicate {
                    group = group.only(query::parenthesised(predicate));
                }
                rows.grouped(&group)
            });
        let words = if expressions.is_empty() {
            equal_words(about.name, &columns, false)
        } else {
            let label = index.name.as_ref().map(|name| format!(" of `{name}`"));
            let label = label.unwrap_or_default();
            Words::of_table(
                about.name,
                format!("has an equal key{label}"),
                format!("have equal keys{label}"),
            )
        };
        self.ask(place, found, words);
    }

    fn foreign_key(&mut self, place: Place<'_>, about: About<'_>, key: &ForeignKey) {
        let found = self.orphans(about, key);
        let to = &key.references;
        let one = format!("refers to no row of `{to}`");
        let many = format!("refer to no row of `{to}`");
        let words = match key.columns.as_slice() {
            [column] => Words::of_column(about.name, column, one, many),
            _ => Words::of_table(about.name, one, many),
        };
        self.ask(place, found, words);
    }

    fn orphans(&self, about: About<'_>, key: &ForeignKey) -> Option<Found> {
        let columns: Vec<&Name> = key.columns.iter().collect();
        let rows = self.live.aliased(about, &columns, "child")?;
        let own: Vec<String> = columns.iter().map(|name| rows.column(name)).collect();
        let all = |test: &str| {
            let tests: Vec<String> = own.iter().map(|c| format!("{c} {test}")).collect();
            tests
        };
        let mut predicate = all("IS NOT NULL").join(" AND ");
        if let Some(there) = self.there(key)? {
            let pairs = key.referenced_columns.iter().zip(&own);
            let equal = pairs.map(|(name, own)| format!("{} = {own}", there.column(name)));
            let equal: Vec<String> = equal.collect();
            predicate.push_str(&format!(
                " AND NOT EXISTS (SELECT 1 FROM {} WHERE {})",
                there.from(),
                equal.join(" AND ")
            ));
        }
        let words = key.extra.as_deref().unwrap_or_default().to_uppercase();
        if words.contains("MATCH FULL") && own.len() > 1 {
            let (some, none) = (all("IS NOT NULL").join(" OR "), all("IS NULL").join(" OR "));
            predicate = format!("({predicate}) OR (({some}) AND ({none}))");
        }
        Some(rows.that(&predicate))
    }

    /// The rows that a foreign key refers to; nothing inside where there are
    /// none yet.
    fn there(&self, key: &ForeignKey) -> Option<Option<query::From>> {
        let columns: Vec<&Name> = key.referenced_columns.iter().collect();
        if columns.len() != key.columns.len() {
            return None;
        }
        if let Some(Rows::Empty) = self.live.table(&key.references) {
            return Some(None);
        }
        let known = self.now.table(&key.references).cloned();
        // One that nobody manages is there under its own name.
        let table = known.unwrap_or_else(|| Table::new(key.references.clone()));
        let about = About {
            name: &key.references,
            table: &table,
        };
        self.live.aliased(about, &columns, "parent").map(Some)
    }

    fn check(&mut self, place: Place<'_>, about: About<'_>, check: &Check) {
        let extra = check.extra.as_deref().unwrap_or_default().to_uppercase();
        if extra.contains("NOT VALID") || extra.contains("NOT ENFORCED") {
            return;
        }
        let expressions = [&check.expression];
        let found = self.live.rows(about, &[], Some(&expressions)).map(|rows| {
            let predicate = format!("NOT {}", query::parenthesised(&check.expression));
            rows.that(&predicate)
        });
        let code = crate::hazard::code(check.expression.as_str());
        let words = Words::of_table(
            about.name,
            format!("makes {code} false"),
            format!("make {code} false"),
        );
        self.ask(place, found, words);
    }

    fn untyped(&mut self, place: Place<'_>, about: About<'_>) {
        let columns: Vec<&Name> = about.table.columns.iter().map(|c| &c.name).collect();
        let found = self.live.rows(about, &columns, None).and_then(|rows| {
            let tests = about
                .table
                .columns
                .iter()
                .filter_map(|column| self.sql.untyped(&rows.column(&column.name), &column.ty));
            let tests: Vec<String> = tests.collect();
            (!tests.is_empty()).then(|| rows.that(&tests.join(" OR ")))
        });
        let words = Words::of_table(
            about.name,
            "has a value that is not of the type of its column",
            "have values that are not of the type of their column",
        );
        self.ask(place, found, words);
    }

    fn null_key(&mut self, place: Place<'_>, about: About<'_>) {
        let Some(key) = &about.table.primary_key else {
            return;
        };
        let columns: Vec<&Name> = key.columns.iter().collect();
        let found = self.live.rows(about, &columns, None).map(|rows| {
            let tests = columns
                .iter()
                .map(|name| format!("{} IS NULL", rows.column(name)));
            let tests: Vec<String> = tests.collect();
            rows.that(&tests.join(" OR "))
        });
        let words = Words::of_table(
            about.name,
            "has NULL in its primary key",
            "have NULL in their primary key",
        );
        self.ask(place, found, words);
    }

    /// Asks about a value that an enum type loses, in every column of the type.
    fn value_gone(&mut self, place: Place<'_>, name: &TableName) {
        let Some(Objection::Holds(value)) = &place.hazard.objection else {
            return;
        };
        let held = self.live.value_before(name, value);
        let users = self.now.tables.values().flat_map(|table| {
            let columns = table.columns.iter().filter(|c| is_of(&c.ty, name));
            columns.map(move |column| (table.clone(), column.clone()))
        });
        let users: Vec<(Table, Column)> = users.collect();
        for (table, column) in users {
            let about = About {
                name: &table.name,
                table: &table,
            };
            let found = self.live.rows(about, &[&column.name], None).map(|rows| {
                let own = rows.column(&column.name);
                rows.that(&self.sql.holds(&own, &column.ty, &held))
            });
            let words = Words::of_column(
                &table.name,
                &column.name,
                format!("holds `{value}`"),
                format!("hold `{value}`"),
            );
            self.ask(place, found, words);
        }
    }

    fn ask(&mut self, place: Place<'_>, found: Option<Found>, words: Words) {
        let Some(found) = found else {
            return;
        };
        self.checks.push(RowCheck {
            operation: place.operation,
            change: place.change,
            hazard: place.hazard.clone(),
            table: found.table,
            count: found.count,
            keys: found.keys,
            see: found.see,
            words,
        });
    }
}

/// A table, by its name and as it is by now.
#[derive(Clone, Copy)]
struct About<'t> {
    name: &'t TableName,
    table: &'t Table,
}

fn equal_words(table: &TableName, columns: &[&Name], or_null: bool) -> Words {
    let null = if or_null { " or NULL" } else { "" };
    match columns {
        [column] => Words::of_column(
            table,
            column,
            format!("is equal{null}"),
            format!("are equal{null}"),
        ),
        _ => {
            let list: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
            let list = list.join(", ");
            Words::of_table(
                table,
                format!("has equal{null} {list}"),
                format!("have equal{null} {list}"),
            )
        }
    }
}

/// The columns of a unique index of whole columns and all rows.
fn plain_unique(index: &Index) -> Option<Vec<Name>> {
    if !index.unique || index.predicate.is_some() {
        return None;
    }
    let keys = index.keys.iter().map(|key| match &key.target {
        IndexTarget::Column(name) if key.collation.is_none() && key.prefix.is_none() => {
            Some(name.clone())
        }
        _ => None,
    });
    keys.collect()
}

fn is_of(ty: &ColumnType, name: &TableName) -> bool {
    match ty {
        ColumnType::Enum(own) => own == name,
        ColumnType::Array(inner) => is_of(inner, name),
        _ => false,
    }
}
