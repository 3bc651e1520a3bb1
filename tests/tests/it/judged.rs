//! What statements are judged to do, held to what real servers do.
//!
//! Every statement of the tables below is judged, then run, and the server is
//! asked whether it wrote the table again, whether it read all of it, and whom
//! it locked out meanwhile.

use aludel::db::{Connection, Mode, Url, connect, introspect};
use aludel_core::dialect::{Ground, Scope, Snapshot};
use aludel_core::hazard::{Hazard, HazardKind};
use libtest_mimic::Trial;

use crate::project::block_on;
use crate::{Outcome, trial};
use aludel_tests::place::{On, Place};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("judged::postgres::rewrites_scans_and_locks", || {
            held(On::Postgres)
        }),
        trial("judged::postgres::prepared_plans", || {
            block_on(async { Ok(prepared_plans().await?) })
        }),
        trial("judged::mysql::rewrites_and_locks", || held(On::MySql)),
        trial("judged::sqlite::rewrites", || {
            block_on(async { Ok(sqlite_rewrites().await?) })
        }),
    ]
}

/// What a statement does to the table `t`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Does {
    rewrites: bool,
    blocks_reads: bool,
    blocks_writes: bool,
}

/// What it is judged to do.
fn judged(connection: &Connection<'_>, seen: &Snapshot, sql: &str) -> Vec<Hazard> {
    let ground = Ground::new(&seen.server, &|_| false).with(&seen.schema);
    let found = connection.dialect().judge(sql, &ground);
    found.into_iter().map(|f| f.hazard).collect()
}

fn does(hazards: &[Hazard]) -> Does {
    let has = |kind| {
        let mut all = hazards.iter();
        all.any(|h: &Hazard| h.kind == kind && h.message.contains("`t`"))
    };
    Does {
        rewrites: has(HazardKind::RewritesTable),
        blocks_reads: has(HazardKind::BlocksReads),
        blocks_writes: has(HazardKind::BlocksWrites),
    }
}

