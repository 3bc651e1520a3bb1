//! The commands that look at revisions.

use serde_json::json;

use super::project::Project;

pub(super) const TESTS: &[(&str, fn())] = &[
    ("history_is_newest_first", history_is_newest_first),
    ("current_and_heads", current_and_heads),
    ("stamp_moves_without_running", stamp_moves_without_running),
    (
        "a_database_of_alembic_is_taken_over",
        a_database_of_alembic_is_taken_over,
    ),
    (
        "a_dry_run_shows_statements_and_runs_nothing",
        a_dry_run_shows_statements_and_runs_nothing,
    ),
];

/// Three revisions, the database at the second.
fn three() -> Project {
    let project = Project::started();
    project.ok(&["revision", "-m", "second", "--rev-id", "bbbb22222222"]);
    project.ok(&["revision", "-m", "third one", "--rev-id", "cccc33333333"]);
    project.ok(&["upgrade", "+1"]);
    project
}

fn history_is_newest_first() {
    let project = three();
    assert_eq!(
        project.ok(&["history"]),
        "bbbb22222222 -> cccc33333333 (head), third one\n\
         aaaa11111111 -> bbbb22222222, second\n\
         <base> -> aaaa11111111, initial\n"
    );
    assert!(
        project
            .ok(&["history", "-i"])
            .contains("bbbb22222222 (current), second")
    );
    assert_eq!(project.ok(&["history", "-r", "bbbb:"]).lines().count(), 2);
    assert_eq!(project.ok(&["history", "-r", ":bbbb"]).lines().count(), 2);
    assert_eq!(
        project.ok(&["history", "-r", "bbbb:bbbb"]).lines().count(),
        1
    );
    assert_eq!(
        project.ok(&["history", "-r", "current:"]).lines().count(),
        2
    );
    assert_eq!(
        project.ok(&["history", "-r", "-1:current"]).lines().count(),
        2
    );
    assert!(
        project
            .ok(&["history", "-v"])
            .contains("Path: migrations/cccc33333333_third_one.sql")
    );
    let (_, document) = project.json(&["history", "-i"]);
    let newest = &document["revisions"][0];
    assert_eq!(newest["id"], "cccc33333333");
    assert_eq!(newest["parents"], json!(["bbbb22222222"]));
    assert_eq!(newest["is_head"], json!(true));
    assert_eq!(document["revisions"][1]["is_current"], json!(true));
}

fn current_and_heads() {
    let project = three();
    assert_eq!(project.ok(&["heads"]), "cccc33333333 (head)\n");
    assert_eq!(
        project.json(&["heads"]).1,
        json!({ "heads": ["cccc33333333"] })
    );
    assert_eq!(project.ok(&["current"]), "bbbb22222222\n");
    assert_eq!(project.run(&["current", "--check-heads"]).code, 1);
    let (_, document) = project.json(&["current"]);
    assert_eq!(document["current"], json!(["bbbb22222222"]));
    assert_eq!(document["heads"], json!(["cccc33333333"]));
    assert_eq!(document["at_head"], json!(false));
    let ran = project.run(&["upgrade"]);
    assert!(
        ran.stderr
            .contains("Running upgrade bbbb22222222 -> cccc33333333, third one")
    );
    assert_eq!(project.ok(&["current"]), "cccc33333333 (head)\n");
    assert_eq!(project.run(&["current", "--check-heads"]).code, 0);
}

fn stamp_moves_without_running() {
    let project = three();
    project.ok(&["stamp", "head"]);
    assert_eq!(project.ok(&["current"]), "cccc33333333 (head)\n");
    project.ok(&["stamp", "base"]);
    assert_eq!(project.ok(&["current"]), "");
    assert!(
        project
            .fails(&["stamp", "dddd"])
            .contains("Can't locate revision identified by `dddd`")
    );
    project.ok(&["stamp", "aaaa"]);
    std::fs::remove_file(project.path("migrations/cccc33333333_third_one.sql")).unwrap();
    project.ok(&["stamp", "bbbb"]);
    std::fs::remove_file(project.path("migrations/bbbb22222222_second.sql")).unwrap();
    let said = project.fails(&["upgrade"]);
    assert!(
        said.contains("Can't locate revision identified by `bbbb22222222`"),
        "{said}"
    );
    project.ok(&["stamp", "--purge", "head"]);
    assert_eq!(project.ok(&["current"]), "aaaa11111111 (head)\n");
}

fn a_database_of_alembic_is_taken_over() {
    let project = Project::new();
    project.edit(
        "aludel.toml",
        "# version_table = \"aludel_version\"",
        "version_table = \"alembic_version\"",
    );
    project.ok(&["autogen", "-m", "initial", "--rev-id", "aaaa11111111"]);
    project.ok(&["upgrade"]);
    let reflected = project.ok(&["diff", "--from", "sqlite:app.db", "--to", "models"]);
    assert_eq!(reflected, "");
    assert_eq!(project.ok(&["current"]), "aaaa11111111 (head)\n");
}

fn a_dry_run_shows_statements_and_runs_nothing() {
    let project = Project::started();
    let plan = project.ok(&["downgrade", "base", "--dry-run"]);
    assert!(plan.contains("DROP TABLE \"book\";"), "{plan}");
    assert!(
        plan.contains("-- downgrade aaaa11111111, initial"),
        "{plan}"
    );
    assert_eq!(project.ok(&["current"]), "aaaa11111111 (head)\n");
    project.ok(&["downgrade", "base"]);
    assert_eq!(project.ok(&["current"]), "");
}
