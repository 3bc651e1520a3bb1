//! Operations to statements.
use crate::dialect::{Lowered, Snapshot};
use crate::error::{Error, Result};
use crate::operation::Operation;

pub(super) fn together(_before: &Snapshot, operations: &[Operation]) -> usize {
    operations.len()
}

pub(super) fn lower(_before: &Snapshot, _operations: &[Operation]) -> Result<Lowered> {
    Err(Error::new("not lowered yet"))
}
