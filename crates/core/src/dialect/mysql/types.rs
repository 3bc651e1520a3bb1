//! To be written.

use crate::model::RustType;
use crate::schema::ColumnType;

pub(super) fn write(_on: super::MySql, _ty: &ColumnType) -> String {
    String::new()
}

pub(super) fn accepts(_on: super::MySql, _rust: &RustType, _existing: &ColumnType) -> bool {
    false
}
