//! Who has the lock of a migration, without waiting for it.

use super::Limits;
use crate::db::{Connection, Driver};
use crate::error::Result;

/// Who has the lock, as far as that can be told; `None` where nobody has. On
/// SQLite it is tried, and given back at once.
pub(crate) async fn holder(
    connection: &mut Connection<'_>,
    limits: &Limits,
) -> Result<Option<Vec<String>>> {
    #[cfg(feature = "postgres")]
    let key = super::postgres::Key::of(limits, connection.schema());
    match &mut connection.driver {
        #[cfg(feature = "sqlite")]
        Driver::Sqlite(held) => {
            // The lock is the file's, whatever the settings are.
            let _ = limits;
            super::sqlite::holder(held.get()).await
        }
        #[cfg(feature = "postgres")]
        Driver::Postgres(held) => {
            let by = super::postgres::holders(held.get(), key).await;
            Ok((!by.is_empty()).then_some(by))
        }
        #[cfg(feature = "mysql")]
        Driver::MySql(held) => super::mysql::holder(held.get(), limits).await,
    }
}
