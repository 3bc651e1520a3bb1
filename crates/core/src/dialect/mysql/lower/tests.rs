//! The statements of each kind of operation.

use super::{MySql, lower, remake, together};
use crate::change::{Change, Pair};
use crate::dialect::{ObjectKind, Snapshot, SqlObject};
use crate::diff::{Renames, diff};
use crate::hazard::HazardKind;
use crate::operation::{Operation, RawSql, reverse_all};
use crate::schema::{
    Check, Column, ColumnType, DefaultValue, EnumType, ForeignKey, Generated, Index, IndexKey,
    Literal, PrimaryKey, ReferentialAction, Schema, Table, Unique,
};

fn text(value: &str) -> DefaultValue {
    DefaultValue::Literal(Literal::Text(value.into()))
}

fn column(name: &str, spelling: &str) -> Column {
    Column::new(name, ColumnType::Custom(spelling.into()))
}

fn nullable(name: &str, spelling: &str) -> Column {
    Column {
        nullable: true,
        ..column(name, spelling)
    }
}

fn computed(name: &str, expression: &str, stored: bool) -> Column {
    Column {
        generated: Some(Generated {
            expression: expression.into(),
            stored,
        }),
        ..nullable(name, "mediumint")
    }
}

fn foreign_key(name: &str, columns: &[&str], to: &str) -> ForeignKey {
    ForeignKey {
        name: Some(name.into()),
        ..ForeignKey::new(columns.iter().copied(), to, ["id"])
    }
}

fn index(name: &str, columns: &[&str]) -> Index {
    Index {
        name: Some(name.into()),
        ..Index::on(columns.iter().copied())
    }
}

fn check(name: &str, expression: &str) -> Check {
    Check {
        name: Some(name.into()),
        ..Check::new(expression)
    }
}

/// `p(id, k)`.
fn parent() -> Table {
    let mut table = Table::new("p");
    table.columns = vec![column("id", "mediumint"), nullable("k", "varchar(10)")];
    table.primary_key = Some(PrimaryKey::on(["id"]));
    table
}

/// `c(id, a, b, s)` as a case wants it.
fn child(change: impl FnOnce(&mut Table)) -> Table {
    let mut table = Table::new("c");
    table.columns = vec![
        column("id", "mediumint"),
        nullable("a", "mediumint"),
        nullable("b", "mediumint"),
        nullable("s", "varchar(20)"),
    ];
    table.primary_key = Some(PrimaryKey::on(["id"]));
    change(&mut table);
    table
}

fn schema(tables: impl IntoIterator<Item = Table>) -> Schema {
    let mut schema = Schema::default();
    for table in tables {
        schema.insert(table);
    }
    schema
}

fn snapshot(schema: Schema) -> Snapshot {
    Snapshot {
        schema,
        ..Snapshot::default()
    }
}

fn statements(on: MySql, before: &Snapshot, operations: &[Operation]) -> Vec<String> {
    let lowered = lower(on, before, operations).unwrap();
    let described: usize = operations.iter().map(|o| o.describe().len()).sum();
    assert_eq!(lowered.plan.steps.len(), described);
    lowered.plan.statements().map(|s| s.sql.clone()).collect()
}

/// The statements from one schema to another, and those of the way back.
fn both_ways(on: MySql, from: Schema, to: Schema) -> (Vec<String>, Vec<String>) {
    let operations = diff(Pair::new(&from, &to), &Renames::default());
    let before = snapshot(from);
    let after = lower(on, &before, &operations).unwrap().after;
    let up = statements(on, &before, &operations);
    let down = statements(on, &after, &reverse_all(operations));
    (up, down)
}

fn maria(from: Table, to: Table) -> (Vec<String>, Vec<String>) {
    both_ways(
        MySql::MARIADB,
        schema([parent(), from]),
        schema([parent(), to]),
    )
}

/// MariaDB refuses a foreign key to a key of its own table that the same
/// statement makes, and to drop one together with such a key.
#[test]
fn a_foreign_key_waits_for_the_key_of_its_own_table() {
    let from = child(|t| t.primary_key = Some(PrimaryKey::on(["a"])));
    let to = child(|t| {
        t.columns[1].nullable = false;
        t.foreign_keys = vec![foreign_key("k", &["b"], "c")];
    });
    let (up, down) = maria(from, to);
    let first = down.first().unwrap();
    assert!(first.contains("DROP FOREIGN KEY `k`"), "{down:#?}");
    assert!(!first.contains("PRIMARY KEY"), "{down:#?}");
    let last = up.last().unwrap();
    assert!(last.contains("ADD CONSTRAINT `k`"), "{up:#?}");
    assert!(!last.contains("PRIMARY KEY"), "{up:#?}");
}

