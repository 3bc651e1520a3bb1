//! Data migrations in Rust over the open connection.

use std::future::Future;
use std::pin::Pin;

use crate::db::Connection;

/// Any error that a data migration ends with.
pub type DataError = Box<dyn std::error::Error + Send + Sync>;

/// What the closure of `op.data` gives back: `Box::pin(async move { .. Ok(()) })`.
pub type DataFuture<'c> = Pin<Box<dyn Future<Output = Result<(), DataError>> + Send + 'c>>;

/// The closure of `op.data`.
pub type DataFn = Box<dyn for<'c, 'o> FnOnce(&'c mut Connection<'o>) -> DataFuture<'c> + Send>;
