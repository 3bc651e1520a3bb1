//! The tokens of a statement, as far as objects look at them.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::dialect::Dialect;
use crate::schema::TableName;

/// One token that is neither white space nor a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Where it stands.
    pub range: Range<usize>,
    /// Whether it has no quotes, so that it may be a keyword.
    pub bare: bool,
    /// The name that it says, if it can be one.
    pub name: Option<String>,
    /// Its text in a spelling in which keywords are in small letters.
    pub text: String,
}

impl Word {
    /// Whether it is that keyword or mark, which is in small letters.
    pub fn is(&self, word: &str) -> bool {
        self.bare && self.text == word
    }
}

/// The tokens of a definition without what makes no difference: `OR REPLACE`,
/// `IF NOT EXISTS`, who defined it, the name of the default schema.
pub fn plain(dialect: &dyn Dialect, sql: &str, default: &str) -> Vec<String> {
    let Ok(words) = dialect.words(sql) else {
        return vec![sql.to_owned()];
    };
    let mut plain = Vec::with_capacity(words.len());
    // The head ends with the name of what is made.
    let mut in_head = true;
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let is = |n: usize, text: &str| words.get(at + n).is_some_and(|w| w.is(text));
        if in_head {
            let skipped = if is(0, "or") && is(1, "replace") {
                2
            } else if is(0, "if") && is(1, "not") && is(2, "exists") {
                3
            } else if is(0, "definer") && is(1, "=") {
                length_of_definer(&words, at)
            } else if (is(0, "algorithm") && is(1, "=") && is(2, "undefined"))
                || (is(0, "sql") && is(1, "security") && is(2, "definer"))
            {
                3
            } else {
                0
            };
            if skipped > 0 {
                at += skipped;
                continue;
            }
            in_head = !matches!(word.text.as_str(), "as" | "on" | "(" | "returns");
        }
        let qualifies = word.name.as_deref() == Some(default)
            && is(1, ".")
            && words.get(at + 2).is_some_and(|next| next.name.is_some())
            && !(at > 0 && words[at - 1].is("."));
        if qualifies {
            at += 2;
            continue;
        }
        plain.push(word.text.clone());
        at += 1;
    }
    while plain.last().is_some_and(|last| last == ";") {
        plain.pop();
    }
    plain
}

/// `DEFINER = a@b` or `DEFINER = CURRENT_USER()`.
pub(super) fn length_of_definer(words: &[Word], at: usize) -> usize {
    let is = |n: usize, text: &str| words.get(at + n).is_some_and(|w| w.is(text));
    if is(3, "@") || is(3, "(") { 5 } else { 3 }
}

/// Whether two definitions are the same but for white space, comments, the
/// case of keywords and what else makes no difference.
pub fn same_text(dialect: &dyn Dialect, a: &str, b: &str, default: &str) -> bool {
    plain(dialect, a, default) == plain(dialect, b, default)
}

/// What stands inside of `$$ .. $$` or `'..'`, where it is more than a word.
fn body(text: &str) -> Option<&str> {
    let inner = match text.strip_prefix('$') {
        Some(rest) => {
            let end = rest.find('$')?;
            let mark = &text[..end + 2];
            rest.get(end + 1..)?.strip_suffix(mark)?
        }
        None => text.strip_prefix('\'')?.strip_suffix('\'')?,
    };
    inner.contains(char::is_whitespace).then_some(inner)
}

/// The names in a statement that may be those of relations, types or functions.
#[derive(Debug, Clone, Default)]
pub struct Mentions {
    names: BTreeSet<(Option<String>, String)>,
}

/// After these stands what a statement reads, calls or is about.
const BEFORE_NAMES: &[&str] = &[
    "from",
    "join",
    "into",
    "update",
    "on",
    "only",
    "table",
    "references",
    "function",
    "procedure",
    "call",
    "as",
    "returns",
    "setof",
    "of",
    "using",
    "extension",
    "::",
];

impl Mentions {
    /// The names in a text. One that cannot be cut into tokens names nothing.
    pub fn of(dialect: &dyn Dialect, sql: &str) -> Self {
        let mut found = Self::default();
        found.add(dialect, sql);
        found
    }

    /// The same with the names in the bodies of functions, which a server may
    /// look up when a function is made, and holds on to in no other way.
    pub fn with_bodies(dialect: &dyn Dialect, sql: &str) -> Self {
        let mut found = Self::of_bodies(dialect, sql);
        found.add(dialect, sql);
        found
    }

    /// The names in the bodies of functions alone.
    pub fn of_bodies(dialect: &dyn Dialect, sql: &str) -> Self {
        let mut found = Self::default();
        let words = dialect.words(sql).unwrap_or_default();
        for body in words.iter().filter_map(|word| body(&word.text)) {
            found.add(dialect, body);
        }
        found.in_own_path(dialect, &words);
        found
    }

