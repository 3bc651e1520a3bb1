//! The law of two migrations, one on top of the other, on a real database with
//! rows.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use aludel_core::change::{Change, Pair};
use aludel_core::dialect::Snapshot;
use aludel_core::diff::Renames;
use aludel_core::operation::{Operation, TableChange, reverse_all};
use aludel_core::schema::{Column, ColumnType, Schema};
use aludel_syntax::emit::models;

use crate::generate::{Choices, Ground, Migration, Way, arbitrary_way};
use crate::laws::shrinks;
use crate::live::{Walked, created, exactly, nothing_left, on_place, runtime, step, words};
use crate::place::{Content, On, Place, inserts};
use crate::smaller::smallest;
use crate::world::settled;

/// How far rows went in the cases of a law.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// All cases.
    pub cases: u32,
    /// Those that began with rows in their tables.
    pub with_rows: u32,
    /// Those of them where no row objected.
    pub to_the_end: u32,
}

/// Two migrations up, down and up again: each time there is what was wanted,
/// and every column that stays has its values. A step may fail on rows only if
/// a hazard said so; then nothing has changed where the database can undo it,
/// and without rows nothing fails.
///
/// # Errors
/// The first two migrations that break the law, made small.
pub fn two_migrations_with_rows(on: On, cases: u32) -> Result<Held, String> {
    let (rows, end) = (AtomicU32::new(0), AtomicU32::new(0));
    let broken = Mutex::new(None);
    let law = async |place: &mut Place, way: &Way| {
        let (walked, filled) = walk(place, way, Some(way.choices.clone())).await?;
        rows.fetch_add(u32::from(filled), Ordering::Relaxed);
        if walked == Walked::All {
            end.fetch_add(u32::from(filled), Ordering::Relaxed);
            return Ok(());
        }
        match walk(place, way, None).await?.0 {
            Walked::All => Ok(()),
            Walked::Stopped => Err("rows objected where there are none".to_owned()),
        }
    };
    let noted = async |place: &mut Place, way: &Way| {
        let held = law(place, way).await;
        if let (Err(wrong), Ok(mut broken)) = (&held, broken.lock()) {
            *broken = Some((way.clone(), wrong.clone()));
        }
        held
    };
    let held = on_place(on, cases, 0, arbitrary_way, noted);
    let broken = broken.into_inner().ok().flatten();
    if let Some((way, wrong)) = broken {
        let seed = held.err().unwrap_or_default();
        let seed = seed.lines().next().unwrap_or_default().to_owned();
        let runtime = runtime()?;
        let place = Mutex::new(runtime.block_on(Place::open(on))?);
        let (way, wrong) = smallest(way, wrong, shrinks(), |way| {
            let mut place = place.lock().ok()?;
            runtime.block_on(law(&mut place, way)).err()
        });
        return Err(format!("{seed}\nmade small: {wrong}\n{way:?}"));
    }
    held?;
    Ok(Held {
        cases,
        with_rows: rows.into_inner(),
        to_the_end: end.into_inner(),
    })
}

impl std::fmt::Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ground = self.choices.ground;
        let text = |schema| models(&ground.dialect().canonical(schema), ground.dialect());
        writeln!(f, "\n// first\n{}", text(self.first.clone()))?;
        let rows = inserts(ground, &self.first, &mut self.choices.clone());
        for row in rows {
            writeln!(f, "-- {row};")?;
        }
        for (number, migration) in self.migrations.iter().enumerate() {
            writeln!(f, "\n// after migration {}", number + 1)?;
            let Renames {
                tables,
                columns,
                values,
                ..
            } = &migration.renames;
            for Pair { from, to } in tables {
                writeln!(f, "// --rename {from}={to}")?;
            }
            for (table, Pair { from, to }) in columns {
                writeln!(f, "// --rename {table}.{from}={table}.{to}")?;
            }
            for (of, Pair { from, to }) in values {
                writeln!(f, "// --rename {of}.{from}={of}.{to}")?;
            }
            writeln!(f, "{}", text(migration.to.clone()))?;
        }
        Ok(())
    }
}

