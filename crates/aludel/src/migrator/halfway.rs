//! Taking back a migration that has stopped halfway, on a database where it
//! is not all or nothing.
//!
//! What the schema was before is on record, so the way back is the difference
//! between that and what is there now, whatever of the migration was run.
//! Nothing else is needed of its file, which may be what was wrong. Should
//! this stop halfway too, it is done again.

use std::time::Instant;

use aludel_core::change::Pair;
use aludel_core::dialect::{Dialect, ObjectKind, Snapshot, SqlObject};
use aludel_core::diff::{self, Judge, Naming, Renames, Wanted};
use aludel_core::object::{self, Noun};
use aludel_core::operation::Operation;
use aludel_core::plan::Statement;
use aludel_core::revision::{Revision, RevisionGraph, checksum};
use aludel_core::schema::{Name, Schema, Table, TableName};

use super::books::Entry;
use super::status::Halfway;
use super::store::host;
use super::walk::{close, moved};
use super::{Event, Migrator, Ran, values};
use crate::db::{Connection, is_bookkeeping, read_catalog};
use crate::error::{Error, ErrorKind, Result};
use crate::run::journal::{self, RenamedValues, Step, Touched};
use crate::run::{Direction, Runner, Transaction};

impl Migrator {
    /// Brings the database to where it was before the revision that is half
    /// done.
    pub(super) async fn take_back(
        &self,
        connection: &mut Connection<'_>,
        graph: &RevisionGraph,
        halfway: &Halfway,
    ) -> Result<Ran> {
        let revision = graph
            .get(&halfway.revision)
            .ok_or_else(|| gone(&halfway.revision))?;
        let start = Instant::now();
        tracing::info!(
            applied = halfway.applied.len(),
            "taking back the {} of {}, which stopped halfway",
            halfway.direction,
            revision.id()
        );
        self.tell(&Event::TakenBack {
            revision,
            direction: halfway.direction(),
            applied: halfway.applied.len(),
        });
        let mut watch = |statement: &Statement, elapsed| {
            self.tell(&Event::of_statement(revision, statement, elapsed));
        };
        let mut runner = Runner::new(Some(revision), false, self.scope.clone(), &mut watch);
        let mut transaction = Transaction::begin_migration(connection, &self.limits()).await?;
        let done = async {
            let connection = transaction.connection();
            let mut steps = journal::steps(connection, self.store.name()).await?;
            if steps.first().map(|step| step.revision.as_str()) != Some(revision.id()) {
                return Err(moved(revision));
            }
            let before = journal::before(&steps, connection.dialect(), &self.scope)?;
            let Some(before) = before else {
                return Err(cannot("what the schema was before is not on record"));
            };
            journal::leave_what_was_not_run(connection, &mut steps).await?;
            self.lead_back(&mut transaction, &mut runner, &steps, before)
                .await
        };
        let done: Result<()> = done.await;
        if let Err(error) = done {
            let error = transaction.fail(error).await;
            return Err(runner.tell(error));
        }
        let ran = Ran {
            revision: revision.id().to_owned(),
            file_name: revision.file_name.clone(),
            direction: match halfway.direction() {
                Direction::Up => Direction::Down,
                Direction::Down => Direction::Up,
            },
            took: start.elapsed(),
        };
        let books = self
            .note_back(&mut transaction, revision, halfway, &ran)
            .await;
        close(transaction, books).await?;
        Ok(ran)
    }

    /// Runs what leads from the schema that is there to the one before.
    async fn lead_back(
        &self,
        transaction: &mut Transaction<'_>,
        runner: &mut Runner<'_>,
        steps: &[Step],
        before: Snapshot,
    ) -> Result<()> {
        let dialect = transaction.connection().dialect();
        let touched = Touched::by(steps, dialect.name() == "mysql");
        let now = read_catalog(transaction.connection(), &self.scope).await?;
        let objects = Objects::between(dialect, &now, &before, &touched)?;
        let back = Back {
            dialect,
            before: &before.schema,
            touched: &touched,
            own: self.store.name(),
        };
        let mut plans = Vec::new();
        for sql in objects.drops {
            runner.loose(transaction, sql).await?;
        }
        let made = back.made(&now.schema);
        runner.operations(transaction, &made, &mut plans).await?;
        let now = read_catalog(transaction.connection(), &self.scope).await?;
        let way = back.way(&now.schema, &touched.values)?;
        runner.operations(transaction, &way, &mut plans).await?;
        for sql in objects.creates {
            runner.loose(transaction, sql).await?;
        }
        let now = read_catalog(transaction.connection(), &self.scope).await?;
        // What rows hold does not show.
        match back.way(&now.schema, &[])?.first() {
            None => Ok(()),
            Some(operation) => {
                let words = operation.describe().into_iter().map(|said| said.text);
                let words: Vec<String> = words.collect();
                Err(cannot(&format!("there is still to {}", words.join(", "))))
            }
        }
    }