fn held(on: On) -> Outcome {
    block_on(async {
        let mut place = Place::open(on).await?;
        let mut wrong = Vec::new();
        let statements = match on {
            On::Postgres => POSTGRES_STATEMENTS,
            _ => MYSQL_STATEMENTS,
        };
        for line in statements.lines().map(str::trim) {
            let Some((least, sql)) = for_version(line) else {
                continue;
            };
            place.empty().await?;
            place
                .run(if on == On::Postgres { POSTGRES } else { MYSQL })
                .await?;
            let seen = place.seen().await?;
            if least > seen.server.version.0 {
                continue;
            }
            let told = does(&judged(&place.connection, &seen, sql));
            let found = if on == On::Postgres {
                on_postgres(&mut place, sql).await
            } else {
                on_mysql(&mut place, sql).await
            };
            match found {
                Ok(found) if found == told => {}
                Ok(found) => wrong.push(format!("{sql}\n  judged: {told:?}\n  found:  {found:?}")),
                Err(error) => wrong.push(format!("{sql}\n  {error}")),
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(format!("{} are misjudged:\n{}", wrong.len(), wrong.join("\n")).into())
        }
    })
}

/// The version that a line begins with (`18: ..`), and its statement; nothing
/// of an empty line.
fn for_version(line: &str) -> Option<(u32, &str)> {
    let sql = match line.split_once(": ") {
        Some((version, sql)) if version.parse::<u32>().is_ok() => {
            return Some((version.parse().ok()?, sql));
        }
        _ => line,
    };
    (!sql.is_empty()).then_some((0, sql))
}

async fn one(connection: &mut Connection<'_>, sql: &str) -> Result<String, String> {
    let rows = connection.rows(sql).await.map_err(|e| e.to_string())?;
    let row = rows.into_iter().next().unwrap_or_default();
    let values: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
    Ok(values.join(" "))
}

const POSTGRES: &str = "
    CREATE TABLE p (id integer PRIMARY KEY);
    INSERT INTO p SELECT generate_series(1, 50);
    CREATE TABLE t (
        id integer PRIMARY KEY, a integer, b varchar(20), checked varchar(20) CHECK (checked <> ''),
        part varchar(20), told text, price numeric(10, 2), at timestamp(3), tz timestamptz,
        filled integer, sure integer NOT NULL, n bigint, shout integer GENERATED ALWAYS AS (sure * 2) STORED,
        CONSTRAINT sure CHECK (filled IS NOT NULL)
    );
    CREATE INDEX ix_b ON t (b);
    CREATE INDEX ix_part ON t (a) WHERE part <> '';
    CREATE UNIQUE INDEX ux_n ON t (n);
    CREATE UNIQUE INDEX ux_sure ON t (sure);
    INSERT INTO t (id, a, b, checked, part, told, price, at, tz, filled, sure, n)
        SELECT i, i, 'b', 'c', 'p', '1', 1, now(), now(), 1, i, i FROM generate_series(1, 50) i;
    ALTER TABLE t ADD CONSTRAINT later CHECK (a > 0) NOT VALID;
    ALTER TABLE t ADD CONSTRAINT later_key FOREIGN KEY (a) REFERENCES p NOT VALID;
";

const POSTGRES_STATEMENTS: &str = "
    ALTER TABLE t ADD COLUMN c integer
    ALTER TABLE t ADD COLUMN c integer NOT NULL DEFAULT 5
    ALTER TABLE t ADD COLUMN c timestamptz NOT NULL DEFAULT now()
    ALTER TABLE t ADD COLUMN c text DEFAULT lower('A')
    ALTER TABLE t ADD COLUMN c uuid DEFAULT gen_random_uuid()
    ALTER TABLE t ADD COLUMN c double precision DEFAULT random()
    ALTER TABLE t ADD COLUMN c serial
    ALTER TABLE t ADD COLUMN c integer GENERATED BY DEFAULT AS IDENTITY
    ALTER TABLE t ADD COLUMN c integer GENERATED ALWAYS AS (a + 1) STORED
    18: ALTER TABLE t ADD COLUMN c integer GENERATED ALWAYS AS (a + 1) VIRTUAL
    ALTER TABLE t ADD COLUMN c integer REFERENCES p (id)
    ALTER TABLE t ADD COLUMN c integer DEFAULT 1 REFERENCES p (id)
    ALTER TABLE t ADD COLUMN c integer CHECK (c > 0)
    ALTER TABLE t ADD COLUMN c integer UNIQUE
    ALTER TABLE t DROP COLUMN a
    ALTER TABLE t RENAME COLUMN a TO aa
    ALTER TABLE t RENAME CONSTRAINT later TO now
    ALTER TABLE t ALTER COLUMN a SET DEFAULT 5
    ALTER TABLE t ALTER COLUMN a TYPE bigint
    ALTER TABLE t ALTER COLUMN n TYPE text
    ALTER TABLE t ALTER COLUMN b TYPE varchar(40)
    ALTER TABLE t ALTER COLUMN b TYPE character varying
    ALTER TABLE t ALTER COLUMN b TYPE text
    ALTER TABLE t ALTER COLUMN b TYPE varchar(10)
    ALTER TABLE t ALTER COLUMN b TYPE char(40)
    ALTER TABLE t ALTER COLUMN b TYPE varchar(20) COLLATE \"C\"
    ALTER TABLE t ALTER COLUMN told TYPE text COLLATE \"C\"
    ALTER TABLE t ALTER COLUMN told TYPE varchar
    ALTER TABLE t ALTER COLUMN told TYPE varchar(10)
    ALTER TABLE t ALTER COLUMN told TYPE integer USING told::integer
    ALTER TABLE t ALTER COLUMN checked TYPE text
    ALTER TABLE t ALTER COLUMN part TYPE text
    ALTER TABLE t ALTER COLUMN price TYPE numeric(12, 2)
    ALTER TABLE t ALTER COLUMN price TYPE numeric
    ALTER TABLE t ALTER COLUMN price TYPE numeric(12, 3)
    ALTER TABLE t ALTER COLUMN price TYPE numeric(8, 2)
    ALTER TABLE t ALTER COLUMN at TYPE timestamp(6)
    ALTER TABLE t ALTER COLUMN at TYPE timestamp
    ALTER TABLE t ALTER COLUMN at TYPE timestamp(0)
    ALTER TABLE t ALTER COLUMN a SET NOT NULL
    ALTER TABLE t ALTER COLUMN filled SET NOT NULL
    ALTER TABLE t ALTER COLUMN sure SET NOT NULL
    ALTER TABLE t ALTER COLUMN sure DROP NOT NULL
    ALTER TABLE t ALTER COLUMN sure ADD GENERATED ALWAYS AS IDENTITY
    ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES p (id)
    ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES p (id) NOT VALID
    ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES p (id), ADD COLUMN c integer
    ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)
    ALTER TABLE t ADD CHECK (a > 0) NOT VALID
    ALTER TABLE t VALIDATE CONSTRAINT later
    ALTER TABLE t VALIDATE CONSTRAINT later_key
    ALTER TABLE t ADD CONSTRAINT u UNIQUE (a)
    ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX ux_n
    ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (sure)
    ALTER TABLE t DROP CONSTRAINT t_pkey
    ALTER TABLE t ADD EXCLUDE USING btree (a WITH =)
    ALTER TABLE t SET UNLOGGED
    ALTER TABLE t SET (fillfactor = 70)
    ALTER TABLE t ENABLE ROW LEVEL SECURITY
    ALTER TABLE t RENAME TO u
    CREATE INDEX ix ON t (a)
    CREATE UNIQUE INDEX ix ON t (id, a)
    DROP INDEX ix_b
    CLUSTER t USING t_pkey
    LOCK TABLE t
    LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE
    LOCK TABLE t IN ROW EXCLUSIVE MODE
    CREATE TABLE new (id integer REFERENCES p)
    COMMENT ON TABLE t IS 'x'
