//! Which database a command means, and how its url is shown.
//!
//! A url may hold a password: [`DatabaseUrl`] shows itself without one, and
//! nothing else prints a url.

use std::fmt;
use std::path::Path;

use crate::error::{Failure, Result};

/// The url of a database that this build can talk to.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DatabaseUrl {
    text: String,
}

/// Where a url may come from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct UrlSources<'a> {
    /// `--database-url`.
    pub(crate) flag: Option<&'a str>,
    /// `[database] url`.
    pub(crate) config: Option<&'a str>,
    /// Whether `DATABASE_URL` counts.
    pub(crate) database_url_variable: bool,
}

/// The environment variable that is ours.
const OWN_VARIABLE: &str = "ALUDEL_DATABASE_URL";
/// The environment variable that everybody reads.
const COMMON_VARIABLE: &str = "DATABASE_URL";

impl UrlSources<'_> {
    /// The first url that is said: the flag, `ALUDEL_DATABASE_URL`, the
    /// configuration, `DATABASE_URL`. `lookup` reads an environment variable.
    ///
    /// # Errors
    /// No url at all, a variable that is named and not set, or a url of a
    /// database that this build does not know.
    pub(crate) fn choose(
        &self,
        root: &Path,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<DatabaseUrl> {
        if let Some(url) = self.flag {
            return DatabaseUrl::parse(url, root);
        }
        if let Some(url) = lookup(OWN_VARIABLE) {
            return DatabaseUrl::parse(&url, root);
        }
        if let Some(url) = self.config {
            return match url.strip_prefix("env:") {
                Some(name) => {
                    let url = lookup(name).ok_or_else(|| {
                        Failure::with_hint(
                            format!("the environment variable `{name}` is not set"),
                            "`[database] url` in `aludel.toml` names it",
                        )
                    })?;
                    DatabaseUrl::parse(&url, root)
                }
                None => DatabaseUrl::parse(url, root),
            };
        }
        let common = self.database_url_variable.then(|| lookup(COMMON_VARIABLE));
        match common.flatten() {
            Some(url) => DatabaseUrl::parse(&url, root),
            None => Err(Failure::with_hint(
                "no database url is given",
                format!(
                    "give `--database-url URL`, or set `{OWN_VARIABLE}`, \
                     or write `[database] url` into `aludel.toml`"
                ),
            )),
        }
    }
}

