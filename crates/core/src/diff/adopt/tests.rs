//! What adopting does, by example; the laws are told over random schemas.

use super::*;
use crate::change::{Change, Pair};
use crate::diff::{ColumnHint, SharedNames, TableHint, diff};
use crate::model::RustType;
use crate::operation::{Operation, TableChange};
use crate::schema::{
    Check, Column, ColumnType, DefaultValue, EnumType, Expression, ForeignKey, Index, Literal,
    Name, PrimaryKey, Table, TableName,
};

fn table(name: &str, columns: &[(&str, ColumnType)]) -> Table {
    let mut table = Table::new(name);
    table.columns = columns
        .iter()
        .map(|(name, ty)| Column::new(*name, ty.clone()))
        .collect();
    table
}

fn schema(tables: Vec<Table>) -> Schema {
    let mut schema = Schema::default();
    tables.into_iter().for_each(|table| schema.insert(table));
    schema
}

fn plain(tables: Vec<Table>) -> Wanted {
    Wanted {
        schema: schema(tables),
        ..Wanted::default()
    }
}

fn hint<'a>(wanted: &'a mut Wanted, table: &str, column: &str) -> &'a mut ColumnHint {
    let hints = wanted.hints.entry(table.into()).or_default();
    hints.columns.entry(column.into()).or_default()
}

fn adopted(wanted: &Wanted, existing: &Schema, told: &Renames) -> Result<Adopted> {
    let judge = Judge {
        accepts: &|rust, ty| *rust == RustType::String && *ty != ColumnType::Blob,
        same_expression: &|a, b| {
            let plain =
                |e: &Expression| e.as_str().to_lowercase().replace([' ', '"', '(', ')'], "");
            plain(a) == plain(b)
        },
        fold_name: &str::to_ascii_lowercase,
        shared_names: SharedNames {
            indexes: true,
            uniques: true,
            ..SharedNames::default()
        },
    };
    adopt(wanted, existing, told, &judge, &Naming::default())
}

fn operations(wanted: &Wanted, existing: &Schema, told: &Renames) -> Vec<Operation> {
    let adopted = adopted(wanted, existing, told).unwrap();
    diff(Pair::new(existing, &adopted.schema), &adopted.renames)
}

fn words(operations: &[Operation]) -> Vec<String> {
    let all = operations.iter().flat_map(Operation::describe);
    all.map(|description| description.text).collect()
}

fn told(renames: &[(&str, &str)]) -> Renames {
    let mut told = Renames::default();
    for (from, to) in renames {
        match (from.split_once('.'), to.split_once('.')) {
            (Some((table, from)), Some((_, to))) => {
                told.columns
                    .push((table.into(), Pair::new(from.into(), to.into())));
            }
            _ => told.tables.push(Pair::new((*from).into(), (*to).into())),
        }
    }
    told
}

const NONE: Renames = Renames {
    tables: Vec::new(),
    columns: Vec::new(),
    values: Vec::new(),
    declined: Vec::new(),
};

#[test]
fn spelling_order_and_inferred_types_are_no_difference() {
    let mut existing = table(
        "Node",
        &[
            ("ID", ColumnType::Integer),
            ("Name", ColumnType::Varchar(Some(9))),
        ],
    );
    existing.indexes.push(Index {
        name: Some("whatever".into()),
        ..Index::on(["Name"])
    });
    existing.checks.push(Check {
        name: None,
        expression: "\"Name\" <> ''".into(),
        extra: None,
    });
    let mut wanted = table(
        "node",
        &[("name", ColumnType::Text), ("id", ColumnType::Integer)],
    );
    wanted.indexes.push(Index::on(["name"]));
    wanted.checks.push(Check {
        name: None,
        expression: "(name <> '')".into(),
        extra: None,
    });
    let mut wanted = plain(vec![wanted]);
    let existing = schema(vec![existing]);
    assert_eq!(
        words(&operations(&wanted, &existing, &NONE)),
        ["alter column `Node.Name` (type)"]
    );
    hint(&mut wanted, "node", "name").inferred = Some(RustType::String);
    assert_eq!(operations(&wanted, &existing, &NONE), []);
    let adopted = adopted(&wanted, &existing, &NONE).unwrap();
    assert!(adopted.hints.contains_key(&TableName::new("Node")));
}

