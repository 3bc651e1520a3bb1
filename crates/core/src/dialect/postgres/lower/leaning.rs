//! What leans on what a list of operations takes away or changes.
//!
//! Owns how the server's notes follow the operations, and what is refused for
//! their sake before anything is touched. It must not know how something is
//! taken away and made again.

use super::mention::Mentions;
use super::named::Named;
use super::{Lowering, is_ours, schemas};
use crate::change::{Change, Pair};
use crate::dialect::postgres::Postgres;
use crate::dialect::postgres::render::{self, column_type};
use crate::dialect::{Dependent, DependentKind, ObjectKind, SqlObject, Support};
use crate::error::Error;
use crate::object::{Noun, ObjectChange, ObjectId, definition, is_it, noted, support_of};
use crate::operation::{Operation, TableChange};
use crate::schema::{DefaultValue, Name, Schema, Table, TableName};

/// What happens to a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is dropped.
    Goes,
    /// It gets another type, or is dropped and added again.
    Changes,
}

impl Support {
    fn name_mut(&mut self) -> &mut TableName {
        match self {
            Self::Relation(name)
            | Self::Column(name, _)
            | Self::Type(name)
            | Self::Function(name) => name,
        }
    }
}

/// Whether an object that the database keeps as a text is what leans.
pub(super) fn is_kept_as(dependent: &Dependent, object: &SqlObject) -> bool {
    let kind = match dependent.kind {
        DependentKind::View => ObjectKind::View,
        DependentKind::MaterializedView => ObjectKind::MaterializedView,
        DependentKind::Rule => ObjectKind::Rule,
        DependentKind::Trigger => ObjectKind::Trigger,
        DependentKind::Policy => ObjectKind::Policy,
        DependentKind::Function => ObjectKind::Function,
        _ => return false,
    };
    let of_table = dependent.table.as_ref();
    object.kind == kind
        && object.name == dependent.name.to_string()
        && of_table.is_none_or(|table| object.table == table.to_string())
}

/// What there is in words: `view `o.w`, policy `p` of `t``.
fn in_words(list: &[&Dependent]) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in list.iter().map(ToString::to_string) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(", ")
}