/// Walks; also whether there were rows.
async fn walk(
    place: &mut Place,
    way: &Way,
    rows: Option<Choices>,
) -> Result<(Walked, bool), String> {
    place.empty().await?;
    let start = created(place, &way.first).await?;
    if let Some(mut choices) = rows {
        // Rows that referred to nothing before may go on doing so, but which
        // those are is not known where two tables change their names.
        let renamed = |migration: &Migration| !migration.renames.tables.is_empty();
        match way.migrations.iter().any(renamed) {
            true => place.fill_whole(&way.first, &mut choices).await?,
            false => place.fill(&way.first, &mut choices).await?,
        }
    }
    let content = place.content(&start.schema).await?;
    let columns = content.values().flat_map(|columns| columns.values());
    let filled = columns.into_iter().any(|values| !values.is_empty());
    let mut here = Here {
        snapshot: start,
        content,
    };
    let mut lists = Vec::new();
    let mut schemas = vec![here.snapshot.schema.clone()];
    for (number, migration) in way.migrations.iter().enumerate() {
        let wanted = exactly(place, &migration.to);
        let renames = &migration.renames;
        let list = settled(&mut place.connection, &here.snapshot, &wanted, renames).await?;
        let name = format!("upgrade {}", number + 1);
        if !here.go(place, &name, &list, &migration.to).await? {
            return Ok((Walked::Stopped, filled));
        }
        schemas.push(here.snapshot.schema.clone());
        lists.push(list);
    }
    let back = (0..lists.len()).rev().map(|number| {
        let list = reverse_all(lists[number].clone());
        (format!("downgrade {}", number + 1), list, &schemas[number])
    });
    let again = (0..lists.len()).map(|number| {
        let name = format!("upgrade {} again", number + 1);
        (name, lists[number].clone(), &schemas[number + 1])
    });
    for (name, list, wanted) in back.chain(again) {
        if !here.go(place, &name, &list, wanted).await? {
            return Ok((Walked::Stopped, filled));
        }
    }
    Ok((Walked::All, filled))
}

/// Where a walk is.
struct Here {
    snapshot: Snapshot,
    content: Content,
}

impl Here {
    /// Goes on by a list; `false` where rows object.
    async fn go(
        &mut self,
        place: &mut Place,
        name: &str,
        list: &[Operation],
        wanted: &Schema,
    ) -> Result<bool, String> {
        let Some(after) = step(place, name, &self.snapshot, list, &self.content).await? else {
            return Ok(false);
        };
        let wanted = exactly(place, wanted);
        nothing_left(place, name, &after, &wanted).await?;
        let content = place.content(&after.schema).await?;
        kept(
            place.ground,
            name,
            list,
            &self.snapshot.schema,
            [&self.content, &content],
        )?;
        self.snapshot = after;
        self.content = content;
        Ok(true)
    }
}

/// A column by its table and its name.
type Which = (String, String);

/// A column that stays, and how its values were spelled before.
struct Stays {
    was: Which,
    now: Which,
    /// What it is before.
    ty: Option<ColumnType>,
    /// What its values are called instead, one after the other.
    renamed: Vec<Pair<String>>,
    /// Another type has other words for the same number.
    as_numbers: bool,
}

/// The columns that the list leaves as they are have their values.
pub(crate) fn kept(
    ground: Ground,
    when: &str,
    list: &[Operation],
    schema: &Schema,
    [before, after]: [&Content; 2],
) -> Result<(), String> {
    for Stays {
        was,
        now,
        renamed,
        as_numbers,
        ..
    } in stay(ground, list, schema, before)
    {
        let of_content = |content: &Content, which: &Which| {
            let columns = content.get(&which.0)?;
            columns.get(&which.1).cloned()
        };
        let (mut values, found) = (of_content(before, &was), of_content(after, &now));
        for value in values.iter_mut().flatten() {
            for pair in &renamed {
                if pair.from == *value {
                    value.clone_from(&pair.to);
                }
            }
        }
        if !renamed.is_empty() {
            values.iter_mut().for_each(|values| values.sort());
        }
        let same = match (&values, &found) {
            (Some(a), Some(b)) if as_numbers => numbers(a) == numbers(b),
            (a, b) => a == b,
        };
        if !same {
            return Err(format!(
                "{when}: `{}.{}` was {values:?}, `{}.{}` is {found:?}\nby {}",
                was.0,
                was.1,
                now.0,
                now.1,
                words(list)
            ));
        }
    }
    Ok(())
}

fn numbers(values: &[String]) -> Vec<String> {
    let number = |text: &String| match text.parse::<f64>() {
        Ok(number) => number.to_string(),
        Err(_) => text.clone(),
    };
    let mut all: Vec<String> = values.iter().map(number).collect();
    all.sort();
    all
}

