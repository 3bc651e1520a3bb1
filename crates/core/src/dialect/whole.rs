//! A whole list of operations, lowered as many at a time as the dialect allows.
//!
//! Owns the walk from one plan to the next, and the one plan that a written
//! file makes of them. It must not know any dialect.

use super::script::each_commits;
use super::{Dialect, Snapshot};
use crate::error::Result;
use crate::hazard::is_new;
use crate::object::{ObjectChange, is_same};
use crate::operation::Operation;
use crate::plan::{Plan, Rebuild, Step};
use crate::schema::TableName;

/// The plans of a list of operations, as many as the dialect needs, and the
/// database after them.
///
/// # Errors
/// What [`Dialect::lower`] refuses.
pub fn lower_all(
    dialect: &dyn Dialect,
    before: &Snapshot,
    operations: &[Operation],
) -> Result<(Vec<Plan>, Snapshot)> {
    let mut now = before.clone();
    let mut rest = operations;
    let mut plans = Vec::new();
    let mut done = 0;
    while !rest.is_empty() {
        let together = dialect.together(&now, rest).clamp(1, rest.len());
        let (first, others) = rest.split_at(together);
        let mut lowered = dialect.lower(&now, first)?;
        for step in &mut lowered.plan.steps {
            step.operation += done;
            forget_new(operations, step);
            forget_lost(dialect, operations, step);
        }
        plans.push(lowered.plan);
        now = lowered.after;
        done += together;
        rest = others;
    }
    look_first(dialect, operations, &mut plans);
    note_commits(dialect, &mut plans);
    Ok((plans, now))
}

/// Where every statement commits by itself, what may stop a list stops it before
/// the first one: not where SQL that somebody wrote may take the rows away
/// before, or the table has another name or is not there yet.
fn look_first(dialect: &dyn Dialect, operations: &[Operation], plans: &mut [Plan]) {
    let hides = |o: &Operation| matches!(o, Operation::Execute(_) | Operation::RenameTable(_));
    if dialect.is_transactional() || operations.iter().any(hides) {
        return;
    }
    let mut guards = Vec::new();
    for step in plans.iter_mut().flat_map(|plan| &mut plan.steps) {
        let earlier = operations.get(..step.operation).unwrap_or_default();
        let is_there = match operations.get(step.operation) {
            Some(Operation::AlterTable { table, .. }) => !is_new(earlier, table),
            _ => false,
        };
        if is_there {
            let all = std::mem::take(&mut step.statements).into_iter();
            let (own, rest): (Vec<_>, Vec<_>) = all.partition(|s| dialect.only_looks(s));
            guards.extend(own);
            step.statements = rest;
        }
    }
    let mut steps = plans.iter_mut().flat_map(|plan| &mut plan.steps);
    if let Some(first) = steps.next() {
        first.statements.splice(0..0, guards);
    }
}

/// Where every statement commits by itself, that is said once, at the first.
fn note_commits(dialect: &dyn Dialect, plans: &mut [Plan]) {
    let count = plans.iter().flat_map(Plan::statements).count();
    if dialect.is_transactional() || count < 2 {
        return;
    }
    let mut steps = plans.iter_mut().flat_map(|plan| &mut plan.steps);
    if let Some(step) = steps.find(|step| !step.statements.is_empty()) {
        step.hazards.push(each_commits());
        if let Some(first) = step.statements.first_mut() {
            first.hazards.push(each_commits());
        }
    }
}

/// Leaves out the hazards of a step over a table that an earlier plan makes.
fn forget_new(operations: &[Operation], step: &mut Step) {
    let earlier = operations.get(..step.operation).unwrap_or_default();
    let is_over_a_new_one = match operations.get(step.operation) {
        Some(Operation::AlterTable { table, .. }) => is_new(earlier, table),
        Some(Operation::DropTable(table)) => is_new(earlier, &table.name),
        Some(Operation::RenameTable(names)) => is_new(earlier, &names.from),
        _ => false,
    };
    if is_over_a_new_one {
        step.hazards.clear();
        for statement in &mut step.statements {
            statement.hazards.clear();
        }
    }
}

/// Leaves out what is said to go with an object that a later plan makes again.
fn forget_lost(dialect: &dyn Dialect, operations: &[Operation], step: &mut Step) {
    let Some(Operation::Object(ObjectChange::Drop(gone))) = operations.get(step.operation) else {
        return;
    };
    let later = operations.get(step.operation + 1..).unwrap_or_default();
    let comes_again = later.iter().any(|operation| match operation {
        Operation::Object(ObjectChange::Create(made)) => is_same(dialect, &made.id, &gone.id),
        _ => false,
    });
    if comes_again {
        for statement in &mut step.statements {
            statement.note = None;
        }
    }
}

/// All plans of a list of operations as one, which knows of every table that
/// is rebuilt what it was before the first statement.
///
/// # Errors
/// What [`Dialect::lower`] refuses.
pub fn lower_as_one(
    dialect: &dyn Dialect,
    before: &Snapshot,
    operations: &[Operation],
) -> Result<Plan> {
    let (plans, _) = lower_all(dialect, before, operations)?;
    let mut all = Plan::default();
    for (number, plan) in plans.into_iter().enumerate() {
        let start = plan.steps.first().map_or(0, |step| step.operation);
        let mut rebuilds = plan.rebuilds;
        if number > 0 {
            rebuilds = seen_from(dialect, before, &operations[..start], &rebuilds);
        }
        for rebuild in rebuilds {
            if all.rebuilds.iter().all(|r| r.table != rebuild.table) {
                all.rebuilds.push(rebuild);
            }
        }
        if number == 0 {
            all.before = plan.before;
        } else {
            let mut between = std::mem::take(&mut all.after);
            between.extend(plan.before);
            // What stands between two plans belongs to no change of its own.
            all.steps.push(Step {
                operation: start,
                change: Some(usize::MAX),
                statements: between,
                hazards: Vec::new(),
            });
        }
        all.steps.extend(plan.steps);
        all.after = plan.after;
    }
    Ok(all)
}

/// The rebuilds of a later plan, each under the name that its table has before
/// the first one; a table that is only made on the way is nothing to expect.
fn seen_from(
    dialect: &dyn Dialect,
    before: &Snapshot,
    earlier: &[Operation],
    rebuilds: &[Rebuild],
) -> Vec<Rebuild> {
    let origin = |table: &str| {
        let mut name = TableName::new(table);
        for operation in earlier.iter().rev() {
            match operation {
                Operation::RenameTable(names) if names.to == name => {
                    name.clone_from(&names.from);
                }
                Operation::CreateTable(made) if made.name == name => return None,
                _ => {}
            }
        }
        Some(name.name.as_str().to_owned())
    };
    let seen = rebuilds.iter().filter_map(|rebuild| {
        let table = origin(&rebuild.table)?;
        let expects = dialect.fingerprint(before, &table)?;
        Some(Rebuild { table, expects })
    });
    seen.collect()
}
