//! Two migrations that break a law, made small enough to be read.
//!
//! The numbers that they were read off are the wrong thing to make smaller:
//! one number less changes all that follows. Here tables, parts, rows and
//! migrations are left out, as long as the law stays broken in the same way.

use aludel_core::change::Pair;
use aludel_core::diff::Renames;
use aludel_core::schema::{Name, Schema, Table, TableName, TableOptions};

use crate::generate::{Choices, Way, repair, values_stay};

/// The smallest that was found, and what is wrong with it. `broken` says what
/// is wrong with one; it is asked at most so many times.
pub(crate) fn smallest(
    mut way: Way,
    mut wrong: String,
    mut tries: u32,
    broken: impl Fn(&Way) -> Option<String>,
) -> (Way, String) {
    let kind = kind_of(&wrong);
    loop {
        let mut smaller = None;
        for next in all_smaller(&way) {
            if tries == 0 {
                return (way, wrong);
            }
            tries -= 1;
            // Another mistake is another one.
            if let Some(now) = broken(&next).filter(|now| kind_of(now) == kind) {
                smaller = Some((next, now));
                break;
            }
        }
        let Some(next) = smaller else {
            return (way, wrong);
        };
        (way, wrong) = next;
    }
}

/// What is wrong, without names and numbers.
fn kind_of(wrong: &str) -> String {
    let line = wrong.lines().next().unwrap_or_default();
    let said = line.splitn(3, ": ").take(2);
    let mut quoted = false;
    let mut words = String::new();
    for letter in said.flat_map(str::chars) {
        match letter {
            '`' | '"' => quoted = !quoted,
            _ if quoted || letter.is_ascii_digit() => {}
            _ => words.push(letter),
        }
    }
    words.replace(" again", "")
}

/// The same with something less, the greatest steps first.
fn all_smaller(way: &Way) -> Vec<Way> {
    let mut found = fewer_steps(way);
    found.extend(fewer_rows(way));
    let tables = tables(way);
    for names in &tables {
        found.push(without_table(way, names));
    }
    for number in 0..2 {
        for names in &tables {
            found.extend(left_alone(way, number, names));
        }
    }
    for names in &tables {
        for drop in PARTS {
            found.push(changed(way, names, drop));
        }
        for columns in columns(way, names) {
            found.push(without_column(way, names, &columns));
        }
    }
    found.retain(|next| {
        // A table that holds nothing is another mistake, where it is one.
        let of_all = schemas(next).into_iter();
        let mut tables = of_all.flat_map(|schema| schema.tables.values());
        if !way.choices.ground.is_postgres()
            && tables.any(|table| table.columns.iter().all(|c| c.generated.is_some()))
        {
            return false;
        }
        let fewer = next.choices.left() < way.choices.left();
        fewer || schemas(next) != schemas(way) || renames(next) != renames(way)
    });
    found
}

fn schemas(way: &Way) -> [&Schema; 3] {
    let [one, two] = &way.migrations;
    [&way.first, &one.to, &two.to]
}

fn schemas_mut(way: &mut Way) -> [&mut Schema; 3] {
    let [one, two] = &mut way.migrations;
    [&mut way.first, &mut one.to, &mut two.to]
}

fn renames(way: &Way) -> [&Renames; 2] {
    let [one, two] = &way.migrations;
    [&one.renames, &two.renames]
}

/// As the database can have it.
fn mended(mut way: Way) -> Way {
    let ground = way.choices.ground;
    for schema in schemas_mut(&mut way) {
        repair(schema, ground);
        *schema = ground.canonical(std::mem::take(schema));
    }
    let mut from = &way.first;
    for migration in &mut way.migrations {
        let to = &migration.to;
        let values = &mut migration.renames.values;
        values.retain(|(of, pair)| values_stay(Pair::new(from, to), of, pair));
        from = to;
    }
    way
}

fn fewer_steps(way: &Way) -> Vec<Way> {
    let mut one = way.clone();
    one.migrations[1].to = one.migrations[0].to.clone();
    one.migrations[1].renames = Renames::default();
    let mut two = way.clone();
    two.first = two.migrations[0].to.clone();
    two.migrations[0].renames = Renames::default();
    vec![one, two]
}

fn fewer_rows(way: &Way) -> Vec<Way> {
    let left = way.choices.left();
    let of = |count: usize| Way {
        choices: Choices::new(way.choices.ground, way.choices.some(count)),
        ..way.clone()
    };
    vec![of(0), of(left / 2), of(left.saturating_sub(1))]
}

/// The names of a table in the three schemas.
type Names = [Option<TableName>; 3];