/// MariaDB looks at the old types of the columns of its own table that a foreign
/// key refers to.
#[test]
fn a_foreign_key_waits_for_the_types_of_its_own_table() {
    let to = child(|t| {
        t.columns[0].ty = ColumnType::Custom("bigint".into());
        t.columns[2].ty = ColumnType::Custom("bigint".into());
        t.foreign_keys = vec![foreign_key("k", &["b"], "c")];
    });
    let (up, _) = maria(child(|_| ()), to);
    let last = up.last().unwrap();
    assert!(last.contains("ADD CONSTRAINT `k`"), "{up:#?}");
    assert!(!last.contains("MODIFY"), "{up:#?}");
}

/// What is asked to let writers in is done so or not at all; nothing else of the
/// batch has to.
#[test]
fn an_index_beside_writers_says_how() {
    let to = child(|t| {
        t.columns.push(nullable("n", "int"));
        let mut tree = index("i", &["a"]);
        tree.concurrently = true;
        let mut full = index("f", &["s"]);
        full.method = Some("fulltext".into());
        full.concurrently = true;
        t.indexes = vec![full, tree, index("z", &["b"])];
    });
    let (up, down) = maria(child(|_| ()), to);
    let expected = [
        "ALTER TABLE `c` ADD COLUMN `n` int",
        "ALTER TABLE `c` ADD FULLTEXT KEY `f` (`s`), ALGORITHM=INPLACE, LOCK=SHARED",
        "ALTER TABLE `c` ADD KEY `i` (`a`), ALGORITHM=INPLACE, LOCK=NONE",
        "ALTER TABLE `c` ADD KEY `z` (`b`)",
    ];
    assert_eq!(up, expected);
    let expected = [
        "ALTER TABLE `c` DROP KEY `z`",
        "ALTER TABLE `c` DROP KEY `i`, ALGORITHM=INPLACE, LOCK=NONE",
        "ALTER TABLE `c` DROP KEY `f`, ALGORITHM=INPLACE, LOCK=SHARED",
        "ALTER TABLE `c` DROP COLUMN `n`",
    ];
    assert_eq!(down, expected);
}

#[test]
fn a_table_is_created_with_everything() {
    let table = child(|t| {
        t.columns[0].autoincrement = true;
        t.columns.push(Column {
            default: Some(text("it's \\ x")),
            comment: Some("c\\o'm".into()),
            collation: Some("latin1_bin".into()),
            ..column("d1", "varchar(30)")
        });
        t.columns.push(Column {
            default: Some(DefaultValue::Expression("CURRENT_TIMESTAMP(3)".into())),
            extra: Some("ON UPDATE CURRENT_TIMESTAMP(3) INVISIBLE".into()),
            ..column("d2", "datetime(3)")
        });
        t.columns.push(Column {
            default: Some(text("x")),
            extra: Some("CHARACTER SET latin1".into()),
            ..nullable("d3", "text")
        });
        t.columns.push(nullable("d4", "timestamp"));
        t.columns.push(computed("g", "`a` + 1", true));
        t.uniques = vec![Unique {
            name: Some("u".into()),
            ..Unique::on(["a"])
        }];
        let mut prefixed = index("i", &["s", "d3"]);
        prefixed.keys[0].descending = true;
        prefixed.keys[1].prefix = Some(5);
        let mut full = index("f", &["d3"]);
        full.method = Some("fulltext".into());
        full.extra = Some("COMMENT 'x'".into());
        t.indexes = vec![full, prefixed];
        let mut key = foreign_key("k", &["b"], "p");
        key.on_delete = ReferentialAction::SetNull;
        t.foreign_keys = vec![key];
        t.checks = vec![check("ck", "`a` > 0")];
        t.comment = Some("it's".into());
        t.options.engine = Some("InnoDB".into());
        t.options.charset = Some("utf8mb4".into());
        t.options.collation = Some("utf8mb4_bin".into());
        t.options.extra = Some("ROW_FORMAT=DYNAMIC".into());
    });
    let create = |on| {
        let operation = Operation::CreateTable(table.clone());
        statements(on, &snapshot(schema([parent()])), &[operation]).concat()
    };
    let expected = "CREATE TABLE `c` (\n  \
        `id` mediumint NOT NULL AUTO_INCREMENT,\n  \
        `a` mediumint,\n  \
        `b` mediumint,\n  \
        `s` varchar(20),\n  \
        `d1` varchar(30) COLLATE latin1_bin NOT NULL DEFAULT 'it''s \\\\ x' COMMENT 'c\\\\o''m',\n  \
        `d2` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3) \
        INVISIBLE,\n  \
        `d3` text CHARACTER SET latin1 DEFAULT 'x',\n  \
        `d4` timestamp NULL,\n  \
        `g` mediumint GENERATED ALWAYS AS (`a` + 1) STORED,\n  \
        PRIMARY KEY (`id`),\n  \
        UNIQUE KEY `u` (`a`),\n  \
        FULLTEXT KEY `f` (`d3`) COMMENT 'x',\n  \
        KEY `i` (`s` DESC, `d3`(5)),\n  \
        CONSTRAINT `k` FOREIGN KEY (`b`) REFERENCES `p` (`id`) ON DELETE SET NULL,\n  \
        CONSTRAINT `ck` CHECK (`a` > 0)\n\
        ) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='it''s' ROW_FORMAT=DYNAMIC";
    let plain = |sql: String| sql.replace(" ENGINE=InnoDB", "");
    assert_eq!(plain(create(MySql::MARIADB)), expected);
    let mysql = expected.replace("latin1 DEFAULT 'x'", "latin1 DEFAULT ('x')");
    assert_eq!(plain(create(MySql::MYSQL)), mysql);
}

