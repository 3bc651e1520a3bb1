//! The record of a migration that is not all or nothing: which of its
//! statements were run. With it a run that failed or was killed goes on where
//! it stopped, or is taken back.
//!
//! Before a statement it says what is about to run and what the things that
//! the statement names look like; afterwards that it is done. Who finds "about
//! to run" looks at them again: if they have changed, it was run (a statement
//! of these servers is all or nothing by itself). Statements that change rows
//! share a transaction with their record.
//!
//! The catalogue is recorded as it was read, so that whoever goes on makes of
//! a migration the same statements that were made of it then.
//!
//! | module | owns |
//! |---|---|
//! | `table` | the rows of `aludel_step` |
//! | `shape` | what a statement's things look like |
//! | `meaning` | what kind of statement it is, what it names and renames |
//! | `values` | the values that a statement renames |
//! | `words` | the words of a statement |
//! | `rows` | the catalogue as a text |

mod meaning;
mod rows;
mod shape;
pub(crate) mod table;
mod values;
pub(super) mod words;

pub(crate) use values::RenamedValues;

use std::collections::BTreeSet;

use aludel_core::change::Pair;
use aludel_core::dialect::{Dialect, Scope, Snapshot, TextRow};

use self::meaning::{Kind, is_rust};
use super::Direction;
use crate::db::Connection;
use crate::error::{Error, ErrorKind, Result};

/// One statement on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) revision: String,
    pub(crate) direction: String,
    pub(crate) state: State,
    pub(crate) sql: String,
    /// What it names, before it.
    shape: String,
    /// The catalogue as it was read before it; empty where it was not.
    catalog: String,
}

/// How far a statement has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It is about to run.
    Begun,
    /// The same, in one transaction with its record.
    Bound,
    /// It was run.
    Done,
}

impl State {
    fn of(text: &str) -> Self {
        match text {
            "done" => Self::Done,
            "bound" => Self::Bound,
            _ => Self::Begun,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Bound => "bound",
            Self::Done => "done",
        }
    }
}

/// The record of one run of one revision.
#[derive(Debug)]
pub(crate) struct Journal {
    /// The version table, whose run it is.
    key: String,
    /// The schema in which the record is kept, with a point.
    home: String,
    revision: String,
    direction: Direction,
    /// What an earlier run, or this one, has put down.
    steps: Vec<Step>,
    /// How many statements this run has come by.
    at: usize,
    /// How many of the steps have rows in the table.
    written: usize,
    /// The catalogue as it was read before the next statement.
    catalog: String,
    ensured: bool,
}

impl Journal {
    /// The record of a revision, with what an earlier run of it has left.
    ///
    /// # Errors
    /// Another revision is half done.
    pub(crate) async fn open(
        connection: &mut Connection<'_>,
        key: &str,
        revision: &str,
        direction: Direction,
    ) -> Result<Self> {
        let steps = table::load(connection, key).await?;
        if let Some(other) = steps.first()
            && (other.revision != revision || other.direction != direction.as_str())
        {
            return Err(half_done(&other.revision, &other.direction));
        }
        Ok(Self {
            key: key.to_owned(),
            home: table::home(connection).await?,
            revision: revision.to_owned(),
            direction,
            at: 0,
            written: steps.len(),
            ensured: !steps.is_empty(),
            steps,
            catalog: String::new(),
        })
    }

    /// Whether an earlier run has left something.
    pub(crate) fn is_resumed(&self) -> bool {
        self.at < self.steps.len()
    }

    /// How many statements were run.
    pub(crate) fn done(&self) -> usize {
        let done = self.steps.iter().filter(|step| step.state == State::Done);
        done.count()
    }

