//! Statements that somebody wrote, understood by what they change in a copy.
//!
//! The copy is looked at behind every statement; the difference is what the
//! statement did. Where that has more than one reading (a column goes and
//! another one comes: a rename?), only the reading counts whose own statement
//! is this one. Where none does, nothing is said from there on.

use aludel_core::change::{Change, Pair};
use aludel_core::dialect::{Dialect, ObjectKind, Snapshot};
use aludel_core::diff::{Renames, diff_on};
use aludel_core::hazard::{Objection, hazards_after};
use aludel_core::operation::{Operation, TableChange};
use aludel_core::schema::{
    Column, DefaultValue, Expression, Name, ReferentialAction, Schema, TableName,
};

use super::Trace;
use super::tokens::{self, Kind, Token};

/// Statements that change neither tables nor rows.
const HARMLESS: [&str; 12] = [
    "pragma",
    "set",
    "reset",
    "show",
    "analyze",
    "vacuum",
    "grant",
    "revoke",
    "reindex",
    "comment",
    "savepoint",
    "release",
];

/// A script on its way.
#[derive(Debug)]
pub(crate) struct Script {
    dialect: &'static dyn Dialect,
    /// The copy behind the last statement.
    last: Snapshot,
    /// A table that is being written again.
    rebuild: Option<Rebuild>,
    /// The statements that stop the next one where values do not fit.
    guards: Vec<usize>,
    /// The number of the revision.
    revision: usize,
    lost: bool,
}

/// A table of SQLite that is being written again.
#[derive(Debug)]
struct Rebuild {
    /// The copy before it.
    before: Snapshot,
    /// The columns whose values are not simply taken along, and what they get.
    computed: Vec<(String, Expression)>,
    /// The statement that copies the rows.
    statement: usize,
}

impl Script {
    /// A script on a copy that is as it is.
    pub(crate) fn begin(dialect: &'static dyn Dialect, before: Snapshot, trace: &Trace) -> Self {
        Self {
            dialect,
            last: before,
            rebuild: None,
            guards: Vec::new(),
            revision: trace.starts.len().saturating_sub(1),
            lost: false,
        }
    }

    /// Whether anything more can be told.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    /// Takes in that a statement was run, and what the copy is now.
    pub(crate) fn ran(&mut self, sql: &str, after: Snapshot, trace: &mut Trace) {
        let tokens = tokens::tokens(sql);
        let first = tokens.first().filter(|token| token.kind == Kind::Word);
        let known = match first.map(|token| token.text.as_str()) {
            None => true,
            Some(word) if is_guard(&tokens) => {
                match word {
                    "create" => self.guards.clear(),
                    "insert" => self.guards.push(trace.statements),
                    _ => {}
                }
                true
            }
            Some("create") if is_rebuild(&tokens) => {
                self.rebuild = Some(Rebuild {
                    before: self.last.clone(),
                    computed: Vec::new(),
                    statement: trace.statements,
                });
                true
            }
            Some("create" | "alter" | "drop" | "rename") => self.definition(&tokens, &after, trace),
            Some("insert" | "update") => self.rows(sql, &tokens, trace),
            // What lowering writes to stop where a table has rows.
            Some("select") => sql
                .trim_start()
                .starts_with("SELECT CASE WHEN EXISTS (SELECT 1"),
            Some("delete") => is_about(&tokens, "sqlite_sequence"),
            Some(word) => HARMLESS.contains(&word),
        };
        if !known {
            tracing::debug!(sql, "what it does to rows is not known");
            self.lost = true;
            trace.unknown(sql);
        }
        self.last = after;
    }