#[test]
fn one_batch_is_one_statement_that_says_all_of_a_column_again() {
    let (up, down) = maria(
        child(|t| {
            t.columns[1].comment = Some("x".into());
            t.columns[1].default = Some(DefaultValue::Literal(Literal::Integer(3)));
        }),
        child(|t| {
            t.columns[1] = Column {
                comment: Some("x".into()),
                default: Some(DefaultValue::Literal(Literal::Integer(3))),
                ..nullable("a", "bigint")
            };
            t.columns.remove(2);
            t.columns.push(nullable("n", "mediumint"));
            t.indexes = vec![index("i", &["n"])];
            t.checks = vec![check("ck", "`n` > 0")];
            t.comment = Some("new".into());
        }),
    );
    assert_eq!(
        up,
        ["ALTER TABLE `c` DROP COLUMN `b`, \
          MODIFY COLUMN `a` bigint DEFAULT 3 COMMENT 'x', ADD COLUMN `n` mediumint, \
          ADD KEY `i` (`n`), ADD CONSTRAINT `ck` CHECK (`n` > 0), COMMENT='new'"]
    );
    assert_eq!(
        down,
        [
            "ALTER TABLE `c` DROP CONSTRAINT `ck`, DROP KEY `i`, DROP COLUMN `n`, \
          MODIFY COLUMN `a` mediumint DEFAULT 3 COMMENT 'x', ADD COLUMN `b` mediumint, COMMENT=''"
        ]
    );
}

#[test]
fn keys_and_numbering_come_and_go_together() {
    let (up, down) = maria(
        child(|_| {}),
        child(|t| {
            t.columns[0].autoincrement = true;
            t.columns[1].nullable = false;
            t.primary_key = Some(PrimaryKey::on(["a", "id"]));
            t.indexes = vec![index("i", &["id"])];
        }),
    );
    assert_eq!(
        up,
        ["ALTER TABLE `c` DROP PRIMARY KEY, \
          MODIFY COLUMN `id` mediumint NOT NULL AUTO_INCREMENT, \
          MODIFY COLUMN `a` mediumint NOT NULL, ADD PRIMARY KEY (`a`, `id`), ADD KEY `i` (`id`)"]
    );
    assert_eq!(
        down,
        ["ALTER TABLE `c` DROP KEY `i`, DROP PRIMARY KEY, \
          MODIFY COLUMN `id` mediumint NOT NULL, MODIFY COLUMN `a` mediumint, \
          ADD PRIMARY KEY (`id`)"]
    );
}

