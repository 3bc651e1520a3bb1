//! The `.sql` files among the models: what they ask for, and what a server
//! makes of it.
//!
//! Owns the reading of such files with the place of every mistake, and the
//! asking. It must not know what becomes of a difference.

use std::ops::Range;
use std::sync::Arc;

use aludel::ErrorKind;
use aludel::db::{self, Connection, ScratchSource};
use aludel_core::dialect::{Dialect, Snapshot, Unmanaged};
use aludel_core::diff::{Renames, Wanted};
use aludel_core::model::{ModelError, Origin};
use aludel_core::object::{
    self, Definition, Noun, ObjectId, OwnWords, Sides, WantedObject, WantedObjects,
};
use aludel_core::schema::{Schema, TableName};
use aludel_syntax::report::model_error;
use aludel_syntax::scan::SourceFile;

use crate::compare::Comparison;
use crate::config::Config;
use crate::database;
use crate::error::{Failure, Result};
use crate::hooks::Hooks;
use crate::session::Session;
use crate::versions::Versions;

/// The file name's word for one database: `views.postgres.sql`.
fn only_for(path: &str) -> Option<&str> {
    let stem = path.strip_suffix(".sql")?;
    let (_, word) = stem.rsplit_once('.')?;
    ["postgres", "sqlite", "mysql"]
        .into_iter()
        .find(|name| word.eq_ignore_ascii_case(name))
}

/// What the files ask of a database of that dialect.
///
/// # Errors
/// Every mistake of every file at once.
pub(crate) fn wanted(
    files: &[Arc<SourceFile>],
    dialect: &dyn Dialect,
    whole: bool,
) -> Result<WantedObjects> {
    let mut reading = Reading {
        dialect,
        list: Vec::new(),
        mistakes: Vec::new(),
    };
    for (number, file) in files.iter().enumerate() {
        if only_for(&file.path).is_none_or(|name| name == dialect.name()) {
            reading.file(number, &file.text);
        }
    }
    reading.refuse_loose_indexes();
    if reading.mistakes.is_empty() {
        return Ok(WantedObjects {
            list: reading.list,
            whole,
        });
    }
    let reports = reading.mistakes.iter();
    let reports = reports.map(|mistake| miette::Report::new(model_error(mistake, files)));
    Err(Failure::many(reports.collect()))
}

struct Reading<'a> {
    dialect: &'a dyn Dialect,
    list: Vec<WantedObject>,
    mistakes: Vec<ModelError>,
}

impl Reading<'_> {
    fn file(&mut self, number: usize, text: &str) {
        let statements = match self.dialect.split_statements(text) {
            Ok(statements) => statements,
            Err(error) => {
                self.mistake(number, 0..text.len().min(1), error.message, error.hint);
                return;
            }
        };
        let starts: Vec<usize> = (self.dialect.words(text).unwrap_or_default().iter())
            .map(|word| word.range.start)
            .collect();
        let mut end = 0;
        for sql in &statements {
            // What stands in a comment is no statement.
            let from = starts.iter().copied().filter(|at| *at >= end);
            let found = from.into_iter().find(|at| {
                text.get(*at..)
                    .is_some_and(|rest| rest.starts_with(sql.as_str()))
            });
            let at = found.unwrap_or(end);
            end = at + sql.len();
            self.statement(number, text, at, sql);
        }
    }

    fn statement(&mut self, number: usize, text: &str, at: usize, sql: &str) {
        let definition = match object::read(self.dialect, sql) {
            Ok(definition) => definition,
            Err(refused) => {
                let place = at + refused.at.start..at + refused.at.end;
                let hint = (!refused.hint.is_empty()).then_some(refused.hint);
                self.mistake(number, place, refused.message, hint);
                return;
            }
        };
        let first_line = sql.lines().next().map_or(0, str::len);
        let origin = Origin {
            file: number,
            span: at..at + first_line,
        };
        let fold = |id: &ObjectId| {
            let name = self.dialect.fold_name(&id.name.to_string());
            let table = (id.noun == Noun::Trigger && self.dialect.spelling().triggers_by_table)
                .then(|| id.table.clone());
            (id.noun, name, table, id.arguments.clone())
        };
        let own = fold(&definition.id);
        if self
            .list
            .iter()
            .any(|other| fold(&other.definition.id) == own)
        {
            self.mistake(
                number,
                origin.span,
                format!("{} is defined twice", definition.id),
                Some("leave one of the two out".to_owned()),
            );
            return;
        }
        self.list.push(WantedObject {
            renamed_from: renamed_from(text.get(..at).unwrap_or_default()),
            definition,
            origin,
        });
    }

    fn mistake(&mut self, file: usize, span: Range<usize>, message: String, hint: Option<String>) {
        self.mistakes.push(ModelError {
            message,
            hint,
            origin: Origin { file, span },
        });
    }

    /// An index belongs to a model, unless a materialised view has it.
    fn refuse_loose_indexes(&mut self) {
        let views: Vec<TableName> = (self.list.iter())
            .filter(|one| one.definition.id.noun == Noun::MaterializedView)
            .map(|one| one.definition.id.name.clone())
            .collect();
        let loose = self.list.iter().filter(|one| {
            let id = &one.definition.id;
            id.noun == Noun::Index && !id.table.as_ref().is_some_and(|t| views.contains(t))
        });
        let loose: Vec<Origin> = loose.map(|one| one.origin.clone()).collect();
        for origin in loose {
            self.mistake(
                origin.file,
                origin.span,
                "indexes are parts of models".to_owned(),
                Some(
                    "write `#[column(index)]` at the field, or `index(..)` in `#[table(..)]`; a \
                     file may have those of its materialized views"
                        .to_owned(),
                ),
            );
        }
    }
}

