//! What an application depends on: models, migrations, and what runs them.
//!
//! ```no_run
//! # mod migrations { pub static MIGRATIONS: aludel::Migrations = aludel::Migrations::embedded(&[]); }
//! # async fn f(pool: sqlx::SqlitePool) -> aludel::Result<()> {
//! use aludel::{Migrator, Wait};
//!
//! let migrator = Migrator::new(&migrations::MIGRATIONS);
//! // The process that writes brings the database to the head ...
//! migrator.upgrade(&pool, "head").await?;
//! // ... and those that read wait for it.
//! migrator.wait_until_current(&pool, Wait::default()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! How to use it, from the first migration to what to do when one fails, is told
//! in the [`guide`].
//!
//! | module | owns |
//! |---|---|
//! | [`guide`] | the guide; compiled for the documentation alone |
//! | [`migration`] | what migration files are written with |
//! | [`db`] | databases: opening, reading, copying |
//! | [`revision`] | headers of files, and their history |
//! | `migrator` | bringing a database to a revision |
//! | `run` | running one migration |

#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
compile_error!(
    "aludel knows no database: switch on one of its features `sqlite`, `postgres` and `mysql`"
);

// Migration files say `aludel::`, also those that are tested here.
#[cfg(test)]
extern crate self as aludel;

pub mod db;
mod error;
// Text alone: an application compiles nothing of it.
#[cfg(any(doc, doctest))]
pub mod guide;
pub mod migration;
mod migrations;
mod migrator;
mod model;
mod run;

pub use aludel_derive::{Enum, Model, migrations};
pub use error::{Error, ErrorKind, Failure, Outcome, Result};
pub use migrations::{MigrationFile, MigrationFn, Migrations};
pub use migrator::{
    BesideSchema, DEFAULT_LOCK_TIMEOUT, DEFAULT_TABLE_LOCK_ATTEMPTS, DEFAULT_TABLE_LOCK_TIMEOUT,
    DEFAULT_VERSION_TABLE, Database, Event, Halfway, JudgedRevision, JudgedStep, LoggedRun,
    Migrator, Place, PlannedRevision, Ran, ReplayedHistory, Running, Script, Status, Transactions,
    Wait,
};
pub use model::{Enum, Model};
pub use run::Direction;

pub use aludel_core::revision;
