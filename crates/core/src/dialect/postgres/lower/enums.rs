//! Enum types, and the columns that have one.
//!
//! Owns when a value can be added in place, and the making of a type anew
//! where it cannot: PostgreSQL takes no value away, and lets a new one be used
//! only by a later transaction.

use super::Lowering;
use super::batch::Item;
use super::column::{drop_default, retype, set_default};
use super::leaning::Fate;
use super::named::Named;
use super::part::{add_check, create_index, drop_check, drop_index, index_computes};
use crate::change::{Change, Pair};
use crate::dialect::postgres::name::quote;
use crate::dialect::postgres::render::{qualified, string_literal};
use crate::dialect::postgres::tokens::{self, Kind};
use crate::error::Result;
use crate::hazard::Hazard;
use crate::object::ObjectChange;
use crate::operation::part::Part;
use crate::operation::{Operation, TableChange, identifiers};
use crate::plan::Statement;
use crate::schema::{
    Column, ColumnType, DefaultValue, EnumType, Expression, Literal, Name, Table, TableName,
};

fn create(name: &TableName, values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|v| string_literal(v)).collect();
    format!(
        "CREATE TYPE {} AS ENUM ({})",
        qualified(name),
        values.join(", ")
    )
}

/// The statement that makes an enum type.
pub(super) fn create_enum(e: &EnumType, why: &str) -> Statement {
    Statement::new(create(&e.name, &e.values), why)
}

impl<'a> Lowering<'a> {
    pub(super) fn change_enum(
        &mut self,
        at: usize,
        operation: &'a Operation,
        change: &Change<EnumType>,
    ) -> Result<()> {
        let why = Self::why(operation);
        let hazards = self.hazards(at, operation);
        let mut statements = Vec::new();
        match change {
            Change::Add(e) if self.now.schema.enums.get(&e.name) == Some(e) => {
                // It is there, and no column had it so far.
                return Ok(());
            }
            Change::Add(e) => {
                statements.extend(self.schema_for(&e.name));
                // One with other values, which no column has either.
                if self.now.schema.enums.remove(&e.name).is_some() {
                    let sql = format!("DROP TYPE {}", qualified(&e.name));
                    statements.push(Statement::new(sql, &why));
                }
                statements.push(create_enum(e, &why));
            }
            Change::Drop(e) => {
                self.enum_users(&e.name, Fate::Goes);
                let sql = format!("DROP TYPE {}", qualified(&e.name));
                statements.push(Statement::new(sql, &why));
            }
            Change::Rename(names) => {
                let mut keys = self.now.schema.enums.keys();
                let from = keys.find(|k| k.name == names.from).cloned();
                let from = from.unwrap_or_else(|| names.from.clone().into());
                let sql = format!(
                    "ALTER TYPE {} RENAME TO {}",
                    qualified(&from),
                    quote(names.to.as_str())
                );
                statements.push(Statement::new(sql, &why));
            }
            Change::Alter(pair) => {
                let there = self.now.schema.enums.get(&pair.from.name);
                let from = there.map_or(&pair.from.values, |e| &e.values).clone();
                match added(&from, &pair.to.values) {
                    Some(new) if !self.uses_later(at, &new) => {
                        let adds = add_values(&pair.from.name, &from, &pair.to.values);
                        statements.extend(adds.into_iter().map(|sql| Statement::new(sql, &why)));
                    }
                    _ => statements = self.made_of_new_values(pair, &why, hazards)?,
                }
            }
        }
        operation.apply(&mut self.now.schema)?;
        self.steps.entry((at, 0)).or_default().extend(statements);
        Ok(())
    }

    /// Whether a later operation of the list needs one of the values, which it
    /// could not have in the same transaction.
    fn uses_later(&self, at: usize, values: &[&String]) -> bool {
        let later = self.operations.get(at + 1..).unwrap_or_default();
        values.iter().any(|value| {
            let uses = |operation: &Operation| operation_uses(operation, value);
            later.iter().any(uses)
        })
    }

