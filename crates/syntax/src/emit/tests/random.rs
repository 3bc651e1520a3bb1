//! Random operations: not meaningful ones, but every shape of each.

use aludel_core::change::{Change, Pair};
use aludel_core::object::{Definition, Noun, ObjectChange, ObjectId};
use aludel_core::operation::{Operation, RawSql, RenamedValues, TableChange};
use aludel_core::schema::{
    Check, Column, ColumnType, DefaultValue, Deferrable, EnumType, Expression, ForeignKey,
    Generated, Identity, Index, IndexKey, IndexTarget, Literal, Name, NullsOrder, PrimaryKey,
    ReferentialAction, Table, TableName, TableOptions, Unique, Using,
};
use proptest::prelude::*;

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z]{1,10}",
        6 => "[a-z_]{10,30}",
        1 => "[a-z_]{30,70}",
        1 => "[a-zéß漢字 \"\\\\'\n]{1,30}",
    ]
}

fn sentence() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{1,8} [<>=] [0-9]{1,4}",
        2 => "\"[a-z]{1,8}\" IN \\('[a-z]{3,9}', '[a-z]{3,9}'\\)",
        2 => "[a-z ]{30,80}",
        1 => "[a-z ]{80,140}",
        1 => word(),
    ]
}

fn name() -> impl Strategy<Value = Name> {
    word().prop_map(Name::from)
}

fn table_name() -> impl Strategy<Value = TableName> {
    (prop::option::weighted(0.1, name()), name())
        .prop_map(|(schema, name)| TableName { schema, name })
}

fn names() -> impl Strategy<Value = Vec<Name>> {
    prop_oneof![
        9 => prop::collection::vec(name(), 1..4),
        1 => prop::collection::vec("[a-z]{1,9}".prop_map(Name::from), 1..20),
    ]
}

fn expression() -> impl Strategy<Value = Expression> {
    sentence().prop_map(Expression::new)
}

fn flag() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.25)
}

fn rarely<T: std::fmt::Debug + Clone>(
    strategy: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(0.2, strategy)
}

pub(super) fn ty() -> impl Strategy<Value = ColumnType> {
    use ColumnType as T;
    let digits = || rarely(0_u32..7);
    let leaf = prop_oneof![
        Just(T::Integer),
        Just(T::BigUnsigned),
        Just(T::Text),
        Just(T::Blob),
        Just(T::Uuid),
        rarely((1_u32..20, rarely(0_i32..5))).prop_map(T::Decimal),
        rarely(1_u32..300).prop_map(T::Varchar),
        rarely(1_u32..300).prop_map(T::Char),
        (1_u32..300).prop_map(T::Varbinary),
        digits().prop_map(T::Time),
        digits().prop_map(T::DateTime),
        digits().prop_map(T::TimestampTz),
        table_name().prop_map(T::Enum),
        "[A-Z]{2,10}\\([0-9]{1,3}\\)".prop_map(T::Custom),
        Just(T::Custom(String::new())),
    ];
    leaf.prop_recursive(2, 4, 1, |inner| inner.prop_map(|t| T::Array(Box::new(t))))
}

fn value() -> impl Strategy<Value = DefaultValue> {
    let literal = prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i64>().prop_map(|n| Literal::Integer(n.into())),
        any::<f32>().prop_map(|n| Literal::Number(format!("{n:?}"))),
        "[0-9]{1,3}\\.[0-9]{1,4}".prop_map(Literal::Number),
        sentence().prop_map(Literal::Text),
        prop::collection::vec(any::<u8>(), 0..12).prop_map(Literal::Bytes),
    ];
    prop_oneof![
        literal.prop_map(DefaultValue::Literal),
        expression().prop_map(DefaultValue::Expression),
    ]
}

fn extra() -> impl Strategy<Value = String> {
    "[A-Z ]{3,20}'[a-z]{1,5}'"
}

fn column() -> impl Strategy<Value = Column> {
    let generated = (expression(), any::<bool>())
        .prop_map(|(expression, stored)| Generated { expression, stored });
    let more = (
        (rarely(word()), rarely(extra())),
        rarely(sentence()),
        rarely(value()),
    );
    let identity = prop_oneof![
        Just(Identity::ByDefault),
        Just(Identity::Always),
        Just(Identity::Serial)
    ];
    (
        (name(), ty(), flag(), rarely(rarely(identity))),
        (rarely(value()), rarely(generated)),
        more,
    )
        .prop_map(
            |(first, (default, generated), ((collation, extra), comment, fill))| {
                let (name, ty, nullable, numbered) = first;
                Column {
                    name,
                    ty,
                    nullable,
                    default,
                    generated,
                    autoincrement: numbered.is_some(),
                    collation,
                    comment,
                    fill,
                    using: Using::default(),
                    extra,
                    identity: numbered.flatten(),
                }
            },
        )
}