#[test]
fn a_row_number_is_never_adopted() {
    let key = |ty: ColumnType| {
        let mut table = table("t", &[("id", ty)]);
        table.primary_key = Some(PrimaryKey {
            prefixes: Vec::new(),
            name: None,
            columns: vec!["id".into()],
            extra: None,
        });
        table
    };
    let mut wanted = plain(vec![key(ColumnType::Integer)]);
    hint(&mut wanted, "t", "id").inferred = Some(RustType::String);
    let existing = schema(vec![key(ColumnType::BigInteger)]);
    assert_eq!(
        words(&operations(&wanted, &existing, &NONE)),
        ["alter column `t.id` (type)"]
    );
}

#[test]
fn a_default_is_the_same_number_in_another_type() {
    let with = |ty: ColumnType, literal: Literal| {
        let mut table = table("t", &[("c", ty)]);
        table.columns[0].default = Some(DefaultValue::Literal(literal));
        table
    };
    let mut wanted = plain(vec![with(ColumnType::Boolean, Literal::Boolean(true))]);
    hint(&mut wanted, "t", "c").inferred = Some(RustType::String);
    let existing = schema(vec![with(ColumnType::Integer, Literal::Integer(1))]);
    assert_eq!(operations(&wanted, &existing, &NONE), []);
    let other = schema(vec![with(ColumnType::Integer, Literal::Integer(0))]);
    assert_eq!(operations(&wanted, &other, &NONE).len(), 1);
}

#[test]
fn a_said_name_renames_and_a_new_part_is_named() {
    let columns = [("a", ColumnType::Text), ("b", ColumnType::Text)];
    let mut existing = table("t", &columns);
    existing.indexes.push(Index {
        name: Some("old".into()),
        ..Index::on(["a"])
    });
    let mut wanted = table("t", &columns);
    wanted.indexes.push(Index {
        name: Some("new".into()),
        ..Index::on(["a"])
    });
    wanted.indexes.push(Index::on(["b", "a"]));
    wanted.checks.push(Check {
        name: None,
        expression: "length(b) > 0".into(),
        extra: None,
    });
    let found = operations(&plain(vec![wanted]), &schema(vec![existing]), &NONE);
    assert_eq!(
        words(&found),
        [
            "rename index `old` of `t` to `new`",
            "add check `ck_t_b` to `t`",
            "add index `ix_t_b_a` to `t`",
        ]
    );
}

#[test]
fn of_equal_parts_the_one_with_the_usual_name_stays() {
    let indexed = |names: &[Option<&str>]| {
        let mut table = table("t", &[("a", ColumnType::Text)]);
        table.indexes.extend(names.iter().map(|name| Index {
            name: name.map(Name::from),
            ..Index::on(["a"])
        }));
        table
    };
    let existing = schema(vec![indexed(&[Some("by_hand"), Some("ix_t_a"), Some("x")])]);
    let found = |wanted| words(&operations(&plain(vec![wanted]), &existing, &NONE));
    assert_eq!(
        found(indexed(&[None])),
        ["drop index `by_hand` from `t`", "drop index `x` from `t`"]
    );
    assert_eq!(
        found(indexed(&[None, Some("x")])),
        ["drop index `by_hand` from `t`"]
    );
    // What a model names is that one, whatever the others are called.
    assert_eq!(
        found(indexed(&[None, Some("ix_t_a")])),
        ["drop index `x` from `t`"]
    );
}

#[test]
fn a_name_that_another_model_says_is_given_up() {
    let with = |table: &str, name: Option<&str>, index: bool| {
        let mut table = self::table(table, &[("a", ColumnType::Text)]);
        let name = name.map(Name::from);
        if index {
            table.indexes.push(Index {
                name,
                ..Index::on(["a"])
            });
        } else {
            let check = Check {
                name,
                expression: "a > 0".into(),
                extra: None,
            };
            table.checks.push(check);
        }
        table
    };
    let found = |index: bool| {
        let existing = schema(vec![
            with("s", Some("x"), index),
            with("t", Some("y"), index),
        ]);
        let wanted = plain(vec![with("s", None, index), with("t", Some("x"), index)]);
        words(&operations(&wanted, &existing, &NONE))
    };
    assert_eq!(
        found(true),
        [
            "rename index `x` of `s` to `ix_s_a`",
            "rename index `y` of `t` to `x`",
        ]
    );
    // Two tables may each have a check of one name.
    assert_eq!(found(false), ["rename check `y` of `t` to `x`"]);
}

