//! To be written.

use crate::diff::{Naming, Wanted};
use crate::model::{ModelError, Models};

pub(super) fn wanted(_models: &Models, _naming: &Naming) -> Result<Wanted, Vec<ModelError>> {
    Err(Vec::new())
}