impl Lowering<'_> {
    /// Notes what stands in the way of a change of a column: what leans on it
    /// and is not made again around the change.
    pub(super) fn column_users(&mut self, table: &TableName, column: &Name, fate: Fate) {
        let what = match fate {
            Fate::Goes => "dropped",
            Fate::Changes => "changed",
        };
        if self.is_partition_key(table, column) {
            let error = Error::new(format!(
                "column `{table}.{column}` is part of the partition key of `{table}` and cannot \
                 be {what}"
            ));
            self.refuse(error.with_hint(
                "make a new table with the key that it is to have, move the rows, and drop the \
                 old one, in migrations of your own",
            ));
        }
        let on = Support::Column(table.clone(), column.clone());
        let mut hard: Vec<Dependent> = Vec::new();
        let mut functions = Vec::new();
        // Where its rows are values of a column, their form cannot change.
        let rows = Support::Relation(table.clone());
        let holds_rows = |d: &Dependent| {
            fate == Fate::Changes && d.on == rows && d.kind == DependentKind::Column
        };
        let all = self.now.dependents.iter();
        for one in all.filter(|d| d.on == on || holds_rows(d)) {
            // The server keeps them.
            let follows = fate == Fate::Changes
                && matches!(
                    one.kind,
                    DependentKind::Statistics | DependentKind::Constraint
                );
            let place = self.before.objects.iter().position(|o| is_kept_as(one, o));
            match (place, fate) {
                _ if follows => {}
                (Some(place), Fate::Changes) => functions.push(place),
                _ => hard.push(one.clone()),
            }
        }
        self.aside.add(functions);
        if hard.is_empty() {
            return;
        }
        let hard: Vec<&Dependent> = hard.iter().collect();
        let error = Error::new(format!(
            "column `{table}.{column}` cannot be {what} while it is used by {}",
            in_words(&hard)
        ));
        self.refuse(error.with_hint(self.way_out(&hard)));
    }

    fn is_partition_key(&self, table: &TableName, column: &Name) -> bool {
        let found = self.now.schema.table(table);
        let extra = found.and_then(|t| t.options.extra.as_deref());
        let key = extra.and_then(|extra| extra.split_once("PARTITION BY"));
        key.is_some_and(|(_, key)| Mentions::of(key).has_column(column.as_str()))
    }

    /// What stands in the way of a table that is dropped.
    pub(super) fn table_users(&mut self, table: &TableName) {
        let whole = Support::Relation(table.clone());
        let of_table = |d: &&Dependent| d.on.is_of(&whole);
        // What is part of it goes with it; of views that are known something is
        // said elsewhere.
        let stays = |d: &&Dependent| {
            let kept = self.before.objects.iter().any(|o| is_kept_as(d, o));
            let known = kept && d.kind != DependentKind::Function;
            let own = d.table.as_ref() == Some(table);
            !known && !own && d.kind != DependentKind::Statistics
        };
        let hard = self.now.dependents.iter().filter(of_table).filter(stays);
        let hard: Vec<Dependent> = hard.cloned().collect();
        if hard.is_empty() {
            return;
        }
        let hard: Vec<&Dependent> = hard.iter().collect();
        let error = Error::new(format!(
            "table `{table}` cannot be dropped while it is used by {}",
            in_words(&hard)
        ));
        self.refuse(error.with_hint(self.way_out(&hard)));
    }

    /// What stands in the way of an enum type that is dropped, or made again
    /// with every column of a table moved over; functions that are known go
    /// before that and come again after it.
    pub(super) fn enum_users(&mut self, name: &TableName, fate: Fate) {
        let on = Support::Type(name.clone());
        let of_table = |d: &Dependent| match (&d.table, d.kind) {
            (Some(table), _) => self.now.schema.table(table).is_some(),
            (None, DependentKind::Index) => self.is_known_index(&d.name),
            (None, _) => false,
        };
        let mut hard: Vec<Dependent> = Vec::new();
        let mut functions = Vec::new();
        let users = self.now.dependents.iter().filter(|d| d.on == on);
        for one in users.filter(|d| !of_table(d)) {
            match self.before.objects.iter().position(|o| is_kept_as(one, o)) {
                Some(_) if one.kind != DependentKind::Function => {}
                Some(place) if fate == Fate::Changes => functions.push(place),
                _ => hard.push(one.clone()),
            }
        }
        self.aside.add(functions);
        if hard.is_empty() {
            return;
        }
        let hard: Vec<&Dependent> = hard.iter().collect();
        let what = match fate {
            Fate::Goes => "dropped",
            Fate::Changes => "made again with other values",
        };
        let error = Error::new(format!(
            "enum type `{name}` cannot be {what} while it is used by {}",
            in_words(&hard)
        ));
        self.refuse(error.with_hint(self.way_out(&hard)));
    }

    /// Whether an index is one of a table, or of a view that files can say; one
    /// of a single partition is neither.
    fn is_known_index(&self, name: &TableName) -> bool {
        let tables = self.now.schema.tables.values();
        let mut tables = tables.filter(|table| table.name.schema == name.schema);
        let full = name.to_string();
        let mut objects = self.before.objects.iter();
        tables.any(|table| {
            let indexes = table.indexes.iter().filter_map(|index| index.name.as_ref());
            let keys = table.primary_key.iter().map(|key| key.constraint(table));
            let uniques = table.uniques.iter().map(|unique| unique.constraint(table));
            let mut constraints = keys.chain(uniques);
            indexes.into_iter().any(|index| *index == name.name)
                || constraints.any(|constraint| constraint == name.name.as_str())
        }) || objects.any(|object| {
            matches!(object.kind, ObjectKind::Index | ObjectKind::Constraint) && object.name == full
        })
    }

    /// Refuses to drop an object that something leans on; `again` where it is
    /// dropped to be made again.
    pub(super) fn object_users(&mut self, id: &ObjectId, again: bool) {
        let default = self.default_schema().to_owned();
        let Some(on) = support_of(&id.clone().in_default_schema(&default)) else {
            return;
        };
        // What is part of a view goes with it.
        let own = |d: &Dependent| d.table.is_some() && d.table.as_ref() == on.relation();
        let all = self.now.dependents.iter();
        let hard: Vec<&Dependent> = all.filter(|d| d.on.is_of(&on) && !own(d)).collect();
        if hard.is_empty() {
            return;
        }
        let what = match again {
            true => "changed in this way: it would be dropped and made again, and it is used by",
            false => "dropped while it is used by",
        };
        let error = Error::new(format!("{id} cannot be {what} {}", in_words(&hard)));
        let hint = match (again, id.noun) {
            (true, Noun::Domain | Noun::Type) => format!(
                "define the new one under another name, give that type to what uses `{0}`, and \
                 leave `{0}` out of the file",
                id.name
            ),
            (true, Noun::Function | Noun::Procedure | Noun::Aggregate) => format!(
                "keep what it takes and gives, so that it is replaced in its place; or define \
                 the new one under another name, let those use that, and leave `{}` out of the \
                 file",
                id.label()
            ),
            _ => self.way_out(&hard),
        };
        self.refuse(error.with_hint(hint));
    }

    /// What to do about those that are in the way.
    pub(super) fn way_out(&self, hard: &[&Dependent]) -> String {
        let mut ways: Vec<String> = Vec::new();
        let mut say = |way: String| {
            if !ways.contains(&way) {
                ways.push(way);
            }
        };
        let schemas = self.now.objects.iter();
        let looked_at: Vec<&str> = schemas
            .filter(|o| o.kind == ObjectKind::Schema)
            .map(|o| o.name.as_str())
            .collect();
        for one in hard {
            let place = one.table.as_ref().unwrap_or(&one.name);
            let unseen = place.schema.as_ref().map(Name::as_str);
            let unseen = unseen.filter(|schema| !looked_at.contains(schema));
            match (one.kind, unseen) {
                (DependentKind::Publication, _) => say(format!(
                    "`ALTER PUBLICATION {}` to do without it, in a migration of its own",
                    one.name
                )),
                (DependentKind::View | DependentKind::MaterializedView, Some(schema)) => {
                    say(format!(
                        "add `{schema}` to `[database] schemas` and write what {one} becomes into \
                         a `.sql` file among the models, or drop it before, in a migration of its own"
                    ));
                }
                (
                    DependentKind::View
                    | DependentKind::MaterializedView
                    | DependentKind::Trigger
                    | DependentKind::Function,
                    None,
                ) => say(format!(
                    "write what {one} becomes into a `.sql` file among the models, or drop it \
                     before, in a migration of its own"
                )),
                _ => say(format!(
                    "change or drop {one} before, in a migration of its own"
                )),
            }
        }
        ways.join("; ")
    }

    /// Keeps the first reason not to go on.
    pub(super) fn refuse(&mut self, error: Error) {
        self.refused.get_or_insert(error);
    }

    /// Does with the notes what an operation has done.
    pub(super) fn follow_dependents(&mut self, operation: &Operation) {
        if self.now.dependents.is_empty() {
            return;
        }
        let default = self.default_schema().to_owned();
        let mut notes = std::mem::take(&mut self.now.dependents);
        match operation {
            Operation::DropTable(table) => notes.retain(|d| {
                d.table.as_ref() != Some(&table.name)
                    && d.on.relation() != Some(&table.name)
                    && !(d.kind == DependentKind::Table && d.name == table.name)
            }),
            Operation::RenameTable(names) => renamed_table(&mut notes, names),
            Operation::AlterTable { table, changes } => {
                let schema = &self.now.schema;
                for change in changes {
                    altered(&mut notes, table, change);
                    if let TableChange::Check(Change::Drop(gone)) = change
                        && let Some(found) = schema.table(table)
                    {
                        let name = gone.constraint(found);
                        notes.retain(|d| {
                            d.kind != DependentKind::Constraint
                                || d.table.as_ref() != Some(table)
                                || d.name.name.as_str() != name
                        });
                    }
                }
                notes.retain(|d| {
                    d.table.as_ref() != Some(table) && d.kind != DependentKind::Index
                        || stands(d, schema)
                });
            }
            Operation::Enum(Change::Drop(gone)) => {
                notes.retain(|d| d.on != Support::Type(gone.name.clone()));
            }
            Operation::Enum(Change::Rename(names)) => {
                for note in &mut notes {
                    if let Support::Type(name) = &mut note.on
                        && name.name == names.from
                    {
                        name.name = names.to.clone();
                    }
                }
            }
            Operation::Object(change) => of_object(&mut notes, change, &default),
            // Nothing is known of what somebody's own statements leave.
            Operation::Execute(raw) if is_ours(raw) && !schemas::is_known(raw) => notes.clear(),
            Operation::CreateTable(_)
            | Operation::Enum(_)
            | Operation::RenameEnumValue { .. }
            | Operation::Execute(_) => {}
        }
        self.now.dependents = notes;
    }

    /// The objects away that more than views and triggers lean on, with those
    /// that can go and come with them; whether any came to them.
    pub(super) fn with_leaning(&mut self) -> bool {
        let default = self.default_schema().to_owned();
        let mut more = Vec::new();
        let mut hard: Vec<Dependent> = Vec::new();
        let mut of = Vec::new();
        for &n in self.aside.objects() {
            let Some(object) = self.before.objects.get(n) else {
                continue;
            };
            let Some(id) = definition(&Postgres, object, &default).map(|d| d.id) else {
                continue;
            };
            let Some(on) = support_of(&id) else { continue };
            let all = self.before.dependents.iter();
            for one in all.filter(|d| d.on.is_of(&on)) {
                match self.before.objects.iter().position(|o| is_kept_as(one, o)) {
                    Some(place) => more.push(place),
                    None => {
                        of.push(id.clone());
                        hard.push(one.clone());
                    }
                }
            }
        }
        if let Some(id) = of.first() {
            let hard: Vec<&Dependent> = hard.iter().collect();
            let error = Error::new(format!(
                "{id} would be dropped and made again around this change, and it is used by {}",
                in_words(&hard)
            ));
            self.refuse(error.with_hint(self.way_out(&hard)));
        }
        self.aside.add(more)
    }
}

