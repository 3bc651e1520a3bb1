//! Source files to models.

mod source;

pub use source::{Also, Mistake, SourceFile};
