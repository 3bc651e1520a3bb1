//! `diff` between any two sides, and `reflect`.

use super::project::Project;

pub(super) const TESTS: &[(&str, fn())] = &[
    (
        "every_pair_of_equal_sides_has_no_difference",
        every_pair_of_equal_sides_has_no_difference,
    ),
    (
        "the_other_way_round_is_the_other_way_round",
        the_other_way_round_is_the_other_way_round,
    ),
    (
        "files_of_statements_are_sides",
        files_of_statements_are_sides,
    ),
    (
        "models_of_a_live_database_have_no_difference_to_it",
        models_of_a_live_database_have_no_difference_to_it,
    ),
    (
        "what_the_database_cannot_do_is_a_difference_all_the_same",
        what_the_database_cannot_do_is_a_difference_all_the_same,
    ),
];

fn every_pair_of_equal_sides_has_no_difference() {
    let project = Project::started();
    project.ok(&["diff"]);
    let sides = [
        "models",
        "database",
        "migrations",
        "migrations@aaaa",
        "sqlite:app.db",
    ];
    for from in sides {
        for to in sides {
            let (_, document) = project.json(&["diff", "--from", from, "--to", to]);
            assert_eq!(document["in_sync"], true, "{from} {to}: {document:#}");
        }
    }
}

fn the_other_way_round_is_the_other_way_round() {
    let project = Project::started();
    let there = project.ok(&["diff", "--from", "migrations@base", "--to", "models"]);
    assert!(there.contains("create table `book`"), "{there}");
    let back = project.ok(&["diff", "--from", "models", "--to", "migrations@base"]);
    assert!(back.contains("drop table `book`"), "{back}");
    assert!(back.contains("-CREATE TABLE"), "{back}");
    let sql = project.ok(&[
        "diff",
        "--from",
        "models",
        "--to",
        "migrations@base",
        "--format",
        "sql",
    ]);
    assert!(sql.contains("DROP TABLE \"book\";"), "{sql}");
}

fn files_of_statements_are_sides() {
    let project = Project::started();
    project.write(
        "a.sql",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);\n",
    );
    project.write(
        "b.sql",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);\n",
    );
    let said = project.ok(&["diff", "--from", "a.sql", "--to", "b.sql"]);
    assert!(said.contains("add column `t.b`"), "{said}");
    project.write("b.sql", "CREATE TABLE t (");
    project.fails(&["diff", "--from", "a.sql", "--to", "b.sql"]);
    let said = project.fails(&["diff", "--from", "nothing"]);
    assert!(
        said.contains("`nothing` is no side of a difference"),
        "{said}"
    );
}

fn models_of_a_live_database_have_no_difference_to_it() {
    let project = Project::started();
    project.write(
        "odd.sql",
        "CREATE TABLE \"odd table\" (\"a b\" TEXT COLLATE NOCASE DEFAULT 'it''s', b REAL CHECK (b > 0),
           c INTEGER GENERATED ALWAYS AS (b * 2) STORED, UNIQUE (\"a b\", b));
         CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, x DECIMAL(10, 2) DEFAULT (1 + 2));
         CREATE TABLE strict_one (id TEXT PRIMARY KEY NOT NULL, y ANY) STRICT, WITHOUT ROWID;
         CREATE TABLE child (id INTEGER PRIMARY KEY, p INTEGER REFERENCES counted(id) ON DELETE CASCADE);
         CREATE INDEX ix_child ON child (p DESC, lower(id)) WHERE p > 3;
         CREATE VIEW v AS SELECT id FROM child;",
    );
    let sql = project.read("odd.sql");
    project.write(
        "migrations/bbbb22222222_odd.sql",
        &format!(
            "-- odd\n--\n-- Revision ID: bbbb22222222\n-- Revises: aaaa11111111\n-- Create Date: \
             2026-01-01T00:00:00Z\n-- Dialect: sqlite\n\n-- upgrade\n{sql}\n-- downgrade\n"
        ),
    );
    project.ok(&["upgrade"]);
    project.ok(&["reflect", "--out", "reflected/models.rs"]);
    project.edit("aludel.toml", "src/**/*.rs", "reflected/*.rs");
    let (code, document) = project.json(&["check"]);
    assert_eq!(
        (code, &document["in_sync"]),
        (0, &true.into()),
        "{document:#}"
    );
    assert!(document.to_string().contains("\"view\""), "{document:#}");
    assert_eq!(project.run(&["check", "--strict"]).code, 1);
    assert_eq!(
        project
            .run(&["reflect", "--out", "reflected/models.rs"])
            .code,
        2
    );
}

fn what_the_database_cannot_do_is_a_difference_all_the_same() {
    let project = Project::started();
    project.write(
        "migrations/bbbb22222222_view.sql",
        "-- view\n--\n-- Revision ID: bbbb22222222\n-- Revises: aaaa11111111\n-- Create Date: \
         2026-01-01T00:00:00Z\n-- Dialect: sqlite\n\n-- upgrade\nCREATE VIEW v AS SELECT title FROM \
         book;\n-- downgrade\nDROP VIEW v;\n",
    );
    project.ok(&["upgrade"]);
    project.edit("src/models.rs", "pub title: String,", "");
    project.edit("src/models.rs", ", index(title)", "");
    let (code, document) = project.json(&["check"]);
    assert_eq!(code, 1, "{document:#}");
    assert!(
        document.to_string().contains("drop column `book.title`"),
        "{document:#}"
    );
    let said = project.fails(&["autogen", "-m", "x"]);
    assert!(
        said.contains("view `v` names column `book.title`"),
        "{said}"
    );
}
