//! To be written.

use crate::schema::Schema;

pub(super) fn canonical(schema: Schema) -> Schema {
    schema
}
