//! What a database lacks to be what is wanted, with words, SQL and hazards.
//!
//! Pure: it is given both sides and knows neither files nor connections.

mod entry;

use std::collections::BTreeMap;

use aludel::db::RowCount;
use aludel_core::change::Pair;
use aludel_core::dialect::{Dialect, Server, Snapshot, lower_all};
use aludel_core::diff::{
    self, Adopted, Answers, Judge, Naming, Question, RenameCandidate, Renames, TableHint, Wanted,
};
use aludel_core::object::{self, OwnWords, Sides};
use aludel_core::operation::Operation;
use aludel_core::plan::Plan;
use aludel_core::schema::{ColumnType, Schema, TableName};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::hooks::Hooks;
use crate::meaning;
use entry::describe;

pub(crate) use entry::Entry;

/// What a database lacks.
#[derive(Debug)]
pub(crate) struct Difference {
    /// What has to be done.
    pub(crate) operations: Vec<Operation>,
    /// The same in words, with SQL and hazards, one entry a change.
    pub(crate) entries: Vec<Entry>,
    /// What is wanted, with what the models leave open as the database has it.
    pub(crate) wanted: Schema,
    /// What the models leave open, under the names of the result.
    pub(crate) hints: BTreeMap<TableName, TableHint>,
    /// Drops and adds that may be renames.
    pub(crate) candidates: Vec<RenameCandidate>,
    /// The statements, in order.
    pub(crate) plans: Vec<Plan>,
    /// What there was.
    pub(crate) before: Schema,
    /// The database afterwards.
    pub(crate) after: Snapshot,
    /// The dialect of the database.
    pub(crate) dialect: &'static dyn Dialect,
    /// Why the database cannot do it; then there are no plans, and `after` is
    /// the database as it is.
    refused: Option<aludel_core::Error>,
}

/// How schemas are compared: as which database, with which names, and with
/// what the server says of expressions.
#[derive(Debug, Clone)]
pub(crate) struct Comparison {
    /// The dialect of the database.
    pub(crate) dialect: &'static dyn Dialect,
    /// The names of what is new.
    pub(crate) naming: Naming,
    /// What the server made of expressions whose texts differ; nothing where
    /// it was not asked.
    pub(crate) answers: Answers,
    /// What the server made of the objects of files.
    pub(crate) own: OwnWords,
    /// What the project knows better.
    pub(crate) hooks: Hooks,
}

impl Comparison {
    /// A comparison that nobody has asked a server about.
    pub(crate) fn new(dialect: &'static dyn Dialect, naming: Naming) -> Self {
        Self {
            dialect,
            naming,
            answers: Answers::default(),
            own: OwnWords::default(),
            hooks: Hooks::default(),
        }
    }

    /// The same, with those asked who know better.
    #[must_use]
    pub(crate) fn with(mut self, hooks: Hooks) -> Self {
        self.hooks = hooks;
        self
    }

    /// What the server has to be asked before the two can be compared.
    ///
    /// # Errors
    /// A rename that cannot be.
    pub(crate) fn questions(
        &self,
        before: &Schema,
        wanted: &Wanted,
        renames: &Renames,
    ) -> Result<Vec<Question>> {
        self.judged(|judge| diff::unsettled(wanted, before, renames, judge, &self.naming))
    }

    /// What takes `before` to `wanted`.
    ///
    /// # Errors
    /// A rename that cannot be. A change that the database cannot do is a
    /// difference all the same: [`Difference::refuse_impossible`].
    pub(crate) fn difference(
        &self,
        before: &Snapshot,
        wanted: &Wanted,
        renames: &Renames,
    ) -> Result<Difference> {
        let adopted = self.adopted(before, wanted, renames)?;
        let sides = Pair::new(&before.schema, &adopted.schema);
        let mut operations = diff::diff_on(self.dialect.shared_names(), sides, &adopted.renames);
        let sides = Pair::new(&before.schema, &adopted.schema);
        let clues = diff::Clues {
            written: &wanted.schema,
            declined: &renames.declined,
        };
        let candidates = diff::likely_renames(sides, &operations, clues);
        let keeps = |types: Pair<&ColumnType>| self.dialect.keeps_conversions(types);
        let sides = Pair::new(&before.schema, &wanted.schema);
        self.judged(|judge| {
            diff::say_anew(&mut operations, sides, &keeps, judge);
            Ok(())
        })?;
        meaning::tell(self.dialect, &mut operations, &adopted.hints);
        operations = self.with_objects(before, wanted, operations, &adopted.schema);
        let needed = self.dialect.needed(before, &operations);
        operations.splice(..0, needed);
        let (plans, after, refused) = match lower_all(self.dialect, before, &operations) {
            Ok((plans, after)) => (plans, after, None),
            Err(error) => (Vec::new(), before.clone(), Some(error)),
        };
        let entries = describe(self.dialect, &before.schema, &operations, &plans)?;
        Ok(Difference {
            operations,
            entries,
            wanted: adopted.schema,
            hints: adopted.hints,
            candidates,
            plans,
            before: before.schema.clone(),
            after,
            dialect: self.dialect,
            refused,
        })
    }

