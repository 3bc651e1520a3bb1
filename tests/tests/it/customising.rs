//! What a project says about its own migrations, through the commands that it
//! has built for itself.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::Command;

use aludel_cli::operation::{Operation, TableChange};
use aludel_cli::{
    App, Attribute, Autogenerate, CustomOperation, Kind, Rewriting, Side, Verdict, Written,
};
use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};

use crate::cli::{json, says};
use crate::project::{ACT_AS_ALUDEL, Project, Ran};
use crate::{Outcome, trial};

/// A test.
type Test = fn() -> Outcome;

pub(crate) fn trials() -> Vec<Trial> {
    let list: Vec<(&str, Test)> = vec![
        ("filter_on_sqlite", || filter(On::Sqlite)),
        ("filter_on_postgres", || filter(On::Postgres)),
        ("filter_on_mysql", || filter(On::MySql)),
        ("filter_by_kind_and_side", filter_by_kind_and_side),
        ("filter_of_views", filter_of_views),
        ("filter_of_what_is_reflected", filter_of_what_is_reflected),
        ("compare_says_the_same", compare_says_the_same),
        ("compare_says_different", compare_says_different),
        ("custom_operations_on_sqlite", || custom(On::Sqlite)),
        ("custom_operations_on_postgres", || custom(On::Postgres)),
        ("custom_operations_on_mysql", || custom(On::MySql)),
        ("custom_operations_in_rust", custom_in_rust),
        (
            "rewrite_leaves_out_and_splits",
            rewrite_leaves_out_and_splits,
        ),
        ("rewrite_refuses", rewrite_refuses),
        (
            "rewritten_operations_are_proven",
            rewritten_operations_are_proven,
        ),
        ("others_are_told", others_are_told),
        ("commands_run_behind_a_file", commands_run_behind_a_file),
        ("a_call_of_ones_own", a_call_of_ones_own),
    ];
    list.into_iter()
        .map(|(name, run)| trial(format!("customising::{name}"), run))
        .collect()
}

/// The commands as a project has built them; `None` for those of everybody.
pub(crate) fn app(name: &str) -> Option<App> {
    let app = App::new("aludel");
    Some(match name {
        "embedded" => App::new(&meshview_migrations::MIGRATIONS),
        "filter" => app.filter(|thing| !thing.name.starts_with("legacy_")),
        "no indexes" => app.filter(|thing| thing.kind != Kind::Index),
        "never drop columns" => {
            app.filter(|thing| thing.kind != Kind::Column || thing.side == Side::Models)
        }
        "no views" => app.filter(|thing| thing.kind != Kind::Object("view")),
        "compare" => app.compare(|pair| match (pair.column, pair.what) {
            ("payload", Attribute::Type) => Verdict::Same,
            ("size", Attribute::Default) => Verdict::Same,
            _ => Verdict::Undecided,
        }),
        "different" => app.compare(|pair| match pair.what {
            Attribute::Type if pair.models != pair.database => Verdict::Different,
            _ => Verdict::Undecided,
        }),
        "custom" => app.rewrite(with_custom),
        "no drops" => app.rewrite(|operations, _| {
            let kept = operations.into_iter().flat_map(one_by_one);
            Ok(kept
                .filter(|o| !matches!(o, Operation::DropTable(_)))
                .collect())
        }),
        "refuse" => app.rewrite(|operations, about| {
            let drops = |o: &Operation| matches!(o, Operation::DropTable(_));
            match operations.iter().any(drops) {
                true => Err(format!("`{}` drops a table", about.message).into()),
                false => Ok(operations),
            }
        }),
        "wrong" => app.rewrite(|mut operations, _| {
            operations.push(CustomOperation::new("half", "CREATE TABLE half (x INTEGER)").into());
            Ok(operations)
        }),
        "tell" => app
            .on_written(
                |Written {
                     path,
                     revision,
                     message,
                     ..
                 }| {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    tell(&format!("wrote {name}, {revision}, {message}"));
                },
            )
            .on_applied(|applied| {
                let quick = applied.took.as_secs() < 60;
                let way = applied.direction.as_str();
                let whose = applied.tenant.and_then(|tenant| tenant.rsplit('/').next());
                let whose = whose.map(|name| format!(" {name}")).unwrap_or_default();
                tell(&format!("{way} {} {quick}{whose}", applied.revision));
            }),
        _ => return None,
    })
}

