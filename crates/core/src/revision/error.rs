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
    /// A revision that follows itself, or depends on itself.
    #[error("Self-loop is detected: `{file}` {verb} itself")]
    SelfLoop { file: String, verb: &'static str },
    /// Revisions that follow each other in a ring.
    #[error(
        "Cycle is detected in revisions {}: they follow each other in a ring",
        names(ids)
    )]
    Cycle {
        ids: Vec<String>,
        files: Vec<String>,
    },
    /// One label on two revisions.
    #[error("the branch label `{label}` is in `{first}` and in `{second}`")]
    DuplicateLabel {
        label: String,
        first: String,
        second: String,
    },
    /// A label that is a revision's id.
    #[error("the branch label `{label}` in `{file}` is the id of the revision in `{revision}`")]
    LabelIsId {
        label: String,
        file: String,
        revision: String,
    },
    /// A name that nothing has.
    #[error("Can't locate revision identified by `{name}`")]
    NotFound {
        name: String,
        /// What begins like a name that is too short.
        begins: Vec<String>,
        closest: Vec<String>,
    },
    /// A prefix that several revisions share.
    #[error("Multiple revisions start with `{prefix}`: {}", names(candidates))]
    Ambiguous {
        prefix: String,
        candidates: Vec<String>,
    },
    /// `x@head` where nothing is called `x`.
    #[error("No such branch: `{name}`")]
    NoBranch { name: String, known: Vec<String> },
    /// `wifi@ac31` where `ac31` is on another branch.
    #[error("Revision `{name}` is not a member of branch `{branch}`")]
    NotOnBranch { name: String, branch: String },
    /// `head` where there are several.
    #[error(
        "Multiple heads are present for given argument `{name}`: {}",
        with_files(heads)
    )]
    MultipleHeads {
        name: String,
        /// Their ids, with their files.
        heads: Vec<(String, String)>,
        /// What they branch from.
        ancestors: Vec<String>,
    },
    /// Something that is not one revision.
    #[error(
        "`{name}` is {}, and one is asked for",
        if found.is_empty() { "no revision".to_owned() } else { names(found) }
    )]
    NotOne { name: String, found: Vec<String> },
    /// `a:b` where one revision is asked for.
    #[error("Range revision not allowed: `{name}`")]
    Range { name: String },
    /// `+3` where only two revisions follow.
    #[error(
        "Relative revision `{name}` didn't produce {wanted} migrations, only {found} {} there",
        if *found == 1 { "is" } else { "are" }
    )]
    TooFar {
        name: String,
        wanted: u64,
        found: u64,
        back: bool,
    },
    /// `-1` where the database is at several revisions.
    #[error(
        "`{name}` counts from where the database is, and that is at several revisions: {}",
        names(current)
    )]
    SeveralCurrent { name: String, current: Vec<String> },
    /// `+1` where several revisions follow, `-1` at a merge.
    #[error(
        "Ambiguous walk: `{name}` may mean several revisions: {}",
        names(candidates)
    )]
    AmbiguousWalk {
        name: String,
        /// Where the ways part.
        at: Option<String>,
        candidates: Vec<String>,
        back: bool,
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
    /// Two revisions of one line where each is to be at its own branch.
    #[error("Requested revision `{upper}` overlaps with the other requested revision `{lower}`")]
    Overlap { lower: String, upper: String },
    /// The base of a branch, for a database that nobody looks at.
    #[error("what is left below `{name}` depends on where the database is")]
    NeedsRows { name: String },
    /// A range whose ends are not on one line.
    #[error(
        "Requested range `{from}:{to}` does not refer to ancestor/descendant revisions along the \
         same branch"
    )]
    NoPath {
        from: String,
        to: String,
        reversed: bool,
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
            Self::SelfLoop { .. } => Some(
                "`Revises` names the revision before it, `Depends On` one of another branch".into(),
            ),
            Self::Cycle { files, .. } => Some(format!(
                "mend the `Revises` or the `Depends On` line of one of {}",
                names(files)
            )),
            Self::DuplicateLabel { .. } => Some("a label names one branch".into()),
            Self::LabelIsId { .. } => Some("give the label another name".into()),
            Self::NotFound {
                name,
                begins,
                closest,
            } => not_found_hint(name, begins, closest),
            Self::Ambiguous { .. } => Some("give more characters".into()),
            Self::NoBranch { known, .. } => Some(match known.as_slice() {
                [] => "no revision has a label; an id may stand before the `@`".into(),
                known => format!("known are {}; an id may stand there too", names(known)),
            }),
            Self::NotOnBranch { branch, .. } => Some(format!(
                "leave `{branch}@` out, or name one of its revisions"
            )),
            Self::MultipleHeads {
                heads, ancestors, ..
            } => Some(heads_hint(heads, ancestors)),
            Self::NotOne { .. } => Some("name one by its id".into()),
            Self::Range { .. } => Some("name one end of it".into()),
            Self::TooFar { found: 0, back, .. } => Some(if *back {
                "there is nothing below; it is the base".into()
            } else {
                "nothing follows; it is the head".into()
            }),
            Self::TooFar { found, back, .. } => {
                let sign = if *back { '-' } else { '+' };
                Some(format!("`{sign}{found}` is as far as it goes"))
            }
            Self::SeveralCurrent { name, current } => Some(several_current_hint(name, current)),
            Self::AmbiguousWalk {
                at,
                candidates,
                back,
                ..
            } => Some(walk_hint(at.as_deref(), candidates, *back)),
            Self::NotBelow { .. } => Some(
                "a downgrade goes to a revision that was applied: the database has not run that \
                 one, or not on that branch; `history -i` shows where it is"
                    .into(),
            ),
            Self::WrongWay { direction, .. } => Some(
                if *direction == "an upgrade" {
                    "an upgrade takes `+N`, an id or `head`"
                } else {
                    "a downgrade takes `-N`, an id or `base`"
                }
                .into(),
            ),
            Self::Overlap { upper, .. } => Some(format!(
                "`{upper}` stands on the other one, so it says both"
            )),
            Self::NeedsRows { .. } => {
                Some("name the revision that it comes to be at, or `base`".into())
            }
            Self::NoPath {
                from,
                to,
                reversed: true,
            } => Some(format!("it is the other way around: `{to}:{from}`")),
            Self::NoPath { .. } => Some("`history --graph` shows which follows which".into()),
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

fn with_files(heads: &[(String, String)]) -> String {
    let said: Vec<_> = heads
        .iter()
        .map(|(id, file)| format!("`{id}` (`{file}`)"))
        .collect();
    said.join(", ")
}

fn closest_hint(closest: &[String]) -> Option<String> {
    (!closest.is_empty()).then(|| format!("did you mean {}?", names(closest)))
}

fn not_found_hint(name: &str, begins: &[String], closest: &[String]) -> Option<String> {
    if name.chars().count() >= super::target::PREFIX {
        return closest_hint(closest);
    }
    let mut hint = format!(
        "give at least {} characters of an id",
        super::target::PREFIX
    );
    match begins {
        [] => {}
        [one] => hint.push_str(&format!("; `{one}` begins like this")),
        several => {
            let some: Vec<String> = several.iter().take(5).cloned().collect();
            hint.push_str(&format!(
                "; {} begin like this: {}",
                several.len(),
                names(&some)
            ));
        }
    }
    Some(hint)
}

fn heads_hint(heads: &[(String, String)], ancestors: &[String]) -> String {
    let ids: Vec<&str> = heads.iter().map(|(id, _)| id.as_str()).collect();
    let from = match ancestors {
        [] => "they have no ancestor in common".to_owned(),
        ancestors => format!("they branch from {}", names(ancestors)),
    };
    let first = ids.first().copied().unwrap_or_default();
    format!(
        "{from}\n`merge -m \"...\" {}` joins them; else name one, narrow it to a branch \
         (`{first}@head`), or say `heads` for all",
        ids.join(" ")
    )
}

fn several_current_hint(name: &str, current: &[String]) -> String {
    let steps = name.rsplit('@').next().unwrap_or(name);
    let said: Vec<String> = current.iter().map(|id| format!("`{id}@{steps}`")).collect();
    format!("say on which branch: {}", said.join(" or "))
}

fn walk_hint(at: Option<&str>, candidates: &[String], back: bool) -> String {
    let typed = candidates.join("` or `");
    match (at, back) {
        (Some(at), true) => format!(
            "`{at}` merges {}: name `{typed}`; either undoes the merge, and the database is then \
             at all of them",
            names(candidates)
        ),
        (Some(at), false) => format!("several revisions follow `{at}`: name `{typed}`"),
        (None, _) => format!("name `{typed}`"),
    }
}
