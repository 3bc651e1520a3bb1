//! Migration files as a graph.
//!
//! A revision is one migration file; its header says who it is and whom it
//! follows. This module reads and writes headers, names files, and answers
//! which revisions lie between here and there. It reads no folder and runs
//! nothing, and it does not know what stands in the body of a file.
//!
//! | module | owns |
//! |---|---|
//! | `header` | the comment lines on top of a file |
//! | `edit` | headers that are changed in their place |
//! | `naming` | ids, slugs, file names |
//! | `checksum` | whether a file still says the same |
//! | `script` | the two sections of a SQL file |
//! | `graph` | who follows whom: heads, bases, order |
//! | `ancestry` | what lies below and above a revision |
//! | `target` | `head`, `+1`, `ac31-2`, `label@head`: what people type |
//! | `path` | what to run to get from here to there |
//! | `rows` | what the version table says of a database |

mod ancestry;
mod checksum;
mod edit;
mod error;
mod graph;
mod header;
mod naming;
mod path;
mod rows;
mod script;
mod target;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;

pub use checksum::checksum;
pub use edit::with_parents;
pub use error::GraphError;
pub use graph::RevisionGraph;
pub use header::{Format, Header, TransactionMode};
pub use naming::{DEFAULT_FILE_NAME, check_id, check_label, file_name, slug};
pub use rows::StampAnywhere;
pub use script::{AUTOCOMMIT, Expects, Script, ScriptStatement};

use crate::error::Result;

/// One migration file, as its header describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// What the top of the file says.
    pub header: Header,
    /// The name of the file, without its folder.
    pub file_name: String,
    /// What the file is written in.
    pub format: Format,
}

impl Revision {
    /// The revision that a file holds.
    ///
    /// # Errors
    /// A name that is no migration's, or a header that cannot be read; the
    /// message names the file.
    pub fn read(file_name: &str, text: &str) -> Result<Self> {
        let Some(format) = Format::of_file(file_name) else {
            return Err(
                crate::Error::new(format!("`{file_name}` is no migration file"))
                    .with_hint("migration files end in `.rs` or `.sql`"),
            );
        };
        let header = Header::read(text, format).map_err(|error| crate::Error {
            message: format!("`{file_name}`: {}", error.message),
            hint: error.hint,
        })?;
        Ok(Self {
            header,
            file_name: file_name.to_owned(),
            format,
        })
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.header.id
    }
}
