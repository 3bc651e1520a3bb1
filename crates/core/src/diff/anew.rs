//! What has to be said anew though the models did not change it.
//!
//! A database that reads an expression again, when a column that it mentions
//! gets another type, may keep conversions in it that only that type asked for.
//! With the first type back, they would stay: so a check or an index goes before
//! such a change and comes back behind it, both ways, and a computed column is
//! told again what computes it.

use super::{Judge, order};
use crate::change::{Change, Pair};
use crate::operation::part::Part;
use crate::operation::{Operation, TableChange, identifiers};
use crate::schema::{Column, ColumnType, Expression, Generated, IndexTarget, Name, Schema, Table};

/// Which types are not read alike: [`crate::dialect::Dialect::keeps_conversions`].
pub type Keeps<'a> = &'a dyn Fn(Pair<&ColumnType>) -> bool;

/// Adds to the operations what has to be said anew around them: what goes is in
/// the words of the database, what comes in those of the models, which hold for
/// the new type. `sides` are the schema that the operations start from, and the
/// one of the models.
pub fn say_anew(
    operations: &mut [Operation],
    sides: Pair<&Schema>,
    keeps: Keeps<'_>,
    judge: &Judge<'_>,
) {
    let Pair {
        from: before,
        to: models,
    } = sides;
    let mut schema = before.clone();
    for operation in operations {
        let from = match operation {
            Operation::AlterTable { table, .. } => schema.table(table).cloned(),
            _ => None,
        };
        // What cannot be replayed is refused elsewhere, with the reason.
        if operation.apply(&mut schema).is_err() {
            return;
        }
        if let (Some(from), Operation::AlterTable { table, changes }) = (from, operation)
            && let Some(to) = schema.table(table)
        {
            let said = |expression: &Expression| {
                let model = models.table(table);
                let words = model.and_then(|model| words_for(expression, model, judge));
                words.unwrap_or(expression).clone()
            };
            of_table(changes, Pair::new(&from, to), keeps, &said);
        }
    }
}

/// The words that the model of a table has for an expression of the database.
fn words_for<'m>(
    known: &Expression,
    model: &'m Table,
    judge: &Judge<'_>,
) -> Option<&'m Expression> {
    let checks = model.checks.iter().flat_map(Part::expressions);
    let mut said = checks.chain(model.indexes.iter().flat_map(Part::expressions));
    said.find(|said| (judge.same_expression)(said, known))
}

fn of_table(
    changes: &mut Vec<TableChange>,
    tables: Pair<&Table>,
    keeps: Keeps<'_>,
    said: &dyn Fn(&Expression) -> Expression,
) {
    let retyped = changes.iter().filter_map(|change| match change {
        TableChange::Column(Change::Alter(pair)) => {
            let (from, to) = (&pair.from.ty, &pair.to.ty);
            (from != to && keeps(Pair::new(from, to))).then(|| pair.from.name.clone())
        }
        _ => None,
    });
    let retyped: Vec<Name> = retyped.collect();
    if retyped.is_empty() {
        return;
    }
    let Pair { from, to } = tables;
    let checks = staying(&from.checks, &to.checks, &retyped, from);
    let indexes = staying(&from.indexes, &to.indexes, &retyped, from);
    // What changes over such a column has to be gone by then, too.
    let sides = tables.map(Some);
    for change in std::mem::take(changes) {
        let halves = order::halves(&change, &sides);
        let over = |change: &TableChange| match change {
            TableChange::Check(Change::Drop(check)) => is_over(check, &retyped, from),
            TableChange::Index(Change::Drop(index)) => is_over(index, &retyped, from),
            _ => false,
        };
        match (halves.from, halves.to) {
            (Some(drop), Some(add)) if over(&drop) => {
                changes.push(drop);
                changes.push(said_anew(add, said));
            }
            _ => changes.push(change),
        }
    }
    for check in checks {
        changes.push(TableChange::Check(Change::Drop(check.clone())));
        changes.push(said_anew(TableChange::Check(Change::Add(check)), said));
    }
    for index in indexes {
        changes.push(TableChange::Index(Change::Drop(index.clone())));
        changes.push(said_anew(TableChange::Index(Change::Add(index)), said));
    }
    let altered = |column: &Column| {
        changes.iter().any(|change| match change {
            TableChange::Column(Change::Alter(pair)) => pair.from.name == column.name,
            _ => false,
        })
    };
    let computed = |column: &&Column| {
        let over = |of: &Generated| mentions_any(&of.expression, &retyped, from);
        !altered(column)
            && to.columns.contains(column)
            && column.generated.as_ref().is_some_and(over)
    };
    let computed: Vec<Column> = from.columns.iter().filter(computed).cloned().collect();
    let again = |column: Column| Change::Alter(Pair::new(column.clone(), column));
    changes.extend(computed.into_iter().map(again).map(TableChange::Column));
    order::within(changes);
}

fn mentions_any(expression: &Expression, columns: &[Name], table: &Table) -> bool {
    let mut columns = columns.iter();
    columns.any(|column| identifiers::mentions(expression, column, table))
}

