use super::*;
use crate::dialect::Server;
use crate::schema::{Generated, Index, PrimaryKey, Schema, Unique};

fn schema() -> Schema {
    let mut t = Table::new("t");
    let column = |name: &str, ty: ColumnType| {
        let mut column = Column::new(name, ty);
        column.nullable = true;
        column
    };
    t.columns = vec![
        Column::new("id", ColumnType::Integer),
        column("a", ColumnType::Integer),
        column("b", ColumnType::Varchar(Some(20))),
        column("w", ColumnType::Varchar(Some(40))),
        Column::new("n", ColumnType::Integer),
        column("e", ColumnType::Custom("enum('x','y')".into())),
        column("m", ColumnType::Integer),
    ];
    t.primary_key = Some(PrimaryKey::on(["id"]));
    t.uniques = vec![Unique::on(["n"])];
    t.indexes = vec![Index::on(["b"]), Index::on(["m", "w"])];
    let mut schema = Schema::default();
    let mut computed = t.clone();
    computed.name = "computed".into();
    computed.columns.push(Column {
        generated: Some(Generated {
            expression: crate::schema::Expression::new("a + 1"),
            stored: true,
        }),
        ..column("g", ColumnType::Integer)
    });
    schema.insert(t);
    schema.insert(computed);
    schema
}

/// Whether rows are written again, and whether writers wait.
fn told(on: MySql, clauses: &str) -> (bool, bool) {
    let server = Server {
        version: if on.is_mariadb() {
            (10, 11, 0)
        } else {
            (9, 7, 0)
        },
        collation: "utf8mb4_general_ci".into(),
        ..Server::default()
    };
    let schema = schema();
    let ground = Ground::new(&server, &|_| false).with(&schema);
    let found = judge(on, &format!("ALTER TABLE t {clauses}"), &ground);
    let has = |kind| found.iter().any(|f| f.hazard.kind == kind);
    (
        has(HazardKind::RewritesTable),
        has(HazardKind::BlocksWrites),
    )
}

const BESIDE: (bool, bool) = (false, false);
const REBUILT: (bool, bool) = (true, false);
const COPIED: (bool, bool) = (true, true);

#[test]
fn both_servers_change_some_things_at_once_and_copy_for_others() {
    for on in [MySql::MARIADB, MySql::MYSQL] {
        for (clauses, wanted) in [
            ("ADD COLUMN z int NOT NULL DEFAULT 5", BESIDE),
            (
                "ADD COLUMN z timestamp NOT NULL DEFAULT current_timestamp() AFTER a",
                BESIDE,
            ),
            ("ADD COLUMN z int AS (a + 1) STORED", COPIED),
            ("ADD COLUMN z int AS (a + 1) VIRTUAL", BESIDE),
            ("ADD COLUMN z int, ADD INDEX z (z)", REBUILT),
            ("ADD INDEX i (a)", BESIDE),
            ("ADD FULLTEXT INDEX i (b)", COPIED),
            ("ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES p (id)", COPIED),
            ("ADD CONSTRAINT c CHECK (a > 0)", COPIED),
            ("DROP COLUMN a", BESIDE),
            ("DROP COLUMN m", REBUILT),
            ("MODIFY a int NOT NULL", REBUILT),
            ("MODIFY n int NULL", REBUILT),
            ("MODIFY COLUMN a bigint", COPIED),
            ("CHANGE b bb varchar(20)", BESIDE),
            ("MODIFY b varchar(63)", BESIDE),
            ("MODIFY w varchar(64)", COPIED),
            ("MODIFY e enum('x','y','z')", BESIDE),
            ("MODIFY e enum('z','x','y')", COPIED),
            ("DROP PRIMARY KEY, ADD PRIMARY KEY (n)", REBUILT),
            ("RENAME COLUMN a TO aa", BESIDE),
            ("CONVERT TO CHARACTER SET latin1", COPIED),
            ("ENGINE=InnoDB", REBUILT),
            ("COMMENT = 'x'", BESIDE),
        ] {
            assert_eq!(told(on, clauses), wanted, "{} {clauses}", on.is_mariadb());
        }
    }
}

#[test]
fn the_two_differ() {
    for (clauses, maria, mysql) in [
        ("MODIFY b varchar(70)", BESIDE, COPIED),
        ("DROP COLUMN n", BESIDE, REBUILT),
        ("ADD COLUMN z int CHECK (z > 0)", BESIDE, COPIED),
        ("DROP PRIMARY KEY", REBUILT, COPIED),
        ("MODIFY a int AFTER b", BESIDE, REBUILT),
    ] {
        assert_eq!(told(MySql::MARIADB, clauses), maria, "{clauses}");
        assert_eq!(told(MySql::MYSQL, clauses), mysql, "{clauses}");
    }
}
