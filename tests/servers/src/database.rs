//! Databases of a test's own, by the servers' command-line clients.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::address::{Address, with_database};
use crate::programs::{Product, below, program};

/// An empty database that goes away with this value.
#[derive(Debug)]
pub struct Fresh {
    admin: String,
    name: String,
    url: String,
}

impl Fresh {
    /// An empty database on the PostgreSQL server of [`crate::postgres`].
    ///
    /// # Errors
    /// There is no server, or it makes no database.
    pub fn postgres() -> Result<Self, String> {
        Self::on(crate::postgres()?)
    }

    /// An empty database on the server of [`crate::mysql`].
    ///
    /// # Errors
    /// There is no server, or it makes no database.
    pub fn mysql() -> Result<Self, String> {
        Self::on(crate::mysql()?)
    }

    /// An empty database on the server with that address.
    ///
    /// # Errors
    /// The server makes no database.
    pub fn on(admin: &str) -> Result<Self, String> {
        // The one that nobody can be connected to.
        Self::made(admin, "template0")
    }

    /// A copy, with everything that is in it: PostgreSQL only, and nobody may
    /// be connected to the original.
    ///
    /// # Errors
    /// The server makes no database.
    pub fn copy(&self) -> Result<Self, String> {
        Self::made(&self.admin, &self.name)
    }

    fn made(admin: &str, template: &str) -> Result<Self, String> {
        let name = name();
        let fresh = Self {
            admin: admin.to_owned(),
            url: with_database(admin, &name)?,
            name,
        };
        query(admin, &creation(product(admin)?, &fresh.name, template))?;
        Ok(fresh)
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs SQL in it: [`query`].
    ///
    /// # Errors
    /// What the client says.
    pub fn query(&self, sql: &str) -> Result<String, String> {
        query(&self.url, sql)
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let how = match product(&self.admin) {
            Ok(Product::Postgres) => " WITH (FORCE)",
            _ => "",
        };
        // A server of our own takes it along; on another one there is nothing
        // that could be done.
        let _ = query(
            &self.admin,
            &format!("DROP DATABASE IF EXISTS {}{how}", self.name),
        );
    }
}

/// What makes a database, in the words of the server's client; only PostgreSQL
/// has templates.
fn creation(product: Product, name: &str, template: &str) -> String {
    match product {
        // The files are copied as they are, which takes a fraction of the
        // time; servers that have no word for that do so anyway.
        Product::Postgres => format!(
            "SELECT 'CREATE DATABASE {name} TEMPLATE {template}' || CASE WHEN \
             current_setting('server_version_num')::int >= 150000 \
             THEN ' STRATEGY file_copy' ELSE '' END \\gexec"
        ),
        // A server that somebody names may know a few letters only.
        Product::MySql => format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"),
    }
}

/// A name that no other process and no other test has.
fn name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let moment = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    format!(
        "test_{}_{moment:x}_{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// Runs SQL by the server's own client, any number of statements; what comes
/// back is one line a row, a tab between its values, no headings.
///
/// # Errors
/// There is no client, or what it says.
pub fn query(url: &str, sql: &str) -> Result<String, String> {
    let mut client = client(url)?;
    let program = client.get_program().to_owned();
    let failed = |error| format!("cannot run `{}`: {error}", program.display());
    let mut child = client
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A client that does not listen says why.
        let _ = stdin.write_all(sql.as_bytes());
    }
    let output = child.wait_with_output().map_err(failed)?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("{}\n{sql}", said.trim_end()))
    }
}

/// The server's own client, as it reads statements from its standard input.
///
/// # Errors
/// There is no client.
pub fn client(url: &str) -> Result<Command, String> {
    match product(url)? {
        Product::Postgres => psql(url),
        Product::MySql => mysql(url),
    }
}

/// The name and the version of a server.
///
/// # Errors
/// It does not answer.
pub fn version(url: &str) -> Result<String, String> {
    let (name, sql) = match product(url)? {
        Product::Postgres => ("PostgreSQL", "SHOW server_version"),
        Product::MySql => ("MySQL", "SELECT version()"),
    };
    let version = query(url, sql)?;
    let version = version.trim();
    let name = if version.contains("MariaDB") {
        "MariaDB"
    } else {
        name
    };
    Ok(format!("{name} {version}"))
}

/// Whose address that is.
fn product(url: &str) -> Result<Product, String> {
    match url.split(':').next().unwrap_or_default() {
        "postgres" | "postgresql" => Ok(Product::Postgres),
        "mysql" | "mariadb" => Ok(Product::MySql),
        other => Err(format!("no test server has the scheme `{other}`")),
    }
}

fn psql(url: &str) -> Result<Command, String> {
    // In everybody's PATH there may be a script that looks for the program.
    let found = crate::programs::newest_psql().map_or_else(|| installed(&["psql"]), Ok);
    let mut client = Command::new(found?);
    client.args([
        "--no-psqlrc",
        "--quiet",
        "--no-align",
        "--tuples-only",
        "--field-separator=\t",
        "--set=ON_ERROR_STOP=1",
        "--no-password",
        "--dbname",
        url,
    ]);
    Ok(client)
}

fn mysql(url: &str) -> Result<Command, String> {
    let address = Address::parse(url)?;
    let mut client = Command::new(installed(&["mariadb", "mysql"])?);
    client.args([
        "--no-defaults",
        "--batch",
        "--skip-column-names",
        "--default-character-set=utf8mb4",
    ]);
    for (flag, value) in [
        ("--user", address.user),
        ("--host", address.host),
        ("--port", address.port),
        ("--socket", address.socket),
        ("--database", address.database),
    ] {
        client.args(value.map(|value| format!("{flag}={value}")));
    }
    if let Some(password) = address.password {
        client.env("MYSQL_PWD", password);
    }
    Ok(client)
}

/// The first client that is installed.
fn installed(names: &[&str]) -> Result<std::path::PathBuf, String> {
    let root = Path::new("/");
    names
        .iter()
        .find_map(|name| program(name, root))
        .map(|path| below(root, &path))
        .ok_or_else(|| format!("`{}` is not in PATH", names.join("` or `")))
}
