//! A revision is all or nothing, whatever stands in it and before it.

use libtest_mimic::{Failed, Trial};

use crate::cli::says;
use crate::halfway::sql;
use crate::project::Project;
use crate::startup::same;
use crate::{Outcome, trial};
use aludel_tests::place::On;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for on in [On::Sqlite, On::Postgres] {
        let name = on.name();
        trials.push(trial(
            format!("atomic::{name}::the_third_fails"),
            move || third_fails(on, ""),
        ));
        trials.push(trial(
            format!("atomic::{name}::the_third_fails_behind_one_without_transaction"),
            move || third_fails(on, "-- Transaction: none\n"),
        ));
    }
    for on in On::ALL {
        trials.push(trial(
            format!("atomic::{}::who_ends_the_transaction_is_refused", on.name()),
            move || refused(on),
        ));
    }
    trials
}

const FIRST: &str = "aaaa00000001";
const SECOND: &str = "aaaa00000002";

fn write(project: &Project, on: On, (id, parent, more): (&str, &str, &str), up: &str) -> Outcome {
    let (name, text) = sql(on.name(), id, parent, up, "SELECT 1;");
    let dialect = format!("-- Dialect: {}\n", on.name());
    let text = text.replace(&dialect, &format!("{dialect}{more}"));
    project.write(&format!("versions/{name}"), &text)
}

/// The tables that are the user's, with their columns.
fn tables(project: &Project, on: On) -> Result<Vec<String>, Failed> {
    project.query(match on {
        On::Sqlite => {
            "SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c \
             WHERE m.name NOT LIKE 'aludel%' AND m.name NOT LIKE 'sqlite%' ORDER BY 1"
        }
        On::Postgres => {
            "SELECT table_name || '.' || column_name FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name NOT LIKE 'aludel%' ORDER BY 1"
        }
        On::MySql => {
            "SELECT concat(table_name, '.', column_name) FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND table_name NOT LIKE 'aludel%' ORDER BY 1"
        }
    })
}

/// Both are run at once, the first with that in its header.
fn third_fails(on: On, more: &str) -> Outcome {
    let project = Project::on(on, "")?;
    write(
        &project,
        on,
        (FIRST, "", more),
        "CREATE TABLE a (x BIGINT);\nINSERT INTO a VALUES (1);",
    )?;
    let three = "ALTER TABLE a ADD COLUMN y BIGINT;\nUPDATE a SET x = 2;\nNO SQL AT ALL;";
    write(&project, on, (SECOND, FIRST, ""), three)?;
    let whole = |project: &Project| -> Outcome {
        same(tables(project, on)?, vec!["a.x".to_owned()])?;
        same(project.query("SELECT x FROM a")?, vec!["1".to_owned()])?;
        let version = project.query("SELECT version_num FROM aludel_version")?;
        same(version, vec![FIRST.to_owned()])?;
        let status = project.query("SELECT count(*) FROM aludel_status")?;
        same(status, vec!["0".to_owned()])
    };
    // Also once more, from there.
    for _ in 0..2 {
        let ran = project.expect(&["upgrade", "head"], 2)?;
        says(
            &ran,
            &[
                "cannot run statement 3 of 3",
                "nothing of this migration was applied",
            ],
        )?;
        whole(&project)?;
    }
    write(
        &project,
        on,
        (SECOND, FIRST, ""),
        &three.replace("NO SQL AT ALL", "UPDATE a SET y = 3"),
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    same(
        project.query("SELECT x FROM a WHERE y = 3")?,
        vec!["2".to_owned()],
    )?;
    let log = project.query("SELECT revision FROM aludel_log ORDER BY id")?;
    same(log, vec![FIRST.to_owned(), SECOND.to_owned()])
}

/// Nothing of the file is run, not even what stands before it.
fn refused(on: On) -> Outcome {
    let project = Project::on(on, "")?;
    let all = [
        "COMMIT",
        "commit and chain",
        "BEGIN",
        "START TRANSACTION",
        "ROLLBACK",
        "END",
        "/* so */ COMMIT",
        "PREPARE TRANSACTION 'a'",
    ];
    for ends in all {
        let up = format!("CREATE TABLE a (x BIGINT);\n{ends};\nCREATE TABLE b (x BIGINT);");
        write(&project, on, (FIRST, "", ""), &up)?;
        let ran = project.expect(&["upgrade"], 2)?;
        says(
            &ran,
            &[
                "in a migration that runs in a transaction",
                "Transaction: none",
            ],
        )?;
        same(tables(&project, on)?, vec![])?;
    }
    Ok(())
}
