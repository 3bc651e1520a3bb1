//! `init`, the configuration, and where the database url comes from.

use super::project::Project;

pub(super) const TESTS: &[(&str, fn())] = &[
    (
        "init_for_sql_writes_no_crates_and_overwrites_nothing",
        init_for_sql_writes_no_crates_and_overwrites_nothing,
    ),
    (
        "init_for_rust_wants_a_cargo_project",
        init_for_rust_wants_a_cargo_project,
    ),
    ("init_asks_at_a_terminal", init_asks_at_a_terminal),
    (
        "what_init_writes_is_read_back",
        what_init_writes_is_read_back,
    ),
    (
        "the_configuration_is_found_from_below",
        the_configuration_is_found_from_below,
    ),
    (
        "an_unknown_key_is_underlined_with_the_nearest_one",
        an_unknown_key_is_underlined_with_the_nearest_one,
    ),
    (
        "urls_come_from_the_flag_then_the_environment_then_the_file",
        urls_come_from_the_flag_then_the_environment_then_the_file,
    ),
    (
        "servers_that_are_not_there_are_said_and_passwords_are_never_shown",
        servers_that_are_not_there_are_said_and_passwords_are_never_shown,
    ),
    (
        "help_has_examples_and_completions_are_printed",
        help_has_examples_and_completions_are_printed,
    ),
];

fn init_for_sql_writes_no_crates_and_overwrites_nothing() {
    let project = Project::empty();
    project.ok(&["init", "--file-format", "sql"]);
    assert!(project.read("aludel.toml").contains("format = \"sql\""));
    assert!(!project.path("Cargo.toml").exists());
    assert!(!project.path("xtask").exists());
    project.write("aludel.toml", "# mine\n");
    let again = project.run(&["init", "--file-format", "sql"]);
    assert_eq!(again.code, 0);
    assert!(again.stderr.contains("Kept aludel.toml"), "{again:?}");
    assert_eq!(project.read("aludel.toml"), "# mine\n");
}

fn init_for_rust_wants_a_cargo_project() {
    let project = Project::empty();
    assert!(
        project
            .fails(&["init"])
            .contains("there is no `Cargo.toml` here")
    );
    assert!(!project.path("aludel.toml").exists());
    project.write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\n",
    );
    project.ok(&["init"]);
    let manifest = project.read("Cargo.toml");
    assert!(
        manifest.contains("members = [\"migrations\", \"xtask\"]"),
        "{manifest}"
    );
    let main = project.read("xtask/src/main.rs");
    assert!(main.contains("App::new(&MIGRATIONS).run()"), "{main}");
    assert!(
        project
            .read("migrations/build.rs")
            .contains("rerun-if-changed=versions")
    );
    assert!(project.read(".cargo/config.toml").contains("xtask = "));
    let before = project.read("Cargo.toml");
    project.ok(&["init"]);
    assert_eq!(project.read("Cargo.toml"), before);
}

/// A database with tables is offered to be taken over; a wrong answer is asked
/// for again.
fn init_asks_at_a_terminal() {
    let words = [
        "init",
        "--file-format",
        "sql",
        "--database-url",
        "sqlite:app.db",
    ];
    for (answers, taken) in [(&["what", "y"][..], true), (&["n"], false), (&[], false)] {
        let there = Project::started();
        let project = Project::empty();
        std::fs::copy(there.path("app.db"), project.path("app.db")).unwrap();
        let shown = project.at_terminal(&words, answers);
        let asked = "Write their models, and a baseline that the database is stamped with? [y/n]";
        assert!(shown.stderr.contains(asked), "{shown:?}");
        assert!(
            shown
                .stderr
                .contains("The database holds 2 tables: author, book"),
            "{shown:?}"
        );
        if answers.first() == Some(&"what") {
            assert!(
                shown.stderr.contains("`what` is neither `y` nor `n`"),
                "{shown:?}"
            );
        }
        assert_eq!(project.path("src/models.rs").exists(), taken, "{shown:?}");
        if taken {
            assert_eq!(shown.code, 0, "{shown:?}");
            assert_eq!(project.ok(&["current"]), "aaaa11111111 (head)\n");
            project.ok(&["check"]);
        }
    }
}

fn what_init_writes_is_read_back() {
    let project = Project::new();
    project.ok(&["heads"]);
    project.ok(&["history"]);
}

fn the_configuration_is_found_from_below() {
    let project = Project::started();
    let config = project.path("aludel.toml");
    let elsewhere = Project::empty();
    assert!(
        elsewhere
            .fails(&["heads"])
            .contains("no `aludel.toml` found")
    );
    let heads = elsewhere.ok(&["heads", "--config", config.to_str().unwrap()]);
    assert_eq!(heads, "aaaa11111111 (head)\n");
}

fn an_unknown_key_is_underlined_with_the_nearest_one() {
    let project = Project::new();
    project.edit("aludel.toml", "url = ", "urll = ");
    let said = project.fails(&["heads"]);
    assert!(said.contains("unknown key `urll`"), "{said}");
    assert!(said.contains("did you mean `url`?"), "{said}");
    assert!(said.contains("aludel.toml:"), "{said}");
}

fn urls_come_from_the_flag_then_the_environment_then_the_file() {
    let project = Project::started();
    project.ok(&["upgrade", "--database-url", "sqlite:flag.db"]);
    assert!(project.path("flag.db").is_file());
    let own = [
        ("ALUDEL_DATABASE_URL", "sqlite:own.db"),
        ("DATABASE_URL", "sqlite:common.db"),
    ];
    assert_eq!(project.run_with(&["upgrade"], &own).code, 0);
    assert!(project.path("own.db").is_file());
    project.edit("aludel.toml", "url = \"sqlite:app.db\"", "");
    assert_eq!(project.run_with(&["upgrade"], &own[1..]).code, 0);
    assert!(project.path("common.db").is_file());
    assert!(
        project
            .fails(&["current"])
            .contains("no database url is given")
    );
    project.write(".env", "DATABASE_URL=sqlite:dotenv.db\n");
    project.ok(&["upgrade"]);
    assert!(project.path("dotenv.db").is_file());
}

fn servers_that_are_not_there_are_said_and_passwords_are_never_shown() {
    let project = Project::new();
    for (url, word) in [
        ("postgres://me:s3cret@host.invalid/db", "cannot be opened"),
        ("mysql://me:s3cret@host.invalid/db", "cannot be opened"),
        ("oracle://me:s3cret@host.invalid/db", "sqlite"),
        ("me:s3cret@host", "sqlite"),
    ] {
        let said = project.fails(&["current", "--database-url", url]);
        assert!(said.contains(word), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
}

fn help_has_examples_and_completions_are_printed() {
    let project = Project::empty();
    for command in [
        "autogen",
        "check",
        "diff",
        "upgrade",
        "downgrade",
        "history",
        "stamp",
    ] {
        let help = project.ok(&[command, "--help"]);
        assert!(help.contains("Examples:"), "{command}: {help}");
    }
    assert!(project.ok(&["completions", "bash"]).contains("aludel"));
}