/// A row beside every new table, and none when it goes.
fn with_custom(
    operations: Vec<Operation>,
    about: &Rewriting<'_>,
) -> Result<Vec<Operation>, aludel_cli::Refusal> {
    let mut all = Vec::new();
    for operation in operations {
        let made = match &operation {
            Operation::CreateTable(table) => Some(table.name.to_string()),
            _ => None,
        };
        all.push(operation);
        if let Some(name) = made.filter(|_| about.before.tables.len() == 1) {
            let sql = format!("INSERT INTO book (entry) VALUES ('{name}')");
            let undo = format!("DELETE FROM book WHERE entry = '{name}'");
            all.push(
                CustomOperation::new("enter it in the book", sql)
                    .undone_by(undo)
                    .into(),
            );
        }
    }
    Ok(all)
}

/// A batch of changes as batches of one.
fn one_by_one(operation: Operation) -> Vec<Operation> {
    match operation {
        Operation::AlterTable { table, changes } => {
            let alone = |change: TableChange| Operation::AlterTable {
                table: table.clone(),
                changes: vec![change],
            };
            changes.into_iter().map(alone).collect()
        }
        other => vec![other],
    }
}

fn tell(line: &str) {
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open("told.txt");
    // A line that is missing fails the trial.
    let _ = file.and_then(|mut file| writeln!(file, "{line}"));
}

/// Runs a command of a project that was built so.
fn expect(project: &Project, app: &str, words: &[&str], code: i32) -> Result<Ran, Failed> {
    let mut command: Command = project.command(words)?;
    let output = command.env(ACT_AS_ALUDEL, app).output()?;
    let ran = Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    match ran.code == code {
        true => Ok(ran),
        false => Err(format!("`{}` as `{app}`: {ran:?}", words.join(" ")).into()),
    }
}

const ITEM: &str = "#[derive(aludel::Model)]\npub struct Item {\n    #[column(primary_key)]\n    \
                    pub id: i64,\n    pub name: Option<String>,\n}\n";

/// `ITEM` with more fields.
fn item_with(fields: &str) -> String {
    ITEM.replace("}\n", &format!("    {fields}\n}}\n"))
}

/// A project whose database is at the head of these models.
fn at_head(on: On, models: &str) -> Result<Project, Failed> {
    let project = Project::on(on, models)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa0001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    Ok(project)
}