/// Follows every column through the list, as far as its values stay.
fn stay(ground: Ground, list: &[Operation], schema: &Schema, before: &Content) -> Vec<Stays> {
    let mut stays: Vec<Stays> = Vec::new();
    for (table, columns) in before {
        let known = schema.tables.values().find(|t| t.name.name == **table);
        stays.extend(columns.keys().map(|column| {
            let which = (table.clone(), column.clone());
            let found = known.and_then(|table| table.column(column));
            Stays {
                was: which.clone(),
                now: which,
                ty: found.map(|column| column.ty.clone()),
                renamed: Vec::new(),
                as_numbers: false,
            }
        }));
    }
    for operation in list {
        match operation {
            Operation::CreateTable(t) | Operation::DropTable(t) => {
                stays.retain(|s| t.name.name != *s.now.0);
            }
            Operation::RenameTable(Pair { from, to }) => {
                for s in stays.iter_mut().filter(|s| from.name == *s.now.0) {
                    s.now.0 = to.name.to_string();
                }
            }
            Operation::AlterTable { table, changes } => {
                for change in changes {
                    let is = |s: &Stays| table.name == *s.now.0;
                    stays.retain_mut(|s| !is(s) || follow(ground, change, s));
                }
            }
            Operation::RenameEnumValue { name, values } => {
                let (one, list) = (
                    ColumnType::Enum(name.clone()),
                    ColumnType::Array(Box::new(ColumnType::Enum(name.clone()))),
                );
                // The words of a list are not looked into.
                stays.retain(|s| s.ty.as_ref() != Some(&list));
                for s in stays.iter_mut().filter(|s| s.ty.as_ref() == Some(&one)) {
                    s.renamed.push(values.clone());
                }
            }
            Operation::Enum(_) | Operation::Object(_) | Operation::Execute(_) => {}
        }
    }
    stays
}

/// Follows a column through a change of its table; `false` where its values may
/// become others.
fn follow(ground: Ground, change: &TableChange, stays: &mut Stays) -> bool {
    let column = &stays.now.1;
    match change {
        TableChange::Column(Change::Add(c) | Change::Drop(c)) => c.name != **column,
        TableChange::Column(Change::Rename(Pair { from, to })) => {
            if *from == **column {
                stays.now.1 = to.to_string();
            }
            true
        }
        TableChange::Column(Change::Alter(pair)) if pair.from.name == **column => {
            match changes_values(ground, pair) {
                Changes::Nothing => true,
                Changes::Words => {
                    stays.as_numbers = true;
                    true
                }
                Changes::Values => false,
            }
        }
        TableChange::Values(values) => values.column != **column,
        // STRICT may turn what is stored into its type.
        TableChange::Options(pair) => pair.from.strict == pair.to.strict,
        // A rowid alias turns what it holds into integers.
        TableChange::PrimaryKey(_) => !ground.is_sqlite(),
        _ => true,
    }
}

/// What becomes of the values of an altered column.
enum Changes {
    Nothing,
    /// The same numbers, perhaps written otherwise.
    Words,
    /// Other ones.
    Values,
}

fn changes_values(ground: Ground, pair: &Pair<Column>) -> Changes {
    let Pair { from, to } = pair;
    if from.generated != to.generated || from.nullable && !to.nullable {
        return Changes::Values;
    }
    if from.ty == to.ty {
        return Changes::Nothing;
    }
    let cast = ground.dialect().cast(&to.name, Pair::new(&from.ty, &to.ty));
    let loses_nothing = cast.is_some_and(|cast| cast.fails.is_none() && cast.loses.is_none());
    match (family(&from.ty), family(&to.ty)) {
        (Some(a), Some(b)) if a == b && loses_nothing && !ground.is_sqlite() => match a {
            Family::Number => Changes::Words,
            Family::Text => Changes::Nothing,
        },
        _ => Changes::Values,
    }
}

#[derive(PartialEq, Eq)]
enum Family {
    Number,
    Text,
}

fn family(ty: &ColumnType) -> Option<Family> {
    match ty {
        ColumnType::TinyInteger
        | ColumnType::SmallInteger
        | ColumnType::Integer
        | ColumnType::BigInteger => Some(Family::Number),
        ColumnType::Varchar(_) | ColumnType::Text => Some(Family::Text),
        _ => None,
    }
}
