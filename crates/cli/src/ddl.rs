//! Two schemas side by side, in the statements that make them: one text for each
//! table, enum type or object that differs.
//!
//! Pure. The statements are those that would make a table from nothing, so that
//! both sides are spelled alike whatever way each has come.

use aludel_core::change::{Change, Pair};
use aludel_core::dialect::{Dialect, Server, Snapshot, lower_all};
use aludel_core::object::{ObjectChange, ObjectId};
use aludel_core::operation::Operation;
use aludel_core::schema::{Column, EnumType, Schema, Table, TableName};
use similar::{ChangeTag, TextDiff};

use crate::compare::Difference;

/// Something that differs, in its statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    /// What it is called on both sides.
    pub(crate) names: Pair<String>,
    /// The statements on both sides; empty where it is not.
    pub(crate) texts: Pair<String>,
}

impl Changed {
    /// Whether it is on both sides.
    pub(crate) fn stays(&self) -> bool {
        !self.texts.from.is_empty() && !self.texts.to.is_empty()
    }

    /// Line by line.
    pub(crate) fn unified(&self) -> String {
        let none = "/dev/null";
        let name = |name: &String, text: &String| match text.is_empty() {
            true => none.to_owned(),
            false => name.replace(['\r', '\n'], " "),
        };
        let (from, to) = (
            name(&self.names.from, &self.texts.from),
            name(&self.names.to, &self.texts.to),
        );
        TextDiff::from_lines(&self.texts.from, &self.texts.to)
            .unified_diff()
            .context_radius(2)
            .header(&from, &to)
            .to_string()
    }
}

impl Difference {
    /// All that differs, in its statements.
    pub(crate) fn changed(&self) -> Vec<Changed> {
        let sides = Pair::new(&self.before, &self.after.schema);
        self.writer().changed(sides, &self.operations)
    }

    /// How its statements are written.
    pub(crate) fn writer(&self) -> Writer<'_> {
        Writer {
            dialect: self.dialect,
            server: &self.after.server,
        }
    }
}

/// How statements are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer<'a> {
    pub(crate) dialect: &'a dyn Dialect,
    pub(crate) server: &'a Server,
}

