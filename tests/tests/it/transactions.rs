//! How the migrations of a run share transactions.

use libtest_mimic::{Failed, Trial};

use crate::cli::says;
use crate::project::{Project, Ran};
use crate::{Outcome, trial};
use aludel_tests::place::On;

/// A test.
type Test = fn() -> Outcome;

pub(crate) fn trials() -> Vec<Trial> {
    let list: Vec<(&str, Test)> = vec![
        ("each_on_sqlite", || each(On::Sqlite)),
        ("each_on_postgres", || each(On::Postgres)),
        ("all_on_sqlite", || all(On::Sqlite)),
        ("all_on_postgres", || all(On::Postgres)),
        ("all_on_mysql_is_refused", all_on_mysql),
        ("all_but_what_leaves_on_sqlite", || leaves(On::Sqlite)),
        ("all_but_what_leaves_on_postgres", || leaves(On::Postgres)),
        ("late_constraints_stay_late", late_constraints),
        ("none_on_sqlite", || none(On::Sqlite)),
        ("none_on_postgres", || none(On::Postgres)),
        ("none_on_mysql", || none(On::MySql)),
        ("none_tries_again_where_values_did_not_fit", tries_again),
        ("scripts_on_sqlite", || scripts(On::Sqlite)),
        ("scripts_on_postgres", || scripts(On::Postgres)),
        ("a_search_path_that_is_left_behind", search_paths),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("transactions::{name}"), run))
        .collect()
}

/// A file of SQL behind another one.
fn file(project: &Project, id: &str, parent: &str, more: &str, body: (&str, &str)) -> Outcome {
    let dialect = project.server().map_or("sqlite", |server| {
        match server.url().starts_with("postgres") {
            true => "postgres",
            false => "mysql",
        }
    });
    project.write(
        &format!("versions/{id}_x.sql"),
        &format!(
            "-- {id}\n--\n-- Revision ID: {id}\n-- Revises: {parent}\n-- Create Date: \
             2026-01-01T00:00:00Z\n{more}-- Dialect: {dialect}\n\n-- upgrade\n{}\n\n-- downgrade\n{}\n",
            body.0, body.1
        ),
    )
}

/// Three revisions, the last of which fails at its second statement.
fn project(on: On, transaction: &str, second: &str) -> Result<Project, Failed> {
    let project = Project::on(on, "")?;
    project.edit(
        "aludel.toml",
        "[migrations]\n",
        &format!("[migrations]\ntransaction = \"{transaction}\"\n"),
    )?;
    let table = |n: u8| {
        (
            format!("CREATE TABLE t{n} (a INTEGER);"),
            format!("DROP TABLE t{n};"),
        )
    };
    let (up, down) = table(1);
    file(&project, "aaaa0001", "", "", (&up, &down))?;
    let (up, down) = table(2);
    file(&project, "aaaa0002", "aaaa0001", second, (&up, &down))?;
    let (up, down) = table(3);
    let up = format!("{up}\nINSERT INTO missing VALUES (1);");
    file(&project, "aaaa0003", "aaaa0002", "", (&up, &down))?;
    Ok(project)
}

/// Takes out the statement that fails.
fn mend(project: &Project) -> Outcome {
    project.edit(
        "versions/aaaa0003_x.sql",
        "\nINSERT INTO missing VALUES (1);",
        "",
    )
}

/// The tables of the database, aludel's own apart.
fn tables(project: &Project) -> Result<Vec<String>, Failed> {
    let sql = match project.server() {
        None => "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
        Some(server) if server.url().starts_with("postgres") => {
            "SELECT relname FROM pg_class WHERE relkind = 'r' \
             AND relnamespace = 'public'::regnamespace ORDER BY relname"
        }
        Some(_) => {
            "SELECT table_name FROM information_schema.tables \
             WHERE table_schema = DATABASE() ORDER BY table_name"
        }
    };
    let mut tables = project.query(sql)?;
    tables.retain(|table| !table.starts_with("aludel_"));
    Ok(tables)
}

fn holds(project: &Project, expected: &[&str], current: &str) -> Outcome {
    let found = tables(project)?;
    let said = project.expect(&["current"], 0)?.stdout;
    match found == expected && said.trim() == current {
        true => Ok(()),
        false => Err(format!("{found:?}, `{said}`; not {expected:?}, `{current}`").into()),
    }
}

/// The rest of the way, and all of it back.
fn goes_on(project: &Project) -> Result<Ran, Failed> {
    mend(project)?;
    let ran = project.expect(&["upgrade", "head"], 0)?;
    holds(project, &["t1", "t2", "t3"], "aaaa0003 (head)")?;
    project.expect(&["downgrade", "base"], 0)?;
    holds(project, &[], "")?;
    Ok(ran)
}

