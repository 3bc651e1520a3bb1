//! Autogen and check, from an empty folder on.

use serde_json::json;

use aludel_tests::place::On;

use super::project::Project;

pub(super) const TESTS: &[(&str, fn())] = &[
    ("the_whole_way", the_whole_way),
    (
        "the_same_input_gives_the_same_bytes",
        the_same_input_gives_the_same_bytes,
    ),
    ("dry_runs_write_nothing", dry_runs_write_nothing),
    (
        "a_likely_rename_is_a_question",
        a_likely_rename_is_a_question,
    ),
    (
        "a_likely_rename_is_asked_for_at_a_terminal",
        a_likely_rename_is_asked_for_at_a_terminal,
    ),
    (
        "an_answer_changes_the_next_question",
        an_answer_changes_the_next_question,
    ),
    (
        "a_rename_that_is_done_can_be_taken_out",
        a_rename_that_is_done_can_be_taken_out,
    ),
    (
        "a_table_that_nobody_modelled_goes_unless_it_is_excluded",
        a_table_that_nobody_modelled_goes_unless_it_is_excluded,
    ),
];

/// Adds a column to the model of books.
fn add_year(project: &Project) {
    project.edit(
        "src/models.rs",
        "pub title: String,",
        "pub title: String,\n    pub year: Option<i64>,",
    );
}

fn the_whole_way() {
    let project = Project::new();
    let said = project.ok(&["autogen", "-m", "initial"]);
    assert!(said.contains("Generating migrations/"), "{said}");
    assert!(said.contains("create table `author`"), "{said}");
    assert!(
        !project.path("app.db").exists(),
        "autogen makes no database"
    );
    project.ok(&["upgrade"]);
    assert_eq!(project.json(&["check"]).0, 0);

    add_year(&project);
    let (code, document) = project.json(&["check"]);
    assert_eq!(code, 1);
    assert_eq!(document["in_sync"], json!(false));
    let operation = &document["operations"][0];
    assert_eq!(operation["op"], "add_column");
    assert_eq!(operation["table"], "book");
    assert_eq!(operation["name"], "year");
    assert_eq!(operation["describe"], "add column `book.year`");
    assert!(
        operation["sql"][0]
            .as_str()
            .unwrap()
            .starts_with("ALTER TABLE")
    );

    let said = project.ok(&["autogen", "-m", "add year to book"]);
    assert!(said.contains("add column `book.year`"), "{said}");
    let name = project
        .migrations()
        .into_iter()
        .find(|n| n.ends_with("_add_year_to_book.sql"));
    let file = project.read(&format!("migrations/{}", name.unwrap()));
    assert!(
        file.contains("-- Create Date: 2027-01-15T08:00:00Z"),
        "{file}"
    );
    assert!(file.contains("-- Proven: sqlite 3."), "{file}");
    assert!(
        file.contains("-- deletes data: every value of `book.year`"),
        "{file}"
    );

    assert_eq!(project.run(&["autogen", "-m", "again"]).stdout, "");
    let said = project.fails(&["autogen", "-m", "again"]);
    assert!(said.contains("Target database is not up to date"), "{said}");
    assert!(said.contains("aludel upgrade head"), "{said}");
    let (code, document) = project.json(&["check"]);
    assert_eq!(
        (code, document["pending"].as_array().unwrap().len()),
        (1, 1)
    );

    project.ok(&["upgrade", "head"]);
    assert_eq!(
        project.json(&["check"]),
        (
            0,
            json!({
                "in_sync": true, "operations": [], "pending": [], "unmanaged": [],
                "removable": [],
                "unmerged": [],
                "edited": [],
                "unrecorded": [],
            })
        )
    );
    project.ok(&["downgrade", "-1"]);
    assert_eq!(project.json(&["check"]).0, 1);
    project.ok(&["upgrade", "+1"]);
    let files = project.migrations();
    assert_eq!(
        project
            .run(&["autogen", "-m", "nothing"])
            .stderr
            .lines()
            .last(),
        Some("no changes detected")
    );
    assert_eq!(project.migrations(), files);
    project.ok(&["autogen", "-m", "nothing", "--empty"]);
    assert_eq!(project.migrations().len(), files.len() + 1);
}

fn the_same_input_gives_the_same_bytes() {
    let texts = [(); 2].map(|()| {
        let project = Project::new();
        project.ok(&["autogen", "-m", "initial", "--rev-id", "aaaa11111111"]);
        project.read("migrations/aaaa11111111_initial.sql")
    });
    assert_eq!(texts[0], texts[1]);
}

fn dry_runs_write_nothing() {
    let project = Project::started();
    add_year(&project);
    let files = project.migrations();
    let sql = project.ok(&["autogen", "-m", "x", "--sql"]);
    assert!(
        sql.contains("ALTER TABLE \"book\" ADD COLUMN \"year\" INTEGER;"),
        "{sql}"
    );
    let text = project.ok(&["autogen", "-m", "x", "--dry-run", "--file-format", "rust"]);
    assert!(
        text.contains("t.add_column(big_integer(\"year\").nullable());")
            || text.contains("\"year\""),
        "{text}"
    );
    assert!(text.contains("pub fn downgrade(op: &mut Op) {"), "{text}");
    assert_eq!(project.migrations(), files);
}

