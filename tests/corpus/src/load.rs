//! A schema file, put into a fresh database.
//!
//! Dumps are meant for a server of their own: what they say of databases is
//! left out, and what fails because a role is missing here is no failure.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aludel::db::{self, Mode, Url};
use aludel_core::dialect::named;
use aludel_test_servers::{Fresh, client};

use crate::files::{Kind, SchemaFile};
use crate::{Result, prepare};

/// A fresh database.
#[derive(Debug)]
pub(crate) enum Place {
    /// A file in a folder that goes away with it.
    File {
        _folder: tempfile::TempDir,
        url: String,
    },
    /// A database of a test server.
    Server(Fresh),
}

impl Place {
    fn new(kind: Kind) -> Result<Self> {
        match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
                let url = format!("sqlite:{}", folder.path().join("app.db").display());
                Ok(Self::File {
                    _folder: folder,
                    url,
                })
            }
            Kind::Postgres => Ok(Self::Server(Fresh::postgres()?)),
            Kind::MySql => Ok(Self::Server(Fresh::mysql()?)),
        }
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        match self {
            Self::File { url, .. } => url,
            Self::Server(fresh) => fresh.url(),
        }
    }
}

/// A database that a file was loaded into.
#[derive(Debug)]
pub(crate) struct Loaded {
    place: Place,
    kind: Kind,
    schemas: Vec<String>,
    failures: Vec<String>,
}

/// What has been loaded once, by its file: never connected to again, so that
/// it can be copied, which is much quicker.
static ORIGINALS: Mutex<BTreeMap<PathBuf, Arc<Mutex<Option<Loaded>>>>> =
    Mutex::new(BTreeMap::new());

/// Drops the databases that were kept to be copied.
pub fn drop_originals() {
    drop(std::mem::take(&mut *held(&ORIGINALS)));
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Loaded {
    /// A file, loaded into a database of its own.
    pub(crate) fn new(file: &SchemaFile) -> Result<Self> {
        let original = Arc::clone(held(&ORIGINALS).entry(file.path.clone()).or_default());
        let mut original = held(&original);
        if original.is_none() {
            let loaded = Self::load(file)?;
            let Some(copy) = loaded.copy()? else {
                return Ok(loaded);
            };
            *original = Some(loaded);
            return Ok(copy);
        }
        let copy = original.as_ref().map(Self::copy).transpose()?;
        copy.flatten()
            .ok_or_else(|| format!("`{}` was not loaded", file.name))
    }

    fn load(file: &SchemaFile) -> Result<Self> {
        let place = Place::new(file.kind)?;
        let bytes = std::fs::read(&file.path).map_err(|e| e.to_string())?;
        let text = String::from_utf8_lossy(&bytes);
        let failures = match file.kind {
            Kind::Sqlite => sqlite(&place, &text)?,
            Kind::Postgres => by_client(place.url(), &postgres_script(&text), &[], &file.path)?,
            Kind::MySql => by_client(place.url(), &mysql_script(&text), &["--force"], &file.path)?,
        };
        let schemas = match file.kind {
            Kind::Postgres => schemas(place.url())?,
            Kind::Sqlite | Kind::MySql => Vec::new(),
        };
        Ok(Self {
            place,
            kind: file.kind,
            schemas,
            failures,
        })
    }

    /// The same once more, where the database can be copied.
    fn copy(&self) -> Result<Option<Self>> {
        let Place::Server(fresh) = &self.place else {
            return Ok(None);
        };
        if self.kind != Kind::Postgres {
            return Ok(None);
        }
        Ok(Some(Self {
            place: Place::Server(fresh.copy()?),
            kind: self.kind,
            schemas: self.schemas.clone(),
            failures: self.failures.clone(),
        }))
    }

    pub(crate) fn url(&self) -> &str {
        self.place.url()
    }

    /// The schemas beside the default one.
    pub(crate) fn schemas(&self) -> &[String] {
        &self.schemas
    }

    /// The statements that could not be run.
    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
    }

    /// An empty database of the same kind.
    pub(crate) fn empty(&self) -> Result<Place> {
        Place::new(self.kind)
    }
}

/// The schemas beside the default one: one without a table may have the types
/// and functions that tables of others need.
fn schemas(url: &str) -> Result<Vec<String>> {
    let rows = aludel_test_servers::query(
        url,
        "SELECT n.nspname FROM pg_namespace n
         WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('public', 'information_schema')
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.deptype = 'e'
                           AND d.classid = 'pg_namespace'::regclass AND d.objid = n.oid)
         ORDER BY 1",
    )?;
    Ok(rows.lines().map(str::to_owned).collect())
}

