//! What follows a change, and what is refused because it could not.

use super::*;

#[test]
fn views_and_triggers_are_never_left_without_what_they_name() {
    let before = database(
        "CREATE TABLE k (id INTEGER PRIMARY KEY, a TEXT, b TEXT);
         CREATE TABLE other (id INTEGER PRIMARY KEY, a TEXT);
         CREATE VIEW every AS SELECT * FROM k;
         CREATE VIEW v AS SELECT x.a FROM every AS x JOIN other AS b ON b.id = x.id;
         CREATE TRIGGER tr AFTER INSERT ON other BEGIN INSERT INTO k (b) VALUES (new.a); END",
    );
    let message = |operation: Operation| lower(&before, &[operation]).unwrap_err().message;
    assert_eq!(
        message(alter("k", vec![remove(&before, "k", "a")])),
        "view `v` names column `k.a`, which is dropped"
    );
    assert_eq!(
        message(alter("k", vec![remove(&before, "k", "b")])),
        "trigger `tr` names column `k.b`, which is dropped"
    );
    assert_eq!(
        message(alter("other", vec![remove(&before, "other", "a")])),
        "trigger `tr` names column `other.a`, which is dropped"
    );
    let table = before.schema.table(&"k".into()).unwrap().clone();
    assert_eq!(
        message(Operation::DropTable(table)),
        "view `every` names table `k`, which is dropped"
    );
    // A column that comes back under its name is not lost.
    let again = alter(
        "k",
        vec![
            remove(&before, "k", "a"),
            add(column("a", ColumnType::Integer)),
        ],
    );
    let lowered = lower(&before, &[again]).unwrap();
    let insert = sql(&lowered).into_iter().find(|s| s.starts_with("INSERT"));
    assert_eq!(
        insert.unwrap(),
        "INSERT INTO \"_aludel_new_k\" (\"id\", \"b\") SELECT \"id\", \"b\" FROM \"k\""
    );
}

#[test]
fn renames_follow_into_every_stored_text() {
    let before = database(TORTURE);
    let table = Operation::RenameTable(Pair::new("k".into(), "kk".into()));
    let lowered = lower(&before, &[table]).unwrap();
    assert_eq!(sql(&lowered), ["ALTER TABLE \"k\" RENAME TO \"kk\""]);
    let texts: Vec<&str> = lowered
        .after
        .objects
        .iter()
        .map(|o| o.sql.as_str())
        .collect();
    assert!(texts[1].contains("length(\"kk\".z)"));
    assert_eq!(
        texts[2],
        "CREATE INDEX ik ON \"kk\"(z DESC) WHERE z IS NOT NULL"
    );
    assert_eq!(texts[3], "CREATE VIEW vk AS SELECT id, name FROM \"kk\"");
    assert!(texts[4].contains("ON \"kk\" BEGIN UPDATE \"kk\" SET"));
    assert!(texts[5].contains("REFERENCES \"kk\"(id)"));

    let operation = alter("k", vec![renamed("id", "key")]);
    let lowered = lower(&before, &[operation]).unwrap();
    let texts: Vec<&str> = lowered
        .after
        .objects
        .iter()
        .map(|o| o.sql.as_str())
        .collect();
    assert_eq!(texts[3], "CREATE VIEW vk AS SELECT \"key\", name FROM k");
    assert!(texts[4].contains("WHERE \"key\" = new.\"key\""));
    assert!(texts[5].contains("REFERENCES k(\"key\")"));
    let child = lowered.after.schema.table(&"child".into()).unwrap();
    assert_eq!(
        child.foreign_keys[0].referenced_columns,
        [Name::from("key")]
    );

    // In other letters only, SQLite needs a detour.
    let letters = Operation::RenameTable(Pair::new("p".into(), "P".into()));
    assert_eq!(sql(&lower(&before, &[letters]).unwrap()).len(), 2);
}

#[test]
fn renames_and_written_sql_stand_alone_where_texts_depend_on_it() {
    let plain = database("CREATE TABLE k (id INTEGER PRIMARY KEY, z TEXT)");
    let viewed = database(TORTURE);
    let execute = |dialect| {
        Operation::Execute(RawSql {
            name: None,
            sql: "DELETE FROM k; DELETE FROM p;".to_owned(),
            reverse: None,
            dialect,
        })
    };
    let step = || alter("k", vec![check("ck", "1")]);
    let rename = || alter("k", vec![renamed("z", "zz")]);
    assert_eq!(together(&plain, &[step(), rename(), step()]), 3);
    assert_eq!(together(&viewed, &[step(), rename(), step()]), 1);
    assert_eq!(together(&viewed, &[step(), step(), rename()]), 2);
    assert_eq!(together(&viewed, &[rename(), step()]), 1);
    assert_eq!(together(&plain, &[step(), execute(None), step()]), 1);
    assert_eq!(together(&plain, &[execute(Some("sqlite")), step()]), 1);
    assert_eq!(together(&plain, &[execute(Some("postgres")), step()]), 2);

    let run = lower(&plain, &[execute(None)]).unwrap();
    assert_eq!(sql(&run), ["DELETE FROM k", "DELETE FROM p"]);
    assert!(sql(&lower(&plain, &[execute(Some("mysql"))]).unwrap()).is_empty());

    let both = alter("k", vec![check("ck", "1"), renamed("z", "zz")]);
    let error = lower(&viewed, &[both]).unwrap_err();
    assert!(
        error.message.contains("trigger `tr` would not follow"),
        "{error}"
    );
}

#[test]
fn a_table_that_cannot_be_read_is_altered_but_not_rebuilt() {
    let mut before = database("CREATE TABLE k (id INTEGER PRIMARY KEY, z TEXT)");
    before.objects[0].sql = "CREATE TABLE k (id INTEGER PRIMARY KEY, z TEXT, % )".to_owned();
    let add = alter("k", vec![add(column("n", ColumnType::Text))]);
    assert_eq!(
        sql(&lower(&before, &[add]).unwrap()),
        ["ALTER TABLE \"k\" ADD COLUMN \"n\" TEXT"]
    );
    let error = lower(&before, &[alter("k", vec![check("ck", "1")])]).unwrap_err();
    assert!(
        error
            .message
            .starts_with("cannot add check `ck` to `k`: `k` must be rebuilt")
    );
}

#[test]
fn content_of_a_virtual_table_is_not_taken_away() {
    let before = database(
        "CREATE TABLE docs (t TEXT, body TEXT);
         CREATE VIRTUAL TABLE f USING fts5(body, content='docs')",
    );
    let refused = |o: Operation| lower(&before, &[o]).is_err();
    assert!(refused(Operation::RenameTable(Pair::new(
        "docs".into(),
        "d".into()
    ))));
    assert!(refused(alter("docs", vec![renamed("body", "b")])));
    assert!(refused(alter(
        "docs",
        vec![remove(&before, "docs", "body")]
    )));
    assert!(!refused(alter("docs", vec![remove(&before, "docs", "t")])));
}