    /// A statement that changes definitions.
    fn definition(&mut self, tokens: &[Token], after: &Snapshot, trace: &mut Trace) -> bool {
        // It would have rows.
        let fills = tokens.iter().any(|t| t.is("select")) && tokens.iter().any(|t| t.is("as"));
        if fills && self.last.schema.tables.len() != after.schema.tables.len() {
            return false;
        }
        if let Some(rebuild) = self.rebuild.take() {
            if !is_rebuild(tokens) {
                // The old table goes; the new one takes its name in a moment.
                self.rebuild = Some(rebuild);
                return true;
            }
            let computed = &rebuild.computed;
            let mut operations = self.difference(&rebuild.before, after, &Renames::default());
            operations.iter_mut().for_each(|op| filled(op, computed));
            let known = trace.hazards.len();
            self.note(&rebuild.before.schema, operations, rebuild.statement, trace);
            let new = trace.hazards.get(known..).unwrap_or_default().to_vec();
            for (revision, _, hazard) in new {
                if hazard.objection == Some(Objection::Misfit) {
                    let guards = self.guards.iter().map(|at| at.saturating_sub(1));
                    let told = guards.map(|place| (revision, place, hazard.clone()));
                    trace.hazards.extend(told);
                }
            }
            self.guards.clear();
            return true;
        }
        if let Some(operation) = renamed_enum(&self.last.schema, &after.schema) {
            let before = self.last.schema.clone();
            self.note(&before, vec![operation], trace.statements, trace);
            return true;
        }
        let renames = renamed(&self.last.schema, &after.schema);
        let mut readings = vec![renames];
        if readings[0] != Renames::default() {
            readings.push(Renames::default());
        }
        let mut plain = None;
        for renames in readings {
            let operations = self.difference(&self.last, after, &renames);
            if self.writes(&operations, tokens) {
                let before = self.last.schema.clone();
                self.note(&before, operations, trace.statements, trace);
                return true;
            }
            plain = Some(operations);
        }
        let using = tokens.iter().any(|token| token.is("using"));
        match plain {
            Some(operations) if !is_open(&operations, using) => {
                let before = self.last.schema.clone();
                self.note(&before, operations, trace.statements, trace);
                true
            }
            _ => false,
        }
    }

    fn difference(&self, from: &Snapshot, to: &Snapshot, renames: &Renames) -> Vec<Operation> {
        let sides = Pair::new(&from.schema, &to.schema);
        diff_on(self.dialect.shared_names(), sides, renames)
    }

    /// Whether this is what aludel itself writes for the operations.
    fn writes(&self, operations: &[Operation], tokens: &[Token]) -> bool {
        let Ok(lowered) = self.dialect.lower(&self.last, operations) else {
            return false;
        };
        let mut statements = lowered.plan.statements();
        statements.any(|own| tokens::same(&tokens::tokens(&own.sql), tokens))
    }

    fn note(
        &self,
        before: &Schema,
        operations: Vec<Operation>,
        statement: usize,
        trace: &mut Trace,
    ) {
        let mut now = before.clone();
        for operation in operations {
            let found = hazards_after(&trace.operations, &operation, &now);
            let place = statement.saturating_sub(1);
            let found = found.into_iter().enumerate().flat_map(|(change, hazards)| {
                let mut hazards = hazards;
                hazards.retain(|hazard| self.dialect.has(&operation, change, hazard));
                hazards
            });
            let found = found.map(|hazard| (self.revision, place, hazard));
            trace.hazards.extend(found);
            if operation.apply(&mut now).is_err() {
                return trace.unknown("");
            }
            trace.operations.push(operation);
        }
    }

    /// A statement that writes rows of one table.
    fn rows(&mut self, sql: &str, tokens: &[Token], trace: &mut Trace) -> bool {
        if let Some(rebuild) = &mut self.rebuild {
            if is_rebuild(tokens) {
                let Some(copied) = tokens::copied(tokens) else {
                    return false;
                };
                let computed = copied.into_iter().filter_map(|(name, value)| {
                    let taken = matches!(value.as_slice(), [one] if one.text == name);
                    let value = || Expression::new(tokens::text(sql, &value));
                    (!taken).then(|| (name, value()))
                });
                rebuild.computed = computed.collect();
                rebuild.statement = trace.statements;
                return true;
            }
            return is_about(tokens, "sqlite_sequence");
        }
        let Some(table) = tokens::target(tokens) else {
            return false;
        };
        // Others may be written along with it.
        let triggers = self.last.objects.iter();
        let mut triggers = triggers.filter(|object| object.kind == ObjectKind::Trigger);
        let tables = self.last.schema.tables.values();
        let mut keys = tables.flat_map(|table| &table.foreign_keys);
        let follows = |action| action != ReferentialAction::NoAction;
        if triggers.next().is_some()
            || keys.any(|key| key.references == table && follows(key.on_update))
        {
            return false;
        }
        let value = tokens::assigned(tokens).map(|found| {
            let own = tokens::text(sql, std::slice::from_ref(found.column));
            let value = tokens::text(sql, found.value);
            let value = match found.is_fill {
                true => format!("COALESCE({own}, {value})"),
                false => value.to_owned(),
            };
            (found.column.text.clone(), Expression::new(value))
        });
        trace.written(&table, value);
        true
    }
}

/// Whether a statement is about a table that SQLite is to have in the place of
/// another one.
fn is_rebuild(tokens: &[Token]) -> bool {
    #[cfg(feature = "sqlite")]
    let prefix = aludel_core::dialect::sqlite::REBUILT_PREFIX;
    #[cfg(not(feature = "sqlite"))]
    let prefix = "";
    names(tokens, prefix)
}

