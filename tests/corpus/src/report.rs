//! All checks of a corpus, and the table of what came out.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::{Findings, Result, SchemaFile, step, steps, whole};

/// One check that was made.
#[derive(Debug)]
pub struct Done {
    /// What was checked: a file, or one to another.
    pub name: String,
    /// On which database.
    pub kind: &'static str,
    /// What came out.
    pub outcome: Result<Findings>,
    /// How long it took.
    pub took: Duration,
}

/// A check that is still to be made.
enum Check {
    Whole(SchemaFile),
    Step(SchemaFile, SchemaFile),
}

impl Check {
    fn name(&self) -> String {
        match self {
            Self::Whole(file) => file.name.clone(),
            Self::Step(from, to) => format!("{} -> {}", from.name, to.name),
        }
    }

    fn run(self) -> Done {
        let started = Instant::now();
        let name = self.name();
        let (kind, outcome) = match &self {
            Self::Whole(file) => (file.kind, whole(file)),
            Self::Step(from, to) => (from.kind, step(from, to)),
        };
        Done {
            name,
            kind: kind.as_str(),
            outcome,
            took: started.elapsed(),
        }
    }
}

/// What is under way: the next check, what has ended before its turn to be
/// printed, and what was printed.
struct Progress<W> {
    waiting: std::iter::Enumerate<std::vec::IntoIter<Check>>,
    early: BTreeMap<usize, Done>,
    printed: Vec<Done>,
    out: W,
}

impl<W: Write> Progress<W> {
    /// Prints what has its turn.
    fn end(&mut self, number: usize, done: Done, width: usize) {
        self.early.insert(number, done);
        while let Some(next) = self.early.remove(&self.printed.len()) {
            // Where stdout is gone the exit code still tells.
            let _ = writeln!(self.out, "{}", line(&next, width));
            self.printed.push(next);
        }
    }
}

/// Makes every check of these files, several at once, and prints a line for
/// each, then what went wrong.
///
/// # Errors
/// Where nothing can be printed.
pub fn run(files: &[SchemaFile], out: &mut (impl Write + Send)) -> io::Result<Vec<Done>> {
    let all = files.iter().cloned().map(Check::Whole);
    let all = all.chain(steps(files).into_iter().map(|(a, b)| Check::Step(a, b)));
    let all: Vec<Check> = all.collect();
    let width = all.iter().map(|check| check.name().chars().count()).max();
    let width = width.unwrap_or(0);
    writeln!(
        out,
        "{:<8} | {:<width$} | {:<7} | {:>6} | {:>7} | not in the models",
        "database", "schema", "result", "models", "seconds"
    )?;
    let progress = Mutex::new(Progress {
        waiting: all.into_iter().enumerate(),
        early: BTreeMap::new(),
        printed: Vec::new(),
        out,
    });
    let held = || progress.lock().unwrap_or_else(PoisonError::into_inner);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let next = held().waiting.next();
                    let Some((number, check)) = next else { break };
                    let done = check.run();
                    held().end(number, done, width);
                }
            });
        }
    });
    let progress = progress
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let (out, done) = (progress.out, progress.printed);
    for done in &done {
        if let Err(error) = &done.outcome {
            writeln!(out, "\n{} {}:\n{error}", done.kind, done.name)?;
        }
    }
    let failed = done.iter().filter(|done| done.outcome.is_err()).count();
    writeln!(out, "\n{} checks, {failed} failed", done.len())?;
    Ok(done)
}

fn line(done: &Done, width: usize) -> String {
    let (result, models, notes) = match &done.outcome {
        Ok(findings) => ("same", findings.models.to_string(), notes(findings)),
        Err(error) => ("DIFFERS", "-".to_owned(), gist(error)),
    };
    format!(
        "{:<8} | {:<width$} | {result:<7} | {models:>6} | {:>7.1} | {notes}",
        done.kind,
        done.name,
        done.took.as_secs_f64()
    )
}

/// Which command failed and the first thing that it said, on one line.
fn gist(error: &str) -> String {
    let mut lines = error.lines();
    let first = lines.next().unwrap_or_default();
    let command = first
        .strip_prefix("`aludel ")
        .and_then(|rest| rest.split(' ').next());
    let said = lines.map(str::trim).find(|line| !line.is_empty());
    let mut report = error.lines().skip_while(|line| !line.contains('×'));
    let said = report.next().map(str::trim).or(said).unwrap_or_default();
    match command {
        Some(command) => format!("{command}: {}", said.trim_start_matches(['×', ' '])),
        None => format!("{first} {said}"),
    }
}

fn notes(findings: &Findings) -> String {
    let mut notes: Vec<String> = findings
        .left
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    if let Some(first) = findings.not_loaded.first() {
        let count = findings.not_loaded.len();
        notes.push(format!("{count} statements of the file failed: {first}"));
    }
    notes.join(", ")
}