fn filter(on: On) -> Outcome {
    let project = at_head(on, ITEM)?;
    project.sql(
        "CREATE TABLE legacy_things (id INTEGER NOT NULL PRIMARY KEY);\n\
         ALTER TABLE item ADD COLUMN legacy_code INTEGER;\n\
         CREATE INDEX ix_old ON item (legacy_code);\n\
         INSERT INTO item (id, name, legacy_code) VALUES (1, 'a', 7);",
    )?;
    if on != On::MySql {
        // It stands on the column by what it says alone.
        project.sql("CREATE INDEX ix_some ON item (id) WHERE legacy_code > 0;")?;
    }
    // What the models want of that kind is left alone, too.
    let more = "#[column(index)]\n    pub legacy_more: Option<i64>,";
    let table = "#[derive(aludel::Model)]\npub struct LegacyTable {\n    #[column(primary_key)]\n    \
                 pub id: i64,\n}\n";
    project.write("models.rs", &(item_with(more) + table))?;
    project.expect(&["check"], 1)?;
    expect(&project, "filter", &["check"], 0)?;
    if on == On::Sqlite {
        project.expect(&["check", "--offline"], 1)?;
        expect(&project, "filter", &["check", "--offline"], 0)?;
    }
    let ran = expect(&project, "filter", &["diff"], 0)?;
    says(&ran, &["no difference"])?;
    let ran = expect(&project, "filter", &["autogen", "-m", "nothing"], 0)?;
    says(&ran, &["no changes detected"])?;
    // Something else changes, and the table is made anew for it on SQLite.
    let other =
        format!("{more}\n    #[column(fill = 1, references = Item::id)]\n    pub size: i64,");
    project.write("models.rs", &(item_with(&other) + table))?;
    let words = ["autogen", "-m", "sizes", "--rev-id", "aaaa0002"];
    let ran = expect(&project, "filter", &words, 0)?;
    says(&ran, &["add column `item.size`"])?;
    // What stays is shown beside what changes.
    let (words, lines) = ran.stdout.split_once("\n--- ").ok_or("no difference")?;
    let mut changed = lines.lines().filter(|line| line.starts_with(['-', '+']));
    if words.contains("legacy") || changed.any(|line| line.contains("legacy")) {
        return Err(ran.stdout.into());
    }
    project.expect(&["upgrade", "head"], 0)?;
    expect(&project, "filter", &["check"], 0)?;
    project.expect(&["downgrade", "-1"], 0)?;
    let code = project.query("SELECT legacy_code FROM item")?;
    if code != ["7"] {
        return Err(format!("{code:?}").into());
    }
    Ok(())
}

fn filter_by_kind_and_side() -> Outcome {
    let project = at_head(On::Sqlite, ITEM)?;
    project.write(
        "models.rs",
        &item_with("#[column(index)]\n    pub size: Option<i64>,"),
    )?;
    let words = ["autogen", "-m", "size", "--dry-run"];
    let ran = expect(&project, "no indexes", &words, 0)?;
    says(&ran, &["ADD COLUMN"])?;
    if ran.stdout.to_uppercase().contains("CREATE INDEX") {
        return Err(ran.stdout.into());
    }
    // Columns of the database stay, those of the models come.
    project.write("models.rs", &ITEM.replace("name", "title"))?;
    let ran = expect(&project, "never drop columns", &words, 0)?;
    if ran.stdout.contains("DROP COLUMN \"name\"") || !ran.stdout.contains("title") {
        return Err(ran.stdout.into());
    }
    Ok(())
}

fn filter_of_views() -> Outcome {
    let project = at_head(On::Sqlite, ITEM)?;
    project.edit(
        "aludel.toml",
        "[models]\n",
        "[models]\nsql_objects = \"all\"\n",
    )?;
    project.sql("CREATE VIEW found AS SELECT id FROM item")?;
    project.write(
        "models.sql",
        "CREATE VIEW wanted AS SELECT name FROM item;\n",
    )?;
    let ran = project.expect(&["check"], 1)?;
    says(&ran, &["create view `wanted`", "drop view `found`"])?;
    expect(&project, "no views", &["check"], 0)?;
    Ok(())
}

fn compare_says_the_same() -> Outcome {
    let project = at_head(
        On::Sqlite,
        &item_with("pub payload: Option<Vec<u8>>,\n    #[column(default = 1)]\n    pub size: i64,"),
    )?;
    let models =
        item_with("pub payload: Option<f64>,\n    #[column(default = 2)]\n    pub size: i64,");
    project.write("models.rs", &models)?;
    let ran = project.expect(&["check"], 1)?;
    says(&ran, &["item.payload", "item.size"])?;
    expect(&project, "compare", &["check"], 0)?;
    let ran = expect(&project, "compare", &["diff", "--format", "json"], 0)?;
    if json(&ran)?["in_sync"] != true {
        return Err(ran.stdout.into());
    }
    // What else differs is found.
    project.write(
        "models.rs",
        &models.replace("pub name: Option<String>", "pub name: Option<f64>"),
    )?;
    let ran = expect(&project, "compare", &["check"], 1)?;
    says(&ran, &["item.name"])
}

