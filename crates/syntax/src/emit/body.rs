//! The body of `upgrade` or `downgrade`: steps in order, a hazard above each
//! step that has one.

use aludel_core::change::{Change, Pair};
use aludel_core::hazard::{Hazard, Objection, hazards_after};
use aludel_core::object::{Definition, ObjectChange};
use aludel_core::operation::{Operation, RawSql, TableChange};
use aludel_core::schema::{EnumType, Schema, TableName};

use super::atoms::{atom, lines_of, name, object, table_name, text, texts};
use super::layout::{Expr, closure, statement};
use super::rust::Body;
use super::steps::{NeutralTypes, create_table, is_alone, table_change};

/// Lines of the body, with the indent of the function's block.
pub(super) fn lines(body: &Body<'_>) -> Vec<String> {
    let mut writer = Writer {
        body,
        schema: body.before.clone(),
        lines: Vec::new(),
    };
    let mut at = 0;
    while let Some(operation) = body.operations.get(at) {
        at += match operation {
            Operation::AlterTable { table, .. } => writer.alter_table(table, at),
            other => {
                writer.operation(other, at);
                1
            }
        };
    }
    writer.lines
}

const INDENT: usize = 4;

/// A call inside of a block.
struct Call {
    /// What is told above it.
    hazards: Vec<Hazard>,
    expr: Expr,
    /// It may not run in a transaction.
    alone: bool,
}

impl Call {
    fn plain(expr: Expr) -> Self {
        Self {
            hazards: Vec::new(),
            expr,
            alone: false,
        }
    }
}

struct Writer<'a> {
    body: &'a Body<'a>,
    /// As it is before the operation at hand.
    schema: Schema,
    lines: Vec<String>,
}

