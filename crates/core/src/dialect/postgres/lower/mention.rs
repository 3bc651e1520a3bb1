//! Which views, triggers, rules and policies name a table or a column.
//!
//! Owns the questions that a change asks of the texts that the database keeps.
//! The texts are looked at token by token, so a name inside a string counts
//! for nothing; that a name stands for something else can not be told, and
//! then too much is found, never too little. It must not know any operation.

use crate::dialect::postgres::lexer::{self, TokenKind};
use crate::dialect::{ObjectKind, SqlObject};

/// One name of a text: what stands before its point, and itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mention {
    qualifier: Option<String>,
    name: String,
}

/// The names in the text of one object.
#[derive(Debug, Clone, Default)]
pub(super) struct Mentions {
    all: Vec<Mention>,
    star: bool,
}

/// Whether an object has a text that depends on tables.
pub(super) fn is_code(object: &SqlObject) -> bool {
    matches!(
        object.kind,
        ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Trigger
            | ObjectKind::Rule
            | ObjectKind::Policy
    ) && !object.sql.starts_with("ALTER ")
}

/// Whether an object can be read from like a table.
pub(super) fn is_view(object: &SqlObject) -> bool {
    matches!(object.kind, ObjectKind::View | ObjectKind::MaterializedView)
}

impl Mentions {
    /// The names in a text. One that cannot be cut into tokens names nothing.
    pub(super) fn of(sql: &str) -> Self {
        let tokens = lexer::tokens(sql).unwrap_or_default();
        let mut found = Self::default();
        for (n, token) in tokens.iter().enumerate() {
            if token.is(sql, "*") {
                found.star = true;
            }
            let Some(name) = token.name(sql) else {
                continue;
            };
            let qualifier = match &tokens[..n] {
                [.., before, point] if point.is(sql, ".") => before.name(sql),
                _ => None,
            };
            found.all.push(Mention { qualifier, name });
        }
        found
    }

    /// Whether a table or view of that schema is named. The texts are read with
    /// nothing but the default schema on the path, so a name without a schema
    /// is one of it.
    pub(super) fn has_relation(&self, default: &str, schema: &str, name: &str) -> bool {
        let mut all = self.all.iter();
        all.any(|m| m.name == name && m.qualifier.as_deref().unwrap_or(default) == schema)
    }

    /// Whether a column of that name may be meant.
    pub(super) fn has_column(&self, name: &str) -> bool {
        self.star || self.all.iter().any(|m| m.name == name)
    }
}

/// The name of what a `CREATE VIEW` makes, as it is written there, and without
/// quotes as schema and name.
pub(super) fn view_name(sql: &str) -> Option<(String, Option<String>, String)> {
    let tokens = lexer::tokens(sql).ok()?;
    let view = tokens.iter().position(|t| t.is(sql, "view"))?;
    let mut rest = &tokens[view + 1..];
    while let [first, after @ ..] = rest
        && ["if", "not", "exists"].iter().any(|w| first.is(sql, w))
    {
        rest = after;
    }
    let first = rest.first()?;
    let name = first.name(sql)?;
    match rest {
        [_, point, second, ..] if point.is(sql, ".") => {
            let text = sql.get(first.range.start..second.range.end)?;
            Some((text.to_owned(), Some(name), second.name(sql)?))
        }
        _ => Some((first.text(sql).to_owned(), None, name)),
    }
}

/// The name of a trigger, rule or policy, and of its table after `before`, as
/// the statement that makes it writes them.
pub(super) fn part_names(sql: &str, kind: &str, before: &str) -> Option<(String, String)> {
    let tokens = lexer::tokens(sql).ok()?;
    let at = tokens.iter().position(|t| t.is(sql, kind))?;
    let name = tokens.get(at + 1)?.text(sql).to_owned();
    let rest = tokens.iter().skip(at + 2);
    let on = rest.clone().position(|t| t.is(sql, before))? + at + 2;
    let first = tokens.get(on + 1)?;
    let last = match tokens.get(on + 2..on + 4) {
        Some([point, second]) if point.is(sql, ".") => second,
        _ => first,
    };
    matches!(first.kind, TokenKind::Word | TokenKind::Quoted).then_some(())?;
    let table = sql.get(first.range.start..last.range.end)?;
    Some((name, table.to_owned()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_strings_and_other_schemas() {
        let view = Mentions::of("CREATE VIEW public.v AS SELECT t.\"A b\", 'c' FROM public.t");
        assert!(view.has_relation("public", "public", "t"));
        assert!(view.has_relation("other", "public", "t"));
        assert!(!view.has_relation("public", "other", "v"));
        let short = Mentions::of("CREATE VIEW v AS SELECT a FROM t");
        assert!(short.has_relation("public", "public", "t"));
        assert!(!short.has_relation("public", "other", "t"));
        assert!(view.has_column("A b"));
        assert!(!view.has_column("c"));
    }

    #[test]
    fn what_is_made_is_read_from_its_statement() {
        let (text, schema, name) =
            view_name("CREATE OR REPLACE VIEW s.\"V w\" AS SELECT 1").unwrap();
        assert_eq!((text.as_str(), name.as_str()), ("s.\"V w\"", "V w"));
        assert_eq!(schema.as_deref(), Some("s"));
        let names = part_names(
            "CREATE TRIGGER \"T\" BEFORE UPDATE OF on_x ON public.t FOR EACH ROW EXECUTE FUNCTION f()",
            "trigger",
            "on",
        );
        assert_eq!(names, Some(("\"T\"".into(), "public.t".into())));
        let rule =
            "CREATE RULE r AS\n    ON DELETE TO \"T t\"\n   WHERE old.on = 0 DO INSTEAD NOTHING";
        let names = part_names(rule, "rule", "to");
        assert_eq!(names, Some(("r".into(), "\"T t\"".into())));
    }
}
