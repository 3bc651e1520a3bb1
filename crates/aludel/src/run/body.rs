//! What a migration file does in one direction, as segments.

use aludel_core::dialect::{Dialect, Snapshot};
use aludel_core::revision::{Expects, Format, Revision, Script, ScriptStatement, TransactionMode};

use super::Direction;
use crate::error::{Error, ErrorKind, Result};
use crate::migration::Op;
use crate::migration::record::Segment;
use crate::migrations::{MigrationFile, MigrationFn};

/// What a file does in one direction.
#[derive(Debug)]
pub(crate) enum Body {
    /// A function that records calls.
    Rust(MigrationFn),
    /// Statements.
    Sql {
        /// The tables that it writes again.
        expects: Vec<Expects>,
        /// In order.
        statements: Vec<ScriptStatement>,
    },
}

/// The body of a file, ready to be run on a database of that dialect.
pub(crate) fn body(
    revision: &Revision,
    file: &MigrationFile,
    direction: Direction,
    dialect: &dyn Dialect,
) -> Result<Body> {
    let body = match revision.format {
        Format::Rust => rust(file, direction),
        Format::Sql => sql(revision, file, direction, dialect),
    };
    body.map_err(|error| error.in_file(&revision.file_name))
}

fn rust(file: &MigrationFile, direction: Direction) -> Result<Body> {
    let Some((upgrade, downgrade)) = file.functions() else {
        return Err(Error::new(
            ErrorKind::File,
            "a Rust migration has to be compiled before it can run",
        )
        .with_hint(format!("type `cargo xtask {}`", direction.as_str())));
    };
    Ok(Body::Rust(match direction {
        Direction::Up => upgrade,
        Direction::Down => downgrade,
    }))
}

fn sql(
    revision: &Revision,
    file: &MigrationFile,
    direction: Direction,
    dialect: &dyn Dialect,
) -> Result<Body> {
    let core = |error| Error::of_core(ErrorKind::File, error);
    if let Some(other) = &revision.header.dialect
        && !other.eq_ignore_ascii_case(dialect.name())
    {
        return Err(Error::new(
            ErrorKind::File,
            format!(
                "the file is for `{other}`, the database is `{}`",
                dialect.name()
            ),
        )
        .with_hint("write the migration for this database too, or in Rust"));
    }
    let script = Script::read(file.text()).map_err(core)?;
    let section = match direction {
        Direction::Up => script.upgrade,
        Direction::Down => script.downgrade.ok_or_else(|| {
            Error::new(ErrorKind::File, "there is no line `-- downgrade`")
                .with_hint("the migration cannot be undone; add the section if it can")
        })?,
    };
    let expects = Script::expects(&section).map_err(core)?;
    let statements = Script::statements(&section, dialect).map_err(core)?;
    if revision.header.transaction == TransactionMode::Own {
        for statement in statements.iter().filter(|statement| !statement.alone) {
            super::statement::forbid_transaction_control(&statement.sql)?;
        }
    }
    Ok(Body::Sql {
        expects,
        statements,
    })
}

/// What a function records, given the database before it.
pub(crate) fn record(
    function: MigrationFn,
    before: Snapshot,
    dialect: &dyn Dialect,
) -> Vec<Segment> {
    let mut op = Op::new(before.schema, dialect.name()).on_server(before.server.table_names);
    function(&mut op);
    op.finish().segments
}