#[test]
fn an_index_that_a_foreign_key_needs_has_a_replacement() {
    let keyed = |t: &mut Table| t.foreign_keys = vec![foreign_key("k", &["a"], "p")];
    let (up, down) = maria(
        child(keyed),
        child(|t| {
            keyed(t);
            t.indexes = vec![index("i", &["a", "b"])];
        }),
    );
    assert_eq!(up, ["ALTER TABLE `c` DROP KEY `k`, ADD KEY `i` (`a`, `b`)"]);
    assert_eq!(down, ["ALTER TABLE `c` DROP KEY `i`, ADD KEY `k` (`a`)"]);
    let (up, down) = maria(child(keyed), child(|_| {}));
    assert_eq!(up, ["ALTER TABLE `c` DROP FOREIGN KEY `k`, DROP KEY `k`"]);
    let add = "ADD CONSTRAINT `k` FOREIGN KEY (`a`) REFERENCES `p` (`id`)";
    assert_eq!(down, [format!("ALTER TABLE `c` {add}")]);
}

#[test]
fn a_foreign_key_that_changes_goes_before_it_comes() {
    let with = |action| {
        child(|t| {
            let mut key = foreign_key("k", &["a"], "p");
            key.on_delete = action;
            t.foreign_keys = vec![key];
        })
    };
    let (up, down) = maria(
        with(ReferentialAction::NoAction),
        with(ReferentialAction::Cascade),
    );
    let add = "ALTER TABLE `c` ADD CONSTRAINT `k` FOREIGN KEY (`a`) REFERENCES `p` (`id`)";
    let drop = "ALTER TABLE `c` DROP FOREIGN KEY `k`";
    assert_eq!(up, [drop.to_owned(), format!("{add} ON DELETE CASCADE")]);
    assert_eq!(down, [drop, add]);
}

#[test]
fn foreign_keys_are_away_while_both_of_their_columns_change() {
    let tables = |spelling: &str| {
        let mut p = parent();
        p.columns[0] = column("id", spelling);
        let c = child(|t| {
            t.columns[1] = nullable("a", spelling);
            t.foreign_keys = vec![foreign_key("k", &["a"], "p")];
        });
        schema([p, c])
    };
    let from = tables("mediumint");
    let (up, _) = both_ways(MySql::MYSQL, from.clone(), tables("bigint"));
    assert_eq!(
        up,
        [
            "ALTER TABLE `c` DROP FOREIGN KEY `k`",
            "ALTER TABLE `c` MODIFY COLUMN `a` bigint",
            "ALTER TABLE `p` MODIFY COLUMN `id` bigint NOT NULL",
            "ALTER TABLE `c` ADD CONSTRAINT `k` FOREIGN KEY (`a`) REFERENCES `p` (`id`)",
        ]
    );
    let mut one = tables("mediumint");
    if let Some(p) = one.tables.get_mut(&"p".into()) {
        p.columns[0] = column("id", "bigint");
    }
    let operations = diff(Pair::new(&from, &one), &Renames::default());
    let refused = lower(MySql::MYSQL, &snapshot(from), &operations).unwrap_err();
    assert_eq!(
        refused.message,
        "foreign key `k` needs one type on both sides: `c.a` would be `mediumint`, `p.id` `bigint`"
    );
}

#[test]
fn rows_get_what_they_shall_have() {
    let (up, _) = maria(
        child(|t| {
            t.columns.push(Column {
                extra: Some("ON UPDATE CURRENT_TIMESTAMP".into()),
                ..nullable("at", "datetime")
            });
        }),
        child(|t| {
            t.columns[1] = Column {
                fill: Some(DefaultValue::Literal(Literal::Integer(7))),
                ..column("a", "mediumint")
            };
            t.columns.push(Column {
                extra: Some("ON UPDATE CURRENT_TIMESTAMP".into()),
                ..nullable("at", "datetime")
            });
            t.columns.push(Column {
                fill: Some(text("x")),
                ..column("x", "text")
            });
            t.columns.push(Column {
                fill: Some(DefaultValue::Expression("`id` + 1".into())),
                ..column("y", "mediumint")
            });
        }),
    );
    assert_eq!(
        up,
        [
            "UPDATE `c` SET `a` = 7, `at` = `at` WHERE `a` IS NULL",
            "ALTER TABLE `c` ADD COLUMN `x` text NOT NULL DEFAULT 'x'",
            "ALTER TABLE `c` ADD COLUMN `y` mediumint",
            "UPDATE `c` SET `y` = (`id` + 1), `at` = `at`",
            "ALTER TABLE `c` MODIFY COLUMN `a` mediumint NOT NULL, \
             MODIFY COLUMN `x` text NOT NULL, MODIFY COLUMN `y` mediumint NOT NULL",
        ]
    );
    let (up, _) = maria(
        child(|_| {}),
        child(|t| t.columns.push(column("x", "mediumint"))),
    );
    assert_eq!(
        up,
        [
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM `c`) THEN (SELECT 1 UNION ALL SELECT 2) END",
            "ALTER TABLE `c` ADD COLUMN `x` mediumint NOT NULL",
        ]
    );
}

