//! What the tables of now were before the first operation.
//!
//! It owns the account of names and values: where a row of a table by its name
//! of now is read from the live database, and which of its columns are known.
//! A derived table gives live rows under the names of now, so that expressions
//! need not be written again.

use std::collections::BTreeMap;

use super::query::{self, From};
use super::{About, Written};
use crate::change::{Change, Pair};
use crate::dialect::Dialect;
use crate::hazard::{fills_nulls, widens};
use crate::operation::identifiers;
use crate::operation::{Operation, RenamedValues, TableChange};
use crate::schema::{
    Column, ColumnType, DefaultValue, Expression, Index, Literal, Name, Schema, Table, TableName,
};

/// The tables of now.
pub(super) struct Live<'a> {
    dialect: &'a dyn Dialect,
    start: &'a Schema,
    /// Those that are not what they were.
    tables: BTreeMap<TableName, Rows>,
    /// What the enum types of now are called in the live database, and the
    /// values of now that have another name there.
    enums: BTreeMap<TableName, Vec<Pair<String>>>,
    /// Values that the batch gives other names, wherever it says so.
    pending: Vec<RenamedValues>,
}

/// Where the rows of a table are.
#[derive(Debug, Clone)]
pub(super) enum Rows {
    /// There are none: the table is new.
    Empty,
    /// In a live table.
    In(Place),
    /// Nobody can tell.
    Unknown,
}

/// Where the rows of a table are, and where its columns come from.
#[derive(Debug, Clone)]
pub(super) struct Place {
    table: TableName,
    columns: BTreeMap<Name, Source>,
}

/// Where the values of a column come from.
#[derive(Debug, Clone)]
enum Source {
    /// A column of the live table.
    Column(Name),
    /// An expression over the columns of the live table.
    Computed(String),
    /// Nobody can tell.
    Unknown,
}

impl<'a> Live<'a> {
    pub(super) fn new(dialect: &'a dyn Dialect, start: &'a Schema) -> Self {
        Self {
            dialect,
            start,
            tables: BTreeMap::new(),
            enums: BTreeMap::new(),
            pending: Vec::new(),
        }
    }

    /// Where the rows of a table are; `None` where it is as it was.
    pub(super) fn table(&self, name: &TableName) -> Option<&Rows> {
        self.tables.get(name)
    }

    fn quote(&self, name: &Name) -> String {
        self.dialect.quote_name(name.as_str())
    }

    fn qualified(&self, name: &TableName) -> String {
        let own = self.quote(&name.name);
        match &name.schema {
            Some(schema) => format!("{}.{own}", self.quote(schema)),
            None => own,
        }
    }

    /// The place of a table, which is changed from now on.
    fn place(&mut self, now: &Schema, name: &TableName) -> &mut Rows {
        let entry = self.tables.entry(name.clone());
        entry.or_insert_with(|| {
            let table = now.table(name);
            let columns = table.iter().flat_map(|t| &t.columns);
            let columns = columns.map(|c| (c.name.clone(), Source::Column(c.name.clone())));
            Rows::In(Place {
                table: name.clone(),
                columns: columns.collect(),
            })
        })
    }

    /// Notes that rows of a table are written: what they are then, or that
    /// nobody can tell any more.
    pub(super) fn written(&mut self, now: &Schema, rows: &Written) {
        match self.written_value(now, rows) {
            Some((column, value)) => {
                if let Rows::In(place) = self.place(now, &rows.table) {
                    place.columns.insert(column, Source::Computed(value));
                }
            }
            None => {
                self.tables.insert(rows.table.clone(), Rows::Unknown);
            }
        }
    }

    fn written_value(&mut self, now: &Schema, rows: &Written) -> Option<(Name, String)> {
        let (name, value) = rows.value.as_ref()?;
        let columns = &now.table(&rows.table)?.columns;
        // Others may change along with it.
        if columns
            .iter()
            .any(|c| c.generated.is_some() || c.extra.is_some())
        {
            return None;
        }
        let mut alike = columns
            .iter()
            .filter(|c| c.name.as_str().eq_ignore_ascii_case(name));
        let (Some(column), None) = (alike.next(), alike.next()) else {
            return None;
        };
        let fill = DefaultValue::Expression(value.clone());
        let value = self.value(now, &rows.table, &fill, &column.ty)?;
        Some((column.name.clone(), value))
    }

    /// Notes what a batch says of values, which holds for all of it.
    pub(super) fn begin_batch(&mut self, changes: &[TableChange]) {
        self.pending.clear();
        for change in changes {
            if let TableChange::Values(renamed) = change {
                self.pending.push(renamed.clone());
            }
        }
    }

