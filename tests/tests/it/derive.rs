//! What the derive accepts, and gives, against the scanner.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use aludel_syntax::scan::{SourceFile, scan};
use libtest_mimic::Trial;

use crate::house::root;
use crate::{Outcome, trial};

/// Tables and their columns.
type Names = BTreeMap<String, Vec<String>>;

include!(concat!(env!("OUT_DIR"), "/derived.rs"));

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("derive::gives_what_the_scanner_reads", same)]
}

/// The tables of one file, as the scanner reads them.
fn scanned(path: &Path) -> Result<Names, String> {
    let text = fs::read_to_string(path).map_err(|e| e.to_string())?;
    let scanned = scan(vec![SourceFile::new("models.rs", text)]).map_err(|mistakes| {
        mistakes
            .iter()
            .map(|m| format!("{}\n", m.message))
            .collect::<String>()
    })?;
    Ok(scanned
        .models
        .tables
        .iter()
        .map(|table| {
            let columns = table.columns.iter().map(|c| c.name.to_string()).collect();
            (table.name.to_string(), columns)
        })
        .collect())
}

/// Every model of every fixture, compiled with the derive, has the table and
/// the columns that the scanner reads.
fn same() -> Outcome {
    let mut problems = String::new();
    let mut models = 0;
    for (file, derived) in DERIVED {
        let derived: Names = derived
            .iter()
            .map(|(table, columns)| {
                let columns = columns.iter().map(|c| (*c).to_owned()).collect();
                ((*table).to_owned(), columns)
            })
            .collect();
        models += derived.len();
        let scanned = scanned(&root().join("fixtures").join(file))?;
        if derived != scanned {
            problems += &format!("{file}: the derive gives {derived:?}, the scanner {scanned:?}\n");
        }
    }
    if DERIVED.len() < 100 || models < DERIVED.len() {
        problems += &format!(
            "only {models} models in {} files were compiled\n",
            DERIVED.len()
        );
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.into())
    }
}
