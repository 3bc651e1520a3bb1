//! What becomes of a comparison where a project has something to say about it.
//!
//! Objects that are not compared are wanted as they are, so that they are
//! neither made, changed nor dropped; everything behind that (the file, its
//! proof) needs no word about it.

use std::collections::{BTreeMap, BTreeSet};

use aludel_core::dialect::{Dialect, Snapshot};
use aludel_core::diff::{Adopted, Renames, Wanted};
use aludel_core::object::{self, OwnWords, WantedObjects};
use aludel_core::operation::mentions;
use aludel_core::schema::{
    Check, Column, ColumnType, DefaultValue, EnumType, ForeignKey, Index, IndexTarget, Name,
    PrimaryKey, Schema, Table, TableName, Unique,
};

use crate::hooks::{Attribute, ColumnPair, Compared, Hooks, Kind, Side, Verdict};

impl Hooks {
    /// What is wanted, once those have been asked who know better.
    pub(crate) fn apply(
        &self,
        dialect: &dyn Dialect,
        before: &Schema,
        said: &Wanted,
        adopted: &mut Adopted,
    ) {
        if self.compare.is_some() {
            self.compare_columns(dialect, before, said, adopted);
        }
        if self.filter.is_some() {
            self.leave_tables(before, adopted);
            self.leave_enums(before, &mut adopted.schema);
        }
    }

    /// What of a database is written as models: what would be compared if they
    /// said it.
    pub(crate) fn written(&self, schema: Schema) -> Schema {
        if self.filter.is_none() {
            return schema;
        }
        let enums = schema.enums.clone();
        let mut adopted = Adopted {
            schema,
            renames: Renames::default(),
            hints: BTreeMap::new(),
        };
        let nothing = Schema::default();
        self.leave_tables(&nothing, &mut adopted);
        self.leave_enums(&nothing, &mut adopted.schema);
        let mut schema = adopted.schema;
        // A column cannot be said without its type.
        for (name, found) in enums {
            let is_used = |column: &Column| uses(&column.ty, &name);
            let mut tables = schema.tables.values();
            if tables.any(|table| table.columns.iter().any(is_used)) {
                schema.enums.insert(name, found);
            }
        }
        schema
    }

    /// Whether an object that is written in SQL is written beside the models.
    pub(crate) fn writes(&self, id: &object::ObjectId) -> bool {
        self.compares_object(id, [true, false])
    }

    fn compares_object(&self, id: &object::ObjectId, sides: [bool; 2]) -> bool {
        let table = id.table.as_ref().map(|table| table.name.as_str());
        let thing = Compared {
            table,
            ..of_table(
                Kind::Object(id.noun.word()),
                &id.name,
                id.name.name.as_str(),
            )
        };
        self.compares(&thing, sides)
    }

    fn compare_columns(
        &self,
        dialect: &dyn Dialect,
        before: &Schema,
        said: &Wanted,
        adopted: &mut Adopted,
    ) {
        let Some(compare) = &self.compare else { return };
        let Adopted {
            schema, renames, ..
        } = adopted;
        for (name, table) in &mut schema.tables {
            let (Some(found), Some(model)) = (
                before.table(before_name(renames, name)),
                said.schema.table(name),
            ) else {
                continue;
            };
            for column in &mut table.columns {
                let former = before_column(renames, name, &column.name);
                let (Some(found), Some(model)) = (
                    found.column(former.as_str()),
                    model.column(column.name.as_str()),
                ) else {
                    continue;
                };
                let pair = |what, models: Option<&str>, database: Option<&str>| {
                    compare(&ColumnPair {
                        table: name.name.as_str(),
                        schema: name.schema.as_ref().map(Name::as_str),
                        column: column.name.as_str(),
                        what,
                        models,
                        database,
                    })
                };
                let types = [&model.ty, &found.ty].map(|ty| dialect.write_type(ty));
                let verdict = pair(Attribute::Type, Some(&types[0]), Some(&types[1]));
                let ty = match verdict {
                    Verdict::Same => Some(found.ty.clone()),
                    Verdict::Different => Some(model.ty.clone()),
                    Verdict::Undecided => None,
                };
                let defaults = [model, found].map(|c| c.default.as_ref().map(shown));
                let verdict = pair(
                    Attribute::Default,
                    defaults[0].as_deref(),
                    defaults[1].as_deref(),
                );
                let default = match verdict {
                    Verdict::Same => Some(found.default.clone()),
                    Verdict::Different => Some(model.default.clone()),
                    Verdict::Undecided => None,
                };
                column.ty = ty.unwrap_or_else(|| column.ty.clone());
                column.default = default.unwrap_or_else(|| column.default.clone());
            }
        }
    }

    /// Whether something is compared, as far as those say who were asked.
    fn compares(&self, thing: &Compared<'_>, sides: [bool; 2]) -> bool {
        let Some(filter) = &self.filter else {
            return true;
        };
        let there = [Side::Models, Side::Database].into_iter().zip(sides);
        let mut there = there.filter(|(_, there)| *there);
        there.all(|(side, _)| filter(&Compared { side, ..*thing }))
    }

