//! Laws on a real database.

use aludel_tests::files::sql_files_lead_there_and_back_on;
use aludel_tests::live::{reflected_and_made_again, there_and_back_with_rows};
use aludel_tests::place::On;
use libtest_mimic::Trial;

use crate::trial;

/// How many random cases a law is held against; `ALUDEL_LAW_CASES` says
/// another number for a long run.
fn cases(usual: u32) -> u32 {
    let named = std::env::var("ALUDEL_LAW_CASES").ok();
    named.and_then(|n| n.parse().ok()).unwrap_or(usual)
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
            format!("live::{place}there_and_back_with_rows"),
            move || Ok(there_and_back_with_rows(on, cases(usual))?),
        ));
        trials.push(trial(
            format!("live::{place}reflected_and_made_again"),
            move || Ok(reflected_and_made_again(on, cases(usual))?),
        ));
    }
    trials
}