    /// The type under another name, a new one in its place, and every column
    /// moved over.
    fn made_of_new_values(
        &mut self,
        pair: &Pair<EnumType>,
        why: &str,
        hazards: Vec<Hazard>,
    ) -> Result<Vec<Statement>> {
        let name = &pair.from.name;
        self.enum_users(name, Fate::Changes);
        let mut statements = Vec::new();
        let mut old = name.clone();
        let mut cut: String = name.name.as_str().to_owned();
        while cut.len() > 63 - "aludel_old_".len() {
            cut.pop();
        }
        old.name = format!("aludel_old_{cut}").into();
        let push = |statements: &mut Vec<Statement>, sql: String| {
            statements.push(Statement::new(sql, why));
        };
        let lost = |value: &String| !pair.to.values.contains(value);
        let lost: Vec<&String> = pair.from.values.iter().filter(|v| lost(v)).collect();
        let users: Vec<(TableName, Vec<Name>)> = self.users_of(name);
        // Whatever compares a column with a value goes first and comes last.
        let mut again = Vec::new();
        for (table, columns) in &users {
            for column in columns {
                self.aside_views_of_column(table, column, Fate::Changes);
                let there = self.table(table)?.clone();
                let mut keys = self.aside_keys_of(table, column);
                keys.extend(self.aside_referrers_beside(&there, column));
                for item in keys {
                    statements.extend(standing(item, table, why));
                }
            }
            let (goes, comes) = self.dependents(table, columns)?;
            for item in goes {
                statements.extend(standing(item, table, why));
            }
            again.push((table.clone(), comes));
        }
        push(
            &mut statements,
            format!(
                "ALTER TYPE {} RENAME TO {}",
                qualified(name),
                quote(old.name.as_str())
            ),
        );
        push(&mut statements, create(&pair.to.name, &pair.to.values));
        let mut hazards = Some(hazards);
        for (table, columns) in &users {
            let mut statement = Statement::new(self.moved(table, columns, &lost)?, why);
            statement.hazards = hazards.take().unwrap_or_default();
            statements.push(statement);
        }
        for (table, items) in again {
            for item in items {
                statements.extend(standing(item, &table, why));
            }
        }
        push(&mut statements, format!("DROP TYPE {}", qualified(&old)));
        Ok(statements)
    }

    /// The tables with columns of an enum type. A table that inherits its
    /// columns follows its parent.
    fn users_of(&self, name: &TableName) -> Vec<(TableName, Vec<Name>)> {
        let tables = self.now.schema.tables.values();
        let own = tables.filter(|t| t.options.inherits().is_empty());
        let users = own.map(|table| {
            let columns = table.columns.iter().filter(|c| is_of(&c.ty, name));
            let columns: Vec<Name> = columns.map(|c| c.name.clone()).collect();
            (table.name.clone(), columns)
        });
        users.filter(|(_, columns)| !columns.is_empty()).collect()
    }

    /// The clauses that move the columns of one table to the new type, which
    /// lacks these values.
    fn moved(&mut self, table: &TableName, columns: &[Name], lost: &[&String]) -> Result<String> {
        let mut clauses = Vec::new();
        let there = self.table(table)?.clone();
        for column in there.columns.iter().filter(|c| columns.contains(&c.name)) {
            clauses.extend(drop_default(column).map(|a| a.text().to_owned()));
            // To the server these are two types, so the cast is always told.
            clauses.push(through_text(column));
            if lost
                .iter()
                .any(|value| default_uses(&column.default, value))
            {
                // It has to get another default later in the list.
                if let Some(table) = self.now.schema.tables.get_mut(table) {
                    for own in table.columns.iter_mut().filter(|c| c.name == column.name) {
                        own.default = None;
                    }
                }
            } else {
                clauses.extend(set_default(column).map(|a| a.text().to_owned()));
            }
        }
        let space = if clauses.len() == 1 { " " } else { "\n  " };
        Ok(format!(
            "ALTER TABLE {}{space}{}",
            qualified(table),
            clauses.join(",\n  ")
        ))
    }

