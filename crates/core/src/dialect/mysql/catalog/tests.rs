//! One database as MariaDB 10.11.19 and MySQL 9.7.4 reported it: the rows in
//! `tests/*.tsv` are what the queries gave there, one block a query.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::dialect::ObjectKind;
use crate::schema::{
    Column, ColumnType, DefaultValue, IndexTarget, Literal, ReferentialAction, TableOptions,
};

pub(super) fn rows(text: &str) -> Vec<Vec<TextRow>> {
    let mut answers: Vec<Vec<TextRow>> = Vec::new();
    for line in text.lines() {
        if line == "@" {
            answers.push(Vec::new());
        } else if let Some(last) = answers.last_mut() {
            last.push(line.split('\t').map(value).collect());
        }
    }
    answers
}

fn value(text: &str) -> Option<String> {
    if text == "\\N" {
        return None;
    }
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next()? {
                't' => out.push('\t'),
                'n' => out.push('\n'),
                other => out.push(other),
            },
            (c, false) => out.push(c),
        }
    }
    Some(out)
}

fn read(on: MySql) -> Snapshot {
    let text = if on.is_mariadb() {
        include_str!("tests/mariadb.tsv")
    } else {
        include_str!("tests/mysql.tsv")
    };
    snapshot(on, &Scope::default(), rows(text)).unwrap()
}

fn both() -> [(MySql, Snapshot); 2] {
    [MySql::MARIADB, MySql::MYSQL].map(|on| (on, read(on)))
}

fn child(snapshot: &Snapshot) -> &Table {
    snapshot.schema.table(&"child".into()).unwrap()
}

#[test]
fn there_is_one_query_a_kind_whatever_is_read() {
    for (on, _) in both() {
        let alone = queries(on, &Scope::default());
        let schemas = vec!["b".to_owned(), "it's".to_owned(), "b".to_owned()];
        let more = queries(on, &Scope { schemas });
        assert_eq!(alone.len(), 12);
        assert_eq!(more.len(), 12);
        assert!(alone.iter().all(|sql| !sql.contains("{db}")));
        let asked = more.iter().map(|sql| sql.matches("= 'it''s'").count());
        // That of tables names the database for their partitions, too.
        let asked: Vec<usize> = asked.collect();
        let expected = |n: &usize| *n == 1 || (!on.is_mariadb() && *n == 2);
        assert!(asked.iter().all(expected), "{asked:?}");
    }
}

#[test]
fn the_server_is_known() {
    let [maria, my] = both().map(|(_, snapshot)| snapshot.server);
    assert_eq!(
        (maria.product.as_str(), maria.version),
        ("MariaDB", (10, 11, 19))
    );
    assert_eq!((my.product.as_str(), my.version), ("MySQL", (9, 7, 4)));
    assert_eq!(maria.collation, "utf8mb4_general_ci");
    assert_eq!(my.collation, "utf8mb4_0900_ai_ci");
    let nothing = snapshot(MySql::MARIADB, &Scope::default(), vec![Vec::new()]);
    assert!(nothing.unwrap_err().message.contains("no database"));
}

#[test]
fn columns_are_the_same_on_both() {
    let text = |s: &str| Some(DefaultValue::Literal(Literal::Text(s.into())));
    let expression = |s: &str| Some(DefaultValue::Expression(s.into()));
    for (on, snapshot) in both() {
        let of = |name: &str| child(&snapshot).column(name).unwrap().clone();
        let utf8 = Some(snapshot.server.collation.clone());
        let nullable = |name: &str, ty: ColumnType| Column {
            nullable: true,
            ..Column::new(name, ty)
        };
        assert_eq!(of("id"), Column::new("id", ColumnType::Integer));
        assert_eq!(
            of("parent_id"),
            nullable("parent_id", ColumnType::BigUnsigned)
        );
        let code = Column {
            default: text("it's"),
            collation: utf8.clone(),
            ..nullable("code", ColumnType::Varchar(Some(20)))
        };
        assert_eq!(of("code"), code);
        let yes = Some(DefaultValue::Literal(Literal::Boolean(true)));
        assert_eq!(of("flag").default, yes);
        let zero = Literal::Number("0.00".into());
        assert_eq!(of("price").default, Some(DefaultValue::Literal(zero)));
        let five = Some(DefaultValue::Literal(Literal::Integer(5)));
        assert_eq!(of("bits").default, five);
        let mood = ColumnType::Custom("enum('ok','it''s')".into());
        let mood = Column {
            default: text("ok"),
            ..nullable("mood", mood)
        };
        assert_eq!(of("mood"), mood);
        assert_eq!(of("data"), nullable("data", ColumnType::Json));
        let made = Column {
            default: expression("CURRENT_TIMESTAMP(6)"),
            extra: Some("ON UPDATE CURRENT_TIMESTAMP(6)".into()),
            ..nullable("made", ColumnType::DateTime(Some(6)))
        };
        assert_eq!(of("made"), made);
        assert_eq!(of("day").default, text("2000-01-01"));
        let twice = of("twice").generated.unwrap();
        assert_eq!(
            (twice.expression.as_str(), twice.stored),
            ("`id` * 2", false)
        );
        let label = of("label").generated.unwrap();
        let words = (label.expression.as_str(), label.stored);
        assert_eq!(words, ("concat(`tag`,'it''s')", true));
        assert_eq!(of("sum").default, expression("1 + 2"));
        assert_eq!(of("note").comment.as_deref(), Some("long"));
        assert_eq!(of("hidden").extra.as_deref(), Some("INVISIBLE"));
        let parent = snapshot.schema.table(&"parent".into()).unwrap();
        assert!(parent.column("id").unwrap().autoincrement);
        assert_eq!(parent.column("code").unwrap().collation, None, "{on:?}");
    }
}

