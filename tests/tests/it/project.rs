//! A throw-away project: a folder with `aludel.toml`, models and a database,
//! and the commands run in it as a user runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

use aludel_test_servers::Fresh;
use aludel_tests::place::On;
use libtest_mimic::Failed;

/// The variable under which this test binary is the `aludel` binary.
pub(crate) const ACT_AS_ALUDEL: &str = "ALUDEL_TEST_ACT_AS_ALUDEL";

/// A project in a temporary folder that goes away with it.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    /// The database on a server; none where it is the file `app.db`.
    server: Option<Fresh>,
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    /// A project whose models stand in `models.rs` and whose database does not
    /// exist yet.
    pub(crate) fn new(models: &str) -> Result<Self, Failed> {
        Self::on(On::Sqlite, models)
    }

    /// The same on any kind of database; on a server it exists and is empty.
    pub(crate) fn on(kind: On, models: &str) -> Result<Self, Failed> {
        let server = match kind {
            On::Sqlite => None,
            On::Postgres => Some(Fresh::postgres()?),
            On::MySql => Some(Fresh::mysql()?),
        };
        Self::with(server, models)
    }

    /// The same on a database of a server, or on none.
    pub(crate) fn with(server: Option<Fresh>, models: &str) -> Result<Self, Failed> {
        let project = Self {
            folder: tempfile::tempdir()?,
            server,
        };
        std::fs::create_dir(project.path("versions"))?;
        let url = project.server.as_ref().map_or("sqlite:app.db", Fresh::url);
        project.write(
            "aludel.toml",
            &format!(
                "[database]\nurl = \"{url}\"\n\n[models]\npaths = [\"models*.rs\", \"models*.sql\"]\n\n\
                 [migrations]\ndir = \"versions\"\nformat = \"sql\"\n"
            ),
        )?;
        project.write("models.rs", models)?;
        Ok(project)
    }

    /// The database, where it is on a server.
    pub(crate) fn server(&self) -> Option<&Fresh> {
        self.server.as_ref()
    }

    /// A path inside the project.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Has the commands look at these schemas too.
    pub(crate) fn look_at(&self, schemas: &[String]) -> Result<(), Failed> {
        let config = std::fs::read_to_string(self.path("aludel.toml"))?;
        let section = format!("[database]\nschemas = {schemas:?}\n");
        self.write("aludel.toml", &config.replacen("[database]\n", &section, 1))
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), Failed> {
        Ok(std::fs::write(self.path(name), text)?)
    }

    /// Replaces a part of a file, which must be there.
    pub(crate) fn edit(&self, name: &str, part: &str, by: &str) -> Result<(), Failed> {
        let text = std::fs::read_to_string(self.path(name))?;
        if !text.contains(part) {
            return Err(format!("`{name}` has no `{part}`\n{text}").into());
        }
        self.write(name, &text.replacen(part, by, 1))
    }

    /// A command, as it was typed in the project's folder.
    pub(crate) fn command(&self, words: &[&str]) -> Result<Command, Failed> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(words)
            .current_dir(self.folder.path())
            .env(ACT_AS_ALUDEL, "1")
            .env("SOURCE_DATE_EPOCH", "1700000000")
            .env("NO_COLOR", "1")
            .env_remove("DATABASE_URL")
            .env_remove("ALUDEL_DATABASE_URL")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null());
        Ok(command)
    }

    /// Runs a command.
    pub(crate) fn run(&self, words: &[&str]) -> Result<Ran, Failed> {
        let output = self.command(words)?.output()?;
        Ok(Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Runs a command that must end with this code.
    pub(crate) fn expect(&self, words: &[&str], code: i32) -> Result<Ran, Failed> {
        let ran = self.run(words)?;
        if ran.code == code {
            Ok(ran)
        } else {
            Err(format!(
                "`aludel {}` ended with {}, not {code}\n--- stdout\n{}\n--- stderr\n{}",
                words.join(" "),
                ran.code,
                ran.stdout,
                ran.stderr
            )
            .into())
        }
    }

    /// The one file of `versions` whose name begins so.
    pub(crate) fn version(&self, start: &str) -> Result<PathBuf, Failed> {
        let found: Vec<PathBuf> = std::fs::read_dir(self.path("versions"))?
            .flatten()
            .map(|e| e.path())
            .filter(|p| {
                p.file_name()
                    .is_some_and(|n| n.to_string_lossy().starts_with(start))
            })
            .collect();
        match found.as_slice() {
            [one] => Ok(one.clone()),
            other => Err(format!("files of versions that begin with `{start}`: {other:?}").into()),
        }
    }

    /// Runs SQL on the project's database, foreign keys off.
    pub(crate) fn sql(&self, script: &str) -> Result<(), Failed> {
        if let Some(server) = &self.server {
            server.query(script)?;
            return Ok(());
        }
        let path = self.path("app.db");
        let script = script.to_owned();
        block_on(async move {
            let mut connection = open(&path, true).await?;
            sqlx::raw_sql(AssertSqlSafe(script))
                .execute(&mut connection)
                .await?;
            // Not left to a thread of the driver: what lies beside the file is
            // gone when this returns.
            connection.close().await?;
            Ok(())
        })
    }

    /// The first column of every row of a query, as text.
    pub(crate) fn query(&self, sql: &str) -> Result<Vec<String>, Failed> {
        if let Some(server) = &self.server {
            let rows = server.query(sql)?;
            let first = |row: &str| row.split('\t').next().unwrap_or_default().to_owned();
            return Ok(rows.lines().map(first).collect());
        }
        let path = self.path("app.db");
        let sql = sql.to_owned();
        block_on(async move {
            let mut connection = open(&path, false).await?;
            let rows = sqlx::query(AssertSqlSafe(sql))
                .fetch_all(&mut connection)
                .await?;
            connection.close().await?;
            Ok(rows
                .iter()
                .map(|row| {
                    row.try_get_unchecked::<String, _>(0)
                        .unwrap_or_else(|_| "NULL".into())
                })
                .collect())
        })
    }
}

/// A future, run to its end.
pub(crate) fn block_on<T>(
    future: impl Future<Output = Result<T, Box<dyn std::error::Error + Send + Sync>>>,
) -> Result<T, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(future)?)
}

/// A connection of the tests' own.
pub(crate) async fn open(path: &Path, create: bool) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(create)
        .foreign_keys(false)
        .connect()
        .await
}