impl Writer<'_> {
    /// All that differs, in the order of the operations.
    pub(crate) fn changed(&self, sides: Pair<&Schema>, operations: &[Operation]) -> Vec<Changed> {
        let mut things = Things::default();
        operations.iter().for_each(|one| things.add(one));
        let tables = things.tables.iter().map(|(from, to)| {
            let text = |schema: &Schema, name: &Option<TableName>| {
                let table = name.as_ref().and_then(|name| schema.table(name));
                table.map_or_else(String::new, |table| self.table(table))
            };
            Changed {
                names: Pair::new(from, to)
                    .map(|name| name.as_ref().map(TableName::to_string).unwrap_or_default()),
                texts: Pair::new(text(sides.from, from), text(sides.to, to)),
            }
        });
        let enums = things.enums.iter().map(|name| Changed {
            names: Pair::new(name.to_string(), name.to_string()),
            texts: sides.as_ref().map(|schema| {
                let one = schema.enums.get(name);
                one.map_or_else(String::new, |one| self.enum_type(one))
            }),
        });
        let objects = things.objects.into_iter().map(|(id, texts)| Changed {
            names: Pair::new(id.label(), id.label()),
            texts,
        });
        let all = enums.chain(tables).chain(objects);
        all.filter(|one| one.texts.from != one.texts.to).collect()
    }

    /// The statements that make a table, each part of it on a line that does not
    /// change with those beside it.
    pub(crate) fn table(&self, table: &Table) -> String {
        self.making(Operation::CreateTable(table.clone()))
    }

    fn enum_type(&self, one: &EnumType) -> String {
        self.making(Operation::Enum(Change::Add(one.clone())))
    }

    /// A column as its table's statement says it: its type and what follows.
    pub(crate) fn column(&self, column: &Column) -> String {
        let table = Table {
            columns: vec![column.clone()],
            ..Table::new("t")
        };
        let text = self.made(Operation::CreateTable(table)).into_iter().next();
        let text = text.unwrap_or_default();
        let body = text
            .split_once('(')
            .and_then(|(_, rest)| rest.rsplit_once(')'));
        let body = body.map_or("", |(body, _)| body.trim());
        let name = self.dialect.quote_name(column.name.as_str());
        let definition = body.strip_prefix(name.as_str()).unwrap_or(body);
        definition.trim().trim_end_matches(',').to_owned()
    }

    /// The lines of a table that are not there without one of its parts.
    pub(crate) fn part(&self, with: &Table, without: &Table) -> String {
        let (with, without) = (self.table(with), self.table(without));
        let difference = TextDiff::from_lines(&without, &with);
        let lines = difference.iter_all_changes();
        let own = lines.filter(|change| change.tag() == ChangeTag::Insert);
        let own: Vec<String> = own
            .map(|change| {
                change
                    .value()
                    .trim()
                    .trim_end_matches([',', ';'])
                    .to_owned()
            })
            .collect();
        own.join("\n")
    }

    fn making(&self, operation: Operation) -> String {
        let statements = self.made(operation);
        statements.iter().map(|sql| lines_apart(sql)).collect()
    }

    /// Nothing where the database cannot make it, which then is said elsewhere.
    fn made(&self, operation: Operation) -> Vec<String> {
        let empty = Snapshot {
            server: self.server.clone(),
            ..Snapshot::default()
        };
        let lowered = lower_all(self.dialect, &empty, &[operation]);
        let plans = lowered.map(|(plans, _)| plans).unwrap_or_default();
        let statements = plans.iter().flat_map(|plan| plan.statements());
        statements
            .map(|one| one.sql.trim_end().to_owned())
            .collect()
    }
}

/// A statement whose parts all end in a comma: the last one as well, which is
/// then no other line when one follows.
fn lines_apart(sql: &str) -> String {
    let mut lines: Vec<String> = sql.lines().map(str::to_owned).collect();
    let closing = lines.iter().rposition(|line| line.starts_with(')'));
    if let Some(last) = closing.and_then(|at| lines.get_mut(at.checked_sub(1)?))
        && last.starts_with("  ")
    {
        last.push(',');
    }
    let text = lines.join("\n");
    format!("{text};\n")
}

/// What operations are about.
#[derive(Debug, Default)]
struct Things {
    /// Tables under the names that they have on both sides.
    tables: Vec<(Option<TableName>, Option<TableName>)>,
    enums: Vec<TableName>,
    /// Objects with their statements on both sides.
    objects: Vec<(ObjectId, Pair<String>)>,
}

impl Things {
    fn add(&mut self, operation: &Operation) {
        match operation {
            Operation::CreateTable(table) => self.tables.push((None, Some(table.name.clone()))),
            Operation::DropTable(table) => {
                self.now(&table.name).1 = None;
            }
            Operation::RenameTable(names) => self.now(&names.from).1 = Some(names.to.clone()),
            Operation::AlterTable { table, .. } => {
                self.now(table);
            }
            Operation::Enum(Change::Add(one) | Change::Drop(one)) => self.enum_type(&one.name),
            Operation::Enum(Change::Alter(pair)) => self.enum_type(&pair.to.name),
            Operation::RenameEnumValue { name, .. } => self.enum_type(name),
            Operation::Object(change) => self.object(change),
            // Its words say what there is to say.
            Operation::Enum(Change::Rename(_)) | Operation::Execute(_) => {}
        }
    }

    /// A table by the name that it has by now.
    fn now(&mut self, name: &TableName) -> &mut (Option<TableName>, Option<TableName>) {
        let is = |(_, to): &(Option<TableName>, Option<TableName>)| to.as_ref() == Some(name);
        let at = match self.tables.iter().position(is) {
            Some(at) => at,
            None => {
                self.tables.push((Some(name.clone()), Some(name.clone())));
                self.tables.len() - 1
            }
        };
        &mut self.tables[at]
    }

