//! Opening, reading and copying real databases.

use crate::support::{Fixture, ask};
use aludel::ErrorKind;
use aludel::db::{Mode, Url, connect, introspect, memory_copy, run_operations};
use aludel_core::dialect::Scope;

async fn kind(url: &str, mode: Mode) -> ErrorKind {
    let error = connect(&Url::parse(url).unwrap(), mode).await.unwrap_err();
    assert!(error.to_string().contains('`'), "{error}");
    error.kind()
}

#[tokio::test]
async fn what_cannot_be_opened_is_told_apart() {
    let fixture = Fixture::new();
    let folder = fixture.path().parent().unwrap().to_owned();
    let at = |name: &str| format!("sqlite:{}", folder.join(name).display());
    assert_eq!(
        kind(&at("none.db"), Mode::ReadOnly).await,
        ErrorKind::Missing
    );
    assert_eq!(
        kind(&at("none.db"), Mode::ReadWrite).await,
        ErrorKind::Missing
    );
    assert_eq!(
        kind(&at("no/none.db"), Mode::Create).await,
        ErrorKind::Missing
    );
    assert_eq!(kind(&at(""), Mode::Create).await, ErrorKind::NotADatabase);
    std::fs::write(
        folder.join("text.db"),
        "this is not a database, it is a text".repeat(50),
    )
    .unwrap();
    assert_eq!(
        kind(&at("text.db"), Mode::ReadOnly).await,
        ErrorKind::NotADatabase
    );
    assert_eq!(
        kind(&format!("{}?mode=ro", at("x.db")), Mode::ReadWrite).await,
        ErrorKind::ReadOnly
    );
    assert!(std::fs::read_dir(&folder).unwrap().count() == 1);
}

/// What is on the disk when a writer dies in the middle: some pages are new,
/// and the journal has the old ones.
async fn cut_off(from: &Fixture, to: &std::path::Path) {
    from.run("CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(400000))")
        .await;
    let url = Url::parse(&from.url()).unwrap();
    let mut writer = connect(&url, Mode::ReadWrite).await.unwrap();
    writer.execute("PRAGMA cache_size = 2").await.unwrap();
    let change = "BEGIN; UPDATE t SET a = randomblob(400000); CREATE TABLE more AS SELECT * FROM t";
    writer.execute(change).await.unwrap();
    for end in ["", "-journal"] {
        let name = |path: &std::path::Path| format!("{}{end}", path.display());
        std::fs::copy(name(&from.path()), name(to)).unwrap();
    }
    writer.execute("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn what_a_dead_writer_left_is_rolled_back_by_who_opens_it_next() {
    let (fixture, other) = (Fixture::new(), Fixture::new());
    let read_only = format!("{}?mode=ro", other.url());
    cut_off(&fixture, &other.path()).await;
    // Who may only read leaves it to others, and comes again.
    assert_eq!(kind(&read_only, Mode::ReadOnly).await, ErrorKind::Locked);
    let url = Url::parse(&other.url()).unwrap();
    let mut connection = connect(&url, Mode::ReadOnly).await.unwrap();
    let rows = ask(&mut connection, "SELECT sum(a = zeroblob(400000)) FROM t").await;
    assert_eq!(rows, ["1"]);
    let more = connection.rows("SELECT * FROM more").await.unwrap_err();
    assert!(more.to_string().contains("no such table"), "{more}");
    let url = Url::parse(&read_only).unwrap();
    connect(&url, Mode::ReadOnly).await.unwrap();
}

const EVERYTHING: &str = "\
CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT COLLATE NOCASE CHECK (length(n) > 0));
CREATE TABLE c (p REFERENCES p (id) ON DELETE CASCADE, q, UNIQUE (p, q));
CREATE INDEX ic ON c (q DESC) WHERE q > 1;
CREATE VIEW v AS SELECT n FROM p;
CREATE VIEW w AS SELECT n FROM v;
CREATE TRIGGER t AFTER INSERT ON c BEGIN UPDATE p SET n = n WHERE id = new.p; END;
CREATE VIRTUAL TABLE f USING fts5(body);
INSERT INTO p (n) VALUES ('a')";

#[tokio::test]
async fn a_copy_has_the_shape_and_no_rows() {
    let fixture = Fixture::new();
    fixture.run(EVERYTHING).await;
    let url = Url::parse(&fixture.url()).unwrap();
    let mut connection = connect(&url, Mode::ReadOnly).await.unwrap();
    let snapshot = introspect(&mut connection, &Scope::default())
        .await
        .unwrap();
    assert_eq!(snapshot.schema.tables.len(), 2);
    let mut copy = memory_copy(&snapshot).await.unwrap();
    assert!(copy.skipped.is_empty(), "{:?}", copy.skipped);
    assert_eq!(
        introspect(copy.connection().unwrap(), &Scope::default())
            .await
            .unwrap()
            .schema,
        snapshot.schema
    );
    let names = "SELECT type || name FROM sqlite_schema ORDER BY 1";
    assert_eq!(
        ask(copy.connection().unwrap(), names).await,
        ask(&mut connection, names).await
    );
    assert_eq!(
        ask(copy.connection().unwrap(), "SELECT count(*) FROM p").await,
        ["0"]
    );
}

#[tokio::test]
async fn a_missing_module_is_reported() {
    let fixture = Fixture::new();
    fixture.run("CREATE TABLE t (a)").await;
    let url = Url::parse(&fixture.url()).unwrap();
    let mut connection = connect(&url, Mode::ReadOnly).await.unwrap();
    let mut snapshot = introspect(&mut connection, &Scope::default())
        .await
        .unwrap();
    snapshot.objects.push(aludel_core::dialect::SqlObject {
        kind: aludel_core::dialect::ObjectKind::VirtualTable,
        name: "geo".into(),
        table: "geo".into(),
        sql: "CREATE VIRTUAL TABLE geo USING nothing_like_it(a)".into(),
    });
    let copy = memory_copy(&snapshot).await.unwrap();
    assert_eq!(copy.skipped.len(), 1);
    assert!(copy.skipped[0].reason.contains("no such module"));
}

#[tokio::test]
async fn operations_run_and_come_back() {
    use aludel_core::operation::{Operation, reverse_all};
    let fixture = Fixture::new();
    fixture.run(EVERYTHING).await;
    let url = Url::parse(&fixture.url()).unwrap();
    let mut connection = connect(&url, Mode::ReadWrite).await.unwrap();
    let before = introspect(&mut connection, &Scope::default())
        .await
        .unwrap();
    let drop: Vec<Operation> = before
        .schema
        .tables
        .values()
        .filter(|table| table.name.name == "c")
        .cloned()
        .map(Operation::DropTable)
        .collect();
    assert_eq!(drop.len(), 1);
    let plans = run_operations(&mut connection, &drop).await.unwrap();
    assert!(plans.iter().flat_map(|plan| plan.statements()).count() > 0);
    assert_eq!(
        introspect(&mut connection, &Scope::default())
            .await
            .unwrap()
            .schema
            .tables
            .len(),
        1
    );
    run_operations(&mut connection, &reverse_all(drop))
        .await
        .unwrap();
    assert_eq!(
        introspect(&mut connection, &Scope::default())
            .await
            .unwrap()
            .schema,
        before.schema
    );
}
