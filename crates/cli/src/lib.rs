//! The commands of aludel.
//!
//! A user's xtask is two lines:
//!
//! ```no_run
//! # mod migrations {
//! #     pub static MIGRATIONS: aludel::Migrations = aludel::Migrations::embedded(&[]);
//! # }
//! fn main() -> std::process::ExitCode {
//!     aludel_cli::App::new(&migrations::MIGRATIONS).run()
//! }
//! ```
//!
//! Between `new` and `run` a project says what it wants to be different:
//! [`App::filter`], [`App::compare`], [`App::rewrite`], [`App::on_written`],
//! [`App::on_applied`]. The usual project needs none of it.
//!
//! The binary `aludel` is the same without compiled migrations. One command
//! is one file in `commands`, and its doc comment is its help.
//!
//! | module | owns |
//! |---|---|
//! | `args` | what may be typed |
//! | `commands` | one file a command |
//! | `config` | `aludel.toml`, the database url |
//! | `file` | new migration files: ids, dates, text, what follows them |
//! | `hooks` | what a project says about its own migrations |
//! | `custom` | what becomes of a comparison then |
//! | `library` | `autogen` as a call |
//! | `session` | what every command has at hand |
//! | `error` | failures as reports, exit codes |
//! | `versions` | the folder of migration files |
//! | `online` | the files of a change, in one step or several |
//! | `placing` | where a new revision stands |
//! | `describe` | revisions in words |
//! | `reference` | the command line, for the guide |
//! | `annotate` | findings as annotations of a pull request |
//! | `ddl` | two schemas side by side, in their statements |
//! | `split` | heads that have to be joined |
//! | `tenants` | one command on many databases |
//! | `ui` | stdout, stderr, colour, progress |

mod annotate;
mod app;
mod args;
mod ask;
mod commands;
mod compare;
mod config;
mod custom;
mod database;
mod ddl;
mod describe;
mod drift;
mod error;
mod file;
mod fills;
mod hazards;
mod hooks;
mod interrupt;
mod library;
mod lint;
mod lossy;
mod meaning;
mod models;
mod objects;
mod offline;
mod online;
mod placing;
mod proof;
mod reference;
mod renames;
mod rows;
mod runner;
mod same;
mod scratch;
mod session;
mod split;
mod stale;
mod tenants;
mod ui;
mod versions;
mod write;

pub use app::{App, Start, main};
pub use hooks::{
    Applied, Attribute, ColumnPair, Compared, CustomOperation, Kind, Refusal, Rewriting, Side,
    Verdict, Written,
};
pub use library::{Autogenerate, Error};

/// What migrations are made of, for [`App::rewrite`].
pub mod operation {
    pub use aludel_core::change::{Change, Pair};
    pub use aludel_core::operation::{Description, Operation, RawSql, RenamedValues, TableChange};
    pub use aludel_core::schema;
}
