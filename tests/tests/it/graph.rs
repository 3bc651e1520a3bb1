//! Branches, merges and every spelling of a revision, in real projects.

use std::fs;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::cli::{json, says};
use crate::project::{Project, Ran};
use crate::{Outcome, trial};
use aludel_tests::place::On;

/// A test.
type Test = fn() -> Outcome;

pub(crate) fn trials() -> Vec<Trial> {
    let list: Vec<(&str, Test)> = vec![
        ("branches_and_a_merge", branches_and_a_merge),
        ("the_same_on_postgres", the_same_on_postgres),
        ("the_same_on_mysql", the_same_on_mysql),
        (
            "several_roots_and_dependencies",
            several_roots_and_dependencies,
        ),
        (
            "two_heads_are_refused_with_all_facts",
            two_heads_are_refused_with_all_facts,
        ),
        ("relative_steps_are_refused", relative_steps_are_refused),
        ("placing_flags", placing_flags),
        ("autogen_on_a_branch", autogen_on_a_branch),
        (
            "a_spliced_revision_begins_where_the_database_is",
            a_spliced_revision_begins_where_the_database_is,
        ),
        ("autogen_beside_a_dependency", autogen_beside_a_dependency),
        ("stamp_several", stamp_several),
        ("history_in_every_form", history_in_every_form),
        ("ranges_of_history", ranges_of_history),
        ("show_says_all", show_says_all),
        ("edit_opens_the_file", edit_opens_the_file),
        (
            "ensure_version_makes_the_table",
            ensure_version_makes_the_table,
        ),
        ("merge_refuses", merge_refuses),
        ("rebase_moves_a_branch", rebase_moves_a_branch),
        ("rebase_looks_at_the_database", rebase_looks_at_the_database),
        ("rebase_refuses", rebase_refuses),
        ("every_command_has_examples", every_command_has_examples),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("graph::{name}"), run))
        .collect()
}

/// Writes a SQL file by hand: a table of its own.
fn revision(project: &Project, id: &str, parents: &str, more: &str) -> Outcome {
    let dialect = match project.server() {
        None => "sqlite",
        Some(server) if server.url().starts_with("postgres") => "postgres",
        Some(_) => "mysql",
    };
    project.write(
        &format!("versions/{id}.sql"),
        &format!(
            "-- make t_{id}\n--\n-- Revision ID: {id}\n-- Revises: {parents}\n{more}-- Create Date: \
             2026-01-01T00:00:00Z\n-- Dialect: {dialect}\n\n-- upgrade\nCREATE TABLE t_{id} (a \
             INTEGER);\n\n-- downgrade\nDROP TABLE t_{id};\n"
        ),
    )
}

/// `aaaa0001`, from which `wifi` and `mesh` branch.
fn branched(on: On) -> Result<Project, Failed> {
    let project = Project::on(on, "")?;
    revision(&project, "aaaa0001", "", "")?;
    revision(&project, "wwww0001", "aaaa0001", "-- Branch Labels: wifi\n")?;
    revision(&project, "wwww0002", "wwww0001", "")?;
    revision(&project, "mmmm0001", "aaaa0001", "-- Branch Labels: mesh\n")?;
    Ok(project)
}

fn lines(ran: &Ran) -> Vec<&str> {
    ran.stdout.lines().collect()
}

fn current(project: &Project) -> Result<Vec<String>, Failed> {
    let ran = project.expect(&["current", "--format", "json"], 0)?;
    let document = json(&ran)?;
    let rows = document["current"].as_array().ok_or("no rows")?;
    Ok(rows
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect())
}

fn is_at(project: &Project, rows: &[&str]) -> Outcome {
    let found = current(project)?;
    if found == rows {
        return Ok(());
    }
    Err(format!("it is at {found:?}, not at {rows:?}").into())
}

fn branches_and_a_merge() -> Outcome {
    walk_branches(On::Sqlite)
}

fn the_same_on_postgres() -> Outcome {
    walk_branches(On::Postgres)
}

