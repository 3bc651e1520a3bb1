//! Hazards as commands tell them: on lines for people, and in JSON.

use aludel::db::RowCount;
use aludel_core::hazard::{Hazard, Level};
use serde_json::{Value, json};

use crate::rows;

/// The hazards of one step or statement, as JSON says them, with what was
/// counted about them.
pub(crate) fn document(hazards: &[Hazard], dialect: &str, counts: &[RowCount]) -> Value {
    let one = |hazard: &Hazard| {
        let mut object = json!({
            "kind": hazard.kind.as_str(),
            "level": hazard.level.as_str(),
            "message": hazard.message,
            "safe": hazard.safe_way(dialect),
        });
        if let Some(object) = object.as_object_mut() {
            rows::add_counts(object, hazard, counts);
        }
        object
    };
    hazards.iter().map(one).collect()
}

/// One hazard on a line for people.
pub(crate) fn line(hazard: &Hazard) -> String {
    match hazard.level {
        Level::Note => format!("note: {hazard}"),
        Level::Warning | Level::Error => hazard.to_string(),
    }
}
