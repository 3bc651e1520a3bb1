//! Throw-away database servers for tests: a PostgreSQL and a MariaDB (or
//! MySQL) of the process's own, made from the programs that are installed.
//!
//! They listen on a unix socket in a folder of their own and on nothing else,
//! write nothing through to the disk, and are gone with the process that
//! started them, however it ends. A server that is asked for and cannot be had
//! is an error that says what to do; nothing is skipped.
//!
//! [`POSTGRES_URL`] and [`MYSQL_URL`] name servers that run already; then none
//! is started.
//!
//! This knows nothing of aludel: it owns processes, folders and addresses.

mod address;
mod database;
mod folder;
mod programs;
mod server;

use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

pub use database::{Fresh, client, query, version};
pub use folder::Folder;
pub use programs::{Product, Programs};
pub use server::Server;

/// The variable that names a PostgreSQL server that runs already: the address
/// of a database of it in which databases may be made.
pub const POSTGRES_URL: &str = "ALUDEL_TEST_POSTGRES_URL";

/// The variable that names a MariaDB or MySQL server that runs already.
pub const MYSQL_URL: &str = "ALUDEL_TEST_MYSQL_URL";

/// The servers that this process has started by [`postgres`] and [`mysql`].
static STARTED: Mutex<Vec<Server>> = Mutex::new(Vec::new());

/// The address of a PostgreSQL server's first database, as its administrator.
/// Started at the first call.
///
/// # Errors
/// The server is not installed, or does not start.
pub fn postgres() -> Result<&'static str, String> {
    static URL: OnceLock<Result<String, String>> = OnceLock::new();
    once(&URL, Product::Postgres)
}

/// The address of a MariaDB or MySQL server, as its administrator, without a
/// database. Started at the first call.
///
/// # Errors
/// The server is not installed, or does not start.
pub fn mysql() -> Result<&'static str, String> {
    static URL: OnceLock<Result<String, String>> = OnceLock::new();
    once(&URL, Product::MySql)
}

/// Stops what [`postgres`] and [`mysql`] have started, and waits until it is
/// gone. Without it they end with the process, a moment later.
pub fn stop_all() {
    let servers = std::mem::take(&mut *STARTED.lock().unwrap_or_else(PoisonError::into_inner));
    drop(servers);
}

/// The address of the one server of a product that the process uses.
fn once(
    url: &'static OnceLock<Result<String, String>>,
    product: Product,
) -> Result<&'static str, String> {
    let url = url.get_or_init(|| {
        if let Some(url) = named(product) {
            return Ok(url);
        }
        let programs = Programs::find(product, Path::new("/"))?;
        let server = Server::start(&programs)?;
        let url = server.url().to_owned();
        STARTED
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(server);
        Ok(url)
    });
    url.as_deref().map_err(Clone::clone)
}

/// The server that the environment names.
pub fn named(product: Product) -> Option<String> {
    std::env::var(product.variable())
        .ok()
        .filter(|url| !url.is_empty())
}
