use super::*;
use crate::dialect::Server;
use crate::schema::{Check, Expression, Generated, Index, PrimaryKey, Schema, Unique};

fn schema() -> Schema {
    let mut t = Table::new("t");
    let column = |name: &str, ty: ColumnType| {
        let mut column = Column::new(name, ty);
        column.nullable = true;
        column
    };
    t.columns = vec![
        Column::new("id", ColumnType::Integer),
        column("name", ColumnType::Varchar(Some(20))),
        column("checked", ColumnType::Varchar(Some(20))),
        column("full", ColumnType::Text),
        column("price", ColumnType::Decimal(Some((10, Some(2))))),
        Column {
            generated: Some(Generated {
                expression: Expression::new("upper(name)"),
                stored: true,
            }),
            ..column("shout", ColumnType::Text)
        },
    ];
    t.primary_key = Some(PrimaryKey::on(["id"]));
    t.uniques = vec![Unique::on(["full"])];
    t.checks = vec![
        Check::new("\"full\" IS NOT NULL"),
        Check::new("checked <> ''"),
    ];
    t.indexes = vec![Index::on(["price"])];
    let mut schema = Schema::default();
    schema.insert(t);
    schema.insert(Table::new("p"));
    schema
}

fn told_by(sql: &str, version: u32) -> Vec<String> {
    let server = Server {
        version: (version, 0, 0),
        schema: "public".into(),
        ..Server::default()
    };
    let schema = schema();
    let new = |t: &TableName| t.name == *"fresh";
    let ground = Ground::new(&server, &new).with(&schema);
    let found = judge(sql, &ground).into_iter().map(|f| f.hazard);
    let found = found.filter(|h| h.kind.is_of_the_database());
    found.map(|h| h.to_string()).collect()
}

fn told(sql: &str) -> Vec<String> {
    told_by(sql, 15)
}

const READS: &str = "blocks reads: `t` until then";
const EVERY: &str = "rewrites the table: every row of `t`";

#[test]
fn columns_are_added_at_once_where_all_rows_get_the_same() {
    for sql in [
        "ALTER TABLE t ADD COLUMN c int",
        "ALTER TABLE t ADD c timestamptz NOT NULL DEFAULT now()",
        "ALTER TABLE t ADD c int NOT NULL DEFAULT 5, DROP COLUMN name",
        "ALTER TABLE public.t ADD COLUMN IF NOT EXISTS c text DEFAULT 'a(b'",
        "ALTER TABLE t ADD COLUMN c int REFERENCES p (id)",
        "ALTER TABLE fresh ADD COLUMN c serial",
        "ALTER TABLE t ADD COLUMN c varchar(9) DEFAULT 'x'::character varying(9)",
    ] {
        assert_eq!(told(sql), [""; 0], "{sql}");
    }
    for sql in [
        "ALTER TABLE t ADD COLUMN c serial",
        "ALTER TABLE t ADD c uuid DEFAULT gen_random_uuid()",
        "ALTER TABLE t ADD c int GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE t ADD c text GENERATED ALWAYS AS (lower(name)) STORED",
    ] {
        assert_eq!(told(sql), [EVERY, READS], "{sql}");
    }
    let constant = "ALTER TABLE t ADD c int DEFAULT 5";
    assert_eq!(told_by(constant, 10), [EVERY, READS]);
    let computed = "ALTER TABLE t ADD c text GENERATED ALWAYS AS (lower(name))";
    assert_eq!(told_by(computed, 18), [""; 0]);
}

#[test]
fn types_that_are_the_same_on_disk_are_only_called_otherwise() {
    let plans = |column: &str| format!("invalidates prepared plans: what reads `t.{column}`");
    let retype = |column: &str, ty: &str| {
        let mut told = told(&format!("ALTER TABLE t ALTER COLUMN {column} TYPE {ty}"));
        assert_eq!(told.remove(0), plans(column));
        told
    };
    assert_eq!(retype("name", "varchar(30)"), [""; 0]);
    assert_eq!(retype("name", "text"), [""; 0]);
    assert_eq!(retype("price", "numeric(12,2)"), [""; 0]);
    assert_eq!(retype("name", "varchar(10)"), [EVERY, READS]);
    assert_eq!(retype("price", "numeric(12,3)"), [EVERY, READS]);
    assert_eq!(retype("id", "bigint"), [EVERY, READS]);
    assert_eq!(retype("name", "text USING lower(name)"), [EVERY, READS]);
    // The check is read again.
    let checked = retype("checked", "text");
    assert_eq!(
        checked[0],
        "scans the table: every row of `t`, for a check over `checked`"
    );
}