fn compare_says_different() -> Outcome {
    let project = Project::new(ITEM)?;
    // A text for which the model has no other wish than to hold texts.
    project.sql("CREATE TABLE item (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(9))")?;
    project.expect(&["check"], 0)?;
    let words = ["autogen", "-m", "plain", "--allow-lossy"];
    let ran = expect(&project, "different", &words, 0)?;
    says(&ran, &["item.name"])?;
    project.expect(&["upgrade", "head"], 0)?;
    expect(&project, "different", &["check"], 0)?;
    Ok(())
}

const BOOK: &str = "#[derive(aludel::Model)]\npub struct Book {\n    #[column(primary_key)]\n    \
                    pub entry: String,\n}\n";

fn custom(on: On) -> Outcome {
    let book = match on {
        On::MySql => &BOOK.replace("primary_key", "primary_key, type = \"varchar(40)\""),
        _ => BOOK,
    };
    let project = at_head(on, book)?;
    project.write("models_item.rs", ITEM)?;
    let words = ["autogen", "-m", "items", "--rev-id", "aaaa0002"];
    let ran = expect(&project, "custom", &words, 0)?;
    says(&ran, &["create table `item`", "enter it in the book"])?;
    let text = fs::read_to_string(project.version("aaaa0002")?)?;
    for part in [
        "-- enter it in the book\nINSERT INTO book (entry) VALUES ('item');",
        "-- undo enter it in the book\n-- deletes data: rows of `book`\n\
         DELETE FROM book WHERE entry = 'item';",
        "-- Proven: ",
    ] {
        if !text.contains(part) {
            return Err(format!("no `{part}`\n{text}").into());
        }
    }
    if text.contains("replay only") {
        return Err(text.into());
    }
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    if project.query("SELECT entry FROM book")? != ["item"] {
        return Err("no row in the book".into());
    }
    project.expect(&["downgrade", "-1"], 0)?;
    if !project.query("SELECT entry FROM book")?.is_empty() {
        return Err("a row in the book".into());
    }
    project.expect(&["verify"], 0)?;
    Ok(())
}

fn custom_in_rust() -> Outcome {
    let project = at_head(On::Sqlite, BOOK)?;
    project.write("models_item.rs", ITEM)?;
    let words = ["autogen", "-m", "items", "--rev-id", "aaaa0002"];
    let words = [&words[..], &["--file-format", "rust"]].concat();
    expect(&project, "custom", &words, 0)?;
    let text = fs::read_to_string(project.version("aaaa0002")?)?;
    for part in [
        "    // enter it in the book\n    op.execute(\"INSERT INTO book",
        "    // undo enter it in the book\n    op.execute(\"DELETE FROM book",
    ] {
        if !text.contains(part) {
            return Err(format!("no `{part}`\n{text}").into());
        }
    }
    Ok(())
}

fn rewrite_leaves_out_and_splits() -> Outcome {
    let thing = ITEM.replace("Item", "Thing");
    let project = at_head(On::Sqlite, &format!("{ITEM}{thing}"))?;
    let fields = "pub size: Option<i64>,\n    pub weight: Option<i64>,";
    project.write("models.rs", &item_with(fields))?;
    let words = ["autogen", "-m", "later", "--rev-id", "aaaa0002"];
    let ran = expect(&project, "no drops", &words, 0)?;
    says(
        &ran,
        &["add column `item.size`", "add column `item.weight`"],
    )?;
    if ran.stdout.contains("drop table") {
        return Err(ran.stdout.into());
    }
    project.expect(&["upgrade", "head"], 0)?;
    let ran = project.expect(&["check"], 1)?;
    says(&ran, &["drop table `thing`"])?;
    // Nothing is left of it: nothing is written.
    let ran = expect(&project, "no drops", &["autogen", "-m", "nothing"], 0)?;
    says(&ran, &["no changes detected"])?;
    project.expect(&["downgrade", "-1"], 0)?;
    Ok(())
}