fn renamed_table(notes: &mut [Dependent], names: &Pair<TableName>) {
    for note in notes {
        if note.on.relation() == Some(&names.from) {
            note.on.name_mut().clone_from(&names.to);
        }
        if note.table.as_ref() == Some(&names.from) {
            note.table = Some(names.to.clone());
        }
        if note.kind == DependentKind::Table && note.name == names.from {
            note.name = names.to.clone();
        }
    }
}

fn altered(notes: &mut Vec<Dependent>, table: &TableName, change: &TableChange) {
    let column = |name: &Name| Support::Column(table.clone(), name.clone());
    let renamed = match change {
        TableChange::Column(Change::Drop(gone)) => {
            notes.retain(|d| d.on != column(&gone.name));
            None
        }
        TableChange::Column(Change::Rename(names)) => Some((&names.from, &names.to)),
        TableChange::Column(Change::Alter(pair)) => Some((&pair.from.name, &pair.to.name)),
        _ => None,
    };
    let Some((from, to)) = renamed.filter(|(from, to)| from != to) else {
        return;
    };
    for note in notes {
        if note.on == column(from) {
            note.on = column(to);
        }
        let is_column = matches!(note.kind, DependentKind::Column | DependentKind::Default);
        if is_column && note.table.as_ref() == Some(table) && note.name.name == *from {
            note.name.name = to.clone();
        }
    }
}

