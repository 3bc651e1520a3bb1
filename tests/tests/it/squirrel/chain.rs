//! Heads, ids and versions that are not what they should be.

use std::fs;

use aludel::Wait;
use libtest_mimic::Trial;

use super::{HEAD, HEAD_ID, HISTORY, at_version, state};
use crate::cli::says;
use crate::everyday::current;
use crate::project::block_on;
use crate::rebuilds::from_folder;
use crate::startup::same;
use crate::{Outcome, trial};

pub(super) fn trials() -> Vec<Trial> {
    vec![
        trial("squirrel::two_heads", two_heads),
        trial("squirrel::ids_of_before", ids_of_before),
    ]
}

/// Where the two heads of `two_heads` part.
const FORK: &str = HISTORY[3].0;

/// Two changes that were made beside each other: nothing runs, the application
/// does not start, until they are merged; then every way leads to one schema.
fn two_heads() -> Outcome {
    let project = at_version(HEAD)?;
    project.expect(&["upgrade", "head"], 0)?;
    let wanted = state(&project)?;
    project.expect(&["downgrade", "base"], 0)?;
    let (left, _) = HISTORY[HEAD - 2];
    let parent = format!("-- Revises: {left}\n");
    let path = project.version(HEAD_ID)?;
    let text = fs::read_to_string(&path)?;
    fs::write(
        &path,
        super::with(&text, &parent, &format!("-- Revises: {FORK}\n"))?,
    )?;
    let heads = project.expect(&["heads"], 0)?.stdout;
    same(heads.lines().count(), 2)?;
    same(heads.contains(left) && heads.contains(HEAD_ID), true)?;
    let refused = [
        "Multiple heads are present",
        left,
        "7cb2f0b7580f_one_active_key_an_application.sql",
        HEAD_ID,
        "6c1c0c2f8a1b_addresses_may_be_shared.sql",
        "they branch from `61476c608fc3`",
        "`merge -m \"...\" 6c1c0c2f8a1b 7cb2f0b7580f` joins them",
    ];
    says(&project.expect(&["upgrade", "head"], 2)?, &refused)?;
    same(state(&project)?, Vec::new())?;
    let url = project.server().ok_or("a server")?.url().to_owned();
    let migrator = from_folder(&project)?;
    let started = block_on(async { Ok(migrator.upgrade(&url, "head").await.map(drop)) })?;
    let error = started.err().ok_or("the application starts")?.to_string();
    same(error.starts_with("Multiple heads are present"), true)?;
    project.expect(&["upgrade", left], 0)?;
    let before = state(&project)?;
    says(&project.expect(&["upgrade", "head"], 2)?, &refused[..1])?;
    says(&project.expect(&["autogen", "-m", "x"], 2)?, &refused[..1])?;
    same(state(&project)?, before)?;

    let merge = [
        "merge",
        "-m",
        "merge migrations",
        "--rev-id",
        "aaaa00000001",
        left,
        HEAD_ID,
    ];
    project.expect(&merge, 0)?;
    let history = project.expect(&["history"], 0)?.stdout;
    for line in [
        "7cb2f0b7580f, 6c1c0c2f8a1b -> aaaa00000001 (head) (mergepoint), merge migrations",
        "d365210f8676 -> 61476c608fc3 (branchpoint), rename comment to description",
    ] {
        same(history.lines().any(|one| one == line), true)?;
    }
    let rows = "SELECT version_num FROM aludel_version ORDER BY 1";
    for before in [&[left][..], &[HEAD_ID], &[HEAD_ID, left], &[]] {
        let start = if before.is_empty() { "base" } else { FORK };
        if current(&project)? != left {
            project.expect(&["downgrade", start], 0)?;
        }
        for target in before {
            project.expect(&["upgrade", target], 0)?;
        }
        same(project.query(rows)?.len(), before.len())?;
        project.expect(&["upgrade", "head"], 0)?;
        same(project.query(rows)?, vec!["aaaa00000001".to_owned()])?;
        same(state(&project)?, wanted.clone())?;
    }
    let migrator = from_folder(&project)?;
    block_on(async { Ok(migrator.wait_until_current(&url, Wait::default()).await?) })?;
    let ran = project.expect(&["downgrade", "-1"], 2)?;
    says(
        &ran,
        &[
            "Ambiguous walk",
            "name `7cb2f0b7580f` or `6c1c0c2f8a1b`",
            "either undoes the merge",
        ],
    )?;
    project.expect(&["downgrade", FORK], 0)?;
    same(current(&project)?, format!("{FORK} (branchpoint)"))
}

/// A database that tells an id which the files have no more, and one that tells
/// none: each is told where it is, and goes on from there.
fn ids_of_before() -> Outcome {
    let project = at_version(HEAD)?;
    let (third, _) = HISTORY[2];
    project.expect(&["upgrade", third], 0)?;
    project.sql("UPDATE aludel_version SET version_num = '003_perf_indexes'")?;
    let before = state(&project)?;
    let lost = "Can't locate revision identified by `003_perf_indexes`";
    for words in [&["upgrade", "head"][..], &["downgrade", "-1"]] {
        says(&project.expect(words, 2)?, &[lost, "stamp --purge REV"])?;
    }
    says(&project.expect(&["stamp", third], 2)?, &[lost])?;
    project.expect(&["stamp", "--purge", third], 0)?;
    same(state(&project)?, before)?;
    project.expect(&["upgrade", FORK], 0)?;
    // As it came from somewhere else.
    project.sql("DROP TABLE aludel_version, aludel_log, aludel_status, aludel_step")?;
    let before = state(&project)?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(&ran, &["already exists", "stamp"])?;
    same(state(&project)?, before)?;
    project.expect(&["stamp", FORK], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    let after = state(&project)?;
    project.expect(&["downgrade", "base"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    same(state(&project)?, after)
}