fn rewrite_refuses() -> Outcome {
    let thing = ITEM.replace("Item", "Thing");
    let project = at_head(On::Sqlite, &format!("{ITEM}{thing}"))?;
    project.write("models.rs", ITEM)?;
    let ran = expect(&project, "refuse", &["autogen", "-m", "less"], 2)?;
    says(
        &ran,
        &[
            "the migration was not written: `less` drops a table",
            "`rewrite`",
        ],
    )?;
    let files = fs::read_dir(project.path("versions"))?.count();
    if files != 1 {
        return Err(format!("{files} files").into());
    }
    Ok(())
}

fn rewritten_operations_are_proven() -> Outcome {
    let project = at_head(On::Sqlite, ITEM)?;
    project.write("models.rs", &item_with("pub size: Option<i64>,"))?;
    let ran = expect(&project, "wrong", &["autogen", "-m", "half"], 2)?;
    says(
        &ran,
        &[
            "the migration was not written",
            "drop table `half`",
            "`rewrite`",
        ],
    )
}

fn others_are_told() -> Outcome {
    let project = Project::new(ITEM)?;
    let words = ["autogen", "-m", "first one", "--rev-id", "aaaa0001"];
    expect(&project, "tell", &words, 0)?;
    let words = [
        "revision",
        "-m",
        "by hand",
        "--rev-id",
        "aaaa0002",
        "--file-format",
        "sql",
    ];
    project.expect(&["upgrade", "head"], 0)?;
    expect(&project, "tell", &words, 0)?;
    expect(&project, "tell", &["autogen", "-m", "x", "--dry-run"], 2)?;
    expect(&project, "tell", &["upgrade", "head"], 0)?;
    expect(&project, "tell", &["downgrade", "base"], 0)?;
    project.write("urls.txt", "sqlite:other.db")?;
    expect(&project, "tell", &["upgrade", "--each", "urls.txt"], 0)?;
    let told = fs::read_to_string(project.path("told.txt"))?;
    let expected = "wrote aaaa0001_first_one.sql, aaaa0001, first one\n\
                    wrote aaaa0002_by_hand.sql, aaaa0002, by hand\n\
                    upgrade aaaa0002 true\ndowngrade aaaa0002 true\ndowngrade aaaa0001 true\n\
                    upgrade aaaa0001 true other.db\nupgrade aaaa0002 true other.db\n";
    match told == expected {
        true => Ok(()),
        false => Err(told.into()),
    }
}

fn commands_run_behind_a_file() -> Outcome {
    let project = Project::new(ITEM)?;
    let with = |commands: &str| {
        let config = fs::read_to_string(project.path("aludel.toml"))?;
        let config = config.split("post_write").next().unwrap_or_default();
        project.write("aludel.toml", &format!("{config}post_write = {commands}\n"))
    };
    with("[\"cp {file} 'a copy.sql'\"]")?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa0001"], 0)?;
    let copy = fs::read_to_string(project.path("a copy.sql"))?;
    if copy != fs::read_to_string(project.version("aaaa0001")?)? {
        return Err(copy.into());
    }
    project.expect(&["upgrade", "head"], 0)?;
    with("[\"cp {file}\", \"cp {file} never.sql\"]")?;
    let ran = project.expect(&["revision", "-m", "second", "--rev-id", "aaaa0002"], 2)?;
    says(
        &ran,
        &[
            "aaaa0002_second.sql` was written, and then `cp {file}` ended with 1",
            "post_write",
        ],
    )?;
    project.version("aaaa0002")?;
    if project.path("never.sql").exists() {
        return Err("the second command was run".into());
    }
    with("[\"no-such-program {file}\"]")?;
    let ran = project.expect(&["revision", "-m", "third", "--rev-id", "aaaa0003"], 2)?;
    says(&ran, &["`no-such-program {file}` cannot be run"])?;
    with("[\"'\"]")?;
    let ran = project.expect(&["heads"], 2)?;
    says(
        &ran,
        &["`[migrations] post_write`", "has a quote without an end"],
    )
}

