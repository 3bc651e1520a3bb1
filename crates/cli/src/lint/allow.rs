//! Comments that allow a hazard at a line: `// aludel: allow(deletes_data) the
//! column moved to t2`, and `--` for `//` in SQL.
//!
//! A comment is for the step below it. Others may stand between them.

use aludel_core::hazard::{HazardKind, Level};
use aludel_core::revision::Format;

use super::lines::upgrade_lines;

/// One kind of one such comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Allow {
    /// Where it stands.
    line: usize,
    /// The line of the step that it is for.
    step: usize,
    word: String,
    reason: String,
    used: bool,
}

/// Something that is wrong with a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) line: usize,
    pub(super) level: Level,
    pub(super) message: String,
    pub(super) why: &'static str,
    pub(super) safe: String,
}

impl Allow {
    /// All of the upgrade of a file.
    pub(super) fn all(text: &str, format: Format) -> Vec<Self> {
        let mark = match format {
            Format::Rust => "//",
            Format::Sql => "--",
        };
        let range = upgrade_lines(text, format);
        let lines: Vec<&str> = text.lines().collect();
        let mut all = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            if !range.contains(&(at + 1)) {
                continue;
            }
            let Some((words, reason)) = read(line, mark) else {
                continue;
            };
            let below = lines.iter().enumerate().skip(at + 1);
            let mut below = below.filter(|(_, line)| {
                let line = line.trim();
                !line.is_empty() && !line.starts_with(mark)
            });
            let step = below.next().map_or(0, |(step, _)| step + 1);
            all.extend(words.into_iter().map(|word| Self {
                line: at + 1,
                step,
                word,
                reason: reason.clone(),
                used: false,
            }));
        }
        all
    }

    /// What is wrong with it.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let word = &self.word;
        let problem = |level, message: String, why, safe: String| {
            vec![Problem {
                line: self.line,
                level,
                message,
                why,
                safe,
            }]
        };
        if HazardKind::of_word(word).is_none() {
            return problem(
                Level::Error,
                format!("`allow({word})` names no kind of hazard"),
                "it allows nothing",
                nearest(word),
            );
        }
        if self.reason.is_empty() {
            return problem(
                Level::Error,
                format!("`allow({word})` gives no reason"),
                "who reads it later does not know whether it still holds",
                format!("write it behind: `aludel: allow({word}) moved to `t2` in abc123`"),
            );
        }
        if !self.used {
            return problem(
                Level::Note,
                format!("`allow({word})` matches nothing"),
                "the step below it has no such hazard",
                "take the comment away".to_owned(),
            );
        }
        Vec::new()
    }
}

/// The words in `allow(..)` and the reason behind it, if the line is such a
/// comment.
fn read(line: &str, mark: &str) -> Option<(Vec<String>, String)> {
    let comment = line.trim().strip_prefix(mark)?.trim_start();
    let rest = comment.strip_prefix("aludel:")?.trim_start();
    let (words, reason) = rest.strip_prefix("allow(")?.split_once(')')?;
    let words = words.split(',').map(|word| word.trim().to_owned());
    Some((words.collect(), reason.trim().to_owned()))
}

/// Whether a hazard of the step on that line is allowed; what allows it is
/// noted as used. Without a reason nothing is allowed.
pub(super) fn allows(all: &mut [Allow], line: usize, kind: HazardKind) -> bool {
    let mut found = false;
    for allow in all {
        if allow.step == line && allow.word == kind.as_str() {
            allow.used = true;
            found |= !allow.reason.is_empty();
        }
    }
    found
}

/// Notes what would have allowed a hazard whose kind is off.
pub(super) fn mark_off(all: &mut [Allow], line: usize, kind: HazardKind) {
    let _ = allows(all, line, kind);
}

fn nearest(word: &str) -> String {
    let words = HazardKind::ALL.map(HazardKind::as_str);
    let near = words
        .iter()
        .map(|known| (strsim::osa_distance(word, known), known));
    match near.min() {
        Some((distance, known)) if distance <= 1 + known.len() / 3 => {
            format!("did you mean `{known}`?")
        }
        _ => format!("there are {}", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "pub fn upgrade(op: &mut Op) {\n    // aludel: allow(deletes_data, \
        blocks_reads) moved\n    // deletes data: every row\n    op.drop_table(\"t\");\n    \
        // aludel: allow(deletes_dta) x\n    // aludel: allow(rewrites_table)\n    \
        op.drop_table(\"u\");\n}\n\npub fn downgrade(op: &mut Op) {\n    \
        // aludel: allow(deletes_data)\n}\n";

    #[test]
    fn a_comment_is_for_the_step_below_it() {
        let mut all = Allow::all(FILE, Format::Rust);
        assert_eq!(all.len(), 4);
        assert!(allows(&mut all, 4, HazardKind::DeletesData));
        assert!(!allows(&mut all, 4, HazardKind::RewritesTable));
        assert!(!allows(&mut all, 7, HazardKind::RewritesTable));
        let problems: Vec<(usize, Level, String)> = all
            .iter()
            .flat_map(Allow::problems)
            .map(|p| (p.line, p.level, p.message))
            .collect();
        assert_eq!(
            problems,
            [
                (
                    2,
                    Level::Note,
                    "`allow(blocks_reads)` matches nothing".to_owned()
                ),
                (
                    5,
                    Level::Error,
                    "`allow(deletes_dta)` names no kind of hazard".to_owned()
                ),
                (
                    6,
                    Level::Error,
                    "`allow(rewrites_table)` gives no reason".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn a_wrong_word_names_the_nearest() {
        assert_eq!(nearest("deletes_dta"), "did you mean `deletes_data`?");
        assert!(nearest("zzz").starts_with("there are deletes_data, "));
    }
}