    /// What compares one of the columns with a value, taken away and made again.
    fn dependents(
        &mut self,
        table: &TableName,
        columns: &[Name],
    ) -> Result<(Vec<Item>, Vec<Item>)> {
        let there = self.table(table)?.clone();
        let (mut goes, mut comes) = (Vec::new(), Vec::new());
        let mut computed: Vec<Column> = Vec::new();
        for column in columns {
            for user in self.computed_from(&there, column) {
                if computed.iter().all(|c| c.name != user.name) {
                    computed.push(user);
                }
            }
        }
        let anew: Vec<Name> = computed.iter().map(|c| c.name.clone()).collect();
        let goes_along = |part: &dyn Fn(&Name) -> bool| anew.iter().any(part);
        for check in &there.checks {
            let hit = |c: &Name| identifiers::mentions(&check.expression, c, &there);
            if columns.iter().any(hit) && !goes_along(&hit) {
                goes.push(drop_check(check, &there).into());
                comes.push(add_check(check, &there).into());
                comes.extend(self.said_of(table, &check.constraint(&there)));
            }
        }
        for index in &there.indexes {
            let along = goes_along(&|c: &Name| index.uses(c, &there));
            if index_computes(index, columns, &there) && !along {
                let mut index = index.clone();
                index.concurrently = false;
                goes.push(drop_index(&index, table)?);
                comes.push(create_index(&index, table));
                let name = index.name.as_ref().map_or("", Name::as_str);
                comes.extend(self.said_of(table, name));
            }
        }
        for column in computed {
            let (drops, adds) = self.made_anew(&there, &column);
            goes.extend(drops);
            comes.splice(0..0, adds);
        }
        Ok((goes, comes))
    }
}

/// A piece as a statement of its own.
pub(super) fn standing(item: Item, table: &TableName, why: &str) -> Option<Statement> {
    match item {
        Item::Action(action) => Some(Statement::new(
            format!("ALTER TABLE {} {}", qualified(table), action.text()),
            why,
        )),
        Item::Late(sql) => Some(Statement::new(sql, why)),
        Item::Statement(mut statement) | Item::Last(mut statement) | Item::Said(mut statement) => {
            if statement.why.is_empty() {
                why.clone_into(&mut statement.why);
            }
            Some(statement)
        }
    }
}

fn is_of(ty: &ColumnType, name: &TableName) -> bool {
    match ty {
        ColumnType::Enum(own) => own == name,
        ColumnType::Array(of) => is_of(of, name),
        _ => false,
    }
}

/// The clause that moves a column to the type that now has the name of its own.
fn through_text(column: &Column) -> String {
    let mut text = column.clone();
    text.ty = match &column.ty {
        ColumnType::Array(_) => ColumnType::Array(Box::new(ColumnType::Text)),
        _ => ColumnType::Text,
    };
    let quoted = quote(column.name.as_str());
    let via = if matches!(column.ty, ColumnType::Array(_)) {
        "text[]"
    } else {
        "text"
    };
    // `retype` would see text, which has a cast of one step only.
    retype(&text, column).text().replacen(
        &format!("USING {quoted}::"),
        &format!("USING {quoted}::{via}::"),
        1,
    )
}

/// The values that come, if all others stay in their order.
fn added<'v>(from: &[String], to: &'v [String]) -> Option<Vec<&'v String>> {
    let mut left = from.iter().peekable();
    let mut new = Vec::new();
    for value in to {
        if left.peek() == Some(&value) {
            left.next();
        } else {
            new.push(value);
        }
    }
    left.peek().is_none().then_some(new)
}

/// One statement a new value, each beside one that is there by then.
fn add_values(name: &TableName, from: &[String], to: &[String]) -> Vec<String> {
    let mut statements = Vec::new();
    for (n, value) in to.iter().enumerate().filter(|(_, v)| !from.contains(v)) {
        let stays_after = to[n..].iter().any(|v| from.contains(v));
        let place = match n.checked_sub(1).and_then(|n| to.get(n)) {
            _ if !stays_after => String::new(),
            Some(before) => format!(" AFTER {}", string_literal(before)),
            None => from
                .first()
                .map(|first| format!(" BEFORE {}", string_literal(first)))
                .unwrap_or_default(),
        };
        statements.push(format!(
            "ALTER TYPE {} ADD VALUE {}{place}",
            qualified(name),
            string_literal(value)
        ));
    }
    statements
}