    /// What known operations do, as a difference: a step among several.
    ///
    /// # Errors
    /// A step that the database cannot do.
    pub(crate) fn step(
        &self,
        before: &Snapshot,
        operations: Vec<Operation>,
        whole: &Difference,
    ) -> Result<Difference> {
        let (plans, after) = lower_all(self.dialect, before, &operations)?;
        Ok(Difference {
            entries: describe(self.dialect, &before.schema, &operations, &plans)?,
            operations,
            wanted: after.schema.clone(),
            hints: whole.hints.clone(),
            candidates: Vec::new(),
            plans,
            before: before.schema.clone(),
            after,
            dialect: self.dialect,
            refused: None,
        })
    }

    fn adopted(&self, before: &Snapshot, wanted: &Wanted, renames: &Renames) -> Result<Adopted> {
        let schema = wanted.schema.clone();
        let settled = Wanted {
            schema: self.dialect.on_server(schema, &before.server),
            hints: wanted.hints.clone(),
            exact_tables: wanted.exact_tables,
            ..Wanted::default()
        };
        let mut adopted = self.adopt(&before.schema, &settled, renames)?;
        self.hooks
            .apply(self.dialect, &before.schema, &settled, &mut adopted);
        Ok(adopted)
    }

    /// The schema that is wanted, in the words of the one that is there.
    ///
    /// # Errors
    /// As [`Self::difference`].
    pub(crate) fn adopted_schema(
        &self,
        before: &Snapshot,
        wanted: &Wanted,
        renames: &Renames,
    ) -> Result<Schema> {
        Ok(self.adopted(before, wanted, renames)?.schema)
    }

    /// The changes of tables with those of objects around them.
    fn with_objects(
        &self,
        before: &Snapshot,
        wanted: &Wanted,
        tables: Vec<Operation>,
        after: &Schema,
    ) -> Vec<Operation> {
        let mut own = self.own.clone();
        let wanted = self
            .hooks
            .leave_objects(self.dialect, before, &wanted.objects, &mut own);
        let sides = Sides {
            dialect: self.dialect,
            found: before,
            wanted: &wanted,
            own: &own,
        };
        let objects = object::between(&sides, &tables, after);
        objects.around(self.dialect, &before.server.schema, tables)
    }

    /// The objects of both sides.
    pub(crate) fn objects<'s>(&'s self, before: &'s Snapshot, wanted: &'s Wanted) -> Sides<'s> {
        Sides {
            dialect: self.dialect,
            found: before,
            wanted: &wanted.objects,
            own: &self.own,
        }
    }

    /// What takes one schema to another, nothing told of renames.
    ///
    /// # Errors
    /// As [`Self::difference`].
    pub(crate) fn operations(&self, before: &Schema, wanted: &Wanted) -> Result<Vec<Operation>> {
        let adopted = self.adopt(before, wanted, &Renames::default())?;
        Ok(diff::diff_on(
            self.dialect.shared_names(),
            Pair::new(before, &adopted.schema),
            &adopted.renames,
        ))
    }

    fn adopt(&self, before: &Schema, wanted: &Wanted, renames: &Renames) -> Result<Adopted> {
        self.judged(|judge| diff::adopt(wanted, before, renames, judge, &self.naming))
    }

    /// The same, with nothing that a server has answered: columns of other types
    /// make other words of the same expression.
    pub(crate) fn unanswered(&self) -> Self {
        Self {
            answers: Answers::default(),
            ..self.clone()
        }
    }

    /// What only the database can judge: by the dialect, and by what the
    /// server has answered.
    fn judged<T>(&self, ask: impl FnOnce(&Judge<'_>) -> aludel_core::Result<T>) -> Result<T> {
        let Self {
            dialect, answers, ..
        } = self;
        let judge = Judge {
            accepts: &|rust, existing| dialect.accepts(rust, existing),
            same_expression: &|a, b| dialect.same_expression(a, b) || answers.same(a, b),
            fold_name: &|name| dialect.fold_name(name),
            shared_names: dialect.shared_names(),
        };
        Ok(ask(&judge)?)
    }
}