    fn enum_type(&mut self, name: &TableName) {
        if !self.enums.contains(name) {
            self.enums.push(name.clone());
        }
    }

    fn object(&mut self, change: &ObjectChange) {
        let text = |sql: &str| format!("{};\n", sql.trim_end().trim_end_matches(';'));
        let id = change.id();
        let at = match self.objects.iter().position(|(known, _)| known == id) {
            Some(at) => at,
            None => {
                self.objects.push((id.clone(), Pair::default()));
                self.objects.len() - 1
            }
        };
        let texts = &mut self.objects[at].1;
        match change {
            ObjectChange::Create(made) => texts.to = text(&made.sql),
            ObjectChange::Drop(gone) => texts.from = text(&gone.sql),
            ObjectChange::Replace(pair) => {
                *texts = Pair::new(text(&pair.from.sql), text(&pair.to.sql));
            }
            // Its words say what there is to say.
            ObjectChange::Rename(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aludel_core::dialect::named;
    use aludel_core::operation::TableChange;
    use aludel_core::schema::ColumnType;

    fn table(name: &str, columns: &[&str]) -> Table {
        let column = |name: &&str| Column::new(*name, ColumnType::Text);
        Table {
            columns: columns.iter().map(column).collect(),
            ..Table::new(name)
        }
    }

    fn schema(tables: &[Table]) -> Schema {
        let mut schema = Schema::default();
        tables.iter().cloned().for_each(|one| schema.insert(one));
        schema
    }

    fn rename(from: &str, to: &str) -> Operation {
        Operation::RenameTable(Pair::new(from.into(), to.into()))
    }

    fn shown(before: &[Table], after: &[Table], operations: &[Operation]) -> Vec<String> {
        let writer = Writer {
            dialect: named("sqlite").expect("the tests know SQLite"),
            server: &Server::default(),
        };
        let (before, after) = (schema(before), schema(after));
        let changed = writer.changed(Pair::new(&before, &after), operations);
        changed.iter().map(Changed::unified).collect()
    }

    #[test]
    fn a_table_stays_itself_under_another_name() {
        let add = TableChange::Column(Change::Add(Column::new("n", ColumnType::Text)));
        let operations = [
            rename("a", "c"),
            rename("b", "a"),
            rename("c", "b"),
            Operation::AlterTable {
                table: "b".into(),
                changes: vec![add],
            },
        ];
        let before = [table("a", &["x"]), table("b", &["y"])];
        let after = [table("b", &["x", "n"]), table("a", &["y"])];
        assert_eq!(
            shown(&before, &after, &operations),
            [
                "--- a\n+++ b\n@@ -1,3 +1,4 @@\n-CREATE TABLE \"a\" (\n+CREATE TABLE \"b\" (\n   \
                 \"x\" TEXT NOT NULL,\n+  \"n\" TEXT NOT NULL,\n );\n",
                "--- b\n+++ a\n@@ -1,3 +1,3 @@\n-CREATE TABLE \"b\" (\n+CREATE TABLE \"a\" (\n   \
                 \"y\" TEXT NOT NULL,\n );\n",
            ]
        );
    }

    #[test]
    fn what_comes_and_goes_is_on_one_side() {
        let (old, new) = (table("old", &["x"]), table("new", &["x"]));
        let operations = [
            Operation::CreateTable(new.clone()),
            Operation::DropTable(old.clone()),
        ];
        let shown = shown(&[old], &[new], &operations);
        let heads: Vec<_> = shown
            .iter()
            .map(|text| text.lines().take(2).collect::<Vec<_>>())
            .collect();
        assert_eq!(
            heads,
            [
                vec!["--- /dev/null", "+++ new"],
                vec!["--- old", "+++ /dev/null"]
            ]
        );
    }
}
