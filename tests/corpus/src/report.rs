//! All checks of a corpus, and the table of what came out.

use std::collections::VecDeque;
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
    fn run(self) -> Done {
        let started = Instant::now();
        let (name, kind, outcome) = match self {
            Self::Whole(file) => (file.name.clone(), file.kind, whole(&file)),
            Self::Step(from, to) => {
                let name = format!("{} -> {}", from.name, to.name);
                (name, from.kind, step(&from, &to))
            }
        };
        Done {
            name,
            kind: kind.as_str(),
            outcome,
            took: started.elapsed(),
        }
    }
}

/// Makes every check of these files, several at once, and prints a line for
/// each as it ends, then what went wrong.
///
/// # Errors
/// Where nothing can be printed.
pub fn run(files: &[SchemaFile], out: &mut (impl Write + Send)) -> io::Result<Vec<Done>> {
    let all = files.iter().cloned().map(Check::Whole);
    let all = all.chain(steps(files).into_iter().map(|(a, b)| Check::Step(a, b)));
    let waiting: Mutex<VecDeque<Check>> = Mutex::new(all.collect());
    let width = files.iter().map(|file| file.name.chars().count()).max();
    let width = 2 * width.unwrap_or(0) + 4;
    writeln!(
        out,
        "{:<8} | {:<width$} | {:<7} | {:>6} | {:>7} | not in the models",
        "database", "schema", "result", "models", "seconds"
    )?;
    let printed = Mutex::new((out, Vec::new()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let next = waiting
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .pop_front();
                    let Some(check) = next else { break };
                    let done = check.run();
                    let mut printed = printed.lock().unwrap_or_else(PoisonError::into_inner);
                    // Where stdout is gone the exit code still tells.
                    let _ = writeln!(printed.0, "{}", line(&done, width));
                    printed.1.push(done);
                }
            });
        }
    });
    let (out, done) = printed.into_inner().unwrap_or_else(PoisonError::into_inner);
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
        Err(error) => {
            let first = error.lines().next().unwrap_or_default();
            ("DIFFERS", "-".to_owned(), first.to_owned())
        }
    };
    format!(
        "{:<8} | {:<width$} | {result:<7} | {models:>6} | {:>7.1} | {notes}",
        done.kind,
        done.name,
        done.took.as_secs_f64()
    )
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
