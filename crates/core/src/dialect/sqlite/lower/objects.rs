//! Views and triggers that are written in SQL.

use super::Lowering;
use crate::dialect::sqlite::Sqlite;
use crate::error::Result;
use crate::object::{ObjectChange, drop_statement, no_rename, replay};
use crate::operation::Operation;
use crate::plan::Statement;

impl Lowering<'_> {
    /// SQLite reads such a text when it is used, so that one can go and come
    /// whatever names it.
    pub(super) fn object(
        &mut self,
        at: usize,
        operation: &Operation,
        change: &ObjectChange,
    ) -> Result<()> {
        let why = self.why(operation);
        let drop = |id| Statement::new(drop_statement(&Sqlite, id), &why);
        let make = |sql: &str| Statement::new(sql, &why);
        let mut statements = match change {
            ObjectChange::Create(made) => vec![make(&made.sql)],
            ObjectChange::Drop(gone) => vec![drop(&gone.id)],
            ObjectChange::Replace(pair) => vec![drop(&pair.from.id), make(&pair.to.sql)],
            ObjectChange::Rename(ids) => return Err(no_rename("SQLite", ids)),
        };
        if let Some(first) = statements.first_mut() {
            first.hazards = self.hazards(at, operation);
        }
        replay(&Sqlite, &mut self.now, change);
        self.steps.insert((at, 0), statements);
        Ok(())
    }
}
