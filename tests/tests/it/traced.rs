//! What a subscriber of an application sees of a run.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aludel::{Migrations, Migrator};
use libtest_mimic::{Failed, Trial};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::halfway::sql;
use crate::project::{Project, block_on};
use crate::startup::same;
use crate::{Outcome, trial};
use aludel_tests::place::On;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = On::ALL
        .into_iter()
        .map(|on| {
            trial(
                format!("traced::{}::spans_and_lines", on.name()),
                move || spans_and_lines(on),
            )
        })
        .collect();
    trials.push(trial("traced::lines_of_the_command", lines_of_the_command));
    trials
}

/// Values by their names.
type Fields = BTreeMap<String, String>;

/// A span: its name, that around it, and what it was given.
#[derive(Debug, Clone, Default)]
struct Span {
    name: &'static str,
    parent: Option<u64>,
    fields: Fields,
}

#[derive(Debug, Default)]
struct Seen {
    spans: Vec<Span>,
    entered: Vec<u64>,
    /// Level, message with its values.
    lines: Vec<(Level, String)>,
}

/// Keeps everything.
#[derive(Debug, Clone, Default)]
struct Keeper(Arc<Mutex<Seen>>);

impl Keeper {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Reader<'f>(&'f mut Fields);

impl Visit for Reader<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl Subscriber for Keeper {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("aludel")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut seen = self.seen();
        let mut span = Span {
            name: attributes.metadata().name(),
            parent: seen.entered.last().copied(),
            fields: Fields::new(),
        };
        attributes.record(&mut Reader(&mut span.fields));
        seen.spans.push(span);
        Id::from_u64(u64::try_from(seen.spans.len()).unwrap_or(u64::MAX))
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let at = usize::try_from(id.into_u64()).unwrap_or_default();
        if let Some(span) = self.seen().spans.get_mut(at - 1) {
            values.record(&mut Reader(&mut span.fields));
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Reader(&mut fields));
        let mut line = fields.remove("message").unwrap_or_default();
        for (name, value) in fields {
            let _ = write!(line, " {name}={value}");
        }
        self.seen().lines.push((*event.metadata().level(), line));
    }

    fn enter(&self, id: &Id) {
        self.seen().entered.push(id.into_u64());
    }

    fn exit(&self, _: &Id) {
        self.seen().entered.pop();
    }
}

const FILES: [(&str, &str, &str); 3] = [
    ("aaaa0001", "", "CREATE TABLE t (a BIGINT);"),
    (
        "aaaa0002",
        "aaaa0001",
        "CREATE TABLE u (a BIGINT);\nINSERT INTO u VALUES (1);",
    ),
    ("aaaa0003", "aaaa0002", "INSERT INTO nowhere VALUES (1);"),
];

fn files(on: On) -> Vec<(String, String)> {
    let file = |(id, parent, up)| sql(on.name(), id, parent, up, "SELECT 1;");
    FILES.map(file).to_vec()
}

/// Runs all three, of which the last fails; what was seen, and the spans of the
/// second.
fn spans_and_lines(on: On) -> Outcome {
    let project = Project::on(on, "")?;
    let url = match project.server() {
        None => format!("sqlite:{}", project.path("app.db").display()),
        // Whoever asks for no password takes any.
        Some(server) => server
            .url()
            .replacen("@localhost", ":hush-hush@localhost", 1),
    };
    let url = match on {
        On::MySql => project.server().ok_or("no server")?.url().to_owned(),
        _ => url,
    };
    let migrator = Migrator::new(Migrations::from_files(files(on)));
    let keeper = Keeper::default();
    let ran = tracing::subscriber::with_default(keeper.clone(), || {
        block_on(async { Ok(migrator.upgrade(&url, "head").await) })
    })?;
    if ran.is_ok() {
        return Err("the last one cannot run".into());
    }
    let seen = keeper.seen();
    let line = |level: Level, start: &str| {
        let found = |(its, line): &&(Level, String)| *its == level && line.starts_with(start);
        match seen.lines.iter().filter(found).count() {
            1 => Ok(()),
            n => Err(Failed::from(format!(
                "{n} times `{start}` in {:#?}",
                seen.lines
            ))),
        }
    };
    line(
        Level::INFO,
        "running upgrade aaaa0001 -> aaaa0002, aaaa0002",
    )?;
    line(
        Level::INFO,
        "finished upgrade aaaa0001 -> aaaa0002, aaaa0002 duration_ms=",
    )?;
    line(
        Level::ERROR,
        "stopped upgrade aaaa0002 -> aaaa0003, aaaa0003 error=",
    )?;
    let is_second = |span: &Span| span.fields.get("revision").is_some_and(|r| r == "aaaa0002");
    let second = seen.spans.iter().position(is_second).ok_or("no span")?;
    let span = &seen.spans[second];
    same(span.name, "migration")?;
    same(
        span.fields.keys().map(String::as_str).collect::<Vec<_>>(),
        vec!["direction", "duration_ms", "revision"],
    )?;
    same(span.fields["direction"].as_str(), "upgrade")?;
    let id = u64::try_from(second + 1)?;
    let steps: Vec<&Span> = seen
        .spans
        .iter()
        .filter(|span| span.name == "statement" && span.parent == Some(id))
        .collect();
    same(steps.len(), 2)?;
    for (at, step) in steps.into_iter().enumerate() {
        same(step.fields["step"].clone(), (at + 1).to_string())?;
        same(
            step.fields["why"].clone(),
            format!("run statement {} of 2", at + 1),
        )?;
        step.fields["duration_ms"].parse::<u64>()?;
    }
    let all = format!("{:?}", *seen);
    if all.contains("hush-hush") {
        return Err("the password is in it".into());
    }
    Ok(())
}

/// What an operator greps for in the log of the command.
fn lines_of_the_command() -> Outcome {
    let project = Project::new("")?;
    for (name, text) in files(On::Sqlite) {
        project.write(&format!("versions/{name}"), &text)?;
    }
    let output = project
        .command(&["--quiet", "upgrade"])?
        .env("RUST_LOG", "aludel=info")
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for part in [
        "migration{revision=\"aaaa0002\" direction=\"upgrade\"",
        "running upgrade aaaa0001 -> aaaa0002, aaaa0002",
        "finished upgrade aaaa0001 -> aaaa0002, aaaa0002",
        "stopped upgrade aaaa0002 -> aaaa0003, aaaa0003",
    ] {
        if !said.contains(part) {
            return Err(format!("no `{part}` in\n{said}").into());
        }
    }
    Ok(())
}
