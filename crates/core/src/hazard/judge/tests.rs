use super::*;
use crate::operation::{Operation, RenamedValues};
use crate::schema::{ColumnType, DefaultValue, Literal};

fn alter(change: TableChange) -> Operation {
    Operation::AlterTable {
        table: "t".into(),
        changes: vec![change],
    }
}

/// What rows have to fear.
fn kinds(operation: &Operation, before: &Schema) -> Vec<HazardKind> {
    let found = hazards(operation, before);
    assert_eq!(found.len(), operation.describe().len());
    let kinds = found.into_iter().flatten().map(|h| h.kind);
    let of_rows =
        |kind: &HazardKind| matches!(kind, HazardKind::DeletesData | HazardKind::MayFailOnRows);
    kinds.filter(of_rows).collect()
}

/// Everything, as it is told.
fn told(operation: &Operation) -> Vec<String> {
    let found = hazards(operation, &Schema::default());
    found.concat().iter().map(ToString::to_string).collect()
}

fn column(name: &str, ty: ColumnType) -> Column {
    Column::new(name, ty)
}

#[test]
fn a_dropped_column_deletes_every_value() {
    let drop = alter(TableChange::Column(Change::Drop(column(
        "c",
        ColumnType::Text,
    ))));
    assert_eq!(
        told(&drop),
        [
            "deletes data: every value of `t.c`",
            "not reversible: `downgrade` makes `t.c` again, without its values",
            "breaks running code: what still uses `t.c`",
        ]
    );
    assert_eq!(
        kinds(&drop.reverse(), &Schema::default()),
        [HazardKind::MayFailOnRows]
    );
}

#[test]
fn programs_that_run_go_wrong_over_what_they_know() {
    let names = |from: &str, to: &str| Pair::new(Name::new(from), Name::new(to));
    let change = |change| told(&alter(TableChange::Column(change)));
    let running = |who: &str| vec![format!("breaks running code: {who}")];
    assert_eq!(
        change(Change::Rename(names("a", "b"))),
        running("what still says `t.a`")
    );
    let table = Operation::RenameTable(Pair::new("t".into(), "u".into()));
    assert_eq!(told(&table), running("what still says `t`"));

    let mut filled = column("c", ColumnType::Integer);
    filled.fill = Some(DefaultValue::Literal(Literal::Integer(1)));
    assert_eq!(
        change(Change::Add(filled.clone())),
        running("what inserts into `t` without `c`")
    );
    let mut usual = filled.clone();
    usual.default.clone_from(&filled.fill);
    assert_eq!(change(Change::Add(usual.clone())), [""; 0]);
    // The default goes, and who relied on it has nothing.
    assert_eq!(
        change(Change::Alter(Pair::new(usual.clone(), filled.clone()))),
        running("what inserts into `t` without `c`")
    );
    let mut wide = usual.clone();
    wide.ty = ColumnType::BigInteger;
    let widened = Pair::new(usual.clone(), wide.clone());
    assert_eq!(change(Change::Alter(widened)), [""; 0]);
    assert_eq!(
        change(Change::Alter(Pair::new(wide, usual)))[4..],
        running("what still uses `t.c` as what it was before")
    );
}

#[test]
fn what_loses_digits_does_not_get_them_back() {
    let price = |digits| column("c", ColumnType::Decimal(Some((12, Some(digits)))));
    let change = Change::Alter(Pair::new(price(4), price(2)));
    let found = told(&alter(TableChange::Column(change)));
    assert!(found.contains(&"loses precision: values of `t.c`".to_owned()));
    assert!(found.iter().any(|text| text.starts_with("not reversible")));
}