fn the_same_on_mysql() -> Outcome {
    walk_branches(On::MySql)
}

fn walk_branches(on: On) -> Outcome {
    let project = branched(on)?;
    let walk = |words: &[&str], rows: &[&str]| -> Outcome {
        project.expect(words, 0)?;
        is_at(&project, rows)
    };
    walk(&["upgrade", "wifi@+2"], &["wwww0001"])?;
    walk(&["upgrade", "mesh@head"], &["mmmm0001", "wwww0001"])?;
    walk(&["upgrade", "heads"], &["mmmm0001", "wwww0002"])?;
    walk(&["downgrade", "wifi@-1"], &["mmmm0001", "wwww0001"])?;
    walk(&["upgrade", "wifi@head"], &["mmmm0001", "wwww0002"])?;
    let ran = project.expect(&["merge", "heads", "-m", "join", "--rev-id", "eeee0001"], 0)?;
    says(&ran, &["eeee0001_join.sql", "joins `mmmm0001`, `wwww0002`"])?;
    walk(&["upgrade", "head"], &["eeee0001"])?;
    // One step back from a merge may lead to either side.
    let ran = project.expect(&["downgrade", "-1"], 2)?;
    says(
        &ran,
        &["Ambiguous walk", "`mmmm0001`", "`wwww0002`", "merges"],
    )?;
    is_at(&project, &["eeee0001"])?;
    walk(&["downgrade", "wwww0002"], &["mmmm0001", "wwww0002"])?;
    walk(&["downgrade", "wifi@aaaa0001"], &["mmmm0001"])?;
    walk(&["upgrade", "eeee"], &["eeee0001"])?;
    walk(&["downgrade", "base"], &[])?;
    walk(&["upgrade", "base+1"], &["aaaa0001"])
}

fn several_roots_and_dependencies() -> Outcome {
    let project = branched(On::Sqlite)?;
    revision(
        &project,
        "ssss0001",
        "",
        "-- Branch Labels: solo\n-- Depends On: wifi\n",
    )?;
    let ran = project.expect(&["history", "-r", ":solo"], 0)?;
    says(
        &ran,
        &["<base> -> ssss0001 (solo) (head) (depends on wifi), make t_ssss0001"],
    )?;
    project.expect(&["upgrade", "solo@head"], 0)?;
    // The row of `wwww0001` is told by what depends on it.
    is_at(&project, &["ssss0001"])?;
    let tables =
        project.query("SELECT name FROM sqlite_schema WHERE name LIKE 't\\_%' ESCAPE '\\'")?;
    if tables.len() != 3 {
        return Err(format!("{tables:?}").into());
    }
    project.expect(&["upgrade", "heads"], 0)?;
    is_at(&project, &["mmmm0001", "ssss0001", "wwww0002"])?;
    let ran = project.expect(&["current", "--check-heads"], 0)?;
    says(&ran, &["ssss0001 (solo) (head)"])?;
    project.expect(&["downgrade", "solo@base"], 0)?;
    is_at(&project, &["mmmm0001", "wwww0002"])?;
    project.expect(&["upgrade", "solo@+1"], 0)?;
    // What depends on a revision goes with it.
    let ran = project.expect(&["downgrade", "wifi@aaaa0001"], 0)?;
    says(&ran, &["Running downgrade ssss0001"])?;
    is_at(&project, &["mmmm0001"])
}

