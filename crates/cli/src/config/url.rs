//! Which database a command means.
//!
//! A url may hold a password: only [`Url`], which shows itself without one, is
//! ever printed.

use std::path::Path;

use aludel::db::Url;

use crate::error::{Failure, Result};

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
pub(crate) const COMMON_VARIABLE: &str = "DATABASE_URL";
/// Both, the one that counts before the other first.
pub(crate) const OWN_AND_COMMON: [&str; 2] = [OWN_VARIABLE, COMMON_VARIABLE];

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
    ) -> Result<Url> {
        if let Some(url) = self.flag {
            return named(url, "`--database-url`", root, &lookup);
        }
        if let Some(url) = lookup(OWN_VARIABLE) {
            return parse(&url, root);
        }
        if let Some(url) = self.config {
            return named(url, "`[database] url` in `aludel.toml`", root, &lookup);
        }
        let common = self.database_url_variable.then(|| lookup(COMMON_VARIABLE));
        match common.flatten() {
            Some(url) => parse(&url, root),
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

/// The url of the database that migrations are proven in, if one is named.
///
/// # Errors
/// As [`UrlSources::choose`].
pub(crate) fn scratch(
    text: Option<&str>,
    root: &Path,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Option<Url>> {
    let place = "`[database] scratch_url` in `aludel.toml`";
    text.map(|text| named(text, place, root, lookup))
        .transpose()
}

/// A url, or `env:NAME` for one that stands in an environment variable; `place`
/// says where it was read.
///
/// # Errors
/// A variable that is not set, a url that is none.
pub(crate) fn named(
    text: &str,
    place: &str,
    root: &Path,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Url> {
    let Some(name) = text.strip_prefix("env:") else {
        return parse(text, root);
    };
    let url = lookup(name).ok_or_else(|| {
        Failure::with_hint(
            format!("the environment variable `{name}` is not set"),
            format!("{place} names it"),
        )
    })?;
    parse(&url, root)
}

/// A url as somebody wrote it; a relative SQLite path is relative to `root`.
///
/// # Errors
/// Not a url, or one of a database that this build does not know.
pub(crate) fn parse(text: &str, root: &Path) -> Result<Url> {
    Ok(Url::parse(text)?.under(root))
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
        for (text, path) in [
            ("sqlite:app.db", Some("/project/app.db")),
            ("sqlite:/tmp/app.db", Some("/tmp/app.db")),
            ("sqlite::memory:", None),
        ] {
            assert_eq!(
                parse(text, root()).unwrap().path(),
                path.map(Path::new),
                "{text}"
            );
        }
    }

    #[test]
    fn other_databases_are_refused_without_their_password() {
        let failure = parse("oracle://u:secret@h/db", root()).unwrap_err();
        let text = format!("{:?}", failure.reports[0]);
        assert!(text.contains("sqlite"), "{text}");
        assert!(!text.contains("secret"));
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
            sources.choose(root(), lookup).unwrap().to_string()
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
