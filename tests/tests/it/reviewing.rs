//! What reviewers read: annotations of a pull request.

mod shown;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::cli::{json, says};
use crate::project::{Project, Ran};
use crate::{Outcome, trial};
use aludel_tests::place::On;

const BEFORE: &str = "use aludel::Model;

#[derive(Model)]
#[table(name = \"item\")]
pub struct Item {
    #[column(primary_key)]
    pub id: i64,
    pub name: Option<String>,
    pub size: i32,
}
";

/// A field less, one more, one that takes no NULL any more, a struct more.
const AFTER: &str = "use aludel::Model;

#[derive(Model)]
#[table(name = \"item\")]
pub struct Item {
    #[column(primary_key)]
    pub id: i64,
    #[column(index)]
    pub name: String,
    pub note: Option<String>,
}

#[derive(Model)]
#[table(name = \"owner\")]
pub struct Owner {
    #[column(primary_key)]
    pub id: i64,
    #[column(references = Item::id)]
    pub item_id: i64,
}
";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("reviewing::two_heads_are_found", two_heads_are_found),
        trial(
            "reviewing::heads_that_collide_are_named",
            heads_that_collide_are_named,
        ),
        trial(
            "reviewing::branches_with_labels_stay",
            branches_with_labels_stay,
        ),
        trial(
            "reviewing::changed_files_are_annotated",
            changed_files_are_annotated,
        ),
        trial("reviewing::mistakes_are_annotated", mistakes_are_annotated),
        trial("reviewing::lint_is_annotated", lint_is_annotated),
        trial(
            "reviewing::paths_are_the_repositorys",
            paths_are_the_repositorys,
        ),
    ];
    trials.extend(shown::trials());
    for on in On::ALL {
        let name = on.name();
        trials.push(trial(
            format!("reviewing::{name}::fields_are_annotated"),
            move || fields_are_annotated(on),
        ));
    }
    trials
}

/// A project whose database is at its head, with what `BEFORE` says.
fn at_head(on: On) -> Result<Project, Failed> {
    let project = Project::on(on, BEFORE)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa00000001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    Ok(project)
}

/// The annotations that a command printed, and their messages.
fn annotations(ran: &Ran) -> Vec<(&str, &str)> {
    let lines = ran.stdout.lines().filter(|line| line.starts_with("::"));
    lines
        .filter_map(|line| line[2..].split_once("::"))
        .collect()
}

/// The one annotation whose message begins so.
fn of<'r>(ran: &'r Ran, start: &str) -> Result<(&'r str, &'r str), Failed> {
    let all = annotations(ran);
    match all
        .iter()
        .filter(|(_, said)| said.starts_with(start))
        .count()
    {
        1 => {}
        n => return Err(format!("{n} annotations begin with {start:?}\n{}", ran.stdout).into()),
    }
    let found = all.into_iter().find(|(_, said)| said.starts_with(start));
    found.ok_or_else(|| "it was there".into())
}

/// An annotation stands at that line and column of `models.rs`.
fn is_at(ran: &Ran, start: &str, line: usize, column: usize) -> Outcome {
    let (place, _) = of(ran, start)?;
    let wanted = format!("error file=models.rs,line={line},col={column},title=schema difference");
    if place == wanted {
        return Ok(());
    }
    Err(format!("{start}\nwanted {wanted}\nfound  {place}").into())
}

fn fields_are_annotated(on: On) -> Outcome {
    let project = at_head(on)?;
    let clean = project.expect(&["check", "--format", "github"], 0)?;
    if clean.stdout != "in sync: models and database do not differ\n" {
        return Err(clean.stdout.into());
    }
    project.write("models.rs", AFTER)?;
    let online = project.expect(&["check", "--format", "github"], 1)?;
    says(&online, &["autogen -m \"...\"` writes the migration"])?;
    let mut all = vec![online];
    // A file of SQL for a server is replayed there, and nowhere else.
    if on == On::Sqlite {
        let words = ["check", "--offline", "--format", "github"];
        all.push(project.expect(&words, 1)?);
    }
    for ran in &all {
        is_at(ran, "create table `owner`", 15, 12)?;
        is_at(ran, "add column `item.note`", 10, 9)?;
        is_at(ran, "alter column `item.name`", 9, 9)?;
        is_at(ran, "add index `ix_item_name`", 9, 9)?;
        // The field is there no more: its struct is.
        is_at(ran, "drop column `item.size`", 5, 12)?;
        let (_, said) = of(ran, "drop column `item.size`")?;
        if !said.contains("%0Adeletes data: ") {
            return Err(said.into());
        }
    }
    // What only the database has is said of the one file of models.
    project.write("models.rs", BEFORE)?;
    project.sql("CREATE TABLE stray (id INTEGER PRIMARY KEY)")?;
    let ran = project.expect(&["check", "--format", "github"], 1)?;
    match of(&ran, "drop table `stray`")? {
        ("error file=models.rs,title=schema difference", _) => Ok(()),
        (place, _) => Err(place.into()),
    }
}

