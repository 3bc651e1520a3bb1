//! Each version made of its models, taken back step by step, and held against
//! the schema that the service had.

use std::fs;
use std::path::{Path, PathBuf};

use aludel_test_servers::Fresh;
use libtest_mimic::{Failed, Trial};

use super::{HEAD, HISTORY, at_version, fixture, say_the_drift, set_models, started, state};
use crate::cli::says;
use crate::project::Project;
use crate::rows::content;
use crate::startup::same;
use crate::{Outcome, trial};

pub(super) fn trials() -> Vec<Trial> {
    let schemas = schemas();
    let is_there = schemas.is_some();
    vec![
        trial("squirrel::there_and_back", there_and_back),
        trial("squirrel::each_version_is_that_of_production", move || {
            each_version(&schemas.ok_or("the schemas are not there")?)
        })
        .with_ignored_flag(!is_there),
    ]
}

/// The schemas of the service, where they lie beside the repository.
fn schemas() -> Option<PathBuf> {
    let corpus = aludel_test_corpus::beside(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    let folder = corpus.parent()?.join("seed_systems/squirrel");
    folder.is_dir().then_some(folder)
}

/// What a file does, without its header.
fn body(text: &str) -> Result<&str, Failed> {
    let at = text.find("-- upgrade\n").ok_or("a file has a way up")?;
    Ok(&text[at..])
}

/// Autogen makes each step, in the words of the fixture; every state comes back
/// on the way down, with the rows of the first version, and again on the way up.
fn there_and_back() -> Outcome {
    let project = started()?;
    let mut states = Vec::new();
    for (at, (id, message)) in HISTORY.into_iter().enumerate() {
        let version = at + 1;
        set_models(&project, version)?;
        if version > 5 {
            say_the_drift(&project)?;
        }
        project.expect(&["autogen", "-m", message, "--rev-id", id], 0)?;
        let path = project.version(id)?;
        let mut text = fs::read_to_string(&path)?;
        if version == 5 {
            // A constraint that somebody wrote into the file and no model has.
            let key = "UNIQUE (\"app_name\")";
            let both =
                format!("{key},\n  CONSTRAINT \"api_key_token_hash_key\" UNIQUE (\"token_hash\")");
            text = super::with(&text, key, &both)?;
            fs::write(&path, &text)?;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let wanted = fixture(&format!("versions/{name}"))?;
        if body(&text)? != body(&wanted)? {
            return Err(format!("`{name}` is not that of the fixture:\n{text}").into());
        }
        project.expect(&["upgrade", "head"], 0)?;
        if version == 1 {
            project.sql(&fixture("rows_at_initial.sql")?)?;
        }
        match version {
            5 => drift(&project)?,
            _ => project.expect(&["check"], 0).map(drop)?,
        }
        states.push((state(&project)?, content(&project)?));
    }
    set_models(&project, HISTORY.len())?;
    drift(&project)?;
    for (schema, rows) in states.iter().rev() {
        same(&state(&project)?, schema)?;
        same(&content(&project)? == rows, true)?;
        project.expect(&["downgrade", "-1"], 0)?;
    }
    same(state(&project)?, Vec::new())?;
    project.expect(&["upgrade", "head"], 0)?;
    same(
        Some(&state(&project)?),
        states.last().map(|(schema, _)| schema),
    )
}

/// The models differ from the database by the one constraint that no model has.
fn drift(project: &Project) -> Outcome {
    let ran = project.expect(&["check", "--format", "json"], 1)?;
    let found: serde_json::Value = serde_json::from_str(&ran.stdout)?;
    let found = found["operations"].as_array().ok_or("a list")?;
    let words: Vec<&str> = found
        .iter()
        .filter_map(|o| o["describe"].as_str())
        .collect();
    same(
        words,
        vec!["drop unique constraint `api_key_token_hash_key` from `api_key`"],
    )
}

/// Nothing differs from what the service had, with its names, at any version.
fn each_version(schemas: &Path) -> Outcome {
    let project = at_version(HISTORY.len())?;
    let here = project.server().ok_or("a server")?.url().to_owned();
    let file = |start: &str| {
        let mut files = fs::read_dir(schemas)?.flatten().map(|entry| entry.path());
        let is_it = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default();
            name.to_string_lossy().starts_with(start)
        };
        let path = files.find(is_it).ok_or("every version has its schema")?;
        Ok::<_, Failed>(fs::read_to_string(path)?)
    };
    for (at, (id, _)) in HISTORY.into_iter().enumerate() {
        let version = at + 1;
        let there = Fresh::postgres()?;
        // The last one is said as what comes on top of the one before.
        there.query(&file(&format!("pg.v{}.", version.min(HEAD)))?)?;
        if version > HEAD {
            there.query(&file(&format!("pg.v{version}."))?)?;
        }
        project.expect(&["upgrade", id], 0)?;
        let ran = project.expect(&["diff", "--from", &here, "--to", there.url()], 0)?;
        says(&ran, &["no difference"])?;
    }
    Ok(())
}
