//! Migrations that stop behind a statement that PostgreSQL runs in no
//! transaction: they go on from there, or are taken back.

use aludel::migration::*;
use aludel::{MigrationFile, Migrations, Migrator};
use aludel_test_servers::Fresh;
use libtest_mimic::Trial;

use crate::halfway::{
    HEADER, TWICE, Test, applied, down, failing, history, nothing, sql, status, up,
};
use crate::startup::same;
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let list: Vec<Test> = vec![
        ("renamed_values_of_a_type", renamed_values_of_a_type),
        (
            "an_index_that_cannot_be_built",
            an_index_that_cannot_be_built,
        ),
        ("an_invalid_index_is_no_obstacle", an_invalid_index),
        ("a_build_that_was_cut_off", a_build_that_was_cut_off),
        ("what_autocommit_did_is_taken_back", autocommit_taken_back),
        ("rust_goes_on_behind_autocommit", rust_behind_autocommit),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("halfway_postgres::{name}"), run))
        .collect()
}

fn renamed_values_of_a_type() -> Outcome {
    let fresh = Fresh::postgres()?;
    fresh.query(TWICE)?;
    fresh.query("CREATE TYPE mood AS ENUM ('x', 'y', 'z'); CREATE TABLE m (a mood)")?;
    fresh.query("INSERT INTO m VALUES ('x'), ('y'), ('z')")?;
    let swap = "ALTER TYPE mood RENAME VALUE 'x' TO 'y__1';\n\
                ALTER TYPE mood RENAME VALUE 'y' TO 'x';\n\
                ALTER TYPE mood RENAME VALUE 'y__1' TO 'y';\n\
                ALTER TYPE mood RENAME VALUE 'z' TO 'w';\n\
                -- autocommit\nCREATE UNIQUE INDEX CONCURRENTLY uq_t ON t (x);";
    let migrator = history(vec![sql("postgres", "aaaa0001", "", swap, "")]);
    failing(up(&migrator, &fresh))?;
    same(fresh.query("SELECT a FROM m")?.as_str(), "y\nx\nw\n")?;
    down(&migrator, &fresh, "-1")??;
    same(fresh.query("SELECT a FROM m")?.as_str(), "x\ny\nz\n")
}

const BESIDE: &str = "CREATE TABLE a (x INT);\nINSERT INTO a VALUES (1);\n-- autocommit\n\
                      CREATE UNIQUE INDEX CONCURRENTLY uq_t ON t (x);\n\
                      ALTER TABLE t ADD COLUMN y INT;\nINSERT INTO a VALUES (2);";

const INVALID: &str = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";

fn beside() -> Migrator {
    let back = "ALTER TABLE t DROP COLUMN y;\nDROP INDEX uq_t;\nDROP TABLE a;";
    history(vec![sql("postgres", "aaaa0001", "", BESIDE, back)])
}

fn an_index_that_cannot_be_built() -> Outcome {
    let fresh = Fresh::postgres()?;
    fresh.query(TWICE)?;
    let migrator = beside();
    for _ in 0..2 {
        let error = failing(up(&migrator, &fresh))?;
        same(applied(&error)?, 2)?;
        if !error
            .to_string()
            .contains("INVALID index public.uq_t that it left was dropped")
        {
            return Err(error.to_string().into());
        }
        same(fresh.query(INVALID)?.as_str(), "0\n")?;
        same(fresh.query("SELECT count(*) FROM a")?.as_str(), "1\n")?;
    }
    fresh.query("DELETE FROM t WHERE old = 8")?;
    up(&migrator, &fresh)??;
    same(
        fresh.query("SELECT x FROM a ORDER BY x")?.as_str(),
        "1\n2\n",
    )?;
    same(
        fresh.query("SELECT count(*) FROM aludel_step")?.as_str(),
        "0\n",
    )?;
    down(&migrator, &fresh, "base")??;
    same(fresh.query("SELECT x, old FROM t")?.as_str(), "1\t7\n")
}

fn an_invalid_index() -> Outcome {
    let fresh = Fresh::postgres()?;
    fresh.query(TWICE)?;
    // As a process leaves it that dies while the index is built.
    if fresh
        .query("CREATE UNIQUE INDEX CONCURRENTLY uq_t ON t (x)")
        .is_ok()
    {
        return Err("an index over equal values".into());
    }
    same(fresh.query(INVALID)?.as_str(), "1\n")?;
    fresh.query("DELETE FROM t WHERE old = 8")?;
    up(&beside(), &fresh)??;
    same(fresh.query(INVALID)?.as_str(), "0\n")?;
    same(
        fresh.query("SELECT to_regclass('uq_t')")?.as_str(),
        "uq_t\n",
    )
}