fn deferrable() -> impl Strategy<Value = Deferrable> {
    prop_oneof![
        5 => Just(Deferrable::No),
        1 => Just(Deferrable::InitiallyImmediate),
        1 => Just(Deferrable::InitiallyDeferred),
    ]
}

fn action() -> impl Strategy<Value = ReferentialAction> {
    prop_oneof![
        3 => Just(ReferentialAction::NoAction),
        1 => Just(ReferentialAction::Restrict),
        2 => Just(ReferentialAction::Cascade),
        1 => Just(ReferentialAction::SetNull),
        1 => Just(ReferentialAction::SetDefault),
    ]
}

fn own_name() -> impl Strategy<Value = Option<Name>> {
    prop::option::weighted(0.8, name())
}

fn unique() -> impl Strategy<Value = Unique> {
    let include = rarely(names()).prop_map(Option::unwrap_or_default);
    let options = (flag(), deferrable(), rarely(extra()));
    (own_name(), names(), include, options).prop_map(
        |(name, columns, include, (nulls_not_distinct, deferrable, extra))| Unique {
            name,
            columns,
            include,
            nulls_not_distinct,
            deferrable,
            extra,
        },
    )
}

fn foreign_key() -> impl Strategy<Value = ForeignKey> {
    let options = (action(), action(), deferrable(), (flag(), rarely(extra())));
    (own_name(), names(), table_name(), names(), options).prop_map(
        |(name, columns, references, referenced_columns, options)| {
            let (on_delete, on_update, deferrable, (not_valid, extra)) = options;
            ForeignKey {
                name,
                columns,
                references,
                referenced_columns,
                on_delete,
                on_update,
                deferrable,
                not_valid,
                extra,
            }
        },
    )
}

fn key() -> impl Strategy<Value = IndexKey> {
    let target = prop_oneof![
        3 => name().prop_map(IndexTarget::Column),
        1 => expression().prop_map(IndexTarget::Expression),
    ];
    let nulls = prop_oneof![Just(NullsOrder::First), Just(NullsOrder::Last)];
    let options = (
        rarely(word()),
        rarely(nulls),
        rarely(word()),
        rarely(1_u32..99),
    );
    (target, flag(), options).prop_map(|(target, descending, options)| {
        let (collation, nulls, opclass, prefix) = options;
        IndexKey {
            target,
            descending,
            collation,
            nulls,
            opclass,
            prefix,
        }
    })
}

fn index() -> impl Strategy<Value = Index> {
    let keys = prop_oneof![
        prop::collection::vec(name().prop_map(IndexKey::column), 1..4),
        prop::collection::vec(key(), 1..4),
    ];
    let include = rarely(names()).prop_map(Option::unwrap_or_default);
    let options = (
        flag(),
        rarely(word()),
        rarely(expression()),
        include,
        (flag(), flag(), rarely(extra())),
    );
    (name(), keys, options).prop_map(|(name, keys, options)| {
        let (unique, method, predicate, include, more) = options;
        let (nulls_not_distinct, concurrently, extra) = more;
        Index {
            name: Some(name),
            keys,
            unique,
            method,
            predicate,
            include,
            nulls_not_distinct,
            concurrently,
            extra,
        }
    })
}

fn check() -> impl Strategy<Value = Check> {
    (own_name(), expression(), rarely(extra())).prop_map(|(name, expression, extra)| Check {
        name,
        expression,
        extra,
    })
}

fn primary_key() -> impl Strategy<Value = PrimaryKey> {
    let all = (own_name(), names(), rarely(1_u32..300), rarely(extra()));
    all.prop_map(|(name, columns, prefix, extra)| PrimaryKey {
        prefixes: prefix.map_or_else(Vec::new, |_| vec![prefix; columns.len()]),
        name,
        columns,
        extra,
    })
}

fn options() -> impl Strategy<Value = TableOptions> {
    let text = || rarely(word());
    (flag(), flag(), text(), text(), (text(), rarely(extra()))).prop_map(
        |(strict, without_rowid, engine, charset, (collation, extra))| TableOptions {
            strict,
            without_rowid,
            engine,
            charset,
            collation,
            extra,
        },
    )
}