fn of_object(notes: &mut Vec<Dependent>, change: &ObjectChange, default: &str) {
    match change {
        ObjectChange::Drop(gone) => {
            let id = gone.id.clone().in_default_schema(default);
            let on = support_of(&id);
            notes.retain(|d| {
                let upon = on.as_ref().is_some_and(|on| d.on.is_of(on));
                let own = d.table.is_some()
                    && d.table.as_ref() == on.as_ref().and_then(Support::relation);
                !is_it(d, &id) && !upon && !own
            });
        }
        ObjectChange::Replace(pair) => {
            let id = pair.from.id.clone().in_default_schema(default);
            notes.retain(|d| !is_it(d, &id));
        }
        ObjectChange::Rename(ids) => {
            let from = ids.from.clone().in_default_schema(default);
            let to = noted(&ids.to.clone().in_default_schema(default));
            let on = support_of(&from);
            for note in notes {
                if is_it(note, &from) {
                    note.name = to.clone();
                }
                if on.as_ref().is_some_and(|on| note.on.is_of(on)) {
                    *note.on.name_mut() = to.clone();
                }
            }
        }
        ObjectChange::Create(_) => {}
    }
}

/// Whether a part of a table still leans on what it did.
fn stands(dependent: &Dependent, schema: &Schema) -> bool {
    let name = match &dependent.on {
        Support::Function(label) => label.name.as_str().split('(').next().unwrap_or_default(),
        Support::Type(name) => name.name.as_str(),
        Support::Relation(_) | Support::Column(..) => return true,
    };
    let says = |text: &str| Mentions::of(text).has_column(name);
    let own = dependent.name.name.as_str();
    if dependent.kind == DependentKind::Index {
        let indexes = |t: &Table| {
            let found = t
                .indexes
                .iter()
                .find(|i| i.name.as_ref().is_some_and(|n| *n == *own));
            found.map(|i| says(&render::create_index(i, &t.name)))
        };
        return schema.tables.values().find_map(indexes).unwrap_or(true);
    }
    let Some(table) = dependent.table.as_ref().and_then(|t| schema.table(t)) else {
        return true;
    };
    match dependent.kind {
        DependentKind::Column => {
            let column = table.column(own);
            column.is_some_and(|c| says(&column_type(&c.ty)))
        }
        DependentKind::Default => table.column(own).is_some_and(|c| {
            let default = match &c.default {
                Some(DefaultValue::Expression(text)) => says(text.as_str()),
                _ => false,
            };
            default
                || c.generated
                    .as_ref()
                    .is_some_and(|g| says(g.expression.as_str()))
        }),
        DependentKind::Constraint => {
            let found = table.checks.iter().find(|c| c.constraint(table) == own);
            found.is_none_or(|c| says(c.expression.as_str()))
        }
        _ => true,
    }
}