#[test]
fn a_hint_counts_until_the_rename_was_done() {
    let mut wanted = plain(vec![table("t", &[("firmware", ColumnType::Text)])]);
    hint(&mut wanted, "t", "firmware").renamed_from = Some("fw".into());
    let before = schema(vec![table("t", &[("fw", ColumnType::Text)])]);
    let renamed = operations(&wanted, &before, &NONE);
    assert_eq!(words(&renamed), ["rename column `t.fw` to `firmware`"]);
    let after = schema(vec![table("t", &[("firmware", ColumnType::Text)])]);
    assert_eq!(operations(&wanted, &after, &NONE), []);
    let neither = schema(vec![table("t", &[("x", ColumnType::Text)])]);
    assert_eq!(
        words(&operations(&wanted, &neither, &NONE)),
        ["add column `t.firmware`", "drop column `t.x`"]
    );
}

#[test]
fn a_renamed_table_takes_its_foreign_keys_along() {
    let parent = |name: &str| {
        let mut table = table(name, &[("id", ColumnType::Integer)]);
        table.primary_key = Some(PrimaryKey {
            prefixes: Vec::new(),
            name: None,
            columns: vec!["id".into()],
            extra: None,
        });
        table
    };
    let child = |parent: &str| {
        let mut table = table("child", &[("p", ColumnType::Integer)]);
        table
            .foreign_keys
            .push(ForeignKey::new(["p"], parent, ["id"]));
        table
    };
    let existing = schema(vec![parent("old"), child("old")]);
    let mut wanted = plain(vec![parent("new"), child("new")]);
    wanted.hints.insert(
        "new".into(),
        TableHint {
            renamed_from: Some("OLD".into()),
            ..TableHint::default()
        },
    );
    let found = operations(&wanted, &existing, &NONE);
    assert_eq!(words(&found), ["rename table `old` to `new`"]);
}

#[test]
fn a_table_of_another_schema_is_no_column() {
    let named = |name: &str| {
        let mut table = table("t", &[("a", ColumnType::Text)]);
        table.name = TableName::in_schema("s", name);
        table
    };
    let existing = schema(vec![named("old")]);
    let wanted = plain(vec![named("new")]);
    let found = operations(&wanted, &existing, &told(&[("s.old", "s.new")]));
    assert_eq!(words(&found), ["rename table `s.old` to `s.new`"]);
}

#[test]
fn hints_in_a_circle_are_not_guessed_at() {
    let columns = ["a", "b", "c"].map(|name| (name, ColumnType::Text));
    let existing = schema(vec![table("t", &columns)]);
    let mut wanted = plain(vec![table("t", &columns)]);
    for (now, then) in [("a", "c"), ("b", "a")] {
        hint(&mut wanted, "t", now).renamed_from = Some(then.into());
    }
    // No circle: the hints have done their work.
    assert_eq!(operations(&wanted, &existing, &NONE), []);
    hint(&mut wanted, "t", "c").renamed_from = Some("b".into());
    let error = adopted(&wanted, &existing, &NONE).unwrap_err();
    assert_eq!(
        error.message,
        "`renamed_from` of `t` goes round in a circle: `a` from `c`, `c` from `b`, `b` from `a`"
    );
    let hint = error.hint.unwrap_or_default();
    assert!(
        hint.contains("`--rename t.c=t.a --rename t.b=t.c --rename t.a=t.b`"),
        "{hint}"
    );
    let circle = [("t.c", "t.a"), ("t.b", "t.c"), ("t.a", "t.b")];
    assert!(!operations(&wanted, &existing, &told(&circle)).is_empty());
}

