//! Laws about what SQLite keeps: the statements of a plan, run on an empty
//! database with views and triggers, leave behind what the plan foretold.

use std::cell::Cell;
use std::collections::BTreeSet;

use aludel::db::{Connection, Mode, Url, connect, execute, introspect, run_operations};
use aludel::{Migrations, Migrator};
use aludel_core::change::Change;
use aludel_core::dialect::sqlite::Sqlite;
use aludel_core::dialect::{Dialect, ObjectKind, Snapshot, SqlObject, lower_all, lower_as_one};
use aludel_core::diff::{Renames, same};
use aludel_core::operation::{Operation, TableChange, reverse_all};

use aludel_core::revision::Header;
use aludel_core::schema::{Schema, TableName};
use aludel_syntax::emit::sql::sql_migration;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

use crate::generate::{Choices, arbitrary_schema, code, mutate, rename_some};
use crate::laws::hold;
use crate::live::{nothing_left, schema_of, words};
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
    (arbitrary_schema(), vec(any::<u16>(), 0..300)).prop_filter_map("renames", |(from, numbers)| {
        let mut choices = Choices::new(numbers);
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
    })
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

async fn seen(connection: &mut Connection<'_>) -> Result<Snapshot, String> {
    introspect(connection).await.map_err(|e| e.to_string())
}

/// After each list that is lowered, the database is what was foretold: its
/// schema, and what it keeps of tables, indexes, views and triggers. A change
/// is refused only for a view or a trigger that names what is dropped.
///
/// # Errors
/// The first world that breaks the law, made small.
pub fn lowering_foretells(cases: u32) -> Result<(), String> {
    let refused = Cell::new(0_u32);
    block_on(cases, async |world| {
        let (mut connection, start) = made(world).await?;
        let there = operations(&start.schema, &exactly(&world.to), &world.renames)?;
        let Some(after) = foretold(&mut connection, &start, &there).await? else {
            refused.set(refused.get() + 1);
            return Ok(());
        };
        nothing_left("the upgrade", &after.schema, &world.to)?;
        let on = operations(&after.schema, &exactly(&world.third), &Renames::default())?;
        if let Some(third) = foretold(&mut connection, &after, &on).await? {
            nothing_left("the second upgrade", &third.schema, &world.third)?;
            let back = reverse_all(on.clone());
            let Some(end) = foretold(&mut connection, &third, &back).await? else {
                return Err("the second way back is refused".to_owned());
            };
            nothing_left("the second downgrade", &end.schema, &after.schema)?;
        } else {
            refused.set(refused.get() + 1);
        }
        let back = reverse_all(there);
        let now = seen(&mut connection).await?;
        let Some(end) = foretold(&mut connection, &now, &back).await? else {
            return Err("the way back is refused".to_owned());
        };
        nothing_left("the downgrade", &end.schema, &start.schema)?;
        // A trigger goes with its table, and only so.
        let dropped = |table: &str| {
            let is = |t: &TableName| t.name.as_str().eq_ignore_ascii_case(table);
            back.iter()
                .chain(&reverse_all(on.clone()))
                .any(|o| matches!(o, Operation::CreateTable(t) if is(&t.name)))
        };
        for object in &start.objects {
            let stays = |o: &SqlObject| o.kind == object.kind && o.name == object.name;
            let code = matches!(object.kind, ObjectKind::View | ObjectKind::Trigger);
            if code
                && !end.objects.iter().any(stays)
                && !dropped(&object.table)
                && !dropped(now_called(world, &object.table))
            {
                return Err(format!("`{}` is gone", object.name));
            }
        }
        Ok(())
    })?;
    if refused.get() * 2 > cases {
        return Err(format!("{} of {cases} were refused", refused.get()));
    }
    Ok(())
}

/// The name of a table after the told renames.
fn now_called<'a>(world: &'a World, table: &'a str) -> &'a str {
    let told = &world.renames.tables;
    told.iter()
        .find(|pair| pair.from.name.as_str().eq_ignore_ascii_case(table))
        .map_or(table, |pair| pair.to.name.as_str())
}