#[test]
fn rows_are_read_under_the_lock_of_the_statement() {
    let check = "scans the table: every row of `t`, for the check";
    assert_eq!(told("ALTER TABLE t ADD CHECK (id > 0)"), [check, READS]);
    assert_eq!(told("ALTER TABLE t ADD CHECK (id > 0) NOT VALID"), [""; 0]);
    assert_eq!(told("ALTER TABLE t VALIDATE CONSTRAINT c"), [""; 0]);
    let key = "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES p (id)";
    let looked_up = "scans the table: every row of `t`, for its row in `p`";
    assert_eq!(
        told(key),
        [looked_up, "blocks writes: `t` and `p` until then"]
    );
    assert_eq!(told(&format!("{key} NOT VALID")), [""; 0]);
    // A clause beside it locks readers out as well.
    assert_eq!(
        told(&format!("{key}, ADD COLUMN c int")),
        [looked_up, "blocks writes: `p` until then", READS]
    );
    let nulls = "scans the table: every row of `t`, for NULL in `name`";
    assert_eq!(
        told("ALTER TABLE t ALTER name SET NOT NULL"),
        [nulls, READS]
    );
    let trusted = "ALTER TABLE t ALTER COLUMN \"full\" SET NOT NULL";
    assert_eq!(told(trusted), [""; 0]);
    assert_eq!(told_by(trusted, 11).len(), 2);
    assert_eq!(told("ALTER TABLE t ALTER id SET NOT NULL"), [""; 0]);
}

#[test]
fn indexes_are_built_while_others_wait() {
    let writes = "blocks writes: `t` until the index is built";
    assert_eq!(
        told("CREATE UNIQUE INDEX IF NOT EXISTS i ON t (name)"),
        [writes]
    );
    assert_eq!(told("CREATE INDEX ON fresh (name)"), [""; 0]);
    assert_eq!(
        told("CREATE INDEX CONCURRENTLY i ON t (name)"),
        ["not transactional: a failed build leaves an invalid index behind"]
    );
    assert_eq!(
        told("ALTER TABLE t ADD CONSTRAINT u UNIQUE (name)"),
        ["blocks reads: `t` until the index is built"]
    );
    assert_eq!(told("ALTER TABLE t ADD UNIQUE USING INDEX i"), [""; 0]);
    assert_eq!(told("DROP INDEX i"), [""; 0]);
    assert_eq!(told("REINDEX TABLE t").len(), 1);
    assert_eq!(told("REINDEX TABLE CONCURRENTLY t"), [""; 0]);
}

#[test]
fn whole_tables_are_locked_and_written_again() {
    assert_eq!(told("VACUUM FULL t")[0], EVERY);
    assert_eq!(told("VACUUM (FULL, VERBOSE) t").len(), 2);
    assert_eq!(told("VACUUM t"), [""; 0]);
    assert_eq!(told("CLUSTER t USING i").len(), 2);
    assert_eq!(
        told("LOCK TABLE t"),
        ["blocks reads: `t` until the transaction ends"]
    );
    assert_eq!(told("LOCK t IN ACCESS SHARE MODE"), [""; 0]);
    assert_eq!(told("LOCK TABLE t IN SHARE MODE").len(), 1);
    assert_eq!(told("REFRESH MATERIALIZED VIEW CONCURRENTLY v"), [""; 0]);
    assert_eq!(told("REFRESH MATERIALIZED VIEW v").len(), 1);
    let value = "ALTER TYPE mood ADD VALUE 'x'";
    assert_eq!(told(value), [""; 0]);
    assert_eq!(told_by(value, 11).len(), 1);
    assert_eq!(told("SELECT 'ALTER TABLE t ADD CHECK (true)'"), [""; 0]);
}

#[test]
fn what_a_statement_means_is_told_of_its_words() {
    let said = |sql: &str| -> Vec<String> {
        let server = Server::default();
        let found = judge(sql, &Ground::new(&server, &|_| false)).into_iter();
        let found = found.map(|f| f.hazard);
        let found = found.filter(|h| !h.kind.is_of_the_database());
        found.map(|h| h.to_string()).collect()
    };
    assert_eq!(
        said("DROP TABLE IF EXISTS a, \"B\" CASCADE"),
        [
            "deletes data: every row of `a`",
            "breaks running code: what still uses `a`",
            "deletes data: every row of `B`",
            "breaks running code: what still uses `B`"
        ]
    );
    assert_eq!(
        said("TRUNCATE ONLY t, u")[1],
        "deletes data: every row of `u`"
    );
    assert_eq!(said("DELETE FROM t"), ["deletes data: every row of `t`"]);
    assert_eq!(said("DELETE FROM t WHERE a"), ["deletes data: rows of `t`"]);
    assert_eq!(
        said("ALTER TABLE t RENAME a TO b"),
        ["breaks running code: what still says `t.a`"]
    );
    assert_eq!(
        said("ALTER TABLE t RENAME TO u"),
        ["breaks running code: what still says `t`"]
    );
    assert_eq!(said("ALTER TABLE t RENAME CONSTRAINT a TO b"), [""; 0]);
    assert_eq!(said("ALTER TABLE t ADD c int NOT NULL").len(), 2);
    assert_eq!(said("ALTER TABLE t ADD c int NOT NULL DEFAULT 1"), [""; 0]);
    assert_eq!(said("ALTER TABLE t ALTER c TYPE text"), [""; 0]);
    assert_eq!(said("DROP SCHEMA s"), [""; 0]);
    assert_eq!(said("DROP SCHEMA s CASCADE").len(), 2);
    assert_eq!(said("UPDATE t SET a = (SELECT 1 WHERE true)"), [""; 0]);
    assert_eq!(
        said("ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b)"),
        ["may fail on rows: rows of `t` with equal `a`, `b`"]
    );
}
