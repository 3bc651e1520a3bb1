//! What models leave unsaid takes the value that exists.

use super::{Adopted, Judge, Naming, Renames, Wanted};
use crate::error::{Error, Result};
use crate::schema::Schema;

/// The wanted schema in the words of the existing one.
///
/// # Errors
/// A rename that was told and cannot be, or a wanted table that uses a column
/// that it has not.
pub fn adopt(
    wanted: &Wanted,
    existing: &Schema,
    renames: &Renames,
    judge: &Judge<'_>,
    naming: &Naming,
) -> Result<Adopted> {
    let _ = (wanted, existing, renames, judge, naming);
    Err(Error::new("models cannot be compared yet"))
}
