//! Real commands in throw-away projects: the main road, and bad input.

use std::fs;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::project::{Project, Ran};
use crate::{Outcome, trial};

const ITEM: &str = "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"item\")]\n\
                    pub struct Item {\n    #[column(primary_key)]\n    pub id: i64,\n    \
                    pub name: Option<String>,\n}\n";

/// A test.
type Test = fn() -> Outcome;

pub(crate) fn trials() -> Vec<Trial> {
    let list: Vec<(&str, Test)> = vec![
        ("main_road", main_road),
        (
            "pending_revisions_stop_autogen",
            pending_revisions_stop_autogen,
        ),
        ("check_in_json", check_in_json),
        (
            "current_history_heads_in_json",
            current_history_heads_in_json,
        ),
        ("stamp_and_purge", stamp_and_purge),
        ("relative_revisions", relative_revisions),
        ("likely_rename_asks", likely_rename_asks),
        (
            "likely_rename_of_a_value_asks",
            likely_rename_of_a_value_asks,
        ),
        ("no_models_drops_nothing", no_models_drops_nothing),
        ("all_mistakes_at_once", all_mistakes_at_once),
        ("one_broken_file_of_ten", one_broken_file_of_ten),
        ("unknown_url_scheme", unknown_url_scheme),
        ("missing_database", missing_database),
        ("not_a_database", not_a_database),
        ("read_only_database", read_only_database),
        ("locked_database", locked_database),
        ("unknown_config_key", unknown_config_key),
        ("file_without_header", file_without_header),
        ("duplicate_id", duplicate_id),
        ("unknown_parent", unknown_parent),
        ("cycle", cycle),
        ("two_heads", two_heads),
        ("unknown_revision_in_database", unknown_revision_in_database),
        ("view_names_a_dropped_column", view_names_a_dropped_column),
        (
            "failing_revision_leaves_nothing",
            failing_revision_leaves_nothing,
        ),
        ("null_rows_stop_not_null", null_rows_stop_not_null),
        (
            "edited_table_stops_a_written_rebuild",
            edited_table_stops_a_written_rebuild,
        ),
        ("reflect_then_no_difference", reflect_then_no_difference),
        ("foreign_files_are_ignored", foreign_files_are_ignored),
        ("at_head_writes_nothing", at_head_writes_nothing),
        ("eight_writers_at_once", eight_writers_at_once),
        ("rust_files_need_the_xtask", rust_files_need_the_xtask),
        ("same_bytes_twice", same_bytes_twice),
        ("diff_between_files", diff_between_files),
        ("init_never_overwrites", init_never_overwrites),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("cli::{name}"), run))
        .collect()
}

/// A project whose database is at head with `ITEM`.
fn at_head() -> Result<Project, Failed> {
    let project = Project::new(ITEM)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa00000001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    Ok(project)
}

/// `ITEM` with another field.
fn item_with(field: &str) -> String {
    ITEM.replace("}\n", &format!("    {field}\n}}\n"))
}

/// Whether a command said all of that, and nothing of a panic.
pub(crate) fn says(ran: &Ran, words: &[&str]) -> Outcome {
    // miette wraps long lines: compare without line breaks and borders.
    let flat: String = format!("{} {}", ran.stdout, ran.stderr)
        .replace(['│', '|', '\n'], " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for word in words {
        if !flat.contains(word) {
            return Err(format!("does not say `{word}`:\n{}\n{}", ran.stdout, ran.stderr).into());
        }
    }
    if flat.contains("panicked at") || flat.contains("RUST_BACKTRACE") {
        return Err(format!("a panic:\n{}", ran.stderr).into());
    }
    Ok(())
}

/// What a command printed, as one document.
pub(crate) fn json(ran: &Ran) -> Result<Value, Failed> {
    serde_json::from_str(&ran.stdout)
        .map_err(|e| format!("{e}: not one JSON document:\n{}", ran.stdout).into())
}

