#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::super::render;
use super::TableDdl;
use crate::change::{Change, Pair};
use crate::dialect::types::{sqlite_read, sqlite_write};
use crate::operation::TableChange;
use crate::schema::{
    Check, Column, ColumnType, DefaultValue, Deferrable, Expression, ForeignKey, Literal, Name,
    PrimaryKey, ReferentialAction, Table, Unique,
};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9_]{0,6}",
        Just("order".to_owned()),
        Just("a b".to_owned()),
        Just("q\"t".to_owned()),
        Just("größe".to_owned()),
        Just("[x]".to_owned()),
    ]
}

fn column_type() -> impl Strategy<Value = ColumnType> {
    prop_oneof![
        Just(ColumnType::Integer),
        Just(ColumnType::Text),
        Just(ColumnType::Blob),
        Just(ColumnType::Double),
        Just(ColumnType::Boolean),
        Just(ColumnType::Varchar(Some(10))),
        Just(ColumnType::Custom("ODD TYPE(1, 2)".into())),
        Just(ColumnType::Custom(String::new())),
    ]
    .prop_map(|ty| sqlite_read(&sqlite_write(&ty)))
}

fn default_value() -> impl Strategy<Value = DefaultValue> {
    prop_oneof![
        any::<i64>().prop_map(|n| DefaultValue::Literal(Literal::Integer(n.into()))),
        "[a-z '\"\\-/*\n;)(,]{0,8}".prop_map(|t| DefaultValue::Literal(Literal::Text(t))),
        any::<Vec<u8>>().prop_map(|b| DefaultValue::Literal(Literal::Bytes(b))),
        any::<bool>().prop_map(|b| DefaultValue::Literal(Literal::Boolean(b))),
        Just(DefaultValue::Expression("CURRENT_DATE".into())),
        Just(DefaultValue::Expression("abs(1) -- c".into())),
    ]
}

prop_compose! {
    fn column(name: String)(
        ty in column_type(),
        nullable in any::<bool>(),
        default in prop::option::of(default_value()),
        collation in prop::option::of(prop_oneof![Just("NOCASE"), Just("my \"c")]),
    ) -> Column {
        Column {
            nullable,
            default,
            collation: collation.map(str::to_owned),
            ..Column::new(name.clone(), ty)
        }
    }
}

fn columns() -> impl Strategy<Value = Vec<Column>> {
    prop::collection::btree_set(name(), 1..6)
        .prop_flat_map(|names| names.into_iter().map(column).collect::<Vec<_>>())
}

