//! What can go wrong outside of the thinking part, and what to do about it.

use std::fmt;

use aludel_core::revision::GraphError;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Something that could not be done.
///
/// Displays as a lower-case fragment with names in backticks; [`Error::hint`]
/// says what to do. Nothing in it ever shows a password.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    failure: Option<Box<Failure>>,
    source: Option<Source>,
}

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A database url that cannot be read, or of a database that this build
    /// does not know.
    Url,
    /// There is no such database, or no such folder to make it in.
    Missing,
    /// The file is something else.
    NotADatabase,
    /// The database, or the way that it was opened, does not allow writing.
    ReadOnly,
    /// Somebody else holds the lock.
    Locked,
    /// The connection is inside a transaction of the caller.
    InTransaction,
    /// A migration file that cannot be read, or that cannot run here.
    File,
    /// A history that makes no sense, or a name that is not in it.
    Revision,
    /// The database is at a revision that these migrations do not hold.
    UnknownRevision,
    /// The migration makes what a database has from the beginning, and this
    /// one has tables already.
    NotEmpty,
    /// The database is not what the migration was written for.
    Changed,
    /// A migration asks for something that cannot be done.
    Migration,
    /// A statement of a migration failed.
    Statement,
    /// The server does not answer, or the connection to it broke.
    Unreachable,
    /// The server lets the user in not at all, or not do this.
    Denied,
    /// The server and the connection do not agree about encryption.
    Tls,
    /// There is no database in which a migration could be tried.
    NoScratch,
    /// Something that only the database can tell or do, where it is left out.
    Offline,
    /// The database did not come to the head in time, or a statement took longer
    /// than it may.
    TimedOut,
    /// Anything else that the database said.
    Database,
}

/// A statement that failed, and what stands around it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// The id of the revision.
    pub revision: Option<String>,
    /// The file of the revision.
    pub file: Option<String>,
    /// Why the statement was run: "add column `t.c`".
    pub why: String,
    /// The statement.
    pub sql: String,
    /// What the database said.
    pub database: String,
    /// What is left of the migration: nothing, or the statements that stay.
    pub outcome: Outcome,
}

/// What a failure left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that this migration did was rolled back.
    #[default]
    RolledBack,
    /// These statements were run outside of a transaction and stay.
    Kept(Vec<String>),
    /// These statements were run and stay. They are on record, so that the
    /// same command goes on behind them and the opposite one takes them back.
    Recorded(Vec<String>),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RolledBack => f.write_str("nothing of this migration was applied"),
            Self::Kept(statements) => write!(
                f,
                "{} statement(s) of this migration were applied outside of a transaction and stay",
                statements.len()
            ),
            Self::Recorded(statements) => {
                write!(
                    f,
                    "{} statement(s) of this migration were applied and stay; once the cause is \
                     mended, the same command goes on from there, and the opposite one takes back \
                     what was done\napplied:",
                    statements.len()
                )?;
                statements
                    .iter()
                    .try_for_each(|sql| write!(f, "\n  {};", short(sql)))
            }
        }
    }
}

/// The beginning of a statement on one line.
fn short(sql: &str) -> String {
    const LONGEST: usize = 100;
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} ..", &line[..end]),
        None => line,
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
            failure: None,
            source: None,
        }
    }

    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub(crate) fn with_optional_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    #[must_use]
    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    #[must_use]
    pub(crate) fn with_failure(mut self, failure: Failure) -> Self {
        self.failure = Some(Box::new(failure));
        self
    }

    /// The same error with something that must not be missed.
    #[must_use]
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        self.message = format!("{}; {note}", self.message);
        self
    }

    /// The same error with more to do about it.
    #[must_use]
    pub(crate) fn with_more(mut self, lines: &str) -> Self {
        self.hint = Some(match self.hint {
            Some(hint) => format!("{hint}\n{lines}"),
            None => lines.to_owned(),
        });
        self
    }

    /// The same error of a database that is thrown away: nothing stays.
    #[must_use]
    pub fn of_a_copy(mut self) -> Self {
        if let Some(failure) = self.failure_mut() {
            failure.outcome = Outcome::RolledBack;
        }
        self
    }

    pub(crate) fn failure_mut(&mut self) -> Option<&mut Failure> {
        self.failure.as_deref_mut()
    }

    /// The same error, said of a migration.
    #[must_use]
    pub(crate) fn in_file(mut self, file: &str) -> Self {
        if !self.message.contains(&format!("`{file}`")) {
            self.message = format!("`{file}`: {}", self.message);
        }
        self
    }

    pub(crate) fn of_core(kind: ErrorKind, error: aludel_core::Error) -> Self {
        Self::new(kind, error.message).with_optional_hint(error.hint)
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to do about it, if there is something.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The statement that failed, if one did.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_deref()
    }
}

impl From<GraphError> for Error {
    fn from(error: GraphError) -> Self {
        let hint = error.hint();
        Self::new(ErrorKind::Revision, error.to_string()).with_optional_hint(hint)
    }
}
