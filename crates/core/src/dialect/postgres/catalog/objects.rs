//! Whole objects that models cannot say, with the statements that make them.

use super::queries::OBJECTS;
use super::{Reading, Row};
use crate::dialect::postgres::name::{spelled_table, string};
use crate::dialect::postgres::tokens;
use crate::dialect::{ObjectKind, TextRow};
use crate::error::Result;
use crate::schema::{EnumType, Name, TableName};

pub(super) fn read(reading: &mut Reading, answers: &[Vec<TextRow>]) -> Result<()> {
    let default = reading.default_schema().to_owned();
    // Constraints and the sequences of columns have been read already, and come
    // after the types and functions that they may need.
    let parts = std::mem::take(&mut reading.snapshot.objects);
    let mut parts = Some(parts);
    for ((kind, word, _), rows) in OBJECTS.iter().zip(answers) {
        if *kind == ObjectKind::View {
            reading
                .snapshot
                .objects
                .extend(parts.take().into_iter().flatten());
        }
        for row in rows {
            object(reading, (*kind, word), Row(row), &default)?;
        }
    }
    Ok(())
}

fn object(
    reading: &mut Reading,
    (kind, word): (ObjectKind, &str),
    row: Row<'_>,
    default: &str,
) -> Result<()> {
    let own = row.table_name(0)?;
    let table = row.maybe(2).map(|table| TableName {
        schema: own.schema.clone(),
        name: Name::from(table),
    });
    let label = match &table {
        Some(table) => format!("{table}.{}", own.name),
        None => own.to_string(),
    };
    if !word.is_empty() {
        reading.note(word, label, row.maybe(4));
    }
    if let Some(sql) = row.maybe(3) {
        let sql = unqualified(kind, sql, default);
        let table = table.unwrap_or_else(|| own.clone());
        reading.object(kind, own.to_string(), &table, sql);
    }
    Ok(())
}

/// The server writes some names with their schema whatever the search path is.
fn unqualified(kind: ObjectKind, sql: &str, default: &str) -> String {
    let words: &[&str] = match kind {
        ObjectKind::Function => &["FUNCTION", "PROCEDURE"],
        ObjectKind::Statistics => &["STATISTICS"],
        ObjectKind::Index => &["ON"],
        _ => return sql.to_owned(),
    };
    let list = tokens::tokens(sql);
    let at = list
        .iter()
        .position(|token| words.iter().any(|word| token.is(sql, word)));
    let found = at.and_then(|at| tokens::table_name(&list, at + 1, sql).map(|name| (at, name)));
    match found {
        Some((at, (name, 3))) if name.schema.as_ref().is_some_and(|s| *s == default) => {
            let (start, end) = (list[at + 1].range.start, list[at + 3].range.start);
            format!("{}{}", &sql[..start], &sql[end..])
        }
        _ => sql.to_owned(),
    }
}

/// The statement that makes an enum type.
pub(in crate::dialect::postgres) fn create_enum(ty: &EnumType) -> String {
    let values: Vec<String> = ty.values.iter().map(|value| string(value)).collect();
    format!(
        "CREATE TYPE {} AS ENUM ({})",
        spelled_table(&ty.name),
        values.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_schema_is_left_out() {
        let function =
            "CREATE OR REPLACE FUNCTION public.f(a o.t)\n RETURNS void AS $$ public.g $$";
        let read = unqualified(ObjectKind::Function, function, "public");
        assert!(read.starts_with("CREATE OR REPLACE FUNCTION f(a o.t)"));
        assert!(read.ends_with("$$ public.g $$"));
        assert_eq!(unqualified(ObjectKind::Function, function, "x"), function);
        let index = "CREATE INDEX i ON public.m USING btree (a)";
        let read = unqualified(ObjectKind::Index, index, "public");
        assert_eq!(read, "CREATE INDEX i ON m USING btree (a)");
    }
}