pub(super) fn table() -> impl Strategy<Value = Table> {
    let few = 0..3_usize;
    let parts = (
        rarely(primary_key()),
        prop::collection::vec(unique(), few.clone()),
        prop::collection::vec(foreign_key(), few.clone()),
        prop::collection::vec(check(), few.clone()),
        prop::collection::vec(index(), few),
    );
    let columns = prop::collection::vec(column(), 1..5);
    (table_name(), columns, parts, rarely(sentence()), options()).prop_map(
        |(name, columns, parts, comment, options)| {
            let (primary_key, uniques, foreign_keys, checks, indexes) = parts;
            Table {
                name,
                columns,
                primary_key,
                uniques,
                foreign_keys,
                checks,
                indexes,
                comment,
                options,
            }
        },
    )
}

fn pair<T: std::fmt::Debug>(
    strategy: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = Pair<T>> {
    (strategy.clone(), strategy).prop_map(|(from, to)| Pair::new(from, to))
}

fn change<T: std::fmt::Debug + Clone + 'static>(
    strategy: impl Strategy<Value = T> + Clone + 'static,
) -> impl Strategy<Value = Change<T>> {
    prop_oneof![
        strategy.clone().prop_map(Change::Add),
        strategy.clone().prop_map(Change::Drop),
        pair(strategy).prop_map(Change::Alter),
        pair(name().boxed()).prop_map(Change::Rename),
    ]
}

fn table_change() -> impl Strategy<Value = TableChange> {
    prop_oneof![
        4 => change(column().boxed()).prop_map(TableChange::Column).boxed(),
        1 => renamed_values().prop_map(TableChange::Values).boxed(),
        1 => change(primary_key().boxed()).prop_map(TableChange::PrimaryKey).boxed(),
        1 => change(unique().boxed()).prop_map(TableChange::Unique).boxed(),
        2 => change(index().boxed()).prop_map(TableChange::Index).boxed(),
        2 => change(foreign_key().boxed()).prop_map(TableChange::ForeignKey).boxed(),
        1 => change(check().boxed()).prop_map(TableChange::Check).boxed(),
        1 => pair(rarely(sentence()).boxed()).prop_map(TableChange::Comment).boxed(),
        1 => pair(options().boxed()).prop_map(TableChange::Options).boxed(),
    ]
}

fn renamed_values() -> impl Strategy<Value = RenamedValues> {
    (name(), prop::collection::vec(pair(word().boxed()), 1..3))
        .prop_map(|(column, values)| RenamedValues { column, values })
}

fn enum_type() -> impl Strategy<Value = EnumType> {
    (table_name(), prop::collection::vec(word(), 0..8))
        .prop_map(|(name, values)| EnumType { name, values })
}

fn raw_sql() -> impl Strategy<Value = RawSql> {
    (sentence(), rarely(Just("sqlite"))).prop_map(|(sql, dialect)| RawSql {
        name: None,
        sql,
        reverse: None,
        dialect,
    })
}

fn object() -> impl Strategy<Value = ObjectChange> {
    let noun = prop::sample::select(Noun::ALL);
    let id = (noun, table_name(), rarely(table_name()), rarely(sentence())).prop_map(
        |(noun, name, table, arguments)| ObjectId {
            noun,
            name,
            table,
            arguments,
        },
    );
    let lines = prop::collection::vec(sentence(), 1..4);
    let lines = lines.prop_map(|lines| lines.join("\n").trim().to_owned());
    let made = (id, lines).prop_map(|(id, sql)| Definition { id, sql });
    let made = made.boxed();
    prop_oneof![
        made.clone().prop_map(ObjectChange::Create),
        made.clone().prop_map(ObjectChange::Drop),
        (made.clone(), made.clone()).prop_map(|(from, to)| {
            let id = to.id.clone();
            ObjectChange::Replace(Pair::new(Definition { id, ..from }, to))
        }),
        (made.clone(), table_name()).prop_map(|(made, name)| {
            let mut to = made.id.clone();
            to.name = name;
            ObjectChange::Rename(Pair::new(made.id, to))
        }),
    ]
}

pub(super) fn operation() -> impl Strategy<Value = Operation> {
    let changes = prop::collection::vec(table_change(), 1..5);
    prop_oneof![
        3 => table().prop_map(Operation::CreateTable).boxed(),
        1 => table().prop_map(Operation::DropTable).boxed(),
        1 => pair(table_name().boxed()).prop_map(Operation::RenameTable).boxed(),
        6 => (table_name(), changes)
            .prop_map(|(table, changes)| Operation::AlterTable { table, changes })
            .boxed(),
        1 => change(enum_type().boxed()).prop_map(Operation::Enum).boxed(),
        1 => (table_name(), pair(word().boxed()))
            .prop_map(|(name, values)| Operation::RenameEnumValue { name, values })
            .boxed(),
        1 => raw_sql().prop_map(Operation::Execute).boxed(),
        1 => object().prop_map(Operation::Object).boxed(),
    ]
}
