//! Tables of SQLite that are written again: what hangs on their rows, what the
//! file is set to, and what else the connection holds.

use std::sync::{Arc, Mutex, PoisonError};

use aludel::{Event, Migrations, Migrator};
use libtest_mimic::{Failed, Trial};
use sqlx::Connection;

use crate::project::{Project, block_on};
use crate::rows::content;
use crate::scenarios::holding_keys;
use crate::startup::same;
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("rebuilds::what_hangs_on_row_numbers", row_numbers),
        trial("rebuilds::what_the_file_is_set_to", settings_of_the_file),
        trial("rebuilds::children_of_every_kind", children_of_every_kind),
        trial("rebuilds::names_that_are_hidden", hidden),
        trial("rebuilds::keys_that_cannot_be_held", mismatches),
    ]
}

/// The migrations that a project has written.
pub(crate) fn from_folder(project: &Project) -> Result<Migrator, Failed> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(project.path("versions"))? {
        let path = entry?.path();
        let name = path.file_name().ok_or("a file has a name")?;
        let name = name.to_string_lossy().into_owned();
        files.push((name, std::fs::read_to_string(path)?));
    }
    Ok(Migrator::new(Migrations::from_files(files)))
}

/// The same, and what it tells of rows that refer to none.
pub(crate) fn telling(migrator: Migrator) -> (Migrator, impl Fn() -> Vec<String>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&told);
    let migrator = migrator.on_event(move |event| {
        if let Event::Orphans {
            table,
            parent,
            rows,
            ..
        } = event
        {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            told.push(format!("{rows} of {table} without {parent}"));
        }
    });
    let told = move || kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (migrator, told)
}

/// A project of a database that is there, whose models want one more check of
/// each of these tables; the migration is written and not run.
fn to_be_rebuilt(script: &str, tables: &[&str]) -> Result<Project, Failed> {
    let project = Project::new("")?;
    project.sql(script)?;
    let models = project.expect(&["reflect"], 0)?.stdout;
    project.write("models.rs", &models)?;
    project.expect(&["check"], 0)?;
    for table in tables {
        // `reflect` names a table only where its model is not its name.
        let mut letters = table.chars();
        let first = letters.next().ok_or("a table has a name")?;
        let model = format!(
            "pub struct {}{} {{",
            first.to_ascii_uppercase(),
            letters.as_str()
        );
        let check = format!("#[table(check(\"1 = 1\", name = \"ck_new_{table}\"))]\n{model}");
        project.edit("models.rs", &model, &check)?;
    }
    project.expect(&["autogen", "-m", "x", "--rev-id", "aaaa00000001"], 0)?;
    Ok(project)
}

/// Rows of a full text index and of another table are found by the number of a
/// row that no column says; triggers of other tables and views on views go on.
fn row_numbers() -> Outcome {
    let project = to_be_rebuilt(
        "CREATE TABLE doc (title TEXT, body TEXT);
         CREATE VIRTUAL TABLE found USING fts5(title, body, content='doc');
         CREATE TABLE audit (n INTEGER PRIMARY KEY, title TEXT);
         CREATE TRIGGER tr_audit AFTER INSERT ON audit
           BEGIN INSERT INTO doc (title, body) VALUES (new.title, 'by trigger'); END;
         CREATE VIEW titles AS SELECT rowid AS number, title FROM doc;
         CREATE VIEW long_titles AS SELECT number FROM titles WHERE length(title) > 3;
         CREATE TRIGGER tr_titles INSTEAD OF INSERT ON titles
           BEGIN INSERT INTO doc (rowid, title) VALUES (new.number, new.title); END;
         INSERT INTO doc (rowid, title, body) VALUES (7, 'hello', 'big world'), (90, 'x', 'y');
         INSERT INTO found (found) VALUES ('rebuild');",
        &["doc"],
    )?;
    let finds = |word: &str| {
        project.query(&format!(
            "SELECT rowid || title FROM found WHERE found MATCH '{word}'"
        ))
    };
    for (way, target) in [("upgrade", "head"), ("downgrade", "base")] {
        project.expect(&[way, target], 0)?;
        same(
            project.query("SELECT rowid || title FROM doc ORDER BY rowid")?,
            vec!["7hello".to_owned(), "90x".to_owned()],
        )?;
        same(finds("world")?, vec!["7hello".to_owned()])?;
        project.sql("INSERT INTO found (found, rank) VALUES ('integrity-check', 1)")?;
        project.sql(
            "INSERT INTO audit (title) VALUES ('from audit'); \
             INSERT INTO titles (number, title) VALUES (300, 'from the view');",
        )?;
        same(
            project.query("SELECT number FROM long_titles ORDER BY number")?,
            vec!["7".to_owned(), "91".to_owned(), "300".to_owned()],
        )?;
        project.sql("DELETE FROM doc WHERE rowid > 90; DELETE FROM audit")?;
    }
    Ok(())
}