    /// Whether a statement was begun, and nobody knows how it ended.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.steps.iter().any(|step| step.state != State::Done)
    }

    /// Whether nothing is on record.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The catalogue as it was when an earlier run was here; `None` where none
    /// was, and it has to be read.
    pub(crate) fn recorded_catalog(&self) -> Result<Option<Vec<Vec<TextRow>>>> {
        let Some(step) = self.steps.get(self.at) else {
            return Ok(None);
        };
        match rows::read(&step.catalog) {
            Some(answers) => Ok(Some(answers)),
            None => Err(self.edited(&step.sql, "something else")),
        }
    }

    /// Puts down the catalogue as it was read before the next statement.
    pub(crate) fn note_catalog(&mut self, answers: &[Vec<TextRow>]) {
        if self.catalog.is_empty() {
            self.catalog = rows::write(answers);
        }
    }

    /// Whether an earlier run has run the next statement. What was only for
    /// its session is run again by this.
    ///
    /// # Errors
    /// Another statement stood in its place then; or nothing tells whether it
    /// was run.
    pub(crate) async fn was_done(
        &mut self,
        connection: &mut Connection<'_>,
        sql: &str,
    ) -> Result<bool> {
        let Some(step) = self.steps.get(self.at) else {
            return Ok(false);
        };
        let mysql = is_mysql(connection);
        let step_sql = step.sql.clone();
        if step.state != State::Done {
            if !was_run(connection, step).await? {
                table::delete(connection, (&self.home, &self.key), self.at).await?;
                self.written = self.at;
                let step = self.steps.split_off(self.at).into_iter().next();
                if let Some(step) = step {
                    self.catalog = step.catalog;
                }
                return Ok(false);
            }
            table::set_done(connection, (&self.home, &self.key), self.at).await?;
        }
        if !same(&step_sql, sql) {
            return Err(self.edited(&step_sql, sql));
        }
        match meaning::kind(sql, mysql) {
            Kind::Session => connection.run(sql).await.map_err(table::wrong)?,
            Kind::Temporary => return Err(self.lost_session(sql)),
            _ => {}
        }
        if let Some(step) = self.steps.get_mut(self.at) {
            step.state = State::Done;
        }
        self.at += 1;
        Ok(true)
    }

    /// Says that a statement is about to run, `bound` in a transaction with
    /// its record.
    pub(crate) async fn begin(
        &mut self,
        connection: &mut Connection<'_>,
        sql: &str,
        bound: bool,
    ) -> Result<()> {
        self.ensure(connection).await?;
        let shape = match meaning::kind(sql, is_mysql(connection)) {
            Kind::Structure | Kind::Temporary => shape::shape(connection, sql).await,
            _ => Ok(String::new()),
        };
        let state = if bound { State::Bound } else { State::Begun };
        let step = self.step(sql, state, shape.map_err(table::wrong)?);
        table::insert(connection, (&self.home, &self.key), self.at, &step).await?;
        self.steps.push(step);
        self.written = self.steps.len();
        Ok(())
    }

    /// Says that the statement was run.
    pub(crate) async fn end(&mut self, connection: &mut Connection<'_>) -> Result<()> {
        table::set_done(connection, (&self.home, &self.key), self.at).await?;
        if let Some(step) = self.steps.get_mut(self.at) {
            step.state = State::Done;
        }
        self.at += 1;
        Ok(())
    }

    /// Says that the statement was refused. Where the connection has gone,
    /// "about to run" stays, and whoever comes next looks.
    pub(crate) async fn refused(&mut self, connection: &mut Connection<'_>) {
        match table::delete(connection, (&self.home, &self.key), self.at).await {
            Ok(()) => {
                self.steps.truncate(self.at);
                self.written = self.at;
            }
            Err(error) => tracing::warn!(%error, "whether the statement was run is not on record"),
        }
    }

    /// Notes a statement that was run in a transaction that is open.
    pub(crate) fn hold(&mut self, sql: &str) {
        let step = self.step(sql, State::Done, String::new());
        self.steps.push(step);
        self.at += 1;
    }

    /// Puts down what was held, in the transaction that is about to be
    /// committed.
    pub(crate) async fn write(&mut self, connection: &mut Connection<'_>) -> Result<()> {
        if self.written < self.steps.len() {
            self.ensure(connection).await?;
        }
        for (number, step) in self.steps.iter().enumerate().skip(self.written) {
            table::insert(connection, (&self.home, &self.key), number, step).await?;
        }
        self.written = self.steps.len();
        Ok(())
    }

    /// Nothing that was run may be missing from the migration now.
    pub(crate) fn finish(&self) -> Result<()> {
        match self.steps.get(self.at) {
            None => Ok(()),
            Some(step) => Err(self.edited(&step.sql, "nothing")),
        }
    }

    fn step(&mut self, sql: &str, state: State, shape: String) -> Step {
        Step {
            revision: self.revision.clone(),
            direction: self.direction.as_str().to_owned(),
            state,
            sql: sql.to_owned(),
            shape,
            catalog: std::mem::take(&mut self.catalog),
        }
    }

    async fn ensure(&mut self, connection: &mut Connection<'_>) -> Result<()> {
        if !self.ensured {
            table::ensure(connection, &self.home).await?;
            self.ensured = true;
        }
        Ok(())
    }

    fn edited(&self, then: &str, now: &str) -> Error {
        Error::new(
            ErrorKind::Changed,
            format!(
                "the migration was changed after its {} stopped halfway: statement {} was run as\n\
                 {then}\nand now it is\n{now}",
                self.direction.as_str(),
                self.at + 1
            ),
        )
        .with_hint(format!(
            "put back what was run and change only what comes after it, or `{}` first, which \
             takes it back",
            opposite(self.direction.as_str())
        ))
    }

    fn lost_session(&self, sql: &str) -> Error {
        Error::new(
            ErrorKind::Changed,
            format!(
                "the {} cannot go on where it stopped: what `{}` made has gone with its session",
                self.direction.as_str(),
                sql.lines().next().unwrap_or_default()
            ),
        )
        .with_hint(format!(
            "`{}` takes back what was done",
            opposite(self.direction.as_str())
        ))
    }
}

