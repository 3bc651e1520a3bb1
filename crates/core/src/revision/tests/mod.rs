use std::time::Instant;

use super::{Format, GraphError, Header, Revision, RevisionGraph};

mod random;
mod targets;

fn revision(id: &str, parents: &[&str]) -> Revision {
    Revision {
        header: Header {
            id: id.into(),
            parents: parents.iter().map(|p| (*p).to_owned()).collect(),
            ..Header::default()
        },
        file_name: format!("{id}.rs"),
        format: Format::Rust,
    }
}

fn graph(edges: &[(&str, &[&str])]) -> RevisionGraph {
    RevisionGraph::new(edges.iter().map(|(id, p)| revision(id, p)).collect()).unwrap()
}

fn line() -> RevisionGraph {
    graph(&[
        ("cccc3", &["bbbb2"]),
        ("aaaa1", &[]),
        ("bbbb2", &["aaaa1"]),
        ("dddd4", &["cccc3"]),
    ])
}

/// a - b - d(merge) - e
///   \ c /
fn diamond() -> RevisionGraph {
    graph(&[
        ("aaaa", &[]),
        ("bbbb", &["aaaa"]),
        ("cccc", &["aaaa"]),
        ("dddd", &["bbbb", "cccc"]),
        ("eeee", &["dddd"]),
    ])
}

