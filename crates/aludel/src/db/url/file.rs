//! What stands behind `sqlite:`: a file, or memory.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use super::decoded;
use crate::error::{Error, ErrorKind, Result};

/// A database in a file or in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// `None` in memory.
    path: Option<PathBuf>,
    read_only: bool,
}

impl File {
    pub(super) fn at(path: PathBuf) -> Self {
        Self {
            path: Some(path),
            read_only: false,
        }
    }

    /// Reads what follows the scheme.
    pub(super) fn parse(rest: &str, python: bool) -> Result<Self> {
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut file = Self {
            path: place(path, python)?,
            read_only: false,
        };
        for option in query.split('&').filter(|option| !option.is_empty()) {
            file.option(option)?;
        }
        Ok(file)
    }

    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.read_only
    }

    pub(super) fn move_under(&mut self, folder: &Path) {
        if let Some(path) = &mut self.path {
            *path = without_detours(folder.join(&*path));
        }
    }

    /// What tells the database from others; links are followed as far as there
    /// is something.
    pub(super) fn identity(&self) -> String {
        let Some(path) = &self.path else {
            return "sqlite::memory:".to_owned();
        };
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let found = path.canonicalize().or_else(|_| {
            let folder = folder.canonicalize()?;
            Ok::<_, std::io::Error>(folder.join(path.file_name().unwrap_or_default()))
        });
        let found = found.unwrap_or_else(|_| path.clone());
        format!("sqlite:{}", found.display())
    }

    fn option(&mut self, option: &str) -> Result<()> {
        match option {
            "mode=ro" => self.read_only = true,
            "mode=memory" => self.path = None,
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

fn place(path: &str, python: bool) -> Result<Option<PathBuf>> {
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
    Ok((!memory).then_some(path))
}

/// Whether an absolute path is there, or could be put there with good sense.
fn stands(path: &Path) -> bool {
    let root = |parent: &Path| parent.parent().is_none();
    path.exists()
        || path
            .parent()
            .is_some_and(|parent| !root(parent) && parent.is_dir())
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            None => f.write_str("sqlite::memory:"),
            Some(path) => write!(f, "sqlite:{}", path.display()),
        }
    }
}

#[cfg(all(test, feature = "sqlite"))]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::Url;
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
}
