//! How columns are numbered: the sequences that belong to them.

use super::tables::part;
use super::{Reading, Row, strange};
use crate::dialect::postgres::name::{self, spelled_table, string};
use crate::dialect::postgres::tokens;
use crate::dialect::{ObjectKind, TextRow};
use crate::error::Result;
use crate::schema::{Column, ColumnType, DefaultValue, Identity, TableName};

pub(super) fn read(reading: &mut Reading, rows: &[TextRow]) -> Result<()> {
    for row in rows {
        sequence(reading, Row(row))?;
    }
    Ok(())
}

fn sequence(reading: &mut Reading, row: Row<'_>) -> Result<()> {
    let table = reading.tables.get_mut(row.text(0)?);
    let table = table.ok_or_else(|| strange("a sequence without its table"))?;
    let owner = table.name.clone();
    let column_name = row.text(1)?;
    let column = table.columns.iter_mut().find(|c| c.name == column_name);
    let column = column.ok_or_else(|| strange("a sequence without its column"))?;
    let sequence = row.table_name(3)?;
    let usual = TableName {
        schema: owner.schema.clone(),
        name: name::sequence(&owner.name, &column.name),
    };
    let label = part(&owner, column_name);
    if row.text(2)? == "i" {
        let own =
            (sequence != usual).then(|| format!("SEQUENCE NAME {}", spelled_table(&sequence)));
        let options: Vec<String> = own.into_iter().chain(options(row, &column.ty)?).collect();
        if !options.is_empty() {
            let text = format!("({})", options.join(" "));
            column.extra = Some(text.clone());
            reading.note("identity options", label, Some(&text));
        }
        return Ok(());
    }
    if is_next_of(column, row.text(5)?) {
        column.default = None;
        column.autoincrement = true;
        column.identity = Some(Identity::Serial);
        let options = options(row, &column.ty)?;
        if sequence != usual || !options.is_empty() {
            let text = creation(&sequence, &column.ty, options);
            column.extra = Some(text.clone());
            reading.note("sequence options", label, Some(&text));
        }
        return Ok(());
    }
    // A sequence that only goes away with its column.
    let bigint = ColumnType::BigInteger;
    let options = options(row, &bigint)?;
    let made = format!("CREATE SEQUENCE {}", creation(&sequence, &bigint, options));
    let owned = format!(
        "ALTER SEQUENCE {} OWNED BY {}.{}",
        spelled_table(&sequence),
        spelled_table(&owner),
        name::spelled(column_name)
    );
    let name = sequence.to_string();
    reading.object(ObjectKind::Sequence, name.clone(), &sequence, made);
    reading.object(ObjectKind::Sequence, name.clone(), &sequence, owned);
    reading.note("sequence", name, Some(&format!("owned by {label}")));
    Ok(())
}

/// Whether the default of the column is the next number of that sequence.
fn is_next_of(column: &Column, sequence: &str) -> bool {
    let Some(DefaultValue::Expression(expression)) = &column.default else {
        return false;
    };
    let whole = matches!(
        column.ty,
        ColumnType::SmallInteger | ColumnType::Integer | ColumnType::BigInteger
    );
    let text = tokens::unwrapped(expression.as_str());
    whole && text == format!("nextval({}::regclass)", string(sequence))
}

/// What follows `CREATE SEQUENCE`.
fn creation(sequence: &TableName, ty: &ColumnType, options: Vec<String>) -> String {
    let mut words = vec![spelled_table(sequence)];
    let says_type = options.iter().any(|option| option.starts_with("AS "));
    if !says_type && *ty != ColumnType::BigInteger {
        words.push(format!("AS {}", type_name(ty)));
    }
    words.extend(options);
    words.join(" ")
}

fn type_name(ty: &ColumnType) -> &'static str {
    match ty {
        ColumnType::SmallInteger => "smallint",
        ColumnType::Integer => "integer",
        _ => "bigint",
    }
}

/// The options that are not those of a plain sequence of that type.
fn options(row: Row<'_>, ty: &ColumnType) -> Result<Vec<String>> {
    let number = |at: usize| {
        let number: i64 = row.text(at)?.parse().map_err(|_| strange("a sequence"))?;
        Ok::<i64, crate::error::Error>(number)
    };
    let own = row.text(6)?;
    let (start, step, least, most, cache) =
        (number(7)?, number(8)?, number(9)?, number(10)?, number(11)?);
    let (low, high) = match own {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let (usual_least, usual_most) = if step > 0 { (1, high) } else { (low, -1) };
    let usual_start = if step > 0 { least } else { most };
    let mut options = Vec::new();
    if own != type_name(ty) {
        options.push(format!("AS {own}"));
    }
    if step != 1 {
        options.push(format!("INCREMENT BY {step}"));
    }
    if least != usual_least {
        options.push(format!("MINVALUE {least}"));
    }
    if most != usual_most {
        options.push(format!("MAXVALUE {most}"));
    }
    if start != usual_start {
        options.push(format!("START WITH {start}"));
    }
    if cache != 1 {
        options.push(format!("CACHE {cache}"));
    }
    if row.flag(12) {
        options.push("CYCLE".to_owned());
    }
    Ok(options)
}