#[test]
fn a_told_rename_must_be_possible() {
    let existing = schema(vec![table(
        "t",
        &[("a", ColumnType::Text), ("b", ColumnType::Text)],
    )]);
    let wanted = plain(vec![table(
        "t",
        &[("b", ColumnType::Text), ("c", ColumnType::Text)],
    )]);
    let message = |renames: &[(&str, &str)]| {
        let error = adopted(&wanted, &existing, &told(renames)).unwrap_err();
        (error.message, error.hint.unwrap_or_default())
    };
    assert_eq!(
        words(&operations(&wanted, &existing, &told(&[("t.a", "t.c")]))).len(),
        1
    );
    assert_eq!(
        message(&[("t.a", "t.b")]).0,
        "column `a` of `t` cannot become `b`, which exists already"
    );
    assert!(
        message(&[("t.x", "t.c")])
            .0
            .contains("the database has no column `x`")
    );
    assert!(
        message(&[("t.a", "t.d")])
            .0
            .contains("the models have no column `d`")
    );
    assert!(
        message(&[("u.a", "u.c")])
            .0
            .contains("the models have no table `u`")
    );
    assert!(
        message(&[("tt", "t")])
            .0
            .contains("the database has no table `tt`")
    );
    assert!(
        message(&[("t.a", "t.c"), ("t.b", "t.c")])
            .1
            .contains("one of the two")
    );
}

#[test]
fn what_uses_a_column_that_goes_is_refused() {
    let existing = schema(vec![table(
        "t",
        &[("a", ColumnType::Text), ("b", ColumnType::Text)],
    )]);
    let mut bad = table("t", &[("b", ColumnType::Text)]);
    bad.checks.push(Check {
        name: Some("ck".into()),
        expression: "a <> b".into(),
        extra: None,
    });
    let error = adopted(&plain(vec![bad.clone()]), &existing, &NONE).unwrap_err();
    assert_eq!(
        error.message,
        "check `ck` of `t` mentions `a`, which the model has no longer"
    );
    bad.columns.push(Column::new("c", ColumnType::Text));
    let renamed = told(&[("t.a", "t.c")]);
    let error = adopted(&plain(vec![bad]), &existing, &renamed).unwrap_err();
    assert_eq!(
        error.hint.as_deref(),
        Some("it is `c` now: change the expression")
    );
}

#[test]
fn a_reference_to_a_table_that_would_be_dropped_is_refused() {
    let mut child = table("child", &[("p", ColumnType::Integer)]);
    child
        .foreign_keys
        .push(ForeignKey::new(["p"], "parent", ["id"]));
    let wanted = plain(vec![child]);
    let parent = table("parent", &[("id", ColumnType::Integer)]);
    assert!(adopted(&wanted, &schema(vec![parent]), &NONE).is_err());
    assert!(adopted(&wanted, &Schema::default(), &NONE).is_ok());
}

#[test]
fn rows_are_filled_only_where_null_was_allowed() {
    let with = |nullable: bool, fill: bool| {
        let mut table = table("t", &[("c", ColumnType::Text)]);
        table.columns[0].nullable = nullable;
        table.columns[0].fill = fill.then(|| DefaultValue::Literal(Literal::Text("x".into())));
        table
    };
    let wanted = plain(vec![with(false, true)]);
    assert_eq!(
        operations(&wanted, &schema(vec![with(false, false)]), &NONE),
        []
    );
    let found = operations(&wanted, &schema(vec![with(true, false)]), &NONE);
    let [Operation::AlterTable { changes, .. }] = found.as_slice() else {
        panic!("{found:?}");
    };
    let [TableChange::Column(Change::Alter(pair))] = changes.as_slice() else {
        panic!("{changes:?}");
    };
    assert!(pair.to.fill.is_some());
    let name: &Name = &pair.to.name;
    assert_eq!(name.as_str(), "c");
}

#[test]
fn tables_whose_names_differ_in_case_are_kept_apart() {
    let one = |name: &str| table(name, &[("id", ColumnType::Integer)]);
    let mut refers = one("refers");
    refers.foreign_keys = vec![ForeignKey::new(["id"], TableName::new("aB"), ["id"])];
    let both = || vec![one("AB"), one("aB"), refers.clone()];
    assert_eq!(operations(&plain(both()), &schema(both()), &NONE), []);
    let existing = schema(vec![one("aB"), refers.clone()]);
    let made = words(&operations(&plain(both()), &existing, &NONE));
    assert_eq!(made, ["create table `AB`"]);
    let gone = words(&operations(
        &plain(vec![one("aB"), refers.clone()]),
        &schema(both()),
        &NONE,
    ));
    assert_eq!(gone, ["drop table `AB`"]);
}

