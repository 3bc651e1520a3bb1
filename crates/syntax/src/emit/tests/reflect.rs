//! Models that were written from a schema are that schema when they are read.

use std::collections::BTreeSet;

use aludel_core::change::Pair;
use aludel_core::dialect::Dialect;
use aludel_core::dialect::sqlite::Sqlite;
use aludel_core::diff::{Judge, Naming, Renames, adopt, diff};
use aludel_core::schema::{
    Check, Column, ColumnType, DefaultValue, Deferrable, Expression, ForeignKey, Generated, Index,
    IndexKey, Literal, Name, PrimaryKey, ReferentialAction, Schema, Table, Unique,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::emit::models;
use crate::scan::{SourceFile, scan};

const COLUMNS: &[&str] = &[
    "id",
    "userId",
    "user_id",
    "type",
    "unique",
    "desc",
    "self",
    "größe",
    "a b",
    "1st",
    "Name",
    "deferrable",
    "where",
    "x.y",
];

const TABLES: &[&str] = &[
    "users",
    "user",
    "option",
    "node_info",
    "Models",
    "sqlite",
    "a b",
    "1",
    "strings",
];

fn names(
    count: std::ops::RangeInclusive<usize>,
    of: Vec<Name>,
) -> impl Strategy<Value = Vec<Name>> {
    let most = of.len();
    subsequence(of, *count.start().min(&most)..=*count.end().min(&most)).prop_shuffle()
}

fn ty() -> impl Strategy<Value = ColumnType> {
    prop_oneof![
        4 => Just(ColumnType::Integer),
        4 => Just(ColumnType::Text),
        1 => Just(ColumnType::Boolean),
        1 => Just(ColumnType::Blob),
        1 => Just(ColumnType::Double),
        1 => Just(ColumnType::DateTime(None)),
        1 => Just(ColumnType::Date),
        1 => Just(ColumnType::BigInteger),
        1 => Just(ColumnType::Varchar(Some(100))),
        1 => Just(ColumnType::Decimal(Some((10, Some(2))))),
        1 => Just(ColumnType::Custom("NVARCHAR(100)".into())),
        1 => Just(ColumnType::Custom(String::new())),
    ]
}

fn default() -> impl Strategy<Value = DefaultValue> {
    let literal = prop_oneof![
        Just(Literal::Integer(-7)),
        Just(Literal::Text("it's \"x\"\n".into())),
        Just(Literal::Text(String::new())),
        Just(Literal::Number("1.5".into())),
        Just(Literal::Boolean(true)),
        Just(Literal::Bytes(vec![0, 255])),
    ];
    prop_oneof![
        literal.prop_map(DefaultValue::Literal),
        Just(DefaultValue::Expression("CURRENT_TIMESTAMP".into())),
        Just(DefaultValue::Expression("abs(-1)".into())),
    ]
}

fn column(name: Name) -> impl Strategy<Value = Column> {
    let rarely = || prop::bool::weighted(0.1);
    (
        ty(),
        any::<bool>(),
        prop::option::weighted(0.2, default()),
        rarely(),
        rarely(),
    )
        .prop_map(move |(ty, nullable, default, generated, collated)| Column {
            nullable,
            generated: generated.then(|| Generated {
                expression: "1 + 1".into(),
                stored: collated,
            }),
            default: default.filter(|_| !generated),
            collation: collated.then(|| "NOCASE".into()),
            ..Column::new(name.clone(), ty)
        })
}

fn own_name(stem: &'static str) -> impl Strategy<Value = Option<Name>> {
    prop::option::of((0..1000_u32).prop_map(move |n| Name::from(format!("{stem} {n}"))))
}

fn deferrable() -> impl Strategy<Value = Deferrable> {
    select(vec![
        Deferrable::No,
        Deferrable::No,
        Deferrable::InitiallyImmediate,
        Deferrable::InitiallyDeferred,
    ])
}

fn action() -> impl Strategy<Value = ReferentialAction> {
    select(vec![
        ReferentialAction::NoAction,
        ReferentialAction::Cascade,
        ReferentialAction::SetNull,
        ReferentialAction::Restrict,
    ])
}

fn index(columns: Vec<Name>) -> impl Strategy<Value = Index> {
    let key = (
        any::<bool>(),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
    );
    let keys = names(1..=3, columns)
        .prop_flat_map(move |columns| {
            let count = columns.len();
            (Just(columns), prop::collection::vec(key, count))
        })
        .prop_map(|(columns, words)| {
            let pairs = columns.into_iter().zip(words);
            let keys = pairs.map(|(column, (descending, collated, expression))| {
                let target = if expression {
                    IndexKey::expression("1 + 1")
                } else {
                    IndexKey::column(column)
                };
                IndexKey {
                    descending,
                    collation: collated.then(|| "NOCASE".into()),
                    ..target
                }
            });
            keys.collect::<Vec<_>>()
        });
    let name = (0..100_000_u32).prop_map(|n| Name::from(format!("ix {n}")));
    (name, keys, any::<bool>(), any::<bool>()).prop_map(|(name, keys, unique, partial)| Index {
        name: Some(name),
        keys,
        unique,
        predicate: partial.then(|| "1 < 2".into()),
        ..Index::on([] as [Name; 0])
    })
}

fn table(name: Name) -> impl Strategy<Value = Table> {
    let all: Vec<Name> = COLUMNS.iter().map(|c| Name::from(*c)).collect();
    names(1..=6, all).prop_flat_map(move |columns| {
        let own: Vec<_> = columns.iter().map(|c| column(c.clone())).collect();
        let unique = (own_name("uq"), names(1..=3, columns.clone()), deferrable()).prop_map(
            // SQLite has no deferrable unique constraint.
            |(name, columns, _)| Unique {
                name,
                ..Unique::on(columns)
            },
        );
        let check = (own_name("ck"), 0..9_u32).prop_map(|(name, n)| Check {
            name,
            expression: Expression::new(format!("1 < {n}")),
            extra: None,
        });
        let key = (own_name("pk"), names(1..=2, columns.clone())).prop_map(|(name, columns)| {
            PrimaryKey {
                prefixes: Vec::new(),
                name,
                columns,
                extra: None,
            }
        });
        let parts = (
            prop::option::of(key),
            prop::collection::vec(unique, 0..3),
            prop::collection::vec(check, 0..3),
            prop::collection::vec(index(columns), 0..3),
        );
        (own, parts, any::<bool>(), any::<bool>(), Just(name.clone())).prop_map(
            |(columns, (primary_key, uniques, checks, indexes), autoincrement, rowid, name)| {
                let mut table = Table::new(name);
                table.columns = columns;
                if let Some(key) = &primary_key {
                    for column in &mut table.columns {
                        if key.columns.contains(&column.name) {
                            column.generated = None;
                            column.nullable = false;
                            let alone = key.columns.len() == 1;
                            if autoincrement && alone && column.ty == ColumnType::Integer {
                                column.autoincrement = true;
                                column.default = None;
                            }
                        }
                    }
                }
                let numbered = table.columns.iter().any(|c| c.autoincrement);
                table.options.without_rowid = primary_key.is_some() && !rowid && !numbered;
                if let Some(first) = table.columns.first_mut() {
                    first.generated = None;
                }
                table.primary_key = primary_key;
                table.uniques = uniques;
                table.checks = checks;
                table.indexes = indexes;
                table
            },
        )
    })
}

/// Which columns refer to which: decided once all tables are known.
type Reference = (
    prop::sample::Index,
    prop::sample::Index,
    Option<Name>,
    Deferrable,
    [ReferentialAction; 2],
);

fn schema() -> impl Strategy<Value = Schema> {
    let all: Vec<Name> = TABLES.iter().map(|t| Name::from(*t)).collect();
    let tables =
        names(1..=4, all).prop_flat_map(|names| names.into_iter().map(table).collect::<Vec<_>>());
    let reference = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        own_name("fk"),
        deferrable(),
        [action(), action()],
    );
    (tables, prop::collection::vec(reference, 0..4)).prop_map(|(mut tables, references)| {
        let copy = tables.clone();
        for (from, to, name, deferrable, actions) in references {
            refer(&mut tables, &copy, (from, to, name, deferrable, actions));
        }
        let mut schema = Schema::default();
        for mut table in tables {
            distinct(&mut table);
            schema.insert(table);
        }
        let mut seen = BTreeSet::new();
        for table in schema.tables.values_mut() {
            table.indexes.retain(|i| seen.insert(i.name.clone()));
        }
        Sqlite.canonical(schema)
    })
}

