//! What becomes of a migration that is made: written or printed, and told of.

use aludel_core::revision::Header;
use serde_json::json;

use super::Options;
use crate::app::Outcome;
use crate::compare::{self, Difference};
use crate::config::Config;
use crate::error::Result;
use crate::file::{NewFile, after};
use crate::online::{self, Step};
use crate::rows;
use crate::session::Session;
use crate::ui::Format;

/// Says which rows object, beside a text that must not change with them.
fn note_rows(difference: &Difference, session: &Session<'_>) {
    let counts = difference.entries.iter().flat_map(|entry| &entry.rows);
    for line in counts.flat_map(rows::sentences) {
        session.ui.note(line);
    }
}

/// The changes in words, each with its hazards.
fn report_words(difference: &Difference, session: &Session<'_>) {
    let entries = difference.entries.iter();
    for line in entries.flat_map(compare::Entry::lines) {
        session.ui.report(line);
    }
}

/// What is on both sides and differs, line by line. What comes or goes as a whole
/// was said in words; with `-v` it is shown as well, and so are the statements
/// that are run.
fn report_statements(difference: &Difference, session: &Session<'_>) {
    let ui = session.ui;
    for changed in difference.changed() {
        if changed.stays() || ui.verbose > 0 {
            ui.report("");
            ui.unified(&changed.unified());
        }
    }
    if ui.verbose > 0 {
        ui.report("");
        ui.report_raw(&difference.script());
    }
}

/// The statements alone.
pub(super) fn print_sql(
    difference: &Difference,
    options: &Options,
    session: &Session<'_>,
) -> Outcome {
    match options.format {
        Format::Text => {
            session.ui.report_raw(&difference.script());
            note_rows(difference, session);
        }
        Format::Json => session.ui.document(&json!({
            "in_sync": difference.is_empty(),
            "operations": difference.document(),
            "revision": null,
            "path": null,
        })),
    }
    Outcome::Done
}

impl Options {
    /// Writes the file, or prints it, and says what is in it.
    pub(crate) fn deliver(
        &self,
        config: &Config,
        header: &Header,
        new: &NewFile,
        difference: Option<&Difference>,
        session: &Session<'_>,
    ) -> Result<Outcome> {
        let path = config.shown(&new.path);
        let mut followed = Ok(());
        if !self.dry_run {
            new.write(config)?;
            followed = after::written(session, config, &new.path, header);
        }
        if self.format == Format::Json {
            session.ui.document(&json!({
                "in_sync": difference.is_none_or(Difference::is_empty),
                "operations": difference.map_or_else(|| json!([]), Difference::document),
                "revision": header.id,
                "path": path,
            }));
            return followed.map(|()| Outcome::Done);
        }
        if self.dry_run {
            session.ui.report_raw(&new.text);
            if let Some(difference) = difference {
                note_rows(difference, session);
            }
            return Ok(Outcome::Done);
        }
        session
            .ui
            .report(format_args!("Generating {path} ... done"));
        if let Some(difference) = difference {
            report_words(difference, session);
            report_statements(difference, session);
        }
        // A head that is named is one of several, or begins to be.
        let next = match self.placing.head {
            None => session.typed("upgrade head"),
            Some(_) => session.typed("upgrade heads"),
        };
        session.ui.note(match difference {
            Some(_) => format!("Read the file, then type `{next}`"),
            None => format!("Fill in the file, then type `{next}`"),
        });
        followed.map(|()| Outcome::Done)
    }

    /// Writes the files of a change that is made in steps, or prints them.
    pub(super) fn deliver_steps(
        &self,
        config: &Config,
        steps: &[Step],
        whole: &Difference,
        session: &Session<'_>,
    ) -> Result<Outcome> {
        let writes = !self.dry_run && !self.sql;
        let files = steps.iter().filter_map(|s| s.file.as_ref());
        for (_, new) in files.clone().filter(|_| writes) {
            new.write(config)?;
        }
        let followed = files
            .filter(|_| writes)
            .try_for_each(|(header, new)| after::written(session, config, &new.path, header));
        if self.format == Format::Json {
            session.ui.document(&online::document(steps, config));
            return followed.map(|()| Outcome::Done);
        }
        for (at, step) in steps.iter().enumerate() {
            match &step.file {
                None => {
                    let about = step.about.replace(char::is_control, " ");
                    let place = format!("-- {} of {}: {about}\n", at + 1, steps.len());
                    session.ui.report_raw(&(place + &step.difference.script()));
                }
                Some((_, new)) if self.dry_run => session.ui.report_raw(&new.text),
                Some((_, new)) => {
                    let path = config.shown(&new.path);
                    session
                        .ui
                        .report(format_args!("Generating {path} ... done"));
                    report_words(&step.difference, session);
                }
            }
        }
        if writes {
            report_statements(whole, session);
        }
        let counts = whole.entries.iter().flat_map(|entry| &entry.rows);
        let object = counts.filter(|c| c.counted.as_ref().is_ok_and(|c| c.rows > 0));
        for line in object.flat_map(rows::sentences) {
            session.ui.note(line);
        }
        online::warn_of_locks(steps, session);
        if writes {
            let next = session.typed("upgrade head");
            let files = if steps.len() == 1 { "file" } else { "files" };
            session
                .ui
                .note(format!("Read the {files}, then type `{next}`"));
        }
        followed.map(|()| Outcome::Done)
    }
}