/// Two revisions that follow the first one, as two branches of the source have
/// made them.
fn two_branches(project: &Project) -> Outcome {
    for id in ["bbbb00000001", "bbbb00000002"] {
        let words = [
            "revision",
            "-m",
            "x",
            "--head",
            "aaaa00000001",
            "--splice",
            "--rev-id",
            id,
        ];
        project.expect(&words, 0)?;
    }
    Ok(())
}

fn two_heads_are_found() -> Outcome {
    let project = at_head(On::Sqlite)?;
    two_branches(&project)?;
    let merge = "merge -m \"...\" bbbb00000001 bbbb00000002` joins them";
    let ran = project.expect(&["check", "--offline"], 1)?;
    says(&ran, &["Multiple heads are present", merge])?;
    let ran = project.expect(&["check", "--offline", "--format", "json"], 1)?;
    let document = json(&ran)?;
    let heads = serde_json::json!([["bbbb00000001", "bbbb00000002"]]);
    if document["unmerged"] != heads || document["in_sync"] != Value::Bool(true) {
        return Err(ran.stdout.into());
    }
    let ran = project.expect(&["check", "--offline", "--format", "github"], 1)?;
    for id in ["bbbb00000001", "bbbb00000002"] {
        let place = format!("error file=versions/{id}_x.sql,line=3,col=1,title=several heads");
        let found = annotations(&ran);
        let found = found.iter().find(|(at, _)| **at == place);
        if !found.is_some_and(|(_, said)| said.contains(merge)) {
            return Err(format!("{place}\n{}", ran.stdout).into());
        }
    }
    // They have run, and are heads all the same.
    project.expect(&["upgrade", "heads"], 0)?;
    says(&project.expect(&["check"], 0)?, &["in sync", merge])?;
    says(&project.expect(&["check", "--strict"], 1)?, &[merge])?;
    let ran = project.expect(&["check", "--format", "github"], 0)?;
    if annotations(&ran).len() != 2 || !ran.stdout.starts_with("::warning ") {
        return Err(ran.stdout.into());
    }
    project.expect(&["merge", "-m", "join", "bbbb00000001", "bbbb00000002"], 0)?;
    project.expect(&["check", "--offline"], 0)?;
    let ran = project.expect(&["check", "--format", "github"], 1)?;
    of(&ran, "the database has not run")?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(())
}

/// Both branches have made the same: nothing can be replayed, and the heads are
/// named all the same.
fn heads_that_collide_are_named() -> Outcome {
    let project = at_head(On::Sqlite)?;
    two_branches(&project)?;
    for id in ["bbbb00000001", "bbbb00000002"] {
        let path = project.version(id)?;
        let text = std::fs::read_to_string(&path)?;
        let adds = "-- upgrade\nALTER TABLE \"item\" ADD COLUMN \"note\" TEXT;\n";
        std::fs::write(&path, text.replacen("-- upgrade\n", adds, 1))?;
    }
    let ran = project.expect(&["check", "--offline"], 2)?;
    let merge = "merge -m \"...\" bbbb00000001 bbbb00000002` joins them";
    says(
        &ran,
        &["duplicate column", "Multiple heads are present", merge],
    )
}

fn branches_with_labels_stay() -> Outcome {
    let project = at_head(On::Sqlite)?;
    for (id, label) in [("bbbb00000001", "wifi"), ("bbbb00000002", "mesh")] {
        let words = [
            "revision",
            "-m",
            "x",
            "--head",
            "aaaa00000001",
            "--splice",
            "--rev-id",
            id,
            "--branch-label",
            label,
        ];
        project.expect(&words, 0)?;
    }
    project.expect(&["check", "--offline"], 0)?;
    // Two of one branch are two again.
    for id in ["cccc00000001", "cccc00000002"] {
        let words = [
            "revision",
            "-m",
            "x",
            "--head",
            "bbbb00000001",
            "--splice",
            "--rev-id",
            id,
        ];
        project.expect(&words, 0)?;
    }
    let ran = project.expect(&["check", "--offline"], 1)?;
    says(&ran, &["merge -m \"...\" cccc00000001 cccc00000002`"])
}