/// Of the parts that stay as they are, those with an expression over one of the
/// columns.
fn staying<T: Part>(from: &[T], to: &[T], columns: &[Name], table: &Table) -> Vec<T> {
    let stays = |part: &&T| to.contains(part) && is_over(*part, columns, table);
    from.iter().filter(stays).cloned().collect()
}

/// Whether an expression of a part mentions one of the columns.
fn is_over<T: Part>(part: &T, columns: &[Name], table: &Table) -> bool {
    let mut expressions = part.expressions().into_iter();
    expressions.any(|expression| mentions_any(expression, columns, table))
}

/// The addition of a check or an index, in these words.
fn said_anew(mut change: TableChange, said: &dyn Fn(&Expression) -> Expression) -> TableChange {
    match &mut change {
        TableChange::Check(Change::Add(check)) => check.expression = said(&check.expression),
        TableChange::Index(Change::Add(index)) => {
            index.predicate = index.predicate.as_ref().map(said);
            for key in &mut index.keys {
                if let IndexTarget::Expression(expression) = &mut key.target {
                    *expression = said(expression);
                }
            }
        }
        _ => {}
    }
    change
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::diff::SharedNames;
    use crate::schema::{Check, TableName};

    fn table(ty: ColumnType) -> Table {
        let mut table = Table::new("t");
        table.columns = vec![
            Column::new("price", ty),
            Column::new("other", ColumnType::Text),
        ];
        for (name, expression) in [("ck_price", "price > 0"), ("ck_other", "other <> ''")] {
            table.checks.push(Check {
                name: Some(Name::from(name)),
                ..Check::new(expression)
            });
        }
        table.sort_lists();
        table
    }

    /// The table of a model that has other words for the check.
    fn said_otherwise(mut table: Table) -> Table {
        table.checks[1].expression = "0 < price".into();
        table
    }

    #[test]
    fn a_check_over_a_column_with_another_type_goes_and_comes() {
        let (from, to) = (table(ColumnType::Integer), table(ColumnType::Double));
        let mut before = Schema::default();
        before.tables.insert("t".into(), from.clone());
        let change = Pair::new(from.columns[0].clone(), to.columns[0].clone());
        let alter = TableChange::Column(Change::Alter(change));
        let operations = [Operation::AlterTable {
            table: "t".into(),
            changes: vec![alter.clone()],
        }];
        let mut told = operations.clone();
        let mut models = Schema::default();
        models.tables.insert("t".into(), said_otherwise(to));
        let sides = || Pair::new(&before, &models);
        let judge = Judge {
            accepts: &|_, _| false,
            same_expression: &|a, b| a == b || a.as_str() == "0 < price",
            fold_name: &str::to_owned,
            shared_names: SharedNames::default(),
        };
        say_anew(&mut told, sides(), &|_| false, &judge);
        assert_eq!(told, operations);

        let mut told = operations.clone();
        say_anew(&mut told, sides(), &|_| true, &judge);
        let check = from.checks[1].clone();
        let mut new = check.clone();
        new.expression = "0 < price".into();
        let changes = vec![
            TableChange::Check(Change::Drop(check.clone())),
            alter.clone(),
            TableChange::Check(Change::Add(new)),
        ];
        let table = "t".into();
        assert_eq!(told, [Operation::AlterTable { table, changes }]);
        let mut schema = before.clone();
        told[0].apply(&mut schema).unwrap();
        told[0].clone().reverse().apply(&mut schema).unwrap();
        assert_eq!(schema, before);
    }

    #[test]
    fn a_check_that_changes_over_such_a_column_goes_before_it() {
        let (from, to) = (table(ColumnType::Text), table(ColumnType::Date));
        let (old, mut new) = (from.checks[1].clone(), from.checks[1].clone());
        new.name = Some("ck_new".into());
        let retyped = TableChange::Column(Change::Alter(Pair::new(
            from.columns[0].clone(),
            to.columns[0].clone(),
        )));
        let mut altered = old.clone();
        altered.expression = "price <> other".into();
        let names = Pair::new("ck_price".into(), "ck_new".into());
        let mut before = Schema::default();
        before.tables.insert("t".into(), from);
        let judge = Judge {
            accepts: &|_, _| false,
            same_expression: &|a, b| a == b,
            fold_name: &str::to_owned,
            shared_names: SharedNames::default(),
        };
        for (change, new) in [
            (Change::Rename(names), new),
            (
                Change::Alter(Pair::new(old.clone(), altered.clone())),
                altered,
            ),
        ] {
            let table: TableName = "t".into();
            let mut told = [Operation::AlterTable {
                table: table.clone(),
                changes: vec![retyped.clone(), TableChange::Check(change)],
            }];
            say_anew(
                &mut told,
                Pair::new(&before, &Schema::default()),
                &|_| true,
                &judge,
            );
            let changes = vec![
                TableChange::Check(Change::Drop(old.clone())),
                retyped.clone(),
                TableChange::Check(Change::Add(new)),
            ];
            assert_eq!(told, [Operation::AlterTable { table, changes }]);
        }
    }
}