/// Whether an operation may need a value to be there.
fn operation_uses(operation: &Operation, value: &str) -> bool {
    match operation {
        Operation::CreateTable(table) => table_uses(table, value),
        Operation::AlterTable { changes, .. } => changes.iter().any(|change| match change {
            TableChange::Column(Change::Add(c) | Change::Alter(Pair { to: c, .. })) => {
                column_uses(c, value)
            }
            TableChange::Check(Change::Add(c) | Change::Alter(Pair { to: c, .. })) => {
                text_uses(&c.expression, value)
            }
            TableChange::Index(Change::Add(i) | Change::Alter(Pair { to: i, .. })) => {
                i.expressions().iter().any(|e| text_uses(e, value))
            }
            _ => false,
        }),
        Operation::Execute(raw) => raw.sql.contains(&string_literal(value)),
        Operation::Object(
            ObjectChange::Create(made) | ObjectChange::Replace(Pair { to: made, .. }),
        ) => made.sql.contains(&string_literal(value)),
        Operation::Object(_)
        | Operation::DropTable(_)
        | Operation::RenameTable(_)
        | Operation::Enum(_)
        | Operation::RenameEnumValue { .. } => false,
    }
}

fn table_uses(table: &Table, value: &str) -> bool {
    table.columns.iter().any(|c| column_uses(c, value))
        || table.checks.iter().any(|c| text_uses(&c.expression, value))
        || table
            .indexes
            .iter()
            .any(|i| i.expressions().iter().any(|e| text_uses(e, value)))
}

fn column_uses(column: &Column, value: &str) -> bool {
    default_uses(&column.default, value)
        || default_uses(&column.fill, value)
        || column
            .generated
            .as_ref()
            .is_some_and(|g| text_uses(&g.expression, value))
}

fn default_uses(default: &Option<DefaultValue>, value: &str) -> bool {
    match default {
        Some(DefaultValue::Literal(Literal::Text(text))) => string_uses(text, value),
        Some(DefaultValue::Expression(expression)) => text_uses(expression, value),
        Some(DefaultValue::Literal(_)) | None => false,
    }
}

fn text_uses(expression: &Expression, value: &str) -> bool {
    let text = expression.as_str();
    let list = tokens::tokens(text);
    let mut strings = list.iter().filter(|token| token.kind == Kind::Text);
    strings.any(|token| tokens::string(token, text).is_some_and(|s| string_uses(&s, value)))
}

/// Whether a string is the value, or an array with it: `{ok,"so so"}`.
fn string_uses(string: &str, value: &str) -> bool {
    let Some(list) = string.strip_prefix('{').and_then(|s| s.strip_suffix('}')) else {
        return string == value;
    };
    let (mut element, mut quoted) = (String::new(), false);
    let mut found = string == value;
    let mut chars = list.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => element.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' | '{' | '}' if !quoted => found |= std::mem::take(&mut element) == value,
            _ => element.push(c),
        }
    }
    found || element == value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[&str]) -> Vec<String> {
        values.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_value_is_found_in_arrays_too() {
        let uses = |text: &str, value: &str| text_uses(&Expression::new(text), value);
        assert!(uses("'ok'::mood", "ok"));
        assert!(uses("ARRAY['sad'::mood, 'ok'::mood]", "ok"));
        assert!(uses("'{sad,ok}'::mood[]", "ok"));
        assert!(uses(
            "'{\"so so\",\"it''s \\\"x\\\"\"}'::mood[]",
            "it's \"x\""
        ));
        assert!(!uses("'{okay,\"so, ok\"}'::mood[]", "ok"));
        assert!(!uses("'okay'::mood", "ok"));
    }

    #[test]
    fn a_value_is_added_beside_one_that_is_there() {
        let adds = |from: &[&str], to: &[&str]| {
            let (from, to) = (list(from), list(to));
            added(&from, &to).map(|_| {
                let all = add_values(&"mood".into(), &from, &to);
                let cut = |s: &String| s.replacen("ALTER TYPE \"mood\" ADD VALUE ", "", 1);
                all.iter().map(cut).collect::<Vec<_>>()
            })
        };
        assert_eq!(adds(&["a"], &["a", "b"]), Some(vec!["'b'".to_owned()]));
        assert_eq!(
            adds(&["a", "c"], &["x", "y", "a", "b", "c", "it's"]),
            Some(vec![
                "'x' BEFORE 'a'".to_owned(),
                "'y' AFTER 'x'".to_owned(),
                "'b' AFTER 'a'".to_owned(),
                "'it''s'".to_owned(),
            ])
        );
        assert_eq!(adds(&["a", "b"], &["b", "a"]), None);
        assert_eq!(adds(&["a", "b"], &["a", "c"]), None);
    }
}