/// SQLite's own tables cannot be made by a script.
fn sqlite(place: &Place, text: &str) -> Result<Vec<String>> {
    let own = |line: &&str| !line.to_lowercase().contains("create table sqlite_sequence");
    let text: String = text
        .lines()
        .filter(own)
        .flat_map(|line| [line, "\n"])
        .collect();
    let dialect = named("sqlite").ok_or("this build knows no SQLite")?;
    let statements = dialect.split_statements(&text).map_err(|e| e.to_string())?;
    prepare::block_on(async {
        let url = Url::parse(place.url()).map_err(|e| e.to_string())?;
        let mut connection = db::connect(&url, Mode::Create)
            .await
            .map_err(|e| e.to_string())?;
        let mut failures = Vec::new();
        let quick = "PRAGMA synchronous = OFF".to_owned();
        for statement in std::iter::once(quick).chain(statements) {
            if let Err(error) = db::execute(&mut connection, &statement).await {
                failures.push(error.to_string());
            }
        }
        connection.close().await.map_err(|e| e.to_string())?;
        Ok(failures)
    })?
}

/// Loads a script with the server's own client, which goes on where a
/// statement fails; those that did.
fn by_client(url: &str, script: &str, flags: &[&str], path: &Path) -> Result<Vec<String>> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let file = folder.path().join("script.sql");
    std::fs::write(&file, script).map_err(|e| e.to_string())?;
    let input = std::fs::File::open(&file).map_err(|e| e.to_string())?;
    let mut command = client(url)?;
    let output = command
        .args(flags)
        // What a script includes lies beside it.
        .current_dir(path.parent().unwrap_or(path))
        .env("PGOPTIONS", "-c client_min_messages=warning")
        .stdin(Stdio::from(input))
        .stdout(Stdio::null())
        .output()
        .map_err(|e| format!("cannot run `{}`: {e}", command.get_program().display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    Ok(said
        .lines()
        .filter(|line| line.contains("ERROR") || line.contains("FATAL") || line.contains("rror:"))
        .filter(|line| !(line.contains("role \"") && line.contains("does not exist")))
        .map(str::to_owned)
        .collect())
}

/// The statements that are about whole databases are taken out: everything
/// goes into the one that was made for it.
fn without_databases(text: &str, begins: impl Fn(&str) -> bool) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut skipping = false;
    for line in text.lines() {
        skipping = skipping || begins(&line.trim_start().to_lowercase());
        if skipping {
            skipping = !line.trim_end().ends_with(';');
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

fn postgres_script(text: &str) -> String {
    let client: Vec<&str> = text
        .lines()
        .filter(|line| !["\\c ", "\\connect "].iter().any(|c| line.starts_with(c)))
        .collect();
    let text = without_databases(&client.join("\n"), |line| {
        ["create database ", "drop database ", "alter database "]
            .iter()
            .any(|start| line.starts_with(start))
    });
    // A failing statement of a script that is one transaction would take
    // everything with it.
    format!("\\set ON_ERROR_STOP off\n\\set ON_ERROR_ROLLBACK on\n{text}")
}

fn mysql_script(text: &str) -> String {
    let database = text.lines().find_map(|line| {
        let name = line.strip_prefix("USE ").or(line.strip_prefix("use "))?;
        Some(name.trim_matches([' ', ';', '`', '\r']).to_owned())
    });
    let mut script = without_databases(text, |line| {
        let line = line.strip_prefix("/*!40000 ").unwrap_or(line);
        [
            "use ",
            "create database ",
            "create schema ",
            "drop database ",
            "drop schema ",
            "create database/",
        ]
        .iter()
        .any(|start| line.starts_with(start))
    });
    if let Some(database) = database.filter(|name| !name.is_empty()) {
        script = script.replace(&format!("`{database}`."), "");
        script = script.replace(&format!(" {database}."), " ");
    }
    // MariaDB writes this word into its dumps, and MySQL 8 knows it no more.
    let script = script.replace("NO_AUTO_CREATE_USER,", "");
    format!("SET FOREIGN_KEY_CHECKS = 0;\n{script}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_databases_is_left_out() {
        let script = postgres_script(
            "CREATE DATABASE x WITH\n  ENCODING = 'UTF8';\n\\connect x\nCREATE TABLE a ();\n",
        );
        assert!(script.ends_with("on\nCREATE TABLE a ();\n"), "{script}");
        let script = mysql_script(
            "DROP SCHEMA IF EXISTS sakila;\nCREATE SCHEMA sakila;\nUSE sakila;\n\
             CREATE TABLE a (b INT);\nCREATE VIEW v AS SELECT b FROM sakila.a;\n",
        );
        let expected = "CREATE TABLE a (b INT);\nCREATE VIEW v AS SELECT b FROM a;\n";
        assert!(script.ends_with(expected), "{script}");
        assert!(!script.contains("SCHEMA"), "{script}");
    }
}
