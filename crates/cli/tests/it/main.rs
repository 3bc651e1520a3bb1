//! The binary `aludel`, typed in temporary projects.

#![expect(clippy::unwrap_used, reason = "tests")]

mod project;

mod autogen;
mod history;
mod mistakes;
mod set_up;
mod sides;