#[test]
fn keys_are_the_same_on_both() {
    for (on, snapshot) in both() {
        let table = child(&snapshot);
        let names = |list: &[crate::schema::Index]| -> Vec<String> {
            let names = list.iter().flat_map(|index| &index.name);
            names.map(ToString::to_string).collect()
        };
        // Those of the foreign keys go without saying.
        let listed = names(&table.indexes);
        assert_eq!(
            listed,
            ["ft_note", "ix_day", "ix_note", "uq_prefix"],
            "{on:?}"
        );
        let implied = names(&super::super::canonical::implied_indexes(on, table));
        assert_eq!(implied, ["parent_id", "fk_code"], "{on:?}");
        let find = |name: &str| {
            let mut found = table.indexes.iter();
            found.find(|i| i.name == Some(name.into())).unwrap().clone()
        };
        assert_eq!(find("ft_note").method.as_deref(), Some("fulltext"));
        let prefix = find("uq_prefix");
        assert!(prefix.unique);
        assert_eq!(prefix.keys.first().unwrap().prefix, Some(10));
        let day = find("ix_day").keys;
        let targets: Vec<_> = day
            .iter()
            .map(|k| (k.target.clone(), k.descending))
            .collect();
        let column = |name: &str| IndexTarget::Column(name.into());
        assert_eq!(targets, [(column("day"), true), (column("flag"), false)]);
        assert_eq!(find("ix_note").extra.as_deref(), Some("COMMENT 'it''s'"));
        let keys: Vec<_> = table
            .foreign_keys
            .iter()
            .map(|k| {
                (
                    k.name.clone().unwrap().to_string(),
                    k.on_delete,
                    k.on_update,
                )
            })
            .collect();
        let none = ReferentialAction::NoAction;
        let expected = [
            ("child_ibfk_1".into(), ReferentialAction::SetNull, none),
            ("fk_code".into(), none, ReferentialAction::Cascade),
        ];
        assert_eq!(keys, expected, "{on:?}");
        let parent = snapshot.schema.table(&"parent".into()).unwrap();
        let uniques: Vec<_> = parent
            .uniques
            .iter()
            .flat_map(|u| u.columns.clone())
            .collect();
        assert_eq!(uniques, [Name::from("code")]);
    }
}