fn changed_files_are_annotated() -> Outcome {
    let project = at_head(On::Sqlite)?;
    let path = project.version("aaaa")?;
    let text = std::fs::read_to_string(&path)?;
    let more = "-- upgrade\nCREATE TABLE more (id INTEGER);\n";
    std::fs::write(&path, text.replacen("-- upgrade\n", more, 1))?;
    let place = "file=versions/aaaa00000001_first.sql,line=3,col=1,title=not as it was run";
    let ran = project.expect(&["check", "--format", "github"], 0)?;
    let (found, said) = of(&ran, "`aaaa00000001` was changed")?;
    if found != format!("warning {place}") || !said.contains("stamp --repair aaaa00000001") {
        return Err(ran.stdout.into());
    }
    let ran = project.expect(&["check", "--strict", "--format", "github"], 1)?;
    let (found, _) = of(&ran, "`aaaa00000001` was changed")?;
    match found == format!("error {place}") {
        true => Ok(()),
        false => Err(ran.stdout.into()),
    }
}

fn mistakes_are_annotated() -> Outcome {
    let project = at_head(On::Sqlite)?;
    project.edit("models.rs", "primary_key", "primary_kye")?;
    let ran = project.expect(&["check", "--format", "github"], 2)?;
    let (place, said) = of(&ran, "unknown key `primary_kye`")?;
    if place != "error file=models.rs,line=6,col=14,title=aludel" || !said.contains("did you mean")
    {
        return Err(ran.stdout.into());
    }
    // People read it as ever.
    says(&ran, &["unknown key `primary_kye`", "models.rs:6:14"])
}

fn lint_is_annotated() -> Outcome {
    let project = at_head(On::Sqlite)?;
    project.write("models.rs", AFTER)?;
    let words = [
        "autogen",
        "-m",
        "second",
        "--rev-id",
        "aaaa00000002",
        "--fill",
        "item.name=none",
        "--no-rename",
    ];
    project.expect(&words, 0)?;
    let ran = project.run(&["lint", "--format", "github"])?;
    let document = json(&project.run(&["lint", "--format", "json"])?)?;
    let findings = document["findings"].as_array().ok_or("no findings")?;
    let all = annotations(&ran);
    if findings.is_empty() || findings.len() != all.len() {
        return Err(format!("{} findings\n{}", findings.len(), ran.stdout).into());
    }
    for (finding, (place, said)) in findings.iter().zip(&all) {
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let word = match text("level").as_str() {
            "note" => "notice".to_owned(),
            other => other.to_owned(),
        };
        let wanted = format!(
            "{word} file=versions/aaaa00000002_second.sql,line={},col=1,title={} (aaaa00000002)",
            finding["line"],
            text("kind")
        );
        if *place != wanted || !said.starts_with(&text("message")) {
            return Err(format!("wanted {wanted}\nfound  {place}").into());
        }
    }
    says(&ran, &["1 revision: "])
}

/// The project is a folder of the repository, and the command runs elsewhere.
fn paths_are_the_repositorys() -> Outcome {
    let project = at_head(On::Sqlite)?;
    project.write("models.rs", AFTER)?;
    let outer = tempfile::tempdir()?;
    let inner = outer.path().join("apps/one");
    std::fs::create_dir_all(outer.path().join(".git"))?;
    std::fs::create_dir_all(inner.join("versions"))?;
    for name in [
        "aludel.toml",
        "models.rs",
        "versions/aaaa00000001_first.sql",
    ] {
        std::fs::copy(project.path(name), inner.join(name))?;
    }
    for (folder, config) in [
        (outer.path().to_owned(), "apps/one/aludel.toml"),
        (inner.join("versions"), "../aludel.toml"),
    ] {
        let words = [
            "check",
            "--offline",
            "--format",
            "github",
            "--config",
            config,
        ];
        let output = project.command(&words)?.current_dir(folder).output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        let wanted = "::error file=apps/one/models.rs,line=10,col=9,";
        if !printed.contains(wanted) {
            return Err(format!("{printed}{}", String::from_utf8_lossy(&output.stderr)).into());
        }
    }
    Ok(())
}
