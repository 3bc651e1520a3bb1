//! Bad input: every mistake is a report and exit code 2.

use super::project::{MODELS, Project};

pub(super) const TESTS: &[(&str, fn())] = &[
    (
        "no_models_never_means_to_drop_everything",
        no_models_never_means_to_drop_everything,
    ),
    (
        "all_mistakes_of_all_files_at_once",
        all_mistakes_of_all_files_at_once,
    ),
    ("databases_that_are_none", databases_that_are_none),
    ("revision_files_that_are_none", revision_files_that_are_none),
    (
        "rust_migrations_are_run_by_the_xtask",
        rust_migrations_are_run_by_the_xtask,
    ),
    ("ids_that_cannot_be", ids_that_cannot_be),
    (
        "a_missing_folder_of_migrations_is_named",
        a_missing_folder_of_migrations_is_named,
    ),
    (
        "words_that_nobody_knows_are_usage_errors",
        words_that_nobody_knows_are_usage_errors,
    ),
];

fn no_models_never_means_to_drop_everything() {
    let project = Project::started();
    project.write("src/models.rs", "pub struct NoModel;\n");
    for words in [["autogen", "-m", "x"].as_slice(), &["check"]] {
        let said = project.fails(words);
        assert!(said.contains("no models found"), "{said}");
    }
}

fn all_mistakes_of_all_files_at_once() {
    let project = Project::started();
    project.write("src/a.rs", &MODELS.replace("primary_key", "primary_kye"));
    project.write("src/b.rs", "use aludel::Model;\n#[derive(Model)]\nstruct {");
    let said = project.fails(&["check"]);
    assert!(said.contains("did you mean `primary_key`?"), "{said}");
    assert!(said.contains("a.rs:"), "{said}");
    assert!(said.contains("b.rs:"), "{said}");
    assert!(said.contains("mistakes"), "{said}");
}

fn databases_that_are_none() {
    let project = Project::started();
    let missing = project.fails(&["check", "--database-url", "sqlite:none.db"]);
    assert!(missing.contains("there is no database"), "{missing}");
    assert!(!project.path("none.db").exists());
    project.write("text.db", &"this is no database at all\n".repeat(100));
    let said = project.fails(&["current", "--database-url", "sqlite:text.db"]);
    assert!(said.contains("text.db"), "{said}");
    let folder = project.fails(&["current", "--database-url", "sqlite:src"]);
    assert!(folder.contains("folder"), "{folder}");
}

fn revision_files_that_are_none() {
    let project = Project::started();
    project.write("migrations/x.sql", "SELECT 1;\n");
    assert!(project.fails(&["heads"]).contains("no migration header"));
    let file = |id: &str, parent: &str| {
        format!(
            "-- x\n--\n-- Revision ID: {id}\n-- Revises: {parent}\n-- Create Date: \
             2026-01-01T00:00:00Z\n-- Dialect: sqlite\n\n-- upgrade\n\n-- downgrade\n"
        )
    };
    project.write("migrations/x.sql", &file("aaaa11111111", ""));
    assert!(project.fails(&["heads"]).contains("is in two files"));
    project.write("migrations/x.sql", &file("bbbb22222222", "nowhere"));
    assert!(
        project
            .fails(&["upgrade"])
            .contains("`nowhere`, which no file holds")
    );
    project.write("migrations/x.sql", &file("bbbb22222222", "cccc33333333"));
    project.write("migrations/y.sql", &file("cccc33333333", "bbbb22222222"));
    assert!(
        project
            .fails(&["history"])
            .contains("follow each other in a ring")
    );
    project.write("migrations/x.sql", &file("bbbb22222222", "aaaa11111111"));
    project.write("migrations/y.sql", &file("cccc33333333", "aaaa11111111"));
    assert_eq!(project.ok(&["heads"]).lines().count(), 2);
    for words in [["autogen", "-m", "x"].as_slice(), &["revision", "-m", "x"]] {
        assert!(project.fails(words).contains("Multiple heads are present"));
    }
    assert!(
        project
            .fails(&["upgrade", "head"])
            .contains("Multiple heads are present")
    );
}

fn rust_migrations_are_run_by_the_xtask() {
    let project = Project::started();
    project.ok(&["revision", "-m", "by hand", "--file-format", "rust"]);
    let said = project.fails(&["upgrade", "head"]);
    assert!(said.contains("type `cargo xtask upgrade head`"), "{said}");
    assert_eq!(project.ok(&["current"]), "aaaa11111111\n");
}

fn ids_that_cannot_be() {
    let project = Project::started();
    for id in ["a b", "a-b", "head", ""] {
        project.fails(&["revision", "-m", "x", "--rev-id", id]);
    }
    let said = project.fails(&["revision", "-m", "x", "--rev-id", "aaaa11111111"]);
    assert!(said.contains("is there already"), "{said}");
    assert_eq!(project.migrations().len(), 1);
}

fn a_missing_folder_of_migrations_is_named() {
    let project = Project::started();
    project.edit("aludel.toml", "dir = \"migrations\"", "dir = \"nowhere\"");
    let said = project.fails(&["heads"]);
    assert!(
        said.contains("cannot read the folder of migrations `nowhere`"),
        "{said}"
    );
}

fn words_that_nobody_knows_are_usage_errors() {
    let project = Project::empty();
    for words in [
        ["frobnicate"].as_slice(),
        &["autogen"],
        &["upgrade", "--sql"],
        &["merge"],
    ] {
        assert_eq!(project.run(words).code, 2, "{words:?}");
    }
}
