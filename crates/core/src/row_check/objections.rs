//! One question for each way in which rows may object.
//!
//! Owns which rows those are. When each is asked is the walk's business.

use super::live::Rows;
use super::query::{self, Group, Rows as Found};
use super::{About, Asking, Place, Words};
use crate::change::Pair;
use crate::dialect::Conversion;
use crate::hazard::Objection;
use crate::schema::{
    Check, Column, ColumnType, ForeignKey, Index, IndexTarget, Name, PrimaryKey, Table, TableName,
    Unique,
};

impl Asking<'_> {
    pub(super) fn no_value(&mut self, place: Place<'_>, about: About<'_>, column: &Column) {
        let found = self.live.rows(about, &[], None).map(|rows| rows.all());
        let words = Words::of_column(about.name, &column.name, "has no value", "have no value");
        self.ask(place, found, words);
    }

    pub(super) fn null(&mut self, place: Place<'_>, about: About<'_>, column: &Name) {
        let found = self.live.rows(about, &[column], None).map(|rows| {
            let predicate = format!("{} IS NULL", rows.column(column));
            rows.that(&predicate)
        });
        let words = Words::of_column(about.name, column, "is NULL", "are NULL");
        self.ask(place, found, words);
    }

    pub(super) fn misfit(&mut self, place: Place<'_>, about: About<'_>, pair: &Pair<Column>) {
        let column = &pair.from.name;
        // Nobody knows what somebody's own expression makes of them.
        if pair.to.using.up.is_some() {
            return;
        }
        let found = self.live.rows(about, &[column], None).and_then(|rows| {
            let value = rows.column(column);
            let misfit = self.sql.misfit(&self.conversion(&value, pair))?;
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

    pub(super) fn loss(&mut self, place: Place<'_>, about: About<'_>, pair: &Pair<Column>) {
        let column = &pair.from.name;
        let cast = self
            .dialect
            .cast(column, Pair::new(&pair.from.ty, &pair.to.ty));
        let Some(lost) = cast.and_then(|cast| cast.loses) else {
            return;
        };
        let found = self.live.rows(about, &[column], None).and_then(|rows| {
            let value = rows.column(column);
            let loss = self.sql.loss(&self.conversion(&value, pair))?;
            Some(rows.that(&format!("{value} IS NOT NULL AND ({loss})")))
        });
        let (one, many) = (format!("loses {lost}"), format!("lose {lost}"));
        self.ask(
            place,
            found,
            Words::of_column(about.name, column, one, many),
        );
    }

    /// What becomes of a value that is written so.
    fn conversion<'v>(&'v self, value: &'v str, pair: &'v Pair<Column>) -> Conversion<'v> {
        Conversion {
            value,
            from: &pair.from.ty,
            to: &pair.to.ty,
            schema: &self.now,
            server: self.server,
        }
    }

    pub(super) fn equal_in_collation(&mut self, place: Place<'_>, about: About<'_>, to: &Column) {
        let Some(collation) = &to.collation else {
            return;
        };
        let table = about.table;
        let primary = table.primary_key.iter().map(|key| &key.columns);
        let uniques = table.uniques.iter().map(|unique| &unique.columns);
        let keys: Vec<Vec<&Name>> = primary
            .chain(uniques)
            .map(|columns| columns.iter().collect())
            .chain(table.indexes.iter().filter_map(Index::unique_columns))
            .filter(|key: &Vec<&Name>| key.contains(&&to.name))
            .collect();
        for columns in keys {
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

    pub(super) fn primary_key(&mut self, place: Place<'_>, about: About<'_>, key: &PrimaryKey) {
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

    pub(super) fn unique(&mut self, place: Place<'_>, about: About<'_>, unique: &Unique) {
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

    pub(super) fn index(&mut self, place: Place<'_>, about: About<'_>, index: &Index) {
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

    pub(super) fn foreign_key(&mut self, place: Place<'_>, about: About<'_>, key: &ForeignKey) {
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

    pub(super) fn check(&mut self, place: Place<'_>, about: About<'_>, check: &Check) {
        if check.is_not_valid() {
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

    pub(super) fn untyped(&mut self, place: Place<'_>, about: About<'_>) {
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

    pub(super) fn null_key(&mut self, place: Place<'_>, about: About<'_>) {
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

    pub(super) fn no_number(&mut self, place: Place<'_>, about: About<'_>, column: &Name) {
        let found = self.live.rows(about, &[column], None).and_then(|rows| {
            let test = self
                .sql
                .untyped(&rows.column(column), &ColumnType::Integer)?;
            Some(rows.that(&test))
        });
        let words = Words::of_column(
            about.name,
            column,
            "is no whole number",
            "are no whole numbers",
        );
        self.ask(place, found, words);
    }

    /// Asks about a value that an enum type loses, in every column of the type.
    pub(super) fn value_gone(&mut self, place: Place<'_>, name: &TableName) {
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

fn is_of(ty: &ColumnType, name: &TableName) -> bool {
    match ty {
        ColumnType::Enum(own) => own == name,
        ColumnType::Array(inner) => is_of(inner, name),
        _ => false,
    }
}