impl Writer<'_> {
    fn line(&mut self, indent: usize, line: &str) {
        self.lines.push(format!("{}{line}", " ".repeat(indent)));
    }

    fn comments(&mut self, indent: usize, hazards: &[Hazard]) {
        for hazard in hazards.iter().filter(|h| h.is_for_review()) {
            let words = hazard.to_string();
            let words: Vec<&str> = words.split_whitespace().collect();
            self.line(indent, &format!("// {}", words.join(" ")));
        }
    }

    /// What the caller knows of the step, or else what the operation itself
    /// tells.
    fn hazards(&self, operation: &Operation, at: usize, step: usize) -> Vec<Hazard> {
        if let Some(known) = self.body.hazards.get(at) {
            return known.get(step).cloned().unwrap_or_default();
        }
        let earlier = self.body.operations.get(..at).unwrap_or_default();
        let mut all = hazards_after(earlier, operation, &self.schema);
        if step >= all.len() {
            return Vec::new();
        }
        let mut own = all.swap_remove(step);
        // What becomes of values is the database's to say, and none is known.
        own.retain(|h| !matches!(h.objection, Some(Objection::Loss | Objection::Respelled)));
        own
    }

    /// Replay is for looking names up; a list that cannot be replayed is
    /// written all the same.
    fn replay(&mut self, operation: &Operation) {
        let mut after = self.schema.clone();
        if operation.apply(&mut after).is_ok() {
            self.schema = after;
        }
    }

    fn operation(&mut self, operation: &Operation, at: usize) {
        let own = self.hazards(operation, at, 0);
        self.comments(INDENT, &own);
        match operation {
            Operation::CreateTable(table) => {
                let exprs = create_table(table, self.body.neutral).into_iter();
                let calls: Vec<Call> = exprs.map(Call::plain).collect();
                self.block("op.create_table", &table.name, &calls, INDENT);
            }
            Operation::DropTable(table) => self.call("drop_table", vec![table_name(&table.name)]),
            Operation::RenameTable(names) => {
                let args = vec![table_name(&names.from), table_name(&names.to)];
                self.call("rename_table", args);
            }
            Operation::AlterTable { .. } => {}
            Operation::Enum(change) => self.enum_change(change),
            Operation::RenameEnumValue { name, values } => {
                let args = vec![table_name(name), text(&values.from), text(&values.to)];
                self.call("rename_enum_value", args);
            }
            Operation::Object(change) => self.object(change),
            Operation::Execute(raw) => self.execute(raw),
        }
        self.replay(operation);
    }

    fn call(&mut self, method: &str, args: Vec<Expr>) {
        let call = statement(&atom("op").then(method, args), INDENT);
        self.line(INDENT, &call);
    }

    /// Consecutive batches of one table are one batch, but for what may not run
    /// in a transaction. Gives back how many operations were written.
    fn alter_table(&mut self, table: &TableName, at: usize) -> usize {
        let operations = self.body.operations;
        let run: Vec<&Operation> = operations[at..]
            .iter()
            .take_while(|o| matches!(o, Operation::AlterTable { table: t, .. } if t == table))
            .collect();
        let mut calls = Vec::new();
        for (offset, operation) in run.iter().enumerate() {
            calls.extend(self.batch(table, operation, at + offset));
        }
        for together in calls.chunk_by(|a, b| a.alone == b.alone) {
            if together.iter().any(|call| call.alone) {
                self.line(INDENT, "op.autocommit(|op| {");
                self.block("op.alter_table", table, together, 2 * INDENT);
                self.line(INDENT, "});");
            } else {
                self.block("op.alter_table", table, together, INDENT);
            }
        }
        run.len()
    }

    fn batch(&mut self, table: &TableName, operation: &Operation, at: usize) -> Vec<Call> {
        let Operation::AlterTable { changes, .. } = operation else {
            return Vec::new();
        };
        let all: Vec<Vec<Hazard>> = (0..changes.len())
            .map(|step| self.hazards(operation, at, step))
            .collect();
        let mut calls = Vec::new();
        for (change, mut own) in changes.iter().zip(all) {
            let before = self.schema.table(table);
            for expr in table_change(table, before, change, self.body.neutral) {
                calls.push(Call {
                    hazards: std::mem::take(&mut own),
                    expr,
                    alone: is_alone(change),
                });
            }
            self.replay(&alone(table, change));
        }
        calls
    }

    /// `head("name", |t| { .. });` around calls; nothing where there are none.
    fn block(&mut self, head: &str, table: &TableName, calls: &[Call], indent: usize) {
        if calls.is_empty() {
            return;
        }
        let (opening, deeper) = closure(head, &table_name(table), indent);
        self.line(indent, &opening);
        let outer = indent + deeper;
        for call in calls {
            self.comments(outer + INDENT, &call.hazards);
            let text = statement(&call.expr, outer + INDENT);
            self.line(outer + INDENT, &text);
        }
        if deeper == 0 {
            self.line(indent, "});");
        } else {
            self.line(outer, "},");
            self.line(indent, ");");
        }
    }

    fn enum_change(&mut self, change: &Change<EnumType>) {
        let whole = |to: &EnumType| vec![table_name(&to.name), texts(&to.values)];
        match change {
            Change::Add(to) => self.call("create_enum", whole(to)),
            Change::Drop(from) => self.call("drop_enum", vec![table_name(&from.name)]),
            Change::Rename(names) => {
                self.call("rename_enum", vec![name(&names.from), name(&names.to)]);
            }
            Change::Alter(pair) => match added_value(pair) {
                Some((value, next)) => {
                    let args = vec![table_name(&pair.to.name), text(value)];
                    let call = atom("op").then("add_enum_value", args);
                    let call = match next {
                        Some(next) => call.then("before", vec![text(next)]),
                        None => call,
                    };
                    self.line(INDENT, &statement(&call, INDENT));
                }
                None => self.call("alter_enum", whole(&pair.to)),
            },
        }
    }

    fn object(&mut self, change: &ObjectChange) {
        match change {
            ObjectChange::Create(made) => self.defined("create_object", made),
            ObjectChange::Replace(pair) => self.defined("replace_object", &pair.to),
            ObjectChange::Drop(gone) => self.call("drop_object", vec![object(&gone.id)]),
            ObjectChange::Rename(ids) => {
                let args = vec![object(&ids.from), table_name(&ids.to.name)];
                self.call("rename_object", args);
            }
        }
    }

    /// A statement of several lines stands on lines of its own.
    fn defined(&mut self, method: &str, made: &Definition) {
        let Some(lines) = lines_of(&made.sql) else {
            return self.call(method, vec![object(&made.id), text(&made.sql)]);
        };
        self.line(INDENT, &format!("op.{method}("));
        let id = statement(&object(&made.id), 2 * INDENT);
        self.line(2 * INDENT, &format!("{},", id.trim_end_matches(';')));
        self.line(2 * INDENT, &format!("{lines},"));
        self.line(INDENT, ");");
    }

    fn execute(&mut self, raw: &RawSql) {
        if let Some(name) = &raw.name {
            let words: Vec<&str> = name.split_whitespace().collect();
            self.line(INDENT, &format!("// {}", words.join(" ")));
        }
        match (raw.sql.is_empty(), raw.dialect) {
            (true, _) => {
                let undone = raw.reverse.as_deref().unwrap_or_default();
                let undone = undone.split_whitespace().collect::<Vec<_>>().join(" ");
                self.line(
                    INDENT,
                    &format!("// nothing is known that undoes: {undone}"),
                );
            }
            (false, None) => self.call("execute", vec![text(&raw.sql)]),
            (false, Some(dialect)) => {
                self.call("execute_for", vec![text(dialect), text(&raw.sql)]);
            }
        }
    }
}

fn alone(table: &TableName, change: &TableChange) -> Operation {
    Operation::AlterTable {
        table: table.clone(),
        changes: vec![change.clone()],
    }
}

/// The value that `to` has and `from` has not, where it is the only difference,
/// and the value that it stands before.
fn added_value(pair: &Pair<EnumType>) -> Option<(&str, Option<&str>)> {
    let Pair { from, to } = pair;
    if to.values.len() != from.values.len() + 1 {
        return None;
    }
    let same = from
        .values
        .iter()
        .zip(&to.values)
        .take_while(|(a, b)| a == b);
    let at = same.count();
    let rest = to.values.get(at + 1..)?;
    let added = to.values.get(at)?;
    let fresh = !from.values.contains(added) && from.name == to.name;
    (fresh && from.values.get(at..)? == rest)
        .then(|| (added.as_str(), rest.first().map(String::as_str)))
}

/// No types but those of the schema.
pub(super) static AS_THEY_ARE: NeutralTypes = NeutralTypes::new();
