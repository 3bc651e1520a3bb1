//! Views and triggers beside the tables, and what is renamed under them.

use aludel_core::change::{Change, Pair};
use aludel_core::diff::{Renames, ValuesOf};
use aludel_core::operation::{Operation, TableChange};
use aludel_core::schema::{EnumType, Name, Schema, Table, TableName};

use super::{Choices, Ground};

/// Up to four views and four triggers, as statements.
pub fn code(schema: &Schema, choices: &mut Choices) -> Vec<String> {
    let tables: Vec<&Table> = schema.tables.values().collect();
    let mut statements = Vec::new();
    let mut views: Vec<String> = Vec::new();
    for number in 0..choices.below(5) {
        let name = format!("\"v {number}\"");
        let Some(query) = query(&tables, &views, choices) else {
            continue;
        };
        statements.push(format!("CREATE VIEW {name} AS {query}"));
        views.push(name);
    }
    for number in 0..choices.below(5) {
        if let Some(rest) = trigger(&tables, choices) {
            statements.push(format!("CREATE TRIGGER \"on {number}\" {rest}"));
        }
    }
    statements
}

fn quoted(name: &Name) -> String {
    Ground::SQLITE.quoted(name)
}

fn of(table: &Table) -> String {
    quoted(&table.name.name)
}

fn any_column(table: &Table, choices: &mut Choices) -> Option<String> {
    choices.pick(&table.columns).map(|c| quoted(&c.name))
}

fn query(tables: &[&Table], views: &[String], choices: &mut Choices) -> Option<String> {
    let table = *choices.pick(tables)?;
    let other = *choices.pick(tables)?;
    let (name, column) = (of(table), any_column(table, choices)?);
    let (second, of_other) = (any_column(table, choices)?, any_column(other, choices)?);
    Some(match choices.below(8) {
        0 => format!("SELECT {column} AS x FROM {name}"),
        1 => format!("SELECT * FROM {name}"),
        2 => format!("SELECT a.{column} AS x, {second} FROM {name} AS a WHERE a.{second} > 0"),
        3 => format!(
            "SELECT {name}.{column} AS x, o.{of_other} AS y FROM {name} JOIN {} o ON {name}.{column} = o.{of_other}",
            of(other)
        ),
        4 => format!(
            "WITH c(x) AS (SELECT {column} FROM {name}) SELECT x, count(*) AS n FROM c GROUP BY x"
        ),
        5 => format!(
            "SELECT {name}.{column} AS x FROM {name} WHERE EXISTS (SELECT 1 FROM {} AS o WHERE o.{of_other} = {name}.{column})",
            of(other)
        ),
        6 => format!(
            "SELECT a.{column} AS x FROM {name} a UNION ALL SELECT b.{of_other} FROM {} b",
            of(other)
        ),
        _ => format!("SELECT * FROM {}", choices.pick(views)?),
    })
}

fn trigger(tables: &[&Table], choices: &mut Choices) -> Option<String> {
    let table = *choices.pick(tables)?;
    let other = *choices.pick(tables)?;
    let plain = |t: &Table, choices: &mut Choices| {
        let plain: Vec<&Name> = t
            .columns
            .iter()
            .filter(|c| c.generated.is_none())
            .map(|c| &c.name)
            .collect();
        choices.pick(&plain).map(|name| quoted(name))
    };
    let (name, column) = (of(table), any_column(table, choices)?);
    let (own, target) = (plain(table, choices)?, plain(other, choices)?);
    Some(match choices.below(5) {
        0 => format!("AFTER INSERT ON {name} BEGIN SELECT new.{column}; END"),
        1 => format!(
            "AFTER UPDATE OF {own} ON {name} WHEN new.{column} IS NOT old.{column} \
             BEGIN UPDATE {} SET {target} = {target} WHERE {target} = new.{column}; END",
            of(other)
        ),
        2 => format!(
            "BEFORE DELETE ON {name} BEGIN DELETE FROM {} WHERE {target} = old.{column} AND 0; END",
            of(other)
        ),
        3 => format!(
            "AFTER INSERT ON {name} WHEN 0 BEGIN INSERT INTO {} ({target}) SELECT t.{column} FROM {name} t; END",
            of(other)
        ),
        _ => format!(
            "AFTER UPDATE ON {name} WHEN 0 BEGIN SELECT count(*) FROM {} AS o WHERE o.{target} IN (new.{column}, 1); END",
            of(other)
        ),
    })
}