fn refer(tables: &mut [Table], copy: &[Table], reference: Reference) {
    let (from, to, name, deferrable, [on_delete, on_update]) = reference;
    let other = to.get(copy);
    let referenced: Vec<Name> = match &other.primary_key {
        Some(key) => key.columns.clone(),
        None => vec![other.columns[0].name.clone()],
    };
    let at = from.index(tables.len());
    let own: Vec<Name> = tables[at].columns.iter().map(|c| c.name.clone()).collect();
    if own.len() < referenced.len() {
        return;
    }
    let columns = own[..referenced.len()].to_vec();
    tables[at].foreign_keys.push(ForeignKey {
        name,
        on_delete,
        on_update,
        deferrable,
        ..ForeignKey::new(columns, other.name.clone(), referenced)
    });
}

/// No two parts that are the same, or have the same name.
fn distinct(table: &mut Table) {
    let mut names = BTreeSet::new();
    let mut fresh = |name: &Option<Name>| name.is_none() || names.insert(name.clone());
    table.uniques.retain(|u| fresh(&u.name));
    table.checks.retain(|c| fresh(&c.name));
    table.foreign_keys.retain(|k| fresh(&k.name));
    if let Some(key) = &mut table.primary_key
        && !fresh(&key.name)
    {
        key.name = None;
    }
    let mut seen = BTreeSet::new();
    table.uniques.retain(|u| seen.insert(u.columns.clone()));
    let mut seen = BTreeSet::new();
    table.checks.retain(|c| seen.insert(c.expression.clone()));
    let mut seen = BTreeSet::new();
    table
        .foreign_keys
        .retain(|k| seen.insert((k.columns.clone(), k.references.clone())));
}