fn two_heads_are_refused_with_all_facts() -> Outcome {
    let project = branched(On::Sqlite)?;
    for words in [
        vec!["upgrade", "head"],
        vec!["revision", "-m", "x"],
        vec!["show", "head"],
        vec!["stamp", "head"],
    ] {
        let ran = project.expect(&words, 2)?;
        says(
            &ran,
            &[
                "Multiple heads are present",
                "`mmmm0001` (`mmmm0001.sql`)",
                "`wwww0002` (`wwww0002.sql`)",
                "branch from `aaaa0001`",
                "merge -m \"...\" mmmm0001 wwww0002",
            ],
        )?;
    }
    if project.path("app.db").exists() {
        return Err("a database was made".into());
    }
    let ran = project.expect(&["upgrade", "wifi@mmmm0001"], 2)?;
    says(&ran, &["is not a member of branch `wifi`"])?;
    let ran = project.expect(&["upgrade", "wlan@head"], 2)?;
    says(&ran, &["No such branch: `wlan`", "`mesh`, `wifi`"])?;
    let ran = project.expect(&["upgrade", "www"], 2)?;
    says(&ran, &["at least 4 characters", "`wwww0001`, `wwww0002`"])?;
    let ran = project.expect(&["upgrade", "wwww"], 2)?;
    says(
        &ran,
        &[
            "Multiple revisions start with `wwww`",
            "`wwww0001`, `wwww0002`",
        ],
    )
}

fn relative_steps_are_refused() -> Outcome {
    let project = branched(On::Sqlite)?;
    project.expect(&["upgrade", "aaaa"], 0)?;
    let ran = project.expect(&["upgrade", "+1"], 2)?;
    says(&ran, &["several revisions follow `aaaa0001`"])?;
    let ran = project.expect(&["upgrade", "wifi@+9"], 2)?;
    says(&ran, &["didn't produce 9 migrations, only 2"])?;
    project.expect(&["upgrade", "heads"], 0)?;
    let ran = project.expect(&["downgrade", "-1"], 2)?;
    says(
        &ran,
        &["at several revisions", "`mmmm0001@-1` or `wwww0002@-1`"],
    )?;
    let ran = project.expect(&["upgrade", "+1"], 2)?;
    says(&ran, &["at several revisions", "`mmmm0001@+1`"])?;
    let ran = project.expect(&["downgrade", "wifi@-9"], 2)?;
    says(&ran, &["only 3 are there"])?;
    let ran = project.expect(&["upgrade", "aaaa:wwww0002"], 2)?;
    says(&ran, &["Range revision not allowed"])?;
    is_at(&project, &["mmmm0001", "wwww0002"])?;
    project.expect(&["downgrade", "mmmm0001@-1"], 0)?;
    is_at(&project, &["wwww0002"])
}

fn header_of(project: &Project, id: &str) -> Result<String, Failed> {
    Ok(fs::read_to_string(project.version(id)?)?)
}

fn placing_flags() -> Outcome {
    let project = branched(On::Sqlite)?;
    let write = |more: &[&str]| {
        let words = ["revision", "-m", "by hand", "--rev-id"];
        project.expect(&[words.as_slice(), more].concat(), 0)
    };
    write(&[
        "bbbb0001",
        "--head",
        "mesh@head",
        "--depends-on",
        "wifi",
        "--depends-on",
        "wwww0002",
    ])?;
    let text = header_of(&project, "bbbb0001")?;
    if !text.contains("-- Revises: mmmm0001\n") || !text.contains("-- Depends On: wifi, wwww0002\n")
    {
        return Err(text.into());
    }
    write(&["cccc0001", "--head", "base", "--branch-label", "own"])?;
    let text = header_of(&project, "cccc0001")?;
    if !text.contains("-- Revises:\n") || !text.contains("-- Branch Labels: own\n") {
        return Err(text.into());
    }
    let words = ["revision", "-m", "x", "--head", "aaaa0001"];
    let ran = project.expect(&words, 2)?;
    says(
        &ran,
        &["Revision `aaaa0001` is not a head revision", "--splice"],
    )?;
    write(&["dddd0001", "--head", "aaaa", "--splice"])?;
    let ran = project.expect(
        &[
            "revision",
            "-m",
            "x",
            "--head",
            "own@head",
            "--branch-label",
            "wifi",
        ],
        2,
    )?;
    says(&ran, &["`wifi` is taken"])?;
    let ran = project.expect(
        &[
            "revision",
            "-m",
            "x",
            "--head",
            "own@head",
            "--branch-label",
            "a b",
        ],
        2,
    )?;
    says(&ran, &["is not allowed in the branch label"])?;
    let ran = project.expect(&["revision", "-m", "x", "--head", "+1"], 2)?;
    says(&ran, &["depends on where a database is"])?;
    let ran = project.expect(&["revision", "-m", "x", "--head", "own@head", "--sql"], 0)?;
    says(&ran, &["nothing is written"])?;
    if fs::read_dir(project.path("versions"))?.count() != 7 {
        return Err("a file too many".into());
    }
    project.expect(&["upgrade", "heads"], 0)?;
    is_at(&project, &["bbbb0001", "cccc0001", "dddd0001"])
}