    async fn note_back(
        &self,
        transaction: &mut Transaction<'_>,
        revision: &Revision,
        halfway: &Halfway,
        ran: &Ran,
    ) -> Result<()> {
        self.store.ensure(transaction.connection()).await?;
        transaction.bind().await?;
        let connection = transaction.connection();
        let file = self.file(revision)?;
        let entry = Entry {
            revision: revision.id(),
            direction: ran.direction.as_str(),
            duration_ms: i64::try_from(ran.took.as_millis()).unwrap_or(i64::MAX),
            checksum: &checksum(file.text(), revision.format),
            host: &host(),
            pid: std::process::id(),
        };
        if halfway.direction() == Direction::Up {
            self.store.log(connection, &entry).await?;
        }
        self.store.forget_steps(connection).await?;
        self.store.end_status(connection).await?;
        transaction.commit_bound().await
    }
}

/// The way back, of the tables that the steps speak of. All others are
/// somebody else's business: they may have changed since.
struct Back<'b> {
    dialect: &'static dyn Dialect,
    before: &'b Schema,
    touched: &'b Touched,
    /// The version table.
    own: &'b str,
}

impl Back<'_> {
    fn is_touched(&self, table: &TableName) -> bool {
        let name = table.name.as_str();
        self.touched.names(name) && !is_bookkeeping(name) && name != self.own
    }

    /// The names that the tables and columns of before have now.
    fn images(&self) -> Vec<Image> {
        let tables = self.before.tables.values();
        let mut images: Vec<Image> = tables
            .filter(|table| self.is_touched(&table.name))
            .map(Image::of)
            .collect();
        for (table, names) in &self.touched.renames {
            for image in &mut images {
                image.rename(table.as_deref(), names);
            }
        }
        images
    }

    /// The drops of the tables that the steps have made.
    fn made(&self, now: &Schema) -> Vec<Operation> {
        let images = self.images();
        let is_made = |table: &&Table| {
            self.is_touched(&table.name) && images.iter().all(|image| image.now != table.name)
        };
        let made: Schema = now.tables.values().filter(is_made).cloned().fold(
            Schema::default(),
            |mut schema, table| {
                schema.insert(table);
                schema
            },
        );
        let none = Schema::default();
        diff::diff(Pair::new(&made, &none), &Renames::default())
    }

    /// What leads from a schema to the one before.
    fn way(&self, now: &Schema, renamed: &[RenamedValues]) -> Result<Vec<Operation>> {
        let mut schema = now.clone();
        schema.tables.retain(|name, _| !self.is_touched(name));
        schema
            .enums
            .retain(|name, _| !self.touched.names(name.name.as_str()));
        for table in self.before.tables.values() {
            if self.is_touched(&table.name) {
                schema.insert(table.clone());
            }
        }
        for (name, values) in &self.before.enums {
            if self.touched.names(name.name.as_str()) {
                schema.enums.insert(name.clone(), values.clone());
            }
        }
        let wanted = Wanted {
            schema,
            ..Wanted::default()
        };
        let dialect = self.dialect;
        let judge = Judge {
            accepts: &|rust, existing| dialect.accepts(rust, existing),
            same_expression: &|a, b| dialect.same_expression(a, b),
            fold_name: &|name| dialect.fold_name(name),
            shared_names: dialect.shared_names(),
        };
        let mut renames = self.renames(now);
        renames.values = values::of_types(renamed, Pair::new(now, self.before));
        let mut adopted = diff::adopt(&wanted, now, &renames, &judge, &Naming::default())
            .map_err(|error| cannot(&error.to_string()))?;
        // A column may still take the old values beside the new ones, so that
        // nothing else could tell these renames.
        let values = values::of_columns(renamed, &self.images());
        adopted.renames.values.extend(values);
        let sides = || Pair::new(now, &adopted.schema);
        let operations = diff::diff_on(dialect.shared_names(), sides(), &adopted.renames);
        // What a procedure has done is not known: a rename that is not seen as
        // one would lose what is in it.
        let clues = diff::Clues {
            written: &adopted.schema,
            declined: &[],
        };
        match diff::likely_renames(sides(), &operations, clues).first() {
            Some(rename) if self.touched.hidden => Err(cannot(&format!(
                "`{}` seems to have been `{}` before",
                rename.from, rename.to
            ))),
            _ => Ok(operations),
        }
    }

    fn renames(&self, now: &Schema) -> Renames {
        let mut renames = Renames::default();
        for image in self.images() {
            let Some(table) = now.table(&image.now) else {
                continue;
            };
            if image.now != image.before {
                let pair = Pair::new(image.now.clone(), image.before.clone());
                renames.tables.push(pair);
            }
            for (was, is) in &image.columns {
                if was != is && table.column(is.as_str()).is_some() {
                    let pair = Pair::new(is.clone(), was.clone());
                    renames.columns.push((image.before.clone(), pair));
                }
            }
        }
        renames
    }
}

