//! What becomes of a chain of files: an example taken away, names that say
//! nothing, two heads that are merged or put right, ids that were renamed.

use std::fs;

use libtest_mimic::Trial;

use crate::cli::says;
use crate::everyday::{current, file, table};
use crate::project::Project;
use crate::startup::same;
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("chains::an_example_taken_away", an_example_taken_away),
        trial("chains::names_and_dates_say_nothing", names_say_nothing),
        trial("chains::a_chain_put_right", a_chain_put_right),
        trial("chains::renamed_ids", renamed_ids),
        trial("chains::merged_heads", merged_heads),
        trial("chains::stamped_in_between", stamped_in_between),
    ]
}

/// Downgraded below it, an example can be deleted; a file in the middle cannot.
fn an_example_taken_away() -> Outcome {
    let project = Project::new("")?;
    table(&project, "one00001", "")?;
    table(&project, "example1", "one00001")?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["downgrade", "one00001"], 0)?;
    fs::remove_file(project.path("versions/example1_x.sql"))?;
    let ran = project.expect(&["history"], 0)?;
    if ran.stdout.contains("example1") {
        return Err(ran.stdout.into());
    }
    project.expect(&["upgrade", "head"], 0)?;
    same(current(&project)?, "one00001 (head)".to_owned())?;
    table(&project, "two00001", "one00001")?;
    table(&project, "tri00001", "two00001")?;
    fs::remove_file(project.path("versions/two00001_x.sql"))?;
    for words in [&["history"][..], &["upgrade", "head"], &["heads"]] {
        says(&project.expect(words, 2)?, &["tri00001_x.sql", "two00001"])?;
    }
    same(
        project.query("SELECT version_num FROM aludel_version")?,
        vec!["one00001".to_owned()],
    )
}

/// The file of the child sorts first and is older: the graph alone counts, and
/// nothing but the header says what it is.
fn names_say_nothing() -> Outcome {
    let project = Project::new("")?;
    file(
        &project,
        "0001_bbbb0002",
        "-- Revision ID: aaaa0002\n-- Revises: zzzz0001\n-- Create Date: 1999-01-01T00:00:00Z\n",
        "ALTER TABLE t ADD COLUMN b INTEGER;",
        "ALTER TABLE t DROP COLUMN b;\n-- Revises: nothing0\n",
    )?;
    file(
        &project,
        "9999_first",
        "-- Revision ID: zzzz0001\n-- Revises:\n-- Create Date: 2026-01-01T00:00:00Z\n",
        "CREATE TABLE t (a INTEGER);",
        "DROP TABLE t;",
    )?;
    fs::create_dir(project.path("versions/__pycache__"))?;
    for name in [
        "__pycache__/x.sql",
        ".gitkeep",
        "old.sql.disabled",
        "x.sql.orig",
        "README",
    ] {
        project.write(&format!("versions/{name}"), "nothing to see\n")?;
    }
    let ran = project.expect(&["history"], 0)?;
    same(
        ran.stdout.as_str(),
        "zzzz0001 -> aaaa0002 (head), 0001_bbbb0002\n<base> -> zzzz0001, 9999_first\n",
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["downgrade", "base"], 0)?;
    project.expect(&["verify"], 0)?;
    Ok(())
}