fn a_call_of_ones_own() -> Outcome {
    let project = Project::new(ITEM)?;
    project.edit(
        "aludel.toml",
        "sqlite:app.db",
        "postgres://me:secret@localhost/none",
    )?;
    let app = App::new("helper").config(project.path("aludel.toml"));
    let shown = app.database_url(&Autogenerate::new("x"))?.to_string();
    if shown.contains("secret") || !shown.contains("localhost") {
        return Err(shown.into());
    }
    let url = format!("sqlite:{}", project.path("app.db").display());
    let asked = Autogenerate::new("--first")
        .url(&url)
        .flag("--rev-id=aaaa0001");
    let path = app.autogenerate(&asked)?.ok_or("nothing was written")?;
    if path != project.version("aaaa0001")? {
        return Err(path.display().to_string().into());
    }
    // The database is behind now.
    let Err(error) = app.autogenerate(&asked) else {
        return Err("it was written twice".into());
    };
    let hint = error.hint().unwrap_or_default();
    if !error.to_string().contains("aaaa0001") && !hint.contains("aaaa0001") {
        return Err(format!("{error}: {hint}").into());
    }
    project.expect(&["upgrade", "head", "--database-url", &url], 0)?;
    let again = app.autogenerate(&Autogenerate::new("again").url(&url))?;
    match again {
        None => Ok(()),
        Some(path) => Err(path.display().to_string().into()),
    }
}

/// What is not compared is not written as a model, and nothing differs then.
fn filter_of_what_is_reflected() -> Outcome {
    let project = Project::new("")?;
    project.sql(
        "CREATE TABLE legacy_log (id INTEGER PRIMARY KEY);\
         CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, legacy_code TEXT);\
         CREATE INDEX ix_item_name ON item (name);\
         CREATE VIEW legacy_names AS SELECT name FROM item;\
         CREATE VIEW names AS SELECT name FROM item;\
         CREATE VIEW logged AS SELECT id FROM legacy_log",
    )?;
    for (app, there, absent) in [
        (
            "",
            &[
                "struct LegacyLog",
                "legacy_code",
                "(index)",
                "VIEW legacy_names",
                "VIEW logged",
            ][..],
            &[][..],
        ),
        (
            "filter",
            &["name", "VIEW names", "which it names: view `logged`"],
            &[
                "struct LegacyLog",
                "legacy_code",
                "VIEW legacy_names",
                "VIEW logged",
            ],
        ),
        (
            "no indexes",
            &["struct LegacyLog", "legacy_code"],
            &["(index)"],
        ),
        ("never drop columns", &["legacy_code", "(index)"], &[]),
        ("no views", &["legacy_code"], &["VIEW"]),
    ] {
        let app = if app.is_empty() { "1" } else { app };
        let said = expect(&project, app, &["reflect"], 0)?.stdout;
        let wrong = there.iter().filter(|part| !said.contains(**part));
        let wrong: Vec<_> = wrong
            .chain(absent.iter().filter(|part| said.contains(**part)))
            .collect();
        if !wrong.is_empty() {
            return Err(format!("{app}: {wrong:?}\n{said}").into());
        }
    }
    std::fs::remove_file(project.path("models.rs"))?;
    expect(&project, "filter", &["reflect", "--out", "models.rs"], 0)?;
    let ran = expect(&project, "filter", &["diff"], 0)?;
    says(&ran, &["no difference"])
}