/// Some told renames of tables and columns, also of two names for each other,
/// and the schema with them done.
pub fn rename_some(schema: &Schema, choices: &mut Choices) -> Result<(Renames, Schema), String> {
    let mut told = Renames::default();
    let mut wanted = schema.clone();
    let mut tables: Vec<TableName> = schema.tables.keys().cloned().collect();
    match tables.as_mut_slice() {
        [first, .., last] if choices.once_in(3) => {
            let through = TableName::new("through");
            for (from, to) in [(&*first, &through), (&*last, &*first), (&through, &*last)] {
                rename_table(&mut wanted, from, to)?;
            }
            told.tables.push(Pair::new(first.clone(), last.clone()));
            told.tables.push(Pair::new(last.clone(), first.clone()));
        }
        [first, ..] if choices.once_in(2) => {
            let to = TableName::new("a new \"name\"");
            rename_table(&mut wanted, first, &to)?;
            told.tables.push(Pair::new(first.clone(), to.clone()));
            *first = to;
        }
        _ => {}
    }
    for table in tables {
        let Some(columns) = wanted.table(&table).map(|t| t.columns.clone()) else {
            continue;
        };
        let mut steps: Vec<(Name, Name)> = Vec::new();
        let mut pairs: Vec<(Name, Name)> = Vec::new();
        match columns.as_slice() {
            [first, .., last] if choices.once_in(4) => {
                let (first, last) = (first.name.clone(), last.name.clone());
                let through = Name::from("through");
                steps.push((first.clone(), through.clone()));
                steps.push((last.clone(), first.clone()));
                steps.push((through, last.clone()));
                pairs.push((first.clone(), last.clone()));
                pairs.push((last, first));
            }
            columns if choices.once_in(3) => {
                if let Some(column) = choices.pick(columns) {
                    let step = (column.name.clone(), Name::from("new \"column\""));
                    steps.push(step.clone());
                    pairs.push(step);
                }
            }
            _ => {}
        }
        for (from, to) in steps {
            let change = TableChange::Column(Change::Rename(Pair::new(from, to)));
            Operation::AlterTable {
                table: table.clone(),
                changes: vec![change],
            }
            .apply(&mut wanted)
            .map_err(|e| e.to_string())?;
        }
        let pairs = pairs.into_iter().map(|(from, to)| Pair::new(from, to));
        told.columns.extend(pairs.map(|pair| (table.clone(), pair)));
    }
    rename_value(&mut told, &mut wanted, choices)?;
    Ok((told, wanted))
}

/// A value of an enum type gets another name, where there are such types.
fn rename_value(
    told: &mut Renames,
    wanted: &mut Schema,
    choices: &mut Choices,
) -> Result<(), String> {
    if !choices.ground.is_postgres() {
        return Ok(());
    }
    let types: Vec<EnumType> = wanted.enums.values().cloned().collect();
    let Some(ty) = choices.pick(&types) else {
        return Ok(());
    };
    let to = "re'named".to_owned();
    let Some(from) = choices.pick(&ty.values).filter(|from| **from != to) else {
        return Ok(());
    };
    if ty.values.contains(&to) || !choices.once_in(2) {
        return Ok(());
    }
    let values = Pair::new(from.clone(), to);
    let operation = Operation::RenameEnumValue {
        name: ty.name.clone(),
        values: values.clone(),
    };
    told.values.push((ValuesOf::Enum(ty.name.clone()), values));
    operation.apply(wanted).map_err(|e| e.to_string())
}

/// Whether the values that get other names are there on both sides.
pub(crate) fn values_stay(sides: Pair<&Schema>, of: &ValuesOf, values: &Pair<String>) -> bool {
    let has = |schema: &Schema, value: &String| match of {
        ValuesOf::Enum(name) => {
            let ty = schema.enums.get(name);
            ty.is_some_and(|ty| ty.values.contains(value))
        }
        ValuesOf::Column(..) => false,
    };
    let Pair { from, to } = sides;
    has(from, &values.from) && has(to, &values.to) && !has(to, &values.from)
}

fn rename_table(schema: &mut Schema, from: &TableName, to: &TableName) -> Result<(), String> {
    Operation::RenameTable(Pair::new(from.clone(), to.clone()))
        .apply(schema)
        .map_err(|e| e.to_string())
}
