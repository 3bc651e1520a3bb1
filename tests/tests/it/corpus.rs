//! Schemas that make no noise: those of `fixtures/corpus`, written for what
//! real ones have seldom, and those of real systems where their folder lies
//! beside the repository. `cargo xtask corpus DIR` makes the same checks on
//! any folder.

use std::path::{Path, PathBuf};

use aludel_test_corpus::{Findings, all, beside, step, steps, whole};
use libtest_mimic::Trial;

use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ours = package.join("../fixtures/corpus");
    let folders = [Some(ours), beside(package)];
    folders.into_iter().flatten().flat_map(of_folder).collect()
}

fn of_folder(folder: PathBuf) -> Vec<Trial> {
    let files = match all(&folder) {
        Ok(files) => files,
        Err(error) => return vec![trial("corpus", move || Err(error.into()))],
    };
    let mut trials = Vec::new();
    for (from, to) in steps(&files) {
        let name = format!("{}_to_{}", from.name, to.name);
        trials.push(trial(
            format!("corpus::{}::{name}", from.kind.as_str()),
            move || complete(step(&from, &to)),
        ));
    }
    for file in files {
        let name = format!("corpus::{}::{}", file.kind.as_str(), file.name);
        trials.push(trial(name, move || complete(whole(&file))));
    }
    trials
}

/// Nothing differs, and nothing was left out on the way.
fn complete(found: Result<Findings, String>) -> Outcome {
    let found = found?;
    if found.not_loaded.is_empty() {
        Ok(())
    } else {
        Err(format!("cannot be loaded: {}", found.not_loaded.join("\n")).into())
    }
}
