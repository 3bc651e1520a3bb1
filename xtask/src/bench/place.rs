//! Where the databases of the bench are, and what their servers have seen.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{fs, thread, time};

use aludel_core::dialect::{Scope, named};
use aludel_test_servers::{Fresh, Product, Programs, Server, client, query, version};

use super::{Cost, run};

/// A kind of database; on a server of its own.
pub(super) struct Place {
    name: &'static str,
    server: Option<Server>,
}

/// What was sent to a server.
#[derive(Clone, Copy)]
pub(super) struct Sent {
    /// Messages, each of which may hold several statements.
    pub(super) statements: u64,
    pub(super) connections: u64,
}

/// An empty database.
pub(super) struct Database {
    dialect: &'static str,
    url: String,
    /// Dropped with this value.
    _fresh: Option<Fresh>,
}

impl Place {
    /// Starts the server.
    pub(super) fn new(name: &str) -> io::Result<Self> {
        let (name, product) = match name {
            "postgres" => ("postgres", Some(Product::Postgres)),
            "mysql" => ("mysql", Some(Product::MySql)),
            _ => ("sqlite", None),
        };
        let server = product
            .map(|product| Server::start(&Programs::find(product, Path::new("/"))?))
            .transpose()
            .map_err(io::Error::other)?;
        if let Some(server) = server.as_ref().filter(|_| name == "postgres") {
            // The log is where statements can be counted.
            query(
                server.url(),
                "ALTER SYSTEM SET log_connections = on; SELECT pg_reload_conf()",
            )
            .map_err(io::Error::other)?;
        }
        Ok(Self { name, server })
    }

    /// The name of its dialect.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// The database and its version.
    pub(super) fn title(&self) -> io::Result<String> {
        self.server.as_ref().map_or_else(
            || Ok("SQLite".to_owned()),
            |server| version(server.url()).map_err(io::Error::other),
        )
    }

    /// An empty database; the folder is emptied too.
    pub(super) fn database(&self, folder: &Path) -> io::Result<Database> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        let fresh = self
            .server
            .as_ref()
            .map(|server| Fresh::on(server.url()))
            .transpose()
            .map_err(io::Error::other)?;
        let url = fresh.as_ref().map_or("sqlite:app.db", Fresh::url);
        Ok(Database {
            dialect: self.name,
            url: url.to_owned(),
            _fresh: fresh,
        })
    }

    /// What the server sees while something is done.
    pub(super) fn sent(&self, mut act: impl FnMut() -> io::Result<()>) -> io::Result<Option<Sent>> {
        let Some(server) = &self.server else {
            return Ok(None);
        };
        let own = self.count(server)?;
        let before = self.count(server)?;
        self.log(server, "all")?;
        act()?;
        self.log(server, "none")?;
        let after = self.count(server)?;
        // Counting and turning the log on and off count too.
        let asked = |count: fn(&Sent) -> u64| count(&before).saturating_sub(count(&own));
        let net =
            |count: fn(&Sent) -> u64| (count(&after) - count(&before)).saturating_sub(asked(count));
        Ok(Some(Sent {
            statements: net(|sent| sent.statements),
            connections: net(|sent| sent.connections),
        }))
    }

    /// PostgreSQL writes what it is sent to its log, if it is asked to.
    fn log(&self, server: &Server, what: &str) -> io::Result<()> {
        if self.name != "postgres" {
            return Ok(());
        }
        let sql = format!("ALTER SYSTEM SET log_statement = '{what}'; SELECT pg_reload_conf()");
        query(server.url(), &sql).map_err(io::Error::other)?;
        // The server reads its settings a moment later.
        thread::sleep(time::Duration::from_millis(300));
        Ok(())
    }

    /// What the server has seen since it was started.
    fn count(&self, server: &Server) -> io::Result<Sent> {
        if self.name == "postgres" {
            let text = fs::read(server.folder().join("log"))?;
            let text = String::from_utf8_lossy(&text);
            let lines = |what: &[&str]| {
                let is_one = |line: &&str| what.iter().any(|what| line.contains(what));
                text.lines().filter(is_one).count() as u64
            };
            return Ok(Sent {
                statements: lines(&["LOG:  statement: ", "LOG:  execute "]),
                connections: lines(&["LOG:  connection authorized: user=postgres database="])
                    - lines(&["application_name=psql"]),
            });
        }
        let sql = "SHOW GLOBAL STATUS WHERE Variable_name IN ('Queries', 'Connections')";
        let text = query(server.url(), sql).map_err(io::Error::other)?;
        let value = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
                .unwrap_or_default()
        };
        Ok(Sent {
            statements: value("Queries"),
            connections: value("Connections"),
        })
    }
}

impl Database {
    /// Its address.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What the bare queries of the catalogue take by the database's own
    /// client.
    pub(super) fn catalog(&self, folder: &Path) -> io::Result<Cost> {
        let dialect = named(self.dialect).ok_or_else(|| io::Error::other("no such dialect"))?;
        let queries = dialect.catalog(&Scope::default());
        if self.dialect == "sqlite" {
            let sql = queries.join(";\n");
            return run(Command::new("sqlite3").args(["app.db", &sql]), folder, 0);
        }
        let sql = format!("BEGIN;\n{};\nCOMMIT;\n", queries.join(";\n"));
        let mut client = client(&self.url).map_err(io::Error::other)?;
        let start = Instant::now();
        let mut child = client
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(sql.as_bytes())?;
        }
        if !child.wait()?.success() {
            return Err(io::Error::other("the bare queries fail"));
        }
        Ok(Cost {
            time: start.elapsed(),
            memory: None,
        })
    }
}
