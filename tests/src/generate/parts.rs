//! One thing more in a schema.

use aludel_core::schema::{
    Check, Column, ColumnType, DefaultValue, Deferrable, Expression, ForeignKey, Generated, Index,
    IndexKey, Literal, Name, PrimaryKey, ReferentialAction, Schema, Table, TableName, Unique,
};

use super::Choices;

const TABLES: &[&str] = &[
    "node",
    "packet",
    "user",
    "order",
    "select",
    "a b",
    "größe",
    "quo\"te",
    "group",
    "x'y",
    "日本",
    "key-value",
    "table",
];

const COLUMNS: &[&str] = &[
    "id",
    "name",
    "value",
    "order",
    "a b",
    "é",
    "q\"uote",
    "in",
    "ref_id",
    "created_at",
    "c1",
    "c2",
    "c3",
    "from",
    "x'y",
    "end",
    "1st",
    "[b]",
];

/// The identifier as an expression writes it.
pub(super) fn quoted(name: &Name) -> String {
    format!("\"{}\"", name.as_str().replace('"', "\"\""))
}

fn types() -> Vec<ColumnType> {
    vec![
        ColumnType::Integer,
        ColumnType::Text,
        ColumnType::BigInteger,
        ColumnType::SmallInteger,
        ColumnType::Double,
        ColumnType::Float,
        ColumnType::Boolean,
        ColumnType::Varchar(Some(40)),
        ColumnType::Varchar(Some(100)),
        ColumnType::Char(Some(2)),
        ColumnType::Blob,
        ColumnType::Date,
        ColumnType::Time(None),
        ColumnType::DateTime(None),
        ColumnType::Json,
        ColumnType::Decimal(Some((10, Some(2)))),
        ColumnType::Custom("NVARCHAR(100)".into()),
        ColumnType::Custom("BIGINT".into()),
        ColumnType::Custom("DECIMAL(10, 2)".into()),
    ]
}

/// A type.
pub(super) fn column_type(choices: &mut Choices) -> ColumnType {
    choices
        .pick(&types())
        .cloned()
        .unwrap_or(ColumnType::Integer)
}

/// A default that fits the type.
pub(super) fn default(ty: &ColumnType, choices: &mut Choices) -> Option<DefaultValue> {
    let number = i128::from(u8::try_from(choices.below(100)).unwrap_or(0));
    let literal = match ty {
        ColumnType::Integer | ColumnType::BigInteger | ColumnType::SmallInteger => {
            Literal::Integer(number - 50)
        }
        ColumnType::Double | ColumnType::Float => Literal::Number(format!("{number}.5")),
        ColumnType::Boolean => Literal::Boolean(number % 2 == 0),
        ColumnType::Blob => Literal::Bytes(vec![0, 0xff]),
        ColumnType::DateTime(_) => {
            return Some(DefaultValue::Expression("CURRENT_TIMESTAMP".into()));
        }
        ColumnType::Text if number % 5 == 0 => {
            return Some(DefaultValue::Expression("lower('ABC') || 'd'".into()));
        }
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) => Literal::Text(
            ["", "it's", "a \"b\"", "é"]
                .get(choices.below(4))
                .copied()?
                .to_owned(),
        ),
        _ => return None,
    };
    Some(DefaultValue::Literal(literal))
}

/// A column with a name that the table does not have.
pub(super) fn column(table: &Table, choices: &mut Choices) -> Option<Column> {
    let free: Vec<&str> = COLUMNS
        .iter()
        .copied()
        .filter(|name| table.column(name).is_none())
        .collect();
    let mut column = Column::new(*choices.pick(&free)?, column_type(choices));
    column.nullable = choices.once_in(2);
    if choices.once_in(4) {
        column.default = default(&column.ty, choices);
    }
    if choices.once_in(8) && column.ty == ColumnType::Text {
        column.collation = Some("NOCASE".into());
    }
    if choices.once_in(8)
        && let Some(other) = choices.pick(&table.columns)
    {
        let expression = format!("coalesce({}, 'x') || 'y'", quoted(&other.name));
        column.generated = Some(Generated {
            expression: Expression::new(expression),
            stored: choices.once_in(2),
        });
        column.nullable = true;
        column.default = None;
    }
    Some(column)
}

/// A table more.
pub(super) fn add_table(schema: &mut Schema, choices: &mut Choices) {
    let free: Vec<&str> = TABLES
        .iter()
        .copied()
        .filter(|name| schema.table(&TableName::new(*name)).is_none())
        .collect();
    let Some(name) = choices.pick(&free) else {
        return;
    };
    let mut table = Table::new(*name);
    for _ in 0..=choices.below(6) {
        let column = column(&table, choices);
        table.columns.extend(column);
    }
    if !choices.once_in(5) {
        table.primary_key = primary_key(&table, choices);
    }
    for _ in 0..choices.below(3) {
        add_unique(&mut table, choices);
    }
    for _ in 0..choices.below(3) {
        add_check(&mut table, choices);
    }
    for _ in 0..choices.below(3) {
        add_index(schema, &mut table, choices);
    }
    table.options.without_rowid = choices.once_in(8);
    let numbered = choices.once_in(4);
    for column in &mut table.columns {
        column.autoincrement = numbered;
    }
    schema.insert(table);
}

