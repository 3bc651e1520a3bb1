//! Where a new revision stands in the history, as flags say it.

use aludel_core::revision::{Revision, check_label};

use crate::error::{Failure, Result};
use crate::versions::{Versions, ticked};

/// The flags that `revision` and `autogen` share.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Placing {
    /// The revision to build on: a head, as `label@head` too. `base` begins a
    /// history beside the others. The only head else.
    #[arg(long, value_name = "REV")]
    pub(crate) head: Option<String>,
    /// Build on a revision that is no head any more, which begins a branch.
    #[arg(long)]
    pub(crate) splice: bool,
    /// Give the branch that begins here a name. May be given often.
    #[arg(long, value_name = "LABEL")]
    pub(crate) branch_label: Vec<String>,
    /// A revision of another branch that has to run before: its id or label.
    /// May be given often.
    #[arg(long, value_name = "REV")]
    pub(crate) depends_on: Vec<String>,
    /// The id of the revision; a fresh one else.
    #[arg(long, value_name = "ID")]
    pub(crate) rev_id: Option<String>,
}

impl Placing {
    /// The revisions that it follows.
    ///
    /// # Errors
    /// Several heads and none named, a revision that is no head.
    pub(crate) fn parents(&self, versions: &Versions) -> Result<Vec<String>> {
        let Some(head) = &self.head else {
            let head = versions.head()?;
            return Ok(head.map(|r| r.id().to_owned()).into_iter().collect());
        };
        let found = named(versions, head)?;
        if !self.splice {
            refuse_no_heads(versions, &found)?;
        }
        Ok(found.iter().map(|r| r.id().to_owned()).collect())
    }

    /// The labels of the branch that it begins.
    ///
    /// # Errors
    /// A label that cannot be one, or that is taken.
    pub(crate) fn labels(&self, versions: &Versions) -> Result<Vec<String>> {
        for label in &self.branch_label {
            check_label(label)?;
            if let Ok(taken) = versions.graph.find(label) {
                return Err(Failure::with_hint(
                    format!("the name `{label}` is taken, in `{}`", taken.file_name),
                    "a label names one branch",
                ));
            }
        }
        Ok(self.branch_label.clone())
    }

    /// What has to run before it, with labels as they were said.
    ///
    /// # Errors
    /// A name that nothing has.
    pub(crate) fn depends_on(&self, versions: &Versions) -> Result<Vec<String>> {
        let mut all = Vec::new();
        for name in &self.depends_on {
            let found = named(versions, name)?;
            let is_label = |r: &&Revision| r.header.labels.contains(name);
            match found.as_slice() {
                [one] if is_label(one) => all.push(name.clone()),
                found => all.extend(found.iter().map(|r| r.id().to_owned())),
            }
        }
        Ok(all)
    }
}

/// The revisions that a name stands for, where no database is asked.
///
/// # Errors
/// A name that nothing has, or that only a database can tell.
pub(crate) fn named<'v>(versions: &'v Versions, name: &str) -> Result<Vec<&'v Revision>> {
    if versions.graph.needs_database(name) {
        return Err(Failure::with_hint(
            format!("`{name}` depends on where a database is"),
            "the history is the same for every database: name a revision",
        ));
    }
    Ok(versions.graph.resolve(name, &[])?)
}

/// Stops where something that is built on is no head.
///
/// # Errors
/// Such revisions, and the flag that means it.
pub(crate) fn refuse_no_heads(versions: &Versions, found: &[&Revision]) -> Result<()> {
    let inner: Vec<&Revision> = found
        .iter()
        .copied()
        .filter(|r| !versions.graph.children(r.id()).is_empty())
        .collect();
    let Some(first) = inner.first() else {
        return Ok(());
    };
    let after: Vec<&str> = versions.graph.children(first.id());
    Err(Failure::with_hint(
        format!("Revision `{}` is not a head revision", first.id()),
        format!(
            "{} follows it; `--splice` begins a new branch from it all the same",
            ticked(&after)
        ),
    ))
}
