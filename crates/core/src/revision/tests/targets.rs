//! Every way in which a revision may be named, and what is said where it
//! cannot be meant.

use super::{GraphError, Revision, RevisionGraph, graph, ids, revision, rows};

/// `aaaa` begins; `wifi` (`w111`, `w222`) and `mesh` (`m111`, `m222`) branch
/// from it; `solo` (`s111`) has a base of its own and needs `w111`.
fn branches() -> RevisionGraph {
    let labelled = |id: &str, parents: &[&str], label: &str| {
        let mut revision = revision(id, parents);
        revision.header.labels = vec![label.to_owned()];
        revision
    };
    let mut solo = labelled("s111", &[], "solo");
    solo.header.depends_on = vec!["w111".into()];
    RevisionGraph::new(vec![
        revision("aaaa", &[]),
        labelled("w111", &["aaaa"], "wifi"),
        revision("w222", &["w111"]),
        labelled("m111", &["aaaa"], "mesh-2"),
        revision("m222", &["m111"]),
        solo,
    ])
    .unwrap()
}

fn named(graph: &RevisionGraph, target: &str, current: &[&str]) -> Vec<String> {
    let found = graph.resolve(target, &rows(current)).unwrap();
    found.iter().map(|r| r.id().to_owned()).collect()
}

#[test]
fn every_spelling_means_one_thing() {
    let graph = branches();
    let current = ["m111", "w222"];
    for (target, meant) in [
        ("w222", vec!["w222"]),
        ("wifi", vec!["w111"]),
        ("mesh-2", vec!["m111"]),
        ("wifi@head", vec!["w222"]),
        ("mesh-2@head", vec!["m222"]),
        ("wifi@heads", vec!["w222"]),
        ("aaaa@heads", vec!["m222", "w222"]),
        ("wifi@base", vec![]),
        ("base", vec![]),
        ("wifi@w222", vec!["w222"]),
        ("w222@w111", vec!["w111"]),
        ("wifi@head-1", vec!["w111"]),
        ("wifi@base+1", vec!["aaaa"]),
        ("wifi@base+2", vec!["w111"]),
        ("aaaa", vec!["aaaa"]),
        ("w222-1", vec!["w111"]),
        ("w222-3", vec![]),
        ("w111+1", vec!["w222"]),
        ("mesh-2+1", vec!["m222"]),
        ("mesh-2-1", vec!["aaaa"]),
        ("mesh-2@+1", vec!["m222"]),
        ("mesh-2@-1", vec!["aaaa"]),
        ("wifi@current", vec!["w222"]),
        ("current", vec!["m111", "w222"]),
        ("heads", vec!["m222", "s111", "w222"]),
        ("solo@head", vec!["s111"]),
        ("solo@+1", vec!["s111"]),
    ] {
        let mut found = named(&graph, target, &current);
        found.sort();
        assert_eq!(found, meant, "{target}");
    }
    assert!(graph.needs_database("+1") && graph.needs_database("wifi@-2"));
    assert!(graph.needs_database("current") && !graph.needs_database("mesh-2"));
    assert_eq!(graph.resolve_one("wifi@head", &[]).unwrap().id(), "w222");
    assert!(graph.resolve_one("base", &[]).is_err());
    assert!(graph.resolve_one("heads", &[]).is_err());
}

#[test]
fn a_branch_goes_up_and_down_alone() {
    let graph = branches();
    let current = rows(&["m111", "w222"]);
    assert_eq!(ids(graph.upgrade_path(&current, "mesh-2@+1")), ["m222"]);
    assert_eq!(ids(graph.upgrade_path(&[], "wifi@+2")), ["aaaa", "w111"]);
    // A dependency runs before what needs it.
    let up = ids(graph.upgrade_path(&rows(&["m222"]), "solo@head"));
    assert_eq!(up, ["w111", "s111"]);
    // Only that branch, though another one stands on the same revision.
    assert_eq!(ids(graph.downgrade_path(&current, "wifi@-1")), ["w222"]);
    assert_eq!(ids(graph.downgrade_path(&current, "mesh-2@-1")), ["m111"]);
    assert_eq!(
        ids(graph.downgrade_path(&current, "wifi@aaaa")),
        ["w222", "w111"]
    );
    let both = ids(graph.downgrade_path(&current, "aaaa"));
    assert_eq!(both, ["w222", "w111", "m111"]);
    // What needs the revision goes with it, and nothing else.
    let with = rows(&["m111", "s111", "w222"]);
    assert_eq!(ids(graph.downgrade_path(&with, "wifi@-1")), ["w222"]);
    let down = ids(graph.downgrade_path(&with, "wifi@aaaa"));
    assert_eq!(down, ["w222", "s111", "w111"]);
    assert_eq!(ids(graph.downgrade_path(&with, "solo@base")), ["s111"]);
    assert_eq!(ids(graph.downgrade_path(&with, "solo@-1")), ["s111"]);
    // A row that another one tells: `w111` by `s111`.
    let told = rows(&["s111"]);
    assert_eq!(ids(graph.upgrade_path(&told, "wifi@+1")), ["w222"]);
    assert_eq!(
        ids(graph.downgrade_path(&told, "wifi@-1")),
        ["s111", "w111"]
    );
}

