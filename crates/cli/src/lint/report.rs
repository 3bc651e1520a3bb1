//! Findings for people, in JSON, as annotations.

use std::fmt;

use aludel_core::hazard::Level;
use miette::{Diagnostic, NamedSource, Report, Severity, SourceSpan};
use serde_json::{Value, json};

use super::Finding;
use crate::annotate::{Annotation, Place};

/// How many findings there are of each level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) notes: usize,
}

impl Totals {
    pub(crate) fn of(findings: &[Finding]) -> Self {
        let count = |level| findings.iter().filter(|f| f.level == level).count();
        Self {
            errors: count(Level::Error),
            warnings: count(Level::Warning),
            notes: count(Level::Note),
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |n: usize, noun: &str| match n {
            1 => format!("1 {noun}"),
            n => format!("{n} {noun}s"),
        };
        write!(
            f,
            "{}, {}, {}",
            counted(self.errors, "error"),
            counted(self.warnings, "warning"),
            counted(self.notes, "note")
        )
    }
}

/// The findings as one document.
pub(crate) fn document(findings: &[Finding], judged: usize) -> Value {
    let totals = Totals::of(findings);
    let one = |finding: &Finding| {
        json!({
            "revision": finding.revision,
            "file": finding.file,
            "line": finding.line,
            "kind": finding.kind,
            "level": finding.level.as_str(),
            "message": finding.message,
            "why": finding.why,
            "safe": finding.safe,
        })
    };
    json!({
        "findings": findings.iter().map(one).collect::<Vec<_>>(),
        "revisions": judged,
        "errors": totals.errors,
        "warnings": totals.warnings,
        "notes": totals.notes,
    })
}

/// A finding as the annotation of its line.
pub(crate) fn annotation(finding: &Finding) -> Annotation {
    let Finding {
        message, why, safe, ..
    } = finding;
    Annotation {
        level: finding.level,
        place: Some(Place::line(&finding.file, finding.line)),
        title: format!("{} ({})", finding.kind, finding.revision),
        message: format!("{message}\n{why}\ninstead: {safe}"),
    }
}

/// The findings of one file, each with its line underlined.
pub(crate) fn reports(findings: &[Finding], text: &str) -> Vec<Report> {
    let findings = findings.iter();
    findings
        .map(|finding| {
            Report::new(Shown {
                finding: finding.clone(),
                source: NamedSource::new(&finding.file, text.to_owned()),
                span: span(text, finding.line),
            })
        })
        .collect()
}

/// The words of a line.
fn span(text: &str, line: usize) -> SourceSpan {
    let mut start = 0;
    for (at, whole) in text.split_inclusive('\n').enumerate() {
        if at + 1 == line {
            let blank = whole.len() - whole.trim_start().len();
            return (start + blank, whole.trim().len()).into();
        }
        start += whole.len();
    }
    (0, 0).into()
}

#[derive(Debug)]
struct Shown {
    finding: Finding,
    source: NamedSource<String>,
    span: SourceSpan,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.finding.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let finding = &self.finding;
        Some(Box::new(format!(
            "{}: {}",
            finding.level.as_str(),
            finding.kind
        )))
    }

    fn severity(&self) -> Option<Severity> {
        Some(match self.finding.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Note => Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let Finding { why, safe, .. } = &self.finding;
        Some(Box::new(format!("{why}\ninstead: {safe}")))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        let label = miette::LabeledSpan::new_with_span(None, self.span);
        Some(Box::new(std::iter::once(label)))
    }
}
