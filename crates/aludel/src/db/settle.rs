//! Asking a server for its own words for expressions.
//!
//! It owns how questions are sent: all in one message where the server answers
//! all of them, one by one where it does not. It knows nothing of what is
//! asked, and leaves nothing behind.

#[cfg(feature = "mysql")]
use aludel_core::dialect::{Dialect as _, mysql::MySql};
use aludel_core::dialect::{Probe, TextRow};
use aludel_core::diff::{Answers, Question};

use super::connection::Driver;
#[cfg(feature = "postgres")]
use super::introspect::{BYTES, INTERVALS, QUOTES};
use super::{Connection, database_error};
use crate::error::{ErrorKind, Result};

/// What a server has answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// Its own words.
    pub answers: Answers,
    /// Why some questions have no answer, for people: a role without the
    /// privilege to make temporary tables.
    pub notes: Vec<String>,
}

/// Asks the server for its own words for expressions. Nothing is sent where
/// there are no questions, or where the database keeps expressions as they
/// were written. A question that the server refuses has no answer.
///
/// # Errors
/// A connection that breaks.
pub async fn settle(connection: &mut Connection<'_>, questions: &[Question]) -> Result<Settled> {
    let dialect = connection.dialect();
    let probes = questions.iter().filter_map(|question| {
        let probe = dialect.probe(question)?;
        Some((question, probe))
    });
    let asked: Vec<(&Question, Probe)> = probes.collect();
    let mut settled = Settled::default();
    if asked.is_empty() {
        return Ok(settled);
    }
    let frame = Frame::of(connection);
    let replies = match together(connection, frame, &asked).await {
        Ok(replies) => replies.into_iter().map(Some).collect(),
        Err(error) => {
            tracing::debug!(%error, "not all questions can be asked at once");
            one_by_one(connection, frame, &asked, &mut settled.notes).await?
        }
    };
    for ((question, _), rows) in asked.iter().zip(replies) {
        let answer = rows.and_then(|rows| dialect.answer(question, &rows));
        if let Some(answer) = answer {
            settled.answers.add(&question.expression, answer);
        }
    }
    Ok(settled)
}

/// What stands around questions.
#[derive(Clone, Copy)]
struct Frame {
    before: &'static [&'static str],
    /// Run in every case.
    after: &'static [&'static str],
    /// Around one question of several.
    each: Option<(&'static str, &'static str)>,
}

impl Frame {
    fn of(connection: &Connection<'_>) -> Self {
        #[cfg(feature = "postgres")]
        if connection.is_trial() {
            return Self {
                before: &["SAVEPOINT aludel_settle", QUOTES, INTERVALS, BYTES],
                after: &["ROLLBACK TO aludel_settle"],
                each: Some(("SAVEPOINT aludel_probe", "ROLLBACK TO aludel_probe")),
            };
        }
        match &connection.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(_) => Self {
                before: &[],
                after: &[],
                each: None,
            },
            // A connection that only reads may make temporary tables all the
            // same: they go with the transaction.
            #[cfg(feature = "postgres")]
            Driver::Postgres(_) => Self {
                before: &[
                    "BEGIN READ WRITE",
                    "SET LOCAL client_min_messages = warning",
                    "SET LOCAL lock_timeout = 2000",
                    QUOTES,
                    INTERVALS,
                    BYTES,
                ],
                after: &["ROLLBACK"],
                each: Some(("SAVEPOINT aludel_probe", "ROLLBACK TO aludel_probe")),
            },
            // What MySQL calls `transaction_read_only`, MariaDB has learned
            // late, and still knows by its old name.
            #[cfg(feature = "mysql")]
            Driver::MySql(_) if connection.dialect().title() == MySql::MARIADB.title() => Self {
                before: &[
                    "SET @aludel_read_only = @@SESSION.tx_read_only",
                    "SET SESSION TRANSACTION READ WRITE",
                ],
                after: &["SET SESSION tx_read_only = @aludel_read_only"],
                each: None,
            },
            #[cfg(feature = "mysql")]
            Driver::MySql(_) => Self {
                before: &[
                    "SET @aludel_read_only = @@SESSION.transaction_read_only",
                    "SET SESSION TRANSACTION READ WRITE",
                ],
                after: &["SET SESSION transaction_read_only = @aludel_read_only"],
                each: None,
            },
        }
    }
}

