//! Laws that only a real database can hold, with rows.

use aludel::db::{ScratchSource, Url, introspect, run_operations, scratch_copy};
use aludel_core::change::Pair;
use aludel_core::dialect::{Scope, Snapshot, lower_all};
use aludel_core::diff::{Renames, Wanted};
use aludel_core::hazard::{HazardKind, hazards_after};
use aludel_core::operation::Operation;
use aludel_core::plan::Plan;
use aludel_core::schema::Schema;
use aludel_syntax::emit::models;
use aludel_test_servers::Fresh;
use proptest::prelude::Strategy;
use tokio::runtime::Runtime;
use tokio::sync::Mutex;

use crate::generate::{Ground, arbitrary_schema};
use crate::laws::{hold_and_shrink, shrinks};
use crate::place::{Content, On, Place};
use crate::world::{creation, settled, wanted_by};

/// Two schemas.
pub(crate) struct Case {
    pub(crate) pair: Pair<Schema>,
    pub(crate) ground: Ground,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ground = self.ground;
        writeln!(f, "\nfrom:\n{}", script(ground, &self.pair.from))?;
        writeln!(f, "to:\n{}", script(ground, &self.pair.to))
    }
}

/// One schema.
struct Single(Ground, Schema);

impl std::fmt::Debug for Single {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "\n{}", script(self.0, &self.1))
    }
}

/// The statements that make a schema.
fn script(ground: Ground, schema: &Schema) -> String {
    let wanted = Wanted {
        schema: ground.dialect().canonical(schema.clone()),
        ..Wanted::default()
    };
    let empty = Snapshot::default();
    let plans = creation(ground.dialect(), &wanted)
        .and_then(|list| lower_all(ground.dialect(), &empty, &list).map_err(in_words));
    match plans {
        Ok((plans, _)) => {
            let all = plans.iter().flat_map(Plan::statements);
            all.map(|s| format!("{};\n", s.sql)).collect()
        }
        Err(error) => format!("{error}\n{schema:#?}"),
    }
}

/// How far a walk went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Walked {
    /// To the end.
    All,
    /// As far as rows let it, as a hazard had said.
    Stopped,
}

/// Holds a law of a database of that kind, which is the same for all cases.
pub(crate) fn on_place<T: std::fmt::Debug, S: Strategy<Value = T>>(
    on: On,
    cases: u32,
    shrinks: u32,
    values: impl FnOnce(Ground) -> S,
    law: impl AsyncFn(&mut Place, &T) -> Result<(), String>,
) -> Result<(), String> {
    let runtime = runtime()?;
    let place = runtime.block_on(Place::open(on))?;
    let values = values(place.ground);
    let place = Mutex::new(place);
    hold_and_shrink(cases, shrinks, values, |value| {
        let mut place = place.blocking_lock();
        runtime.block_on(law(&mut place, value))
    })
}

pub(crate) fn runtime() -> Result<Runtime, String> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().map_err(|e| e.to_string())
}

/// Models that are reflected of a database want nothing else of it, and a copy
/// that is made from a snapshot has the same snapshot.
///
/// # Errors
/// The first schema that breaks the law, made small.
pub fn reflected_and_made_again(on: On, cases: u32) -> Result<(), String> {
    let beside = match on {
        On::Sqlite => None,
        On::Postgres => Some(Fresh::postgres()?),
        On::MySql => Some(Fresh::mysql()?),
    };
    let beside = match &beside {
        None => "sqlite::memory:",
        Some(beside) => beside.url(),
    };
    let beside = Url::parse(beside).map_err(in_words)?;
    let values = |ground| arbitrary_schema(ground).prop_map(move |schema| Single(ground, schema));
    on_place(
        on,
        cases,
        shrinks(),
        values,
        async |place, Single(_, schema)| {
            place.empty().await?;
            let start = created(place, schema).await?;
            let text = models(&start.schema, place.ground.dialect());
            let with_text = |e| format!("{e}\n{text}");
            let wanted = wanted_by(place.ground.dialect(), &text).map_err(with_text)?;
            let left = nothing_left(place, "reflecting", &start, &wanted).await;
            left.map_err(with_text)?;

            let source = ScratchSource::kept(&beside, &mut place.connection).await;
            let source = source.map_err(in_words)?;
            let mut copy = scratch_copy(&start, &source).await.map_err(in_words)?;
            let connection = copy.connection().map_err(in_words)?;
            let again = introspect(connection, &Scope::default()).await;
            let again = again.map_err(in_words)?;
            let skipped = format!("{:?}", copy.skipped);
            copy.close().await.map_err(in_words)?;
            // A server may have other words for what it is told in its own.
            let start_again = exactly(place, &start.schema);
            let none = Renames::default();
            let left = settled(&mut place.connection, &again, &start_again, &none).await?;
            let same = left.is_empty() && again.unmanaged == start.unmanaged;
            if same && again.objects.len() == start.objects.len() {
                Ok(())
            } else {
                Err(format!(
                    "a copy lacks\n{}{left:#?}\nskipped {skipped}\n{:?}",
                    words(&left),
                    (again.unmanaged, start.unmanaged)
                ))
            }
        },
    )
}

