//! The history as lines beside the revisions, newest on top.
//!
//! A column is a line that goes down to the revision it waits for. Columns do
//! not move: one that has ended leaves its place to another, but not in the
//! very next line, where the two would look like one.

use aludel_core::revision::Revision;

/// The columns from left to right, each with the id that it waits for.
type Columns<'a> = Vec<Option<&'a str>>;

/// The lines of a drawing. The revisions are in topological order; what they
/// follow outside of them is not drawn.
pub(super) fn drawn(shown: &[&Revision], text: impl Fn(&Revision) -> String) -> Vec<String> {
    let known: std::collections::BTreeSet<&str> = shown.iter().map(|r| r.id()).collect();
    let mut columns: Columns<'_> = Vec::new();
    let mut lines = Vec::new();
    let mut ended: Option<usize> = None;
    for revision in shown.iter().rev() {
        let id = revision.id();
        let waiting: Vec<usize> = places(&columns, |c| c == Some(id));
        let own = match waiting.split_first() {
            None => free(&mut columns, 0, ended),
            Some((own, [])) => *own,
            Some((own, others)) => {
                lines.push(connector(&columns, *own, others, ['┴', '╯']));
                for other in others {
                    columns[*other] = None;
                }
                *own
            }
        };
        columns[own] = Some(id);
        trim(&mut columns);
        let mut texts = text(revision);
        texts.truncate(texts.trim_end().len());
        let mut texts = texts.lines();
        let first = texts.next().unwrap_or_default();
        lines.push(format!("{}  {first}", rails(&columns, Some(own))));
        let parents = revision.header.parents.iter().map(String::as_str);
        let mut parents = parents.filter(|parent| known.contains(parent));
        columns[own] = parents.next();
        ended = columns[own].is_none().then_some(own);
        let forks: Vec<usize> = parents
            .map(|parent| {
                let place = free(&mut columns, own + 1, None);
                columns[place] = Some(parent);
                place
            })
            .collect();
        if !forks.is_empty() {
            let mut forks = forks;
            forks.sort_unstable();
            lines.push(connector(&columns, own, &forks, ['┬', '╮']));
        }
        let mut more = false;
        for line in texts {
            more = true;
            let line = format!("{}  {line}", rails(&columns, None));
            lines.push(line.trim_end().to_owned());
        }
        if more {
            lines.push(rails(&columns, None).trim_end().to_owned());
        }
        trim(&mut columns);
    }
    lines
}

fn places(columns: &Columns<'_>, wanted: impl Fn(Option<&str>) -> bool) -> Vec<usize> {
    let all = columns.iter().enumerate();
    all.filter(|(_, column)| wanted(**column))
        .map(|(at, _)| at)
        .collect()
}

/// The first free column from there on, but not that one.
fn free(columns: &mut Columns<'_>, from: usize, but: Option<usize>) -> usize {
    let free = places(columns, |c| c.is_none()).into_iter();
    let found = free
        .chain(columns.len()..)
        .find(|at| *at >= from && Some(*at) != but);
    let place = found.unwrap_or(columns.len());
    while columns.len() <= place {
        columns.push(None);
    }
    place
}

fn trim(columns: &mut Columns<'_>) {
    while columns.last() == Some(&None) {
        columns.pop();
    }
}

/// The columns beside a revision, which stands in one of them.
fn rails(columns: &Columns<'_>, node: Option<usize>) -> String {
    let mut line = String::new();
    for (at, column) in columns.iter().enumerate() {
        line.push_str(if at == 0 { "" } else { " " });
        line.push(match column {
            _ if node == Some(at) => '●',
            Some(_) => '│',
            None => ' ',
        });
    }
    line
}

/// A line that ties columns to one on their left; `ends` is how one of them
/// looks in the middle, and how the last one does.
fn connector(columns: &Columns<'_>, from: usize, to: &[usize], ends: [char; 2]) -> String {
    let last = to.last().copied().unwrap_or(from);
    let mut line = String::new();
    for (at, column) in columns.iter().enumerate() {
        let tied = at > from && at <= last;
        line.push_str(match at {
            0 => "",
            _ if tied => "─",
            _ => " ",
        });
        line.push(match column {
            _ if at == from => '├',
            _ if at == last => ends[1],
            _ if to.contains(&at) => ends[0],
            Some(_) if tied => '┼',
            None if tied => '─',
            Some(_) => '│',
            None => ' ',
        });
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use aludel_core::revision::{Format, Header};

    use super::*;

    fn drawing(edges: &[(&str, &[&str])]) -> String {
        let revisions: Vec<Revision> = edges
            .iter()
            .map(|(id, parents)| Revision {
                header: Header {
                    id: (*id).into(),
                    parents: parents.iter().map(|p| (*p).to_owned()).collect(),
                    ..Header::default()
                },
                file_name: format!("{id}.rs"),
                format: Format::Rust,
            })
            .collect();
        let shown: Vec<&Revision> = revisions.iter().collect();
        drawn(&shown, |r| r.id().to_owned()).join("\n")
    }

    #[test]
    fn a_line_is_a_line() {
        assert_eq!(drawing(&[("a", &[]), ("b", &["a"])]), "●  b\n●  a");
        assert_eq!(drawing(&[]), "");
    }

    #[test]
    fn branches_part_and_meet() {
        let edges: [(&str, &[&str]); 5] = [
            ("a", &[]),
            ("b", &["a"]),
            ("c", &["a"]),
            ("d", &["b", "c"]),
            ("e", &["d"]),
        ];
        let expected = "●  e\n●  d\n├─╮\n│ ●  c\n● │  b\n├─╯\n●  a";
        assert_eq!(drawing(&edges), expected);
    }

    #[test]
    fn what_does_not_follow_does_not_look_so() {
        let edges: [(&str, &[&str]); 3] = [("a", &[]), ("x", &[]), ("b", &[])];
        assert_eq!(drawing(&edges), "●  b\n  ●  x\n●  a");
    }

    #[test]
    fn lines_cross_and_places_are_used_again() {
        let edges: [(&str, &[&str]); 6] = [
            ("a", &[]),
            ("x", &[]),
            ("b", &["a"]),
            ("c", &["a"]),
            ("y", &["x"]),
            ("d", &["a"]),
        ];
        let expected = "●  d\n│ ●  y\n│ │ ●  c\n│ │ │ ●  b\n│ ● │ │  x\n├───┴─╯\n●  a";
        assert_eq!(drawing(&edges), expected);
    }
}
