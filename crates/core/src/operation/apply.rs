//! Replay on a schema.

use super::Operation;
use crate::error::{Error, Result};
use crate::schema::Schema;

impl Operation {
    /// Replays the operation on a schema.
    ///
    /// # Errors
    /// The schema has not what the operation is about, or has what it makes.
    pub fn apply(&self, schema: &mut Schema) -> Result<()> {
        let _ = schema;
        Err(Error::new("operations cannot be replayed yet"))
    }
}