fn main_road() -> Outcome {
    let project = at_head()?;
    project.write("models.rs", &item_with("pub extra: Option<Vec<u8>>,"))?;
    let ran = project.expect(&["check"], 1)?;
    says(&ran, &["add column `item.extra`"])?;
    let ran = project.expect(&["autogen", "-m", "add extra to item"], 0)?;
    says(
        &ran,
        &["add column `item.extra`", "_add_extra_to_item.sql", "done"],
    )?;
    let ran = project.expect(&["upgrade", "head"], 0)?;
    says(
        &ran,
        &["Running upgrade aaaa00000001 ->", "add extra to item"],
    )?;
    project.expect(&["check"], 0)?;
    let ran = project.expect(&["downgrade", "-1"], 0)?;
    says(&ran, &["Running downgrade", "-> aaaa00000001"])?;
    let ran = project.expect(&["current"], 0)?;
    says(&ran, &["aaaa00000001"])?;
    let ran = project.expect(&["downgrade", "base"], 0)?;
    says(&ran, &["Running downgrade aaaa00000001 ->"])?;
    if project
        .query("SELECT name FROM sqlite_schema WHERE name = 'item'")?
        .is_empty()
    {
        Ok(())
    } else {
        Err("item is still there".into())
    }
}

fn pending_revisions_stop_autogen() -> Outcome {
    let project = at_head()?;
    project.write("models.rs", &item_with("pub extra: Option<i64>,"))?;
    project.expect(&["autogen", "-m", "one", "--rev-id", "aaaa00000002"], 0)?;
    let ran = project.expect(&["autogen", "-m", "two"], 2)?;
    says(
        &ran,
        &[
            "Target database is not up to date",
            "aaaa00000002",
            "upgrade head",
        ],
    )?;
    if fs::read_dir(project.path("versions"))?.count() != 2 {
        return Err("a file was written".into());
    }
    let ran = project.expect(&["check"], 1)?;
    says(&ran, &["pending"])
}

fn check_in_json() -> Outcome {
    let project = at_head()?;
    let clean = json(&project.expect(&["check", "--format", "json"], 0)?)?;
    if clean["in_sync"] != true {
        return Err(format!("{clean}").into());
    }
    project.write(
        "models.rs",
        &ITEM.replace("    pub name: Option<String>,\n", ""),
    )?;
    let drift = json(&project.expect(&["check", "--format", "json"], 1)?)?;
    let operation = &drift["operations"][0];
    let right = drift["in_sync"] == false
        && operation["op"] == "drop_column"
        && operation["table"] == "item"
        && operation["name"] == "name"
        && operation["describe"] == "drop column `item.name`"
        && operation["sql"][0] == "ALTER TABLE \"item\" DROP COLUMN \"name\""
        && operation["hazards"][0]["kind"] == "deletes_data";
    if right {
        Ok(())
    } else {
        Err(format!("{drift:#}").into())
    }
}

fn current_history_heads_in_json() -> Outcome {
    let project = at_head()?;
    project.expect(
        &["revision", "-m", "by hand", "--rev-id", "aaaa00000002"],
        0,
    )?;
    let current = json(&project.expect(&["current", "--format", "json"], 0)?)?;
    let heads = json(&project.expect(&["heads", "--format", "json"], 0)?)?;
    let history = json(&project.expect(&["history", "--format", "json"], 0)?)?;
    let right = current["current"][0] == "aaaa00000001"
        && current["heads"][0] == "aaaa00000002"
        && current["at_head"] == false
        && heads["heads"][0] == "aaaa00000002"
        && history["revisions"][0]["id"] == "aaaa00000002"
        && history["revisions"][0]["parents"][0] == "aaaa00000001"
        && history["revisions"][0]["message"] == "by hand"
        && history["revisions"][0]["is_head"] == true
        && history["revisions"][1]["is_head"] == false;
    if !right {
        return Err(format!("{current}\n{heads}\n{history}").into());
    }
    project.expect(&["current", "--check-heads"], 1)?;
    says(
        &project.expect(&["history"], 0)?,
        &[
            "aaaa00000001 -> aaaa00000002 (head), by hand",
            "<base> -> aaaa00000001",
        ],
    )?;
    says(&project.expect(&["history", "-i"], 0)?, &["(current)"])
}

