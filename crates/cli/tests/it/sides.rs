//! `diff` between any two sides, and `reflect`.

use crate::project::Project;

#[test]
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

#[test]
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

#[test]
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
