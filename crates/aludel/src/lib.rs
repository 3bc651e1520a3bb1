//! .

#[cfg(not(feature = "sqlite"))]
compile_error!("aludel knows no database: switch on its feature `sqlite`");

pub mod db;
mod error;
pub mod migration;
mod migrations;
mod migrator;
mod model;
mod run;

pub use aludel_derive::{Enum, Model, migrations};
pub use error::{Error, ErrorKind, Failure, Outcome, Result};
pub use migrations::{MigrationFile, MigrationFn, Migrations};
pub use migrator::{
    DEFAULT_LOCK_TIMEOUT, DEFAULT_VERSION_TABLE, Database, Event, Migrator, PlannedRevision, Ran,
    Running, Status, Wait,
};
pub use model::{Enum, Model};
pub use run::Direction;

pub use aludel_core::revision;