fn stamp_and_purge() -> Outcome {
    let project = Project::new(ITEM)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa00000001"], 0)?;
    project.sql("CREATE TABLE item (id INTEGER NOT NULL PRIMARY KEY, name TEXT)")?;
    project.expect(&["stamp", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.sql("UPDATE aludel_version SET version_num = 'fb5781f0c470'")?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(
        &ran,
        &[
            "Can't locate revision identified by",
            "fb5781f0c470",
            "stamp --purge",
        ],
    )?;
    project.expect(&["stamp", "--purge", "aaaa00000001"], 0)?;
    project.expect(&["check"], 0)?;
    let ran = project.expect(&["stamp", "nowhere12"], 2)?;
    says(&ran, &["Can't locate revision identified by", "nowhere12"])
}

fn relative_revisions() -> Outcome {
    let project = at_head()?;
    for number in 2..=4 {
        let id = format!("bbbb0000000{number}");
        project.expect(&["revision", "-m", "empty", "--rev-id", &id], 0)?;
    }
    project.expect(&["upgrade", "+1"], 0)?;
    says(&project.expect(&["current"], 0)?, &["bbbb00000002"])?;
    project.expect(&["upgrade", "bbbb00000003"], 0)?;
    let ran = project.expect(&["upgrade", "+5"], 2)?;
    says(&ran, &["+5"])?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["downgrade", "-2"], 0)?;
    says(&project.expect(&["current"], 0)?, &["bbbb00000002"])?;
    project.expect(&["downgrade", "aaaa"], 0)?;
    says(&project.expect(&["current"], 0)?, &["aaaa00000001"])?;
    let ran = project.expect(&["upgrade", "bbbb"], 2)?;
    says(&ran, &["bbbb00000002", "bbbb00000003"])?;
    let ran = project.expect(&["downgrade", "-9"], 2)?;
    says(&ran, &["-9"])
}

fn likely_rename_asks() -> Outcome {
    let project = at_head()?;
    project.write("models.rs", &ITEM.replace("pub name:", "pub full_name:"))?;
    let ran = project.expect(&["autogen", "-m", "r"], 2)?;
    says(&ran, &["--rename item.name=item.full_name", "--no-rename"])?;
    let document = json(&project.expect(&["autogen", "-m", "r", "--format", "json"], 2)?)?;
    let question = &document["questions"][0];
    if question["kind"] != "rename_column"
        || question["answers"][0]["flag"] != "--rename item.name=item.full_name"
    {
        return Err(format!("{document:#}").into());
    }
    if fs::read_dir(project.path("versions"))?.count() != 1 {
        return Err("a file was written".into());
    }
    Ok(())
}

fn likely_rename_of_a_value_asks() -> Outcome {
    let models = "use aludel::Model;\n#[derive(sqlx::Type)]\n#[sqlx(rename_all = \"snake_case\")]\n\
                  pub enum Mood {\nHappy,\nSad,\n}\n#[derive(Model)]\n#[table(name = \"item\")]\n\
                  pub struct Item {\n#[column(primary_key)]\npub id: i64,\npub mood: Mood,\n}\n";
    let project = Project::new(models)?;
    project.expect(&["autogen", "-m", "first"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.write("models.rs", &models.replace("Sad", "Low"))?;
    let ran = project.expect(&["autogen", "-m", "r"], 2)?;
    says(
        &ran,
        &["--rename item.mood.sad=item.mood.low", "--no-rename"],
    )?;
    let document = json(&project.expect(&["autogen", "-m", "r", "--format", "json"], 2)?)?;
    let question = &document["questions"][0];
    if question["kind"] != "rename_value" || question["to"] != "item.mood.low" {
        return Err(format!("{document:#}").into());
    }
    // The type is as good an answer as the column.
    let flag = "mood.sad=mood.low";
    let ran = project.expect(&["autogen", "-m", "r", "--sql", "--rename", flag], 0)?;
    says(&ran, &["WHEN 'sad' THEN 'low'"])?;
    let ran = project.expect(&["autogen", "-m", "r", "--rename", "mood.so=mood.low"], 2)?;
    says(&ran, &["has no value `so`"])?;
    project.expect(&["autogen", "-m", "r", "--no-rename"], 0)?;
    Ok(())
}

fn no_models_drops_nothing() -> Outcome {
    let project = at_head()?;
    project.write("models.rs", "pub struct NotOne;\n")?;
    let ran = project.expect(&["autogen", "-m", "x"], 2)?;
    says(&ran, &["no models"])?;
    fs::remove_file(project.path("models.rs"))?;
    let ran = project.expect(&["check"], 2)?;
    says(&ran, &["models*.rs"])
}

fn all_mistakes_at_once() -> Outcome {
    let project = Project::new(
        "use aludel::Model;\n#[derive(Model)]\n#[table(name = \"a\", primary_key(x))]\nstruct A {\n\
         #[column(primary_key)]\nx: i64,\n#[column(defualt = 1)]\ny: i64,\nz: GeoPoint,\n}\n\
         #[derive(Model)]\n#[table(name = \"a\")]\nstruct B {\n#[column(primary_key)]\nid: i64,\n\
         #[column(references = Nowhere::id)]\nn: i64,\n}\n",
    )?;
    let ran = project.expect(&["check"], 2)?;
    says(
        &ran,
        &[
            "unknown key `defualt`",
            "did you mean `default`",
            "GeoPoint",
            "type =",
            "Nowhere",
            "primary",
            "models.rs:7",
        ],
    )
}

fn one_broken_file_of_ten() -> Outcome {
    let project = Project::new(ITEM)?;
    for number in 1..9 {
        let name = format!("models{number}.rs");
        let text = ITEM
            .replace("\"item\"", &format!("\"item{number}\""))
            .replace("Item", &format!("Item{number}"));
        project.write(&name, &text)?;
    }
    project.write(
        "models9.rs",
        "use aludel::Model;\nstruct Broken {\n    a: ,\n}\n",
    )?;
    let ran = project.expect(&["check"], 2)?;
    says(&ran, &["models9.rs:3"])
}

fn unknown_url_scheme() -> Outcome {
    let project = Project::new(ITEM)?;
    let url = "oracle://scott:tiger@host/db";
    let ran = project.expect(&["check", "--database-url", url], 2)?;
    says(&ran, &["sqlite"])?;
    if ran.stderr.contains("tiger") || ran.stdout.contains("tiger") {
        return Err("the password was printed".into());
    }
    Ok(())
}

fn missing_database() -> Outcome {
    let project = Project::new(ITEM)?;
    let ran = project.expect(&["downgrade", "base"], 2)?;
    says(&ran, &["app.db"])?;
    if project.path("app.db").exists() {
        return Err("the database was made".into());
    }
    let ran = project.expect(&["check", "--database-url", "sqlite:nowhere/app.db"], 2)?;
    says(&ran, &["nowhere"])
}

fn not_a_database() -> Outcome {
    let project = Project::new(ITEM)?;
    project.write(
        "app.db",
        "this is a text file, long enough to have a header of SQLite in it ...",
    )?;
    let ran = project.expect(&["check"], 2)?;
    says(&ran, &["app.db", "not a database"])
}

fn read_only_database() -> Outcome {
    let project = at_head()?;
    project.expect(&["revision", "-m", "next"], 0)?;
    let url = format!("sqlite:{}?mode=ro", project.path("app.db").display());
    let ran = project.expect(&["upgrade", "head", "--database-url", &url], 2)?;
    says(&ran, &["read-only"])?;
    project.expect(&["current", "--database-url", &url], 0)?;
    Ok(())
}

fn locked_database() -> Outcome {
    let project = at_head()?;
    project.expect(&["revision", "-m", "next"], 0)?;
    let path = project.path("app.db");
    let held = std::process::Command::new(std::env::current_exe()?)
        .env(HOLD_LOCK, &path)
        .stdout(std::process::Stdio::piped())
        .spawn()?;
    let mut held = Held(held);
    held.wait_until_locked()?;
    // It waits while the lock is held, and works when it is gone.
    project.expect(&["upgrade", "head"], 0)?;
    Ok(())
}

/// The variable under which this binary holds the write lock of a database for
/// a second and a half.
pub(crate) const HOLD_LOCK: &str = "ALUDEL_TEST_HOLD_LOCK";

struct Held(std::process::Child);

impl Held {
    fn wait_until_locked(&mut self) -> Outcome {
        use std::io::Read;
        let mut byte = [0];
        let out = self.0.stdout.as_mut().ok_or("no pipe")?;
        Ok(out.read_exact(&mut byte)?)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn unknown_config_key() -> Outcome {
    let project = Project::new(ITEM)?;
    project.write("aludel.toml", "[database]\nulr = \"sqlite:app.db\"\n")?;
    let ran = project.expect(&["check"], 2)?;
    says(&ran, &["ulr", "url"])
}

fn file_without_header() -> Outcome {
    let project = at_head()?;
    project.write(
        "versions/cccc00000001_x.sql",
        "-- upgrade\nSELECT 1;\n-- downgrade\n",
    )?;
    let ran = project.expect(&["history"], 2)?;
    says(&ran, &["cccc00000001_x.sql", "Revision ID"])
}

/// A revision file by hand.
fn revision(project: &Project, id: &str, parent: &str, upgrade: &str) -> Outcome {
    project.write(
        &format!("versions/{id}_by_hand.sql"),
        &format!(
            "-- by hand\n--\n-- Revision ID: {id}\n-- Revises: {parent}\n\
             -- Create Date: 2026-01-01T00:00:00Z\n-- Dialect: sqlite\n\n-- upgrade\n{upgrade}\n\
             -- downgrade\n"
        ),
    )
}

fn duplicate_id() -> Outcome {
    let project = at_head()?;
    let first = fs::read_to_string(project.version("aaaa00000001")?)?;
    project.write("versions/copy.sql", &first)?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(
        &ran,
        &["aaaa00000001", "copy.sql", "aaaa00000001_first.sql"],
    )
}

fn unknown_parent() -> Outcome {
    let project = at_head()?;
    revision(&project, "cccc00000001", "dddd00000001", "")?;
    let ran = project.expect(&["heads"], 2)?;
    says(&ran, &["cccc00000001", "dddd00000001"])
}

fn cycle() -> Outcome {
    let project = Project::new(ITEM)?;
    revision(&project, "cccc00000001", "cccc00000002", "")?;
    revision(&project, "cccc00000002", "cccc00000001", "")?;
    let ran = project.expect(&["heads"], 2)?;
    says(&ran, &["cccc00000001", "cccc00000002", "ycle"])
}

fn two_heads() -> Outcome {
    let project = at_head()?;
    revision(&project, "cccc00000001", "aaaa00000001", "")?;
    revision(&project, "cccc00000002", "aaaa00000001", "")?;
    let heads = project.expect(&["heads"], 0)?;
    says(&heads, &["cccc00000001", "cccc00000002"])?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(&ran, &["Multiple head", "cccc00000001", "cccc00000002"])?;
    let ran = project.expect(&["autogen", "-m", "x"], 2)?;
    says(&ran, &["cccc00000001", "cccc00000002"])
}

fn unknown_revision_in_database() -> Outcome {
    let project = at_head()?;
    project.sql("UPDATE aludel_version SET version_num = 'ffffffffffff'")?;
    for words in [
        &["upgrade", "head"][..],
        &["downgrade", "-1"],
        &["autogen", "-m", "x"],
    ] {
        let ran = project.expect(words, 2)?;
        says(
            &ran,
            &["Can't locate revision identified by", "ffffffffffff"],
        )?;
    }
    Ok(())
}

fn view_names_a_dropped_column() -> Outcome {
    let project = at_head()?;
    project.sql("CREATE VIEW named AS SELECT id, name FROM item")?;
    project.write(
        "models.rs",
        &ITEM.replace("    pub name: Option<String>,\n", ""),
    )?;
    let ran = project.expect(&["autogen", "-m", "x"], 2)?;
    says(&ran, &["named", "name"])?;
    // A change that the view is not concerned with keeps it.
    project.write(
        "models.rs",
        &ITEM.replace("pub name: Option<String>", "pub name: String"),
    )?;
    project.expect(&["autogen", "-m", "x"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    if project.query("SELECT sql FROM sqlite_schema WHERE name = 'named'")?
        != ["CREATE VIEW named AS SELECT id, name FROM item"]
    {
        return Err("the view did not come back".into());
    }
    Ok(())
}

fn failing_revision_leaves_nothing() -> Outcome {
    let project = at_head()?;
    revision(
        &project,
        "cccc00000001",
        "aaaa00000001",
        "CREATE TABLE one (a);\nCREATE TABLE two (a);\nINSERT INTO nowhere VALUES (1);",
    )?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(&ran, &["cccc00000001", "nowhere"])?;
    says(&project.expect(&["current"], 0)?, &["aaaa00000001"])?;
    if !project
        .query("SELECT name FROM sqlite_schema WHERE name IN ('one', 'two')")?
        .is_empty()
    {
        return Err("tables of the failed revision are left".into());
    }
    Ok(())
}

fn null_rows_stop_not_null() -> Outcome {
    let project = at_head()?;
    project.sql("INSERT INTO item VALUES (1, NULL), (2, 'b')")?;
    project.write(
        "models.rs",
        &ITEM.replace("pub name: Option<String>", "pub name: String"),
    )?;
    let ran = project.expect(&["autogen", "-m", "x", "--row-timeout", "0"], 0)?;
    says(&ran, &["may fail on rows"])?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(
        &ran,
        &["item", "name", "1 row is NULL", "WHERE \"name\" IS NULL"],
    )?;
    says(&project.expect(&["current"], 0)?, &["aaaa00000001"])?;
    let left = project.query("SELECT name FROM sqlite_schema WHERE name LIKE '%new%'")?;
    if !left.is_empty() {
        return Err(format!("left behind: {left:?}").into());
    }
    project.sql("UPDATE item SET name = 'a' WHERE id = 1")?;
    project.expect(&["upgrade", "head"], 0)?;
    if project.query("SELECT name FROM item ORDER BY id")? != ["a", "b"] {
        return Err("rows changed".into());
    }
    Ok(())
}

fn edited_table_stops_a_written_rebuild() -> Outcome {
    let project = at_head()?;
    project.write(
        "models.rs",
        &ITEM.replace("pub name: Option<String>", "pub name: String"),
    )?;
    project.expect(&["autogen", "-m", "x"], 0)?;
    project.sql("ALTER TABLE item ADD COLUMN by_hand TEXT")?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(&ran, &["item", "by_hand"])?;
    if project
        .query("SELECT name FROM pragma_table_info('item') WHERE name = 'by_hand'")?
        .is_empty()
    {
        return Err("the column made by hand was lost".into());
    }
    Ok(())
}

fn reflect_then_no_difference() -> Outcome {
    let project = Project::new("")?;
    project.sql(
        "CREATE TABLE \"Order Details\" (OrderID INTEGER NOT NULL, \"Product ID\" INTEGER NOT NULL,
           Price NUMERIC(10,2) NOT NULL DEFAULT 0, note NVARCHAR(20) DEFAULT 'it''s', plain,
           PRIMARY KEY (OrderID, \"Product ID\"));
         CREATE TABLE u (a INT PRIMARY KEY, b TEXT DEFAULT CURRENT_TIMESTAMP CHECK (b <> ''),
           c REAL DEFAULT 1.5, d BLOB DEFAULT x'00ff', e BOOLEAN DEFAULT TRUE,
           f TEXT GENERATED ALWAYS AS (upper(b)) VIRTUAL, \"type\" TEXT, UNIQUE (b, c));
         CREATE TABLE w (k TEXT PRIMARY KEY, v ANY) STRICT, WITHOUT ROWID;
         CREATE UNIQUE INDEX ix_u ON u (lower(b), c DESC) WHERE c > 0;
         CREATE VIEW vu AS SELECT a FROM u;
         CREATE VIRTUAL TABLE search USING fts5(body);",
    )?;
    let ran = project.expect(&["reflect", "--out", "models.rs"], 2)?;
    says(&ran, &["`models.rs` is there already"])?;
    fs::remove_file(project.path("models.rs"))?;
    project.expect(&["reflect", "--out", "models.rs"], 0)?;
    let objects = fs::read_to_string(project.path("models.sql"))?;
    if objects != "CREATE VIEW vu AS SELECT a FROM u;\n" {
        return Err(format!("what is written in SQL: {objects}").into());
    }
    let ran = project.expect(&["check", "-v"], 0)?;
    says(&ran, &["search"])?;
    if ran.stdout.contains("`vu`") {
        return Err(format!("a view of a file is managed: {}", ran.stdout).into());
    }
    project.expect(&["check", "--strict"], 1)?;
    Ok(())
}

fn foreign_files_are_ignored() -> Outcome {
    let project = at_head()?;
    for name in [".gitkeep", "README.md", "004_add.sql.disabled", "x.orig"] {
        project.write(&format!("versions/{name}"), "nothing to see\n")?;
    }
    project.expect(&["history"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(())
}

fn at_head_writes_nothing() -> Outcome {
    let project = at_head()?;
    let before = fs::read(project.path("app.db"))?;
    for words in [
        &["upgrade", "head"][..],
        &["check"],
        &["current"],
        &["autogen", "-m", "x"],
    ] {
        project.expect(words, 0)?;
    }
    if fs::read(project.path("app.db"))? == before {
        Ok(())
    } else {
        Err("the bytes of the database changed".into())
    }
}

fn eight_writers_at_once() -> Outcome {
    let project = at_head()?;
    for number in 1..=3 {
        let parent = if number == 1 {
            "aaaa00000001".into()
        } else {
            format!("eeee0000000{}", number - 1)
        };
        let table = format!("CREATE TABLE crowd{number} (a);");
        revision(&project, &format!("eeee0000000{number}"), &parent, &table)?;
    }
    fs::remove_file(project.path("app.db"))?;
    let mut children = Vec::new();
    for _ in 0..8 {
        let mut command = project.command(&["upgrade", "head"])?;
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        children.push(command.spawn()?);
    }
    let mut runs = 0;
    for child in children {
        let output = child.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            return Err(format!("a writer failed: {text}").into());
        }
        runs += text.matches("Running upgrade").count();
    }
    if runs == 4 {
        Ok(())
    } else {
        Err(format!("{runs} runs of 4 revisions").into())
    }
}

fn rust_files_need_the_xtask() -> Outcome {
    let project = at_head()?;
    project.write("models.rs", &item_with("pub extra: Option<i64>,"))?;
    project.expect(&["autogen", "-m", "x", "--file-format", "rust"], 0)?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(&ran, &["cargo xtask upgrade"])
}

fn same_bytes_twice() -> Outcome {
    let texts: Vec<String> = (0..2)
        .map(|_| {
            let project = at_head()?;
            project.write(
                "models.rs",
                &item_with("#[column(unique, index)]\n    pub extra: Option<i64>,"),
            )?;
            project.expect(&["autogen", "-m", "x", "--rev-id", "aaaa00000002"], 0)?;
            Ok(fs::read_to_string(project.version("aaaa00000002")?)?)
        })
        .collect::<Result<_, Failed>>()?;
    if texts[0] == texts[1] {
        Ok(())
    } else {
        Err(texts.join("\n---\n").into())
    }
}

fn diff_between_files() -> Outcome {
    let project = at_head()?;
    project.write(
        "other.sql",
        "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, extra INTEGER);\n",
    )?;
    let ran = project.expect(
        &[
            "diff",
            "--from",
            "database",
            "--to",
            "other.sql",
            "--format",
            "json",
        ],
        0,
    )?;
    let document = json(&ran)?;
    if document["operations"][0]["describe"] != "add column `item.extra`" {
        return Err(format!("{document:#}").into());
    }
    let ran = project.expect(&["diff", "--from", "migrations", "--to", "database"], 0)?;
    says(&ran, &["no difference"])?;
    let ran = project.expect(
        &[
            "diff",
            "--from",
            "database",
            "--to",
            "other.sql",
            "--format",
            "sql",
        ],
        0,
    )?;
    says(&ran, &["ALTER TABLE \"item\" ADD COLUMN \"extra\" INTEGER"])
}

fn init_never_overwrites() -> Outcome {
    let project = Project::new(ITEM)?;
    let before = fs::read_to_string(project.path("aludel.toml"))?;
    project.run(&["init"])?;
    if fs::read_to_string(project.path("aludel.toml"))? == before {
        Ok(())
    } else {
        Err("aludel.toml was overwritten".into())
    }
}