    /// Replays an operation that is no batch, on the schema before it.
    pub(super) fn operation(&mut self, now: &Schema, operation: &Operation) {
        match operation {
            Operation::CreateTable(table) => {
                self.tables.insert(table.name.clone(), Rows::Empty);
            }
            Operation::DropTable(table) => {
                self.tables.remove(&table.name);
            }
            Operation::RenameTable(names) => {
                let rows = self.place(now, &names.from).clone();
                self.tables.remove(&names.from);
                self.tables.insert(names.to.clone(), rows);
            }
            Operation::Enum(Change::Rename(names)) => {
                let from = now.enums.keys().find(|key| key.name == names.from);
                if let Some(from) = from {
                    let renamed = self.enums.remove(from).unwrap_or_default();
                    let mut to = from.clone();
                    to.name = names.to.clone();
                    self.enums.insert(to, renamed);
                }
            }
            Operation::Enum(Change::Add(ty)) => {
                self.enums.entry(ty.name.clone()).or_default();
            }
            Operation::Enum(Change::Alter(pair)) => {
                self.enums.entry(pair.to.name.clone()).or_default();
            }
            Operation::RenameEnumValue { name, values } => {
                let known = self.enums.entry(name.clone()).or_default();
                match known.iter_mut().find(|pair| pair.to == values.from) {
                    Some(pair) => pair.to.clone_from(&values.to),
                    None => known.push(values.clone()),
                }
            }
            Operation::Enum(Change::Drop(_))
            | Operation::AlterTable { .. }
            | Operation::Object(_)
            | Operation::Execute(_) => {}
        }
    }

    /// What a value of an enum type of now is called in the live database.
    pub(super) fn value_before(&self, name: &TableName, value: &str) -> String {
        let renamed = self.enums.get(name).into_iter().flatten();
        let mut from = renamed.filter(|pair| pair.to == value);
        from.next().map_or(value, |pair| &pair.from).to_owned()
    }

    /// Replays one change of a batch, on the schema before it.
    pub(super) fn change(&mut self, now: &Schema, table: &TableName, change: &TableChange) {
        match change {
            TableChange::Column(change) => {
                let source = match change {
                    Change::Add(column) => Some(self.added(now, table, column)),
                    Change::Alter(pair) => Some(self.altered(now, table, pair)),
                    Change::Drop(_) | Change::Rename(_) => None,
                };
                let Rows::In(place) = self.place(now, table) else {
                    return;
                };
                match (change, source) {
                    (Change::Add(column), Some(source)) => {
                        place.columns.insert(column.name.clone(), source);
                    }
                    (Change::Alter(pair), Some(source)) => {
                        place.columns.insert(pair.to.name.clone(), source);
                    }
                    (Change::Drop(column), _) => {
                        place.columns.remove(&column.name);
                    }
                    (Change::Rename(names), _) => {
                        let source = place.columns.remove(&names.from);
                        let source = source.unwrap_or(Source::Unknown);
                        place.columns.insert(names.to.clone(), source);
                    }
                    _ => {}
                }
            }
            TableChange::Values(renamed) => {
                let computed = self.source(now.table(table), table, &renamed.column);
                self.pending.retain(|other| other != renamed);
                if let (Rows::In(place), Some(source)) = (self.place(now, table), computed) {
                    place.columns.insert(renamed.column.clone(), source);
                }
            }
            TableChange::PrimaryKey(_)
            | TableChange::Unique(_)
            | TableChange::Index(_)
            | TableChange::ForeignKey(_)
            | TableChange::Check(_)
            | TableChange::Comment(_)
            | TableChange::Options(_) => {}
        }
    }

    /// Where a column that becomes another one has its values from.
    fn altered(&mut self, now: &Schema, table: &TableName, pair: &Pair<Column>) -> Source {
        let Pair { from, to } = pair;
        let here = match self.place(now, table) {
            Rows::In(place) => place.columns.get(&from.name).cloned(),
            Rows::Empty | Rows::Unknown => None,
        };
        let source = match here {
            Some(source) if keeps_values(&from.ty, &to.ty) => source,
            _ => return Source::Unknown,
        };
        if from.generated != to.generated || to.using.up.is_some() {
            return Source::Unknown;
        }
        if !fills_nulls(pair) {
            return source;
        }
        let fill = to.fill.as_ref().filter(|value| !is_null(value));
        let Some(value) = fill.or(to.default.as_ref()) else {
            return source;
        };
        let own = match source {
            Source::Column(name) => self.quote(&name),
            Source::Computed(sql) => sql,
            Source::Unknown => return Source::Unknown,
        };
        match self.value(now, table, value, &to.ty) {
            Some(value) => Source::Computed(format!("COALESCE({own}, {value})")),
            None => Source::Unknown,
        }
    }

