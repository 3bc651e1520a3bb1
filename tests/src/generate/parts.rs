//! One thing more in a schema.

use aludel_core::schema::{
    Check, Column, ColumnType, Deferrable, Expression, ForeignKey, Generated, Identity, Index,
    IndexKey, Name, NullsOrder, PrimaryKey, ReferentialAction, Schema, Table, TableName, Unique,
};

use super::Choices;
use super::default::default;
use super::ground::{Kind, Template};

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

const COMMENTS: &[&str] = &["what it's for", "größe \"x\"\nand more", "a \\ b"];

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

/// A type.
pub(super) fn column_type(choices: &mut Choices) -> ColumnType {
    choices
        .pick(&choices.ground.types())
        .cloned()
        .unwrap_or(ColumnType::Integer)
}

/// A collation that the database knows.
pub(super) fn collation(choices: &Choices) -> Option<String> {
    Some(match choices.ground.dialect().name() {
        "sqlite" => "NOCASE".to_owned(),
        "postgres" => "C".to_owned(),
        _ => "utf8mb4_bin".to_owned(),
    })
}

/// A comment, where the database keeps one.
pub(super) fn comment(choices: &mut Choices) -> Option<String> {
    let text = choices.pick(COMMENTS)?;
    (!choices.ground.is_sqlite()).then(|| (*text).to_owned())
}

/// An expression over one of the columns, among the templates that fit.
fn expression(
    table: &Table,
    fits: impl Fn(&Template) -> bool,
    choices: &mut Choices,
) -> Option<(Expression, Kind)> {
    let ground = choices.ground;
    let column = choices.pick(&table.columns)?;
    let kind = ground.kind(&column.ty);
    let known = ground.templates().iter();
    let known = known.filter(|t| fits(t) && (t.of == kind || t.of == Kind::Any));
    let known: Vec<&Template> = known.collect();
    let template = choices.pick(&known)?;
    let text = template.text.replace("{}", &ground.quoted(&column.name));
    Some((Expression::new(text), template.gives))
}

/// A column with a name that the table does not have.
pub(super) fn column(table: &Table, choices: &mut Choices) -> Option<Column> {
    let ground = choices.ground;
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
    if choices.once_in(8) && is_collated(&column.ty, choices) {
        column.collation = collation(choices);
    }
    if !ground.is_sqlite() && choices.once_in(10) {
        column.comment = comment(choices);
    }
    if choices.once_in(8) {
        generate(&mut column, table, choices);
    }
    Some(column)
}

/// Whether a column of that type has a collation.
pub(super) fn is_collated(ty: &ColumnType, choices: &Choices) -> bool {
    match ty {
        ColumnType::Text => true,
        ColumnType::Varchar(_) => !choices.ground.is_sqlite(),
        _ => false,
    }
}

/// Has the column computed from another one, where that can be.
fn generate(column: &mut Column, table: &Table, choices: &mut Choices) {
    let ground = choices.ground;
    let fits = |t: &Template| match ground.is_sqlite() {
        true => t.gives == Kind::Any,
        false => matches!(t.gives, Kind::Text | Kind::Number),
    };
    let Some((expression, gives)) = expression(table, fits, choices) else {
        return;
    };
    column.ty = ground.type_of(gives).unwrap_or(column.ty.clone());
    let virtual_too = !ground.is_postgres() || ground.at_least(18);
    column.generated = Some(Generated {
        expression,
        stored: !virtual_too || choices.once_in(2),
    });
    column.nullable = true;
    column.default = None;
}

/// A table more.
pub(super) fn add_table(schema: &mut Schema, choices: &mut Choices) {
    let ground = choices.ground;
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
    let odd = choices.once_in(8);
    table.options.without_rowid = odd && ground.is_sqlite();
    if odd && ground.is_mysql() {
        table.options.collation = collation(choices);
    }
    if !ground.is_sqlite() && choices.once_in(10) {
        table.comment = comment(choices);
    }
    let numbered = choices.once_in(4);
    for column in &mut table.columns {
        column.autoincrement = numbered;
        column.identity = identity(numbered, choices);
    }
    schema.insert(table);
}

/// How rows are numbered, where there are several ways.
pub(super) fn identity(numbered: bool, choices: &mut Choices) -> Option<Identity> {
    if !numbered || !choices.ground.is_postgres() {
        return None;
    }
    let ways = [Identity::ByDefault, Identity::Always, Identity::Serial];
    choices.pick(&ways).copied()
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
    let named = choices.once_in(4);
    let name = named.then(|| name("pk", choices)).flatten();
    let key = PrimaryKey {
        prefixes: Vec::new(),
        name,
        columns,
        extra: None,
    };
    Some(key).filter(|key| !key.columns.is_empty())
}

