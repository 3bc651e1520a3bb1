//! The history as a flow chart in Mermaid's words.

use std::collections::{BTreeMap, BTreeSet};

use aludel_core::revision::Revision;

use crate::describe::{Describe, first_line};
use crate::versions::Versions;

/// The chart of some revisions, in topological order.
pub(super) fn chart(
    versions: &Versions,
    shown: &[&Revision],
    heads: &BTreeSet<&str>,
    describe: &Describe<'_>,
) -> String {
    // Ids may hold what Mermaid takes for something else.
    let names = shown.iter().enumerate();
    let names: BTreeMap<&str, String> = names.map(|(n, r)| (r.id(), format!("r{n}"))).collect();
    let mut lines = vec!["flowchart TD".to_owned()];
    for revision in shown {
        let id = revision.id();
        let mut text = vec![escaped(id)];
        text.extend(Some(escaped(first_line(revision))).filter(|m| !m.is_empty()));
        let labels = &revision.header.labels;
        text.extend((!labels.is_empty()).then(|| escaped(&format!("({})", labels.join(", ")))));
        let class = match (describe.is_current(id), heads.contains(id)) {
            (true, _) => ":::current",
            (false, true) => ":::head",
            (false, false) => "",
        };
        lines.push(format!(
            "    {}[\"{}\"]{class}",
            names[id],
            text.join("<br/>")
        ));
    }
    for revision in shown {
        let own = &names[revision.id()];
        let parents = &revision.header.parents;
        for needed in versions.graph.requirements(revision.id()) {
            let Some(other) = names.get(needed) else {
                continue;
            };
            let arrow = match parents.iter().any(|parent| parent == needed) {
                true => "-->",
                false => "-.->|needed by|",
            };
            lines.push(format!("    {other} {arrow} {own}"));
        }
    }
    lines.push("    classDef head stroke-width:3px".to_owned());
    lines.push("    classDef current fill:#cfc,stroke:#060,color:#000".to_owned());
    lines.join("\n") + "\n"
}

/// A text that Mermaid shows as it is.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '`' => out.push_str("#96;"),
            c => out.push(c),
        }
    }
    out
}