/// All in one message.
async fn together(
    connection: &mut Connection<'_>,
    frame: Frame,
    asked: &[(&Question, Probe)],
) -> Result<Vec<Vec<TextRow>>, sqlx::Error> {
    let mut sql = joined(frame.before);
    // Which of the answers of the message are those of a question.
    let mut places = Vec::new();
    let mut count = frame.before.len();
    for (_, probe) in asked {
        sql.push_str(&joined(&probe.setup));
        sql.push_str(&joined(std::slice::from_ref(&probe.read)));
        sql.push_str(&joined(&probe.undo));
        places.push(count + probe.setup.len());
        count += probe.setup.len() + 1 + probe.undo.len();
    }
    sql.push_str(&joined(frame.after));
    let answers = connection.answers(&sql).await;
    match answers {
        Ok(mut answers) => Ok(places
            .into_iter()
            .map(|place| answers.get_mut(place).map(std::mem::take))
            .map(Option::unwrap_or_default)
            .collect()),
        Err(error) => {
            for (_, probe) in asked {
                if frame.each.is_none() {
                    let _ = connection.run(&joined(&probe.undo)).await;
                }
            }
            let _ = connection.run(&joined(frame.after)).await;
            Err(error)
        }
    }
}

/// Each by itself; those that fail have no answer.
async fn one_by_one(
    connection: &mut Connection<'_>,
    frame: Frame,
    asked: &[(&Question, Probe)],
    notes: &mut Vec<String>,
) -> Result<Vec<Option<Vec<TextRow>>>> {
    let mut replies = Vec::new();
    if let Err(error) = connection.run(&joined(frame.before)).await {
        let _ = connection.run(&joined(frame.after)).await;
        // No expression is to blame.
        cannot_ask(notes, &error);
        replies.resize(asked.len(), None);
        return lost(&error).map_or(Ok(replies), Err);
    }
    for (_, probe) in asked {
        let reply = one(connection, frame, probe).await;
        if let Err(error) = &reply {
            note(notes, error);
            if let Some(error) = lost(error) {
                return Err(error);
            }
        }
        replies.push(reply.ok());
    }
    let _ = connection.run(&joined(frame.after)).await;
    Ok(replies)
}

async fn one(
    connection: &mut Connection<'_>,
    frame: Frame,
    probe: &Probe,
) -> Result<Vec<TextRow>, sqlx::Error> {
    if let Some((before, _)) = frame.each {
        connection.run(before).await?;
    }
    let asked = async {
        connection.run(&joined(&probe.setup)).await?;
        connection.read(&probe.read).await
    };
    let reply = asked.await;
    match frame.each {
        Some((_, after)) => connection.run(after).await?,
        None => {
            let _ = connection.run(&joined(&probe.undo)).await;
        }
    }
    reply
}

/// Says once why there is no answer, where it is not the expression's fault.
fn note(notes: &mut Vec<String>, error: &sqlx::Error) {
    let kind = super::kind(error);
    if !matches!(
        kind,
        ErrorKind::Denied | ErrorKind::ReadOnly | ErrorKind::Locked
    ) {
        tracing::debug!(%error, "the server does not take an expression");
        return;
    }
    cannot_ask(notes, error);
}

fn cannot_ask(notes: &mut Vec<String>, error: &sqlx::Error) {
    let text = format!(
        "the server cannot be asked whether expressions mean the same, so that some may show as \
         differences that are none: {}",
        super::text_in(error, "")
    );
    if !notes.contains(&text) {
        notes.push(text);
    }
}

/// The error where the connection is gone.
fn lost(error: &sqlx::Error) -> Option<crate::Error> {
    let gone = matches!(error, sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed);
    gone.then(|| database_error(error, "the server cannot be asked about expressions"))
}

fn joined(statements: &[impl AsRef<str>]) -> String {
    let mut sql = String::new();
    for statement in statements {
        sql.push_str(statement.as_ref().trim().trim_end_matches(';'));
        sql.push_str(";\n");
    }
    sql
}
