//! Which objects a server's notes of what leans on what are about.

use super::{Noun, ObjectId};
use crate::dialect::{Dependent, DependentKind, Support};
use crate::schema::TableName;

/// The name under which a type, function or view is noted.
pub(crate) fn noted(id: &ObjectId) -> TableName {
    TableName {
        schema: id.name.schema.clone(),
        name: match &id.arguments {
            Some(arguments) => format!("{}({arguments})", id.name.name).into(),
            None => id.name.name.clone(),
        },
    }
}

/// What leans on an object leans on this.
pub(crate) fn support_of(id: &ObjectId) -> Option<Support> {
    let name = noted(id);
    match id.noun {
        Noun::Type | Noun::Domain => Some(Support::Type(name)),
        Noun::Function | Noun::Procedure | Noun::Aggregate => Some(Support::Function(name)),
        Noun::View | Noun::MaterializedView => Some(Support::Relation(name)),
        _ => None,
    }
}

/// Whether an object is what leans on something.
pub(crate) fn is_it(dependent: &Dependent, id: &ObjectId) -> bool {
    let kinds: &[DependentKind] = match id.noun {
        Noun::View => &[DependentKind::View],
        Noun::MaterializedView => &[DependentKind::MaterializedView],
        Noun::Trigger => &[DependentKind::Trigger],
        Noun::Function | Noun::Procedure | Noun::Aggregate => &[DependentKind::Function],
        Noun::Type | Noun::Domain => &[DependentKind::Type],
        Noun::Index => &[DependentKind::Index],
        _ => &[],
    };
    kinds.contains(&dependent.kind)
        && dependent.name == noted(id)
        && (id.noun != Noun::Trigger || dependent.table == id.table)
}