#[test]
fn computed_columns_are_made_again_where_they_cannot_change() {
    let (up, _) = maria(
        child(|t| {
            t.columns.insert(1, computed("v", "`a` + 1", false));
            t.columns.push(computed("w", "`v` + 1", true));
            t.indexes = vec![index("i", &["v"])];
        }),
        child(|t| {
            t.columns.insert(1, computed("v", "`a` + 1", true));
            t.columns.push(computed("w", "`v` + 1", true));
            t.indexes = vec![index("i", &["v"])];
        }),
    );
    assert_eq!(
        up,
        [
            "ALTER TABLE `c` DROP KEY `i`, DROP COLUMN `w`, DROP COLUMN `v`, \
          ADD COLUMN `v` mediumint GENERATED ALWAYS AS (`a` + 1) STORED AFTER `id`, \
          ADD COLUMN `w` mediumint GENERATED ALWAYS AS (`v` + 1) STORED AFTER `s`, \
          ADD KEY `i` (`v`)"
        ]
    );
    let (up, _) = maria(
        child(|t| t.columns.push(computed("v", "`a` + 1", false))),
        child(|t| t.columns.push(nullable("v", "mediumint"))),
    );
    assert_eq!(
        up,
        [
            "ALTER TABLE `c` ADD COLUMN `_aludel_v` mediumint",
            "UPDATE `c` SET `_aludel_v` = `v`",
            "ALTER TABLE `c` DROP COLUMN `v`, \
             CHANGE COLUMN `_aludel_v` `v` mediumint AFTER `s`",
        ]
    );
}

#[test]
fn columns_follow_the_collation_of_their_table() {
    let with = |collation: &str| {
        child(|t| {
            t.options.charset = collation.split('_').next().map(str::to_owned);
            t.options.collation = Some(collation.into());
            t.columns.push(Column {
                collation: Some("ascii_bin".into()),
                ..nullable("x", "text")
            });
        })
    };
    let (up, _) = maria(with("latin1_swedish_ci"), with("utf8mb4_bin"));
    assert_eq!(
        up,
        [
            "ALTER TABLE `c` MODIFY COLUMN `s` varchar(20) COLLATE utf8mb4_bin, \
          DEFAULT COLLATE utf8mb4_bin"
        ]
    );
}

#[test]
fn renames_keep_what_the_server_would_not() {
    let table = child(|t| {
        t.foreign_keys = vec![foreign_key("c_ibfk_1", &["a"], "p")];
        t.checks = vec![check("ck", "`b` > 0"), check("c_chk_1", "`a` > 0")];
        t.columns.push(computed("g", "`b` + 1", true));
        t.columns.push(Column {
            default: Some(DefaultValue::Expression("`b` + 2".into())),
            ..nullable("d", "mediumint")
        });
        let mut over = index("e", &[]);
        over.keys = vec![IndexKey::expression("`g` + `b`")];
        t.indexes = vec![over];
    });
    let before = snapshot(schema([parent(), table]));
    let operations = [
        Operation::RenameTable(Pair::new("c".into(), "d".into())),
        Operation::AlterTable {
            table: "d".into(),
            changes: vec![crate::operation::TableChange::Column(Change::Rename(
                Pair::new("b".into(), "bb".into()),
            ))],
        },
    ];
    let key = "DROP FOREIGN KEY `d_ibfk_1`, ADD CONSTRAINT `c_ibfk_1` FOREIGN KEY (`a`) REFERENCES \
               `p` (`id`)";
    let rename = "RENAME TABLE `c` TO `d`";
    assert_eq!(
        statements(MySql::MYSQL, &before, &operations),
        [
            rename.to_owned(),
            format!(
                "ALTER TABLE `d` {key}, RENAME INDEX `a` TO `c_ibfk_1`, DROP CHECK `d_chk_1`, \
                 ADD CONSTRAINT `c_chk_1` CHECK (`a` > 0)"
            ),
            "ALTER TABLE `d` DROP CHECK `ck`, DROP KEY `e`, DROP COLUMN `g`, \
             RENAME COLUMN `b` TO `bb`, \
             ADD COLUMN `g` mediumint GENERATED ALWAYS AS (`bb` + 1) STORED AFTER `s`, \
             MODIFY COLUMN `d` mediumint DEFAULT (`bb` + 2), \
             ADD CONSTRAINT `ck` CHECK (`bb` > 0), ADD KEY `e` ((`g` + `bb`))"
                .to_owned(),
        ]
    );
    assert_eq!(
        statements(MySql::MARIADB, &before, &operations),
        [
            rename,
            &format!("ALTER TABLE `d` {key}, RENAME INDEX `a` TO `c_ibfk_1`"),
            "ALTER TABLE `d` COMMENT=''",
            "ALTER TABLE `d` RENAME COLUMN `b` TO `bb`",
        ]
    );
}

