//! Ids, slugs and file names.

use super::header::{Format, Header};
use crate::error::{Error, Result};

/// The longest id that fits into the version table.
const ID_LIMIT: usize = 32;

/// The longest slug.
const SLUG_LIMIT: usize = 40;

/// How files are named where nothing else is configured.
pub const DEFAULT_FILE_NAME: &str = "{rev}_{slug}";

/// Words that mean something else where a revision is named.
const RESERVED: [&str; 5] = ["head", "heads", "base", "current", "none"];

/// Whether a text can be the id of a revision.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_id(id: &str) -> Result<()> {
    let error = |what: String| {
        Err(Error::new(what)
            .with_hint("an id has 1 to 32 letters, digits, `_` or `.`; 12 hex digits are usual"))
    };
    if id.is_empty() {
        return error("the revision id is empty".into());
    }
    if id.chars().count() > ID_LIMIT {
        return error(format!("the revision id `{id}` is longer than {ID_LIMIT}"));
    }
    let illegal = |c: char| "@-+:,/\\'\"`".contains(c) || c.is_whitespace() || c.is_control();
    if let Some(c) = id.chars().find(|c| illegal(*c)) {
        return error(format!(
            "`{}` is not allowed in the revision id `{id}`",
            c.escape_debug()
        ));
    }
    if RESERVED.contains(&id.to_ascii_lowercase().as_str()) {
        return error(format!(
            "`{id}` is a word that no revision can have as its id"
        ));
    }
    Ok(())
}

/// Whether a text can be the label of a branch.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_label(label: &str) -> Result<()> {
    let illegal = |c: char| "@+:,/\\'\"`".contains(c) || c.is_whitespace() || c.is_control();
    let what = match label.chars().find(|c| illegal(*c)) {
        _ if label.is_empty() => "the branch label is empty".to_owned(),
        Some(c) => format!(
            "`{}` is not allowed in the branch label `{label}`",
            c.escape_debug()
        ),
        None if RESERVED.contains(&label.to_ascii_lowercase().as_str()) => {
            format!("`{label}` is a word that no branch can have as its label")
        }
        // It would be steps from nowhere.
        None if label.starts_with('-') => {
            format!("the branch label `{label}` begins with `-`")
        }
        None => return Ok(()),
    };
    Err(Error::new(what).with_hint("a label has letters, digits, `_`, `.` or `-`"))
}

/// A message as a part of a file name: lower-case words joined by `_`, cut
/// between words at 40 characters.
pub fn slug(message: &str) -> String {
    let mut out = String::new();
    let lower = message.to_lowercase();
    for word in lower.split(|c: char| !c.is_alphanumeric()) {
        let length = out.chars().count() + usize::from(!out.is_empty()) + word.chars().count();
        if word.is_empty() {
            continue;
        }
        if length > SLUG_LIMIT {
            if out.is_empty() {
                out.extend(word.chars().take(SLUG_LIMIT));
            }
            break;
        }
        if !out.is_empty() {
            out.push('_');
        }
        out.push_str(word);
    }
    out
}

/// The name of the file for a header, by a template such as
/// [`DEFAULT_FILE_NAME`]; `{rev} {slug} {year} {month} {day} {hour} {minute}
/// {second} {epoch}` are known, the time being the header's create date.
///
/// # Errors
/// A template with an unknown part, or that gives no usable name; a create
/// date that cannot be read where the template needs it.
pub fn file_name(template: &str, header: &Header, format: Format) -> Result<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, tail)) = rest.split_once('{') {
        let Some((part, after)) = tail.split_once('}') else {
            return Err(Error::new(format!("`{{` without `}}` in `{template}`")));
        };
        out.push_str(before);
        out.push_str(&part_of(part, template, header)?);
        rest = after;
    }
    out.push_str(rest);
    // An empty slug would leave a lonely separator.
    let stem = out.trim_end_matches(['_', '-', ' ']);
    if stem.is_empty() || stem.contains(['/', '\\']) || stem.starts_with('.') {
        return Err(
            Error::new(format!("`{template}` gives no usable file name: `{out}`"))
                .with_hint(format!("the usual template is `{DEFAULT_FILE_NAME}`")),
        );
    }
    Ok(format!("{stem}.{}", format.extension()))
}