fn each(on: On) -> Outcome {
    let project = project(on, "each", "")?;
    project.expect(&["upgrade", "head"], 2)?;
    holds(&project, &["t1", "t2"], "aaaa0002")?;
    let ran = goes_on(&project)?;
    match ran.stderr.contains("aaaa0001") {
        true => Err(ran.stderr.into()),
        false => Ok(()),
    }
}

fn all(on: On) -> Outcome {
    let project = project(on, "all", "")?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(
        &ran,
        &[
            "cannot run statement 2 of 2",
            "`aaaa0001`, `aaaa0002` shared the transaction and were rolled back",
            "nothing of this migration was applied",
        ],
    )?;
    holds(&project, &[], "")?;
    goes_on(&project)?;
    // The way back is one transaction too.
    project.expect(&["upgrade", "head"], 0)?;
    project.sql("DROP TABLE t1")?;
    let ran = project.expect(&["downgrade", "base"], 2)?;
    says(&ran, &["`aaaa0003`, `aaaa0002` shared the transaction"])?;
    holds(&project, &["t2", "t3"], "aaaa0003 (head)")
}

fn all_on_mysql() -> Outcome {
    let project = project(On::MySql, "all", "")?;
    for words in [
        &["upgrade", "head"][..],
        &["upgrade", "--sql"],
        &["upgrade", "--sql", "--dialect", "mysql"],
    ] {
        let ran = project.expect(words, 2)?;
        says(
            &ran,
            &[
                "one transaction for all migrations of a run is not to be had on M",
                "leave `transaction = \"all\"` out",
            ],
        )?;
    }
    holds(&project, &[], "")
}

/// What runs outside of a transaction ends it, with all that was run before.
fn leaves(on: On) -> Outcome {
    let project = project(on, "all", "-- Transaction: none\n")?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    if ran.stderr.contains("rolled back") {
        return Err(ran.stderr.into());
    }
    holds(&project, &["t1", "t2"], "aaaa0002")?;
    goes_on(&project).map(drop)
}

