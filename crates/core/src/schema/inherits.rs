//! What a table says of the tables that it inherits: `INHERITS (a, "B".c)`.
//!
//! Owns how that clause is found among the others that a table carries.

use std::ops::Range;

use super::{TableName, TableOptions};

impl TableOptions {
    /// The tables that the table inherits from (PostgreSQL), in the order in
    /// which it says them.
    pub fn inherits(&self) -> Vec<TableName> {
        let text = self.extra.as_deref().unwrap_or_default();
        clause(text).map_or_else(Vec::new, |(_, names)| names)
    }

    /// The same options without that clause.
    pub(crate) fn inheriting_nothing(mut self) -> Self {
        if let Some(text) = &self.extra
            && let Some((place, _)) = clause(text)
        {
            let parts = [text[..place.start].trim(), text[place.end..].trim()];
            self.extra = Some(parts.join(" ").trim().to_owned()).filter(|left| !left.is_empty());
        }
        self
    }
}

/// Where the clause stands, and the names in it.
fn clause(text: &str) -> Option<(Range<usize>, Vec<TableName>)> {
    const WORD: &str = "INHERITS";
    let mut at = 0;
    let start = loop {
        let rest = &text[at..];
        let next = rest.chars().next()?;
        if let Some(length) = quoted(rest) {
            at += length;
        } else if is_word(next) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            if rest[..length].eq_ignore_ascii_case(WORD) {
                break at;
            }
            at += length;
        } else {
            at += next.len_utf8();
        }
    };
    at = start + WORD.len();
    at += blank(&text[at..]);
    at += text[at..].starts_with('(').then_some(1)?;
    let mut names = Vec::new();
    loop {
        at += blank(&text[at..]);
        let (first, length) = name(&text[at..])?;
        at += length;
        let second = match text[at..].strip_prefix('.').map(name) {
            Some(second) => Some(second?),
            None => None,
        };
        names.push(match second {
            Some((second, length)) => {
                at += 1 + length;
                TableName::in_schema(first.as_str(), second.as_str())
            }
            None => TableName::new(first.as_str()),
        });
        at += blank(&text[at..]);
        match text[at..].chars().next()? {
            ',' => at += 1,
            ')' => return Some((start..at + 1, names)),
            _ => return None,
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn blank(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// How long the quoted text at the beginning is.
fn quoted(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut at = 1;
    loop {
        at += text[at..].find(quote)? + 1;
        if !text[at..].starts_with(quote) {
            return Some(at);
        }
        at += 1;
    }
}

/// The name at the beginning, and how long it is as it is written.
fn name(text: &str) -> Option<(String, usize)> {
    if text.starts_with('"') {
        let length = quoted(text)?;
        return Some((text[1..length - 1].replace("\"\"", "\""), length));
    }
    let length = text.find(|c| !is_word(c)).unwrap_or(text.len());
    (length > 0).then(|| (text[..length].to_lowercase(), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(extra: &str) -> TableOptions {
        TableOptions {
            extra: Some(extra.to_owned()),
            ..TableOptions::default()
        }
    }

    #[test]
    fn parents_are_read_and_left_out() {
        let b = TableName::in_schema("B, (b", "C\"c");
        for (extra, parents, left) in [
            (
                "UNLOGGED INHERITS (a, \"B, (b\".\"C\"\"c\") WITH (fillfactor='70')",
                vec![TableName::new("a"), b],
                Some("UNLOGGED WITH (fillfactor='70')"),
            ),
            ("inherits( Größe )", vec![TableName::new("größe")], None),
            (
                "PARTITION BY RANGE (inherits)",
                vec![],
                Some("PARTITION BY RANGE (inherits)"),
            ),
            (
                "WITH (a='INHERITS (b)')",
                vec![],
                Some("WITH (a='INHERITS (b)')"),
            ),
            ("INHERITS (\"a", vec![], Some("INHERITS (\"a")),
            ("", vec![], Some("")),
        ] {
            assert_eq!(options(extra).inherits(), parents, "{extra}");
            let rest = options(extra).inheriting_nothing();
            assert_eq!(rest.extra.as_deref(), left, "{extra}");
        }
        assert!(TableOptions::default().inherits().is_empty());
    }
}