fn a_likely_rename_is_a_question() {
    let project = Project::started();
    project.edit("src/models.rs", "pub name: String", "pub full_name: String");
    let said = project.fails(&["autogen", "-m", "x"]);
    assert!(
        said.contains("--rename author.name=author.full_name"),
        "{said}"
    );
    let (code, document) = project.json(&["autogen", "-m", "x"]);
    assert_eq!(code, 2);
    let question = &document["questions"][0];
    assert_eq!(question["kind"], "rename_column");
    assert_eq!(question["from"], "author.name");
    assert_eq!(
        question["answers"][0]["flag"],
        "--rename author.name=author.full_name"
    );
    let sql = project.ok(&[
        "autogen",
        "-m",
        "x",
        "--sql",
        "--rename",
        "author.name=author.full_name",
    ]);
    assert!(sql.contains("RENAME COLUMN"), "{sql}");
    assert!(!sql.contains("DROP COLUMN"), "{sql}");
    let words = project.ok(&[
        "autogen",
        "-m",
        "x",
        "--dry-run",
        "--no-rename",
        "--no-verify",
    ]);
    assert!(
        words.contains("deletes data: every value of `author.name`"),
        "{words}"
    );
}

fn a_likely_rename_is_asked_for_at_a_terminal() {
    let project = Project::started();
    project.edit("src/models.rs", "pub name: String", "pub full_name: String");
    let words = ["autogen", "-m", "x", "--sql"];
    let yes = project.at_terminal(&words, &["maybe", "y"]);
    assert_eq!(yes.code, 0, "{yes:?}");
    for shown in [
        "`author.name` goes and `author.full_name` comes: a rename?",
        "the names are alike, everything but the name is the same, it stands in the same place",
        "`maybe` is neither `y` nor `n`",
        "--rename author.name=author.full_name",
    ] {
        assert!(yes.stderr.contains(shown), "`{shown}` in {}", yes.stderr);
    }
    assert!(yes.stdout.contains("RENAME COLUMN"), "{yes:?}");
    assert!(!yes.stdout.contains("DROP COLUMN"), "{yes:?}");

    let stopped = project.at_terminal(&words, &[""]);
    assert_eq!((stopped.code, stopped.stdout.as_str()), (2, ""));
    assert!(stopped.stderr.contains("--no-rename"), "{stopped:?}");
    // JSON is read by a program, which nobody can ask.
    let json = project.at_terminal(&[&words[..], &["--format", "json"]].concat(), &["y"]);
    assert_eq!(json.code, 2, "{json:?}");
    assert!(json.stdout.contains("\"questions\""), "{json:?}");
    assert!(!json.stderr.contains("an empty line stops"), "{json:?}");

    // No name is looked for twice, and a column without a value is asked for next.
    let no = project.at_terminal(&words, &["n"]);
    assert_eq!(no.code, 0, "{no:?}");
    assert_eq!(no.stderr.matches("a rename?").count(), 1, "{no:?}");
    assert!(no.stdout.contains("\"full_name\""), "{no:?}");
    assert!(!no.stdout.contains("RENAME COLUMN"), "{no:?}");
}

fn an_answer_changes_the_next_question() {
    let models = |columns: &str| {
        format!(
            "use aludel::Model;\n#[derive(Model)]\n#[table(name = \"node\")]\n\
             pub struct Node {{ #[column(primary_key)] pub id: i64, {columns} }}"
        )
    };
    let project = Project::on(
        On::Sqlite,
        &models("pub name_short: Option<String>, pub name_long: Option<String>,"),
    );
    project.ok(&["autogen", "-m", "initial"]);
    project.ok(&["upgrade"]);
    project.write("src/models.rs", &models("pub name_shown: Option<String>,"));
    let said = project.at_terminal(&["autogen", "-m", "x"], &["n", "y"]);
    assert_eq!(said.code, 0, "{said:?}");
    let asked: Vec<&str> = said
        .stderr
        .lines()
        .filter(|line| line.contains("a rename?"))
        .collect();
    assert!(
        asked.len() == 2 && asked[0].contains("name_short") && asked[1].contains("name_long"),
        "{asked:?}"
    );
    let names = project.migrations();
    let name = names.iter().find(|name| name.ends_with("_x.sql"));
    let file = project.read(&format!("migrations/{}", name.unwrap()));
    let rename = "RENAME COLUMN \"name_long\" TO \"name_shown\"";
    assert!(file.contains(rename), "{file}");
    assert!(file.contains("DROP COLUMN \"name_short\""), "{file}");
}

fn a_rename_that_is_done_can_be_taken_out() {
    let project = Project::started();
    project.edit(
        "src/models.rs",
        "pub name: String",
        "#[column(renamed_from = \"name\")]\n    pub full_name: String",
    );
    let (code, document) = project.json(&["check"]);
    assert_eq!((code, &document["removable"]), (1, &json!([])));
    project.ok(&["autogen", "-m", "x"]);
    project.ok(&["upgrade"]);
    let (code, document) = project.json(&["check"]);
    assert_eq!(code, 0);
    assert_eq!(
        document["removable"],
        json!([{ "name": "author.full_name", "renamed_from": "name" }])
    );
    let said = project.run(&["check"]).stderr;
    assert!(
        said.contains("`renamed_from = \"name\"` of `author.full_name`"),
        "{said}"
    );
}

fn a_table_that_nobody_modelled_goes_unless_it_is_excluded() {
    let project = Project::started();
    project.write(
        "other.sql",
        "CREATE TABLE legacy (id INTEGER PRIMARY KEY, x TEXT);",
    );
    let said = project.ok(&["diff", "--from", "other.sql", "--to", "models"]);
    assert!(said.contains("drop table `legacy`"), "{said}");
    project.edit(
        "aludel.toml",
        "# exclude = [\"legacy_*\"]",
        "exclude = [\"leg*\"]",
    );
    let said = project.ok(&["diff", "--from", "other.sql", "--to", "models"]);
    assert!(!said.contains("legacy"), "{said}");
}