    /// What rows that exist already have in a new column.
    fn added(&mut self, now: &Schema, table: &TableName, column: &Column) -> Source {
        if column.generated.is_some() || column.autoincrement {
            return Source::Unknown;
        }
        let null = DefaultValue::Literal(Literal::Null);
        let value = column.fill.as_ref().or(column.default.as_ref());
        let value = self.value(now, table, value.unwrap_or(&null), &column.ty);
        value.map_or(Source::Unknown, Source::Computed)
    }

    /// What a value for rows is over the columns of the live table; `None`
    /// where nobody can tell.
    fn value(
        &mut self,
        now: &Schema,
        table: &TableName,
        value: &DefaultValue,
        ty: &ColumnType,
    ) -> Option<String> {
        let expression = match value {
            DefaultValue::Literal(value) => {
                return Some(self.dialect.row_sql().constant(value, ty));
            }
            DefaultValue::Expression(expression) => expression,
        };
        // Of other tables nobody knows here what the migration makes.
        if expression.as_str().to_lowercase().contains("select") {
            return None;
        }
        let known = now.table(table)?;
        let mentioned = identifiers::mentioned(expression, known);
        for name in &mentioned {
            if self.has_other_words(&known.column(name.as_str())?.ty) {
                return None;
            }
        }
        let Rows::In(place) = self.place(now, table) else {
            return None;
        };
        let is_as_it_was = |name: &Name| {
            let source = place.columns.get(name);
            matches!(source, Some(Source::Column(own)) if own == name)
        };
        let same = place.table == *table && mentioned.iter().all(is_as_it_was);
        same.then(|| query::parenthesised(expression))
    }

    /// Where a column of now has its values from, also those that get other
    /// names in the same batch.
    fn source(&self, now: Option<&Table>, table: &TableName, column: &Name) -> Option<Source> {
        let source = match self.tables.get(table) {
            Some(Rows::Empty | Rows::Unknown) => return None,
            Some(Rows::In(place)) => place.columns.get(column).cloned()?,
            None => {
                // One of a table that nobody manages is what it is called.
                if let Some(known) = now {
                    known.column(column.as_str())?;
                }
                Source::Column(column.clone())
            }
        };
        let Some(renamed) = self.pending.iter().find(|r| r.column == *column) else {
            return Some(source);
        };
        let value = match source {
            Source::Column(name) => self.quote(&name),
            Source::Computed(sql) => sql,
            Source::Unknown => return Some(Source::Unknown),
        };
        let constant = |text: &String| {
            let sql = self.dialect.row_sql();
            sql.constant(&Literal::Text(text.clone()), &ColumnType::Text)
        };
        let cases = renamed
            .values
            .iter()
            .map(|pair| format!(" WHEN {} THEN {}", constant(&pair.from), constant(&pair.to)));
        let cases: String = cases.collect();
        Some(Source::Computed(format!(
            "CASE {value}{cases} ELSE {value} END"
        )))
    }

    /// The live rows of a table of now, with these columns, and with all that
    /// the expressions mention under the names of now. `None` where there are
    /// none, or where nobody can tell what they hold.
    pub(super) fn rows(
        &self,
        about: About<'_>,
        columns: &[&Name],
        expressions: Option<&[&Expression]>,
    ) -> Option<From> {
        self.read(about, columns, expressions.unwrap_or_default(), None)
    }

    /// The same under a name, for statements that read two tables.
    pub(super) fn aliased(&self, about: About<'_>, columns: &[&Name], alias: &str) -> Option<From> {
        self.read(about, columns, &[], Some(alias))
    }

