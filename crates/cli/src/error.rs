//! What a command ends with when it cannot do its work.
//!
//! Every failure is one or more miette reports: what happened, where, and what
//! to do. This module must not know any command.

use std::fmt;

use miette::{Diagnostic, NamedSource, Report, SourceSpan};

/// A command that could not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What happened, one report a mistake.
    pub(crate) reports: Vec<Report>,
    /// What to print on stdout when JSON was asked for.
    pub(crate) document: Option<serde_json::Value>,
    /// What the process ends with.
    pub(crate) code: u8,
}

/// A result whose error is [`Failure`].
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// A failure with a message (a lower-case fragment, or one of the familiar
    /// sentences) and what to do about it.
    pub(crate) fn with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::from(Plain {
            message: message.into(),
            hint: Some(hint.into()),
            causes: None,
        })
    }

    /// A failure of reading or writing something, with the cause below it.
    pub(crate) fn because(
        message: impl Into<String>,
        cause: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::from(Plain {
            message: message.into(),
            hint: None,
            causes: Some(Box::new(cause)),
        })
    }

    /// The same with what to do about it.
    pub(crate) fn because_with_hint(
        message: impl Into<String>,
        hint: impl Into<String>,
        cause: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::from(Plain {
            message: message.into(),
            hint: Some(hint.into()),
            causes: Some(Box::new(cause)),
        })
    }

    /// A failure at a place in a text file.
    pub(crate) fn at(
        message: impl Into<String>,
        hint: Option<String>,
        source: NamedSource<String>,
        span: Option<std::ops::Range<usize>>,
    ) -> Self {
        Self::from(Placed {
            message: message.into(),
            hint,
            source,
            span: span.map(SourceSpan::from),
        })
    }

    /// A failure made of several reports.
    pub(crate) fn many(reports: Vec<Report>) -> Self {
        Self {
            reports,
            document: None,
            code: 2,
        }
    }

    /// It in one line.
    pub(crate) fn summary(&self) -> String {
        let said: Vec<String> = self.reports.iter().map(Report::to_string).collect();
        said.join("; ")
    }

    /// What to do about it, one text a report that knows it.
    pub(crate) fn hints(&self) -> Vec<String> {
        let hints = self.reports.iter().filter_map(|report| report.help());
        hints.map(|hint| hint.to_string()).collect()
    }

    /// The same failure with a JSON document for stdout.
    #[must_use]
    pub(crate) fn with_document(mut self, document: serde_json::Value) -> Self {
        self.document = Some(document);
        self
    }

    /// The same failure, which the process ends with in another way.
    #[must_use]
    pub(crate) fn ending(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// The same failure for people alone.
    #[must_use]
    pub(crate) fn without_document(mut self) -> Self {
        self.document = None;
        self
    }
}

impl From<Plain> for Failure {
    fn from(plain: Plain) -> Self {
        Self::many(vec![Report::new(plain)])
    }
}

impl From<Placed> for Failure {
    fn from(placed: Placed) -> Self {
        Self::many(vec![Report::new(placed)])
    }
}

impl From<aludel_core::Error> for Failure {
    fn from(error: aludel_core::Error) -> Self {
        Self::from(Plain {
            message: error.message,
            hint: error.hint,
            causes: None,
        })
    }
}

/// A message without a place.
#[derive(Debug)]
struct Plain {
    message: String,
    hint: Option<String>,
    causes: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Plain {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.causes {
            Some(cause) => Some(&**cause),
            None => None,
        }
    }
}

impl Diagnostic for Plain {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let hint = self.hint.as_ref()?;
        Some(Box::new(hint))
    }
}

/// A message about a place in a text file.
#[derive(Debug)]
struct Placed {
    message: String,
    hint: Option<String>,
    source: NamedSource<String>,
    span: Option<SourceSpan>,
}

impl fmt::Display for Placed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Placed {}

impl Diagnostic for Placed {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let hint = self.hint.as_ref()?;
        Some(Box::new(hint))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        let span = self.span?;
        Some(Box::new(std::iter::once(
            miette::LabeledSpan::new_with_span(None, span),
        )))
    }
}
