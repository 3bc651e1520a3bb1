//! The difference between the objects of files and those of a database.
//!
//! Owns which object is which, what is done with each, and where that stands
//! among the changes of tables. What only a server can compare comes in through
//! [`OwnWords`].

use std::collections::BTreeSet;

use super::beyond::beyond_files;
use super::called::needed_by;
use super::leaning::{is_it, support_of};
use super::order::{as_made, names};
use super::read::{definition, definitions};
use super::replay::{is_note_of, is_same, renamed_everywhere, renamed_text};
use super::words::{Mentions, same_text};
use super::{Definition, Noun, ObjectChange, ObjectId, OwnWords, WantedObject, WantedObjects};
use crate::change::{Change, Pair};
use crate::dialect::{DependentKind, Dialect, Snapshot, SqlObject, Unmanaged};
use crate::operation::{Operation, TableChange};
use crate::schema::{Schema, TableName};

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// The dialect of the database.
    pub dialect: &'a dyn Dialect,
    /// The database as it is.
    pub found: &'a Snapshot,
    /// What files say.
    pub wanted: &'a WantedObjects,
    /// What a server made of what files say.
    pub own: &'a OwnWords,
}

/// What has to be done with objects, around the changes of tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectDiff {
    /// Before the tables change.
    pub before: Vec<Operation>,
    /// After they have changed.
    pub after: Vec<Operation>,
    /// What of the functions that go stays until a table has gone.
    pub held: Vec<Held>,
}

/// A function that a part of a table uses which no model says: a policy, a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The table.
    pub table: TableName,
    /// The function.
    pub by: ObjectId,
}

/// What belongs together.
struct Pairs {
    /// What is there and is wanted, by the same name or by another one.
    both: Vec<(Definition, WantedObject)>,
    /// What is wanted and not there.
    new: Vec<Definition>,
    /// What is there and no file mentions.
    rest: Vec<Definition>,
}

impl Sides<'_> {
    fn default(&self) -> &str {
        &self.found.server.schema
    }

    fn pairs(&self) -> Pairs {
        let mut rest = definitions(self.dialect, self.found);
        let mut both = Vec::new();
        let mut left = Vec::new();
        let mut take = |hit: &dyn Fn(&Definition) -> bool| {
            let at = rest.iter().position(hit)?;
            Some(rest.remove(at))
        };
        for wanted in &self.wanted.list {
            let mut wanted = wanted.clone();
            let id = wanted.definition.id.clone();
            wanted.definition.id = id.in_default_schema(self.default());
            let id = &wanted.definition.id;
            match take(&|found| is_same(self.dialect, &found.id, id)) {
                Some(found) => both.push((found, wanted)),
                None => left.push(wanted),
            }
        }
        let mut new = Vec::new();
        for wanted in left {
            let id = &wanted.definition.id;
            // The same function with other arguments, or the same trigger on
            // another table.
            let mut same_name = ObjectId::new(id.noun, id.name.clone());
            if let Some(from) = &wanted.renamed_from {
                same_name.name.clone_from(from);
            }
            let found = take(&|found| {
                let bare = ObjectId::new(found.id.noun, found.id.name.clone());
                is_same(self.dialect, &bare, &same_name)
            });
            match found {
                Some(found) => both.push((found, wanted)),
                None => new.push(wanted.definition),
            }
        }
        Pairs { both, new, rest }
    }

    /// Whether what is there is what is wanted, as far as is known.
    fn is_settled(&self, found: &Definition, wanted: &Definition) -> bool {
        let same = |text: &str| same_text(self.dialect, &found.sql, text, self.default());
        // Which version of an extension there is, is the server's business.
        wanted.id.noun == Noun::Extension
            || same(&wanted.sql)
            || self.own.of(&wanted.sql).is_some_and(same)
    }

    /// The objects whose texts differ and that only a server can compare.
    pub fn unsettled(&self) -> Vec<Definition> {
        let pairs = self.pairs();
        let differ = pairs.both.into_iter().filter(|(found, wanted)| {
            !self.dialect.keeps_text(wanted.definition.id.noun)
                && self.own.of(&wanted.definition.sql).is_none()
                && !self.is_settled(found, &wanted.definition)
        });
        differ.map(|(_, wanted)| wanted.definition).collect()
    }

    /// What introspection noted and no file mentions.
    pub fn unmanaged(&self) -> Vec<Unmanaged> {
        let pairs = self.pairs();
        let managed: Vec<_> = pairs.both.iter().map(|(found, _)| &found.id).collect();
        let objects: Vec<(Noun, &SqlObject)> = self
            .found
            .objects
            .iter()
            .filter_map(|object| {
                let found = definition(self.dialect, object, self.default())?;
                managed
                    .contains(&&found.id)
                    .then_some((found.id.noun, object))
            })
            .collect();
        let notes = self.found.unmanaged.iter();
        let others = notes.filter(|note| {
            !objects
                .iter()
                .any(|(noun, object)| is_note_of(note, object, *noun))
        });
        others.cloned().collect()
    }
}

