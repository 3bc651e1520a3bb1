//! What only the server can settle: whether two expressions whose texts differ
//! mean the same.
//!
//! It owns which expressions have to be asked about, and what answers say. It
//! must not know how a server is asked.

use std::collections::{BTreeMap, BTreeSet};

use super::adopt::renamed_before;
use super::{Judge, Naming, Renames, Wanted, adopt};
use crate::error::Result;
use crate::operation::identifiers;
use crate::schema::{
    Column, DefaultValue, Expression, Index, IndexTarget, Name, Schema, Table, TableName,
};

/// Where an expression stands, which decides what the server makes of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// The default of a column.
    Default(Name),
    /// What computes a column; whether it is stored.
    Generated(Name, bool),
    /// A check constraint.
    Check,
    /// A key of an index.
    Key,
    /// The condition of a partial index.
    Predicate,
}

/// One expression of the models whose counterpart in the database reads
/// otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The table, by the name that it has in the end.
    pub table: TableName,
    /// Its columns: with the types that exist, and those that are new.
    pub columns: Vec<Column>,
    /// What the expression is for.
    pub asked: Asked,
    /// The expression in the words of the model.
    pub expression: Expression,
}

/// What a server makes of expressions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    words: BTreeMap<Expression, BTreeSet<Expression>>,
}

impl Answers {
    /// Notes the server's own words for an expression.
    pub fn add(&mut self, expression: &Expression, answer: Expression) {
        let words = self.words.entry(expression.clone()).or_default();
        words.insert(answer);
    }

    /// Notes what was answered elsewhere, or at another time: an answer holds on
    /// every copy of a database.
    pub fn extend(&mut self, others: Self) {
        for (expression, words) in others.words {
            self.words.entry(expression).or_default().extend(words);
        }
    }

    /// Whether one of the two is the server's own words for the other, or both
    /// have the same words.
    pub fn same(&self, a: &Expression, b: &Expression) -> bool {
        let of_a = self.all_words(a);
        self.all_words(b)
            .into_iter()
            .any(|word| of_a.contains(word))
    }

    /// An expression with the server's words for it, the words for those, and
    /// so on.
    fn all_words<'a>(&'a self, expression: &'a Expression) -> BTreeSet<&'a Expression> {
        let mut all = BTreeSet::from([expression]);
        let mut new = vec![expression];
        while let Some(words) = new.pop().map(|word| self.words.get(word)) {
            let words = words.into_iter().flatten();
            new.extend(words.filter(|word| all.insert(word)));
        }
        all
    }

    /// What is left to be asked of questions that no answer has settled. A
    /// server that is told its own words, as by a dump or a copy, may say them
    /// otherwise once more, so it is asked about these as well.
    #[must_use]
    pub fn left_of(&self, questions: Vec<Question>) -> Vec<Question> {
        let mut left = Vec::new();
        for question in questions {
            if !self.words.contains_key(&question.expression) {
                left.push(question);
                continue;
            }
            let words = self.all_words(&question.expression);
            let unasked = words.into_iter().filter(|w| !self.words.contains_key(*w));
            left.extend(unasked.map(|word| Question {
                expression: word.clone(),
                ..question.clone()
            }));
        }
        left
    }
}

/// What the server has to be asked before the models can be compared with the
/// database; nothing where the texts are alike.
///
/// # Errors
/// As [`adopt`].
pub fn unsettled(
    wanted: &Wanted,
    existing: &Schema,
    renames: &Renames,
    judge: &Judge<'_>,
    naming: &Naming,
) -> Result<Vec<Question>> {
    let adopted = adopt(wanted, existing, renames, judge, naming)?;
    let before = renamed_before(existing, &adopted.renames)?;
    let mut questions = Vec::new();
    for table in adopted.schema.tables.values() {
        if let Some(old) = before.table(&table.name) {
            of_table(table, old, &mut questions);
        }
    }
    Ok(questions)
}