/// Every table by its names.
fn tables(way: &Way) -> Vec<Names> {
    let mut found: Vec<Names> = Vec::new();
    for (at, schema) in schemas(way).into_iter().enumerate() {
        for name in schema.tables.keys() {
            if found.iter().any(|names| names[at].as_ref() == Some(name)) {
                continue;
            }
            let mut names: Names = [None, None, None];
            let mut now = Some(name.clone());
            for (later, own) in names.iter_mut().enumerate().skip(at) {
                let there = now.filter(|name| schemas(way)[later].table(name).is_some());
                own.clone_from(&there);
                now = there.map(|name| {
                    let told = renames(way).get(later).copied();
                    let mut told = told.into_iter().flat_map(|renames| &renames.tables);
                    told.find(|pair| pair.from == name)
                        .map_or(name, |pair| pair.to.clone())
                });
            }
            found.push(names);
        }
    }
    found
}

fn without_table(way: &Way, names: &Names) -> Way {
    let mut next = way.clone();
    for (schema, name) in schemas_mut(&mut next).into_iter().zip(names) {
        if let Some(name) = name {
            schema.tables.remove(name);
        }
    }
    for (number, migration) in next.migrations.iter_mut().enumerate() {
        let gone = names[number + 1].as_ref();
        let renames = &mut migration.renames;
        renames.tables.retain(|pair| Some(&pair.to) != gone);
        renames.columns.retain(|(table, _)| Some(table) != gone);
    }
    mended(next)
}

/// A migration leaves the table as it is, and what comes after finds it so.
fn left_alone(way: &Way, number: usize, names: &Names) -> Option<Way> {
    let before = names[number].as_ref()?;
    let after = names[number + 1].as_ref().unwrap_or(before);
    let renamed = renames(way)[number];
    if before != after || renamed.columns.iter().any(|(table, _)| table == after) {
        return None;
    }
    let table = schemas(way)[number].table(before)?.clone();
    let mut next = way.clone();
    next.migrations[number].to.insert(table);
    Some(mended(next))
}

/// What a table may do without.
const PARTS: [fn(&mut Table); 7] = [
    |table| table.foreign_keys.clear(),
    |table| table.indexes.clear(),
    |table| table.uniques.clear(),
    |table| table.checks.clear(),
    |table| table.primary_key = None,
    |table| table.options = TableOptions::default(),
    |table| {
        table.comment = None;
        for column in &mut table.columns {
            column.comment = None;
            column.default = None;
            column.collation = None;
            column.generated = None;
        }
    },
];

fn changed(way: &Way, names: &Names, change: fn(&mut Table)) -> Way {
    let mut next = way.clone();
    for (schema, name) in schemas_mut(&mut next).into_iter().zip(names) {
        let table = name.as_ref().and_then(|name| schema.tables.get_mut(name));
        table.into_iter().for_each(change);
    }
    mended(next)
}

/// The columns of a table, each by its names in the three schemas.
fn columns(way: &Way, names: &Names) -> Vec<[Option<Name>; 3]> {
    let mut found: Vec<[Option<Name>; 3]> = Vec::new();
    for at in 0..3 {
        let of = |at: usize| names[at].as_ref().and_then(|n| schemas(way)[at].table(n));
        for column in of(at).into_iter().flat_map(|table| &table.columns) {
            if found.iter().any(|c| c[at].as_ref() == Some(&column.name)) {
                continue;
            }
            let mut columns = [None, None, None];
            let mut now = Some(column.name.clone());
            for (later, own) in columns.iter_mut().enumerate().skip(at) {
                let there =
                    now.filter(|name| of(later).is_some_and(|t| t.column(name.as_str()).is_some()));
                own.clone_from(&there);
                now = there.map(|name| {
                    let told = renames(way).get(later).copied();
                    let mut told = told.into_iter().flat_map(|renames| &renames.columns);
                    let table = names.get(later + 1).and_then(Option::as_ref);
                    let told = told.find(|(of, pair)| Some(of) == table && pair.from == name);
                    told.map_or(name, |(_, pair)| pair.to.clone())
                });
            }
            found.push(columns);
        }
    }
    found
}

fn without_column(way: &Way, names: &Names, columns: &[Option<Name>; 3]) -> Way {
    let mut next = way.clone();
    for (at, schema) in schemas_mut(&mut next).into_iter().enumerate() {
        let table = names[at].as_ref().and_then(|n| schema.tables.get_mut(n));
        if let (Some(table), Some(column)) = (table, &columns[at]) {
            table.columns.retain(|c| c.name != *column);
        }
    }
    for (number, migration) in next.migrations.iter_mut().enumerate() {
        let table = names[number + 1].as_ref();
        let gone = columns[number + 1].as_ref();
        let told = &mut migration.renames.columns;
        told.retain(|(of, pair)| Some(of) != table || Some(&pair.to) != gone);
    }
    mended(next)
}