#[test]
fn checks_are_bare_and_json_needs_none() {
    let of = |on| -> Vec<(String, String)> {
        let checks = child(&read(on)).checks.clone();
        let named = checks.into_iter();
        named
            .map(|c| (c.name.unwrap().to_string(), c.expression.to_string()))
            .collect()
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(
        of(MySql::MARIADB),
        [
            pair("CONSTRAINT_1", "`price` >= 0"),
            pair("ck_flag", "`flag` in (0,1) or `tag` = 'it''s'"),
        ]
    );
    assert_eq!(
        of(MySql::MYSQL),
        [
            pair("child_chk_1", "`price` >= 0"),
            pair("ck_flag", "(`flag` in (0,1)) or (`tag` = 'it''s')"),
        ]
    );
}

#[test]
fn what_models_cannot_say_is_kept_and_noted() {
    for (on, snapshot) in both() {
        let options = TableOptions {
            charset: Some("latin1".into()),
            collation: Some("latin1_swedish_ci".into()),
            extra: Some("ROW_FORMAT=DYNAMIC".into()),
            ..TableOptions::default()
        };
        assert_eq!(child(&snapshot).options, options, "{on:?}");
        let parts = snapshot.schema.table(&"parts".into()).unwrap();
        let said = parts.options.extra.as_deref().unwrap();
        assert_eq!(
            said.replace("`p0`", "p0").replace("`p1`", "p1"),
            "PARTITION BY RANGE (`y`) (PARTITION p0 VALUES LESS THAN (10), \
             PARTITION p1 VALUES LESS THAN MAXVALUE)"
        );
        let parent = snapshot.schema.table(&"parent".into()).unwrap();
        assert_eq!(parent.comment.as_deref(), Some("it's"));
        let kinds: Vec<_> = snapshot.unmanaged.iter().map(|u| u.kind.as_str()).collect();
        let expected = [
            "index option",
            "invisible column",
            "on update",
            "partitions",
            "procedure",
            "table option",
            "trigger",
            "view",
        ];
        assert_eq!(kinds, expected, "{on:?}");
        let objects: Vec<_> = snapshot.objects.iter().map(|o| (o.kind, &o.sql)).collect();
        let kinds: Vec<_> = objects.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [ObjectKind::View, ObjectKind::Trigger]);
        let view = objects.first().map(|(_, sql)| *sql).unwrap();
        let trigger = objects.last().map(|(_, sql)| *sql).unwrap();
        let (how, columns) = if on.is_mariadb() {
            ("", "")
        } else {
            ("ALGORITHM=TEMPTABLE ", " (`id`,`x y`)")
        };
        let start = format!("CREATE {how}VIEW `seen`{columns} AS select `child`.`id` AS `id`");
        assert!(view.starts_with(&start), "{view}");
        assert!(!view.contains("my_read_rec"));
        assert_eq!(
            trigger.as_str(),
            "CREATE TRIGGER `tg` BEFORE INSERT ON `parent` FOR EACH ROW \
             SET NEW.code = concat(NEW.code, 'x;y')"
        );
    }
}

#[test]
fn what_is_read_is_canonical() {
    for (on, snapshot) in both() {
        let again = of_server(canonical(on, snapshot.schema.clone()), &snapshot.server);
        assert_eq!(again, snapshot.schema, "{on:?}");
    }
}

/// A database of rows that are told here: `\\N` is NULL, `/` stands between values.
fn told(on: MySql, version: &str, lists: &[(Asked, &[&str])]) -> Snapshot {
    let row = |text: &str| text.split('/').map(value).collect::<TextRow>();
    let server = format!("d/utf8mb4_general_ci/{version}/x/d/0//u@%");
    let mut answers = vec![vec![row(&server)]];
    for asked in Asked::LIST {
        let list = lists.iter().find(|(which, _)| which == asked);
        let rows = list.map_or(&[][..], |(_, rows)| rows);
        answers.push(rows.iter().map(|text| row(text)).collect());
    }
    snapshot(on, &Scope::default(), answers).unwrap()
}

fn remade(on: MySql, snapshot: &Snapshot) -> String {
    let statements = crate::dialect::mysql::lower::remake(on, snapshot).unwrap();
    let texts: Vec<String> = statements.into_iter().map(|s| s.sql).collect();
    texts.join(";\n")
}

#[test]
fn versions_of_rows_are_made_again_with_the_columns_that_tell_their_times() {
    let on = MySql::MARIADB;
    let times = "timestamp(6)/NO/\\N/STORED GENERATED/\\N";
    let found = told(
        on,
        "10.11.19-MariaDB",
        &[
            (
                Asked::Tables,
                &["d/t/SYSTEM VERSIONED/InnoDB/utf8mb4_general_ci//"],
            ),
            (
                Asked::Columns,
                &[
                    "d/t/1/id/int(11)/NO/\\N//\\N/\\N//\\N",
                    "d/t/2/n/int(11)/NO/nextval(`d`.`s`)//\\N/\\N//\\N",
                    &format!("d/t/3/since/{times}/ROW START//\\N"),
                    &format!("d/t/4/till/{times}/ROW END//\\N"),
                ],
            ),
            (
                Asked::Indexes,
                &[
                    "d/t/PRIMARY/1/0/id/A/\\N/BTREE//NO/\\N",
                    "d/t/PRIMARY/2/0/till/A/\\N/BTREE//NO/\\N",
                ],
            ),
        ],
    );
    assert_eq!(
        remade(on, &found),
        "CREATE TABLE `t` (\n  `id` int NOT NULL,\n  \
         `n` int NOT NULL DEFAULT (nextval(`s`)),\n  \
         `since` timestamp(6) GENERATED ALWAYS AS ROW START,\n  \
         `till` timestamp(6) GENERATED ALWAYS AS ROW END,\n  PRIMARY KEY (`id`),\n  \
         PERIOD FOR SYSTEM_TIME (`since`, `till`)\n) \
         WITH SYSTEM VERSIONING"
    );
}

