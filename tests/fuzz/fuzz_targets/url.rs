//! Urls: whatever is read or refused, no password is said.
//!
//! The first line of the input is a text as it is; the second and the third
//! stand around a password.
#![no_main]

use std::path::Path;

use aludel::db::Url;
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "S3cr3tW0rd";

/// Everything that is said of a url.
fn said(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) => {
            let mut all = format!("{url} {url:?} {}", url.identity());
            for other in [url.in_schema("it's"), url.in_database("a/b?c#d@e")] {
                match other {
                    Ok(other) => {
                        assert_ne!(other.identity(), "");
                        all.push_str(&format!("{other} {other:?}"));
                    }
                    Err(error) => all.push_str(&format!("{error} {error:?}")),
                }
            }
            assert_eq!(url.is_server(), url.dialect_name() != "sqlite");
            assert!(url.dialect().is_some());
            all
        }
        Err(error) => format!("{error} {error:?} {:?}", error.hint()),
    }
}

fuzz_target!(|text: &str| {
    let mut lines = text.lines();
    let mut line = || lines.next().unwrap_or_default();
    let (plain, user, rest) = (line(), line(), line());
    said(plain);
    if let Ok(url) = Url::parse(plain) {
        let moved = url.clone().under(Path::new("/srv/app"));
        assert_eq!(moved.path().is_some(), url.path().is_some());
        let bare = url.without_schema();
        assert_eq!(bare.schema(), None);
        if let Ok(inside) = url.in_schema("it's") {
            assert_eq!(inside.schema(), Some("it's"));
        }
    }
    // What ends the user's name is no part of it.
    if user.contains(['/', '?', '#', '@', ':', '\\', '[', ']']) {
        return;
    }
    for scheme in ["postgres", "mysql", "postgresql+asyncpg", "oracle"] {
        let all = said(&format!("{scheme}://{user}:{SECRET}@{rest}"));
        assert!(!all.contains(SECRET), "{all}");
        let all = said(&format!(
            "{scheme}://{user}@host/db?password={SECRET}&{rest}"
        ));
        assert!(!all.contains(SECRET), "{all}");
    }
});