    fn leave_tables(&self, before: &Schema, adopted: &mut Adopted) {
        let Adopted {
            schema,
            renames,
            hints,
        } = adopted;
        let gone: BTreeSet<TableName> = renames.tables.iter().map(|t| t.from.clone()).collect();
        let found = before.tables.keys().filter(|name| !gone.contains(*name));
        let names: BTreeSet<TableName> = found.chain(schema.tables.keys()).cloned().collect();
        for name in names {
            let former = before_name(renames, &name).clone();
            let found = before.table(&former);
            let sides = [schema.tables.contains_key(&name), found.is_some()];
            if self.compares(&of_table(Kind::Table, &name, name.name.as_str()), sides) {
                if let (Some(found), Some(wanted)) = (found, schema.tables.get_mut(&name)) {
                    Leaving {
                        hooks: self,
                        table: &name,
                        renames,
                    }
                    .parts(found, wanted);
                } else if let Some(wanted) = schema.tables.get_mut(&name) {
                    let nothing = Table::new(name.clone());
                    Leaving {
                        hooks: self,
                        table: &name,
                        renames,
                    }
                    .parts(&nothing, wanted);
                }
                continue;
            }
            schema.tables.remove(&name);
            hints.remove(&name);
            renames.tables.retain(|pair| pair.to != name);
            renames.columns.retain(|(table, _)| *table != name);
            if let Some(found) = found {
                schema.insert(found.clone());
            }
        }
    }

    fn leave_enums(&self, before: &Schema, schema: &mut Schema) {
        let names = before.enums.keys().chain(schema.enums.keys());
        let names: BTreeSet<TableName> = names.cloned().collect();
        for name in names {
            let found: Option<&EnumType> = before.enums.get(&name);
            let sides = [schema.enums.contains_key(&name), found.is_some()];
            let thing = Compared {
                table: None,
                ..of_table(Kind::Enum, &name, name.name.as_str())
            };
            if self.compares(&thing, sides) {
                continue;
            }
            schema.enums.remove(&name);
            if let Some(found) = found {
                schema.enums.insert(name, found.clone());
            }
        }
    }

    /// The objects that are wanted: those that are not compared as they are.
    pub(crate) fn leave_objects(
        &self,
        dialect: &dyn Dialect,
        before: &Snapshot,
        wanted: &WantedObjects,
        own: &mut OwnWords,
    ) -> WantedObjects {
        let mut wanted = wanted.clone();
        if self.filter.is_none() {
            return wanted;
        }
        let found = object::wanted_of(dialect, before).list;
        let listed: Vec<_> = wanted
            .list
            .iter()
            .map(|o| o.definition.id.clone())
            .collect();
        let compared = |id: &object::ObjectId, sides| self.compares_object(id, sides);
        let has = |id: &object::ObjectId| found.iter().any(|o| o.definition.id == *id);
        wanted.list.retain(|one| {
            let id = &one.definition.id;
            compared(id, [true, has(id)])
        });
        for one in found {
            let id = &one.definition.id;
            let is_listed = listed.contains(id);
            let is_kept = wanted.list.iter().any(|o| o.definition.id == *id);
            let left = is_listed && !is_kept;
            if left || (wanted.whole && !is_listed && !compared(id, [false, true])) {
                // It is in the server's own words.
                own.add(&one.definition.sql, one.definition.sql.clone());
                wanted.list.push(one);
            }
        }
        wanted
    }
}

/// Whether a column of that type needs the enum.
fn uses(ty: &ColumnType, name: &TableName) -> bool {
    match ty {
        ColumnType::Enum(used) => used == name,
        ColumnType::Array(of) => uses(of, name),
        _ => false,
    }
}

/// Something that belongs to a table.
fn of_table<'n>(kind: Kind, table: &'n TableName, name: &'n str) -> Compared<'n> {
    Compared {
        kind,
        name,
        table: Some(table.name.as_str()),
        schema: table.schema.as_ref().map(Name::as_str),
        side: Side::Models,
    }
}

/// The name that a table has in the database.
fn before_name<'r>(renames: &'r Renames, name: &'r TableName) -> &'r TableName {
    let told = renames.tables.iter().find(|pair| pair.to == *name);
    told.map_or(name, |pair| &pair.from)
}

/// The name that a column has in the database.
fn before_column<'r>(renames: &'r Renames, table: &TableName, name: &'r Name) -> &'r Name {
    let mut told = renames.columns.iter();
    let told = told.find(|(of, pair)| of == table && pair.to == *name);
    told.map_or(name, |(_, pair)| &pair.from)
}

fn shown(default: &DefaultValue) -> String {
    match default {
        DefaultValue::Literal(literal) => literal.to_expression().to_string(),
        DefaultValue::Expression(expression) => expression.to_string(),
    }
}

/// The parts of a table that are left as they are.
struct Leaving<'a> {
    hooks: &'a Hooks,
    table: &'a TableName,
    renames: &'a Renames,
}

