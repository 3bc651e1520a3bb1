//! Laws on a real database.

use std::io::Write;

use aludel_tests::files::sql_files_lead_there_and_back_on;
use aludel_tests::live::reflected_and_made_again;
use aludel_tests::place::On;
use aludel_tests::stacked::{Held, two_migrations_with_rows};
use libtest_mimic::Trial;

use crate::{Outcome, trial};

/// How many random cases a law is held against in a long run.
const CASES: &str = "ALUDEL_LAW_CASES";

/// How many random cases a law is held against.
fn cases(usual: u32) -> u32 {
    let named = std::env::var(CASES).ok();
    named.and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// Tells in a long run how much of the law was held.
fn two_migrations(on: On) -> Outcome {
    let held = two_migrations_with_rows(on, cases(100))?;
    if std::env::var_os(CASES).is_some() {
        let mut stderr = std::io::stderr();
        let name = on.name();
        let Held {
            cases,
            with_rows,
            to_the_end,
        } = held;
        writeln!(
            stderr,
            "{name}: {cases} times two migrations up, down and up again, {with_rows} of them with \
             rows, which objected in {} as foretold",
            with_rows - to_the_end
        )?;
    }
    Ok(())
}

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![trial("live::sql_files_lead_there_and_back", || {
        Ok(aludel_tests::stored::sql_files_lead_there_and_back(cases(
            150,
        ))?)
    })];
    for (name, on) in [("postgres", On::Postgres), ("mysql", On::MySql)] {
        trials.push(trial(
            format!("live::{name}::sql_files_lead_there_and_back"),
            move || Ok(sql_files_lead_there_and_back_on(on, cases(10))?),
        ));
    }
    for (place, on, usual) in [
        ("", On::Sqlite, 150),
        ("postgres::", On::Postgres, 25),
        ("mysql::", On::MySql, 25),
    ] {
        trials.push(trial(
            format!("live::{place}two_migrations_with_rows"),
            move || two_migrations(on),
        ));
        trials.push(trial(
            format!("live::{place}reflected_and_made_again"),
            move || Ok(reflected_and_made_again(on, cases(usual))?),
        ));
    }
    trials
}
