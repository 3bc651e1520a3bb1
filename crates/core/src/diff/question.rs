//! What only the server can settle: whether two expressions whose texts differ
//! mean the same.
//!
//! It owns which expressions have to be asked about, and what answers say. It
//! must not know how a server is asked.

use std::collections::{BTreeMap, BTreeSet};

use super::adopt::renamed_before;
use super::{Judge, Naming, Renames, ValuesOf, Wanted, adopt};
use crate::error::Result;
use crate::operation::identifiers;
use crate::operation::references::enum_of;
use crate::schema::{
    Check, Column, DefaultValue, EnumType, Expression, Index, IndexTarget, Name, Schema, Table,
    TableName,
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
    /// Its columns as they are to be, with the types that they have where others
    /// do not exist yet.
    pub columns: Vec<Column>,
    /// The enum types whose values have the names already that they will have.
    pub enums: Vec<EnumType>,
    /// What the expression is for.
    pub asked: Asked,
    /// The expression in the words of the model; also in those of the database
    /// where a column that it mentions gets another type.
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
    let is_renamed = |ty: &EnumType| {
        let of = ValuesOf::Enum(ty.name.clone());
        adopted.renames.values.iter().any(|(own, _)| *own == of)
    };
    let enums: Vec<EnumType> = (before.enums.values())
        .filter(|ty| is_renamed(ty))
        .cloned()
        .collect();
    let mut questions = Vec::new();
    for table in adopted.schema.tables.values() {
        if let Some(old) = before.table(&table.name) {
            of_table(table, old, &existing.enums, &mut questions);
        }
    }
    for question in &mut questions {
        question.enums.clone_from(&enums);
    }
    Ok(questions)
}

fn of_table(
    table: &Table,
    old: &Table,
    types: &BTreeMap<TableName, EnumType>,
    questions: &mut Vec<Question>,
) {
    let mut columns = table.columns.clone();
    let mut retyped = Vec::new();
    for column in &mut columns {
        let Some(before) = old.column(column.name.as_str()) else {
            continue;
        };
        if enum_of(&mut column.ty).is_some_and(|name| !types.contains_key(name)) {
            column.ty = before.ty.clone();
        }
        if column.ty != before.ty || column.collation != before.collation {
            retyped.push(column.name.clone());
        }
    }
    let mut ask = |asked: Asked, expression: &Expression| {
        let mut columns = columns.clone();
        // A default is set anew with the type.
        for column in &mut columns {
            if let (Asked::Default(name), Some(before)) = (&asked, old.column(column.name.as_str()))
                && column.name == *name
            {
                column.ty = before.ty.clone();
            }
        }
        // A new column may be of a type that is not there yet.
        columns.retain(|column| {
            old.column(column.name.as_str()).is_some()
                || identifiers::mentions(expression, &column.name, table)
        });
        questions.push(Question {
            table: table.name.clone(),
            columns,
            enums: Vec::new(),
            asked,
            expression: expression.clone(),
        });
    };
    // What the database has of a column that gets another type is read anew, in
    // the words that it was kept in: casts to the old type stay in it.
    let read_anew = |expression: &Expression| {
        let mut retyped = retyped.iter();
        retyped.any(|column| identifiers::mentions(expression, column, old))
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
            if read_anew(&from.expression) {
                ask(asked.clone(), &from.expression);
            }
            ask(asked, &to.expression);
        }
    }
    // A check or an index without its like is new, unless there is one that
    // could be its like in other words.
    let of_checks = |checks: &[Check]| checks.iter().map(|c| c.expression.clone()).collect();
    let (keys, predicates) = of_indexes(&old.indexes);
    let (new_keys, new_predicates) = of_indexes(&table.indexes);
    let lists: [(Asked, BTreeSet<Expression>, BTreeSet<Expression>); 3] = [
        (
            Asked::Check,
            of_checks(&old.checks),
            of_checks(&table.checks),
        ),
        (Asked::Key, keys, new_keys),
        (Asked::Predicate, predicates, new_predicates),
    ];
    for (asked, old, new) in lists {
        let unlike: Vec<&Expression> = new.difference(&old).collect();
        if old.is_empty() || unlike.is_empty() {
            continue;
        }
        let anew = old.difference(&new).filter(|e| read_anew(e));
        for expression in anew.chain(unlike) {
            ask(asked.clone(), expression);
        }
    }
}

/// The expressions that are keys, and the conditions.
fn of_indexes(indexes: &[Index]) -> (BTreeSet<Expression>, BTreeSet<Expression>) {
    let keys = indexes.iter().flat_map(|index| &index.keys);
    let keys = keys.filter_map(|key| match &key.target {
        IndexTarget::Column(_) => None,
        IndexTarget::Expression(expression) => Some(expression.clone()),
    });
    let predicates = indexes.iter().filter_map(|index| index.predicate.clone());
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
        of_table(&table, &old, &BTreeMap::new(), &mut questions);
        let told = |q: &Question| -> Vec<String> {
            q.columns.iter().map(|c| c.name.to_string()).collect()
        };
        let told: Vec<Vec<String>> = questions.iter().map(told).collect();
        assert_eq!(told, [vec!["a"], vec!["a", "b"]]);
    }

    #[test]
    fn a_column_that_gets_another_type_has_what_mentions_it_read_anew() {
        let mut old = Table::new("t");
        old.columns = vec![
            Column::new("a", ColumnType::Double),
            Column::new("b", ColumnType::Double),
        ];
        let (of_a, of_b) = ("a > (0)::double precision", "b > (0)::double precision");
        old.checks = vec![Check::new(of_a), Check::new(of_b)];
        let mut table = old.clone();
        table.columns[0].ty = ColumnType::BigInteger;
        table.checks = vec![Check::new("a > 0"), Check::new("b > 0")];
        let mut questions = Vec::new();
        of_table(&table, &old, &BTreeMap::new(), &mut questions);
        let told: Vec<(&str, &ColumnType)> = questions
            .iter()
            .map(|q| (q.expression.as_str(), &q.columns[0].ty))
            .collect();
        let new = &ColumnType::BigInteger;
        assert_eq!(told, [(of_a, new), ("a > 0", new), ("b > 0", new)]);
        // A type that is still to be made cannot be asked about.
        table.columns[0].ty = ColumnType::Enum(TableName::new("mood"));
        questions.clear();
        of_table(&table, &old, &BTreeMap::new(), &mut questions);
        assert!(
            questions
                .iter()
                .all(|q| q.columns[0].ty == ColumnType::Double)
        );
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
            enums: Vec::new(),
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