";

async fn on_postgres(place: &mut Place, sql: &str) -> Result<Does, String> {
    let connection = &mut place.connection;
    // By its number, which no rename changes.
    let table = one(connection, "SELECT 't'::regclass::oid").await?;
    place.run("BEGIN").await?;
    let connection = &mut place.connection;
    let file = format!("SELECT pg_relation_filenode({table})");
    let scans = format!("SELECT pg_stat_get_xact_numscans({table})");
    let before = (
        one(connection, &file).await?,
        one(connection, &scans).await?,
    );
    connection.execute(sql).await.map_err(|e| e.to_string())?;
    let after = (
        one(connection, &file).await?,
        one(connection, &scans).await?,
    );
    let locks = format!(
        "SELECT coalesce(string_agg(mode, ' '), '') FROM pg_locks
         WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation = {table} AND granted"
    );
    let locks = one(connection, &locks).await?;
    place.run("ROLLBACK").await?;
    let rewrites = before.0 != after.0;
    // A lock that is asked for is held until the transaction ends.
    let works = rewrites || before.1 != after.1 || sql.starts_with("LOCK");
    let has = |mode: &str| locks.split(' ').any(|lock| lock == mode);
    let blocks_reads = works && has("AccessExclusiveLock");
    let writers = ["ShareLock", "ShareRowExclusiveLock", "ExclusiveLock"];
    Ok(Does {
        rewrites,
        blocks_reads,
        blocks_writes: works && !blocks_reads && writers.into_iter().any(has),
    })
}

/// A statement that was prepared before fails where its type has changed, and
/// not otherwise.
async fn prepared_plans() -> Result<(), String> {
    let mut place = Place::open(On::Postgres).await?;
    for (sql, column) in [
        ("ALTER TABLE t ALTER COLUMN b TYPE text", "b"),
        ("ALTER TABLE t ALTER COLUMN b TYPE varchar(40)", "b"),
        ("ALTER TABLE t ALTER COLUMN a TYPE bigint", "a"),
        ("ALTER TABLE t ALTER COLUMN a SET NOT NULL", "a"),
        ("ALTER TABLE t ADD COLUMN c integer", "a"),
        ("ALTER TABLE t DROP COLUMN b", "a"),
    ] {
        place.empty().await?;
        place.run(POSTGRES).await?;
        let seen = place.seen().await?;
        let told = judged(&place.connection, &seen, sql);
        let told = told.iter().any(|h| h.kind == HazardKind::InvalidatesPlans);
        let prepared = format!("DEALLOCATE ALL; PREPARE s AS SELECT {column} FROM t; EXECUTE s");
        place.run(&prepared).await?;
        place.run(sql).await?;
        let fails = match place.run("EXECUTE s").await {
            Ok(()) => false,
            Err(error) if error.contains("cached plan must not change result type") => true,
            Err(error) => return Err(error),
        };
        if fails != told {
            return Err(format!("{sql}: judged {told}, found {fails}"));
        }
    }
    Ok(())
}