#[test]
fn events_and_packages_are_noted_with_their_texts() {
    let event = "d/e/u@%/\\N/1/DAY/2030-01-01 00:00:00/\\N/PRESERVE/DISABLED/it's/DELETE FROM t";
    let once = "d/f/v@h/2030-01-01 00:00:00/\\N/\\N/\\N/\\N/NOT PRESERVE/ENABLED//SELECT 1";
    let package = "d/pk/package/pk/as function f return int; end/NO/CONTAINS SQL/DEFINER//u@%/";
    let found = told(
        MySql::MARIADB,
        "10.11.19-MariaDB",
        &[
            (Asked::Events, &[event, once]),
            (Asked::Routines, &[package]),
        ],
    );
    let made: Vec<&str> = found.objects.iter().map(|o| o.sql.as_str()).collect();
    assert_eq!(
        made,
        [
            "CREATE PACKAGE `pk` as function f return int; end",
            "CREATE EVENT `e` ON SCHEDULE EVERY '1' DAY STARTS '2030-01-01 00:00:00' \
             ON COMPLETION PRESERVE DISABLE COMMENT 'it''s' DO DELETE FROM t",
            "CREATE DEFINER=`v`@`h` EVENT `f` ON SCHEDULE AT '2030-01-01 00:00:00' DO SELECT 1",
        ]
    );
    let noted: Vec<&str> = found
        .unmanaged
        .iter()
        .map(|note| note.kind.as_str())
        .collect();
    assert_eq!(noted, ["event", "event", "package"]);
    assert_eq!(
        remade(MySql::MARIADB, &found),
        "CREATE PACKAGE `pk` as function f return int; end"
    );
}

#[test]
fn json_in_another_character_set_and_trees_in_memory_come_back_as_they_were() {
    let on = MySql::MARIADB;
    let found = told(
        on,
        "10.11.19-MariaDB",
        &[
            (
                Asked::Tables,
                &["d/t/BASE TABLE/MEMORY/utf8mb4_general_ci//"],
            ),
            (
                Asked::Columns,
                &[
                    "d/t/1/a/longtext/YES/NULL//latin1_bin/\\N//\\N",
                    "d/t/2/b/longtext/YES/NULL//utf8mb4_bin/\\N//\\N",
                ],
            ),
            (
                Asked::Indexes,
                &[
                    "d/t/tree/1/1/a/A/9/BTREE//NO/\\N",
                    "d/t/hash/1/1/b/A/9/HASH//NO/\\N",
                ],
            ),
            (
                Asked::Checks,
                &[
                    "d/t/a/json_valid(`a`)/Column",
                    // The column was called `old` before.
                    "d/t/old/json_valid(`b`)/Column",
                ],
            ),
        ],
    );
    let table = found.schema.table(&"t".into()).unwrap();
    assert!(table.columns.iter().all(|c| c.ty == ColumnType::Json));
    assert!(table.checks.is_empty());
    assert_eq!(
        remade(on, &found),
        "CREATE TABLE `t` (\n  \
         `a` longtext CHARACTER SET latin1 COLLATE latin1_bin CHECK (json_valid(`a`)),\n  \
         `b` json,\n  KEY `hash` (`b`(9)),\n  KEY `tree` (`a`(9)) USING BTREE\n) ENGINE=MEMORY"
    );
}

#[test]
fn a_value_is_no_comment_of_its_type() {
    let odd = "enum('/* ok','*/')";
    let text = include_str!("tests/mariadb.tsv").replace("enum('ok','it''s')", odd);
    let found = snapshot(MySql::MARIADB, &Scope::default(), rows(&text)).unwrap();
    let mood = child(&found).column("mood").unwrap();
    assert_eq!(mood.ty, ColumnType::Custom(odd.into()));
    let noted = |name: &str| found.unmanaged.iter().any(|note| note.name == name);
    assert!(!noted("child.mood"), "{:?}", found.unmanaged);
}