#[test]
fn what_happens_to_a_table_that_was_just_made_is_no_hazard() {
    let key = crate::schema::ForeignKey::new(["a"], "other", ["id"]);
    let refers = alter(TableChange::ForeignKey(Change::Add(key)));
    let before = Schema::default();
    let after = |earlier: &[Operation]| {
        let found = hazards_after(earlier, &refers, &before);
        assert_eq!(found.len(), refers.describe().len());
        found.concat().len()
    };
    let made = Operation::CreateTable(Table::new("t"));
    let elsewhere = Operation::CreateTable(Table::new("other"));
    assert_eq!(after(&[]), 1);
    assert_eq!(after(std::slice::from_ref(&elsewhere)), 1);
    assert_eq!(after(&[made.clone(), elsewhere]), 0);
    let renamed = |from: &str, to: &str| {
        Operation::RenameTable(Pair::new(TableName::new(from), TableName::new(to)))
    };
    let first = Operation::CreateTable(Table::new("first"));
    assert_eq!(after(&[first, renamed("first", "t")]), 0);
    assert_eq!(
        after(&[made.clone(), renamed("t", "u"), renamed("old", "t")]),
        1
    );
    let filled = Operation::Execute(crate::operation::RawSql {
        name: None,
        dialect: None,
        sql: "INSERT INTO t VALUES (1)".into(),
        reverse: None,
    });
    assert_eq!(after(&[made, filled]), 1);
}

#[test]
fn a_value_for_old_rows_takes_the_hazard_away() {
    let mut c = column("c", ColumnType::Text);
    c.fill = Some(DefaultValue::Literal(Literal::Text(String::new())));
    let mut nullable = c.clone();
    nullable.nullable = true;
    let add = alter(TableChange::Column(Change::Add(c.clone())));
    assert_eq!(kinds(&add, &Schema::default()), []);
    let tighten = Pair::new(nullable, c);
    let operation = alter(TableChange::Column(Change::Alter(tighten.clone())));
    assert_eq!(kinds(&operation, &Schema::default()), []);
    let mut bare = tighten;
    bare.to.fill = None;
    let operation = alter(TableChange::Column(Change::Alter(bare)));
    assert_eq!(
        kinds(&operation, &Schema::default()),
        [HazardKind::MayFailOnRows]
    );
}

#[test]
fn rows_pass_what_is_said_of_a_column_that_they_have_no_value_in() {
    let mut new = column("c", ColumnType::Integer);
    new.nullable = true;
    let rules = |column: Column| Operation::AlterTable {
        table: "t".into(),
        changes: vec![
            TableChange::Column(Change::Add(column)),
            TableChange::ForeignKey(Change::Add(ForeignKey::new(["c"], "p", ["id"]))),
            TableChange::Unique(Change::Add(Unique::on(["c"]))),
            TableChange::Check(Change::Add(Check {
                name: None,
                expression: "\"c\" IN (0, 1)".into(),
                extra: None,
            })),
        ],
    };
    assert_eq!(kinds(&rules(new.clone()), &Schema::default()), []);
    new.default = Some(DefaultValue::Literal(Literal::Integer(1)));
    assert_eq!(
        kinds(&rules(new), &Schema::default()),
        [HazardKind::MayFailOnRows; 3]
    );
    for check in ["c IN (0) OR (c > 1)", "c IS NOT NULL", "cc IN (1)"] {
        assert!(!is_a_list_of(&Name::new("c"), check), "{check}");
    }
}

#[test]
fn what_is_unique_already_cannot_fail() {
    let mut table = Table::new("t");
    table.columns.push(column("a", ColumnType::Integer));
    table.columns.push(column("b", ColumnType::Integer));
    table.uniques.push(Unique::on(["a"]));
    let mut before = Schema::default();
    before.insert(table);
    let wider = alter(TableChange::Unique(Change::Add(Unique::on(["b", "a"]))));
    assert_eq!(kinds(&wider, &before), []);
    let other = alter(TableChange::Unique(Change::Add(Unique::on(["b"]))));
    assert_eq!(kinds(&other, &before), [HazardKind::MayFailOnRows]);
}