/// The name in `-- renamed_from: old`, on one of the comment lines right above.
fn renamed_from(before: &str) -> Option<TableName> {
    let lines = before.trim_end_matches([' ', '\t']).lines().rev();
    let comments = lines.map_while(|line| line.trim().strip_prefix("--"));
    let mut names = comments.filter_map(|line| line.trim().strip_prefix("renamed_from:"));
    let name = names.next()?.trim();
    Some(match name.split_once('.') {
        Some((schema, name)) => TableName::in_schema(schema, name),
        None => TableName::new(name),
    })
}

/// What a comparison needs from its surroundings to ask about objects.
pub(crate) struct Asking<'a> {
    /// Where to say what cannot be asked.
    pub(crate) session: &'a Session<'a>,
    /// The project.
    pub(crate) config: &'a Config,
    /// Whether it is the scratch database itself that is asked.
    pub(crate) on_scratch: bool,
}

impl<'a> Asking<'a> {
    /// Asks the database of the project.
    pub(crate) fn new(session: &'a Session<'a>, config: &'a Config) -> Self {
        Self {
            session,
            config,
            on_scratch: false,
        }
    }
}

impl Asking<'_> {
    /// Asks the server what it makes of the statements of files whose texts
    /// are not those that it keeps. Nothing is sent where all are alike.
    ///
    /// # Errors
    /// A server that cannot be reached any more.
    pub(crate) async fn settle(
        &self,
        connection: &mut Connection<'_>,
        comparison: &mut Comparison,
        before: &Snapshot,
        wanted: &Wanted,
        renames: &Renames,
    ) -> Result<()> {
        if wanted.objects.list.is_empty() {
            return Ok(());
        }
        let known = comparison.own.clone();
        let sides = Sides {
            dialect: comparison.dialect,
            found: before,
            wanted: &wanted.objects,
            own: &known,
        };
        let asked = sides.unsettled();
        if asked.is_empty() {
            return Ok(());
        }
        let after = comparison.adopted_schema(before, wanted, renames)?;
        let sample = object::sample(&sides, &asked, &after);
        match self.made(&sample, connection).await? {
            Ok(made) => self.note(&sides, &made, &asked, &mut comparison.own),
            Err(reason) => self.cannot_ask(&asked, &reason),
        }
        Ok(())
    }

    /// The sample as the server has it.
    async fn made(
        &self,
        sample: &Snapshot,
        connection: &mut Connection<'_>,
    ) -> Result<Result<Snapshot, String>> {
        let kept = match self.on_scratch {
            true => None,
            false => self.session.scratch_url(self.config)?,
        };
        if kept.is_none()
            && let Some(mut copy) = db::sample_copy(sample, connection).await?
        {
            let made = database::snapshot(copy.connection()?, self.config).await;
            copy.close().await?;
            return Ok(Ok(made?));
        }
        let source = match kept {
            Some(kept) => ScratchSource::kept(&kept, connection).await?,
            None => ScratchSource::beside(connection),
        };
        let mut copy = match db::scratch_copy(sample, &source).await {
            Ok(copy) => copy,
            Err(error) if error.kind() == ErrorKind::NoScratch => {
                return Ok(Err(error.to_string()));
            }
            Err(error) => return Err(error.into()),
        };
        for skipped in &copy.skipped {
            self.session.ui.warn(format_args!(
                "the server cannot be asked what it makes of something: {} fails: {}",
                skipped.what, skipped.reason
            ));
        }
        let made = database::snapshot(copy.connection()?, self.config).await;
        copy.close().await?;
        Ok(Ok(made?))
    }

    fn note(&self, sides: &Sides<'_>, made: &Snapshot, asked: &[Definition], own: &mut OwnWords) {
        let found = object::definitions(sides.dialect, made);
        for one in asked {
            let same_name = |other: &&Definition| {
                other.id.noun == one.id.noun
                    && other.id.name == one.id.name
                    && other.id.table == one.id.table
                    && other.id.arguments == one.id.arguments
            };
            if let Some(answer) = found.iter().find(same_name) {
                own.add(&one.sql, answer.sql.clone());
            }
        }
    }

    fn cannot_ask(&self, asked: &[Definition], reason: &str) {
        let names: Vec<String> = asked.iter().map(|one| one.id.to_string()).collect();
        self.session.ui.warn(format_args!(
            "the server cannot be asked what it makes of {}, so that a difference may be none: \
             {reason}",
            names.join(", ")
        ));
    }
}