fn said(wanted: &Wanted, existing: &Schema, told: &Renames) -> Vec<String> {
    words(&operations(wanted, existing, told))
}

/// A model with a column of an enum whose values are `to`, some of them renamed.
fn mooded(ty: ColumnType, to: &[&str], renamed: &[(&str, &str)]) -> Wanted {
    let name = TableName::new("mood");
    let mut wanted = plain(vec![table("item", &[("mood", ty.clone())])]);
    if let ColumnType::Enum(_) = ty {
        wanted.schema.enums.insert(name.clone(), mood(to));
    }
    let open = hint(&mut wanted, "item", "mood");
    open.inferred = Some(RustType::Enum(name));
    let pair = |(from, to): &(&str, &str)| Pair::new((*from).to_owned(), (*to).to_owned());
    open.renamed_values = renamed.iter().map(pair).collect();
    wanted
}

fn mood(values: &[&str]) -> EnumType {
    EnumType {
        name: "mood".into(),
        values: values.iter().map(ToString::to_string).collect(),
    }
}

fn enum_schema(values: &[&str]) -> Schema {
    let ty = ColumnType::Enum("mood".into());
    let mut existing = schema(vec![table("item", &[("mood", ty)])]);
    existing.enums.insert("mood".into(), mood(values));
    existing
}

#[test]
fn a_value_is_renamed_once_and_the_hint_may_stay() {
    let ty = || ColumnType::Enum("mood".into());
    let wanted = mooded(ty(), &["low", "ok"], &[("sad", "low")]);
    assert_eq!(
        said(&wanted, &enum_schema(&["sad", "ok"]), &NONE),
        ["rename value `sad` of enum type `mood` to `low`"]
    );
    assert_eq!(said(&wanted, &enum_schema(&["low", "ok"]), &NONE), [""; 0]);
}

#[test]
fn values_change_places_through_a_spare_name() {
    let wanted = mooded(ColumnType::Enum("mood".into()), &["b", "a"], &[]);
    let swap = told(&[("mood.a", "mood.b"), ("mood.b", "mood.a")]);
    assert_eq!(
        said(&wanted, &enum_schema(&["a", "b"]), &swap),
        [
            "rename value `a` of enum type `mood` to `b__1`",
            "rename value `b` of enum type `mood` to `a`",
            "rename value `b__1` of enum type `mood` to `b`",
        ]
    );
}

#[test]
fn a_column_that_lists_its_values_is_renamed_in_the_batch_of_its_table() {
    let list = |text: &str| ColumnType::Custom(text.to_owned());
    let existing = schema(vec![table("item", &[("mood", list("enum('sad','ok')"))])]);
    let wanted = mooded(list("enum('low','ok')"), &[], &[("sad", "low")]);
    let expected = [
        "rename `sad` to `low` in `item.mood`",
        "alter column `item.mood` (type)",
    ];
    assert_eq!(said(&wanted, &existing, &NONE), expected);
    let wanted = mooded(list("enum('low','ok')"), &[], &[]);
    for flag in [("mood.sad", "mood.low"), ("item.mood.sad", "item.mood.low")] {
        let mut told = Renames::default();
        let (owner, from) = flag.0.rsplit_once('.').unwrap();
        let (_, to) = flag.1.rsplit_once('.').unwrap();
        let owner = match owner.split_once('.') {
            Some((schema, name)) => TableName::in_schema(schema, name),
            None => owner.into(),
        };
        told.columns
            .push((owner, Pair::new(from.into(), to.into())));
        assert_eq!(said(&wanted, &existing, &told), expected);
    }
}

#[test]
fn a_value_that_is_not_there_cannot_be_renamed() {
    let ty = ColumnType::Enum("mood".into());
    let wanted = mooded(ty, &["low", "ok"], &[]);
    let existing = enum_schema(&["sad", "ok"]);
    let refused = |from: &str, to: &str| {
        let told = told(&[(from, to)]);
        adopted(&wanted, &existing, &told).unwrap_err().message
    };
    assert_eq!(
        refused("mood.so", "mood.low"),
        "cannot rename `so` to `low`: the database has no value `so` of `mood`"
    );
    assert_eq!(
        refused("mood.sad", "mood.ok"),
        "value `sad` of `mood` cannot become `ok`, which exists already"
    );
}