/// One to `most` columns of the table.
fn some_columns(table: &Table, most: usize, choices: &mut Choices) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    for _ in 0..=choices.below(most) {
        if let Some(column) = choices.pick(&table.columns)
            && !names.contains(&column.name)
        {
            names.push(column.name.clone());
        }
    }
    names
}

/// A primary key; its columns are repaired to NOT NULL.
pub(super) fn primary_key(table: &Table, choices: &mut Choices) -> Option<PrimaryKey> {
    let columns = some_columns(table, 2, choices);
    (!columns.is_empty()).then(|| PrimaryKey {
        name: choices.once_in(4).then(|| Name::from("pk_named")),
        columns,
        extra: None,
    })
}

fn name(prefix: &str, choices: &mut Choices) -> Option<Name> {
    let serial = choices.serial();
    match choices.below(3) {
        0 => None,
        1 => Some(Name::new(format!("{prefix}_{serial}"))),
        _ => Some(Name::new(format!("{prefix} \"{serial}\" é"))),
    }
}

/// A unique constraint more.
pub(super) fn add_unique(table: &mut Table, choices: &mut Choices) {
    let mut unique = Unique::on(some_columns(table, 2, choices));
    unique.name = name("uq", choices);
    table.uniques.push(unique);
}

/// A check more, which every row passes.
pub(super) fn add_check(table: &mut Table, choices: &mut Choices) {
    let Some(column) = choices.pick(&table.columns) else {
        return;
    };
    let column = quoted(&column.name);
    let text = match choices.below(3) {
        0 => format!("{column} IS NOT NULL OR 1"),
        1 => format!("{column} IS NULL OR length({column}) >= 0"),
        _ => format!(
            "CASE WHEN {column} IS NULL THEN 1 ELSE 'end' <> '{}' END",
            "x''y"
        ),
    };
    table.checks.push(Check {
        name: name("ck", choices),
        expression: Expression::new(text),
        extra: None,
    });
}

/// An index more, under a name that the schema does not have.
pub(super) fn add_index(schema: &Schema, table: &mut Table, choices: &mut Choices) {
    let columns = some_columns(table, 3, choices);
    let mut index = Index::on(Vec::<Name>::new());
    for column in columns {
        let mut key = match choices.below(5) {
            4 => IndexKey::expression(format!("lower({})", quoted(&column))),
            _ => IndexKey::column(column),
        };
        key.descending = choices.once_in(4);
        if choices.once_in(8) {
            key.collation = Some("NOCASE".into());
        }
        index.keys.push(key);
    }
    if choices.once_in(4)
        && let Some(column) = choices.pick(&table.columns)
    {
        index.predicate = Some(Expression::new(format!(
            "{} IS NOT NULL",
            quoted(&column.name)
        )));
    }
    index.unique = choices.once_in(4);
    index.name = free_index_name(schema, table, choices);
    table.indexes.push(index);
}

/// An index name that is free in the schema and in the table.
pub(super) fn free_index_name(
    schema: &Schema,
    table: &Table,
    choices: &mut Choices,
) -> Option<Name> {
    loop {
        let serial = choices.serial();
        let name = Name::new(if serial.is_multiple_of(5) {
            format!("ix \"{serial}\" é")
        } else {
            format!("ix_{serial}")
        });
        let taken = schema
            .tables
            .values()
            .chain([table])
            .flat_map(|t| &t.indexes)
            .any(|i| i.name.as_ref() == Some(&name));
        if !taken {
            return Some(name);
        }
    }
}

/// A foreign key more between any two tables, to a key of the other.
pub(super) fn add_foreign_key(schema: &mut Schema, choices: &mut Choices) {
    let names: Vec<TableName> = schema.tables.keys().cloned().collect();
    let (Some(child), Some(parent)) = (choices.pick(&names), choices.pick(&names)) else {
        return;
    };
    let Some(referenced) = schema.table(parent) else {
        return;
    };
    let primary = referenced.primary_key.iter().map(|k| &k.columns);
    let keys: Vec<&Vec<Name>> = primary
        .chain(referenced.uniques.iter().map(|u| &u.columns))
        .collect();
    let Some(target) = choices.pick(&keys) else {
        return;
    };
    let target = (*target).clone();
    let Some(table) = schema.tables.get_mut(child) else {
        return;
    };
    let columns: Vec<Name> = target
        .iter()
        .filter_map(|_| choices.pick(&table.columns).map(|c| c.name.clone()))
        .collect();
    let mut key = ForeignKey::new(columns, parent.clone(), target);
    key.name = name("fk", choices);
    key.on_delete = action(choices);
    key.on_update = action(choices);
    if choices.once_in(5) {
        key.deferrable = Deferrable::InitiallyDeferred;
    }
    table.foreign_keys.push(key);
}

/// What a foreign key does.
pub(super) fn action(choices: &mut Choices) -> ReferentialAction {
    let actions = [
        ReferentialAction::NoAction,
        ReferentialAction::Cascade,
        ReferentialAction::SetNull,
        ReferentialAction::Restrict,
        ReferentialAction::SetDefault,
    ];
    choices.pick(&actions).copied().unwrap_or_default()
}
