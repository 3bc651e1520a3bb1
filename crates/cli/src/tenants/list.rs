//! Which databases are meant: the lines of a file, or the rows of a query.
//!
//! A url may hold a password, and so may a text that was to be one: only what
//! [`Url`] shows of itself is ever printed.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use aludel::db::Url;
use miette::Report;

use crate::config::{Config, named};
use crate::database;
use crate::error::{Failure, Result};
use crate::session::Session;

/// One of many databases.
#[derive(Debug)]
pub(crate) struct Tenant {
    /// What it is called in reports.
    pub(crate) name: String,
    /// Where it is, or why nobody can know.
    pub(crate) place: Result<Url>,
    /// Whether a file that is not there is made, as it is for one database.
    pub(crate) makes: bool,
}

impl Tenant {
    /// Where it is.
    ///
    /// # Errors
    /// Why nobody can know.
    pub(crate) fn url(&self) -> Result<&Url> {
        self.place.as_ref().map_err(|failure| {
            let hints = failure.hints();
            Failure::with_hint(failure.summary(), hints.join("; "))
        })
    }
}

/// The databases of a file.
///
/// # Errors
/// Every line that is no url or names a database again; a file without any.
pub(super) fn of_file(file: &Path, session: &Session<'_>, config: &Config) -> Result<Vec<Tenant>> {
    if session.global.database_url.is_some() {
        return Err(Failure::with_hint(
            "`--each` and `--database-url` both say which databases",
            "leave one of them out",
        ));
    }
    let (text, shown) = read(file)?;
    let mut wrong: Vec<Report> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut tenants = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let (at, line) = (at + 1, line.trim());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = format!("line {at} of `{shown}`");
        let url = named(line, &place, &config.root, |name| {
            session.variable(&config.root, name)
        });
        match url.and_then(in_a_place).map(|url| (url.identity(), url)) {
            Err(failure) => {
                let said = format!("{place}: {}", failure.summary());
                let told = Failure::with_hint(said, failure.hints().join("; "));
                wrong.extend(told.reports);
            }
            Ok((identity, url)) => match seen.insert(identity, at) {
                Some(first) => wrong.extend(again(&place, &format!("line {first}"), &url).reports),
                None => tenants.push(Tenant {
                    name: url.to_string(),
                    place: Ok(url),
                    makes: true,
                }),
            },
        }
    }
    if !wrong.is_empty() {
        return Err(Failure::many(wrong));
    }
    if tenants.is_empty() {
        return Err(Failure::with_hint(
            format!("`{shown}` names no database"),
            "write a url into each line",
        ));
    }
    Ok(tenants)
}

/// The text of a file, and what it is called.
fn read(file: &Path) -> Result<(String, String)> {
    let shown = match file.as_os_str() == "-" {
        true => "stdin".to_owned(),
        false => file.display().to_string(),
    };
    let mut text = String::new();
    let read = match file.as_os_str() == "-" {
        true => std::io::stdin().lock().read_to_string(&mut text).map(drop),
        false => std::fs::read_to_string(file).map(|read| text = read),
    };
    read.map_err(|e| Failure::because(format!("cannot read `{shown}`"), e))?;
    Ok((text, shown))
}

/// A database in memory would be gone with the command.
fn in_a_place(url: Url) -> Result<Url> {
    match !url.is_server() && url.path().is_none() {
        true => Err(Failure::with_hint(
            "a database in memory is gone when the command ends",
            "give the path of a file",
        )),
        false => Ok(url),
    }
}

fn again(place: &str, first: &str, url: &Url) -> Failure {
    Failure::with_hint(
        format!("{place}: `{url}` is the database of {first}"),
        "name every database once",
    )
}

