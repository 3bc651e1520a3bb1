//! Which databases are meant where there are many: lists and queries, and what
//! is wrong with them.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;

use aludel_tests::place::On;
use libtest_mimic::Trial;
use serde_json::Value;

use crate::startup::same;
use crate::tenants::{
    busy, counts, document, in_file, list_of_files, names, project, says, with_result,
};
use crate::{Outcome, trial};

/// A test, by its name.
type Test = (&'static str, fn() -> Outcome);

pub(crate) fn trials() -> Vec<Trial> {
    let list: [Test; 5] = [
        ("lists_with_mistakes", lists_with_mistakes),
        ("lists_from_elsewhere", lists_from_elsewhere),
        ("flags_for_one_database", flags_for_one_database),
        ("queries_with_mistakes", queries_with_mistakes),
        ("files_beside_the_database", files_beside_the_database),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("tenants::{name}"), run))
        .collect()
}

/// Everything that is wrong is told with its line, and nothing is begun.
fn lists_with_mistakes() -> Outcome {
    let project = project(On::Sqlite, 1)?;
    project.write(
        "urls.txt",
        "sqlite:one.db\npostgres://me:secret@host:port/db\n# no\nsqlite:./one.db\n\
         env:NOT_SET\nsqlite::memory:\nme:secret@host\npostgres://me:secret@host/db\n\
         postgres://you:other@HOST:5432/db\n",
    )?;
    let ran = project.expect(&["upgrade", "--each", "urls.txt"], 2)?;
    says(
        &ran.stderr,
        &[
            "line 2 of `urls.txt`: the database url cannot be read",
            "line 4 of `urls.txt`: ",
            "is the database of line 1",
            "line 5 of `urls.txt`: the environment variable `NOT_SET` is not set",
            "line 6 of `urls.txt`: a database in memory",
            "line 7 of `urls.txt`: ",
            "line 9 of `urls.txt`: `postgres://you@HOST:5432/db` is the database of line 8",
        ],
    )?;
    same(ran.stderr.contains("secret"), false)?;
    same(ran.stderr.contains("other@"), false)?;
    same(project.path("one.db").exists(), false)?;
    project.write("urls.txt", "\n# nothing\n")?;
    let empty = project.expect(&["upgrade", "--each", "urls.txt"], 2)?;
    says(&empty.stderr, &["`urls.txt` names no database"])?;
    let absent = project.expect(&["upgrade", "--each", "no.txt"], 2)?;
    says(&absent.stderr, &["cannot read `no.txt`"])
}

/// Lines come from stdin, urls from variables; and a password of a server that
/// does not answer is in no report.
fn lists_from_elsewhere() -> Outcome {
    let project = project(On::Sqlite, 1)?;
    let words = ["upgrade", "--each", "-", "--format", "json"];
    let mut child = project
        .command(&words)?
        .env("TENANT_URL", "sqlite:of_variable.db")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().ok_or("no stdin")?;
    stdin.write_all(b"env:TENANT_URL\r\npostgres://me:secret@/db?host=/nowhere\n")?;
    drop(stdin);
    let output = child.wait_with_output()?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    same(output.status.code(), Some(2))?;
    same(format!("{stdout}{stderr}").contains("secret"), false)?;
    let told: Value = serde_json::from_str(&stdout)?;
    same(counts(&told), [1, 1, 0, 0])?;
    let failed = with_result(&told, "failed");
    let name = "postgres://me@/db?host=/nowhere".to_owned();
    same(names(&failed), BTreeSet::from([name]))?;
    same(project.path("of_variable.db").exists(), true)
}

fn flags_for_one_database() -> Outcome {
    let project = project(On::Sqlite, 2)?;
    list_of_files(&project, 1)?;
    let cases: [(&[&str], &str); 9] = [
        (&["upgrade", "+1"], "`+1` is another revision on every"),
        (&["downgrade", "-1"], "`-1` is another revision on every"),
        (
            &["stamp", "current"],
            "`current` is another revision on every",
        ),
        (&["upgrade", "--sql"], "`--sql` is for one database"),
        (&["stamp", "head", "--sql"], "`--sql` is for one database"),
        (
            &["upgrade", "--dry-run", "--rows"],
            "`--rows` is for one database",
        ),
        (
            &["upgrade", "--database-url", "sqlite:x.db"],
            "`--each` and `--database-url`",
        ),
        (&["upgrade", "--tenants", "SELECT 1"], "cannot be used with"),
        (&["upgrade", "nope"], "`nope`"),
    ];
    for (words, said) in cases {
        let words: Vec<&str> = words
            .iter()
            .copied()
            .chain(["--each", "urls.txt"])
            .collect();
        let ran = project.expect(&words, 2)?;
        says(&ran.stderr, &[said])?;
    }
    same(project.path("db/1.db").exists(), false)?;
    project.expect(&["upgrade", "--jobs", "2"], 2)?;
    project
        .expect(&["upgrade", "--each", "urls.txt", "--jobs", "0"], 2)
        .map(drop)
}

fn queries_with_mistakes() -> Outcome {
    let project = project(On::Sqlite, 1)?;
    project.sql("CREATE TABLE tenant (name)")?;
    let upgrade = |query: &str, code| project.expect(&["upgrade", "--tenants", query], code);
    says(
        &upgrade("SELECT nope FROM tenant", 2)?.stderr,
        &["no such column: nope"],
    )?;
    says(
        &upgrade("SELECT 'a.db', 2", 2)?.stderr,
        &["gives 2 columns"],
    )?;
    let twice = "SELECT 'a.db' UNION ALL SELECT './a.db'";
    says(
        &upgrade(twice, 2)?.stderr,
        &["row 2: ", "is the database of row 1"],
    )?;
    // It looks at the database and does nothing to it.
    upgrade("DELETE FROM tenant RETURNING name", 2)?;
    says(
        &upgrade("SELECT name FROM tenant", 0)?.stderr,
        &["0 databases: 0 done"],
    )?;
    let odd = "SELECT 'oracle://me:secret@host/db' UNION ALL SELECT ' '";
    let ran = upgrade(odd, 2)?;
    says(
        &ran.stdout,
        &["row 1", "row 2", "the query gives an empty text"],
    )?;
    same(
        ran.stdout.contains("secret") || ran.stderr.contains("secret"),
        false,
    )
}

/// Names of files are read beside the database that names them; one that is not
/// there is not made.
fn files_beside_the_database() -> Outcome {
    let project = project(On::Sqlite, 1)?;
    list_of_files(&project, 0)?;
    in_file(&project, 1, "CREATE TABLE tenant (name)")?;
    in_file(&project, 1, "INSERT INTO tenant VALUES ('2.db'), ('3.db')")?;
    in_file(&project, 2, "CREATE TABLE other (a)")?;
    let words = [
        "upgrade",
        "--tenants",
        "SELECT name FROM tenant",
        "--format",
        "json",
    ];
    let words: Vec<&str> = words
        .into_iter()
        .chain(["--database-url", "sqlite:db/1.db"])
        .collect();
    let told = document(&project.expect(&words, 2)?)?;
    same(busy(&told), BTreeSet::from(["2.db".to_owned()]))?;
    let failed = with_result(&told, "failed");
    same(names(&failed), BTreeSet::from(["3.db".to_owned()]))?;
    same(project.path("db/3.db").exists(), false)
}