const MYSQL: &str = "
    CREATE TABLE p (id int PRIMARY KEY);
    INSERT INTO p VALUES (1);
    CREATE TABLE t (
        id int NOT NULL, a int, b varchar(20), m int, n int NOT NULL, nn int, v varchar(20) NOT NULL,
        w varchar(40), big varchar(300), tx text, bin varbinary(100), c char(10), pk2 int NOT NULL,
        e enum('x', 'y'), s set('a', 'b'), d decimal(8, 2), ts timestamp NULL, l varchar(10) CHARACTER SET latin1,
        gv int AS (pk2 + 1) VIRTUAL, pt int, pnt point NOT NULL,
        KEY ix_b (b), KEY ix_mn (m, nn), UNIQUE KEY uq_n (n), PRIMARY KEY (id),
        CONSTRAINT ck CHECK (pk2 > 0)
    ) DEFAULT CHARSET = utf8mb4;
    INSERT INTO t (id, a, b, n, v, w, pk2, pt, pnt)
        VALUES (1, 1, 'x', 1, 'v', 'w', 1, 1, ST_GeomFromText('POINT(1 1)'));
";

const MYSQL_STATEMENTS: &str = "
    ALTER TABLE t ADD COLUMN z int
    ALTER TABLE t ADD COLUMN z int FIRST
    ALTER TABLE t ADD COLUMN z int AFTER a
    ALTER TABLE t ADD COLUMN z int NOT NULL DEFAULT 5
    ALTER TABLE t ADD COLUMN z timestamp NOT NULL DEFAULT current_timestamp
    ALTER TABLE t ADD COLUMN z int AS (pk2 + 2) STORED
    ALTER TABLE t ADD COLUMN z int AS (pk2 + 2) VIRTUAL
    ALTER TABLE t ADD COLUMN z int NOT NULL AUTO_INCREMENT, ADD UNIQUE KEY (z)
    ALTER TABLE t ADD COLUMN z int UNIQUE
    ALTER TABLE t ADD COLUMN z int, ADD INDEX (z)
    ALTER TABLE t ADD COLUMN z int CHECK (z > 0)
    ALTER TABLE t ADD COLUMN z int REFERENCES p (id)
    ALTER TABLE t ADD COLUMN y int, ADD COLUMN z int, ADD INDEX (y)
    ALTER TABLE t DROP COLUMN a
    ALTER TABLE t DROP COLUMN b
    ALTER TABLE t DROP COLUMN m
    ALTER TABLE t DROP COLUMN n
    ALTER TABLE t DROP COLUMN gv
    ALTER TABLE t DROP COLUMN b, DROP INDEX ix_b
    ALTER TABLE t RENAME COLUMN b TO bb
    ALTER TABLE t CHANGE b bb varchar(20)
    ALTER TABLE t CHANGE a aa bigint
    ALTER TABLE t CHANGE a aa int NOT NULL
    ALTER TABLE t ALTER COLUMN a SET DEFAULT 5
    ALTER TABLE t ALTER COLUMN n DROP DEFAULT
    ALTER TABLE t MODIFY a int NOT NULL
    ALTER TABLE t MODIFY n int NULL
    ALTER TABLE t MODIFY a bigint
    ALTER TABLE t MODIFY a int unsigned
    ALTER TABLE t MODIFY a int DEFAULT 3
    ALTER TABLE t MODIFY a int COMMENT 'x'
    ALTER TABLE t MODIFY a int AFTER b
    ALTER TABLE t MODIFY b varchar(30)
    ALTER TABLE t MODIFY b varchar(70)
    ALTER TABLE t MODIFY b varchar(10)
    ALTER TABLE t MODIFY v varchar(70) NOT NULL
    ALTER TABLE t MODIFY v varchar(30) NULL
    ALTER TABLE t MODIFY w varchar(63)
    ALTER TABLE t MODIFY w varchar(64)
    ALTER TABLE t MODIFY w varchar(50) NOT NULL
    ALTER TABLE t MODIFY big varchar(400)
    ALTER TABLE t MODIFY big varchar(200)
    ALTER TABLE t MODIFY bin varbinary(200)
    ALTER TABLE t MODIFY bin varbinary(300)
    ALTER TABLE t MODIFY c char(20)
    ALTER TABLE t MODIFY c varchar(10)
    ALTER TABLE t MODIFY tx varchar(100)
    ALTER TABLE t MODIFY tx mediumtext
    ALTER TABLE t MODIFY e enum('x', 'y', 'z')
    ALTER TABLE t MODIFY e enum('z', 'x', 'y')
    ALTER TABLE t MODIFY s set('a', 'b', 'c')
    ALTER TABLE t MODIFY d decimal(10, 2)
    ALTER TABLE t MODIFY ts datetime NULL
    ALTER TABLE t MODIFY b varchar(20) CHARACTER SET latin1
    ALTER TABLE t MODIFY l varchar(10) CHARACTER SET utf8mb4
    ALTER TABLE t MODIFY b varchar(20) COLLATE utf8mb4_bin
    ALTER TABLE t MODIFY tx text COLLATE utf8mb4_bin
    ALTER TABLE t MODIFY id int NOT NULL AUTO_INCREMENT
    ALTER TABLE t MODIFY gv int AS (pk2 + 3) VIRTUAL
    ALTER TABLE t DROP PRIMARY KEY
    ALTER TABLE t DROP PRIMARY KEY, DROP INDEX uq_n
    ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id, pk2)
    ALTER TABLE t ADD INDEX ix (a)
    ALTER TABLE t ADD UNIQUE INDEX ux (a)
    ALTER TABLE t ADD UNIQUE INDEX ux (b(3))
    ALTER TABLE t ADD FULLTEXT INDEX ft (tx)
    ALTER TABLE t ADD SPATIAL INDEX sx (pnt)
    ALTER TABLE t DROP INDEX ix_b
    ALTER TABLE t RENAME INDEX ix_b TO ix_c
    ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (pt) REFERENCES p (id)
    ALTER TABLE t ADD CONSTRAINT ck2 CHECK (a < 100)
    ALTER TABLE t DROP CONSTRAINT ck
    ALTER TABLE t COMMENT = 'x'
    ALTER TABLE t CONVERT TO CHARACTER SET latin1
    ALTER TABLE t DEFAULT CHARACTER SET latin1
    ALTER TABLE t ENGINE = InnoDB
    ALTER TABLE t ROW_FORMAT = COMPACT
    ALTER TABLE t FORCE
    ALTER TABLE t AUTO_INCREMENT = 100
    ALTER TABLE t ADD COLUMN z int, MODIFY a bigint