/// Two heads become one line by another parent in a file: a database at either
/// old head goes on, or is told exactly what to do.
fn a_chain_put_right() -> Outcome {
    for (at, told) in [("left0001", false), ("right001", true)] {
        let project = Project::new("")?;
        table(&project, "base0001", "")?;
        table(&project, "left0001", "base0001")?;
        table(&project, "right001", "base0001")?;
        project.expect(&["upgrade", at], 0)?;
        // The right one comes behind the left one now.
        project.edit(
            "versions/right001_x.sql",
            "Revises: base0001",
            "Revises: left0001",
        )?;
        let ran = project.run(&["upgrade", "head"])?;
        if !told {
            same(
                (ran.code, current(&project)?),
                (0, "right001 (head)".to_owned()),
            )?;
            continue;
        }
        // What it lacks lies below where it is, and the way is told.
        let facts = [
            "no run of `left0001` is on record",
            "show left0001 --sql",
            "stamp --repair left0001",
        ];
        says(&ran, &facts)?;
        same(ran.code, 0)?;
        project.expect(&["upgrade", "head", "--strict"], 2)?;
        project.expect(&["status", "--strict"], 1)?;
        says(
            &project.expect(&["status"], 0)?,
            &["`left0001`: counted as run"],
        )?;
        let script = project.expect(&["show", "left0001", "--sql"], 0)?.stdout;
        if !script.contains("CREATE TABLE left0001") {
            return Err(script.into());
        }
        project.sql("CREATE TABLE left0001 (a INTEGER NOT NULL)")?;
        project.expect(&["stamp", "--repair", "left0001"], 0)?;
        project.expect(&["upgrade", "head", "--strict"], 0)?;
        project.expect(&["downgrade", "base0001"], 0)?;
        project.expect(&["upgrade", "head"], 0)?;
        same(current(&project)?, "right001 (head)".to_owned())?;
    }
    Ok(())
}

/// What was done by hand and stamped did not come in below.
fn stamped_in_between() -> Outcome {
    let project = Project::new("")?;
    table(&project, "one00001", "")?;
    table(&project, "two00001", "one00001")?;
    table(&project, "tri00001", "two00001")?;
    project.expect(&["upgrade", "one00001"], 0)?;
    project.sql("CREATE TABLE two00001 (a INTEGER NOT NULL)")?;
    project.expect(&["stamp", "two00001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    let ran = project.expect(&["upgrade", "head", "--strict"], 0)?;
    if ran.stderr.contains("no run of") {
        return Err(ran.stderr.into());
    }
    project.expect(&["status", "--strict"], 0)?;
    project.expect(&["downgrade", "base"], 0)?;
    project
        .expect(&["upgrade", "head", "--strict"], 0)
        .map(drop)
}

/// Ids that were renamed in the files: the database is told where it is.
fn renamed_ids() -> Outcome {
    let project = Project::new("")?;
    table(&project, "d3652101", "")?;
    table(&project, "d3652102", "d3652101")?;
    project.sql(
        "CREATE TABLE aludel_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);\
         INSERT INTO aludel_version VALUES ('003_perf_indexes');\
         CREATE TABLE d3652101 (a INTEGER NOT NULL)",
    )?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(&ran, &["`003_perf_indexes`", "stamp --purge REV"])?;
    project.expect(&["stamp", "--purge", "d3652101"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    same(current(&project)?, "d3652102 (head)".to_owned())
}

/// A merge is reached from nothing, from either head and from both.
fn merged_heads() -> Outcome {
    for before in [&[][..], &["left0001"], &["right001"], &["heads"]] {
        let project = Project::new("")?;
        table(&project, "base0001", "")?;
        table(&project, "left0001", "base0001")?;
        table(&project, "right001", "base0001")?;
        for target in before {
            project.expect(&["upgrade", target], 0)?;
        }
        says(
            &project.expect(&["upgrade", "head"], 2)?,
            &["left0001", "right001", "merge"],
        )?;
        let words = [
            "merge", "-m", "join", "--rev-id", "join0001", "left0001", "right001",
        ];
        project.expect(&words, 0)?;
        let text = fs::read_to_string(project.version("join0001")?)?;
        if !text.contains("-- Revises: left0001, right001\n") {
            return Err(text.into());
        }
        let ran = project.expect(&["history"], 0)?;
        let joined = "left0001, right001 -> join0001 (head) (mergepoint), join";
        if !ran.stdout.contains(joined) || !ran.stdout.contains("base0001 (branchpoint)") {
            return Err(ran.stdout.into());
        }
        project.expect(&["upgrade", "head"], 0)?;
        same(
            project.query("SELECT version_num FROM aludel_version")?,
            vec!["join0001".to_owned()],
        )?;
        let ran = project.expect(&["downgrade", "-1"], 2)?;
        says(
            &ran,
            &["Ambiguous walk", "`join0001` merges `left0001`, `right001`"],
        )?;
        project.expect(&["downgrade", "base0001"], 0)?;
    }
    Ok(())
}