prop_compose! {
    fn table()(
        columns in columns(),
        keyed in 0..3_usize,
        constraint in prop::option::of(name()),
        bits in any::<u8>(),
        target in name(),
    ) -> Table {
        let said = |bit: u8| bits & (1 << bit) != 0;
        let some = constraint.map(Name::from);
        let names: Vec<Name> = columns.iter().map(|c| c.name.clone()).collect();
        let first = names[0].clone();
        let mut table = Table::new("the t");
        table.columns = columns;
        if keyed > 0 {
            let columns = names.iter().take(keyed).cloned().collect();
            table.primary_key = Some(PrimaryKey { name: some.clone(), columns, prefixes: Vec::new(), extra: None, });
            table.columns[0].autoincrement = keyed == 1 && said(0);
        }
        if said(1) {
            table.uniques.push(Unique { name: some.clone(), ..Unique::on(names) });
        }
        if said(2) {
            table.checks.push(Check {
                name: some.clone(),
                expression: Expression::new(format!("{} > 0 -- c", render::quote(first.as_str()))), extra: None, });
        }
        if said(3) {
            let deferrable = if said(4) { Deferrable::InitiallyDeferred } else { Deferrable::No };
            table.foreign_keys.push(ForeignKey {
                name: some,
                on_delete: ReferentialAction::SetDefault,
                deferrable,
                ..ForeignKey::new([first], target.as_str(), ["id"])
            });
        }
        table.options.strict = said(5);
        table.options.without_rowid = said(6);
        table
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(table in table()) {
        let text = render::create_table(&table, None);
        let ddl = TableDdl::parse(&text).unwrap();
        prop_assert_eq!(ddl.read_table(), table);
        prop_assert_eq!(ddl.to_sql(), text);
    }

    /// From one table to another by single changes, whatever their order in
    /// the text: what is read afterwards is what was wanted.
    #[test]
    fn edits_lead_from_one_table_to_another(from in table(), to in table()) {
        let mut ddl = TableDdl::parse(&render::create_table(&from, None)).unwrap();
        let steps = steps(&from, &to);
        for step in &steps {
            if let Err(error) = ddl.apply(step) {
                return Err(TestCaseError::fail(format!("{error}\n{step:?}\n{}", ddl.to_sql())));
            }
        }
        let mut read = ddl.read_table();
        read.columns.sort_by(|a, b| a.name.cmp(&b.name));
        let mut wanted = to;
        wanted.columns.sort_by(|a, b| a.name.cmp(&b.name));
        prop_assert_eq!(read, wanted, "{}", ddl.to_sql());
    }

    /// A column that is added and dropped again leaves no trace.
    #[test]
    fn there_and_back_is_the_same_text(table in table(), new in column("a new one".to_owned())) {
        let text = render::create_table(&table, None);
        let mut ddl = TableDdl::parse(&text).unwrap();
        ddl.apply(&TableChange::Column(Change::Add(new.clone()))).unwrap();
        ddl.apply(&TableChange::Column(Change::Drop(new))).unwrap();
        prop_assert_eq!(ddl.to_sql(), text);
    }
}

/// Constraints go, columns change, constraints come. A key column that is to
/// take NULL again is told so last, as dropping a key makes it `NOT NULL`.
fn steps(from: &Table, to: &Table) -> Vec<TableChange> {
    let mut steps = Vec::new();
    let drop_key = from.primary_key.clone().map(Change::Drop);
    steps.extend(
        from.uniques
            .iter()
            .cloned()
            .map(Change::Drop)
            .map(TableChange::Unique),
    );
    steps.extend(
        from.checks
            .iter()
            .cloned()
            .map(Change::Drop)
            .map(TableChange::Check),
    );
    steps.extend(
        from.foreign_keys
            .iter()
            .cloned()
            .map(|key| TableChange::ForeignKey(Change::Drop(key))),
    );
    steps.extend(drop_key.map(TableChange::PrimaryKey));
    for column in &to.columns {
        let change = match from.column(column.name.as_str()) {
            Some(old) => {
                // What the text says once the key is gone.
                let keyed = from
                    .primary_key
                    .iter()
                    .any(|k| k.columns.contains(&old.name));
                let old = Column {
                    nullable: old.nullable && !keyed,
                    ..old.clone()
                };
                Change::Alter(Pair::new(old, column.clone()))
            }
            None => Change::Add(column.clone()),
        };
        steps.push(TableChange::Column(change));
    }
    let gone = from
        .columns
        .iter()
        .filter(|c| to.column(c.name.as_str()).is_none());
    steps.extend(gone.cloned().map(Change::Drop).map(TableChange::Column));
    steps.extend(
        to.primary_key
            .clone()
            .map(Change::Add)
            .map(TableChange::PrimaryKey),
    );
    steps.extend(
        to.uniques
            .iter()
            .cloned()
            .map(Change::Add)
            .map(TableChange::Unique),
    );
    steps.extend(
        to.foreign_keys
            .iter()
            .cloned()
            .map(|key| TableChange::ForeignKey(Change::Add(key))),
    );
    steps.extend(
        to.checks
            .iter()
            .cloned()
            .map(Change::Add)
            .map(TableChange::Check),
    );
    steps.push(TableChange::Options(Pair::new(
        from.options.clone(),
        to.options.clone(),
    )));
    steps
}
