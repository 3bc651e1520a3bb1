//! Schemas of real systems, where their folder lies beside the repository.
//! They are not part of it, so without the folder there are no such tests.

use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};

use crate::facts::{as_at_the_start, built_from_nothing, reflected};
use crate::project::Project;
use crate::rows::content;
use crate::{Outcome, trial};

const ENDING: &str = ".sq.sql";

/// The folder, in the nearest folder above that has it.
fn folder() -> Option<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|above| above.join("shared/data/corpus"))
        .find(|folder| folder.is_dir())
}

pub(crate) fn trials() -> Vec<Trial> {
    let Some(entries) = folder().and_then(|folder| std::fs::read_dir(folder).ok()) else {
        return Vec::new();
    };
    let mut files: Vec<(String, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            Some((name.strip_suffix(ENDING)?.to_owned(), entry.path()))
        })
        .collect();
    files.sort_by_key(|(name, _)| version(name));
    let mut trials = Vec::new();
    for (name, path) in &files {
        let path = path.clone();
        trials.push(trial(format!("corpus::{name}"), move || {
            let project = reflected(&script(&path)?)?;
            built_from_nothing(&project)
        }));
    }
    for pair in files.windows(2) {
        let [(earlier, from), (later, to)] = pair else {
            continue;
        };
        if version(earlier).0 != version(later).0 {
            continue;
        }
        for (name, from, to) in [
            (format!("{earlier}_to_{later}"), from.clone(), to.clone()),
            (format!("{later}_to_{earlier}"), to.clone(), from.clone()),
        ] {
            trials.push(trial(format!("corpus::{name}"), move || {
                there_and_back(&script(&from)?, &script(&to)?)
            }));
        }
    }
    trials
}

/// The system, and which version of it: `meshview_v10.23dad03d2e42`.
fn version(name: &str) -> (String, u32) {
    let stem = name.split('.').next().unwrap_or(name);
    match stem.rsplit_once("_v") {
        Some((system, number)) => (system.to_owned(), number.parse().unwrap_or(0)),
        None => (stem.to_owned(), 0),
    }
}

/// What SQLite makes by itself cannot be made by a script.
fn script(path: &Path) -> Result<String, Failed> {
    let text = std::fs::read_to_string(path)?;
    let own = |line: &&str| !line.to_lowercase().contains("create table sqlite_sequence");
    Ok(text.lines().filter(own).collect::<Vec<_>>().join("\n"))
}

/// From one version to the models of another.
fn there_and_back(from: &str, to: &str) -> Outcome {
    let models = std::fs::read_to_string(reflected(to)?.path("models.rs"))?;
    let project = Project::new(&models)?;
    project.sql(from)?;
    std::fs::copy(project.path("app.db"), project.path("start.db"))?;
    let rows = content(&project)?;
    project.expect(&["autogen", "-m", "step", "--no-rename"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.expect(&["downgrade", "base"], 0)?;
    as_at_the_start(&project)?;
    let back = content(&project)?;
    for (table, was) in &rows.0 {
        let count = back.0.get(table).map(|is| is.rows.len());
        let dropped = !models.contains(&format!("\"{table}\"")) && count == Some(0);
        if count != Some(was.rows.len()) && !dropped {
            return Err(format!("`{table}` had {} rows, has {count:?}", was.rows.len()).into());
        }
    }
    Ok(())
}
