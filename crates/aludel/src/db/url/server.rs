//! What stands behind `postgres:` and `mysql:`: a server, a user, a database.
//!
//! The drivers read urls themselves; here they are only made into the form
//! that the drivers read, and into one that can be shown.

use std::fmt;

use sqlx_core::Url as Parts;

use crate::error::{Error, ErrorKind, Result};

/// A database on a server.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::db) struct Server {
    dialect: &'static str,
    /// As the driver reads it. Holds the password.
    parts: Parts,
    /// The socket, where there is one.
    socket: Option<String>,
    /// The schema to work in, where it is not the role's own.
    schema: Option<String>,
}

/// The options that the driver of a dialect reads from a url.
fn options(dialect: &str) -> &'static [&'static str] {
    match dialect {
        "postgres" => &[
            "sslmode",
            "ssl-mode",
            "sslrootcert",
            "ssl-root-cert",
            "ssl-ca",
            "sslcert",
            "ssl-cert",
            "sslkey",
            "ssl-key",
            "statement-cache-capacity",
            "host",
            "hostaddr",
            "port",
            "dbname",
            "user",
            "password",
            "application_name",
            "options",
        ],
        _ => &[
            "sslmode",
            "ssl-mode",
            "sslca",
            "ssl-ca",
            "charset",
            "collation",
            "sslcert",
            "ssl-cert",
            "sslkey",
            "ssl-key",
            "statement-cache-capacity",
            "socket",
        ],
    }
}

impl Server {
    /// Reads what follows the scheme of a url for that dialect.
    pub(super) fn parse(dialect: &'static str, rest: &str) -> Result<Self> {
        let wrong = |what: &str| {
            Error::new(
                ErrorKind::Url,
                format!("the database url cannot be read: {what}"),
            )
            .with_hint(
                "it is `kind://user:password@host:port/database`; in a password, `@` is `%40`, \
                 `:` is `%3A`, `/` is `%2F`, `?` is `%3F`, `#` is `%23` and `%` is `%25`",
            )
        };
        let Some(rest) = rest.strip_prefix("//") else {
            return Err(wrong("`//` must follow the kind"));
        };
        if rest.contains('#') {
            return Err(wrong("it has a `#`"));
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        // Else the rest of the password would be taken for the host.
        let path = tail.split('?').next().unwrap_or_default();
        if path.contains('@') {
            return Err(wrong("an `@` stands behind a `/`"));
        }
        // The last `@` ends the password, as drivers read it.
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        // A url with a user must have a host, also where a socket is meant.
        let host = match (user, host) {
            (Some(_), "") => "localhost",
            (Some(_), port) if port.starts_with(':') => &format!("localhost{port}"),
            (_, host) => host,
        };
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        let text = format!("{dialect}://{user}{host}{tail}");
        let mut parts: Parts = text
            .parse()
            .map_err(|error: sqlx_core::url::ParseError| wrong(&error.to_string()))?;
        let (socket, schema) = keep_known(dialect, &mut parts);
        if let Some(name) = &schema {
            usable(name).map_err(|what| wrong(&what))?;
        }
        let server = Self {
            dialect,
            parts,
            socket,
            schema,
        };
        server.check().map_err(|what| wrong(&what))?;
        Ok(server)
    }

    pub(in crate::db) fn dialect_name(&self) -> &'static str {
        self.dialect
    }

    /// The schema that the url names.
    pub(in crate::db) fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The same server and database, and another schema of it.
    pub(super) fn in_schema(&self, name: &str) -> Result<Self> {
        usable(name).map_err(|what| Error::new(ErrorKind::Url, what))?;
        Ok(Self {
            schema: Some(name.to_owned()),
            ..self.clone()
        })
    }

    /// The same server and database, in the role's own schema.
    pub(super) fn without_schema(&self) -> Self {
        Self {
            schema: None,
            ..self.clone()
        }
    }

    /// The same server, and another database of it.
    pub(super) fn in_database(&self, name: &str) -> Result<Self> {
        usable(name).map_err(|what| Error::new(ErrorKind::Url, what))?;
        let mut server = self.clone();
        // A path is there as soon as there is a host, or none is needed.
        if let Ok(mut path) = server.parts.path_segments_mut() {
            path.clear().push(name);
        }
        let others = |(option, _): &(String, String)| option != "dbname";
        server.set_options(|options| options.retain(others));
        Ok(server)
    }

    fn set_options(&mut self, change: impl FnOnce(&mut Vec<(String, String)>)) {
        let pairs = self.parts.query_pairs().into_owned();
        let mut pairs: Vec<(String, String)> = pairs.collect();
        change(&mut pairs);
        self.parts.set_query(None);
        if !pairs.is_empty() {
            self.parts.query_pairs_mut().extend_pairs(pairs);
        }
    }

