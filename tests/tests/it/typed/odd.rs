//! Odd words, urls, configurations and files: a report and exit code 2, never
//! a panic, and nothing half done.

use super::project::Project;

pub(super) const TESTS: &[(&str, fn())] = &[
    ("an_empty_word_is_no_revision", an_empty_word_is_no_revision),
    (
        "steps_that_point_the_wrong_way",
        steps_that_point_the_wrong_way,
    ),
    (
        "urls_that_are_none_show_no_secret",
        urls_that_are_none_show_no_secret,
    ),
    ("urls_may_name_a_variable", urls_may_name_a_variable),
    ("one_file_has_many_urls", one_file_has_many_urls),
    (
        "configurations_that_mean_nothing",
        configurations_that_mean_nothing,
    ),
    (
        "a_configuration_from_an_editor_of_windows",
        a_configuration_from_an_editor_of_windows,
    ),
    (
        "migrations_from_an_editor_of_windows",
        migrations_from_an_editor_of_windows,
    ),
    (
        "json_is_one_document_or_nothing",
        json_is_one_document_or_nothing,
    ),
    (
        "no_colours_without_a_terminal",
        no_colours_without_a_terminal,
    ),
    ("init_knows_where_it_is", init_knows_where_it_is),
    ("init_keeps_comments", init_keeps_comments),
    ("nothing_half_written_stays", nothing_half_written_stays),
];

fn an_empty_word_is_no_revision() {
    let project = Project::started();
    for command in ["upgrade", "downgrade", "stamp"] {
        for word in ["", " "] {
            let said = project.fails(&[command, word]);
            assert!(said.contains("Can't locate revision"), "{command}: {said}");
        }
    }
    assert_eq!(project.ok(&["current"]), "aaaa11111111 (head)\n");
}

fn steps_that_point_the_wrong_way() {
    let project = Project::started();
    let said = project.fails(&["upgrade", "-1"]);
    assert!(said.contains("points the wrong way"), "{said}");
    let said = project.fails(&["downgrade", "+1"]);
    assert!(said.contains("points the wrong way"), "{said}");
    for step in ["+99999999999999999999", "aaaa+1", "a:b", "é"] {
        project.fails(&["upgrade", step]);
    }
}

fn urls_that_are_none_show_no_secret() {
    let project = Project::started();
    for url in [
        "sqlite://me:s3cret@host/x.db",
        "sqlite:x.db?password=s3cret",
        "sqlite:%00s3cret.db",
        "sqlite:s3cret%zz.db",
        "postgresql+asyncpg://me:s3cret@host/db",
        "://s3cret",
        "é://s3cret",
        "",
        " ",
        "env:",
    ] {
        for command in ["current", "upgrade", "check", "reflect"] {
            let said = project.fails(&[command, "--database-url", url]);
            assert!(!said.contains("s3cret"), "{command} {url}: {said}");
        }
    }
}

fn urls_may_name_a_variable() {
    let project = Project::started();
    let said = project.fails(&["current", "--database-url", "env:NOT_THERE"]);
    assert!(said.contains("`NOT_THERE` is not set"), "{said}");
    let words = ["current", "--database-url", "env:HERE"];
    let ended = project.run_with(&words, &[("HERE", "sqlite:app.db")]);
    assert_eq!(ended.stdout, "aaaa11111111 (head)\n");
    project.edit(
        "aludel.toml",
        "\nurl = \"sqlite:app.db\"",
        "\nurl = \"env:HERE\"",
    );
    let said = project.fails(&["current"]);
    assert!(said.contains("`HERE` is not set"), "{said}");
}

fn one_file_has_many_urls() {
    let project = Project::started();
    let here = project.path("").canonicalize().unwrap();
    let four = format!("sqlite+aiosqlite:///{}/app.db", here.display());
    for url in [
        "sqlite:app.db",
        "sqlite:./app.db",
        "sqlite:src/../app.db",
        "sqlite:///app.db",
        "sqlite+aiosqlite:///app.db",
        "sqlite+pysqlite:///app.db",
        "sqlite:app%2edb",
        "SQLite:app.db",
        &four,
    ] {
        let said = project.ok(&["current", "-v", "--database-url", url]);
        let first = format!("Current revision(s) for sqlite:{}/app.db:", here.display());
        assert_eq!(said.lines().next(), Some(&*first), "{url}");
    }
}