const ITEM: &str = "#[derive(aludel::Model)]\npub struct Item {\n    #[column(primary_key)]\n    pub id: i64,\n}\n";

fn autogen_on_a_branch() -> Outcome {
    let project = Project::new(ITEM)?;
    project.expect(
        &[
            "autogen",
            "-m",
            "one",
            "--rev-id",
            "aaaa0001",
            "--branch-label",
            "core",
        ],
        0,
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    for id in ["bbbb0001", "cccc0001"] {
        let words = [
            "revision", "-m", "x", "--head", "aaaa0001", "--splice", "--rev-id", id,
        ];
        project.expect(&words, 0)?;
    }
    project.edit(
        "models.rs",
        "id: i64,\n",
        "id: i64,\n    pub name: Option<String>,\n",
    )?;
    let ran = project.expect(&["autogen", "-m", "two", "--head", "bbbb0001"], 2)?;
    says(&ran, &["Target database is not up to date"])?;
    project.expect(&["upgrade", "heads"], 0)?;
    let ran = project.expect(&["autogen", "-m", "two"], 2)?;
    says(&ran, &["Multiple heads are present"])?;
    let words = [
        "autogen", "-m", "two", "--head", "bbbb0001", "--rev-id", "dddd0001",
    ];
    project.expect(&words, 0)?;
    if !header_of(&project, "dddd0001")?.contains("-- Proven: sqlite") {
        return Err("it was not proven".into());
    }
    project.expect(&["upgrade", "heads"], 0)?;
    is_at(&project, &["cccc0001", "dddd0001"])?;
    // Nothing differs, and somebody may have to join them.
    let ran = project.expect(&["check"], 0)?;
    says(&ran, &["in sync", "merge -m \"...\" cccc0001 dddd0001`"])?;
    project.expect(&["downgrade", "bbbb0001@-1"], 0)?;
    is_at(&project, &["bbbb0001", "cccc0001"])
}

fn autogen_beside_a_dependency() -> Outcome {
    let project = Project::new(ITEM)?;
    project.expect(&["autogen", "-m", "one", "--rev-id", "aaaa0001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.edit(
        "models.rs",
        "id: i64,\n",
        "id: i64,\n    pub name: Option<String>,\n",
    )?;
    let words = [
        "autogen",
        "-m",
        "two",
        "--head",
        "base",
        "--depends-on",
        "aaaa",
        "--rev-id",
        "bbbb0001",
    ];
    project.expect(&words, 0)?;
    project.expect(&["upgrade", "heads"], 0)?;
    is_at(&project, &["bbbb0001"])?;
    project.expect(&["check"], 0)?;
    project.expect(&["downgrade", "bbbb@base"], 0)?;
    is_at(&project, &["aaaa0001"])
}

fn stamp_several() -> Outcome {
    let project = branched(On::Sqlite)?;
    project.expect(&["stamp", "mesh@head", "wifi"], 0)?;
    is_at(&project, &["mmmm0001", "wwww0001"])?;
    project.expect(&["stamp", "wifi@+1"], 0)?;
    is_at(&project, &["mmmm0001", "wwww0002"])?;
    let ran = project.expect(&["stamp", "aaaa", "wifi"], 2)?;
    says(
        &ran,
        &["overlaps with the other requested revision `aaaa0001`"],
    )?;
    project.sql("INSERT INTO aludel_version VALUES ('gone00000001')")?;
    let ran = project.expect(&["stamp", "heads"], 2)?;
    says(&ran, &["gone00000001", "stamp --purge"])?;
    let ran = project.expect(&["stamp", "--purge", "heads", "--format", "json"], 0)?;
    if json(&ran)?["current"] != serde_json::json!(["mmmm0001", "wwww0002"]) {
        return Err(ran.stdout.into());
    }
    project.expect(&["stamp", "base"], 0)?;
    is_at(&project, &[])
}

fn history_in_every_form() -> Outcome {
    let project = branched(On::Sqlite)?;
    project.expect(&["merge", "-m", "join \"all\"", "--rev-id", "eeee0001"], 0)?;
    project.expect(&["upgrade", "mesh"], 0)?;
    let ran = project.expect(&["history", "-i"], 0)?;
    let expected = [
        "mmmm0001, wwww0002 -> eeee0001 (mesh, wifi) (head) (mergepoint), join \"all\"",
        "wwww0001 -> wwww0002 (wifi), make t_wwww0002",
        "aaaa0001 -> wwww0001 (wifi), make t_wwww0001",
        "aaaa0001 -> mmmm0001 (mesh) (current), make t_mmmm0001",
        "<base> -> aaaa0001 (branchpoint), make t_aaaa0001",
    ];
    if lines(&ran) != expected {
        return Err(ran.stdout.into());
    }
    let ran = project.expect(&["history", "--graph"], 0)?;
    let expected = [
        "●  eeee0001 (mesh, wifi) (head) (mergepoint), join \"all\"",
        "├─╮",
        "│ ●  wwww0002 (wifi), make t_wwww0002",
        "│ ●  wwww0001 (wifi), make t_wwww0001",
        "● │  mmmm0001 (mesh), make t_mmmm0001",
        "├─╯",
        "●  aaaa0001 (branchpoint), make t_aaaa0001",
    ];
    if lines(&ran) != expected {
        return Err(ran.stdout.into());
    }
    let ran = project.expect(&["history", "--format", "mermaid", "-i"], 0)?;
    for part in [
        "flowchart TD\n",
        "    r0[\"aaaa0001<br/>make t_aaaa0001\"]\n",
        ":::current\n",
        "join #quot;all#quot;\"]:::head\n",
        "    r0 --> r1\n",
    ] {
        if !ran.stdout.contains(part) {
            return Err(format!("no `{part}`\n{}", ran.stdout).into());
        }
    }
    let ran = project.expect(&["branches"], 0)?;
    let expected = [
        "aaaa0001 (branchpoint), make t_aaaa0001",
        "    -> mmmm0001 (mesh), make t_mmmm0001",
        "    -> wwww0001 (wifi), make t_wwww0001",
    ];
    if lines(&ran) != expected {
        return Err(ran.stdout.into());
    }
    let ran = project.expect(&["branches", "--format", "json"], 0)?;
    let document = json(&ran)?;
    if document["branches"][0]["children"] != serde_json::json!(["mmmm0001", "wwww0001"]) {
        return Err(ran.stdout.into());
    }
    Ok(())
}

fn ranges_of_history() -> Outcome {
    let project = branched(On::Sqlite)?;
    project.expect(&["upgrade", "wifi"], 0)?;
    let shown = |range: &str| -> Result<Vec<String>, Failed> {
        let ran = project.expect(&["history", "-r", range, "--format", "json"], 0)?;
        let document = json(&ran)?;
        let all = document["revisions"].as_array().ok_or("no revisions")?;
        let ids = all.iter().filter_map(|r| r["id"].as_str());
        Ok(ids.map(str::to_owned).collect())
    };
    for (range, expected) in [
        ("aaaa:wifi", vec!["wwww0001", "aaaa0001"]),
        ("wifi:", vec!["wwww0002", "wwww0001"]),
        (":mesh@head", vec!["mmmm0001", "aaaa0001"]),
        ("-1:wwww0002", vec!["wwww0002", "wwww0001"]),
        ("-1:current", vec!["wwww0001", "aaaa0001"]),
        ("current:+1", vec!["wwww0002", "wwww0001"]),
        ("current:wifi@head", vec!["wwww0002", "wwww0001"]),
    ] {
        let found = shown(range)?;
        if found != expected {
            return Err(format!("{range}: {found:?}").into());
        }
    }
    let ran = project.expect(&["history", "-r", "wwww0002:aaaa"], 2)?;
    says(&ran, &["the other way around", "`aaaa:wwww0002`"])?;
    let ran = project.expect(&["history", "-r", "mesh:wwww0002"], 2)?;
    says(&ran, &["does not refer to ancestor/descendant revisions"])?;
    let ran = project.expect(&["history", "-r", "wifi"], 2)?;
    says(&ran, &["History range requires [start]:[end]"])
}

fn show_says_all() -> Outcome {
    let project = branched(On::Sqlite)?;
    let ran = project.expect(&["show", "aaaa"], 0)?;
    says(
        &ran,
        &[
            "Rev: aaaa0001",
            "Parent: <base>",
            "Branches into: mmmm0001, wwww0001",
            "aaaa0001.sql",
        ],
    )?;
    let ran = project.expect(&["show", "wifi@head-1", "-v"], 0)?;
    says(&ran, &["Branch names: wifi", "CREATE TABLE t_wwww0001"])?;
    project.expect(&["upgrade", "mesh"], 0)?;
    let ran = project.expect(&["show", "current", "--format", "json"], 0)?;
    let document = json(&ran)?;
    if document["revisions"][0]["id"] != "mmmm0001"
        || document["revisions"][0]["is_current"] != true
    {
        return Err(ran.stdout.into());
    }
    let ran = project.expect(&["current", "-v"], 0)?;
    says(
        &ran,
        &[
            "Current revision(s) for sqlite:",
            "Rev: mmmm0001",
            "Parent: aaaa0001",
        ],
    )?;
    let ran = project.expect(&["heads", "-v"], 0)?;
    says(&ran, &["Rev: mmmm0001", "Rev: wwww0002"])?;
    let ran = project.expect(&["show", "nope1"], 2)?;
    says(&ran, &["Can't locate revision identified by `nope1`"])
}

fn edit_opens_the_file() -> Outcome {
    let project = branched(On::Sqlite)?;
    let edit = |editor: &str, revision: &str| -> Result<Ran, Failed> {
        let output = project
            .command(&["edit", revision])?
            .env("EDITOR", editor)
            .env_remove("VISUAL")
            .output()?;
        Ok(Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    };
    let ran = edit("sed -i s/make/made/", "wifi@head")?;
    if ran.code != 0 || !header_of(&project, "wwww0002")?.starts_with("-- made t_wwww0002") {
        return Err(ran.stderr.into());
    }
    let ran = edit("sed -i s/Revises/Revise/", "mesh")?;
    if ran.code != 2 {
        return Err("a broken header was not noticed".into());
    }
    says(&ran, &["mmmm0001.sql", "Revise"])?;
    project.edit("versions/mmmm0001.sql", "Revise:", "Revises:")?;
    let ran = edit("no-such-editor-anywhere", "mesh")?;
    if ran.code != 2 {
        return Err("no error".into());
    }
    says(
        &ran,
        &["`no-such-editor-anywhere` cannot be started", "EDITOR"],
    )
}

fn ensure_version_makes_the_table() -> Outcome {
    let project = branched(On::Sqlite)?;
    let ran = project.expect(&["ensure-version"], 0)?;
    says(&ran, &["made the table `aludel_version`"])?;
    let rows = project.query("SELECT count(*) FROM aludel_version WHERE 1")?;
    if rows.len() != 1 {
        return Err("no table".into());
    }
    let ran = project.expect(&["ensure-version", "--format", "json"], 0)?;
    if json(&ran)?["created"] != false {
        return Err(ran.stdout.into());
    }
    is_at(&project, &[])
}

fn merge_refuses() -> Outcome {
    let project = branched(On::Sqlite)?;
    let ran = project.expect(&["merge", "wifi@head"], 2)?;
    says(&ran, &["`wwww0002` is the only revision there is to merge"])?;
    let ran = project.expect(&["merge", "aaaa", "mesh"], 2)?;
    says(&ran, &["overlaps"])?;
    let ran = project.expect(&["merge", "wifi", "mesh"], 2)?;
    says(&ran, &["`wwww0001` is not a head revision", "--splice"])?;
    let ran = project.expect(&["merge", "--dry-run", "--rev-id", "eeee0001"], 0)?;
    says(
        &ran,
        &["merge mmmm0001 and wwww0002", "Revises: mmmm0001, wwww0002"],
    )?;
    if fs::read_dir(project.path("versions"))?.count() != 4 {
        return Err("a file was written".into());
    }
    let ran = project.expect(
        &["merge", "wifi", "mesh", "--splice", "--format", "json"],
        0,
    )?;
    if json(&ran)?["parents"] != serde_json::json!(["wwww0001", "mmmm0001"]) {
        return Err(ran.stdout.into());
    }
    // A merge of merges.
    project.expect(&["merge", "heads", "-m", "all", "--rev-id", "ffff0001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    is_at(&project, &["ffff0001"])?;
    project.expect(&["downgrade", "base"], 0)?;
    is_at(&project, &[])
}

fn rebase_moves_a_branch() -> Outcome {
    let project = branched(On::Sqlite)?;
    project.write(
        "versions/rrrr0001.rs",
        "//! in Rust\n//!\n//! Revision ID: rrrr0001\n//! Revises: wwww0002\n//! Create Date: \
         2026-01-01T00:00:00Z\n\nuse aludel::migration::*;\n\npub fn upgrade(_op: &mut Op) {}\n\npub fn \
         downgrade(_op: &mut Op) {}\n",
    )?;
    let ran = project.expect(&["rebase", "mesh", "--dry-run"], 0)?;
    says(&ran, &["Would move `mmmm0001` onto `rrrr0001`"])?;
    let before = header_of(&project, "wwww0001")?;
    let ran = project.expect(&["rebase", "rrrr", "--onto", "mesh@head"], 0)?;
    says(
        &ran,
        &[
            "Moved `wwww0001`, `wwww0002`, `rrrr0001` onto `mmmm0001`",
            "versions/wwww0001.sql: revises mmmm0001, not aaaa0001",
            "aludel verify wwww0001:",
        ],
    )?;
    let after = header_of(&project, "wwww0001")?;
    if after != before.replace("-- Revises: aaaa0001", "-- Revises: mmmm0001") {
        return Err(after.into());
    }
    let ran = project.expect(&["heads"], 0)?;
    says(&ran, &["rrrr0001 (mesh, wifi) (head)"])?;
    project.expect(&["upgrade", "wwww0002"], 0)?;
    is_at(&project, &["wwww0002"])?;
    // A file in Rust is moved in the same way.
    revision(&project, "xxxx0001", "wwww0002", "")?;
    let ran = project.expect(&["rebase", "rrrr0001", "--format", "json"], 0)?;
    let document = json(&ran)?;
    if document["edited"][0]["to"] != serde_json::json!(["xxxx0001"]) {
        return Err(ran.stdout.into());
    }
    if !header_of(&project, "rrrr0001")?.contains("//! Revises: xxxx0001\n") {
        return Err("the Rust file is as it was".into());
    }
    Ok(())
}

fn rebase_looks_at_the_database() -> Outcome {
    let project = branched(On::Sqlite)?;
    project.expect(&["upgrade", "wifi@head"], 0)?;
    let ran = project.expect(&["rebase", "wifi@head"], 2)?;
    says(
        &ran,
        &[
            "has run `wwww0001`, `wwww0002`, and not `mmmm0001`",
            "aludel upgrade mmmm0001",
            "aludel downgrade wwww0001@aaaa0001",
        ],
    )?;
    project.expect(&["upgrade", "mmmm0001"], 0)?;
    is_at(&project, &["mmmm0001", "wwww0002"])?;
    project.expect(&["rebase", "wifi@head"], 0)?;
    // The row of `mmmm0001` says nothing that the other does not say.
    revision(&project, "wwww0003", "wwww0002", "")?;
    project.expect(&["upgrade", "+1"], 0)?;
    is_at(&project, &["wwww0003"])?;
    project.expect(&["downgrade", "-3"], 0)?;
    is_at(&project, &["mmmm0001"])?;
    project.expect(&["downgrade", "base"], 0)?;
    is_at(&project, &[])
}

fn rebase_refuses() -> Outcome {
    let project = branched(On::Sqlite)?;
    let ran = project.expect(&["rebase", "wwww0002", "--onto", "aaaa"], 2)?;
    says(&ran, &["are on one line"])?;
    let ran = project.expect(&["rebase", "aaaa", "--onto", "mesh"], 2)?;
    says(&ran, &["are on one line"])?;
    let ran = project.expect(&["rebase", "aaaa"], 2)?;
    says(&ran, &["no other head"])?;
    project.expect(&["merge", "heads", "--rev-id", "eeee0001"], 0)?;
    let ran = project.expect(&["rebase", "wifi", "--onto", "mesh"], 2)?;
    says(&ran, &["are joined already, by `eeee0001`"])?;
    let ran = project.expect(&["rebase", "heads", "--onto", "nope1"], 2)?;
    says(&ran, &["Can't locate revision"])
}

fn every_command_has_examples() -> Outcome {
    let project = Project::new("")?;
    let help = project.expect(&["--help"], 0)?.stdout;
    let commands = help.split("Commands:").nth(1).ok_or("no commands")?;
    let commands = commands.split("\n\n").next().unwrap_or_default();
    let mut seen = 0;
    // What a command does may take a second line, which is indented more.
    let names = commands.lines().filter(|line| !line.starts_with("   "));
    for name in names.filter_map(|line| line.split_whitespace().next()) {
        if name == "help" {
            continue;
        }
        seen += 1;
        let text = project.expect(&[name, "--help"], 0)?.stdout;
        if !text.contains("Example") || !text.contains(&format!(" {name}")) {
            return Err(format!("`{name} --help` has no examples\n{text}").into());
        }
    }
    if seen < 18 {
        return Err(format!("only {seen} commands\n{help}").into());
    }
    Ok(())
}

/// What differs is told from the database, so it has to be where the branch
/// begins.
fn a_spliced_revision_begins_where_the_database_is() -> Outcome {
    let models = |fields: &str| {
        format!(
            "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"t\")]\npub struct T {{\n    \
             #[column(primary_key)]\n    pub id: i64,\n{fields}}}\n"
        )
    };
    let project = Project::new(&models(""))?;
    project.expect(&["autogen", "-m", "one", "--rev-id", "aaaa0001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.write("models.rs", &models("    pub b: Option<i32>,\n"))?;
    project.expect(&["autogen", "-m", "two", "--rev-id", "bbbb0001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.write("models.rs", &models("    pub c: Option<i32>,\n"))?;
    let words = [
        "autogen",
        "-m",
        "three",
        "--rev-id",
        "cccc0001",
        "--no-rename",
        "--head",
        "aaaa0001",
        "--splice",
    ];
    let ran = project.expect(&words, 2)?;
    says(
        &ran,
        &["the database is past `aaaa0001`", "downgrade aaaa0001"],
    )?;
    project.expect(&["downgrade", "aaaa0001"], 0)?;
    project.expect(&words, 0)?;
    project.expect(&["upgrade", "cccc0001"], 0)?;
    let columns = project.query("SELECT name FROM pragma_table_info('t')")?;
    match columns.as_slice() {
        [id, c] if id == "id" && c == "c" => Ok(()),
        _ => Err(format!("{columns:?}").into()),
    }
}
