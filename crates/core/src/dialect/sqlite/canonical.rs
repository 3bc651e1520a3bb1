//! The form in which SQLite would report a schema.
use crate::model::RustType;
use crate::schema::{ColumnType, Schema};

pub(super) fn canonical(schema: Schema) -> Schema {
    schema
}

pub(super) fn accepts(_rust: &RustType, _existing: &ColumnType) -> bool {
    false
}