";

async fn on_mysql(place: &mut Place, sql: &str) -> Result<Does, String> {
    let tables = one(
        &mut place.connection,
        "SELECT IF(@@version LIKE '%MariaDB%', 'INNODB_SYS_TABLES', 'INNODB_TABLES')",
    );
    let tables = tables.await?;
    // Every table that is written again gets another file.
    let space = format!(
        "SELECT SPACE FROM information_schema.{tables} WHERE NAME = concat(DATABASE(), '/t')"
    );
    let before = one(&mut place.connection, &space).await?;
    place.run(sql).await?;
    let after = one(&mut place.connection, &space).await?;
    place.empty().await?;
    place.run(MYSQL).await?;
    // It is refused where writers would have to wait.
    let beside = place.run(&format!("{sql}, LOCK = NONE")).await;
    Ok(Does {
        rewrites: before != after,
        blocks_reads: false,
        blocks_writes: beside.is_err(),
    })
}

/// How many bytes a statement writes tells whether it goes over every row.
async fn sqlite_rewrites() -> Result<(), String> {
    let words = |error: aludel::Error| error.to_string();
    for (sql, rewrites) in [
        ("ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 1", false),
        ("ALTER TABLE t ADD COLUMN c INTEGER CHECK (c > 0)", false),
        ("ALTER TABLE t DROP COLUMN a", true),
        ("ALTER TABLE t DROP COLUMN g", false),
        ("ALTER TABLE t RENAME COLUMN a TO b", false),
        ("ALTER TABLE t RENAME TO u", false),
        ("DROP INDEX i", false),
    ] {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let file = folder.path().join("db");
        let url = Url::parse(&format!("sqlite://{}", file.display())).map_err(words)?;
        let mut connection = connect(&url, Mode::Create).await.map_err(words)?;
        let setup = "PRAGMA journal_mode = WAL;
            CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, x TEXT, g TEXT AS (x) VIRTUAL);
            CREATE INDEX i ON t (id);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            INSERT INTO t SELECT i, 'a', hex(randomblob(100)) FROM n;
            PRAGMA wal_checkpoint(TRUNCATE);";
        connection.execute(setup).await.map_err(words)?;
        let seen = introspect(&mut connection, &Scope::default()).await;
        let seen = seen.map_err(words)?;
        let table = std::fs::metadata(&file).map_err(|e| e.to_string())?.len();
        let told = does(&judged(&connection, &seen, sql)).rewrites;
        connection.execute(sql).await.map_err(words)?;
        let log = folder.path().join("db-wal");
        let written = std::fs::metadata(log).map_err(|e| e.to_string())?.len();
        let found = written * 2 > table;
        connection.close().await.map_err(words)?;
        if found != rewrites || told != rewrites {
            return Err(format!(
                "{sql}: judged {told}, wrote {written} bytes over a file of {table}"
            ));
        }
    }
    Ok(())
}
