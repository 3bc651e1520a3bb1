//! The commands of aludel.
//!
//! A user's xtask is two lines:
//!
//! ```ignore
//! fn main() -> std::process::ExitCode {
//!     aludel_cli::main(&migrations::MIGRATIONS)
//! }
//! ```
//!
//! The binary `aludel` is the same without compiled migrations. One command
//! is one file in `commands`, and its doc comment is its help.
//!
//! | module | owns |
//! |---|---|
//! | `args` | what may be typed |
//! | `commands` | one file a command |
//! | `config` | `aludel.toml`, the database url |
//! | `session` | what every command has at hand |
//! | `error` | failures as reports, exit codes |
//! | `ui` | stdout, stderr, colour, progress |

#![allow(dead_code, reason = "the commands that use it all land one by one")]

mod app;
mod args;
mod commands;
mod config;
mod error;
mod file;
mod session;
mod ui;

pub use app::{App, main};