fn of_table(table: &Table, old: &Table, questions: &mut Vec<Question>) {
    let mut columns = table.columns.clone();
    for column in &mut columns {
        if let Some(before) = old.column(column.name.as_str()) {
            column.ty = before.ty.clone();
        }
    }
    let mut ask = |asked: Asked, expression: &Expression| {
        // A new column may be of a type that is not there yet.
        let mut columns = columns.clone();
        columns.retain(|column| {
            old.column(column.name.as_str()).is_some()
                || identifiers::mentions(expression, &column.name, table)
        });
        questions.push(Question {
            table: table.name.clone(),
            columns,
            asked,
            expression: expression.clone(),
        });
    };
    for column in &table.columns {
        let Some(before) = old.column(column.name.as_str()) else {
            continue;
        };
        if let (Some(DefaultValue::Expression(to)), Some(from)) = (&column.default, &before.default)
            && column.default.as_ref() != Some(from)
        {
            ask(Asked::Default(column.name.clone()), to);
        }
        if let (Some(to), Some(from)) = (&column.generated, &before.generated)
            && to.expression != from.expression
        {
            let asked = Asked::Generated(column.name.clone(), to.stored);
            ask(asked, &to.expression);
        }
    }
    // A check or an index without its like is new, unless there is one that
    // could be its like in other words.
    let checks: BTreeSet<_> = old.checks.iter().map(|c| &c.expression).collect();
    for check in &table.checks {
        if !checks.is_empty() && !checks.contains(&check.expression) {
            ask(Asked::Check, &check.expression);
        }
    }
    let (keys, predicates) = of_indexes(&old.indexes);
    let (new_keys, new_predicates) = of_indexes(&table.indexes);
    for key in new_keys.difference(&keys).filter(|_| !keys.is_empty()) {
        ask(Asked::Key, key);
    }
    let differing = new_predicates.difference(&predicates);
    for predicate in differing.filter(|_| !predicates.is_empty()) {
        ask(Asked::Predicate, predicate);
    }
}

/// The expressions that are keys, and the conditions.
fn of_indexes(indexes: &[Index]) -> (BTreeSet<&Expression>, BTreeSet<&Expression>) {
    let keys = indexes.iter().flat_map(|index| &index.keys);
    let keys = keys.filter_map(|key| match &key.target {
        IndexTarget::Column(_) => None,
        IndexTarget::Expression(expression) => Some(expression),
    });
    let predicates = indexes.iter().filter_map(|index| index.predicate.as_ref());
    (keys.collect(), predicates.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Check, ColumnType};

    #[test]
    fn a_new_column_is_told_of_only_where_it_is_mentioned() {
        let mut old = Table::new("t");
        old.columns = vec![Column::new("a", ColumnType::Integer)];
        old.checks = vec![Check::new("(a > 0)")];
        let mut table = old.clone();
        table.columns.push(Column::new("b", ColumnType::Integer));
        let mood = ColumnType::Enum(TableName::new("mood"));
        table.columns.push(Column::new("mood", mood));
        table.checks = vec![Check::new("a > 0"), Check::new("a > b")];
        let mut questions = Vec::new();
        of_table(&table, &old, &mut questions);
        let told = |q: &Question| -> Vec<String> {
            q.columns.iter().map(|c| c.name.to_string()).collect()
        };
        let told: Vec<Vec<String>> = questions.iter().map(told).collect();
        assert_eq!(told, [vec!["a"], vec!["a", "b"]]);
    }

    #[test]
    fn answers_work_both_ways_and_through_a_common_word() {
        let e = |text: &str| Expression::new(text);
        let mut answers = Answers::default();
        answers.add(&e("x IN (1, 2)"), e("x = ANY (ARRAY[1, 2])"));
        answers.add(&e("x in (1,2)"), e("x = ANY (ARRAY[1, 2])"));
        assert!(answers.same(&e("x IN (1, 2)"), &e("x = ANY (ARRAY[1, 2])")));
        assert!(answers.same(&e("x = ANY (ARRAY[1, 2])"), &e("x IN (1, 2)")));
        assert!(answers.same(&e("x IN (1, 2)"), &e("x in (1,2)")));
        assert!(!answers.same(&e("x IN (1, 2)"), &e("x = 1")));
    }

    #[test]
    fn words_for_the_servers_own_words_are_asked_for() {
        let e = |text: &str| Expression::new(text);
        let ask = |text: &str| Question {
            table: TableName::default(),
            columns: Vec::new(),
            asked: Asked::Check,
            expression: e(text),
        };
        let mut answers = Answers::default();
        assert_eq!(answers.left_of(vec![ask("a")]), [ask("a")]);
        answers.add(&e("a"), e("b"));
        assert!(!answers.same(&e("a"), &e("c")));
        assert_eq!(answers.left_of(vec![ask("a")]), [ask("b")]);
        answers.add(&e("b"), e("c"));
        assert!(answers.same(&e("a"), &e("c")));
        assert_eq!(answers.left_of(vec![ask("a")]), [ask("c")]);
        // Nothing is asked for ever.
        answers.add(&e("c"), e("c"));
        assert_eq!(answers.left_of(vec![ask("a")]), []);
    }
}