fn rows(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn ids(path: Result<Vec<&Revision>, GraphError>) -> Vec<&str> {
    path.unwrap().into_iter().map(Revision::id).collect()
}

#[test]
fn a_line_goes_up_and_down() {
    let graph = line();
    assert_eq!(graph.heads(), ["dddd4"]);
    assert_eq!(graph.bases(), ["aaaa1"]);
    assert_eq!(
        ids(graph.upgrade_path(&[], "head")),
        ["aaaa1", "bbbb2", "cccc3", "dddd4"]
    );
    assert_eq!(ids(graph.upgrade_path(&rows(&["bbbb2"]), "+1")), ["cccc3"]);
    assert_eq!(ids(graph.upgrade_path(&[], "+2")), ["aaaa1", "bbbb2"]);
    assert_eq!(ids(graph.upgrade_path(&[], "aaaa1+1")), ["aaaa1", "bbbb2"]);
    assert_eq!(
        ids(graph.upgrade_path(&[], "head-1")),
        ["aaaa1", "bbbb2", "cccc3"]
    );
    assert_eq!(ids(graph.upgrade_path(&rows(&["cccc3"]), "bbbb")), [""; 0]);
    assert_eq!(
        ids(graph.downgrade_path(&rows(&["cccc3"]), "-1")),
        ["cccc3"]
    );
    assert_eq!(
        ids(graph.downgrade_path(&rows(&["cccc3"]), "-3")),
        ["cccc3", "bbbb2", "aaaa1"]
    );
    assert_eq!(
        ids(graph.downgrade_path(&rows(&["cccc3"]), "aaaa")),
        ["cccc3", "bbbb2"]
    );
    assert_eq!(
        ids(graph.downgrade_path(&rows(&["cccc3"]), "base")),
        ["cccc3", "bbbb2", "aaaa1"]
    );
    assert_eq!(
        ids(graph.downgrade_path(&rows(&["cccc3"]), "cccc3")),
        [""; 0]
    );
}

#[test]
fn what_cannot_be_meant_is_said_in_the_familiar_words() {
    let graph = line();
    let up = |target: &str| graph.upgrade_path(&rows(&["cccc3"]), target).unwrap_err();
    assert_eq!(
        up("xyz").to_string(),
        "Can't locate revision identified by `xyz`"
    );
    assert_eq!(up("aaab1").hint().unwrap(), "did you mean `aaaa1`?");
    assert_eq!(
        up("aaa").hint().unwrap(),
        "give at least 4 characters of an id; `aaaa1` begins like this"
    );
    assert!(matches!(
        up("+2"),
        GraphError::TooFar {
            wanted: 2,
            found: 1,
            ..
        }
    ));
    assert!(matches!(up("-1"), GraphError::WrongWay { .. }));
    let down = |target: &str| graph.downgrade_path(&rows(&["cccc3"]), target).unwrap_err();
    assert!(matches!(
        down("-4"),
        GraphError::TooFar {
            wanted: 4,
            found: 3,
            ..
        }
    ));
    assert!(matches!(down("+1"), GraphError::WrongWay { .. }));
    assert!(matches!(down("dddd4"), GraphError::NotBelow { .. }));
    assert!(matches!(
        graph.upgrade_path(&rows(&["gone"]), "head").unwrap_err(),
        GraphError::NotFound { .. }
    ));
    let two = graph_of_prefixes();
    let found = two.find("abcd").unwrap_err();
    assert_eq!(
        found.to_string(),
        "Multiple revisions start with `abcd`: `abcd1`, `abcd2`"
    );
    assert!(
        two.upgrade_path(&[], "head")
            .unwrap_err()
            .to_string()
            .starts_with("Multiple heads are present")
    );
    assert_eq!(ids(two.upgrade_path(&[], "heads")), ["abcd1", "abcd2"]);
}

fn graph_of_prefixes() -> RevisionGraph {
    graph(&[("abcd1", &[]), ("abcd2", &[])])
}

#[test]
fn merges_are_paths_too() {
    let graph = diamond();
    assert_eq!(
        ids(graph.upgrade_path(&[], "head")),
        ["aaaa", "bbbb", "cccc", "dddd", "eeee"]
    );
    assert_eq!(
        ids(graph.upgrade_path(&rows(&["bbbb"]), "head")),
        ["cccc", "dddd", "eeee"]
    );
    assert_eq!(ids(graph.downgrade_path(&rows(&["eeee"]), "-1")), ["eeee"]);
    assert!(matches!(
        graph.upgrade_path(&rows(&["aaaa"]), "+1"),
        Err(GraphError::AmbiguousWalk { .. })
    ));
    let dddd = graph.get("dddd").unwrap();
    assert_eq!(
        graph.rows_after_upgrade(&rows(&["bbbb", "cccc"]), dddd),
        ["dddd"]
    );
    assert_eq!(
        graph.rows_after_downgrade(&rows(&["dddd"]), dddd),
        ["bbbb", "cccc"]
    );
    let bbbb = graph.get("bbbb").unwrap();
    assert_eq!(graph.rows_after_upgrade(&rows(&["aaaa"]), bbbb), ["bbbb"]);
    assert_eq!(
        graph.rows_after_downgrade(&rows(&["bbbb", "cccc"]), bbbb),
        ["cccc"]
    );
    let cccc = graph.get("cccc").unwrap();
    assert_eq!(graph.rows_after_downgrade(&rows(&["cccc"]), cccc), ["aaaa"]);
    assert_eq!(
        graph
            .rows_after_stamp(&rows(&["bbbb", "cccc"]), &["head"])
            .unwrap(),
        ["eeee"]
    );
    assert_eq!(
        graph.rows_after_stamp(&rows(&["bbbb"]), &["cccc"]).unwrap(),
        ["bbbb", "cccc"]
    );
    assert_eq!(
        graph.rows_after_stamp(&rows(&["eeee"]), &["base"]).unwrap(),
        [""; 0]
    );
}

#[test]
fn dependencies_run_first_and_hold_back_a_downgrade() {
    let mut b = revision("bbbb", &[]);
    b.header.depends_on = vec!["zzzz".into()];
    let graph = RevisionGraph::new(vec![b, revision("zzzz", &[])]).unwrap();
    assert_eq!(ids(graph.upgrade_path(&[], "bbbb")), ["zzzz", "bbbb"]);
    assert_eq!(
        ids(graph.downgrade_path(&rows(&["bbbb", "zzzz"]), "base")),
        ["bbbb", "zzzz"]
    );
    assert_eq!(graph.heads(), ["zzzz", "bbbb"]);
}

#[test]
fn broken_histories_are_refused() {
    let new = |edges: &[(&str, &[&str])]| {
        RevisionGraph::new(edges.iter().map(|(id, p)| revision(id, p)).collect()).unwrap_err()
    };
    let mut twice = vec![revision("aaaa", &[]), revision("aaaa", &[])];
    twice[1].file_name = "other.sql".into();
    let error = RevisionGraph::new(twice).unwrap_err().to_string();
    assert!(
        error.contains("aaaa.rs") && error.contains("other.sql"),
        "{error}"
    );
    let error = new(&[("aaaa", &["gone"])]).to_string();
    assert!(
        error.contains("aaaa.rs") && error.contains("`gone`"),
        "{error}"
    );
    assert!(matches!(
        new(&[("aaaa", &["aaaa"])]),
        GraphError::SelfLoop { .. }
    ));
    let ring = new(&[
        ("aaaa", &[]),
        ("bbbb", &["aaaa", "dddd"]),
        ("cccc", &["bbbb"]),
        ("dddd", &["cccc"]),
        ("eeee", &["dddd"]),
    ]);
    let mut ids = match ring {
        GraphError::Cycle { ids, .. } => ids,
        _ => Vec::new(),
    };
    ids.sort();
    assert_eq!(ids, ["bbbb", "cccc", "dddd"]);
}

#[test]
fn an_empty_folder_has_nothing_to_run() {
    let graph = graph(&[]);
    assert_eq!(ids(graph.upgrade_path(&[], "head")), [""; 0]);
    assert_eq!(ids(graph.downgrade_path(&[], "base")), [""; 0]);
}

#[test]
fn the_order_follows_from_the_graph_alone() {
    let mut all: Vec<Revision> = diamond().revisions().to_vec();
    let order: Vec<String> = all.iter().map(|r| r.id().to_owned()).collect();
    all.reverse();
    let again = RevisionGraph::new(all).unwrap();
    let ids: Vec<_> = again.revisions().iter().map(Revision::id).collect();
    assert_eq!(ids, order);
}

/// An id that says nothing of its place.
fn scattered(n: u32) -> String {
    format!("{:08x}", n.wrapping_mul(2_654_435_761))
}

/// Revisions as a run takes them: each asked whether it is to be run, and the
/// rows written behind it.
fn walked_up_and_down(graph: &RevisionGraph) -> usize {
    let mut rows = Vec::new();
    let path = graph.upgrade_path(&rows, "heads").unwrap();
    for revision in &path {
        assert!(!graph.holds(&rows, revision.id()));
        let needed = graph.requirements(revision.id());
        assert!(needed.iter().all(|id| graph.holds(&rows, id)));
        rows = graph.rows_after_upgrade(&rows, revision);
    }
    let path = graph.downgrade_path(&rows, "base").unwrap();
    for revision in &path {
        assert!(graph.holds(&rows, revision.id()));
        let above = graph.dependents(revision.id());
        assert!(!above.iter().any(|id| graph.holds(&rows, id)));
        rows = graph.rows_after_downgrade(&rows, revision);
    }
    assert_eq!(rows, [""; 0]);
    path.len()
}

#[test]
fn ten_thousand_revisions_take_no_time() {
    let line = |n: u32| match n {
        0 => Vec::new(),
        n => vec![scattered(n - 1)],
    };
    // Two long branches that meet at the end; every hundredth is a merge.
    let ladder = |n: u32| match n {
        0 => Vec::new(),
        1 => vec![scattered(0)],
        9_999 => vec![scattered(9_997), scattered(9_998)],
        n if n % 100 == 0 => vec![scattered(n - 1), scattered(n - 2)],
        n => vec![scattered(n - 2)],
    };
    let start = Instant::now();
    for parents in [&line as &dyn Fn(u32) -> Vec<String>, &ladder] {
        let all: Vec<Revision> = (0..10_000)
            .map(|n| {
                let parents = parents(n);
                let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
                revision(&scattered(n), &parents)
            })
            .collect();
        let graph = RevisionGraph::new(all).unwrap();
        assert_eq!(walked_up_and_down(&graph), 10_000);
        assert_eq!(graph.range("", "", &[]).unwrap().len(), 10_000);
        assert_eq!(graph.branch_labels().len(), 10_000);
    }
    let all = (0..10_000).map(|n| revision(&scattered(n), &[]));
    let graph = RevisionGraph::new(all.collect()).unwrap();
    assert_eq!(graph.upgrade_path(&[], "heads").unwrap().len(), 10_000);
    // A hundred million steps would take longer than this on any machine.
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

#[test]
fn steps_are_counted_over_ten_thousand() {
    let all = (0..10_000).map(|n: u32| {
        let parent = (n > 0).then(|| scattered(n - 1));
        revision(
            &scattered(n),
            &parent.iter().map(String::as_str).collect::<Vec<_>>(),
        )
    });
    let graph = RevisionGraph::new(all.collect()).unwrap();
    let current = [scattered(9_999)];
    assert_eq!(
        graph.downgrade_path(&current, "-9000").unwrap().len(),
        9_000
    );
    let error = graph.downgrade_path(&current, "-10001").unwrap_err();
    assert!(matches!(error, GraphError::TooFar { found: 10_000, .. }));
}
