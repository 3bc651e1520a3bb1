//! Laws about what SQLite keeps: the statements of a plan, run on an empty
//! database with views and triggers, leave behind what the plan foretold.

use aludel::db::{Connection, Mode, Url, connect, execute, introspect, run_operations};
use aludel::{Migrations, Migrator};
use aludel_core::dialect::sqlite::Sqlite;
use aludel_core::dialect::{Scope, Snapshot, lower_all, lower_as_one};
use aludel_core::diff::Renames;
use aludel_core::operation::reverse_all;

use aludel_core::revision::Header;
use aludel_core::schema::Schema;
use aludel_syntax::emit::sql::sql_migration;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

use crate::generate::{Choices, Ground, arbitrary_schema, code, mutate, rename_some};
use crate::laws::hold;
use crate::live::words;
use crate::world::{exactly, operations};

/// A database, what is renamed in it, and what comes after.
struct World {
    from: Schema,
    code: Vec<String>,
    renames: Renames,
    to: Schema,
    third: Schema,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let made = |schema: &Schema| {
            operations(&Schema::default(), &exactly(schema), &Renames::default())
                .ok()
                .and_then(|list| lower_all(&Sqlite, &Snapshot::default(), &list).ok())
                .map(|(_, made)| made.objects)
                .unwrap_or_default()
        };
        for (word, schema) in [
            ("from", &self.from),
            ("to", &self.to),
            ("then", &self.third),
        ] {
            writeln!(f, "\n{word}:")?;
            for object in made(schema) {
                writeln!(f, "{};", object.sql)?;
            }
        }
        writeln!(f, "{:?}\n{:?}", self.code, self.renames)
    }
}

fn worlds() -> impl Strategy<Value = World> {
    (arbitrary_schema(Ground::SQLITE), vec(any::<u16>(), 0..300)).prop_filter_map(
        "renames",
        |(from, numbers)| {
            let mut choices = Choices::new(Ground::SQLITE, numbers);
            let code = if choices.once_in(3) {
                Vec::new()
            } else {
                code(&from, &mut choices)
            };
            let (renames, renamed) = if choices.once_in(2) {
                rename_some(&from, &mut choices).ok()?
            } else {
                (Renames::default(), from.clone())
            };
            let to = mutate(&renamed, &mut choices);
            let third = mutate(&to, &mut choices);
            // What is renamed has to stay.
            let stays = |table: &_| to.table(table);
            let tables = renames.tables.iter().all(|p| stays(&p.to).is_some());
            let columns = renames.columns.iter().all(|(table, pair)| {
                stays(table).is_some_and(|t| t.column(pair.to.as_str()).is_some())
            });
            (tables && columns).then_some(World {
                from,
                code,
                renames,
                to,
                third,
            })
        },
    )
}

fn block_on(cases: u32, law: impl AsyncFn(&World) -> Result<(), String>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    hold(cases, worlds(), |world| runtime.block_on(law(world)))
}

async fn memory() -> Result<Connection<'static>, String> {
    let url = Url::parse("sqlite::memory:").map_err(|e| e.to_string())?;
    connect(&url, Mode::Create).await.map_err(|e| e.to_string())
}

/// The first schema, made in a database with its views and triggers.
async fn made(world: &World) -> Result<(Connection<'static>, Snapshot), String> {
    let mut connection = memory().await?;
    let create = operations(
        &Schema::default(),
        &exactly(&world.from),
        &Renames::default(),
    )?;
    run_operations(&mut connection, &create)
        .await
        .map_err(|e| format!("create: {e}"))?;
    for statement in &world.code {
        execute(&mut connection, statement)
            .await
            .map_err(|e| format!("{statement}: {e}"))?;
    }
    let snapshot = seen(&mut connection).await?;
    Ok((connection, snapshot))
}

async fn schema_of(connection: &mut Connection<'_>) -> Result<Schema, String> {
    Ok(seen(connection).await?.schema)
}

fn nothing_left(when: &str, is: &Schema, wanted: &Schema) -> Result<(), String> {
    let left = operations(is, &exactly(wanted), &Renames::default())?;
    if left.is_empty() {
        Ok(())
    } else {
        Err(format!("after {when} there is left:\n{}", words(&left)))
    }
}

async fn seen(connection: &mut Connection<'_>) -> Result<Snapshot, String> {
    introspect(connection, &Scope::default())
        .await
        .map_err(|e| e.to_string())
}

/// A SQL file leads up, down and up again, also from a database that a
/// downgrade has left.
///
/// # Errors
/// The first world that breaks the law, made small.
pub fn sql_files_lead_there_and_back(cases: u32) -> Result<(), String> {
    block_on(cases, async |world| {
        let (mut connection, start) = made(world).await?;
        let there = operations(&start.schema, &exactly(&world.to), &world.renames)?;
        let Ok((_, after)) = lower_all(&Sqlite, &start, &there) else {
            return Ok(());
        };
        let up = lower_as_one(&Sqlite, &start, &there).map_err(|e| e.to_string())?;
        let back = reverse_all(there);
        let down = lower_as_one(&Sqlite, &after, &back).map_err(|e| e.to_string())?;
        let header = Header {
            message: "change".to_owned(),
            id: "0123456789ab".to_owned(),
            create_date: "2026-11-20T18:30:12Z".to_owned(),
            dialect: Some("sqlite".to_owned()),
            ..Header::default()
        };
        let parts = sql_migration(&header, &up, &down).map_err(|e| e.to_string())?;
        let text = format!(
            "{}\n\n{}\n\n{}\n",
            parts.header, parts.upgrade, parts.downgrade
        );
        let name = "0123456789ab_change.sql".to_owned();
        let migrator = Migrator::new(Migrations::from_files(vec![(name, text.clone())]));
        for _ in 0..2 {
            let up = migrator.upgrade(&mut connection, "head").await;
            up.map_err(|e| format!("up: {e}\n{text}"))?;
            let now = without_books(schema_of(&mut connection).await?);
            nothing_left("up", &now, &world.to).map_err(|e| format!("{e}\n{text}"))?;
            let down = migrator.downgrade(&mut connection, "base").await;
            down.map_err(|e| format!("down: {e}\n{text}"))?;
            let now = without_books(schema_of(&mut connection).await?);
            nothing_left("down", &now, &world.from).map_err(|e| format!("{e}\n{text}"))?;
        }
        Ok(())
    })
}

fn without_books(mut schema: Schema) -> Schema {
    schema
        .tables
        .retain(|name, _| !name.name.as_str().starts_with("aludel_"));
    schema
}