/// What takes the objects that are there to those that are wanted, around
/// changes of tables that lead to `after`.
pub fn between(sides: &Sides<'_>, tables: &[Operation], after: &Schema) -> ObjectDiff {
    let dropped: Vec<&TableName> = (tables.iter())
        .filter_map(|operation| match operation {
            Operation::DropTable(table) => Some(&table.name),
            _ => None,
        })
        .collect();
    let wants_nothing = sides.wanted.list.is_empty() && !sides.wanted.whole;
    if wants_nothing && dropped.is_empty() {
        return ObjectDiff::default();
    }
    let Pairs { both, new, rest } = sides.pairs();
    let mut plan = Work {
        sides,
        touched: touched(tables),
        dropped: dropped.iter().map(|&name| name.clone()).collect(),
        drops: Vec::new(),
        creates: new,
        after: Vec::new(),
        renames: Vec::new(),
    };
    let mut stay: Vec<Staying> = Vec::new();
    // A rename first: what stands upon it follows.
    let (same, others): (Vec<_>, Vec<_>) = both
        .into_iter()
        .partition(|(found, wanted)| is_same(sides.dialect, &found.id, &wanted.definition.id));
    for (found, wanted) in others.into_iter().chain(same) {
        stay.extend(plan.pair(found, wanted.definition));
    }
    if sides.wanted.whole {
        // What names a virtual table no file can say, and it stays with it.
        let beyond = beyond_files(sides.dialect, sides.found, &[]);
        let is_beyond = |one: &Definition| beyond.iter().any(|(other, _)| *other == one.id);
        let (kept, gone): (Vec<_>, Vec<_>) = rest.into_iter().partition(is_beyond);
        plan.drops.extend(gone);
        stay.extend(kept.into_iter().map(|one| Staying::same(one.clone(), one)));
    } else {
        let goes = |one: &Definition| {
            let table = one.id.table.as_ref();
            one.id.noun == Noun::Trigger && table.is_some_and(|t| dropped.contains(&t))
        };
        // A trigger goes with its table; said by itself, it comes back with it.
        let (with_tables, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(goes);
        plan.drops.extend(with_tables);
        stay.extend(rest.into_iter().map(|one| Staying::same(one.clone(), one)));
    }
    plan.remake_upon(stay);
    plan.finish(after)
}

/// What stays in its place.
struct Staying {
    found: Definition,
    wanted: Definition,
    /// Whether it is defined anew there.
    differs: bool,
}

impl Staying {
    fn same(found: Definition, wanted: Definition) -> Self {
        Self {
            found,
            wanted,
            differs: false,
        }
    }

    fn other(found: Definition, wanted: Definition) -> Self {
        Self {
            found,
            wanted,
            differs: true,
        }
    }
}

struct Work<'a> {
    sides: &'a Sides<'a>,
    /// The tables that change in a way that a text may not survive.
    touched: BTreeSet<TableName>,
    /// The tables that are dropped.
    dropped: Vec<TableName>,
    drops: Vec<Definition>,
    creates: Vec<Definition>,
    after: Vec<Pair<Definition>>,
    renames: Vec<Pair<ObjectId>>,
}