#[test]
fn a_branch_that_has_not_begun_is_not_taken_back() {
    let graph = branches();
    let error = graph
        .downgrade_path(&rows(&["m111"]), "wifi@-1")
        .unwrap_err();
    assert!(matches!(error, GraphError::NotBelow { .. }), "{error}");
    let error = graph.downgrade_path(&rows(&["m111"]), "w222").unwrap_err();
    assert!(matches!(error, GraphError::NotBelow { .. }), "{error}");
}

#[test]
fn rows_are_the_smallest_set() {
    let graph = branches();
    let get = |id: &str| graph.get(id).unwrap();
    assert_eq!(
        graph.rows_after_upgrade(&rows(&["m222", "w111"]), get("s111")),
        ["m222", "s111"]
    );
    assert_eq!(
        graph.rows_after_downgrade(&rows(&["m222", "s111"]), get("s111")),
        ["m222", "w111"]
    );
    assert_eq!(
        graph.rows_after_downgrade(&rows(&["s111", "w222"]), get("w222")),
        ["s111"]
    );
    let stamp = |current: &[&str], targets: &[&str]| {
        graph.rows_after_stamp(&rows(current), targets).unwrap()
    };
    assert_eq!(stamp(&[], &["heads"]), ["m222", "s111", "w222"]);
    assert_eq!(stamp(&[], &["w111", "s111"]), ["s111"]);
    assert_eq!(stamp(&["w222"], &["m111"]), ["m111", "w222"]);
    assert_eq!(stamp(&["w222"], &["m111", "w111"]), ["m111", "w111"]);
    assert_eq!(stamp(&["m111", "w222"], &["wifi@base"]), [""; 0]);
    assert_eq!(stamp(&["s111", "w222"], &["solo@base"]), ["w222"]);
    assert_eq!(stamp(&["s111"], &["solo@base"]), ["w111"]);
    assert_eq!(stamp(&["m222"], &["-1"]), ["m111"]);
    let error = graph.rows_after_stamp(&[], &["w222", "aaaa"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Requested revision `w222` overlaps with the other requested revision `aaaa`"
    );
    assert_eq!(graph.effective_heads(), ["m222", "s111", "w222"]);
    assert!(graph.holds(&rows(&["s111"]), "w111"));
    assert!(!graph.holds(&rows(&["s111"]), "w222"));
}

#[test]
fn refusals_say_all_that_is_known() {
    let graph = branches();
    let hint = |error: &GraphError| error.hint().unwrap_or_default();
    let up =
        |target: &str, current: &[&str]| graph.upgrade_path(&rows(current), target).unwrap_err();
    let error = up("head", &[]);
    assert_eq!(
        error.to_string(),
        "Multiple heads are present for given argument `head`: `m222` (`m222.rs`), `s111` \
         (`s111.rs`), `w222` (`w222.rs`)"
    );
    assert!(hint(&error).contains("no ancestor in common"));
    assert!(hint(&error).contains("`merge -m \"...\" m222 s111 w222`"));
    let error = up("aaaa@head", &[]);
    assert!(
        hint(&error).contains("they branch from `aaaa`"),
        "{}",
        hint(&error)
    );
    let error = up("nope@head", &[]);
    assert_eq!(error.to_string(), "No such branch: `nope`");
    assert!(hint(&error).contains("`mesh-2`, `solo`, `wifi`"));
    let error = up("wifi@m222", &[]);
    assert_eq!(
        error.to_string(),
        "Revision `m222` is not a member of branch `wifi`"
    );
    let error = up("+1", &["m111", "w111"]);
    assert!(hint(&error).contains("`m111@+1` or `w111@+1`"), "{error}");
    let error = up("+1", &["aaaa"]);
    assert!(hint(&error).contains("`m111` or `w111`"), "{error}");
    let error = up("wifi@+5", &["w111"]);
    assert_eq!(
        error.to_string(),
        "Relative revision `wifi@+5` didn't produce 5 migrations, only 1 is there"
    );
    assert!(matches!(up("aaaa:w222", &[]), GraphError::Range { .. }));
    let error = up("w2", &[]);
    assert!(
        hint(&error).contains("`w222` begins like this"),
        "{}",
        hint(&error)
    );
    let error = graph
        .downgrade_path(&rows(&["m222", "w222"]), "-1")
        .unwrap_err();
    assert!(hint(&error).contains("`m222@-1` or `w222@-1`"), "{error}");
}

#[test]
fn a_merge_is_not_walked_through() {
    let graph = graph(&[
        ("aaaa", &[]),
        ("bbbb", &["aaaa"]),
        ("cccc", &["aaaa"]),
        ("dddd", &["bbbb", "cccc"]),
    ]);
    let current = rows(&["dddd"]);
    let error = graph.downgrade_path(&current, "-1").unwrap_err();
    assert!(
        error.to_string().starts_with("Ambiguous walk: `-1`"),
        "{error}"
    );
    assert!(
        error
            .hint()
            .unwrap()
            .contains("`dddd` merges `bbbb`, `cccc`"),
        "{error}"
    );
    // What the hint says does what it says.
    for parent in ["bbbb", "cccc"] {
        let path = graph.downgrade_path(&current, parent).unwrap();
        assert_eq!(path.iter().map(|r| r.id()).collect::<Vec<_>>(), ["dddd"]);
    }
    assert_eq!(ids(graph.downgrade_path(&current, "bbbb@-1")), ["dddd"]);
    assert_eq!(
        graph.rows_after_downgrade(&current, graph.get("dddd").unwrap()),
        ["bbbb", "cccc"]
    );
}

#[test]
fn ranges_count_from_their_other_end() {
    let graph = branches();
    let range = |from: &str, to: &str| -> Vec<&str> {
        let found = graph.range(from, to, &rows(&["w111"])).unwrap();
        found.into_iter().map(Revision::id).collect()
    };
    assert_eq!(range("", "w222"), ["aaaa", "w111", "w222"]);
    assert_eq!(range("w111", "wifi@head"), ["w111", "w222"]);
    assert_eq!(range("-1", "w222"), ["w111", "w222"]);
    assert_eq!(range("aaaa", "w111"), ["aaaa", "w111"]);
    assert_eq!(range("w111", "+1"), ["w111", "w222"]);
    assert_eq!(range("base", "current"), ["aaaa", "w111"]);
    let error = graph.range("w222", "aaaa", &[]).unwrap_err();
    assert!(error.hint().unwrap().contains("`aaaa:w222`"), "{error}");
    let error = graph.range("m111", "w222", &[]).unwrap_err();
    assert!(matches!(
        error,
        GraphError::NoPath {
            reversed: false,
            ..
        }
    ));
}

#[test]
fn labels_reach_up_and_must_be_their_own() {
    let graph = branches();
    let labels = graph.branch_labels();
    let of = |id: &str| {
        let at = graph.revisions().iter().position(|r| r.id() == id).unwrap();
        labels[at].iter().copied().collect::<Vec<_>>()
    };
    assert_eq!(of("w222"), ["wifi"]);
    assert_eq!(of("aaaa"), [""; 0]);
    let mut twice = vec![revision("aaaa", &[]), revision("bbbb", &["aaaa"])];
    twice[0].header.labels = vec!["x".into()];
    twice[1].header.labels = vec!["x".into()];
    let error = RevisionGraph::new(twice.clone()).unwrap_err().to_string();
    assert!(
        error.contains("`aaaa.rs`") && error.contains("`bbbb.rs`"),
        "{error}"
    );
    twice[1].header.labels = vec!["aaaa".into()];
    let error = RevisionGraph::new(twice).unwrap_err().to_string();
    assert!(error.contains("is the id of the revision"), "{error}");
    let mut own = revision("aaaa", &[]);
    own.header.depends_on = vec!["aaaa".into()];
    let error = RevisionGraph::new(vec![own]).unwrap_err().to_string();
    assert!(error.contains("depends on itself"), "{error}");
}