/// Runs a list and holds what it leaves behind against what was foretold;
/// `None` where a view or trigger is in its way.
async fn foretold(
    connection: &mut Connection<'_>,
    start: &Snapshot,
    list: &[Operation],
) -> Result<Option<Snapshot>, String> {
    if let Err(error) = lower_all(&Sqlite, start, list) {
        let text = error.to_string();
        let names_code = code_of(start).iter().any(|(name, _)| {
            let bare = name.split_once(' ').map_or("", |(_, bare)| bare);
            text.contains(&format!("`{bare}`"))
        });
        if names_code && list.iter().any(drops) && text.contains("is dropped") {
            return Ok(None);
        }
        return Err(format!("refused: {text}\nof {}", words(list)));
    }
    execute(connection, "PRAGMA foreign_keys = OFF")
        .await
        .map_err(|e| e.to_string())?;
    let mut rest = list;
    let mut foretold = start.clone();
    while !rest.is_empty() {
        let count = Sqlite.together(&foretold, rest).clamp(1, rest.len());
        let (now, later) = rest.split_at(count);
        let lowered = Sqlite.lower(&foretold, now).map_err(|e| e.to_string())?;
        for statement in lowered.plan.statements() {
            execute(connection, &statement.sql)
                .await
                .map_err(|e| format!("{}: {e}\nof {}", statement.sql, words(list)))?;
        }
        let real = seen(connection).await?;
        same_stored(&lowered.after, &real).map_err(|e| format!("{e}\nafter {}", words(now)))?;
        foretold = lowered.after;
        rest = later;
    }
    seen(connection).await.map(Some)
}

fn drops(operation: &Operation) -> bool {
    match operation {
        Operation::DropTable(_) => true,
        Operation::AlterTable { changes, .. } => changes
            .iter()
            .any(|c| matches!(c, TableChange::Column(Change::Drop(_)))),
        _ => false,
    }
}

/// The views and triggers by kind and name.
fn code_of(snapshot: &Snapshot) -> BTreeSet<(String, String)> {
    let code = snapshot.objects.iter().filter_map(|o| {
        let kind = match o.kind {
            ObjectKind::View => "view",
            ObjectKind::Trigger => "trigger",
            _ => return None,
        };
        Some((format!("{kind} {}", o.name), o.sql.clone()))
    });
    code.collect()
}

fn same_stored(foretold: &Snapshot, real: &Snapshot) -> Result<(), String> {
    if !same(&foretold.schema, &real.schema) {
        let left = operations(
            &real.schema,
            &exactly(&foretold.schema),
            &Renames::default(),
        )?;
        return Err(format!(
            "another schema: {}\nkept\n{}\nforetold\n{}",
            words(&left),
            real.objects
                .iter()
                .map(|o| format!("{}\n", o.sql))
                .collect::<String>(),
            foretold
                .objects
                .iter()
                .map(|o| format!("{}\n", o.sql))
                .collect::<String>()
        ));
    }
    let notes = |s: &Snapshot| s.unmanaged.iter().cloned().collect::<BTreeSet<_>>();
    if notes(foretold) != notes(real) {
        return Err(format!(
            "unmanaged: {:?}, foretold {:?}",
            notes(real),
            notes(foretold)
        ));
    }
    for table in real.schema.tables.keys() {
        let name = table.name.as_str();
        if Sqlite.fingerprint(foretold, name) != Sqlite.fingerprint(real, name) {
            return Err(format!(
                "`{name}` is kept as\n{}\nforetold\n{}",
                texts(real, name),
                texts(foretold, name)
            ));
        }
    }
    Ok(())
}

fn texts(snapshot: &Snapshot, table: &str) -> String {
    let own = snapshot
        .objects
        .iter()
        .filter(|o| o.table.eq_ignore_ascii_case(table) || o.kind == ObjectKind::View);
    own.map(|o| format!("{}\n", o.sql)).collect()
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