/// What is on record of a version table.
pub(crate) async fn steps(connection: &mut Connection<'_>, key: &str) -> Result<Vec<Step>> {
    table::load(connection, key).await
}

/// Forgets what is on record.
pub(crate) async fn clear(connection: &mut Connection<'_>, key: &str) -> Result<()> {
    table::clear(connection, key).await
}

/// The database as it was before the first of the steps.
pub(crate) fn before(
    steps: &[Step],
    dialect: &dyn Dialect,
    scope: &Scope,
) -> Result<Option<Snapshot>> {
    let answers = steps.first().and_then(|step| rows::read(&step.catalog));
    answers
        .map(|answers| dialect.snapshot(scope, answers))
        .transpose()
        .map_err(|error| Error::of_core(ErrorKind::Database, error))
}

/// Leaves out the last step if it was about to run and was not run. It stays
/// where nothing tells.
pub(crate) async fn leave_what_was_not_run(
    connection: &mut Connection<'_>,
    steps: &mut Vec<Step>,
) -> Result<()> {
    let Some(last) = steps.last().filter(|step| step.state != State::Done) else {
        return Ok(());
    };
    let structure = meaning::kind(&last.sql, is_mysql(connection)) == Kind::Structure;
    if structure && !was_run(connection, last).await? {
        steps.pop();
    }
    Ok(())
}

/// What steps speak of.
#[derive(Debug)]
pub(crate) struct Touched {
    /// In small letters.
    names: BTreeSet<String>,
    /// What they have renamed, in order: a table, or a column of one.
    pub(crate) renames: Vec<(Option<String>, Pair<String>)>,
    /// The values that they have renamed, in order.
    pub(crate) values: Vec<RenamedValues>,
    /// There may be more that the statements do not say.
    pub(crate) hidden: bool,
}

impl Touched {
    /// Looks at all steps.
    pub(crate) fn by(steps: &[Step], mysql: bool) -> Self {
        let names = steps
            .iter()
            .flat_map(|step| meaning::names(&step.sql, mysql));
        let renames = steps
            .iter()
            .flat_map(|step| meaning::renames(&step.sql, mysql));
        let values = steps
            .iter()
            .filter_map(|step| values::renamed(&step.sql, mysql));
        let mut kinds = steps.iter().map(|step| meaning::kind(&step.sql, mysql));
        Self {
            names: names.map(|name| name.to_lowercase()).collect(),
            renames: renames
                .map(|rename| (rename.table, Pair::new(rename.from, rename.to)))
                .collect(),
            values: values.collect(),
            hidden: kinds.any(|kind| kind == Kind::Other),
        }
    }

    /// Whether there is a thing of that name among them.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.names.contains(&name.to_lowercase())
    }
}

/// Whether a statement that was about to run has run.
async fn was_run(connection: &mut Connection<'_>, step: &Step) -> Result<bool> {
    match meaning::kind(&step.sql, is_mysql(connection)) {
        Kind::Structure => {
            let now = shape::shape(connection, &step.sql).await;
            Ok(now.map_err(table::wrong)? != step.shape)
        }
        Kind::Repeatable | Kind::Session | Kind::Temporary => Ok(false),
        Kind::Rows if step.state == State::Bound => {
            let loose = shape::loose_tables(connection, &step.sql).await;
            if loose.map_err(table::wrong)?.is_empty() {
                return Ok(false);
            }
            Err(nothing_tells(step))
        }
        Kind::Rows | Kind::Other => Err(nothing_tells(step)),
    }
}

fn nothing_tells(step: &Step) -> Error {
    Error::new(
        ErrorKind::Changed,
        format!(
            "the {} of `{}` was ended in the middle of a statement, and nothing tells whether it \
             was run:\n{}",
            step.direction, step.revision, step.sql
        ),
    )
    .with_hint(format!(
        "`{}` takes back what the others did; or bring the database to one revision by hand, and \
         say which with `stamp`",
        opposite(&step.direction)
    ))
}

/// The error of who comes across a revision that is half done.
pub(crate) fn half_done(revision: &str, direction: &str) -> Error {
    Error::new(
        ErrorKind::Changed,
        format!("the {direction} of `{revision}` has stopped halfway"),
    )
    .with_hint(format!(
        "`{direction}` goes on with it, `{}` takes back what was done",
        opposite(direction)
    ))
}

fn opposite(direction: &str) -> &'static str {
    match direction {
        "upgrade" => "downgrade",
        _ => "upgrade",
    }
}

/// Whether a statement of SQL changes rows alone, so that a transaction of its
/// own with its record tells whether it was run.
pub(crate) fn changes_rows(sql: &str, mysql: bool) -> bool {
    !is_rust(sql) && meaning::kind(sql, mysql) == Kind::Rows
}

fn is_mysql(connection: &Connection<'_>) -> bool {
    connection.dialect().name() == "mysql"
}

/// Whether two texts are the same statement but for white space.
fn same(a: &str, b: &str) -> bool {
    a.split_whitespace().eq(b.split_whitespace())
}
