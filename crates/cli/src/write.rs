//! What a difference becomes in a migration file, both ways.

use aludel_core::change::Pair;
use aludel_core::dialect::{Dialect, Snapshot, lower_as_one};
use aludel_core::hazard::{Hazard, HazardKind, Objection};
use aludel_core::operation::{Operation, reverse_all};
use aludel_core::plan::Plan;
use aludel_core::revision::Header;
use aludel_syntax::emit::rust::{Body, NeutralTypes, Parts, rust_migration};
use aludel_syntax::emit::sql::sql_migration;

use crate::compare::Difference;
use crate::config::FileFormat;
use crate::error::Result;

/// Both directions of a migration.
#[derive(Debug)]
pub(crate) struct Writing<'a> {
    /// Forward.
    pub(crate) upgrade: Direction<'a>,
    /// Back.
    pub(crate) downgrade: Direction<'a>,
    neutral: NeutralTypes,
}

/// One direction of a migration.
#[derive(Debug)]
pub(crate) struct Direction<'a> {
    before: &'a Snapshot,
    /// What it does.
    pub(crate) operations: Vec<Operation>,
    /// What that becomes on the database.
    pub(crate) plan: Plan,
}

impl<'a> Writing<'a> {
    /// The two directions of a difference.
    ///
    /// # Errors
    /// A way back that the database cannot go.
    pub(crate) fn new(
        dialect: &dyn Dialect,
        before: &'a Snapshot,
        difference: &'a Difference,
    ) -> Result<Self> {
        let forward = difference.operations.clone();
        let back = reverse_all(forward.clone());
        let mut downgrade = Direction::new(dialect, &difference.after, back)?;
        downgrade.forget_news();
        Ok(Self {
            upgrade: Direction::new(dialect, before, forward)?,
            downgrade,
            neutral: neutral_types(difference),
        })
    }

    /// The texts for the template of a file.
    pub(crate) fn parts(&self, format: FileFormat, header: &Header) -> Result<Parts> {
        Ok(match format {
            FileFormat::Rust => {
                let up = self.upgrade.hazards();
                let down = self.downgrade.hazards();
                rust_migration(
                    header,
                    &self.upgrade.body(&up, &self.neutral),
                    &self.downgrade.body(&down, &self.neutral),
                )
            }
            FileFormat::Sql => sql_migration(header, &self.upgrade.plan, &self.downgrade.plan)?,
        })
    }
}

impl<'a> Direction<'a> {
    fn new(
        dialect: &dyn Dialect,
        before: &'a Snapshot,
        operations: Vec<Operation>,
    ) -> Result<Self> {
        let plan = lower_as_one(dialect, before, &operations)?;
        Ok(Self {
            before,
            operations,
            plan,
        })
    }

    /// Leaves out what is no hazard on the way back. Whoever goes back goes back
    /// to the older program too: that the newer one stops is no news, and
    /// nobody comes this way again for how values are written.
    fn forget_news(&mut self) {
        let stays = |hazard: &Hazard| {
            hazard.kind != HazardKind::BreaksRunningCode
                && hazard.objection != Some(Objection::Respelled)
        };
        for step in &mut self.plan.steps {
            step.hazards.retain(stays);
            for statement in &mut step.statements {
                statement.hazards.retain(stays);
            }
        }
        let around = [&mut self.plan.before, &mut self.plan.after];
        for statement in around.into_iter().flatten() {
            statement.hazards.retain(stays);
        }
    }

    fn body<'b>(&'b self, hazards: &'b [Vec<Vec<Hazard>>], neutral: &'b NeutralTypes) -> Body<'b> {
        Body {
            before: &self.before.schema,
            operations: &self.operations,
            hazards,
            neutral,
        }
    }

    /// The hazards of every change, aligned with the words of the operations.
    fn hazards(&self) -> Vec<Vec<Vec<Hazard>>> {
        let of_step = |operation: usize, change: usize| -> Vec<Hazard> {
            let step = self.plan.steps.iter().find(|step| {
                step.operation == operation && step.change.is_none_or(|c| c == change)
            });
            step.map(|step| step.hazards.clone()).unwrap_or_default()
        };
        let operations = self.operations.iter().enumerate();
        operations
            .map(|(n, op)| (0..op.describe().len()).map(|c| of_step(n, c)).collect())
            .collect()
    }
}

/// The types that models say in words that every database knows.
fn neutral_types(difference: &Difference) -> NeutralTypes {
    let mut neutral = NeutralTypes::new();
    for (table, hint) in &difference.hints {
        let after = difference.after.schema.table(table);
        for (column, hint) in &hint.columns {
            let ty = after.and_then(|t| t.column(column.as_str())).map(|c| &c.ty);
            if let (Some(said), Some(ty)) = (&hint.neutral, ty) {
                let words = Pair::new(ty.clone(), said.clone());
                neutral.insert((table.clone(), column.clone()), words);
            }
        }
    }
    neutral
}
