//! The law about migrations that are SQL files, on a server.

use aludel::{Migrations, Migrator};
use aludel_core::change::Pair;
use aludel_core::dialect::{Snapshot, lower_all, lower_as_one};
use aludel_core::diff::Renames;
use aludel_core::operation::reverse_all;
use aludel_core::revision::Header;
use aludel_core::schema::Schema;
use aludel_syntax::emit::sql::sql_migration;
use proptest::prelude::Strategy;

use crate::generate::arbitrary_pair;
use crate::laws::shrinks;
use crate::live::{Case, created, exactly, nothing_left, on_place};
use crate::place::{On, Place};
use crate::world::settled;

/// A SQL file leads up, down and up again on a server, where nobody has rows.
///
/// # Errors
/// The first pair that breaks the law, made small.
pub fn sql_files_lead_there_and_back_on(on: On, cases: u32) -> Result<(), String> {
    let values = |ground| arbitrary_pair(ground).prop_map(move |pair| Case { pair, ground });
    on_place(
        on,
        cases,
        shrinks(),
        values,
        async |place, Case { pair, .. }| there_and_back(place, pair).await,
    )
}

async fn there_and_back(place: &mut Place, pair: &Pair<Schema>) -> Result<(), String> {
    let dialect = place.ground.dialect();
    place.empty().await?;
    let start = created(place, &pair.from).await?;
    let (from, to) = (exactly(place, &start.schema), exactly(place, &pair.to));
    let there = settled(&mut place.connection, &start, &to, &Renames::default()).await?;
    let in_words = |e: aludel_core::Error| e.to_string();
    let (_, after) = lower_all(dialect, &start, &there).map_err(in_words)?;
    let up = lower_as_one(dialect, &start, &there).map_err(in_words)?;
    let back = reverse_all(there);
    let down = lower_as_one(dialect, &after, &back).map_err(in_words)?;
    let header = Header {
        message: "change".to_owned(),
        id: "0123456789ab".to_owned(),
        create_date: "2026-11-20T18:30:12Z".to_owned(),
        dialect: Some(dialect.name().to_owned()),
        ..Header::default()
    };
    let parts = sql_migration(&header, &up, &down).map_err(in_words)?;
    let text = format!(
        "{}\n\n{}\n\n{}\n",
        parts.header, parts.upgrade, parts.downgrade
    );
    let name = "0123456789ab_change.sql".to_owned();
    let migrator = Migrator::new(Migrations::from_files(vec![(name, text.clone())]));
    for _ in 0..2 {
        let up = migrator.upgrade(&mut place.connection, "head").await;
        up.map_err(|e| format!("up: {e}\n{text}"))?;
        let now = without_books(place.seen().await?);
        let left = nothing_left(place, "up", &now, &to).await;
        left.map_err(|e| format!("{e}\n{text}"))?;
        let down = migrator.downgrade(&mut place.connection, "base").await;
        down.map_err(|e| format!("down: {e}\n{text}"))?;
        let now = without_books(place.seen().await?);
        let left = nothing_left(place, "down", &now, &from).await;
        left.map_err(|e| format!("{e}\n{text}"))?;
    }
    Ok(())
}

/// A database without the tables that migrations keep their books in.
fn without_books(snapshot: Snapshot) -> Snapshot {
    snapshot.without(|name| name.starts_with("aludel_"))
}
