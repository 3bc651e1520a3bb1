//! What models say that no row could live with, and that is new.
//!
//! SQLite takes a default of any kind and a reference to any table, and fails
//! at the first row; the others refuse both in words of their own. A database
//! may have lived with one for years: what it has already is left alone.

use super::Wanted;
use crate::hazard::whole_number;
use crate::listed;
use crate::model::{ModelError, Origin};
use crate::schema::{
    Column, ColumnType, DefaultValue, ForeignKey, Literal, Schema, Table, TableName,
};

/// The mistakes of models that only show beside the database, which may have
/// something of a name that is not among the tables, and takes texts for values
/// in spellings of its own.
pub fn mistakes(
    wanted: &Wanted,
    found: &Schema,
    has: &dyn Fn(&str) -> bool,
    takes: &dyn Fn(&ColumnType, &str) -> bool,
) -> Vec<ModelError> {
    let mut all = Vec::new();
    for table in wanted.schema.tables.values() {
        let known = known(wanted, found, &table.name);
        for column in &table.columns {
            let old = known.and_then(|t| t.column(column.name.as_str()));
            let was_there = old.is_some_and(|old| old.default == column.default);
            let lists = listed::of_column(&wanted.schema, table, column);
            if let (false, Some(why)) = (was_there, misfit(column, lists.as_deref(), takes)) {
                let hint = wanted.hints.get(&table.name);
                let hint = hint.and_then(|hint| hint.columns.get(&column.name));
                all.push(ModelError {
                    message: format!("the default of `{}.{}` {why}", table.name, column.name),
                    hint: Some(
                        "write a value of the type of the field, or an expression with \
                         `default = sql(\"..\")`"
                            .to_owned(),
                    ),
                    origin: hint.map_or_else(|| of_table(wanted, table), |h| h.origin.clone()),
                });
            }
        }
        for key in &table.foreign_keys {
            let was_there = known.is_some_and(|old| {
                let mut keys = old.foreign_keys.iter();
                keys.any(|old| old.references == key.references)
            });
            let name = key.references.name.as_str();
            if !was_there && !has(name) && is_lost(wanted, found, key) {
                all.push(ModelError {
                    message: format!(
                        "`{}` refers to `{}`, and there is no such table",
                        table.name, key.references
                    ),
                    hint: Some(
                        "it is neither a model nor in the database: write the name of one that is"
                            .to_owned(),
                    ),
                    origin: of_table(wanted, table),
                });
            }
        }
    }
    all
}

/// The table as it is in the database, under its name or the one before.
fn known<'f>(wanted: &Wanted, found: &'f Schema, name: &TableName) -> Option<&'f Table> {
    let from = wanted.hints.get(name).and_then(|h| h.renamed_from.as_ref());
    let same = |a: &TableName, b: &TableName| a.to_string().eq_ignore_ascii_case(&b.to_string());
    let mut tables = found.tables.values();
    tables.find(|table| same(&table.name, name) || from.is_some_and(|from| same(&table.name, from)))
}

fn of_table(wanted: &Wanted, table: &Table) -> Origin {
    let hint = wanted.hints.get(&table.name);
    hint.map(|hint| hint.origin.clone()).unwrap_or_default()
}

/// Whether a foreign key refers to what is nowhere. What other schemas hold is
/// not always looked at.
fn is_lost(wanted: &Wanted, found: &Schema, key: &ForeignKey) -> bool {
    let name = key.references.name.as_str();
    let same = |other: &str| other.eq_ignore_ascii_case(name);
    let tables = wanted.schema.tables.keys().chain(found.tables.keys());
    let mut names = tables.map(|t| t.name.as_str());
    key.references.schema.is_none() && !names.any(same)
}

/// How people write the points in time that have a name.
const MOMENTS: [&str; 9] = [
    "now",
    "today",
    "tomorrow",
    "yesterday",
    "epoch",
    "infinity",
    "-infinity",
    "allballs",
    "",
];

fn is_number(ty: &ColumnType) -> bool {
    let with_fraction = matches!(
        ty,
        ColumnType::Float | ColumnType::Double | ColumnType::Decimal(_)
    );
    with_fraction || whole_number(ty).is_some()
}

/// Why a default is none of the column's values. What texts the database itself
/// takes for one is told.
fn misfit(
    column: &Column,
    lists: Option<&[String]>,
    takes: &dyn Fn(&ColumnType, &str) -> bool,
) -> Option<String> {
    let Some(DefaultValue::Literal(value)) = &column.default else {
        return None;
    };
    if let (Some(values), Literal::Text(text)) = (lists, value)
        && !matches!(column.ty, ColumnType::Array(_))
    {
        let mut all = values.iter();
        let known = all.any(|value| value.eq_ignore_ascii_case(text));
        return (!known).then(|| format!("is `{text}`, which is not among its values"));
    }
    let text = match value {
        Literal::Text(text) => text.trim(),
        Literal::Boolean(_) => "true",
        Literal::Integer(_) if matches!(column.ty, ColumnType::Date | ColumnType::Time(_)) => "n",
        _ => return None,
    };
    let is_text = matches!(value, Literal::Text(_));
    let words = [
        "true", "false", "t", "f", "yes", "no", "y", "n", "on", "off", "1", "0",
    ];
    let (fits, what) = match &column.ty {
        ty if is_number(ty) => (!is_text || text.parse::<f64>().is_ok(), "no number"),
        ColumnType::Boolean => {
            let text = text.to_ascii_lowercase();
            (words.contains(&text.as_str()), "neither true nor false")
        }
        ColumnType::Date | ColumnType::Time(_) | ColumnType::DateTime(_) => {
            let lower = text.to_ascii_lowercase();
            let moment = is_text && MOMENTS.contains(&lower.as_str());
            let digits = text.contains(|c: char| c.is_ascii_digit());
            (moment || digits, "no point in time")
        }
        _ => return None,
    };
    let fits = fits || is_text && takes(&column.ty, text);
    (!fits).then(|| format!("is {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_a_value_of_its_column() {
        let of = |ty: ColumnType, value: Literal| {
            let mut column = Column::new("c", ty);
            column.default = Some(DefaultValue::Literal(value));
            misfit(&column, None, &|_, text| text == "0x10").is_none()
        };
        let text = |text: &str| Literal::Text(text.to_owned());
        assert!(of(ColumnType::Integer, text(" 5 ")));
        assert!(of(ColumnType::Integer, Literal::Boolean(true)));
        assert!(!of(ColumnType::Integer, text("abc")));
        assert!(of(ColumnType::Integer, text("0x10")));
        assert!(of(ColumnType::Double, text("1e3")));
        assert!(of(ColumnType::Boolean, text("Yes")));
        assert!(!of(ColumnType::Boolean, text("perhaps")));
        assert!(of(ColumnType::Date, text("now")));
        assert!(of(ColumnType::Date, text("2024-05-06")));
        assert!(!of(ColumnType::Date, Literal::Boolean(true)));
        assert!(!of(ColumnType::Date, Literal::Integer(1)));
        assert!(!of(ColumnType::DateTime(None), text("CURRENT_TIMESTAMP")));
        assert!(of(ColumnType::Text, text("abc")));
        let mut column = Column::new("c", ColumnType::Text);
        column.default = Some(DefaultValue::Literal(text("zz")));
        assert!(misfit(&column, Some(&["A".to_owned()]), &|_, _| false).is_some());
        assert!(misfit(&column, Some(&["ZZ".to_owned()]), &|_, _| false).is_none());
    }
}
