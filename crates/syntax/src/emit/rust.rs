//! Migration files in Rust.

use aludel_core::hazard::Hazard;
use aludel_core::operation::Operation;
use aludel_core::revision::{Format, Header};
use aludel_core::schema::Schema;

use super::body::{AS_THEY_ARE, lines};

pub use super::steps::NeutralTypes;

/// What one direction of a migration does.
#[derive(Debug, Clone, Copy)]
pub struct Body<'a> {
    /// The schema before the first operation.
    pub before: &'a Schema,
    /// The operations.
    pub operations: &'a [Operation],
    /// The hazards of each operation's steps, aligned with
    /// [`Operation::describe`]; of an operation that is missing here, those of
    /// [`aludel_core::hazard::hazards`].
    pub hazards: &'a [Vec<Vec<Hazard>>],
    /// Types to write instead of those in the operations, for columns that the
    /// operations add or change.
    pub neutral: &'a NeutralTypes,
}

impl<'a> Body<'a> {
    /// Operations with nothing known beside them.
    pub fn new(before: &'a Schema, operations: &'a [Operation]) -> Self {
        Self {
            before,
            operations,
            hazards: &[],
            neutral: &AS_THEY_ARE,
        }
    }
}

/// The finished texts that the template of a migration file receives; none
/// ends in a newline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The comment lines on top.
    pub header: String,
    /// The function, or the statements of a SQL file.
    pub upgrade: String,
    /// The function, or the statements of a SQL file.
    pub downgrade: String,
}

/// The template of a Rust file (minijinja) that is used where a project has
/// none of its own.
pub const TEMPLATE: &str = "\
{{ header }}

use aludel::migration::*;

{{ upgrade }}

{{ downgrade }}
";

/// The parts of a Rust file.
pub fn rust_migration(header: &Header, upgrade: &Body<'_>, downgrade: &Body<'_>) -> Parts {
    Parts {
        header: header.write(Format::Rust).trim_end().to_owned(),
        upgrade: function("upgrade", upgrade),
        downgrade: function("downgrade", downgrade),
    }
}

impl Parts {
    /// The text of the file by [`TEMPLATE`] or [`super::sql::TEMPLATE`].
    pub fn fill(&self, template: &str) -> String {
        let parts = [
            ("{{ header }}", &self.header),
            ("{{ upgrade }}", &self.upgrade),
            ("{{ downgrade }}", &self.downgrade),
        ];
        // In one pass: a message may itself read like a placeholder.
        let mut out = String::new();
        let mut rest = template;
        while let Some((at, mark, text)) = parts
            .iter()
            .filter_map(|(mark, text)| Some((rest.find(mark)?, mark, text)))
            .min()
        {
            out.push_str(&rest[..at]);
            out.push_str(text);
            rest = &rest[at + mark.len()..];
        }
        out + rest
    }
}

fn function(name: &str, body: &Body<'_>) -> String {
    let lines = lines(body);
    if lines.is_empty() {
        return format!("pub fn {name}(_op: &mut Op) {{}}");
    }
    let silent = lines.iter().all(|line| line.trim_start().starts_with("//"));
    let op = if silent { "_op" } else { "op" };
    format!("pub fn {name}({op}: &mut Op) {{\n{}\n}}", lines.join("\n"))
}