fn settings_of_the_file() -> Outcome {
    let project = to_be_rebuilt(
        "PRAGMA page_size = 8192; PRAGMA auto_vacuum = 2; PRAGMA application_id = 77;
         PRAGMA user_version = 12; PRAGMA journal_mode = WAL;
         CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
         INSERT INTO t VALUES (1, 'x');",
        &["t"],
    )?;
    let settings = || {
        let mut all = Vec::new();
        for name in [
            "page_size",
            "auto_vacuum",
            "application_id",
            "user_version",
            "journal_mode",
            "encoding",
        ] {
            all.push(project.query(&format!("PRAGMA {name}"))?.concat());
        }
        Ok::<_, Failed>(all)
    };
    let before = settings()?;
    same(
        before.clone(),
        ["8192", "2", "77", "12", "wal", "UTF-8"]
            .map(str::to_owned)
            .to_vec(),
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    same(settings()?, before.clone())?;
    project.expect(&["downgrade", "base"], 0)?;
    same(settings()?, before)
}

/// What is to happen to children when their parent goes does not happen when it
/// is written again, also where the connection holds foreign keys.
fn children_of_every_kind() -> Outcome {
    let mut script = "CREATE TABLE parent (id INTEGER PRIMARY KEY, code TEXT UNIQUE);
         INSERT INTO parent VALUES (1, 'one'), (2, 'two');"
        .to_owned();
    for (at, action) in [
        "CASCADE",
        "SET NULL",
        "SET DEFAULT",
        "RESTRICT",
        "NO ACTION",
    ]
    .into_iter()
    .enumerate()
    {
        script.push_str(&format!(
            "CREATE TABLE c{at} (id INTEGER PRIMARY KEY, \
             p INTEGER DEFAULT 2 REFERENCES parent(id) ON DELETE {action} ON UPDATE {action}, \
             code TEXT DEFAULT 'two' REFERENCES parent(code) ON DELETE {action} \
             DEFERRABLE INITIALLY DEFERRED, up INTEGER REFERENCES c{at}(id) ON DELETE {action});
             INSERT INTO c{at} VALUES (1, 1, 'one', NULL), (2, 1, NULL, 1);"
        ));
    }
    let project = to_be_rebuilt(&script, &["parent", "c0", "c3"])?;
    let before = content(&project)?;
    let texts = "SELECT sql FROM sqlite_schema WHERE name LIKE 'c_' AND name NOT IN ('c0', 'c3')";
    let written = project.query(texts)?;
    let migrator = from_folder(&project)?;
    for up in [true, false] {
        block_on(async {
            let mut connection = holding_keys(&project).await?;
            match up {
                true => migrator.upgrade(&mut connection, "head").await?,
                false => migrator.downgrade(&mut connection, "base").await?,
            };
            let keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys")
                .fetch_one(&mut connection)
                .await?;
            connection.close().await?;
            match keys {
                1 => Ok(()),
                _ => Err("foreign keys are no longer held".into()),
            }
        })?;
        same(content(&project)? == before, true)?;
        same(project.query(texts)?, written.clone())?;
        same(
            project.query("SELECT \"table\" FROM pragma_foreign_key_check")?,
            vec![],
        )?;
    }
    Ok(())
}

const PLAIN: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT);
    INSERT INTO t VALUES (5, 'mine');";

