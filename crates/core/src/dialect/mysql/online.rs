//! What locks a table of MySQL for long, done so that it does not.
//!
//! Indexes come and go with `ALGORITHM=INPLACE, LOCK=NONE`, each by itself: a
//! server that would have to lock the table refuses instead. Columns are added
//! and dropped beside writers by themselves; another type and a foreign key
//! have no such way, and their hazards say so.
//! See <https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html>.

use std::collections::BTreeSet;

use crate::change::Change;
use crate::dialect::Snapshot;
use crate::dialect::online::OnlineStep;
use crate::operation::{Operation, TableChange};
use crate::schema::{Index, Table, TableName};

/// The operations, in one step: every statement is on record, so that it need
/// not be a revision of its own.
pub(super) fn steps(before: &Snapshot, operations: &[Operation]) -> Vec<OnlineStep> {
    // Only InnoDB has a way to change a table beside its writers.
    let able = |table: &&Table| {
        let engine = table.options.engine.as_deref().unwrap_or("InnoDB");
        engine.eq_ignore_ascii_case("InnoDB")
    };
    let tables = before.schema.tables.values().filter(able);
    let mut in_use: BTreeSet<TableName> = tables.map(|t| t.name.clone()).collect();
    let mut done = Vec::new();
    for operation in operations {
        match operation {
            Operation::AlterTable { table, changes } if in_use.contains(table) => {
                let changes = changes.iter().map(beside_writers).collect();
                let table = table.clone();
                done.push(Operation::AlterTable { table, changes });
                continue;
            }
            Operation::RenameTable(names) if in_use.remove(&names.from) => {
                in_use.insert(names.to.clone());
            }
            _ => {}
        }
        done.push(operation.clone());
    }
    vec![OnlineStep::new("", done)]
}

fn beside_writers(change: &TableChange) -> TableChange {
    let so = |index: &Index| Index {
        concurrently: true,
        ..index.clone()
    };
    match change {
        TableChange::Index(Change::Add(index)) => TableChange::Index(Change::Add(so(index))),
        TableChange::Index(Change::Drop(index)) => TableChange::Index(Change::Drop(so(index))),
        TableChange::Index(Change::Alter(pair)) => {
            TableChange::Index(Change::Alter(pair.as_ref().map(so)))
        }
        other => other.clone(),
    }
}