/// What is different when the models are read again.
fn difference(schema: &Schema) -> Result<Vec<String>, String> {
    difference_on(schema, &Sqlite)
}

/// What is different when the models are read again on that database; nothing
/// on both sides: neither beside the schema that was reflected, nor in an empty
/// database.
pub(super) fn difference_on(schema: &Schema, dialect: &dyn Dialect) -> Result<Vec<String>, String> {
    let text = models(schema, dialect);
    let failed = |what: String| format!("{what}\n{text}");
    let scanned = scan(vec![SourceFile::new("models.rs", text.as_str())])
        .map_err(|mistakes| failed(format!("{mistakes:#?}")))?;
    let naming = Naming::default();
    let wanted = dialect
        .wanted(&scanned.models)
        .map_err(|errors| failed(format!("{errors:#?}")))?;
    let judge = Judge {
        accepts: &|rust, ty| dialect.accepts(rust, ty),
        same_expression: &|a, b| dialect.same_expression(a, b),
        fold_name: &|name| dialect.fold_name(name),
        shared_names: dialect.shared_names(),
    };
    let adopted = adopt(&wanted, schema, &Renames::default(), &judge, &naming)
        .map_err(|error| failed(error.to_string()))?;
    let operations = diff(Pair::new(schema, &adopted.schema), &adopted.renames);
    let changes = operations.iter().flat_map(|operation| {
        let described = operation.describe();
        let texts = described.into_iter().map(|d| d.text).collect::<Vec<_>>();
        texts.into_iter().chain([format!("{operation:?}")])
    });
    let changes: Vec<String> = changes.collect();
    if changes.is_empty() {
        Ok(changes)
    } else {
        Err(failed(changes.join("\n")))
    }
}

#[test]
fn the_sample_has_no_difference() {
    difference(&Sqlite.canonical(super::models::sample())).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reflected_models_have_no_difference(schema in schema()) {
        difference(&schema).map_err(TestCaseError::fail)?;
    }
}
