//! What can be wrong with a history, or with the way somebody names a part of it.

/// Something that the graph of revisions cannot be or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum GraphError {
    /// Two files with one id.
    #[error("revision `{id}` is in two files, `{first}` and `{second}`")]
    Duplicate {
        id: String,
        first: String,
        second: String,
    },
    /// A parent that no file holds.
    #[error("`{file}` revises `{parent}`, which no file holds")]
    UnknownParent {
        file: String,
        parent: String,
        closest: Vec<String>,
    },
    /// A dependency that no file holds.
    #[error("`{file}` depends on `{name}`, which no file holds")]
    UnknownDependency {
        file: String,
        name: String,
        closest: Vec<String>,
    },
    /// A revision that follows itself.
    #[error("`{file}` revises itself")]
    SelfLoop { file: String },
    /// Revisions that follow each other in a ring.
    #[error(
        "Cycle is detected in revisions {}: they follow each other in a ring",
        names(ids)
    )]
    Cycle { ids: Vec<String> },
    /// One label on two revisions, or a label that is a revision's id.
    #[error("the branch label `{label}` is in `{first}` and in `{second}`")]
    DuplicateLabel {
        label: String,
        first: String,
        second: String,
    },
    /// A name that nothing has.
    #[error("Can't locate revision identified by `{name}`")]
    NotFound { name: String, closest: Vec<String> },
    /// A prefix that several revisions share.
    #[error("Multiple revisions start with `{prefix}`: {}", names(candidates))]
    Ambiguous {
        prefix: String,
        candidates: Vec<String>,
    },
    /// `head` where there are several.
    #[error(
        "Multiple heads are present for given argument `{name}`: {}",
        names(heads)
    )]
    MultipleHeads { name: String, heads: Vec<String> },
    /// `+3` where only two revisions follow.
    #[error(
        "Relative revision `{name}` didn't produce {wanted} migrations, only {found} are there"
    )]
    TooFar {
        name: String,
        wanted: u64,
        found: u64,
    },
    /// `+1` where several revisions follow, `-2` through a merge.
    #[error("`{name}` may mean several revisions: {}", names(candidates))]
    AmbiguousWalk {
        name: String,
        candidates: Vec<String>,
    },
    /// A downgrade to a revision that the database is not past.
    #[error(
        "Destination `{name}` is not a valid downgrade target from the current revision {}",
        names(current)
    )]
    NotBelow { name: String, current: Vec<String> },
    /// `-1` in an upgrade, `+1` in a downgrade.
    #[error("`{name}` points the wrong way for {direction}")]
    WrongWay {
        name: String,
        direction: &'static str,
    },
}

impl GraphError {
    /// What to do about it, if there is something.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Duplicate { .. } => Some("delete one of them, or give it another id".into()),
            Self::UnknownParent { closest, .. } | Self::UnknownDependency { closest, .. } => {
                closest_hint(closest)
                    .or_else(|| Some("is a file missing from this checkout?".into()))
            }
            Self::SelfLoop { .. } => Some("`Revises` names the revision before it".into()),
            Self::Cycle { .. } => Some("mend the `Revises` line of one of them".into()),
            Self::DuplicateLabel { .. } => Some("a label names one branch".into()),
            Self::NotFound { name, closest } => {
                let short = name.chars().count() < super::target::PREFIX;
                let more = || "give at least 4 characters of an id".to_owned();
                short.then(more).or_else(|| closest_hint(closest))
            }
            Self::Ambiguous { .. } => Some("give more characters".into()),
            Self::MultipleHeads { .. } => Some("name one of them, or say `heads` for all".into()),
            Self::TooFar { .. } => None,
            Self::AmbiguousWalk { .. } => Some("name the revision".into()),
            Self::NotBelow { .. } => Some("a downgrade goes to a revision that was applied".into()),
            Self::WrongWay { direction, .. } => Some(
                if *direction == "an upgrade" {
                    "an upgrade takes `+N`, an id or `head`"
                } else {
                    "a downgrade takes `-N`, an id or `base`"
                }
                .into(),
            ),
        }
    }
}

impl From<GraphError> for crate::Error {
    fn from(error: GraphError) -> Self {
        Self {
            message: error.to_string(),
            hint: error.hint(),
        }
    }
}

fn names(ids: &[String]) -> String {
    let quoted: Vec<_> = ids.iter().map(|id| format!("`{id}`")).collect();
    if quoted.is_empty() {
        "`base`".into()
    } else {
        quoted.join(", ")
    }
}

fn closest_hint(closest: &[String]) -> Option<String> {
    (!closest.is_empty()).then(|| format!("did you mean {}?", names(closest)))
}
