//! The smallest change of a `Cargo.toml` that makes two crates members.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::read_text;
use crate::error::{Failure, Result};

/// A workspace's manifest as text.
#[derive(Debug)]
pub(super) struct Manifest {
    path: PathBuf,
    before: String,
    text: String,
}

/// What makes the SQLite library quick where it counts.
const PROFILE: &str = "
# SQLite optimised once; your own crates stay quick to build.
[profile.dev.package.libsqlite3-sys]
opt-level = 2
";

/// What a manifest says of its workspace.
#[derive(Debug, Default)]
struct Workspace {
    present: bool,
    has_package: bool,
    members: Option<(Range<usize>, Vec<String>)>,
    last: Option<Range<usize>>,
    table: Option<Range<usize>>,
}

impl Manifest {
    /// Reads a manifest.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = read_text(path)?;
        Ok(Self {
            path: path.to_owned(),
            before: text.clone(),
            text,
        })
    }

    /// The folders of its members, as patterns; none without a workspace.
    pub(super) fn members(&self) -> Result<Vec<String>> {
        let members = self.workspace()?.members;
        Ok(members.map(|(_, names)| names).unwrap_or_default())
    }

    /// Whether it is the root of a workspace.
    pub(super) fn is_workspace(&self) -> Result<bool> {
        Ok(self.workspace()?.present)
    }

    /// Makes folders members of the workspace, has SQLite built optimised where
    /// it is built, and tells what was added.
    pub(super) fn add_members(&mut self, wanted: &[&str], sqlite: bool) -> Result<Vec<String>> {
        let workspace = self.workspace()?;
        let mut added = Vec::new();
        let known = workspace.members.as_ref().map(|(_, m)| m.as_slice());
        let missing: Vec<String> = wanted
            .iter()
            .filter(|w| !known.unwrap_or_default().iter().any(|m| covers(m, w)))
            .map(|w| format!("{w:?}"))
            .collect();
        if !missing.is_empty() {
            match &workspace.members {
                Some((span, _)) => {
                    self.extend_list(span.clone(), workspace.last.clone(), &missing);
                }
                None => self.add_list(&workspace, &missing),
            }
            added.push(format!("the members {}", missing.join(" and ")));
        }
        if sqlite && !self.text.contains("libsqlite3-sys") {
            self.text.push_str(PROFILE);
            added.push("a profile for `libsqlite3-sys`".into());
        }
        Ok(added)
    }

    /// Writes the manifest if it changed.
    pub(super) fn save(&self) -> Result<()> {
        if self.text == self.before {
            return Ok(());
        }
        crate::file::replace(&self.path, &self.text)
            .map_err(|e| Failure::because(format!("cannot write `{}`", self.path.display()), e))
    }

    fn workspace(&self) -> Result<Workspace> {
        let document = DeTable::parse(&self.text)
            .map_err(|e| Failure::because(format!("cannot read `{}`", self.path.display()), e))?;
        let document = document.get_ref();
        let mut found = Workspace {
            has_package: document.get("package").is_some(),
            ..Workspace::default()
        };
        let Some(workspace) = document.get("workspace") else {
            return Ok(found);
        };
        found.present = true;
        found.table = Some(workspace.span());
        let DeValue::Table(table) = workspace.get_ref() else {
            return Ok(found);
        };
        if let Some(members) = table.get("members")
            && let DeValue::Array(items) = members.get_ref()
        {
            found.last = items.last().map(toml::Spanned::span);
            let names = items.iter().filter_map(|i| i.get_ref().as_str());
            found.members = Some((members.span(), names.map(str::to_owned).collect()));
        }
        Ok(found)
    }

    /// Adds to the end of a list, in the shape that it has. Comments stay where
    /// they are.
    fn extend_list(&mut self, span: Range<usize>, last: Option<Range<usize>>, missing: &[String]) {
        let close = span.end - 1;
        let after = last.as_ref().map_or(span.start + 1, |item| item.end);
        let many_lines = self.text[span].contains('\n');
        let separated = last.is_none() || has_comma(&self.text[after..close]);
        let addition = if many_lines {
            let indent = last
                .as_ref()
                .map_or("    ".to_owned(), |i| self.indent(i.start));
            let lines = missing.iter().map(|m| format!("{indent}{m},\n"));
            lines.collect::<String>()
        } else {
            let gap = if last.is_some() { " " } else { "" };
            format!("{gap}{}", missing.join(", "))
        };
        // A bracket that has its line to itself keeps it.
        let line = self.text[..close].rfind('\n').map_or(0, |at| at + 1);
        let alone = self.text[line..close].trim().is_empty();
        if many_lines && alone {
            self.text.insert_str(line, &addition);
        } else if many_lines {
            self.text.insert_str(close, &format!("\n{addition}"));
        } else {
            let end = after.max(self.text[..close].trim_end().len());
            self.text.insert_str(end, &addition);
        }
        if !separated {
            self.text.insert(after, ',');
        }
    }

    /// What stands before an item on its line, if that is only space.
    fn indent(&self, at: usize) -> String {
        let line = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let before = &self.text[line..at];
        if before.trim().is_empty() {
            before.to_owned()
        } else {
            "    ".to_owned()
        }
    }

    /// Writes the list where there was none.
    fn add_list(&mut self, workspace: &Workspace, missing: &[String]) {
        let list = format!("members = [{}]\n", missing.join(", "));
        match &workspace.table {
            Some(span) if workspace.present => {
                let rest = &self.text[span.start..];
                let line_end = rest
                    .find('\n')
                    .map_or(self.text.len(), |n| span.start + n + 1);
                self.text.insert_str(line_end, &list);
            }
            _ => {
                let resolver = if workspace.has_package {
                    ""
                } else {
                    "resolver = \"3\"\n"
                };
                self.text
                    .push_str(&format!("\n[workspace]\n{resolver}{list}"));
            }
        }
    }
}