/// A temporary table comes first where its name is meant, and the counters of
/// temporary tables before those of others.
fn hidden() -> Outcome {
    for (temporary, name) in [
        ("CREATE TEMP TABLE T (id INTEGER PRIMARY KEY, b TEXT)", "T"),
        ("CREATE TEMP VIEW t AS SELECT 1 AS id, 'v' AS a", "t"),
        (
            "CREATE TEMP TABLE mine (id INTEGER PRIMARY KEY AUTOINCREMENT)",
            "sqlite_sequence",
        ),
    ] {
        let project = to_be_rebuilt(PLAIN, &["t"])?;
        let before = std::fs::read(project.path("app.db"))?;
        let migrator = from_folder(&project)?;
        let error = block_on(async {
            let mut connection = holding_keys(&project).await?;
            sqlx::raw_sql(temporary).execute(&mut connection).await?;
            let done = migrator.upgrade(&mut connection, "head").await;
            connection.close().await?;
            Ok(done.err())
        })?;
        let error = error.ok_or_else(|| format!("with `{temporary}` it runs"))?;
        let text = error.to_string();
        if !text.contains(&format!("a temporary `{name}`, which hides")) {
            return Err(text.into());
        }
        same(std::fs::read(project.path("app.db"))? == before, true)?;
        project.expect(&["upgrade", "head"], 0)?;
    }
    // One that only a migration brings about.
    let project = to_be_rebuilt(PLAIN, &["t"])?;
    let file = project.version("aaaa00000001")?;
    let text = std::fs::read_to_string(&file)?;
    let more = "-- upgrade\nCREATE TABLE later (a);\n";
    std::fs::write(&file, text.replacen("-- upgrade\n", more, 1))?;
    let migrator = from_folder(&project)?;
    let done = block_on(async {
        let mut connection = holding_keys(&project).await?;
        sqlx::raw_sql("CREATE TEMP TABLE later (b)")
            .execute(&mut connection)
            .await?;
        let done = migrator.upgrade(&mut connection, "head").await;
        connection.close().await?;
        Ok(done.err())
    })?;
    let text = done.ok_or("a new table is hidden")?.to_string();
    same(text.contains("a temporary `later`"), true)?;
    let tables = "SELECT name FROM sqlite_schema WHERE name IN ('later', '_aludel_new_t')";
    same(project.query(tables)?, vec![])
}

/// A key to what is not unique stops nobody who finds it, and nobody may bring
/// one about.
fn mismatches() -> Outcome {
    let script = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT UNIQUE);
         CREATE TABLE broken (x TEXT REFERENCES t(a));
         CREATE TABLE whole (y TEXT REFERENCES t(b));
         INSERT INTO t VALUES (1, 'a', 'b'); INSERT INTO broken VALUES ('a');
         INSERT INTO whole VALUES ('b');";
    let project = to_be_rebuilt(script, &["t", "broken"])?;
    let rows = content(&project)?;
    let ran = project.expect(&["upgrade", "head"], 0)?;
    same(ran.stderr.contains("as before"), false)?;
    same(content(&project)? == rows, true)?;
    crate::everyday::file(
        &project,
        "bbbb00000001_x",
        "-- Revision ID: bbbb00000001\n-- Revises: aaaa00000001\n",
        "CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT, b TEXT);\nINSERT INTO n SELECT id, a, b FROM t;\n\
         DROP TABLE t;\nALTER TABLE n RENAME TO t;",
        "SELECT 1;",
    )?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    crate::cli::says(
        &ran,
        &[
            "would break a foreign key of `whole`",
            "foreign key mismatch",
        ],
    )?;
    same(content(&project)? == rows, true)
}