impl Leaving<'_> {
    fn parts(&self, found: &Table, wanted: &mut Table) {
        let (kept, gone) = self.columns(found, &mut wanted.columns);
        let left = Left { kept, gone };
        let lists = (found, &left);
        self.list(Kind::Index, &found.indexes, &mut wanted.indexes, lists);
        self.list(Kind::Unique, &found.uniques, &mut wanted.uniques, lists);
        let keys = (&found.foreign_keys, &mut wanted.foreign_keys);
        self.list(Kind::ForeignKey, keys.0, keys.1, lists);
        self.list(Kind::Check, &found.checks, &mut wanted.checks, lists);
        let (found, wanted_key) = (&found.primary_key, &mut wanted.primary_key);
        let uses = |key: &Option<PrimaryKey>, columns: &[Name]| {
            let mut all = key.iter().flat_map(|key| &key.columns);
            all.any(|column| columns.contains(column))
        };
        if uses(found, &left.kept) || uses(wanted_key, &left.gone) {
            wanted_key.clone_from(found);
        }
        if found != wanted_key {
            let key = wanted_key.as_ref().or(found.as_ref());
            let name = key.and_then(|key| key.name.as_ref());
            let sides = [wanted_key.is_some(), found.is_some()];
            if !self.compares(Kind::PrimaryKey, name, sides) {
                wanted_key.clone_from(found);
            }
        }
        wanted.sort_lists();
    }

    fn compares(&self, kind: Kind, name: Option<&Name>, sides: [bool; 2]) -> bool {
        let name = name.map_or("", Name::as_str);
        self.hooks
            .compares(&of_table(kind, self.table, name), sides)
    }

    /// The names of the columns that only the database has and keeps, and of
    /// those that only the models have and do not get.
    fn columns(&self, found: &Table, wanted: &mut Vec<Column>) -> (Vec<Name>, Vec<Name>) {
        let mut renamed = BTreeSet::new();
        let mut gone = Vec::new();
        wanted.retain_mut(|column| {
            let former = before_column(self.renames, self.table, &column.name).clone();
            let there = found.column(former.as_str());
            renamed.insert(former);
            if self.compares(Kind::Column, Some(&column.name), [true, there.is_some()]) {
                return true;
            }
            match there {
                Some(there) => {
                    let name = column.name.clone();
                    *column = there.clone();
                    column.name = name;
                    true
                }
                None => {
                    gone.push(column.name.clone());
                    false
                }
            }
        });
        let mut kept = Vec::new();
        for column in &found.columns {
            let is_new = !renamed.contains(&column.name);
            if is_new && !self.compares(Kind::Column, Some(&column.name), [false, true]) {
                kept.push(column.name.clone());
                wanted.push(column.clone());
            }
        }
        (kept, gone)
    }

    fn list<P: Part>(
        &self,
        kind: Kind,
        found: &[P],
        wanted: &mut Vec<P>,
        (table, left): (&Table, &Left),
    ) {
        let on_any = |part: &P, columns: &[Name]| columns.iter().any(|c| part.uses(c, table));
        let twin = |one: &P, list: &[P]| {
            let named = |other: &P| one.name().is_some() && one.name() == other.name();
            list.iter().position(|other| one == other || named(other))
        };
        wanted.retain(|part| {
            let names_gone = on_any(part, &left.gone);
            let is_new = twin(part, found).is_none();
            !names_gone && (!is_new || self.compares(kind, part.name(), [true, false]))
        });
        for part in found {
            let names_kept = on_any(part, &left.kept);
            match twin(part, wanted) {
                Some(at) => {
                    if wanted.get(at) != Some(part)
                        && !self.compares(kind, part.name(), [true, true])
                        && let Some(wanted) = wanted.get_mut(at)
                    {
                        *wanted = part.clone();
                    }
                }
                None => {
                    if names_kept || !self.compares(kind, part.name(), [false, true]) {
                        wanted.push(part.clone());
                    }
                }
            }
        }
    }
}

/// Columns that are not compared.
struct Left {
    /// The database has them, and keeps them.
    kept: Vec<Name>,
    /// The models want them, and they are not made.
    gone: Vec<Name>,
}

/// A part of a table that stands on columns.
trait Part: Clone + PartialEq {
    fn name(&self) -> Option<&Name>;
    /// Whether it stands on a column of that name, or has it in an expression.
    fn uses(&self, column: &Name, table: &Table) -> bool;
}

impl Part for Unique {
    fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    fn uses(&self, column: &Name, _table: &Table) -> bool {
        self.columns.contains(column)
    }
}

impl Part for ForeignKey {
    fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    fn uses(&self, column: &Name, _table: &Table) -> bool {
        self.columns.contains(column)
    }
}

impl Part for Check {
    fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    fn uses(&self, column: &Name, table: &Table) -> bool {
        mentions(&self.expression, column, table)
    }
}

impl Part for Index {
    fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    fn uses(&self, column: &Name, table: &Table) -> bool {
        let of = |target: &IndexTarget| match target {
            IndexTarget::Column(name) => name == column,
            IndexTarget::Expression(expression) => mentions(expression, column, table),
        };
        let mut predicate = self.predicate.iter();
        self.keys.iter().any(|key| of(&key.target))
            || self.include.contains(column)
            || predicate.any(|condition| mentions(condition, column, table))
    }
}
