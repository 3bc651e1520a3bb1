//! What stands in the address of a server: just enough to name another
//! database of it, and to tell the MySQL client, which takes no addresses.

/// An address in its parts, what is written as `%41` undone.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Address {
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) socket: Option<String>,
}

impl Address {
    /// The parts of an address.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        let (authority, path, query) = split(url)?;
        let (login, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(decode(password))),
            None => (login, None),
        };
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port.to_owned())),
            _ => (place, None),
        };
        Ok(Self {
            user: some(user),
            password,
            host: some(host.trim_matches(['[', ']'])),
            port,
            database: some(path),
            socket: query
                .split('&')
                .find_map(|pair| pair.strip_prefix("socket="))
                .and_then(some),
        })
    }
}

/// The same server, another database.
pub(crate) fn with_database(url: &str, name: &str) -> Result<String, String> {
    let (authority, _, query) = split(url)?;
    let scheme = url.split("://").next().unwrap_or_default();
    let mark = if query.is_empty() { "" } else { "?" };
    Ok(format!("{scheme}://{authority}/{name}{mark}{query}"))
}

/// Who and where, the path without its `/`, and what follows the `?`.
fn split(url: &str) -> Result<(&str, &str, &str), String> {
    let rest = url
        .split_once("://")
        .map(|(_, rest)| rest)
        .ok_or("the address of a database server has no `://`")?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    Ok((authority, path, query))
}

fn some(text: &str) -> Option<String> {
    Some(decode(text)).filter(|text| !text.is_empty())
}

/// `%41` is `A`; what is not written so stays as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = text.get(at + 1..at + 3).filter(|_| byte == b'%');
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn takes_an_address_apart() {
        let url = "mysql://me:p%40ss@[::1]:3307/shop?socket=/run/my%20sock&charset=utf8mb4";
        let address = Address::parse(url).unwrap();
        assert_eq!(
            address,
            Address {
                user: Some("me".into()),
                password: Some("p@ss".into()),
                host: Some("::1".into()),
                port: Some("3307".into()),
                database: Some("shop".into()),
                socket: Some("/run/my sock".into()),
            }
        );
        let bare = Address::parse("mysql://root@localhost/?socket=/s").unwrap();
        assert_eq!(bare.database, None);
        assert_eq!(bare.port, None);
        assert!(Address::parse("localhost").is_err());
    }

    #[test]
    fn names_another_database() {
        let other = |url| with_database(url, "t").unwrap();
        assert_eq!(other("mysql://a@b"), "mysql://a@b/t");
        assert_eq!(
            other("postgres://a@b/postgres?host=/x/y&port=1"),
            "postgres://a@b/t?host=/x/y&port=1"
        );
    }
}
