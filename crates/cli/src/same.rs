//! Whether two states of one database are the same: for proofs, which compare
//! what is there with what should be there.

use aludel::db::Connection;
use aludel_core::dialect::Snapshot;
use aludel_core::diff::Renames;
use aludel_core::object;
use aludel_core::operation::Operation;

use crate::compare::{self, Comparison};
use crate::config::Config;
use crate::database;
use crate::error::Result;
use crate::session::Session;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Tables, and what belongs to them.
    Tables,
    /// Views, triggers and the like too.
    Everything,
}

/// What would have to be done to get from the one to the other, in words;
/// nothing where they are the same.
///
/// # Errors
/// A database that cannot be asked.
pub(crate) async fn differences(
    session: &Session<'_>,
    config: &Config,
    connection: &mut Connection<'_>,
    (now, then): (&Snapshot, &Snapshot),
    what: What,
) -> Result<Vec<String>> {
    let dialect = connection.dialect();
    let mut comparison = Comparison::new(dialect, config.naming(dialect));
    let none = Renames::default();
    let there = dialect.canonical(now.schema.clone());
    let wanted = compare::exactly(dialect.canonical(then.schema.clone()));
    database::settle(session, connection, &mut comparison, &there, &wanted, &none).await?;
    let mut left = comparison.operations(&there, &wanted)?;
    if what == What::Everything {
        let wanted = compare::exactly_all(&mut comparison, then.clone());
        let objects = object::between(&comparison.objects(now, &wanted), &[], &then.schema);
        left.extend(objects.before);
        left.extend(objects.after);
    }
    Ok(left
        .iter()
        .flat_map(Operation::describe)
        .map(|d| d.text)
        .collect())
}