/// Whether a statement is about a table that stops SQLite where values do not
/// fit a new type.
fn is_guard(tokens: &[Token]) -> bool {
    #[cfg(feature = "sqlite")]
    let prefix = aludel_core::dialect::sqlite::FIT_PREFIX;
    #[cfg(not(feature = "sqlite"))]
    let prefix = "";
    names(tokens, prefix)
}

/// Whether a statement begins with such a name, which has the quotes that the
/// table's own name has; none begins with nothing.
fn names(tokens: &[Token], prefix: &str) -> bool {
    let mut names = tokens.iter().take(4);
    let named = |token: &Token| token.kind != Kind::Other && token.text.starts_with(prefix);
    !prefix.is_empty() && names.any(named)
}

fn is_about(tokens: &[Token], name: &str) -> bool {
    tokens.iter().take(4).any(|token| token.text == name)
}

/// Whether something else may have been done than these operations: what goes
/// may be what comes, and with `USING` values may become any others.
fn is_open(operations: &[Operation], using: bool) -> bool {
    let (mut drops, mut creates) = (false, false);
    for operation in operations {
        let changes = match operation {
            Operation::DropTable(_) => {
                drops = true;
                continue;
            }
            Operation::CreateTable(_) => {
                creates = true;
                continue;
            }
            Operation::AlterTable { changes, .. } => changes,
            _ => continue,
        };
        let columns = changes.iter().filter_map(|change| match change {
            TableChange::Column(change) => Some(change),
            _ => None,
        });
        let (mut gone, mut come) = (false, false);
        for change in columns {
            match change {
                Change::Drop(_) => gone = true,
                Change::Add(_) => come = true,
                Change::Alter(pair) if using && pair.from.ty != pair.to.ty => return true,
                Change::Alter(_) | Change::Rename(_) => {}
            }
        }
        if gone && come {
            return true;
        }
    }
    drops && creates
}

/// The one table or column that has gone where another one has come.
fn renamed(before: &Schema, after: &Schema) -> Renames {
    let mut renames = Renames::default();
    let gone = before.tables.keys().filter(|n| after.table(n).is_none());
    let come = after.tables.keys().filter(|n| before.table(n).is_none());
    let (gone, come): (Vec<&TableName>, Vec<&TableName>) = (gone.collect(), come.collect());
    if let ([from], [to]) = (gone.as_slice(), come.as_slice()) {
        let pair = Pair::new((*from).clone(), (*to).clone());
        renames.tables.push(pair);
    }
    for (name, from) in &before.tables {
        let Some(to) = after.table(name) else {
            continue;
        };
        let only = |a: &[Column], b: &[Column]| -> Vec<Name> {
            let gone = a
                .iter()
                .filter(|c| b.iter().all(|other| other.name != c.name));
            gone.map(|c| c.name.clone()).collect()
        };
        let (gone, come) = (
            only(&from.columns, &to.columns),
            only(&to.columns, &from.columns),
        );
        if let ([from], [to]) = (gone.as_slice(), come.as_slice()) {
            let pair = Pair::new(from.clone(), to.clone());
            renames.columns.push((name.clone(), pair));
        }
    }
    renames
}

/// The change of an enum type or of one of its values to another name, where
/// that is all that has changed.
fn renamed_enum(before: &Schema, after: &Schema) -> Option<Operation> {
    let mut gone = before.enums.values();
    let gone = gone.find(|ty| after.enums.get(&ty.name) != Some(ty))?;
    let operation = match after.enums.get(&gone.name) {
        Some(now) => {
            let mut pairs = gone.values.iter().zip(&now.values);
            let (from, to) = pairs.find(|(from, to)| from != to)?;
            Operation::RenameEnumValue {
                name: gone.name.clone(),
                values: Pair::new(from.clone(), to.clone()),
            }
        }
        None => {
            let mut come = after.enums.values();
            let come = come.find(|ty| !before.enums.contains_key(&ty.name))?;
            let names = Pair::new(gone.name.name.clone(), come.name.name.clone());
            Operation::Enum(Change::Rename(names))
        }
    };
    let mut replayed = before.clone();
    operation.apply(&mut replayed).ok()?;
    (replayed == *after).then_some(operation)
}

/// Notes which columns get values that are computed in the copy.
fn filled(operation: &mut Operation, computed: &[(String, Expression)]) {
    let Operation::AlterTable { changes, .. } = operation else {
        return;
    };
    for change in changes {
        let column = match change {
            TableChange::Column(Change::Add(column)) => column,
            TableChange::Column(Change::Alter(pair)) => &mut pair.to,
            _ => continue,
        };
        if let Some((_, value)) = computed.iter().find(|(name, _)| column.name == **name) {
            column.fill = Some(DefaultValue::Expression(value.clone()));
        }
    }
}