/// A name, which another table may have had before.
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
    let ground = choices.ground;
    let mut unique = Unique::on(some_columns(table, 2, choices));
    unique.name = name("uq", choices);
    if ground.is_postgres() && choices.once_in(3) {
        unique.deferrable = deferrable(choices);
        unique.nulls_not_distinct = ground.at_least(15) && choices.once_in(2);
        if choices.once_in(3) {
            unique.include = some_columns(table, 2, choices);
            unique.include.retain(|name| !unique.columns.contains(name));
        }
    }
    table.uniques.push(unique);
}

fn deferrable(choices: &mut Choices) -> Deferrable {
    let ways = [
        Deferrable::No,
        Deferrable::InitiallyImmediate,
        Deferrable::InitiallyDeferred,
    ];
    choices.pick(&ways).copied().unwrap_or_default()
}

/// A check more, which every row passes.
pub(super) fn add_check(table: &mut Table, choices: &mut Choices) {
    let Some((expression, _)) = expression(table, |t| t.gives == Kind::Flag, choices) else {
        return;
    };
    table.checks.push(Check {
        name: name("ck", choices),
        expression,
        extra: None,
    });
}

/// An index more, under a name that the schema does not have.
pub(super) fn add_index(schema: &Schema, table: &mut Table, choices: &mut Choices) {
    let columns = some_columns(table, 3, choices);
    let mut index = Index::on(Vec::<Name>::new());
    for column in columns {
        let key = index_key(table, column, choices);
        index.keys.push(key);
    }
    let ground = choices.ground;
    if choices.once_in(4) && !ground.is_mysql() {
        index.predicate = predicate(table, choices);
    }
    index.unique = choices.once_in(4);
    index.name = free_index_name(schema, table, choices);
    if ground.is_postgres() && choices.once_in(4) {
        index.include = some_columns(table, 2, choices);
        index.nulls_not_distinct = ground.at_least(15) && index.unique && choices.once_in(2);
    }
    if !ground.is_sqlite() && choices.once_in(6) {
        let methods: &[&str] = match ground.is_postgres() {
            true => &["hash", "gin", "brin"],
            false => &["fulltext"],
        };
        index.method = choices.pick(methods).map(|m| (*m).to_owned());
    }
    table.indexes.push(index);
}

fn predicate(table: &Table, choices: &mut Choices) -> Option<Expression> {
    let ground = choices.ground;
    if !ground.is_sqlite() && choices.once_in(2) {
        let found = expression(table, |t| t.gives == Kind::Flag, choices);
        return found.map(|(text, _)| text);
    }
    let column = choices.pick(&table.columns)?;
    let name = ground.quoted(&column.name);
    Some(Expression::new(format!("{name} IS NOT NULL")))
}

fn index_key(table: &Table, column: Name, choices: &mut Choices) -> IndexKey {
    let ground = choices.ground;
    let fits = |t: &Template| match ground.is_sqlite() {
        true => t.gives == Kind::Text,
        false => !ground.is_mariadb() && t.gives != Kind::Flag,
    };
    let computed = match choices.below(5) {
        4 => expression(table, fits, choices),
        _ => None,
    };
    let mut key = match computed {
        Some((text, _)) => IndexKey::expression(text.as_str()),
        None => IndexKey::column(column),
    };
    key.descending = choices.once_in(4);
    if !ground.is_mysql() && choices.once_in(8) {
        key.collation = collation(choices);
    }
    if ground.is_postgres() && choices.once_in(6) {
        key.nulls = choices
            .pick(&[NullsOrder::First, NullsOrder::Last])
            .copied();
        key.opclass = choices.once_in(2).then(|| "text_pattern_ops".to_owned());
    }
    if ground.is_mysql() && choices.once_in(5) {
        key.prefix = Some(7);
    }
    key
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
    let ground = choices.ground;
    let names: Vec<TableName> = schema.tables.keys().cloned().collect();
    let (Some(child), Some(parent)) = (choices.pick(&names), choices.pick(&names)) else {
        return;
    };
    let Some(referenced) = schema.table(parent).cloned() else {
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
    if !ground.is_sqlite() {
        // A server compares only what is of one type.
        for (own, other) in columns.iter().zip(&target) {
            let like = referenced.column(other.as_str());
            let own = table.columns.iter_mut().find(|c| c.name == *own);
            if let (Some(own), Some(like)) = (own, like) {
                own.ty = like.ty.clone();
                own.collation.clone_from(&like.collation);
                own.default = None;
            }
        }
    }
    let mut key = ForeignKey::new(columns, parent.clone(), target);
    key.name = name("fk", choices);
    key.on_delete = action(choices);
    key.on_update = action(choices);
    if choices.once_in(5) {
        key.deferrable = Deferrable::InitiallyDeferred;
    }
    key.not_valid = ground.is_postgres() && choices.once_in(10);
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