#[test]
fn a_primary_key_that_rows_keep_already_is_no_hazard() {
    let mut table = Table::new("t");
    table.columns = vec![column("a", ColumnType::Text), column("b", ColumnType::Text)];
    table.primary_key = Some(PrimaryKey::on(["a"]));
    let mut before = Schema::default();
    before.insert(table.clone());
    let to = |columns: &[&str]| {
        alter(TableChange::PrimaryKey(Change::Alter(Pair::new(
            PrimaryKey::on(["a"]),
            PrimaryKey::on(columns.iter().copied()),
        ))))
    };
    assert_eq!(kinds(&to(&["a", "b"]), &before), []);
    assert_eq!(kinds(&to(&["b"]), &before), [HazardKind::MayFailOnRows]);
    table.columns[1].nullable = true;
    before.insert(table);
    let may_be_null = kinds(&to(&["a", "b"]), &before);
    assert_eq!(may_be_null, [HazardKind::MayFailOnRows]);

    let mut number = column("n", ColumnType::Integer);
    number.autoincrement = true;
    let numbered = Operation::AlterTable {
        table: "t".into(),
        changes: vec![
            TableChange::Column(Change::Add(number)),
            TableChange::PrimaryKey(Change::Add(PrimaryKey::on(["n"]))),
        ],
    };
    assert_eq!(kinds(&numbered, &Schema::default()), []);
}

#[test]
fn a_list_that_has_every_value_by_its_new_name_is_no_hazard() {
    let mut table = Table::new("t");
    table.columns = vec![column("c", ColumnType::Text)];
    let list = |text: &str| Check {
        name: Some("ck".into()),
        ..Check::new(text)
    };
    table.checks = vec![list("c IN ('a', 'b')")];
    let mut before = Schema::default();
    before.insert(table);
    let batch = |values: &[(&str, &str)], to: &str| {
        let pair = |(from, to): &(&str, &str)| Pair::new((*from).into(), (*to).into());
        Operation::AlterTable {
            table: "t".into(),
            changes: vec![
                TableChange::Values(RenamedValues {
                    column: "c".into(),
                    values: values.iter().map(pair).collect(),
                }),
                TableChange::Check(Change::Drop(list("c IN ('a', 'b')"))),
                TableChange::Check(Change::Add(list(to))),
            ],
        }
    };
    let hazard = [HazardKind::MayFailOnRows];
    assert_eq!(kinds(&batch(&[("a", "x")], "c IN ('b', 'x')"), &before), []);
    assert_eq!(kinds(&batch(&[], "c IN ('b', 'a', 'x')"), &before), []);
    assert_eq!(kinds(&batch(&[], "c IN ('b', 'x')"), &before), hazard);
    assert_eq!(kinds(&batch(&[("a", "x")], "c IN ('x')"), &before), hazard);

    let types = |from: &str, to: &str| {
        let column = |ty: &str| column("c", ColumnType::Custom(ty.into()));
        TableChange::Column(Change::Alter(Pair::new(column(from), column(to))))
    };
    let retyped = |values: &[(&str, &str)]| {
        let Operation::AlterTable { table, mut changes } = batch(values, "c IN ('a')") else {
            return Vec::new();
        };
        changes.truncate(1);
        // The way back says the type first.
        changes.insert(0, types("enum('a','b')", "enum('x','b')"));
        kinds(&Operation::AlterTable { table, changes }, &before)
    };
    assert_eq!(retyped(&[("a", "x")]), []);
    assert_eq!(retyped(&[("b", "x")]), hazard);
}

#[test]
fn a_key_that_is_to_be_the_number_of_the_row_has_to_be_one() {
    let options = |without_rowid| TableOptions {
        without_rowid,
        ..TableOptions::default()
    };
    let told = |ty: ColumnType, from, to| {
        let mut table = Table::new("t");
        table.columns.push(column("c", ty));
        table.primary_key = Some(PrimaryKey::on(["c"]));
        let mut before = Schema::default();
        before.insert(table);
        let change = TableChange::Options(Pair::new(options(from), options(to)));
        let found = hazards(&alter(change), &before).concat();
        let objections = found.into_iter().map(|hazard| hazard.objection);
        objections.collect::<Vec<_>>()
    };
    let no_number = Some(Objection::NoNumber);
    assert_eq!(told(ColumnType::Integer, true, false), [no_number]);
    assert_eq!(told(ColumnType::BigInteger, true, false), []);
    assert_eq!(
        told(ColumnType::Integer, false, true),
        [Some(Objection::NullKey)]
    );
}