/// A found schema as one that is wanted to the letter.
pub(crate) fn exactly(schema: Schema) -> Wanted {
    Wanted {
        schema,
        ..Wanted::default()
    }
}

/// A found database as one that is wanted to the letter.
pub(crate) fn exactly_all(comparison: &mut Comparison, snapshot: Snapshot) -> Wanted {
    let objects = object::wanted_of(comparison.dialect, &snapshot);
    for one in &objects.list {
        // They are the server's own words, but for what a change before has
        // made: of that they are known.
        let sql = &one.definition.sql;
        if comparison.own.of(sql).is_none() {
            comparison.own.add(sql, sql.clone());
        }
    }
    Wanted {
        schema: snapshot.schema,
        objects,
        ..Wanted::default()
    }
}

/// A database that was made from a schema alone, on that server.
pub(crate) fn made_from(
    dialect: &dyn Dialect,
    schema: &Schema,
    server: Server,
) -> Result<Snapshot> {
    let empty = Snapshot {
        server,
        ..Snapshot::default()
    };
    let operations = diff::diff(Pair::new(&empty.schema, schema), &Renames::default());
    Ok(lower_all(dialect, &empty, &operations)?.1)
}

/// A hash over statements that white space does not change; what a rebuild
/// writes into its new table follows the live table and is left out.
pub(crate) fn fingerprint(plans: &[Plan]) -> String {
    let mut hash = Sha256::new();
    for plan in plans {
        for statement in plan.statements() {
            let rebuilds = !plan.rebuilds.is_empty();
            let mut words = statement.sql.split_whitespace();
            let creates = words.clone().take(2).collect::<Vec<_>>() == ["CREATE", "TABLE"];
            if rebuilds && creates {
                hash.update("CREATE TABLE");
            } else if let Some(first) = words.next() {
                hash.update(first);
                for word in words {
                    hash.update(" ");
                    hash.update(word);
                }
            }
            hash.update(";");
        }
    }
    let bytes = hash.finalize();
    bytes
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The statements of a plan as a script, each under its words.
pub(crate) fn script_of(plan: &Plan) -> String {
    let mut script = String::new();
    for statement in plan.statements() {
        let hazards = statement.hazards.iter().map(ToString::to_string);
        for line in std::iter::once(statement.why.clone()).chain(hazards) {
            script.push_str(&format!("-- {}\n", line.replace('\n', " ")));
        }
        script.push_str(&format!("{};\n", statement.sql.trim_end()));
    }
    script
}

impl Difference {
    /// Notes beside the changes which rows object to them.
    pub(crate) fn count(&mut self, counts: Vec<RowCount>) {
        for count in counts {
            let place = (count.check.operation, count.check.change);
            let entry = self.entries.iter_mut().find(|e| e.place == place);
            if let Some(entry) = entry {
                entry.rows.push(count);
            }
        }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// The statements as a script, each under its words.
    pub(crate) fn script(&self) -> String {
        self.plans.iter().map(script_of).collect()
    }

    /// The changes, as JSON says them.
    pub(crate) fn document(&self) -> Value {
        let entries = self.entries.iter();
        entries
            .map(|entry| entry.document(self.dialect.name()))
            .collect()
    }

    /// Stops where the database cannot do what has to be done.
    ///
    /// # Errors
    /// What it cannot do, and what to do instead.
    pub(crate) fn refuse_impossible(&self) -> Result<()> {
        match &self.refused {
            None => Ok(()),
            Some(error) => Err(error.clone().into()),
        }
    }

    /// The same as a line for people, where a difference is only shown.
    pub(crate) fn impossible(&self) -> Option<String> {
        let error = self.refused.as_ref()?;
        Some(match &error.hint {
            Some(hint) => format!("{error}; {hint}"),
            None => error.to_string(),
        })
    }
}