#[test]
fn checks_that_mariadb_keeps_with_their_column_are_said_with_it() {
    let with = |expression: &str| {
        child(|t| {
            t.checks = vec![Check {
                extra: Some("COLUMN".into()),
                ..check("a", expression)
            }];
        })
    };
    let (up, _) = maria(with("`a` > 0"), with("`a` > 1"));
    assert_eq!(
        up,
        ["ALTER TABLE `c` MODIFY COLUMN `a` mediumint CHECK (`a` > 1)"]
    );
    let (up, _) = maria(with("`a` > 0"), child(|_| {}));
    assert_eq!(up, ["ALTER TABLE `c` MODIFY COLUMN `a` mediumint"]);
}

/// The server keeps the name that the column had.
#[test]
fn a_check_stays_with_a_column_that_got_another_name() {
    let kept = |ty: &str| {
        child(|t| {
            let mut own = check("weight", "`a` > 0");
            own.extra = Some("COLUMN".into());
            t.checks = vec![own];
            t.columns.push(nullable("weight", "int"));
            for column in t.columns.iter_mut().filter(|c| c.name == "a") {
                column.ty = ColumnType::Custom(ty.into());
            }
        })
    };
    let (up, _) = maria(kept("int"), kept("mediumint"));
    assert_eq!(
        up,
        ["ALTER TABLE `c` MODIFY COLUMN `a` mediumint CHECK (`a` > 0)"]
    );
    let mut other = kept("int");
    for column in other.columns.iter_mut().filter(|c| c.name == "weight") {
        column.ty = ColumnType::Custom("mediumint".into());
    }
    let (up, _) = maria(kept("int"), other);
    assert_eq!(up, ["ALTER TABLE `c` MODIFY COLUMN `weight` mediumint"]);
}

#[test]
fn views_and_triggers_that_lose_a_name_are_refused() {
    let object = |kind, name: &str, table: &str, sql: &str| SqlObject {
        kind,
        name: name.into(),
        table: table.into(),
        sql: sql.into(),
    };
    let before = |sql: &str| Snapshot {
        schema: schema([parent(), child(|_| {})]),
        objects: vec![if sql.contains("TRIGGER") {
            object(ObjectKind::Trigger, "tr", "c", sql)
        } else {
            object(ObjectKind::View, "v", "v", sql)
        }],
        ..Snapshot::default()
    };
    let view = "CREATE VIEW `v` AS select `x`.`a` AS `b` from (`c` `x` join `p` on(`p`.`id` = 1))";
    let trigger = "CREATE TRIGGER `tr` BEFORE INSERT ON `c` FOR EACH ROW SET NEW.b = 1";
    let (from, drop_a, drop_b, drop_s) = (
        schema([parent(), child(|_| {})]),
        child(|t| {
            t.columns.remove(1);
        }),
        child(|t| {
            t.columns.remove(2);
        }),
        child(|t| {
            t.columns.remove(3);
        }),
    );
    for (sql, to, refused) in [
        (
            view,
            schema([parent(), drop_a.clone()]),
            Some("view `v` names column `c.a`, which is dropped"),
        ),
        (view, schema([parent(), drop_b.clone()]), None),
        (view, schema([parent(), drop_s]), None),
        (
            view,
            schema([parent()]),
            Some("view `v` names table `c`, which is dropped"),
        ),
        (
            trigger,
            schema([parent(), drop_b]),
            Some("trigger `tr` names column `c.b`, which is dropped"),
        ),
        (trigger, schema([parent(), drop_a]), None),
        (trigger, schema([parent()]), None),
    ] {
        let operations = diff(Pair::new(&from, &to), &Renames::default());
        let done = lower(MySql::MARIADB, &before(sql), &operations);
        let message = done.as_ref().err().map(|e| e.message.as_str());
        assert_eq!(message, refused, "{sql}");
        if let Ok(lowered) = done
            && to.tables.len() == 1
        {
            assert!(lowered.after.objects.is_empty());
        }
    }
}

