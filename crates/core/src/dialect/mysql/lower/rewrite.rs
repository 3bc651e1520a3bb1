//! Which changes make InnoDB write every row again.

use crate::change::Pair;
use crate::dialect::mysql::render::{first_word, type_of};
use crate::hazard::{Hazard, HazardKind};
use crate::schema::{Column, Table};

/// The hazard of a change that writes every row again.
pub(super) fn hazard(table: &Table) -> Hazard {
    Hazard::new(
        HazardKind::RewritesTable,
        format!("every row of `{}` is copied", table.name),
    )
}

/// Whether the way from one form of a table to another writes every row again.
pub(super) fn rewrites(tables: Pair<&Table>) -> bool {
    let Pair { from, to } = tables;
    let key = |t: &Table| {
        t.primary_key
            .as_ref()
            .map(|k| (k.columns.clone(), k.prefixes.clone()))
    };
    let stored = |c: &Column| c.generated.as_ref().is_some_and(|g| g.stored);
    let mut columns = to
        .columns
        .iter()
        .map(|c| match from.column(c.name.as_str()) {
            Some(old) => column(old, c),
            None => stored(c) || c.autoincrement,
        });
    key(from) != key(to)
        || from.options.engine != to.options.engine
        || columns.any(|rewrites| rewrites)
}

fn column(from: &Column, to: &Column) -> bool {
    let types = Pair::new(type_of(&from.ty), type_of(&to.ty));
    let stored = |c: &Column| c.generated.as_ref().is_some_and(|g| g.stored);
    if !stored(from) && from.generated.is_some() && !stored(to) && to.generated.is_some() {
        return false;
    }
    from.nullable != to.nullable
        || from.generated != to.generated
        || from.collation != to.collation
        || (!from.autoincrement && to.autoincrement)
        || (types.from != types.to && !widens_in_place(&types))
}

/// A longer VARCHAR is the same on disk while its length takes as many bytes,
/// and an ENUM with more values at its end while their number does.
fn widens_in_place(types: &Pair<String>) -> bool {
    let word = first_word(&types.from);
    if word != first_word(&types.to) {
        return false;
    }
    match word.as_str() {
        "varchar" => {
            let (Some(from), Some(to)) = (length(&types.from), length(&types.to)) else {
                return false;
            };
            // Of up to four bytes a character.
            from <= to && (to <= 63 || from > 255)
        }
        "enum" => {
            let open = |t: &str| t.trim_end().trim_end_matches(')').to_owned();
            open(&types.to).starts_with(&open(&types.from)) && types.to.matches(',').count() < 255
        }
        _ => false,
    }
}

fn length(spelling: &str) -> Option<u32> {
    let (_, rest) = spelling.split_once('(')?;
    let (number, _) = rest.split_once(')')?;
    number.trim().parse().ok()
}