    /// What tells the database from others, whoever connects to it and however.
    pub(super) fn identity(&self) -> String {
        let options = self.parts.query_pairs();
        let option = |name: &str| {
            let mut options = self.parts.query_pairs();
            let found = options.find(|(option, _)| option == name);
            found.map(|(_, value)| value.into_owned())
        };
        let host = match &self.socket {
            Some(socket) => socket.clone(),
            None => option("host")
                .or_else(|| self.parts.host_str().map(str::to_owned))
                .unwrap_or_default()
                .to_ascii_lowercase(),
        };
        let usual = if self.dialect == "postgres" {
            5432
        } else {
            3306
        };
        let port = option("port").or_else(|| self.parts.port().map(|port| port.to_string()));
        // A socket of MySQL is a file, which has no port.
        let port = match (&self.socket, self.dialect) {
            (Some(_), "mysql") => String::new(),
            _ => port.unwrap_or_else(|| usual.to_string()),
        };
        let database = option("dbname").unwrap_or_else(|| {
            let path = self.parts.path().trim_start_matches('/');
            super::decoded(path).unwrap_or_else(|_| path.to_owned())
        });
        let database = match database.as_str() {
            "" => self.parts.username().to_owned(),
            _ => database,
        };
        // A search path makes another place of the same database.
        let session: Vec<String> = options
            .filter(|(name, _)| name.starts_with("options"))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let schema = self.schema.clone().unwrap_or_default();
        let session = session.join("&");
        [self.dialect, &host, &port, &database, &schema, &session].join("\0")
    }

    /// Whether the driver can read it. What it says names no values but those
    /// of options, which are no secrets.
    fn check(&self) -> Result<(), String> {
        match self.dialect {
            #[cfg(feature = "postgres")]
            "postgres" => self.postgres().map(drop),
            #[cfg(feature = "mysql")]
            "mysql" => self.mysql().map(drop),
            _ => Ok(()),
        }
    }

    /// What the driver of PostgreSQL is given.
    #[cfg(feature = "postgres")]
    pub(in crate::db) fn postgres(&self) -> Result<sqlx::postgres::PgConnectOptions, String> {
        use sqlx::ConnectOptions;
        sqlx::postgres::PgConnectOptions::from_url(&self.parts).map_err(|e| reason(&e))
    }

    /// Whether the url has that option.
    #[cfg(feature = "postgres")]
    pub(in crate::db) fn says(&self, option: &str) -> bool {
        self.parts.query_pairs().any(|(name, _)| name == option)
    }

    /// What the driver of MySQL is given.
    #[cfg(feature = "mysql")]
    pub(in crate::db) fn mysql(&self) -> Result<sqlx::mysql::MySqlConnectOptions, String> {
        use sqlx::ConnectOptions;
        sqlx::mysql::MySqlConnectOptions::from_url(&self.parts).map_err(|e| reason(&e))
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Configuration(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// Whether something may be the name of a schema or a database.
fn usable(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("a name is empty".to_owned());
    }
    match name.contains('\0') {
        true => Err("a name has a NUL character".to_owned()),
        false => Ok(()),
    }
}

/// Writes options as the driver knows them and takes out those that it does
/// not know, which belong to other drivers. Gives the socket and the schema, if
/// they are named.
fn keep_known(dialect: &str, parts: &mut Parts) -> (Option<String>, Option<String>) {
    let (mut socket, mut schema) = (None, None);
    let mut kept = Vec::new();
    for (name, value) in parts.query_pairs() {
        let (name, value) = match (dialect, &*name, &*value) {
            ("mysql", "unix_socket", value) => ("socket", value),
            ("postgres", "ssl", "true") => ("sslmode", "require"),
            ("postgres", "ssl", "false") => ("sslmode", "disable"),
            ("postgres", "ssl", value) => ("sslmode", value),
            (_, name, value) => (name, value),
        };
        if dialect == "postgres" && name == "schema" {
            schema = Some(value.to_owned());
            continue;
        }
        let known = options(dialect).contains(&name) || name.starts_with("options[");
        if !known {
            tracing::debug!(option = name, "an option of the url is not known");
            continue;
        }
        if name == "socket" || (name == "host" && value.starts_with('/')) {
            socket = Some(value.to_owned());
        }
        kept.push((name.to_owned(), value.to_owned()));
    }
    parts.set_query(None);
    if !kept.is_empty() {
        parts.query_pairs_mut().extend_pairs(kept);
    }
    (socket, schema)
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.dialect)?;
        if !self.parts.username().is_empty() {
            write!(f, "{}@", self.parts.username())?;
        }
        if self.socket.is_none() {
            f.write_str(self.parts.host_str().unwrap_or_default())?;
            if let Some(port) = self.parts.port() {
                write!(f, ":{port}")?;
            }
        }
        f.write_str(self.parts.path())?;
        let mut sign = '?';
        if let Some(socket) = &self.socket {
            let option = if self.dialect == "postgres" {
                "host"
            } else {
                "socket"
            };
            write!(f, "{sign}{option}={socket}")?;
            sign = '&';
        }
        match &self.schema {
            Some(schema) => write!(f, "{sign}schema={schema}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Server").field(&self.to_string()).finish()
    }
}

#[cfg(all(test, any(feature = "postgres", feature = "mysql")))]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::Url;

