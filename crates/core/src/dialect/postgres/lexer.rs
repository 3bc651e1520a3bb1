//! To be written.

use crate::error::{Error, Result};

pub(super) fn split_statements(_script: &str) -> Result<Vec<String>> {
    Err(Error::new("not written yet"))
}