impl DatabaseUrl {
    /// A url as somebody wrote it; a relative SQLite path is relative to `root`.
    ///
    /// # Errors
    /// Not a url, or one of a database that this build does not know.
    pub(crate) fn parse(text: &str, root: &Path) -> Result<Self> {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(Failure::with_hint(
                "the database url has no scheme",
                format!("for a SQLite file write `sqlite:{}`", redact(text)),
            ));
        };
        if scheme != "sqlite" {
            return Err(Failure::with_hint(
                format!("this build does not know the database `{scheme}:`"),
                "it knows `sqlite:`, for instance `sqlite:app.db`",
            ));
        }
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, format!("?{query}")),
            None => (rest, String::new()),
        };
        if path.is_empty() {
            return Err(Failure::with_hint(
                "the SQLite url names no file",
                "write `sqlite:app.db`, or `sqlite::memory:` for a database in memory",
            ));
        }
        if path == ":memory:" || query.contains("mode=memory") || Path::new(path).is_absolute() {
            return Ok(Self {
                text: format!("sqlite:{path}{query}"),
            });
        }
        let root = root.to_string_lossy();
        // What a url would read as its own signs, where a folder has them.
        let root = root.replace('%', "%25").replace('?', "%3f");
        let path = path.strip_prefix("./").unwrap_or(path);
        Ok(Self {
            text: format!("sqlite:{root}/{path}{query}"),
        })
    }

    /// The url for the driver. It may hold a password: never print it.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The file of a SQLite database; `None` where it is in memory.
    pub(crate) fn file(&self) -> Option<std::path::PathBuf> {
        let path = self.text.strip_prefix("sqlite:")?;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        if path == ":memory:" || query.contains("mode=memory") {
            return None;
        }
        let path = path.replace("%3f", "?").replace("%25", "%");
        Some(path.into())
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact(&self.text))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// A url without its password, neither in the authority nor in a parameter.
fn redact(url: &str) -> String {
    let (head, query) = match url.split_once('?') {
        Some((head, query)) => (head, Some(query)),
        None => (url, None),
    };
    let head = match head.split_once("://") {
        Some((scheme, rest)) => match rest.rsplit_once('@') {
            Some((user, host)) => {
                let user = user.split_once(':').map_or(user, |(user, _)| user);
                format!("{scheme}://{user}:***@{host}")
            }
            None => head.to_owned(),
        },
        None => head.to_owned(),
    };
    let Some(query) = query else { return head };
    let query: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((key, _)) if key.to_ascii_lowercase().contains("pass") || key == "key" => {
                format!("{key}=***")
            }
            _ => pair.to_owned(),
        })
        .collect();
    format!("{head}?{}", query.join("&"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new("/project")
    }

    #[test]
    fn relative_files_are_relative_to_the_configuration() {
        for (text, url) in [
            ("sqlite:app.db", "sqlite:/project/app.db"),
            ("sqlite://app.db", "sqlite:/project/app.db"),
            ("sqlite:./app.db?mode=ro", "sqlite:/project/app.db?mode=ro"),
            ("sqlite:///tmp/app.db", "sqlite:/tmp/app.db"),
            ("sqlite:/tmp/app.db", "sqlite:/tmp/app.db"),
            ("sqlite::memory:", "sqlite::memory:"),
        ] {
            assert_eq!(DatabaseUrl::parse(text, root()).unwrap().as_str(), url);
        }
    }

    #[test]
    fn other_databases_are_refused_without_their_password() {
        let failure = DatabaseUrl::parse("postgres://u:secret@h/db", root()).unwrap_err();
        let text = format!("{:?}", failure.reports[0]);
        assert!(text.contains("does not know the database `postgres:`"));
        assert!(text.contains("sqlite"));
        assert!(!text.contains("secret"));
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(redact("postgres://u:p@h/db"), "postgres://u:***@h/db");
        assert_eq!(
            redact("x://u:p@ss@h/db?password=q"),
            "x://u:***@h/db?password=***"
        );
        assert_eq!(redact("sqlite:a.db?mode=ro"), "sqlite:a.db?mode=ro");
    }

    #[test]
    fn the_order_is_flag_own_variable_configuration_common_variable() {
        let all = |name: &str| Some(format!("sqlite:{name}"));
        let none = |_: &str| None;
        let sources = UrlSources {
            flag: Some("sqlite:flag"),
            config: Some("sqlite:config"),
            database_url_variable: true,
        };
        let chosen = |sources: UrlSources<'_>, own: bool| {
            let lookup = |name: &str| {
                let skip = name == OWN_VARIABLE && !own;
                if skip { None } else { all(name) }
            };
            sources.choose(root(), lookup).unwrap().text
        };
        assert!(chosen(sources, true).ends_with("/flag"));
        let no_flag = UrlSources {
            flag: None,
            ..sources
        };
        assert!(chosen(no_flag, true).ends_with("/ALUDEL_DATABASE_URL"));
        assert!(chosen(no_flag, false).ends_with("/config"));
        let last = UrlSources {
            config: None,
            ..no_flag
        };
        assert!(chosen(last, false).ends_with("/DATABASE_URL"));
        let ignored = UrlSources {
            database_url_variable: false,
            ..last
        };
        assert!(ignored.choose(root(), none).is_err());
        let named = UrlSources {
            config: Some("env:X"),
            ..no_flag
        };
        assert!(chosen(named, false).ends_with("/X"));
        assert!(named.choose(root(), none).is_err());
    }
}