/// Everything of a database that files may say, as such a file, as far as it is
/// compared; `written` is what the models say of its tables.
pub(crate) fn script(
    dialect: &dyn Dialect,
    snapshot: &Snapshot,
    written: &Schema,
    hooks: &Hooks,
) -> String {
    let mut all = object::definitions(dialect, snapshot);
    all.retain(|one| hooks.writes(&one.id));
    let all = object::in_order(dialect, all, &snapshot.server.schema);
    // What no model and no file makes, and so nothing in a file may name.
    let tables = snapshot.schema.tables.keys();
    let unwritten: Vec<TableName> = tables
        .filter(|table| written.table(table).is_none())
        .cloned()
        .collect();
    let beyond = object::beyond_files(dialect, snapshot, &unwritten);
    let mut statements = Vec::new();
    for one in &all {
        let sql = one.sql.trim();
        if let Some((_, name)) = beyond.iter().find(|(id, _)| *id == one.id) {
            statements.push(format!(
                "-- left out, as models cannot make `{name}`, which it names: {}\n",
                one.id
            ));
            continue;
        }
        // A comment at the end must not hide the semicolon.
        let comment = sql.lines().last().is_some_and(|line| line.contains("--"));
        let separator = if comment { "\n" } else { "" };
        statements.push(format!("{sql}{separator};\n"));
    }
    statements.join("\n")
}

/// Says of what no file mentions that a migration has made it.
pub(crate) fn tell_makers(notes: &mut [Unmanaged], versions: &Versions, dialect: &dyn Dialect) {
    let made: Vec<(&str, Noun, String)> = (versions.texts.iter())
        .flat_map(|(file, text)| {
            let made = made_by(file, text, dialect).into_iter();
            made.map(move |(noun, name)| (file.as_str(), noun, name))
        })
        .collect();
    for note in notes.iter_mut().filter(|note| note.detail.is_none()) {
        let last = note.name.rsplit('.').next().unwrap_or(&note.name);
        let bare = note.name.split('(').next().unwrap_or(&note.name);
        let maker = made.iter().rev().find(|(_, noun, name)| {
            noun.word() == note.kind && [last, bare, note.name.as_str()].contains(&name.as_str())
        });
        note.detail = maker.map(|(file, ..)| {
            format!("(made by `{file}`; no file among the models mentions it, so it is left alone)")
        });
    }
}

/// What a migration file makes, as far as its text tells.
fn made_by(file: &str, text: &str, dialect: &dyn Dialect) -> Vec<(Noun, String)> {
    if file.ends_with(".sql") {
        let statements = dialect.split_statements(text).unwrap_or_default();
        let made = statements
            .iter()
            .filter_map(|sql| object::read(dialect, sql).ok());
        return made
            .map(|made| (made.id.noun, made.id.name.to_string()))
            .collect();
    }
    // `op.create_object(view("v"), ..)`, however it is broken into lines.
    let text: String = text.split_whitespace().collect();
    let calls = text.split("create_object(").skip(1);
    calls
        .filter_map(|call| {
            let (word, rest) = call.split_once('(')?;
            let noun = Noun::ALL
                .iter()
                .find(|noun| noun.word().replace(' ', "_") == word)?;
            let name = rest.split('"').nth(1)?;
            Some((*noun, name.to_owned()))
        })
        .collect()
}
