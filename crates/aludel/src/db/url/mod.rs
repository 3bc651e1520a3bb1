//! Database urls.
//!
//! This file owns which kind of database a url names. What stands behind the
//! scheme is read in [`file`] and [`server`].

mod file;
mod server;

use std::fmt;
use std::path::{Path, PathBuf};

use aludel_core::dialect::{self, Dialect};

use self::file::File;
pub(super) use self::server::Server;
use crate::error::{Error, ErrorKind, Result};

/// Where a database is.
///
/// Displays without anything secret, and so does its `Debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    File(File),
    Server(Server),
}

/// The kinds of databases, by the names that stand in urls; the first one is
/// that of the dialect, and of the feature that its driver is in.
const KINDS: [&[&str]; 3] = [
    &["sqlite"],
    &["postgres", "postgresql"],
    &["mysql", "mariadb"],
];

impl Url {
    /// Reads a url: `sqlite:app.db`, `sqlite://app.db`, `sqlite:///srv/app.db`,
    /// `sqlite::memory:`, `postgres://user:password@host:5432/database`,
    /// `mysql://user:password@host:3306/database`, and the spellings of Python
    /// such as `postgresql+asyncpg://..` and `sqlite+aiosqlite:///app.db`, in
    /// which three slashes begin a relative path and four an absolute one.
    ///
    /// `?schema=name` has a PostgreSQL url mean one schema of its database.
    ///
    /// `sqlite:///app.db` alone may mean either. It is absolute where that
    /// file exists or could stand in an existing folder other than the root,
    /// and relative otherwise. A socket is `?host=/folder` on PostgreSQL and
    /// `?socket=/path` on MySQL.
    ///
    /// # Errors
    /// A url of another database than this build knows, or none at all.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(not_a_url(text));
        };
        let scheme = scheme.to_ascii_lowercase();
        let (database, driver) = match scheme.split_once('+') {
            Some((database, driver)) => (database, Some(driver)),
            None => (scheme.as_str(), None),
        };
        if database.is_empty() || !database.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(not_a_url(text));
        }
        let kind = KINDS.iter().find(|names| names.contains(&database));
        let Some(name) = kind.and_then(|names| names.first().copied()) else {
            return Err(Error::new(
                ErrorKind::Url,
                format!("aludel knows no `{database}` databases"),
            )
            .with_hint(format!("this build knows {}", known())));
        };
        if dialect::named(name).is_none() {
            return Err(Error::new(
                ErrorKind::Url,
                format!("this build knows no `{database}` databases"),
            )
            .with_hint(format!(
                "switch on the feature `{name}` of aludel; this build knows {}",
                known()
            )));
        }
        let place = match name {
            "sqlite" => Place::File(File::parse(rest, driver.is_some())?),
            _ => Place::Server(Server::parse(name, rest)?),
        };
        Ok(Self { place })
    }

    /// The database in that file.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self {
            place: Place::File(File::at(path.into())),
        }
    }

    /// The same url, its path read relative to a folder.
    #[must_use]
    pub fn under(mut self, folder: &Path) -> Self {
        if let Place::File(file) = &mut self.place {
            file.move_under(folder);
        }
        self
    }

    /// The file of the database; `None` for one in memory or on a server.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File(file) => file.path(),
            Place::Server(_) => None,
        }
    }

    /// Whether the database is on a server.
    pub fn is_server(&self) -> bool {
        matches!(self.place, Place::Server(_))
    }

    /// Whether the url itself forbids writing (`?mode=ro`).
    pub fn is_read_only(&self) -> bool {
        match &self.place {
            Place::File(file) => file.is_read_only(),
            Place::Server(_) => false,
        }
    }

    /// The schema of the database that is meant, where it is not the role's own
    /// (PostgreSQL, `?schema=name`). Nothing outside of it is found by a name
    /// alone.
    pub fn schema(&self) -> Option<&str> {
        self.server().and_then(Server::schema)
    }

    /// That schema of the same database.
    ///
    /// # Errors
    /// A database without schemas, a name that is none.
    pub fn in_schema(&self, name: &str) -> Result<Self> {
        match &self.place {
            Place::Server(server) if server.dialect_name() == "postgres" => Ok(Self {
                place: Place::Server(server.in_schema(name)?),
            }),
            _ => Err(Error::new(
                ErrorKind::Url,
                format!("`{self}` has no schemas beside one another"),
            )),
        }
    }

    /// The same database, in the role's own schema.
    #[must_use]
    pub fn without_schema(&self) -> Self {
        match &self.place {
            Place::Server(server) => Self {
                place: Place::Server(server.without_schema()),
            },
            Place::File(_) => self.clone(),
        }
    }

    /// That database of the same server.
    ///
    /// # Errors
    /// A database without a server, a name that is none.
    pub fn in_database(&self, name: &str) -> Result<Self> {
        match &self.place {
            Place::Server(server) => Ok(Self {
                place: Place::Server(server.in_database(name)?),
            }),
            Place::File(_) => Err(Error::new(
                ErrorKind::Url,
                format!("`{self}` is on no server"),
            )),
        }
    }

    /// What tells databases apart: two urls that lead to the same place have
    /// the same, whoever connects and however.
    pub fn identity(&self) -> String {
        match &self.place {
            Place::File(file) => file.identity(),
            Place::Server(server) => server.identity(),
        }
    }

    /// The name of the dialect that the database speaks.
    pub fn dialect_name(&self) -> &'static str {
        match &self.place {
            Place::File(_) => "sqlite",
            Place::Server(server) => server.dialect_name(),
        }
    }

    /// The dialect that the database speaks, as far as the url says it: whether
    /// a server is MySQL or MariaDB is only known once it has been asked.
    /// `None` where this build does not have it, which only a url of
    /// [`Self::sqlite`] can come to.
    pub fn dialect(&self) -> Option<&'static dyn Dialect> {
        dialect::named(self.dialect_name())
    }

    /// The parts of the url of a server.
    pub(super) fn server(&self) -> Option<&Server> {
        match &self.place {
            Place::File(_) => None,
            Place::Server(server) => Some(server),
        }
    }
}