/// The server takes the connection away while it waits for others to end.
fn a_build_that_was_cut_off() -> Outcome {
    let fresh = Fresh::postgres()?;
    fresh.query("CREATE TABLE t (x INT); INSERT INTO t VALUES (1)")?;
    let up_sql = "-- autocommit\nCREATE INDEX CONCURRENTLY ix_t ON t (x);";
    let migrator = history(vec![sql(
        "postgres",
        "aaaa0001",
        "",
        up_sql,
        "DROP INDEX ix_t;",
    )]);
    let end = |query: &str| {
        fresh.query(&format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> \
             pg_backend_pid() AND datname = current_database() AND query ILIKE '{query}%'"
        ))
    };
    std::thread::scope(|threads| -> Outcome {
        let holds = threads.spawn(|| fresh.query("BEGIN; UPDATE t SET x = 2; SELECT pg_sleep(60)"));
        let writes = "SELECT count(*) FROM pg_locks WHERE mode = 'RowExclusiveLock' AND granted \
                      AND relation = 't'::regclass";
        until(&fresh, writes)?;
        let build = threads.spawn(|| up(&migrator, &fresh).map(|ran| ran.is_err()));
        until(&fresh, INVALID)?;
        end("create index concurrently")?;
        let failed = build.join().map_err(|_| "the build panicked")??;
        end("begin; update")?;
        let _ = holds.join();
        same(failed, true)
    })?;
    same(fresh.query(INVALID)?.as_str(), "1\n")?;
    up(&migrator, &fresh)??;
    same(fresh.query(INVALID)?.as_str(), "0\n")?;
    same(
        fresh.query("SELECT to_regclass('ix_t')")?.as_str(),
        "ix_t\n",
    )?;
    same(status(&migrator, &fresh)?.is_current(), true)
}

/// Waits until a count is no longer nothing.
fn until(fresh: &Fresh, count: &str) -> Outcome {
    for _ in 0..600 {
        if fresh.query(count)? != "0\n" {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    Err(format!("nothing comes of `{count}`").into())
}

fn autocommit_taken_back() -> Outcome {
    let fresh = Fresh::postgres()?;
    fresh.query(TWICE)?;
    let migrator = beside();
    failing(up(&migrator, &fresh))?;
    down(&migrator, &fresh, "-1")??;
    same(fresh.query("SELECT to_regclass('a')")?.as_str(), "\n")?;
    same(fresh.query("SELECT count(*) FROM t")?.as_str(), "2\n")?;
    same(status(&migrator, &fresh)?.halfway, None)?;
    // Nothing was committed before the first statement of that kind: nothing
    // is half done.
    let first = "-- autocommit\nCREATE UNIQUE INDEX CONCURRENTLY uq_t ON t (x);";
    let migrator = history(vec![sql("postgres", "aaaa0001", "", first, "")]);
    same(applied(&failing(up(&migrator, &fresh))?)?, 0)?;
    same(status(&migrator, &fresh)?.halfway, None)
}

fn behind_autocommit(op: &mut Op) {
    op.create_table("a", |t| {
        t.column(integer("x"));
    });
    op.alter_table("t", |t| {
        t.rename_column("old", "new");
    });
    op.autocommit(|op| {
        op.execute("INSERT INTO a VALUES (1)");
        op.alter_table("t", |t| {
            t.create_index("uq_t", ["x"]).unique().concurrently();
        });
    });
    op.alter_table("t", |t| {
        t.drop_column("new");
    });
}

fn rust_behind_autocommit() -> Outcome {
    static FILES: [MigrationFile; 1] = [MigrationFile::rust(
        "aaaa0001_m.rs",
        HEADER,
        behind_autocommit,
        nothing,
    )];
    let fresh = Fresh::postgres()?;
    fresh.query(TWICE)?;
    let migrator = Migrator::new(Migrations::embedded(&FILES));
    same(applied(&failing(up(&migrator, &fresh))?)?, 3)?;
    same(applied(&failing(up(&migrator, &fresh))?)?, 3)?;
    fresh.query("UPDATE t SET x = 2 WHERE new = 8")?;
    up(&migrator, &fresh)??;
    same(
        fresh.query("SELECT * FROM t ORDER BY x")?.as_str(),
        "1\n2\n",
    )?;
    same(fresh.query("SELECT count(*) FROM a")?.as_str(), "1\n")
}