    fn read(
        &self,
        about: About<'_>,
        columns: &[&Name],
        expressions: &[&Expression],
        alias: Option<&str>,
    ) -> Option<From> {
        let live = match self.tables.get(about.name) {
            Some(Rows::Empty | Rows::Unknown) => return None,
            Some(Rows::In(place)) => &place.table,
            None => about.name,
        };
        let mut wanted: Vec<Name> = columns.iter().map(|name| (*name).clone()).collect();
        for expression in expressions {
            for name in identifiers::mentioned(expression, about.table) {
                let column = about.table.column(name.as_str())?;
                if self.has_other_words(&column.ty) {
                    return None;
                }
                wanted.push(name);
            }
        }
        wanted.sort();
        wanted.dedup();
        let known = Some(about.table).filter(|table| !table.columns.is_empty());
        let mut sources = Vec::new();
        for name in wanted {
            match self.source(known, about.name, &name)? {
                Source::Unknown => return None,
                source => sources.push((name, source)),
            }
        }
        let as_it_was = sources
            .iter()
            .all(|(name, source)| matches!(source, Source::Column(own) if own == name));
        let keys = self.keys(live);
        let own = self.quote(&about.name.name);
        let renamed = live != about.name;
        // Expressions may name the table.
        let name = alias.map_or(own.as_str(), |alias| alias);
        let prefix = alias.map_or(String::new(), |alias| format!("{alias}."));
        let quoted = sources
            .iter()
            .map(|(name, _)| (name.clone(), self.quote(name)));
        let quoted: Vec<(Name, String)> = quoted.collect();
        if as_it_was {
            let table = self.qualified(live);
            let sql = match alias {
                Some(alias) => format!("{table} AS {alias}"),
                None if renamed && !expressions.is_empty() => format!("{table} AS {own}"),
                None => table,
            };
            let dotted = |key: &Key| format!("{prefix}{}", key.sql);
            let keys = keys
                .iter()
                .map(|key| (key.name.clone(), self.shown(key, &dotted(key))));
            return Some(From {
                table: live.clone(),
                sql,
                prefix: prefix.clone(),
                keys: keys.collect(),
                columns: quoted,
            });
        }
        let mut list: Vec<String> = Vec::new();
        for (name, source) in &sources {
            let value = match source {
                Source::Column(own) => self.quote(own),
                Source::Computed(sql) => sql.clone(),
                Source::Unknown => return None,
            };
            list.push(format!("{value} AS {}", self.quote(name)));
        }
        let mut shown = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            list.push(format!("{} AS aludel_live_{at}", key.sql));
            let value = format!("{prefix}aludel_live_{at}");
            shown.push((key.name.clone(), self.shown(key, &value)));
        }
        if list.is_empty() {
            list.push("1 AS aludel_live".to_owned());
        }
        Some(From {
            table: live.clone(),
            sql: format!(
                "(SELECT {} FROM {}) AS {name}",
                list.join(", "),
                self.qualified(live)
            ),
            prefix,
            keys: shown,
            columns: quoted,
        })
    }

    /// Whether constants of a type are written in other words than those that
    /// the live database knows.
    fn has_other_words(&self, ty: &ColumnType) -> bool {
        match ty {
            ColumnType::Enum(name) => self.enums.contains_key(name),
            ColumnType::Array(inner) => self.has_other_words(inner),
            _ => false,
        }
    }

    fn shown(&self, key: &Key, value: &str) -> String {
        match &key.ty {
            Some(ty) => self.dialect.row_sql().shown(value, ty),
            None => self.dialect.row_sql().shown(value, &ColumnType::Text),
        }
    }

    /// What tells the rows of a live table apart: its primary key, another key
    /// without NULL, or what the database itself has.
    fn keys(&self, live: &TableName) -> Vec<Key> {
        let Some(table) = self.start.table(live) else {
            return Vec::new();
        };
        let columns = key_of(table).or_else(|| {
            let solid = |names: &Vec<&Name>| {
                names
                    .iter()
                    .all(|name| table.column(name.as_str()).is_some_and(|c| !c.nullable))
            };
            let uniques = table
                .uniques
                .iter()
                .map(|unique| unique.columns.iter().collect());
            let indexes = table.indexes.iter().filter_map(Index::unique_columns);
            let found = uniques.chain(indexes).find(solid)?;
            Some(found.into_iter().cloned().collect::<Vec<Name>>())
        });
        if let Some(columns) = columns {
            let keys = columns.iter().filter_map(|name| {
                let column = table.column(name.as_str())?;
                Some(Key {
                    name: name.clone(),
                    sql: self.quote(name),
                    ty: Some(column.ty.clone()),
                })
            });
            return keys.collect();
        }
        let address = self.dialect.row_sql().address(table);
        let keys = address.map(|address| Key {
            name: Name::from(address),
            sql: address.to_owned(),
            ty: None,
        });
        keys.into_iter().collect()
    }
}

/// One part of what tells rows apart.
struct Key {
    name: Name,
    sql: String,
    /// Its type, where it is a column.
    ty: Option<ColumnType>,
}

fn key_of(table: &Table) -> Option<Vec<Name>> {
    table.primary_key.as_ref().map(|key| key.columns.clone())
}

fn is_null(value: &DefaultValue) -> bool {
    matches!(value, DefaultValue::Literal(Literal::Null))
}

/// Whether values stay what they are, so that they are equal where they were.
fn keeps_values(from: &ColumnType, to: &ColumnType) -> bool {
    let is_text = |ty: &ColumnType| {
        matches!(
            ty,
            ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text
        )
    };
    let is_whole = |ty: &ColumnType| {
        matches!(
            ty,
            ColumnType::TinyInteger
                | ColumnType::SmallInteger
                | ColumnType::Integer
                | ColumnType::BigInteger
                | ColumnType::TinyUnsigned
                | ColumnType::SmallUnsigned
                | ColumnType::Unsigned
                | ColumnType::BigUnsigned
        )
    };
    from == to
        || (is_text(from) && is_text(to))
        || (is_whole(from) && is_whole(to))
        || (matches!((from, to), (ColumnType::Custom(_), ColumnType::Custom(_)))
            && widens(from, to))
}