/// Says nothing of the text itself, which may hold a password.
fn not_a_url(text: &str) -> Error {
    let error = Error::new(ErrorKind::Url, "the database url cannot be read");
    let known = known();
    match text {
        "" => error.with_hint(format!("it is empty: this build knows {known}")),
        _ => error.with_hint(format!(
            "a url begins with the kind of database: this build knows {known}"
        )),
    }
}

/// The databases of this build, with an example each.
fn known() -> String {
    let examples: Vec<&str> = dialect::ALL
        .iter()
        .map(|dialect| match dialect.name() {
            "sqlite" => "`sqlite:path/to/file.db`",
            "postgres" => "`postgres://user:password@host/database`",
            _ => "`mysql://user:password@host/database`",
        })
        .collect();
    examples.join(", ")
}

/// A text with its `%20` and the like taken out.
fn decoded(text: &str) -> Result<String> {
    let wrong = || {
        Error::new(
            ErrorKind::Url,
            "the url has a `%` without two hex digits after it",
        )
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.ok_or_else(wrong)?);
        rest = tail.get(2..).unwrap_or_default();
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File(file) => file.fmt(f),
            Place::Server(server) => server.fmt(f),
        }
    }
}

impl std::str::FromStr for Url {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn other_databases_are_named_without_their_password() {
        let error = Url::parse("oracle://me:secret@host/db").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Url);
        assert!(error.to_string().contains("oracle"));
        for bad in [
            "",
            "app.db",
            "me:secret@host/db",
            "/srv/x:secret",
            "sqlite:a.db?nope=secret",
            "postgres://me:secret@[bad/db",
            "postgres://me:secret@host:port/db",
            "mysql://me:secret@host:99999999/db",
        ] {
            let error = Url::parse(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Url, "{bad}");
            assert!(!format!("{error:?}").contains("secret"), "{bad}");
        }
    }

    #[test]
    fn a_driver_that_is_not_compiled_in_is_named() {
        for (name, feature) in [
            ("postgresql", cfg!(feature = "postgres")),
            ("mariadb", cfg!(feature = "mysql")),
            ("sqlite", cfg!(feature = "sqlite")),
        ] {
            match Url::parse(&format!("{name}://me:secret@host/db")) {
                Ok(_) => assert!(feature, "{name}"),
                Err(error) if name == "sqlite" => assert_eq!(error.kind(), ErrorKind::Url),
                Err(error) => {
                    assert!(!feature, "{name}");
                    assert!(error.hint().unwrap().contains("feature"), "{error:?}");
                }
            }
        }
    }
}
