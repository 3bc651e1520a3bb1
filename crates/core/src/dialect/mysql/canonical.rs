//! To be written.

use crate::schema::Schema;

pub(super) fn canonical(_on: super::MySql, schema: Schema) -> Schema {
    schema
}