#[test]
fn hazards_stand_at_the_statement_that_has_them() {
    let from = schema([parent(), child(|_| {})]);
    let to = schema([
        parent(),
        child(|t| {
            t.columns[1] = nullable("a", "int");
            t.columns.remove(2);
        }),
    ]);
    let operations = diff(Pair::new(&from, &to), &Renames::default());
    let lowered = crate::dialect::Dialect::lower(&MySql::MARIADB, &snapshot(from), &operations);
    let lowered = lowered.unwrap();
    let kinds: Vec<HazardKind> = lowered
        .plan
        .statements()
        .flat_map(|s| &s.hazards)
        .map(|h| h.kind)
        .collect();
    assert!(kinds.contains(&HazardKind::DeletesData));
    assert!(kinds.contains(&HazardKind::RewritesTable));
}

#[test]
fn sql_of_ones_own_stands_alone_and_enum_types_are_no_statements() {
    let raw = |dialect| {
        Operation::Execute(RawSql {
            name: None,
            sql: "SELECT 1; SELECT 2".into(),
            reverse: None,
            dialect,
        })
    };
    let mood = Operation::Enum(Change::Add(EnumType {
        name: "mood".into(),
        values: vec!["a".into()],
    }));
    let operations = [mood, raw(Some("sqlite")), raw(Some("mysql")), raw(None)];
    let before = Snapshot::default();
    assert_eq!(together(&operations), 2);
    assert_eq!(together(&operations[2..]), 1);
    assert_eq!(
        statements(MySql::MYSQL, &before, &operations[..3]),
        ["SELECT 1", "SELECT 2"]
    );
}

#[test]
fn a_copy_is_made_of_tables_then_foreign_keys_then_the_rest() {
    let mut p = parent();
    p.columns.push(nullable("c_id", "mediumint"));
    p.foreign_keys = vec![foreign_key("kp", &["c_id"], "c")];
    let c = child(|t| {
        t.foreign_keys = vec![
            foreign_key("k", &["a"], "p"),
            foreign_key("own", &["b"], "c"),
        ];
    });
    let view = SqlObject {
        kind: ObjectKind::View,
        name: "v".into(),
        table: "v".into(),
        sql: "CREATE VIEW `v` AS select 1".into(),
    };
    let made = remake(
        MySql::MARIADB,
        &Snapshot {
            schema: schema([p, c]),
            objects: vec![view],
            ..Snapshot::default()
        },
    )
    .unwrap();
    let made: Vec<&str> = made.iter().map(|s| s.sql.as_str()).collect();
    assert!(made[0].starts_with("CREATE TABLE `c`") && made[0].contains("CONSTRAINT `own`"));
    assert!(made[1].starts_with("CREATE TABLE `p`") && made[1].contains("CONSTRAINT `kp`"));
    assert_eq!(
        made[2..],
        [
            "ALTER TABLE `c` ADD CONSTRAINT `k` FOREIGN KEY (`a`) REFERENCES `p` (`id`)",
            "CREATE VIEW `v` AS select 1",
        ]
    );
}

#[test]
fn what_the_database_has_no_way_for_is_refused() {
    let mut over = index("e", &[]);
    over.keys = vec![IndexKey::expression("`a` + 1")];
    let table = child(|t| t.indexes = vec![over]);
    let create = [Operation::CreateTable(table)];
    let refused = lower(MySql::MARIADB, &Snapshot::default(), &create).unwrap_err();
    assert_eq!(
        refused.message,
        "MariaDB indexes no expressions: index `e` of `c` has one"
    );
    assert!(lower(MySql::MYSQL, &Snapshot::default(), &create).is_ok());
}
