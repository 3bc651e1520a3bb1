//! The one place that writes to the terminal.
//!
//! Reports go to stdout, messages to stderr. Colour only on a terminal and
//! never where `NO_COLOR` is set. This module must not know any command.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use miette::{GraphicalReportHandler, GraphicalTheme, Report};
use textwrap::{WordSeparator, WordSplitter};

/// Where commands say what they have to say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ui {
    /// How often `-v` was given.
    pub(crate) verbose: u8,
    /// Whether `-q` was given.
    pub(crate) quiet: bool,
    /// Whether nothing goes to stdout: a program has called, and nobody typed.
    pub(crate) silent: bool,
}

/// How a command reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document on stdout, nothing else there.
    Json,
}

/// What a word in a report is, which says its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// A revision.
    Revision,
    /// Where the database is, what is as it should be.
    Good,
    /// What wants to be looked at.
    Notable,
    /// What is wrong.
    Bad,
    /// What is there no more.
    Gone,
    /// What is less important.
    Faint,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Self::Revision => "33",
            Self::Good => "32",
            Self::Notable => "36;1",
            Self::Bad => "31;1",
            Self::Gone => "31",
            Self::Faint => "2",
        }
    }
}

impl Ui {
    /// A word of a report, in its colour where stdout is a terminal.
    pub(crate) fn paint(self, text: &str, paint: Paint) -> String {
        if std::io::stdout().is_terminal() && !no_color() {
            format!("\x1b[{}m{text}\x1b[0m", paint.code())
        } else {
            text.to_owned()
        }
    }

    /// Something that was asked for, on stdout. A reader that went away
    /// (`| head`) is no error.
    pub(crate) fn report(self, text: impl Display) {
        if self.silent {
            return;
        }
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }

    /// The same without a final line break.
    pub(crate) fn report_raw(self, text: &str) {
        if self.silent {
            return;
        }
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// A unified diff on stdout, what comes and what goes in its colour.
    pub(crate) fn unified(self, text: &str) {
        for line in text.lines() {
            let paint = match line.as_bytes() {
                [b'-', b'-', b'-', b' ', ..] | [b'+', b'+', b'+', b' ', ..] => Some(Paint::Faint),
                [b'@', b'@', ..] => Some(Paint::Notable),
                [b'-', ..] => Some(Paint::Gone),
                [b'+', ..] => Some(Paint::Good),
                _ => None,
            };
            match paint {
                Some(paint) => self.report(self.paint(line, paint)),
                None => self.report(line),
            }
        }
    }

    /// A JSON document on stdout.
    pub(crate) fn document(self, document: &serde_json::Value) {
        self.report(format!("{document:#}"));
    }

    /// What is being done, on stderr.
    pub(crate) fn note(self, text: impl Display) {
        if !self.quiet {
            say(text);
        }
    }

    /// Something to know of, on stderr, also with `-q`.
    pub(crate) fn warn(self, text: impl Display) {
        say(format_args!("{} {text}", paint("warning:", "33;1")));
    }

    /// What was asked to be found, on stdout.
    pub(crate) fn findings(self, reports: &[Report]) {
        let coloured = std::io::stdout().is_terminal() && !no_color();
        for report in reports {
            self.report(format_args!("{}\n", rendered(report, coloured)));
        }
    }

    /// A failure: one report a mistake, on stderr.
    pub(crate) fn failure(self, reports: &[Report]) {
        for report in reports {
            say(rendered(report, colour()));
        }
        if reports.len() > 1 {
            say(format_args!("{} mistakes", reports.len()));
        }
    }

    /// A spinner for something that can take over a second; nothing where
    /// stderr is no terminal. It goes away when it is dropped.
    pub(crate) fn progress(self, what: &str) -> Progress {
        if self.quiet || !on_terminal() {
            return Progress(None);
        }
        let bar = indicatif::ProgressBar::new_spinner();
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Progress(Some(bar))
    }

    /// How far work on so many things has come; nothing where stderr is no
    /// terminal.
    pub(crate) fn bar(self, count: usize, what: &str) -> Bar {
        if self.quiet || !on_terminal() {
            return Bar {
                bar: None,
                ui: self,
            };
        }
        let bar = indicatif::ProgressBar::new(u64::try_from(count).unwrap_or(u64::MAX));
        let style = indicatif::ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
        bar.set_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()));
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Bar {
            bar: Some(bar),
            ui: self,
        }
    }
}

/// How far work on many things has come. Everything that is said meanwhile goes
/// through it, so that it stays below.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    bar: Option<indicatif::ProgressBar>,
    ui: Ui,
}

impl Bar {
    /// One thing is done.
    pub(crate) fn step(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// As [`Ui::note`].
    pub(crate) fn note(&self, text: impl Display) {
        self.above(|| self.ui.note(text));
    }

    /// As [`Ui::warn`].
    pub(crate) fn warn(&self, text: impl Display) {
        self.above(|| self.ui.warn(text));
    }

    /// A thing that failed, with what can be done about it.
    pub(crate) fn failed(&self, name: &str, failure: &crate::error::Failure) {
        self.above(|| {
            let error = paint("error:", "31;1");
            say(format_args!("{error} {name}: {}", failure.summary()));
            for line in failure.hints().iter().flat_map(|hint| hint.lines()) {
                say(format_args!("  {line}"));
            }
        });
    }

    /// Takes it off the terminal.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn above(&self, say: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }
}

/// A report with its place underlined. Its lines are broken at blanks alone: a
/// flag stays what can be copied.
fn rendered(report: &Report, coloured: bool) -> String {
    let theme = if coloured {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_word_separator(WordSeparator::AsciiSpace)
        .with_word_splitter(WordSplitter::NoHyphenation)
        .with_width(80);
    let mut text = String::new();
    if handler.render_report(&mut text, report.as_ref()).is_err() {
        text = report.to_string();
    }
    text.truncate(text.trim_end().len());
    text
}

/// A spinner that goes away when it is dropped.
#[derive(Debug)]
pub(crate) struct Progress(Option<indicatif::ProgressBar>);

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// One line on stderr; where even that fails there is nobody to tell.
fn say(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Whether messages go to a terminal.
fn on_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Whether messages may be coloured.
fn colour() -> bool {
    on_terminal() && !no_color()
}

/// Whether nobody wants colours.
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
}

/// A text in a colour, where colours are on.
fn paint(text: &str, code: &str) -> String {
    if colour() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}