fn configurations_that_mean_nothing() {
    let project = Project::started();
    let good = project.read("aludel.toml");
    for (text, word) in [
        ("x", "expected `=`"),
        ("[database]\nurl = 5", "expected a string"),
        (
            "[database]\nversion_table = \"\"",
            "`[database] version_table` is empty",
        ),
        (
            "[naming]\nindex = \"{nope}\"",
            "`[naming] index` is `{nope}`",
        ),
        ("[naming]\ncheck = \"\"", "`[naming] check`"),
        ("[migrations]\ndir = \"none\"", "cannot read the folder"),
    ] {
        project.write("aludel.toml", text);
        let said = project.fails(&["heads"]);
        assert!(said.contains(word), "{text}: {said}");
    }
    for (from, to) in [
        ("src/**/*.rs", "["),
        ("# exclude = [\"legacy_*\"]", "exclude = [\"[\"]"),
    ] {
        project.write("aludel.toml", &good.replace(from, to));
        project.fails(&["check"]);
    }
    for name in ["{foo}", "", "a/../{rev}", "../{rev}"] {
        let line = format!("file_name = {name:?}");
        project.write(
            "aludel.toml",
            &good.replace("# file_name = \"{rev}_{slug}\"", &line),
        );
        project.fails(&["revision", "-m", "x"]);
    }
    assert_eq!(project.migrations().len(), 1);
}

fn a_configuration_from_an_editor_of_windows() {
    let project = Project::started();
    let text = project.read("aludel.toml").replace('\n', "\r\n");
    project.write("aludel.toml", &format!("\u{feff}{text}"));
    project.ok(&["check"]);
}

fn migrations_from_an_editor_of_windows() {
    let project = Project::started();
    let name = format!("migrations/{}", project.migrations()[0]);
    let text = project.read(&name).replace('\n', "\r\n");
    project.write(&name, &format!("\u{feff}{text}"));
    project.ok(&["downgrade", "base"]);
    project.ok(&["upgrade", "head"]);
    project.ok(&["check"]);
}

fn json_is_one_document_or_nothing() {
    let project = Project::started();
    for words in [
        ["check"].as_slice(),
        &["diff"],
        &["current"],
        &["history"],
        &["heads"],
        &["upgrade"],
        &["upgrade", "--dry-run"],
        &["downgrade", "base", "--dry-run"],
        &["autogen", "-m", "x"],
        &["autogen", "-m", "x", "--sql"],
        &["revision", "-m", "x", "--dry-run"],
    ] {
        let (code, _) = project.json(words);
        assert_eq!(code, 0, "{words:?}");
    }
    project.write("src/models.rs", "struct {");
    for command in ["check", "diff"] {
        let ended = project.run(&[command, "--format", "json"]);
        assert_eq!((ended.code, &*ended.stdout), (2, ""));
    }
}

fn no_colours_without_a_terminal() {
    let project = Project::started();
    for words in [
        ["check"].as_slice(),
        &["upgrade", "zzzz"],
        &["--help"],
        &["nonsense"],
    ] {
        let ended = project.run(words);
        assert!(!format!("{ended:?}").contains("\\u{1b}"), "{ended:?}");
        let widest = ended.stderr.lines().map(|line| line.chars().count()).max();
        assert!(widest.unwrap_or_default() <= 80, "{ended:?}");
    }
}

fn init_knows_where_it_is() {
    let project = Project::empty();
    project.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"server\", \"libs/*\"]\n",
    );
    project.write("server/Cargo.toml", "[package]\nname = \"server\"\n");
    project.ok(&["init"]);
    let config = project.read("aludel.toml");
    assert!(
        config.contains("paths = [\"server/src/**/*.rs\", \"libs/*/src/**/*.rs\"]"),
        "{config}"
    );
    // Typed twice, it has nothing more to say about its own xtask.
    let again = project.run(&["init"]);
    assert!(!again.stderr.contains("To do by hand"), "{again:?}");

    let inner = std::fs::canonicalize(project.path("server")).unwrap();
    let said = project.run_in(&inner, &["init"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.stderr.contains("inside the workspace"), "{said:?}");
    assert!(!project.path("server/aludel.toml").exists());
}

fn init_keeps_comments() {
    let project = Project::empty();
    let before =
        "# mine\n[workspace] # ws\nmembers = [ # all\n  \"app\" # the app\n  # \"old\",\n] # end\n";
    project.write("Cargo.toml", before);
    project.ok(&["init"]);
    let after = project.read("Cargo.toml");
    let wanted = before
        .replace("\"app\" #", "\"app\", #")
        .replace("] # end", "  \"migrations\",\n  \"xtask\",\n] # end");
    assert!(after.starts_with(&wanted), "{after}");
    toml::from_str::<toml::Table>(&after).unwrap();
}

fn nothing_half_written_stays() {
    let project = Project::started();
    project.ok(&["revision", "-m", "second"]);
    project.ok(&["reflect", "--out", "deep/er/models.rs"]);
    for folder in ["migrations", "deep/er"] {
        for entry in std::fs::read_dir(project.path(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.ends_with(".part"), "{name}");
        }
    }
    // A name that is taken is kept, and the attempt leaves nothing behind.
    project.edit(
        "aludel.toml",
        "# file_name = \"{rev}_{slug}\"",
        "file_name = \"{slug}\"",
    );
    project.ok(&["revision", "-m", "same"]);
    let kept = project.read("migrations/same.sql");
    project.fails(&["revision", "-m", "same"]);
    assert_eq!(project.read("migrations/same.sql"), kept);
    assert!(!project.path("migrations/.same.sql.part").exists());
}