/// What one migration left to the end of its transaction is checked there, and
/// the next one may leave something to its own end.
fn late_constraints() -> Outcome {
    let project = Project::on(On::Postgres, "")?;
    project.edit(
        "aludel.toml",
        "[migrations]\n",
        "[migrations]\ntransaction = \"all\"\n",
    )?;
    // A name of two constraints, one of which never waits.
    project.sql(
        "CREATE TABLE o (id INT PRIMARY KEY);\
         CREATE TABLE o1 (a INT CONSTRAINT same REFERENCES o DEFERRABLE INITIALLY DEFERRED);\
         CREATE TABLE o2 (a INT CONSTRAINT same REFERENCES o)",
    )?;
    let tables = "CREATE TABLE p (id INT PRIMARY KEY);\nCREATE TABLE c (p INT REFERENCES p \
                  DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO c VALUES (1);\nINSERT INTO p \
                  VALUES (1);";
    file(
        &project,
        "aaaa0001",
        "",
        "",
        (tables, "DROP TABLE c;\nDROP TABLE p;"),
    )?;
    let rows = "INSERT INTO c VALUES (2);\nINSERT INTO p VALUES (2);\nSET LOCAL lock_timeout = 7;";
    file(&project, "aaaa0002", "aaaa0001", "", (rows, ""))?;
    let alter = "ALTER TABLE c ADD COLUMN more TEXT DEFAULT current_setting('lock_timeout');\n\
                 UPDATE c SET more = current_setting('lock_timeout');";
    file(&project, "aaaa0003", "aaaa0002", "", (alter, ""))?;
    let broken = "INSERT INTO c VALUES (9);";
    file(&project, "aaaa0004", "aaaa0003", "", (broken, ""))?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(
        &ran,
        &[
            "aaaa0004_x.sql",
            "would leave rows broken",
            "`aaaa0001`, `aaaa0002`, `aaaa0003` shared",
        ],
    )?;
    let scripted = project.expect(&["upgrade", "--sql", "aaaa0003"], 0)?.stdout;
    project.expect(&["upgrade", "aaaa0003"], 0)?;
    let sql = "SELECT string_agg(p || more, ',' ORDER BY p) FROM c";
    let rows = project.query(sql)?;
    if rows != ["110s,210s"] {
        return Err(format!("{rows:?}").into());
    }
    project.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")?;
    project.sql(&scripted)?;
    match project.query("SELECT count(*) FROM c")?.as_slice() {
        [two] if two == "2" => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

/// What looks for values that do not fit leaves nothing behind, also where
/// nothing is taken back.
fn tries_again() -> Outcome {
    let models = |ty: &str| {
        format!(
            "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"t\")]\npub struct T {{\n    \
             #[column(primary_key)]\n    pub id: i64,\n    pub x: {ty},\n}}\n"
        )
    };
    let project = Project::on(On::Sqlite, &models("i64"))?;
    project.edit(
        "aludel.toml",
        "[migrations]\n",
        "[migrations]\ntransaction = \"none\"\n",
    )?;
    project.sql(
        "CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, x TEXT NOT NULL);\
         INSERT INTO t VALUES (1, 'abc')",
    )?;
    project.expect(&["autogen", "-m", "number"], 0)?;
    says(&project.expect(&["upgrade", "head"], 2)?, &["do not fit"])?;
    project.sql("UPDATE t SET x = '7'")?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    match project.query("SELECT x + 1 FROM t")? == ["8"] {
        true => Ok(()),
        false => Err("the value is not there".into()),
    }
}

/// What was run stays, and what may not run in a transaction runs.
fn none(on: On) -> Outcome {
    let project = project(on, "none", "")?;
    let vacuum = match on {
        On::Sqlite | On::Postgres => "VACUUM;",
        On::MySql => "OPTIMIZE TABLE t1;",
    };
    file(&project, "aaaa0000", "", "", (vacuum, ""))?;
    project.edit(
        "versions/aaaa0001_x.sql",
        "Revises: \n",
        "Revises: aaaa0000\n",
    )?;
    if on == On::MySql {
        project.sql("CREATE TABLE t1 (a INTEGER)")?;
        project.expect(&["upgrade", "aaaa0000"], 0)?;
        project.sql("DROP TABLE t1")?;
    }
    project.expect(&["upgrade", "head"], 2)?;
    if tables(&project)? != ["t1", "t2", "t3"] {
        return Err("the third table was not kept".into());
    }
    if on == On::Sqlite {
        // Elsewhere it is on record how far it was.
        project.sql("DROP TABLE t3")?;
    }
    mend(&project)?;
    project.expect(&["upgrade", "head"], 0)?;
    holds(&project, &["t1", "t2", "t3"], "aaaa0003 (head)")
}

/// A script has the transactions of a run.
fn scripts(on: On) -> Outcome {
    let project = project(on, "all", "")?;
    mend(&project)?;
    let script = project.expect(&["upgrade", "--sql"], 0)?.stdout;
    project.sql("CREATE TABLE t3 (b INTEGER)")?;
    if project.sql(&script).is_ok() {
        return Err("a script that makes what is there was run".into());
    }
    holds(&project, &["t3"], "")?;
    project.sql("DROP TABLE t3")?;
    project.sql(&script)?;
    holds(&project, &["t1", "t2", "t3"], "aaaa0003 (head)")?;
    let script = project.expect(&["downgrade", "--sql", "head:base"], 0)?;
    project.sql(&script.stdout)?;
    holds(&project, &[], "")
}

/// A migration may look elsewhere for names, for its transaction or for good:
/// aludel's own tables stay where they are, in runs and in scripts.
fn search_paths() -> Outcome {
    for (set, mode, scripted) in [
        ("SET LOCAL search_path = other;", "", false),
        ("SET search_path TO other;", "", false),
        ("SET search_path TO other;", "-- Transaction: none\n", false),
        ("SET LOCAL search_path = other;", "", true),
    ] {
        let project = Project::on(On::Postgres, "")?;
        let up = format!("CREATE SCHEMA other;\n{set}\nCREATE TABLE t1 (a INTEGER);");
        let down = "DROP TABLE other.t1;\nDROP SCHEMA other;";
        file(&project, "aaaa0001", "", mode, (&up, down))?;
        let next = ("CREATE TABLE t2 (a INTEGER);", "DROP TABLE t2;");
        file(&project, "aaaa0002", "aaaa0001", "", next)?;
        if scripted {
            let script = project.expect(&["upgrade", "--sql"], 0)?.stdout;
            project.sql(&script)?;
        } else {
            project.expect(&["upgrade", "head"], 0)?;
        }
        let places = project.query(
            "SELECT string_agg(nspname || '.' || relname, ' ' ORDER BY relname) FROM pg_class c \
             JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE relkind = 'r' AND relname IN ('alembic_version', 'aludel_version', 't1', 't2')",
        )?;
        let version = places.join("");
        let version = version.split(' ').next().unwrap_or_default();
        if places.concat() != format!("{version} other.t1 public.t2")
            || !version.starts_with("public.")
        {
            return Err(format!("`{set}`: {places:?}").into());
        }
        let said = project.expect(&["current"], 0)?.stdout;
        if !said.contains("aaaa0002") {
            return Err(format!("`{set}`: {said}").into());
        }
        project.expect(&["downgrade", "base"], 0)?;
    }
    Ok(())
}
