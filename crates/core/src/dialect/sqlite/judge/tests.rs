use super::*;
use crate::dialect::Server;

fn told(sql: &str) -> Vec<String> {
    let server = Server::default();
    let new = |t: &TableName| t.name == *"fresh";
    let found = judge(sql, &Ground::new(&server, &new)).into_iter();
    found.map(|f| f.hazard.to_string()).collect()
}

#[test]
fn rows_are_gone_over_where_a_column_goes_or_is_checked() {
    assert_eq!(
        told("ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 1"),
        [""; 0]
    );
    assert_eq!(
        told("ALTER TABLE [t] DROP c"),
        [
            "deletes data: every value of `t.c`",
            "breaks running code: what still uses `t.c`",
            "rewrites the table: every row of `t`, without `c`",
            "blocks writes: `t` until then",
        ]
    );
    assert_eq!(
        told("ALTER TABLE t ADD c CHECK (c > 0)")[0],
        "scans the table: every row of `t`, for the check"
    );
    assert_eq!(told("ALTER TABLE fresh DROP c"), [""; 0]);
    assert_eq!(told("VACUUM").len(), 2);
    assert_eq!(told("CREATE INDEX i ON t (a)").len(), 1);
    assert_eq!(told("PRAGMA foreign_keys = OFF"), [""; 0]);
}