/// A table of before, and what it is called now.
pub(super) struct Image {
    pub(super) before: TableName,
    pub(super) now: TableName,
    /// Its columns, by their names then and now.
    pub(super) columns: Vec<(Name, Name)>,
}

impl Image {
    fn of(table: &Table) -> Self {
        let names = table.columns.iter().map(|column| column.name.clone());
        Self {
            before: table.name.clone(),
            now: table.name.clone(),
            columns: names.map(|name| (name.clone(), name)).collect(),
        }
    }

    /// Follows a rename of a table, or of a column of one.
    fn rename(&mut self, table: Option<&str>, names: &Pair<String>) {
        let is = |name: &Name, text: &str| name.as_str().eq_ignore_ascii_case(text);
        match table {
            None if is(&self.now.name, &names.from) => {
                let mut to = self.now.clone();
                to.name = Name::new(names.to.as_str());
                self.now = to;
            }
            Some(table) if is(&self.now.name, table) => {
                let found = self
                    .columns
                    .iter_mut()
                    .find(|(_, now)| is(now, &names.from));
                if let Some((_, now)) = found {
                    *now = Name::new(names.to.as_str());
                }
            }
            _ => {}
        }
    }
}

/// What has to go and to come beside tables.
#[derive(Debug, Default)]
struct Objects {
    drops: Vec<String>,
    creates: Vec<String>,
}

impl Objects {
    fn between(
        dialect: &dyn Dialect,
        now: &Snapshot,
        before: &Snapshot,
        touched: &Touched,
    ) -> Result<Self> {
        let mut found = Self::default();
        let differ = |one: &SqlObject, others: &Snapshot| {
            let same = |other: &&SqlObject| {
                other.kind == one.kind && other.name == one.name && other.table == one.table
            };
            others.objects.iter().find(same).map(|other| &other.sql) != Some(&one.sql)
        };
        for object in now
            .objects
            .iter()
            .filter(|one| touched.names(&one.name) && differ(one, before))
        {
            if let Some(verb) = dropped(dialect, object)? {
                found
                    .drops
                    .push(format!("{verb} {}", dialect.quote_name(&object.name)));
            }
        }
        for object in before
            .objects
            .iter()
            .filter(|one| touched.names(&one.name) && differ(one, now))
        {
            if dropped(dialect, object)?.is_some() {
                found.creates.push(object.sql.clone());
            }
        }
        Ok(found)
    }
}

/// How such an object goes; `None` for what goes with tables.
fn dropped(dialect: &dyn Dialect, object: &SqlObject) -> Result<Option<&'static str>> {
    let mysql = dialect.name() == "mysql";
    match object.kind {
        ObjectKind::Table
        | ObjectKind::Partition
        | ObjectKind::Index
        | ObjectKind::Constraint
        | ObjectKind::Property
        | ObjectKind::PartProperty
        | ObjectKind::Extension
        | ObjectKind::Schema => Ok(None),
        ObjectKind::View => Ok(Some("DROP VIEW IF EXISTS")),
        ObjectKind::MaterializedView => Ok(Some("DROP MATERIALIZED VIEW IF EXISTS")),
        ObjectKind::Trigger if mysql => Ok(Some("DROP TRIGGER IF EXISTS")),
        ObjectKind::Function if mysql => {
            let read = object::read(dialect, &object.sql);
            Ok(Some(match read.map(|made| made.id.noun) {
                Ok(Noun::Procedure) => "DROP PROCEDURE IF EXISTS",
                _ => "DROP FUNCTION IF EXISTS",
            }))
        }
        _ => Err(cannot(&format!(
            "`{}` was made, changed or dropped by it",
            object.name
        ))),
    }
}

fn cannot(why: &str) -> Error {
    Error::new(
        ErrorKind::Changed,
        format!("what was half done cannot be taken back: {why}"),
    )
    .with_hint(
        "go on with it, or bring the database to one revision by hand, and say which with `stamp`",
    )
}

fn gone(revision: &str) -> Error {
    Error::new(
        ErrorKind::UnknownRevision,
        format!("Can't locate revision identified by `{revision}`, which is half done"),
    )
    .with_hint("is this checkout or build older than the database?")
}
