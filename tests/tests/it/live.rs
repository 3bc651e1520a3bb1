//! Laws on a real database.

use libtest_mimic::Trial;

use crate::trial;

/// How many random pairs of schemas are walked; `ALUDEL_LAW_CASES` says
/// another number for a long run.
fn cases() -> u32 {
    std::env::var("ALUDEL_LAW_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(150)
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("live::there_and_back_with_rows", || {
            Ok(aludel_tests::live::there_and_back_with_rows(cases())?)
        }),
        trial("live::sql_files_lead_there_and_back", || {
            Ok(aludel_tests::stored::sql_files_lead_there_and_back(cases())?)
        }),
    ]
}