    /// The same names in the schemas in which a function says that those of its
    /// body are looked for (PostgreSQL: `SET search_path TO a, b`).
    fn in_own_path(&mut self, dialect: &dyn Dialect, words: &[Word]) {
        let at = words.windows(3).position(|three| {
            let is = |n: usize, text: &str| three[n].is(text);
            is(0, "set") && is(1, "search_path") && (is(2, "to") || is(2, "="))
        });
        let Some(path) = at.and_then(|at| words.get(at + 3..)) else {
            return;
        };
        let bare = self.names.iter().filter(|(schema, _)| schema.is_none());
        let bare: Vec<String> = bare.map(|(_, name)| name.clone()).collect();
        for schema in path.chunks(2) {
            let name = schema[0].name.as_deref();
            let name = name.unwrap_or_else(|| schema[0].text.trim_matches('\''));
            let schema_name = dialect.fold_name(name);
            let names = bare
                .iter()
                .map(|name| (Some(schema_name.clone()), name.clone()));
            self.names.extend(names);
            if !schema.get(1).is_some_and(|comma| comma.is(",")) {
                break;
            }
        }
    }

    /// The names that a server looks up when it makes this: of a function in SQL
    /// those of its body too, in another language the types of what it declares.
    pub fn when_made(dialect: &dyn Dialect, sql: &str) -> Self {
        let mut found = Self::of(dialect, sql);
        let words = dialect.words(sql).unwrap_or_default();
        let in_sql = words
            .windows(2)
            .any(|pair| pair[0].is("language") && pair[1].name.as_deref() == Some("sql"));
        let mut inside = Self::default();
        for body in words.iter().filter_map(|word| body(&word.text)) {
            if in_sql {
                inside.add(dialect, body);
            } else {
                inside.add_declared(dialect, body);
            }
        }
        inside.in_own_path(dialect, &words);
        found.names.extend(inside.names);
        found
    }

    /// The tables of `t%ROWTYPE` and `t.c%TYPE`.
    fn add_declared(&mut self, dialect: &dyn Dialect, body: &str) {
        let words = dialect.words(body).unwrap_or_default();
        for (at, _) in words.iter().enumerate().filter(|(_, word)| word.is("%")) {
            let is = |text: &str| words.get(at + 1).is_some_and(|next| next.is(text));
            let mut names = Vec::new();
            let mut end = at;
            while let Some(name) = end.checked_sub(1).and_then(|n| words[n].name.as_deref()) {
                names.push(dialect.fold_name(name));
                match end.checked_sub(2).is_some_and(|n| words[n].is(".")) {
                    true => end -= 2,
                    false => break,
                }
            }
            let mut names = names.into_iter().skip(usize::from(!is("rowtype")));
            if (is("rowtype") || is("type"))
                && let Some(table) = names.next()
            {
                self.names.insert((names.next(), table));
            }
        }
    }

    fn add(&mut self, dialect: &dyn Dialect, sql: &str) {
        let words = dialect.words(sql).unwrap_or_default();
        let names = &mut self.names;
        for (at, word) in words.iter().enumerate() {
            let Some(name) = &word.name else {
                // A function may be named inside a string: `nextval('s')`.
                let inner = word.text.trim_matches('\'');
                if inner.len() + 2 == word.text.len() {
                    let (schema, name) = match inner.split_once('.') {
                        Some((schema, name)) => (Some(schema), name),
                        None => (None, inner),
                    };
                    names.insert((
                        schema.map(|s| dialect.fold_name(s)),
                        dialect.fold_name(name.trim_matches('"')),
                    ));
                }
                continue;
            };
            let before = at.checked_sub(1).and_then(|n| words.get(n));
            let after = words.get(at + 1);
            let follows = before.is_some_and(|w| {
                w.is(",")
                    || w.is("(")
                    || w.is("=")
                    || (w.bare && BEFORE_NAMES.contains(&w.text.as_str()))
            });
            let leads = after.is_some_and(|w| w.is("(") || w.is("."));
            let qualified = before.is_some_and(|w| w.is("."));
            // `a integer`, `a money_type`: a type follows a name.
            let is_type = before.is_some_and(|w| w.name.is_some());
            if qualified {
                let schema = at.checked_sub(2).and_then(|n| words.get(n));
                let schema = schema.and_then(|w| w.name.as_deref());
                names.insert((
                    schema.map(|s| dialect.fold_name(s)),
                    dialect.fold_name(name),
                ));
            } else if follows || leads || is_type {
                names.insert((None, dialect.fold_name(name)));
            }
        }
    }

    /// Whether something of that name is named, where a name without a schema
    /// is one of the default schema.
    pub fn has(&self, dialect: &dyn Dialect, name: &TableName, default: &str) -> bool {
        let own = dialect.fold_name(name.name.as_str());
        let schema = match &name.schema {
            Some(schema) => dialect.fold_name(schema.as_str()),
            None => dialect.fold_name(default),
        };
        (name.schema.is_none() && self.names.contains(&(None, own.clone())))
            || self.names.contains(&(Some(schema), own))
    }
}