fn in_words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The schema, made in the empty database.
pub(crate) async fn created(place: &mut Place, schema: &Schema) -> Result<Snapshot, String> {
    let empty = place.seen().await?;
    let wanted = exactly(place, schema);
    let none = Renames::default();
    let create = settled(&mut place.connection, &empty, &wanted, &none).await?;
    run(place, &create)
        .await
        .map_err(|e| format!("create: {e}"))?;
    let start = place.seen().await?;
    nothing_left(place, "creation", &start, &wanted).await?;
    Ok(start)
}

/// A schema, wanted exactly as it is.
pub(crate) fn exactly(place: &Place, schema: &Schema) -> Wanted {
    Wanted {
        schema: place.ground.dialect().canonical(schema.clone()),
        ..Wanted::default()
    }
}

/// Runs a list; `None` where rows object to it, as a hazard said they might.
pub(crate) async fn step(
    place: &mut Place,
    name: &str,
    before: &Snapshot,
    list: &[Operation],
    rows: &Content,
) -> Result<Option<Snapshot>, String> {
    let has_rows = rows
        .values()
        .flatten()
        .any(|(_, values)| !values.is_empty());
    let told = has_rows && may_fail(&before.schema, list)?;
    match run(place, list).await {
        Ok(()) => {
            let seen = place.seen().await?;
            foretold(place.ground, name, before, list, &seen)?;
            Ok(Some(seen))
        }
        // There is no way back out of half of it.
        Err(_) if told && place.ground.is_mysql() => Ok(None),
        Err(error) if told => {
            let now = place.seen().await?;
            let wanted = exactly(place, &before.schema);
            nothing_left(place, "a failed step", &now, &wanted).await?;
            if place.content(&now.schema).await? == *rows {
                Ok(None)
            } else {
                Err(format!("{name} failed and changed rows: {error}"))
            }
        }
        Err(error) => Err(format!(
            "{name} failed without a hazard: {error}\nof {}",
            words(list)
        )),
    }
}

/// A file that writes a table again says which table it expects, and the way
/// back expects what the way up was to make.
fn foretold(
    ground: Ground,
    name: &str,
    before: &Snapshot,
    list: &[Operation],
    seen: &Snapshot,
) -> Result<(), String> {
    let dialect = ground.dialect();
    let (_, after) = lower_all(dialect, before, list).map_err(in_words)?;
    for table in seen.schema.tables.keys() {
        let table = table.name.as_str();
        let (told, found) = (
            dialect.fingerprint(&after, table),
            dialect.fingerprint(seen, table),
        );
        if told != found {
            return Err(format!("{name}: `{table}` is not what was foretold"));
        }
    }
    Ok(())
}

fn may_fail(before: &Schema, list: &[Operation]) -> Result<bool, String> {
    let mut schema = before.clone();
    let mut told = false;
    for (at, operation) in list.iter().enumerate() {
        let found = hazards_after(&list[..at], operation, &schema);
        told |= found
            .iter()
            .flatten()
            .any(|h| h.kind == HazardKind::MayFailOnRows);
        operation.apply(&mut schema).map_err(|e| e.to_string())?;
    }
    Ok(told)
}

async fn run(place: &mut Place, list: &[Operation]) -> Result<(), String> {
    match run_operations(&mut place.connection, list).await {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{error}\n{:?}", error.hint())),
    }
}

pub(crate) async fn nothing_left(
    place: &mut Place,
    when: &str,
    is: &Snapshot,
    wanted: &Wanted,
) -> Result<(), String> {
    let none = Renames::default();
    let left = settled(&mut place.connection, is, wanted, &none).await?;
    if left.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "after {when} there is left:\n{}{left:#?}",
            words(&left)
        ))
    }
}

/// A list of operations in words, a line each.
pub(crate) fn words(list: &[Operation]) -> String {
    let lines = list.iter().enumerate().flat_map(|(number, operation)| {
        let described = operation.describe();
        described
            .into_iter()
            .map(move |d| format!("  {number}: {}\n", d.text))
    });
    lines.collect()
}
