//! The laws of the core, each over schemas at random.
//!
//! A law is a function, so that it can be held against as many cases as there
//! is time for.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use aludel_core::change::{Change, Pair};
use aludel_core::dialect::{Snapshot, lower_all};
use aludel_core::diff::{Judge, Naming, Renames, Wanted, adopt, diff, diff_on, same};
use aludel_core::hazard::hazards;
use aludel_core::operation::{Operation, TableChange, reverse_all};
use aludel_core::schema::{Name, Schema, TableName};
use proptest::prelude::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestRng, TestRunner};

use crate::generate::{
    Choices, Ground, arbitrary_pair, arbitrary_schema, arbitrary_schema_and_choices,
};
use crate::world::told;

/// Holds a law against so many values.
pub(crate) fn hold<T: std::fmt::Debug>(
    cases: u32,
    values: impl Strategy<Value = T>,
    law: impl Fn(&T) -> Result<(), String>,
) -> Result<(), String> {
    hold_and_shrink(cases, shrinks(), values, law)
}

/// The same, where a failing case is made smaller so often.
pub(crate) fn hold_and_shrink<T: std::fmt::Debug>(
    cases: u32,
    shrinks: u32,
    values: impl Strategy<Value = T>,
    law: impl Fn(&T) -> Result<(), String>,
) -> Result<(), String> {
    let config = Config {
        cases,
        failure_persistence: None,
        max_global_rejects: cases.saturating_mul(10).max(1024),
        max_shrink_iters: shrinks,
        ..Config::default()
    };
    // The same cases on every run, so that a change is judged by itself.
    let rng = match seed() {
        Some(seed) => {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&seed.to_le_bytes());
            TestRng::from_seed(config.rng_algorithm, &bytes)
        }
        None => TestRng::deterministic_rng(config.rng_algorithm),
    };
    let mut runner = TestRunner::new_with_rng(config, rng);
    runner
        .run(&values, |value| law(&value).map_err(TestCaseError::fail))
        .map_err(|failure| match seed() {
            Some(seed) => format!("seed {seed}, {cases} cases: {failure}"),
            None => failure.to_string(),
        })
}

/// What `ALUDEL_LAW_SEED` makes the cases of.
fn seed() -> Option<u64> {
    let named = std::env::var("ALUDEL_LAW_SEED").ok();
    named.and_then(|n| n.parse().ok())
}

/// How often a failing case is made smaller; `ALUDEL_LAW_SHRINKS` says another
/// number where each time takes long.
pub(crate) fn shrinks() -> u32 {
    let named = std::env::var("ALUDEL_LAW_SHRINKS").ok();
    named.and_then(|n| n.parse().ok()).unwrap_or(500)
}

/// `Ok` if the two are the same, else both.
fn must_be_same(got: &Schema, want: &Schema, operations: &[Operation]) -> Result<(), String> {
    if same(got, want) {
        return Ok(());
    }
    let left = diff(Pair::new(got, want), &Renames::default());
    Err(format!("left {left:#?}\nby {operations:#?}"))
}

/// The schema after the operations.
pub fn replay(schema: &Schema, operations: &[Operation]) -> Result<Schema, String> {
    let mut schema = schema.clone();
    for operation in operations {
        operation
            .apply(&mut schema)
            .map_err(|error| format!("{error}\nat {operation:#?}\nof {operations:#?}"))?;
    }
    Ok(schema)
}

fn difference(ground: Ground, pair: &Pair<Schema>) -> Vec<Operation> {
    let shared = ground.dialect().shared_names();
    diff_on(shared, pair.as_ref(), &Renames::default())
}