#[test]
fn a_column_that_becomes_the_number_of_the_row_has_to_be_one() {
    let mut table = Table::new("t");
    table.columns = vec![
        column("a", ColumnType::Integer),
        column("b", ColumnType::Text),
        column("s", ColumnType::SmallInteger),
    ];
    table.uniques = vec![Unique::on(["a"])];
    table.primary_key = Some(PrimaryKey::on(["a", "b"]));
    let told = |table: &Table, changes: Vec<TableChange>| {
        let mut before = Schema::default();
        before.insert(table.clone());
        let operation = Operation::AlterTable {
            table: "t".into(),
            changes,
        };
        let found = hazards(&operation, &before).concat().into_iter();
        let messages = found.filter(|h| h.objection == Some(Objection::NoNumber));
        messages.map(|h| h.message).collect::<Vec<_>>()
    };
    let key = |columns: &[&str]| {
        let to = PrimaryKey::on(columns.iter().copied());
        TableChange::PrimaryKey(Change::Alter(Pair::new(PrimaryKey::on(["a", "b"]), to)))
    };
    let altered = |name: &str, from: ColumnType| {
        let to = column(name, ColumnType::Integer);
        TableChange::Column(Change::Alter(Pair::new(column(name, from), to)))
    };
    let names = Pair::new("a".into(), "x".into());
    let rename = TableChange::Column(Change::Rename(names));
    let no_number = |name: &str| vec![format!("rows of `t` whose `{name}` is no whole number")];
    assert_eq!(told(&table, vec![key(&["a"])]), no_number("a"));
    assert_eq!(told(&table, vec![rename, key(&["x"])]), no_number("x"));
    assert!(told(&table, vec![key(&["b"])]).is_empty());
    assert!(told(&table, vec![key(&["s"])]).is_empty());
    let widened = || altered("s", ColumnType::SmallInteger);
    assert!(told(&table, vec![widened()]).is_empty());
    assert_eq!(told(&table, vec![widened(), key(&["s"])]), no_number("s"));
    // Whether the text is a number is asked of its type.
    let mut of_text = table.clone();
    of_text.primary_key = Some(PrimaryKey::on(["b"]));
    assert!(told(&of_text, vec![altered("b", ColumnType::Text)]).is_empty());
    of_text.primary_key = Some(PrimaryKey::on(["s"]));
    assert_eq!(told(&of_text, vec![widened()]), no_number("s"));
    table.options.strict = true;
    assert!(told(&table, vec![key(&["a"])]).is_empty());
}

#[test]
fn values_of_an_enum_have_room_in_a_text_that_is_as_long() {
    let mut before = Schema::default();
    let mut table = Table::new("t");
    table
        .columns
        .push(column("c", ColumnType::Enum("mood".into())));
    table
        .columns
        .push(column("d", ColumnType::Custom("enum('größer','b')".into())));
    before.insert(table.clone());
    let values = ["größer".to_owned(), "b".to_owned()].to_vec();
    let mood = EnumType {
        name: "mood".into(),
        values,
    };
    before.enums.insert(mood.name.clone(), mood);
    for from in &table.columns {
        let name = from.name.as_str();
        let told = |room| {
            let to = column(name, ColumnType::Varchar(Some(room)));
            let change = TableChange::Column(Change::Alter(Pair::new(from.clone(), to)));
            let found = hazards(&alter(change), &before).concat();
            let objections = found.into_iter().filter_map(|hazard| hazard.objection);
            objections.collect::<Vec<_>>()
        };
        assert!(!told(6).contains(&Objection::Misfit), "{name}");
        assert!(told(5).contains(&Objection::Misfit), "{name}");
    }
}