    #[cfg(feature = "postgres")]
    #[test]
    fn postgres_urls_are_read_as_drivers_read_them() {
        for (url, shown) in [
            (
                "postgres://me:secret@host:5433/db",
                "postgres://me@host:5433/db",
            ),
            ("postgresql+asyncpg://host/db", "postgres://host/db"),
            (
                "postgresql+psycopg2://me:secret@/db?host=/run/pg",
                "postgres://me@/db?host=/run/pg",
            ),
            ("postgres:///db?host=/run/pg", "postgres:///db?host=/run/pg"),
            (
                "POSTGRES://me:se%25cr%40et@host/db?password=secret&sslmode=disable&nope=secret",
                "postgres://me@host/db",
            ),
            ("postgres://me:p@secret@host/db", "postgres://me@host/db"),
            (
                "postgres://me:secret@/db?schema=a%20b&host=/run/pg",
                "postgres://me@/db?host=/run/pg&schema=a b",
            ),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(url.dialect_name(), "postgres");
            assert!(!format!("{url:?}").contains("secret"));
        }
        let url = Url::parse("postgres://m%40e:a%25b%40c@/a%20b?host=/run/pg").unwrap();
        let options = url.server().unwrap().postgres().unwrap();
        assert_eq!(options.get_username(), "m@e");
        assert_eq!(options.get_database(), Some("a b"));
        assert_eq!(options.get_socket().unwrap().to_str(), Some("/run/pg"));
        assert!(Url::parse("postgres://h/d?sslmode=perhaps").is_err());
        assert!(Url::parse("postgres:db").is_err());
        let error = Url::parse("postgres://me:p@ss/secret@host/db").unwrap_err();
        assert!(!format!("{error} {:?}", error.hint()).contains("secret"));
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn databases_are_told_apart_whoever_connects() {
        let identity = |url: &str| Url::parse(url).unwrap().identity();
        let one = identity("postgres://me:secret@host/db");
        for same in [
            "postgresql://host:5432/db?sslmode=disable",
            "postgres://you@HOST/db?application_name=x",
            "postgres://host/other?dbname=db",
        ] {
            assert_eq!(identity(same), one, "{same}");
        }
        for other in [
            "postgres://host:5433/db",
            "postgres://host/db2",
            "postgres://host/db?schema=a",
            "postgres://host/db?options[search_path]=a",
            "postgres:///db?host=/run/pg",
        ] {
            assert_ne!(identity(other), one, "{other}");
        }
        let url = Url::parse("postgres://me:secret@/db?host=/run/pg&dbname=x").unwrap();
        let schema = url.in_schema("it's").unwrap();
        assert_eq!(schema.schema(), Some("it's"));
        assert_ne!(schema.identity(), url.identity());
        let named = url.in_database("a/b %41").unwrap();
        let options = named.server().unwrap().postgres().unwrap();
        assert_eq!(options.get_database(), Some("a/b %41"));
        assert!(url.in_schema("").is_err() && url.in_database("").is_err());
        assert!(Url::parse("postgres://host/db?schema=").is_err());
    }

    #[cfg(feature = "mysql")]
    #[test]
    fn mysql_urls_are_read_as_drivers_read_them() {
        for (url, shown) in [
            ("mysql://me:secret@host:3307/db", "mysql://me@host:3307/db"),
            ("mariadb+pymysql://host/db", "mysql://host/db"),
            (
                "mysql+pymysql://me:secret@/db?unix_socket=/run/my.sock",
                "mysql://me@/db?socket=/run/my.sock",
            ),
            (
                "mysql://me@localhost/db?socket=/run/my.sock",
                "mysql://me@/db?socket=/run/my.sock",
            ),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(url.dialect_name(), "mysql");
        }
        let url = Url::parse("mysql://me:x@/db?unix_socket=/run/my.sock").unwrap();
        let options = url.server().unwrap().mysql().unwrap();
        assert_eq!(options.get_socket().unwrap().to_str(), Some("/run/my.sock"));
        assert_eq!(options.get_database(), Some("db"));
    }
}
