//! To be written.

use crate::dialect::{Lowered, Snapshot};
use crate::error::{Error, Result};
use crate::operation::Operation;
use crate::plan::Statement;
use crate::schema::{DefaultValue, Name, TableName};

pub(super) fn remake(_on: super::MySql, _snapshot: &Snapshot) -> Result<Vec<Statement>> {
    Err(Error::new("not written yet"))
}

pub(super) fn insert(
    _on: super::MySql,
    _table: &TableName,
    _columns: &[Name],
    _rows: &[Vec<DefaultValue>],
) -> Result<String> {
    Err(Error::new("not written yet"))
}

pub(super) fn together(_on: super::MySql, _before: &Snapshot, operations: &[Operation]) -> usize {
    operations.len()
}

pub(super) fn lower(
    _on: super::MySql,
    _before: &Snapshot,
    _operations: &[Operation],
) -> Result<Lowered> {
    Err(Error::new("not written yet"))
}
