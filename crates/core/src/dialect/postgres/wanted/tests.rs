//! What models become on PostgreSQL, and what is refused.

use super::*;
use crate::dialect::samples::{model, rust, said};
use crate::diff::{Judge, Naming, Renames, adopt, diff};
use crate::model::{CheckModel, PrimaryKeyModel};
use crate::schema::{DefaultValue, Literal, Schema};
use crate::{change::Pair, dialect::postgres::expression};

fn read(tables: Vec<TableModel>) -> Result<Wanted, Vec<ModelError>> {
    let mood = |name: &str, values: &[&str]| EnumModel {
        enum_name: name.into(),
        name: TableName::new(name),
        values: values.iter().map(|v| (*v).to_owned()).collect(),
        renamed_values: Vec::new(),
        origin: Origin::default(),
    };
    let enums = vec![mood("mood", &["sad", "happy"]), mood("never", &["x"])];
    wanted(&Models { tables, enums })
}

fn only(columns: Vec<ColumnModel>) -> (Table, TableHint) {
    let wanted = read(vec![model("t", columns)]).unwrap();
    let table = wanted.schema.tables.into_values().next().unwrap();
    (table, wanted.hints.into_values().next().unwrap())
}

fn refused(columns: Vec<ColumnModel>) -> Vec<String> {
    let errors = read(vec![model("t", columns)]).unwrap_err();
    errors.into_iter().map(|error| error.message).collect()
}

/// How many changes lead from the existing table to the wanted one.
fn changes(wanted: &Wanted, existing: &Table) -> usize {
    let mut before = Schema::default();
    before.insert(existing.clone());
    let before = canonical(before);
    let judge = Judge {
        accepts: &types::accepts,
        same_expression: &|a, b| expression::same(a.as_str(), b.as_str()),
        fold_name: &name::fold,
        shared_names: crate::dialect::Dialect::shared_names(&crate::dialect::postgres::Postgres),
    };
    let renames = Renames::default();
    let adopted = adopt(wanted, &before, &renames, &judge, &Naming::default()).unwrap();
    diff(Pair::new(&before, &adopted.schema), &renames).len()
}

#[test]
fn types_are_those_of_sqlx_or_those_said() {
    let (table, hint) = only(vec![
        rust("a", RustType::Json),
        rust("b", RustType::U32),
        said("c", "INT8"),
        said("d", "timestamptz(3)"),
        said("e", "Citext"),
    ]);
    let found: Vec<_> = table.columns.iter().map(|c| c.ty.clone()).collect();
    let expected = [
        ColumnType::Jsonb,
        ColumnType::BigInteger,
        ColumnType::BigInteger,
        ColumnType::TimestampTz(Some(3)),
        ColumnType::Custom("citext".into()),
    ];
    assert_eq!(found, expected);
    let open = &hint.columns[&Name::from("b")];
    assert_eq!(open.neutral, Some(ColumnType::Unsigned));
    assert_eq!(hint.columns[&Name::from("c")].inferred, None);
}

#[test]
fn only_enums_that_are_used_are_made() {
    let mood = RustType::Enum(TableName::new("mood"));
    let list = RustType::Array(Box::new(mood));
    let models = vec![model("t", vec![rust("m", list)])];
    let enums = read(models).unwrap().schema.enums;
    assert_eq!(enums.len(), 1);
    assert_eq!(enums[&TableName::new("mood")].values, ["sad", "happy"]);
    let lost = RustType::Enum(TableName::new("lost"));
    let messages = refused(vec![rust("m", lost)]);
    assert_eq!(messages, ["the values of the enum `lost` are not known"]);
}

