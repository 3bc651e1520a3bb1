//! The guard around one question: read only, and ended after a while.
//!
//! It owns how each database is told, and that the session is afterwards what
//! it was.

use std::time::Duration;

use crate::db::connection::Driver;
use crate::db::{Connection, text};

/// What stands around one question.
pub(super) struct Guard {
    /// What gives the session back.
    after: String,
}

impl Guard {
    /// Puts limits on the session.
    ///
    /// # Errors
    /// A session that cannot have them; then nothing may be asked.
    pub(super) async fn raise(
        connection: &mut Connection<'_>,
        time: Duration,
    ) -> Result<Self, String> {
        if connection.is_in_transaction() {
            return Err("the connection is inside a transaction".into());
        }
        let (before, after) = around(connection, time).await?;
        if let Some(sql) = before
            && let Err(error) = connection.run(&sql).await
        {
            let _ = connection.run(&after).await;
            return Err(text(&error));
        }
        Ok(Self { after })
    }

    /// Takes them away again.
    pub(super) async fn lower(self, connection: &mut Connection<'_>) {
        #[cfg(feature = "sqlite")]
        if let Some(sqlite) = connection.driver.as_sqlite()
            && let Ok(mut handle) = sqlite.lock_handle().await
        {
            handle.remove_progress_handler();
        }
        if !self.after.is_empty()
            && let Err(error) = connection.run(&self.after).await
        {
            tracing::debug!(%error, "the settings of the session cannot be given back");
        }
    }
}

/// What is run before and after a question.
async fn around(
    connection: &mut Connection<'_>,
    time: Duration,
) -> Result<(Option<String>, String), String> {
    let shared = connection.is_shared();
    let _ = shared;
    #[cfg(feature = "mysql")]
    let maria = connection.dialect().title() == MARIADB;
    match &mut connection.driver {
        // A handler of the connection's owner would be lost.
        #[cfg(feature = "sqlite")]
        Driver::Sqlite(_) if shared => Err("the connection is somebody else's".into()),
        #[cfg(feature = "sqlite")]
        Driver::Sqlite(held) => {
            let end = std::time::Instant::now() + time;
            let handle = held.get().lock_handle().await;
            let mut handle = handle.map_err(|error| text(&error))?;
            handle.set_progress_handler(STEPS, move || std::time::Instant::now() < end);
            Ok((None, String::new()))
        }
        #[cfg(feature = "postgres")]
        Driver::Postgres(_) => {
            let limit = time.as_millis();
            let before = format!(
                "BEGIN READ ONLY; SET LOCAL statement_timeout = {limit}; \
                 SET LOCAL lock_timeout = {limit}"
            );
            Ok((Some(before), "ROLLBACK".to_owned()))
        }
        #[cfg(feature = "mysql")]
        Driver::MySql(_) => {
            let (setting, limit) = match maria {
                true => ("max_statement_time", format!("{:.3}", time.as_secs_f64())),
                false => ("max_execution_time", time.as_millis().to_string()),
            };
            let wait = time.as_secs().max(1);
            let before = format!(
                "SET @aludel_time = @@SESSION.{setting}, \
                 @aludel_wait = @@SESSION.lock_wait_timeout; \
                 SET SESSION {setting} = {limit}, SESSION lock_wait_timeout = {wait}; \
                 START TRANSACTION READ ONLY"
            );
            let after = format!(
                "ROLLBACK; SET SESSION {setting} = @aludel_time, \
                 SESSION lock_wait_timeout = @aludel_wait"
            );
            Ok((Some(before), after))
        }
    }
}

#[cfg(feature = "mysql")]
const MARIADB: &str = "MariaDB";

/// How many steps of its machine SQLite makes before it looks at the clock.
#[cfg(feature = "sqlite")]
const STEPS: i32 = 1000;

/// Whether a statement was ended because its time was over.
pub(super) fn is_out_of_time(error: &sqlx::Error) -> bool {
    let Some(said) = error.as_database_error() else {
        return false;
    };
    #[cfg(feature = "postgres")]
    if let Some(said) = said.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        return said.code() == "57014";
    }
    #[cfg(feature = "mysql")]
    if let Some(said) = said.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return matches!(said.number(), 1969 | 3024);
    }
    #[cfg(feature = "sqlite")]
    if crate::db::code(error) == Some(INTERRUPTED) {
        return true;
    }
    let _ = said;
    false
}

#[cfg(feature = "sqlite")]
const INTERRUPTED: i32 = 9;
