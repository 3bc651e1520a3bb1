//! What is known of a database while statements of files run on it.
//!
//! A table that is not in it may be there and be anything. What a statement
//! means for tables is read in `statement::follow`.

use super::{Dialect, Server, Snapshot};
use crate::object::{OnUpdate, dropped_trigger, fired_by_update, on_update};
use crate::schema::Schema;

/// What is known of a database.
#[derive(Debug, Clone)]
pub struct Known {
    /// The tables of which everything is known; nothing where names may mean
    /// other tables than they did.
    pub(crate) schema: Option<Schema>,
    /// The triggers that an `UPDATE` fires.
    pub(crate) triggers: Vec<OnUpdate>,
}

impl Default for Known {
    /// Nothing.
    fn default() -> Self {
        Self {
            schema: Some(Schema::default()),
            triggers: Vec::new(),
        }
    }
}

impl Known {
    /// What introspection found.
    pub fn of(dialect: &dyn Dialect, found: &Snapshot) -> Self {
        Self {
            schema: Some(found.schema.clone()),
            triggers: fired_by_update(dialect, &found.objects, &found.server.schema),
        }
    }

    /// Brings it to what it is behind a statement.
    pub(super) fn follow(&mut self, dialect: &dyn Dialect, sql: &str, server: &Server) {
        dialect.follow(sql, server, self);
        if let Some(gone) = dropped_trigger(dialect, sql) {
            self.triggers.retain(|trigger| trigger.name != gone);
        }
        self.triggers
            .extend(on_update(dialect, sql, &server.schema));
    }
}
