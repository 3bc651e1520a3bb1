//! Mistakes as reports with the source line underlined.
//!
//! Owns the step from plain data to miette; prints nothing.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use aludel_core::model::{ModelError, Origin};
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::scan::{Also, Mistake, SourceFile};

/// A mistake that miette can draw.
#[derive(Debug)]
pub struct Report {
    message: String,
    hint: Option<String>,
    source: Option<NamedSource<Arc<str>>>,
    labels: Vec<LabeledSpan>,
    severity: miette::Severity,
    also: Vec<Report>,
}

impl Report {
    fn new(message: String, hint: Option<String>, file: Option<&SourceFile>, at: &Origin) -> Self {
        Self {
            message,
            hint,
            source: file
                .map(|f| NamedSource::new(&f.path, Arc::clone(&f.text)).with_language("Rust")),
            labels: vec![LabeledSpan::underline(within(file, at))],
            severity: miette::Severity::Error,
            also: Vec::new(),
        }
    }

    /// Adds a second place: beside the first one where they share a file.
    fn add(&mut self, mistake: &Mistake, also: &Also) {
        if also.origin.file == mistake.origin.file {
            let place = within(Some(&also.file), &also.origin);
            let label = LabeledSpan::new_with_span(Some(also.message.clone()), place);
            self.labels.push(label);
            return;
        }
        let mut report = Self::new(also.message.clone(), None, Some(&also.file), &also.origin);
        report.severity = miette::Severity::Advice;
        self.also.push(report);
    }
}

/// The bytes of a place, none of them outside of the file.
fn within(file: Option<&SourceFile>, at: &Origin) -> Range<usize> {
    let length = file.map_or(0, |f| f.text.len());
    let start = at.span.start.min(length);
    start..at.span.end.clamp(start, length)
}

impl From<&Mistake> for Report {
    fn from(mistake: &Mistake) -> Self {
        let mut report = Self::new(
            mistake.message.clone(),
            mistake.hint.clone(),
            Some(&mistake.file),
            &mistake.origin,
        );
        for also in &mistake.also {
            report.add(mistake, also);
        }
        report
    }
}

/// The report of a mistake that a dialect found in the models of `files`.
pub fn model_error(error: &ModelError, files: &[Arc<SourceFile>]) -> Report {
    Report::new(
        error.message.clone(),
        error.hint.clone(),
        files.get(error.origin.file).map(|file| &**file),
        &error.origin,
    )
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl Diagnostic for Report {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.hint
            .as_ref()
            .map(|hint| Box::new(hint) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|s| s as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref()?;
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.also.is_empty() {
            return None;
        }
        Some(Box::new(self.also.iter().map(|r| r as &dyn Diagnostic)))
    }
}