impl Work<'_> {
    /// Decides about what is there and is wanted; gives what stays in its
    /// place, as it is and as it will be.
    fn pair(&mut self, found: Definition, wanted: Definition) -> Option<Staying> {
        let dialect = self.sides.dialect;
        let same_name = is_same(dialect, &found.id, &wanted.id);
        if same_name && self.sides.is_settled(&found, &wanted) {
            return Some(Staying::same(found, wanted));
        }
        if same_name {
            let own = self.sides.own.of(&wanted.sql).unwrap_or(&wanted.sql);
            let now = self.after_renames(&found);
            if now != found && self.sides.is_settled(&now, &wanted) {
                return Some(Staying::same(found, wanted));
            }
            if !self.is_touched(&found) && dialect.can_replace(&now, own) {
                return Some(Staying::other(now, self.in_own_words(wanted)));
            }
        } else if dialect.renames(found.id.noun)
            && found.id.table == wanted.id.table
            && found.id.arguments == wanted.id.arguments
            && found.id.name.schema == wanted.id.name.schema
            && !self.is_touched(&found)
        {
            let ids = Pair::new(found.id.clone(), wanted.id.clone());
            let now = Definition {
                id: wanted.id.clone(),
                sql: renamed_text(dialect, &found.sql, &ids),
            };
            let settled = self.sides.is_settled(&now, &wanted);
            let own = self.sides.own.of(&wanted.sql).unwrap_or(&wanted.sql);
            if settled || dialect.can_replace(&now, own) {
                self.renames.push(ids);
                return Some(if settled {
                    Staying::same(now, wanted)
                } else {
                    Staying::other(now, wanted)
                });
            }
        }
        self.drops.push(found);
        self.creates.push(wanted);
        None
    }

    /// A domain in the words of the server: it gives names to its checks, by
    /// which the way back finds them.
    fn in_own_words(&self, wanted: Definition) -> Definition {
        let own = self.sides.own.of(&wanted.sql);
        match own.filter(|_| matches!(wanted.id.noun, Noun::Type | Noun::Domain)) {
            Some(own) => Definition {
                sql: own.to_owned(),
                ..wanted
            },
            None => wanted,
        }
    }

    /// The text as the database has it once everything has its new name.
    fn after_renames(&self, found: &Definition) -> Definition {
        let mut now = found.clone();
        for ids in &self.renames {
            now.sql = renamed_everywhere(self.sides.dialect, &now.sql, ids);
        }
        now
    }

    fn is_touched(&self, found: &Definition) -> bool {
        let default = self.sides.default();
        let mentions = Mentions::of(self.sides.dialect, &found.sql);
        !found.id.noun.comes_before_tables()
            && (self.touched.iter()).any(|table| mentions.has(self.sides.dialect, table, default))
    }

    /// What names something that goes and comes again does so too.
    fn remake_upon(&mut self, mut stay: Vec<Staying>) {
        let (dialect, default) = (self.sides.dialect, self.sides.default());
        loop {
            let upon = stay.iter().position(|Staying { found, differs, .. }| {
                let by_name = matches!(
                    found.id.noun,
                    Noun::View | Noun::MaterializedView | Noun::Trigger | Noun::Index
                );
                let mentions = Mentions::of(dialect, &found.sql);
                // On the way back, an old text comes after what it names.
                let comes_again = |gone: &&Definition| {
                    *differs
                        || self.creates.iter().any(|made| {
                            made.id.noun == gone.id.noun && made.id.name == gone.id.name
                        })
                };
                let drops = self.drops.iter().filter(comes_again);
                let mut drops = drops.filter(|gone| gone.id != found.id);
                drops.any(|gone| {
                    (by_name && names(dialect, &mentions, &gone.id, default))
                        || self.leans(&found.id, &gone.id)
                })
            });
            let Some(upon) = upon else { break };
            let Staying { found, wanted, .. } = stay.remove(upon);
            self.drops.push(found);
            self.creates.push(wanted);
        }
        for one in stay.into_iter().filter(|one| one.differs) {
            self.after.push(Pair::new(one.found, one.wanted));
        }
    }

    /// Whether one object leans on another, as the server has noted.
    fn leans(&self, one: &ObjectId, gone: &ObjectId) -> bool {
        let Some(on) = support_of(gone) else {
            return false;
        };
        let mut notes = self.sides.found.dependents.iter();
        notes.any(|note| note.on.is_of(&on) && is_it(note, one))
    }

    /// What holds a function until a table that is dropped has gone. A trigger
    /// goes by itself.
    fn held(&self, gone: &ObjectId) -> Vec<Held> {
        let Some(on) = support_of(gone) else {
            return Vec::new();
        };
        let notes = self.sides.found.dependents.iter();
        let notes = notes.filter(|d| d.on.is_of(&on) && d.kind != DependentKind::Trigger);
        let tables = notes.filter_map(|d| d.table.as_ref());
        let tables = tables.filter(|table| self.dropped.contains(table));
        let held = tables.map(|table| Held {
            table: table.clone(),
            by: gone.clone(),
        });
        held.collect()
    }

    /// The operations, in order.
    fn finish(self, after: &Schema) -> ObjectDiff {
        let (dialect, default) = (self.sides.dialect, self.sides.default());
        let is_needed = |schema: &Schema| {
            let needed = needed_by(schema);
            move |one: &Definition| {
                one.id.noun.comes_before_tables()
                    || (matches!(one.id.noun, Noun::Function)
                        && needed.contains(&dialect.fold_name(one.id.name.name.as_str())))
            }
        };
        let was_needed = is_needed(&self.sides.found.schema);
        let is_needed = is_needed(after);
        let mut diff = ObjectDiff::default();
        let object = |change| Operation::Object(change);
        let mut late_drops = Vec::new();
        let replaced = self.after.iter().map(|pair| &pair.from);
        let replaced: Vec<Mentions> = replaced
            .map(|one| Mentions::when_made(dialect, &one.sql))
            .collect();
        let is_called = |gone: &Definition| {
            matches!(gone.id.noun, Noun::Function | Noun::Procedure)
                && (replaced.iter()).any(|one| names(dialect, one, &gone.id, default))
        };
        let held: Vec<Vec<Held>> = self.drops.iter().map(|gone| self.held(&gone.id)).collect();
        diff.held = held.concat();
        let mut drops = as_made(dialect, self.drops, default);
        drops.reverse();
        for gone in drops {
            // What columns may be of, or old texts call, goes after them,
            // unless it comes again.
            let again = self.creates.iter().any(|made| made.id.name == gone.id.name);
            let is_held = diff.held.iter().any(|held| held.by == gone.id);
            if (was_needed(&gone) || is_called(&gone) || is_held) && !again {
                late_drops.push(object(ObjectChange::Drop(gone)));
            } else {
                diff.before.push(object(ObjectChange::Drop(gone)));
            }
        }
        diff.before.extend(
            self.renames
                .into_iter()
                .map(|ids| object(ObjectChange::Rename(ids))),
        );
        let replaced: Vec<Definition> = self.after.iter().map(|pair| pair.to.clone()).collect();
        let all = self.creates.into_iter().chain(replaced).collect();
        for made in as_made(dialect, all, default) {
            let pair = self.after.iter().find(|pair| pair.to.id == made.id);
            let early = matches!(made.id.noun, Noun::Type | Noun::Domain)
                || (pair.is_none() && is_needed(&made));
            let change = match pair {
                Some(pair) => ObjectChange::Replace(pair.clone()),
                None => ObjectChange::Create(made),
            };
            let list = if early {
                &mut diff.before
            } else {
                &mut diff.after
            };
            list.push(object(change));
        }
        diff.after.extend(late_drops);
        diff
    }
}

/// The tables that change so that a text which names them may fail.
fn touched(operations: &[Operation]) -> BTreeSet<TableName> {
    let mut found = BTreeSet::new();
    for operation in operations {
        match operation {
            Operation::DropTable(table) => {
                found.insert(table.name.clone());
            }
            Operation::RenameTable(names) => {
                found.insert(names.from.clone());
            }
            Operation::AlterTable { table, changes } => {
                let touches = changes.iter().any(|change| {
                    matches!(
                        change,
                        TableChange::Column(Change::Drop(_) | Change::Alter(_) | Change::Rename(_))
                    )
                });
                if touches {
                    found.insert(table.clone());
                }
            }
            _ => {}
        }
    }
    found
}