/// Whether there is a comma outside of comments.
fn has_comma(text: &str) -> bool {
    let mut lines = text.lines().map(|line| line.split('#').next());
    lines.any(|code| code.is_some_and(|code| code.contains(',')))
}

/// Whether a member pattern covers a folder.
fn covers(pattern: &str, folder: &str) -> bool {
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    globset::GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .is_ok_and(|glob| glob.compile_matcher().is_match(folder))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn with_members(text: &str) -> String {
        let mut manifest = Manifest {
            path: "Cargo.toml".into(),
            before: text.into(),
            text: text.into(),
        };
        let members = ["migrations", "xtask"];
        manifest.add_members(&members, true).unwrap();
        let text = manifest.text.replace(PROFILE, "");
        // Whatever was edited is still a manifest.
        toml::from_str::<toml::Table>(&text).unwrap();
        text
    }

    #[test]
    fn a_package_becomes_a_workspace() {
        let text = with_members("[package]\nname = \"app\"\n");
        assert_eq!(
            text,
            "[package]\nname = \"app\"\n\n[workspace]\nmembers = [\"migrations\", \"xtask\"]\n"
        );
    }

    #[test]
    fn a_list_on_one_line_stays_on_one_line() {
        let text = with_members("[workspace]\nmembers = [\"app\"]\nresolver = \"3\"\n");
        assert_eq!(
            text,
            "[workspace]\nmembers = [\"app\", \"migrations\", \"xtask\"]\nresolver = \"3\"\n"
        );
    }

    #[test]
    fn a_list_over_lines_gets_lines() {
        let text = with_members("[workspace]\nmembers = [\n    \"app\",\n]\n");
        assert_eq!(
            text,
            "[workspace]\nmembers = [\n    \"app\",\n    \"migrations\",\n    \"xtask\",\n]\n"
        );
    }

    #[test]
    fn comments_in_a_list_stay_comments() {
        let text = with_members("[workspace]\nmembers = [\"app\" # last\n]\n");
        assert_eq!(
            text,
            "[workspace]\nmembers = [\"app\", # last\n    \"migrations\",\n    \"xtask\",\n]\n"
        );
        let text = with_members("[workspace]\nmembers = [\n  \"app\"\n  # \"old\",\n] # end\n");
        assert_eq!(
            text,
            "[workspace]\nmembers = [\n  \"app\",\n  # \"old\",\n  \"migrations\",\n  \"xtask\",\n] # end\n"
        );
        let text = with_members("[workspace]\nmembers = [ # all\n  \"app\"]\n");
        assert_eq!(
            text,
            "[workspace]\nmembers = [ # all\n  \"app\",\n  \"migrations\",\n  \"xtask\",\n]\n"
        );
        let text = with_members("[workspace]\nmembers = [\"app\", ]\n");
        assert_eq!(
            text,
            "[workspace]\nmembers = [\"app\", \"migrations\", \"xtask\" ]\n"
        );
    }

    #[test]
    fn an_empty_list_and_a_workspace_without_list() {
        let text = with_members("[workspace]\nmembers = []\n");
        assert_eq!(text, "[workspace]\nmembers = [\"migrations\", \"xtask\"]\n");
        let text = with_members("[workspace]\nresolver = \"3\"\n[package]\nname = \"a\"\n");
        assert_eq!(
            text,
            "[workspace]\nmembers = [\"migrations\", \"xtask\"]\nresolver = \"3\"\n[package]\nname = \"a\"\n"
        );
    }

    #[test]
    fn members_that_a_pattern_covers_are_not_added() {
        let text = "[workspace]\nmembers = [\"./*\"]\n";
        assert_eq!(with_members(text), text);
        assert!(!covers("crates/*", "xtask"));
    }
}