fn part_of(part: &str, template: &str, header: &Header) -> Result<String> {
    let two = |n: i64| format!("{n:02}");
    Ok(match part {
        "rev" => header.id.clone(),
        "slug" => slug(&header.message),
        "year" => format!("{:04}", date(header)?[0]),
        "month" => two(date(header)?[1]),
        "day" => two(date(header)?[2]),
        "hour" => two(date(header)?[3]),
        "minute" => two(date(header)?[4]),
        "second" => two(date(header)?[5]),
        "epoch" => epoch(date(header)?).to_string(),
        _ => {
            return Err(
                Error::new(format!("unknown part `{{{part}}}` in `{template}`")).with_hint(
                    "known are {rev} {slug} {year} {month} {day} {hour} {minute} {second} {epoch}",
                ),
            );
        }
    })
}

/// Year, month, day, hour, minute and second of `2026-11-20T18:30:12Z`.
fn date(header: &Header) -> Result<[i64; 6]> {
    let error = || {
        Error::new(format!(
            "the create date `{}` is not of the form `2026-11-20T18:30:12Z`",
            header.create_date
        ))
    };
    let mut parts = header
        .create_date
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty());
    let mut date = [0; 6];
    for value in &mut date {
        *value = parts
            .next()
            .and_then(|part| part.parse().ok())
            .ok_or_else(error)?;
    }
    let [_, month, day, hour, minute, second] = date;
    let fits = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    if fits { Ok(date) } else { Err(error()) }
}

/// Seconds since 1970, by the days of the Gregorian calendar counted from
/// March so that the leap day comes last.
fn epoch([year, month, day, hour, minute, second]: [i64; 6]) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let century = year.div_euclid(400);
    let of_century = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = century * 146_097 + of_century * 365 + of_century / 4 - of_century / 100 + of_year
        - 719_468;
    ((days * 24 + hour) * 60 + minute) * 60 + second
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn header(message: &str) -> Header {
        Header {
            message: message.into(),
            id: "ac311b3782a1".into(),
            create_date: "2026-11-20T18:30:12Z".into(),
            ..Header::default()
        }
    }

    #[test]
    fn slugs_are_cut_between_words() {
        assert_eq!(
            slug("add route_return to traceroute"),
            "add_route_return_to_traceroute"
        );
        assert_eq!(slug("  Ünïcode -- und `mehr`! "), "ünïcode_und_mehr");
        assert_eq!(slug(""), "");
        let long = slug("one two three four five six seven eight nine ten");
        assert_eq!(long, "one_two_three_four_five_six_seven_eight");
        assert_eq!(slug(&"x".repeat(50)).len(), 40);
    }

    #[test]
    fn files_are_named_by_the_template() {
        let name =
            |template: &str, message: &str| file_name(template, &header(message), Format::Sql);
        assert_eq!(
            name(DEFAULT_FILE_NAME, "Add b").unwrap(),
            "ac311b3782a1_add_b.sql"
        );
        assert_eq!(name(DEFAULT_FILE_NAME, "").unwrap(), "ac311b3782a1.sql");
        assert_eq!(
            name(
                "{year}{month}{day}_{hour}{minute}{second}_{epoch}_{rev}",
                "x"
            )
            .unwrap(),
            "20261120_183012_1795199412_ac311b3782a1.sql"
        );
        assert!(name("{nope}", "x").is_err());
        assert!(name("a/{rev}", "x").is_err());
        assert!(name("{rev", "x").is_err());
    }

    #[test]
    fn ids_are_checked() {
        for good in ["ac311b3782a1", "1", "a_b.c", &"x".repeat(32)] {
            assert!(check_id(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a@b",
            "a-b",
            "a+b",
            "a:b",
            "a b",
            "a,b",
            "head",
            "BASE",
            &"x".repeat(33),
        ] {
            assert!(check_id(bad).is_err(), "{bad}");
        }
    }
}
