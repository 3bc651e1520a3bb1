//! Database urls.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};

/// Where a database is.
///
/// Displays without anything secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    place: Place,
    read_only: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Memory,
    File(PathBuf),
}

/// The databases that this build knows.
const KNOWN: &str = "`sqlite`";

impl Url {
    /// Reads a url: `sqlite:app.db`, `sqlite://app.db`, `sqlite:///srv/app.db`,
    /// `sqlite::memory:`, and the spellings of Python such as
    /// `sqlite+aiosqlite:///app.db`, in which three slashes begin a relative
    /// path and four an absolute one.
    ///
    /// `sqlite:///app.db` alone may mean either. It is absolute where that
    /// file exists or could stand in an existing folder other than the root,
    /// and relative otherwise.
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
        if database != "sqlite" {
            return Err(Error::new(
                ErrorKind::Url,
                format!("this build knows no `{database}` databases"),
            )
            .with_hint(format!("it knows {KNOWN}: `sqlite:path/to/file.db`")));
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut url = Self {
            place: place(path, driver.is_some())?,
            read_only: false,
        };
        for option in query.split('&').filter(|option| !option.is_empty()) {
            url.option(option)?;
        }
        Ok(url)
    }

    /// The database in that file.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self {
            place: Place::File(path.into()),
            read_only: false,
        }
    }

    /// The same url, its path read relative to a folder.
    #[must_use]
    pub fn under(mut self, folder: &Path) -> Self {
        if let Place::File(path) = &mut self.place {
            *path = without_detours(folder.join(&*path));
        }
        self
    }

    /// The file of the database; `None` for one in memory.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::Memory => None,
            Place::File(path) => Some(path),
        }
    }

    /// Whether the url itself forbids writing (`?mode=ro`).
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// The name of the dialect that the database speaks.
    pub fn dialect(&self) -> &'static str {
        "sqlite"
    }

    fn option(&mut self, option: &str) -> Result<()> {
        match option {
            "mode=ro" => self.read_only = true,
            "mode=memory" => self.place = Place::Memory,
            "mode=rw" | "mode=rwc" => {}
            _ if option.starts_with("cache=") => {}
            _ => {
                let name = option.split('=').next().unwrap_or_default();
                return Err(Error::new(
                    ErrorKind::Url,
                    format!("unknown option `{name}` in the url"),
                )
                .with_hint("known are `mode=ro`, `mode=rw`, `mode=rwc` and `mode=memory`"));
            }
        }
        Ok(())
    }
}

/// Says nothing of the text itself, which may hold a password.
fn not_a_url(text: &str) -> Error {
    let error = Error::new(ErrorKind::Url, "the database url cannot be read");
    match text {
        "" => error.with_hint("it is empty: write `sqlite:path/to/file.db`"),
        _ => error.with_hint("a url begins with the kind of database: `sqlite:path/to/file.db`"),
    }
}

/// A path whose folder says no `.` and `..`, where that folder is there.
fn without_detours(path: PathBuf) -> PathBuf {
    let detour = |part: Component<'_>| matches!(part, Component::CurDir | Component::ParentDir);
    // `components` leaves a `.` out of the middle by itself.
    let plain: PathBuf = path.components().collect();
    if !plain.components().any(detour) {
        return plain;
    }
    let (Some(folder), Some(name)) = (plain.parent(), plain.file_name()) else {
        return plain;
    };
    match folder.canonicalize() {
        Ok(folder) => folder.join(name),
        Err(_) => plain,
    }
}

fn place(path: &str, python: bool) -> Result<Place> {
    let host = path
        .strip_prefix("//")
        .and_then(|rest| rest.split('/').next());
    if host.is_some_and(|host| host.contains('@')) {
        let error = Error::new(ErrorKind::Url, "a SQLite url has no user and no host");
        return Err(error.with_hint("it names a file: `sqlite:path/to/file.db`"));
    }
    let path = decoded(path)?;
    if path.contains('\0') {
        return Err(Error::new(ErrorKind::Url, "the url has a NUL character"));
    }
    let path = match path.strip_prefix("//") {
        None => PathBuf::from(&path),
        // In Python's urls the third slash ends the (empty) name of a host.
        Some(rest) if python => PathBuf::from(rest.strip_prefix('/').unwrap_or(rest)),
        Some(rest) => match rest.strip_prefix('/') {
            Some(relative) if !relative.starts_with('/') && !stands(Path::new(rest)) => {
                PathBuf::from(relative)
            }
            Some(absolute) if absolute.starts_with('/') => PathBuf::from(absolute),
            _ => PathBuf::from(rest),
        },
    };
    let memory = path.as_os_str().is_empty() || path == Path::new(":memory:");
    Ok(if memory {
        Place::Memory
    } else {
        Place::File(path)
    })
}

/// Whether an absolute path is there, or could be put there with good sense.
fn stands(path: &Path) -> bool {
    let root = |parent: &Path| parent.parent().is_none();
    path.exists()
        || path
            .parent()
            .is_some_and(|parent| !root(parent) && parent.is_dir())
}

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
            Place::Memory => f.write_str("sqlite::memory:"),
            Place::File(path) => write!(f, "sqlite:{}", path.display()),
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

    fn path(url: &str) -> Option<PathBuf> {
        Url::parse(url).unwrap().path().map(Path::to_owned)
    }

    #[test]
    fn urls_name_files() {
        let folder = tempfile::tempdir().unwrap();
        let absolute = folder.path().join("a b.db");
        for (url, expected) in [
            ("sqlite:app.db", "app.db"),
            ("sqlite://app.db", "app.db"),
            ("sqlite:./dir/app.db", "./dir/app.db"),
            ("sqlite:///app.db", "app.db"),
            ("sqlite:///no/such/folder/app.db", "no/such/folder/app.db"),
            ("sqlite:////srv/app.db", "/srv/app.db"),
            ("sqlite:/srv/app.db", "/srv/app.db"),
            ("sqlite+aiosqlite:///app.db", "app.db"),
            ("sqlite+aiosqlite:////srv/app.db", "/srv/app.db"),
            ("sqlite:a%20b.db?mode=rwc", "a b.db"),
            (
                &format!("sqlite://{}", absolute.display()),
                absolute.to_str().unwrap(),
            ),
        ] {
            assert_eq!(path(url), Some(PathBuf::from(expected)), "{url}");
        }
        for url in [
            "sqlite::memory:",
            "sqlite://",
            "sqlite://:memory:",
            "sqlite:///:memory:",
        ] {
            assert_eq!(path(url), None, "{url}");
        }
        assert!(Url::parse("sqlite:a.db?mode=ro").unwrap().is_read_only());
    }

    #[test]
    fn other_databases_are_named_without_their_password() {
        let error = Url::parse("postgres://me:secret@host/db").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Url);
        assert!(error.to_string().contains("postgres"));
        assert!(error.hint().unwrap().contains("sqlite"));
        for bad in [
            "",
            "app.db",
            "me:secret@host/db",
            "/srv/x:secret",
            "sqlite:a.db?nope=secret",
        ] {
            let error = Url::parse(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Url, "{bad}");
            assert!(!format!("{error:?}").contains("secret"), "{bad}");
        }
    }
}