#[test]
fn a_number_may_come_in_any_way_that_was_asked_for() {
    let identities = |column: ColumnModel| {
        let (table, hint) = only(vec![column]);
        let column = &table.columns[0];
        assert!(column.autoincrement && !column.nullable);
        (column.identity, hint.columns[&column.name].identity.clone())
    };
    let mut any = rust("id", RustType::I64);
    any.autoincrement = true;
    let all = vec![Identity::Serial, Identity::ByDefault, Identity::Always];
    assert_eq!(identities(any), (Some(Identity::ByDefault), all));
    let mut identity = rust("id", RustType::I64);
    identity.identity = true;
    let both = vec![Identity::ByDefault, Identity::Always];
    assert_eq!(identities(identity), (Some(Identity::ByDefault), both));
    let serial = said("id", "bigserial");
    let one = vec![Identity::Serial];
    assert_eq!(identities(serial), (Some(Identity::Serial), one));
}

#[test]
fn text_and_varchar_without_a_length_are_one() {
    let mut existing = Table::new("t");
    for (text, existing_type, expected) in [
        ("text", ColumnType::Varchar(None), 0),
        ("varchar", ColumnType::Text, 0),
        (
            "text[]",
            ColumnType::Array(Box::new(ColumnType::Varchar(None))),
            0,
        ),
        ("text", ColumnType::Varchar(Some(3)), 1),
        ("varchar(3)", ColumnType::Text, 1),
    ] {
        existing.columns = vec![Column::new("a", existing_type)];
        let wanted = read(vec![model("t", vec![said("a", text)])]).unwrap();
        assert_eq!(changes(&wanted, &existing), expected, "{text}");
    }
}

#[test]
fn an_enum_may_be_said_by_its_name() {
    let mood = TableName::new("odd");
    let mut before = Schema::default();
    let mut table = Table::new("t");
    let column = Column::new("m", ColumnType::Enum(mood.clone()));
    table.columns.push(column);
    before.insert(table);
    let values = vec!["a".to_owned()];
    let ty = EnumType {
        name: mood.clone(),
        values,
    };
    before.enums.insert(mood, ty);
    let wanted = read(vec![model("t", vec![said("m", "odd")])]).unwrap();
    let judge = Judge {
        accepts: &types::accepts,
        same_expression: &|a, b| a == b,
        fold_name: &name::fold,
        shared_names: crate::dialect::Dialect::shared_names(&crate::dialect::postgres::Postgres),
    };
    let renames = Renames::default();
    let adopted = adopt(&wanted, &before, &renames, &judge, &Naming::default()).unwrap();
    assert_eq!(adopted.schema, before);
}

#[test]
fn what_postgres_cannot_do_is_refused() {
    let mut twice = rust("id", RustType::I64);
    twice.identity = true;
    twice.default = Some(DefaultValue::Literal(Literal::Integer(1)));
    let mut text = rust("id", RustType::String);
    text.autoincrement = true;
    let long = "x".repeat(64);
    for (column, part) in [
        (twice, "cannot have a default"),
        (text, "cannot be numbered"),
        (said("a", "int not null"), "not a type"),
        (rust(&long, RustType::I32), "64 bytes"),
        (
            rust(
                "a",
                RustType::Array(Box::new(RustType::Array(Box::new(RustType::I32)))),
            ),
            "arrays of arrays",
        ),
    ] {
        let messages = refused(vec![column]);
        assert!(messages.iter().any(|m| m.contains(part)), "{messages:?}");
    }
}

#[test]
fn a_key_and_what_says_the_same_again() {
    let mut models = model("t", vec![rust("id", RustType::I64)]);
    models.primary_key = Some(PrimaryKeyModel {
        prefixes: Vec::new(),
        name: Some("t_pkey".into()),
        columns: vec!["id".into()],
    });
    models.uniques.push(UniqueModel {
        name: None,
        columns: vec!["id".into()],
        include: Vec::new(),
        nulls_not_distinct: false,
        deferrable: crate::schema::Deferrable::No,
    });
    models.checks.push(CheckModel {
        name: None,
        column: None,
        expression: "((id > 0))".into(),
    });
    let wanted = read(vec![models]).unwrap();
    let table = &wanted.schema.tables[&TableName::new("t")];
    assert!(table.uniques.is_empty());
    assert_eq!(
        table.primary_key.as_ref().and_then(|key| key.name.as_ref()),
        None
    );
    assert_eq!(table.checks[0].expression.as_str(), "id > 0");
}