/// The tenants that a query names.
///
/// # Errors
/// A database that cannot be opened, a query that fails or gives more than one
/// column, a tenant that is named twice.
pub(super) async fn of_query(
    query: &str,
    session: &Session<'_>,
    config: &Config,
) -> Result<Vec<Tenant>> {
    let url = in_a_place(session.database_url(config)?)?;
    let mut connection = database::open(&url).await?;
    let rows = connection.rows(query).await;
    connection.close().await?;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong: Vec<Report> = Vec::new();
    let mut tenants = Vec::new();
    for (at, row) in rows?.into_iter().enumerate() {
        let at = at + 1;
        let [value] = row.as_slice() else {
            return Err(Failure::with_hint(
                format!("the query of `--tenants` gives {} columns", row.len()),
                "it gives one: the name of the tenant's schema, database or file, or its url",
            ));
        };
        let tenant = tenant(value.as_deref(), at, &url, &config.root);
        if let Ok(place) = &tenant.place
            && let Some(first) = seen.insert(place.identity(), at)
        {
            let (here, there) = (format!("row {at}"), format!("row {first}"));
            let said = again(&here, &there, place);
            wrong.extend(said.reports);
        }
        tenants.push(tenant);
    }
    match wrong.is_empty() {
        true => Ok(tenants),
        false => Err(Failure::many(wrong)),
    }
}

/// What one row names.
fn tenant(value: Option<&str>, at: usize, main: &Url, root: &Path) -> Tenant {
    let of_row = |failure| Tenant {
        name: format!("row {at}"),
        place: Err(failure),
        makes: false,
    };
    let Some(value) = value.filter(|value| !value.trim().is_empty()) else {
        let what = if value.is_none() {
            "NULL"
        } else {
            "an empty text"
        };
        return of_row(Failure::with_hint(
            format!("the query gives {what}"),
            "leave the row out of it, or give it a name",
        ));
    };
    let (name, place) = match Url::parse(value) {
        Ok(url) => {
            let url = url.under(root);
            (url.to_string(), in_a_place(url))
        }
        Err(error) if value.contains("://") => return of_row(error.into()),
        Err(_) => (value.to_owned(), beside(main, value)),
    };
    Tenant {
        name,
        place,
        makes: false,
    }
}

/// What a name means on the database that it stands in.
fn beside(main: &Url, name: &str) -> Result<Url> {
    Ok(match (main.dialect_name(), main.path()) {
        ("postgres", _) => main.in_schema(name)?,
        ("mysql", _) => main.in_database(name)?,
        (_, path) => {
            let folder = path.and_then(Path::parent).unwrap_or(Path::new(""));
            Url::sqlite(name).under(folder)
        }
    })
}

#[cfg(all(test, feature = "sqlite", feature = "postgres", feature = "mysql"))]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn place(main: &str, value: Option<&str>) -> Result<String> {
        let main = Url::parse(main).unwrap();
        let tenant = tenant(value, 3, &main, Path::new("/project"));
        tenant.place.map(|url| format!("{} {url}", tenant.name))
    }

    #[test]
    fn a_row_is_a_place_beside_the_database_or_a_url() {
        let postgres = "postgres://me:secret@host/db";
        for (main, value, expected) in [
            (postgres, "t1", "t1 postgres://me@host/db?schema=t1"),
            (postgres, "t:1", "t:1 postgres://me@host/db?schema=t:1"),
            (
                postgres,
                "mysql://you:secret@h/x",
                "mysql://you@h/x mysql://you@h/x",
            ),
            ("mysql://me:secret@host/db", "t1", "t1 mysql://me@host/t1"),
            ("sqlite:/srv/app.db", "t/1.db", "t/1.db sqlite:/srv/t/1.db"),
            ("sqlite:/srv/app.db", "/t.db", "/t.db sqlite:/t.db"),
            (
                "sqlite:/srv/app.db",
                "sqlite:t.db",
                "sqlite:/project/t.db sqlite:/project/t.db",
            ),
        ] {
            assert_eq!(place(main, Some(value)).unwrap(), expected, "{value}");
        }
        for value in [
            None,
            Some(" "),
            Some("sqlite::memory:"),
            Some("oracle://me:secret@host/db"),
            Some("postgres://me:secret@host:port/db"),
        ] {
            let failure = place(postgres, value).unwrap_err();
            assert!(!format!("{failure:?}").contains("secret"), "{value:?}");
        }
    }
}