/// A judge that knows no more than texts.
fn with_judge<T>(ground: Ground, run: impl FnOnce(&Judge<'_>) -> T) -> T {
    run(&Judge {
        accepts: &|_, _| false,
        same_expression: &|a, b| a == b,
        fold_name: &|name| ground.dialect().fold_name(name),
        shared_names: ground.dialect().shared_names(),
    })
}

fn adopted(
    ground: Ground,
    wanted: Schema,
    existing: &Schema,
    renames: &Renames,
) -> Result<(Schema, Renames), String> {
    let wanted = Wanted {
        schema: wanted,
        ..Wanted::default()
    };
    let adopted = with_judge(ground, |judge| {
        adopt(&wanted, existing, renames, judge, &Naming::default())
    });
    let adopted = adopted.map_err(|error| format!("{error}: {:?}", error.hint))?;
    Ok((adopted.schema, adopted.renames))
}

/// `diff(x, x)` is empty.
pub fn same_means_same(ground: Ground, cases: u32) -> Result<(), String> {
    hold(cases, arbitrary_schema(ground), |schema| {
        let found = diff(Pair::new(schema, schema), &Renames::default());
        if found.is_empty() {
            Ok(())
        } else {
            Err(format!("{found:#?}"))
        }
    })
}

/// `canonical(canonical(a)) == canonical(a)`.
pub fn canonical_is_idempotent(ground: Ground, cases: u32) -> Result<(), String> {
    hold(cases, arbitrary_schema(ground), |schema| {
        let once = ground.dialect().canonical(schema.clone());
        let twice = ground.dialect().canonical(once.clone());
        if once == twice && (once == *schema || ground.is_sqlite()) {
            Ok(())
        } else {
            Err(format!("once {once:#?}\ntwice {twice:#?}"))
        }
    })
}

/// What is foretold of a database that was made from a schema, upgraded and
/// downgraded again is what was wanted of it each time.
pub fn lowering_foretells(ground: Ground, cases: u32) -> Result<(), String> {
    let dialect = ground.dialect();
    let none = Renames::default();
    hold(cases, arbitrary_pair(ground), |pair| {
        let lower = |before: &Snapshot, operations: &[Operation]| {
            let lowered = lower_all(dialect, before, operations);
            let words = |e| format!("{e}\n{operations:#?}");
            lowered.map(|(_, after)| after).map_err(words)
        };
        let empty = Snapshot::default();
        let (from, _) = adopted(ground, pair.from.clone(), &empty.schema, &none)?;
        let create = diff(Pair::new(&empty.schema, &from), &none);
        let start = lower(&empty, &create)?;
        must_be_same(&start.schema, &from, &create)?;
        let (to, _) = adopted(ground, pair.to.clone(), &from, &none)?;
        let there = told(dialect, diff(Pair::new(&start.schema, &to), &none));
        let end = lower(&start, &there)?;
        must_be_same(&end.schema, &to, &there)?;
        let back = reverse_all(there);
        let again = lower(&end, &back)?;
        must_be_same(&again.schema, &from, &back)
    })
}

/// `replay(a, diff(a, b)) == b`.
pub fn replay_gets_there(ground: Ground, cases: u32) -> Result<(), String> {
    hold(cases, arbitrary_pair(ground), |pair| {
        let operations = difference(ground, pair);
        must_be_same(&replay(&pair.from, &operations)?, &pair.to, &operations)
    })
}

/// `replay(b, reverse_all(diff(a, b))) == a`.
pub fn reverse_gets_back(ground: Ground, cases: u32) -> Result<(), String> {
    hold(cases, arbitrary_pair(ground), |pair| {
        let operations = reverse_all(difference(ground, pair));
        must_be_same(&replay(&pair.to, &operations)?, &pair.from, &operations)
    })
}

/// At no point on the way there or back do two things have one name that may
/// stand only once.
pub fn shared_names_never_collide(ground: Ground, cases: u32) -> Result<(), String> {
    hold(cases, arbitrary_pair(ground), |pair| {
        let operations = difference(ground, pair);
        let there = (&pair.from, single_changes(operations.clone()));
        let back = (&pair.to, single_changes(reverse_all(operations)));
        for (start, steps) in [there, back] {
            let mut schema = start.clone();
            for step in &steps {
                step.apply(&mut schema).map_err(|e| e.to_string())?;
                if let Some(name) = twice(ground, &schema) {
                    return Err(format!("two of {name:?} after {step:#?}\nin {steps:#?}"));
                }
            }
        }
        Ok(())
    })
}

/// A name that stands twice where it may stand only once.
fn twice(ground: Ground, schema: &Schema) -> Option<(&'static str, Option<&TableName>, &Name)> {
    let shared = ground.dialect().shared_names();
    let mut names = BTreeSet::new();
    let mut all = Vec::new();
    for table in schema.tables.values() {
        let own = |shared: bool| (!shared).then_some(&table.name);
        let indexes = table.indexes.iter().filter_map(|i| i.name.as_ref());
        all.extend(indexes.map(|n| ("index", own(shared.indexes), n)));
        if !ground.is_sqlite() {
            let uniques = table.uniques.iter().filter_map(|u| u.name.as_ref());
            let key = table.primary_key.iter().filter_map(|k| k.name.as_ref());
            let key = key.filter(|_| ground.is_postgres());
            let both = uniques.chain(key);
            all.extend(both.map(|n| ("index", own(shared.uniques), n)));
        }
        let keys = table.foreign_keys.iter().filter_map(|k| k.name.as_ref());
        all.extend(keys.map(|n| ("foreign key", own(shared.foreign_keys), n)));
        let checks = table.checks.iter().filter_map(|c| c.name.as_ref());
        all.extend(checks.map(|n| ("check", own(shared.checks), n)));
    }
    all.into_iter().find(|name| !names.insert(*name))
}

/// The operations with every batch taken apart.
fn single_changes(operations: Vec<Operation>) -> Vec<Operation> {
    let apart = operations
        .into_iter()
        .flat_map(|operation| match operation {
            Operation::AlterTable { table, changes } => changes
                .into_iter()
                .map(|change| Operation::AlterTable {
                    table: table.clone(),
                    changes: vec![change],
                })
                .collect(),
            other => vec![other],
        });
    apart.collect()
}

/// `reverse(reverse(x)) == x`, and each step says what it is and may do.
pub fn reverse_is_its_own_inverse(ground: Ground, cases: u32) -> Result<(), String> {
    hold(cases, arbitrary_pair(ground), |pair| {
        let operations = difference(ground, pair);
        if reverse_all(reverse_all(operations.clone())) != operations {
            return Err(format!("{operations:#?}"));
        }
        let mut before = pair.from.clone();
        for operation in &operations {
            if operation.describe().len() != hazards(operation, &before).len() {
                return Err(format!("hazards are not aligned: {operation:#?}"));
            }
            operation.apply(&mut before).map_err(|e| e.to_string())?;
        }
        Ok(())
    })
}

/// What differs is seen: `diff(a, b)` is empty only where the two are the same.
pub fn different_means_seen(ground: Ground, cases: u32) -> Result<(), String> {
    hold(cases, arbitrary_pair(ground), |pair| {
        if difference(ground, pair).is_empty() == same(&pair.from, &pair.to) {
            Ok(())
        } else {
            Err(format!("{:#?}", difference(ground, pair)))
        }
    })
}

/// `adopt(b, b) == b`: a schema that exists leaves nothing to adopt.
pub fn adopt_is_idempotent(ground: Ground, cases: u32) -> Result<(), String> {
    hold(cases, arbitrary_schema(ground), |schema| {
        let (adopted, _) = adopted(ground, schema.clone(), schema, &Renames::default())?;
        if adopted == *schema {
            Ok(())
        } else {
            Err(format!("{adopted:#?}"))
        }
    })
}

/// What has no name in the models takes the one that exists.
pub fn adopt_takes_names_that_exist(ground: Ground, cases: u32) -> Result<(), String> {
    hold(cases, arbitrary_schema(ground), |schema| {
        let (adopted, renames) = adopted(ground, nameless(schema), schema, &Renames::default())?;
        let found = diff(Pair::new(schema, &adopted), &renames);
        if found.is_empty() {
            Ok(())
        } else {
            Err(format!("{found:#?}"))
        }
    })
}

/// Adopting goes where it should: the difference to what was adopted leads
/// there and back, and afterwards there is nothing left to do.
pub fn adopt_settles(ground: Ground, cases: u32) -> Result<(), String> {
    hold(cases, arbitrary_pair(ground), |pair| {
        let wanted = nameless(&pair.to);
        let (goal, renames) = adopted(ground, wanted.clone(), &pair.from, &Renames::default())?;
        let operations = diff(Pair::new(&pair.from, &goal), &renames);
        let after = replay(&pair.from, &operations)?;
        must_be_same(&after, &goal, &operations)?;
        let (again, renames) = adopted(ground, wanted, &after, &Renames::default())?;
        let left = diff(Pair::new(&after, &again), &renames);
        if !left.is_empty() {
            return Err(format!("left {left:#?}\nafter {operations:#?}"));
        }
        let back = reverse_all(operations);
        must_be_same(&replay(&after, &back)?, &pair.from, &back)
    })
}

fn nameless(schema: &Schema) -> Schema {
    let mut schema = schema.clone();
    for table in schema.tables.values_mut() {
        table.uniques.iter_mut().for_each(|u| u.name = None);
        table.foreign_keys.iter_mut().for_each(|k| k.name = None);
        table.checks.iter_mut().for_each(|c| c.name = None);
        table.indexes.iter_mut().for_each(|i| i.name = None);
        table.primary_key.iter_mut().for_each(|k| k.name = None);
        table.sort_lists();
        table.columns.reverse();
    }
    schema
}

/// Told renames are done as renames, also where names are swapped, and nothing
/// but renames is left to do.
pub fn renames_are_renames(ground: Ground, cases: u32) -> Result<(), String> {
    hold(
        cases,
        arbitrary_schema_and_choices(ground),
        |(schema, choices)| {
            let (told, wanted) = renamed(schema, &mut choices.clone())?;
            let (goal, renames) = adopted(ground, wanted, schema, &told)?;
            let operations = diff(Pair::new(schema, &goal), &renames);
            if let Some(other) = operations.iter().find(|o| !is_rename(o)) {
                return Err(format!("{other:#?}\namong {operations:#?}"));
            }
            must_be_same(&replay(schema, &operations)?, &goal, &operations)?;
            let back = reverse_all(operations);
            must_be_same(&replay(&goal, &back)?, schema, &back)
        },
    )
}

fn is_rename(operation: &Operation) -> bool {
    match operation {
        Operation::RenameTable(_) => true,
        Operation::AlterTable { changes, .. } => changes
            .iter()
            .all(|c| matches!(c, TableChange::Column(Change::Rename(_)))),
        _ => false,
    }
}

/// Some renames of tables and columns, and the schema with them done.
fn renamed(schema: &Schema, choices: &mut Choices) -> Result<(Renames, Schema), String> {
    let mut told = Renames::default();
    let mut wanted = schema.clone();
    let mut tables: Vec<TableName> = schema.tables.keys().cloned().collect();
    if let [first, .., last] = tables.as_slice()
        && choices.once_in(2)
    {
        let (first, last) = (first.clone(), last.clone());
        let through = TableName::new("through");
        for pair in [(&first, &through), (&last, &first), (&through, &last)] {
            rename_table(&mut wanted, pair.0, pair.1)?;
        }
        told.tables.push(Pair::new(first.clone(), last.clone()));
        told.tables.push(Pair::new(last, first));
    } else if let Some(first) = tables.first_mut() {
        let to = TableName::new("a new \"name\"");
        rename_table(&mut wanted, first, &to)?;
        told.tables.push(Pair::new(first.clone(), to.clone()));
        *first = to;
    }
    for table in tables {
        let Some(columns) = wanted.table(&table).map(|t| t.columns.clone()) else {
            continue;
        };
        let mut pairs: Vec<(Name, Name)> = Vec::new();
        if let [first, .., last] = columns.as_slice()
            && choices.once_in(2)
        {
            pairs.push((first.name.clone(), last.name.clone()));
            pairs.push((last.name.clone(), first.name.clone()));
            let through = Name::from("through");
            rename_column(&mut wanted, &table, &first.name, &through)?;
            rename_column(&mut wanted, &table, &last.name, &first.name)?;
            rename_column(&mut wanted, &table, &through, &last.name)?;
        } else if let Some(column) = choices.pick(&columns) {
            let to = Name::from("new \"column\"");
            rename_column(&mut wanted, &table, &column.name, &to)?;
            pairs.push((column.name.clone(), to));
        }
        let pairs = pairs.into_iter().map(|(from, to)| Pair::new(from, to));
        told.columns.extend(pairs.map(|pair| (table.clone(), pair)));
    }
    Ok((told, wanted))
}

fn rename_table(schema: &mut Schema, from: &TableName, to: &TableName) -> Result<(), String> {
    Operation::RenameTable(Pair::new(from.clone(), to.clone()))
        .apply(schema)
        .map_err(|e| e.to_string())
}

fn rename_column(
    schema: &mut Schema,
    table: &TableName,
    from: &Name,
    to: &Name,
) -> Result<(), String> {
    let names = Pair::new(from.clone(), to.clone());
    Operation::AlterTable {
        table: table.clone(),
        changes: vec![TableChange::Column(Change::Rename(names))],
    }
    .apply(schema)
    .map_err(|e| e.to_string())
}

/// The same input gives the same operations.
pub fn the_same_every_time(ground: Ground, cases: u32) -> Result<(), String> {
    hold(cases, arbitrary_pair(ground), |pair| {
        if difference(ground, pair) == difference(ground, &pair.clone()) {
            Ok(())
        } else {
            Err("two runs differ".to_owned())
        }
    })
}

/// Random pairs reach every operation that a diff can have on the database, so
/// that the other laws are about all of them.
pub fn pairs_reach_every_operation(ground: Ground, cases: u32) -> Result<(), String> {
    let met = RefCell::new(BTreeMap::<&'static str, usize>::new());
    // Some are rare, as a foreign key that only acts otherwise.
    hold(cases * 8, arbitrary_pair(ground), |pair| {
        let described = difference(ground, pair)
            .into_iter()
            .flat_map(|o| o.describe());
        for description in described {
            *met.borrow_mut().entry(description.op).or_default() += 1;
        }
        Ok(())
    })?;
    let mut expected = vec![
        "create_table",
        "drop_table",
        "add_column",
        "drop_column",
        "alter_column",
        "create_index",
        "drop_index",
        "alter_index",
        "rename_index",
        "create_unique_constraint",
        "drop_unique_constraint",
        "alter_unique_constraint",
        "create_foreign_key",
        "drop_foreign_key",
        "alter_foreign_key",
        "create_check_constraint",
        "drop_check_constraint",
        "create_primary_key",
        "drop_primary_key",
        "alter_primary_key",
        "rename_constraint",
    ];
    if ground.is_mysql() {
        // A primary key has no name there.
        expected.retain(|op| *op != "alter_unique_constraint");
    }
    if ground.is_sqlite() {
        expected.push("set_options");
    } else {
        expected.push("set_comment");
    }
    if ground.is_postgres() {
        expected.extend(["create_enum", "alter_enum", "drop_enum"]);
    }
    let met = met.into_inner();
    let missing: Vec<&str> = expected
        .into_iter()
        .filter(|op| !met.contains_key(op))
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("never met {missing:?}; met {met:?}"))
    }
}

#[cfg(test)]
mod tests {
    const CASES: u32 = 128;

    /// One test a law and a database.
    macro_rules! laws {
        ($($law:ident)*) => {
            mod sqlite { $(law!($law, SQLITE);)* }
            mod postgres { law!(lowering_foretells, POSTGRES); $(law!($law, POSTGRES);)* }
            mod mariadb { law!(lowering_foretells, MARIADB); $(law!($law, MARIADB);)* }
            mod mysql { law!(lowering_foretells, MYSQL); $(law!($law, MYSQL);)* }
        };
    }

    macro_rules! law {
        ($law:ident, $ground:ident) => {
            #[test]
            fn $law() -> Result<(), String> {
                crate::laws::$law(crate::generate::Ground::$ground, super::CASES)
            }
        };
    }

    laws! {
        canonical_is_idempotent
        pairs_reach_every_operation
        same_means_same
        replay_gets_there
        reverse_gets_back
        shared_names_never_collide
        reverse_is_its_own_inverse
        different_means_seen
        adopt_is_idempotent
        adopt_takes_names_that_exist
        adopt_settles
        renames_are_renames
        the_same_every_time
    }
}
