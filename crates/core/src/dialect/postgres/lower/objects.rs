//! Objects that are written in SQL.
//!
//! Owns what can be defined anew under its name, and the statements for it. It
//! must not know what stands upon an object: that goes and comes by changes of
//! its own.

use super::Lowering;
use super::aside::made_again;
use super::in_place::can_alter;
use crate::change::Pair;
use crate::dialect::postgres::{Postgres, lexer};
use crate::dialect::{ObjectKind, SqlObject};
use crate::error::{Error, Result};
use crate::object::{
    Definition, Noun, ObjectChange, ObjectId, Word, drop_statement, is_same, place,
    rename_statement, replay,
};
use crate::operation::Operation;
use crate::plan::Statement;

impl Lowering<'_> {
    pub(super) fn object(
        &mut self,
        at: usize,
        operation: &Operation,
        change: &ObjectChange,
    ) -> Result<()> {
        let why = Self::why(operation);
        let drop = |id| Statement::new(drop_statement(&Postgres, id), &why);
        let make = |sql: &str| Statement::new(sql, &why);
        let mut statements = match change {
            // One that is there already is as good.
            ObjectChange::Create(made) if made.id.noun == Noun::Extension => {
                vec![make(&with_words(&made.sql, "extension", " IF NOT EXISTS"))]
            }
            ObjectChange::Create(made) => vec![make(&made.sql)],
            ObjectChange::Drop(gone) => vec![Statement {
                note: lost_with(&gone.id).filter(|_| !self.comes_again(at, &gone.id)),
                ..drop(&gone.id)
            }],
            ObjectChange::Replace(pair) => match pair.to.id.noun {
                Noun::View | Noun::Function | Noun::Procedure => {
                    vec![make(&with_words(&pair.to.sql, "create", " OR REPLACE"))]
                }
                Noun::Sequence => vec![make(&altered_sequence(&pair.to)?)],
                Noun::Domain | Noun::Type => match self.altered_type(pair, &why)? {
                    Some(statements) => statements,
                    None => vec![drop(&pair.from.id), make(&pair.to.sql)],
                },
                _ => vec![drop(&pair.from.id), make(&pair.to.sql)],
            },
            ObjectChange::Rename(ids) => vec![make(&rename_statement(&Postgres, ids))],
        };
        let drops = |s: &Statement| s.sql == drop_statement(&Postgres, change.id());
        let is_made_again = statements.len() > 1 && statements.first().is_some_and(drops);
        // What comes again comes with all that was said of it.
        if let ObjectChange::Create(made) | ObjectChange::Replace(Pair { to: made, .. }) = change
            && (is_made_again || matches!(change, ObjectChange::Create(_)))
        {
            let default = self.before.server.schema.as_str();
            let known = place(&Postgres, self.before, &made.id);
            let known = known.and_then(|at| self.before.objects.get(at)).cloned();
            // An earlier part of the list may have dropped it.
            let object = known.unwrap_or_else(|| made.in_default_schema(default).object());
            let columns = column_names(&made.sql);
            let fits = |said: &Statement| fits(&said.sql, made.id.noun, columns.as_deref());
            let said = [self.said_again(&object), self.rules_again(&object)].concat();
            let (said, unsaid): (Vec<_>, Vec<_>) = said.into_iter().partition(fits);
            let is_view = matches!(made.id.noun, Noun::View | Noun::MaterializedView);
            if let Some(first) = statements.first_mut()
                && is_view
                && columns.is_none()
                && !unsaid.is_empty()
            {
                first.note = Some(format!(
                    "privileges, defaults and comments on columns of {} go: what it is to be \
                     does not tell its columns",
                    made.id
                ));
            }
            statements.extend(said);
            if let Some((rule, column)) = lost_by_rules(&statements, columns.as_deref()) {
                self.refuse(
                    Error::new(format!(
                        "rule `{rule}` of {} uses its column `{column}`, which it loses",
                        made.id
                    ))
                    .with_hint(format!(
                        "drop rule `{rule}` before, in a migration of its own"
                    )),
                );
            }
        }
        if let Some(first) = statements.first_mut() {
            first.hazards.splice(..0, self.hazards(at, operation));
        }
        match change {
            ObjectChange::Drop(gone) => {
                let again = self.comes_again(at, &gone.id);
                self.object_users(&gone.id, again);
            }
            ObjectChange::Replace(pair) if is_made_again => {
                self.object_users(&pair.from.id, true);
            }
            _ => {}
        }
        if let ObjectChange::Drop(gone) = change {
            self.rules_go(&gone.id);
        }
        replay(&Postgres, &mut self.now, change);
        for statement in statements {
            self.put(at, 0, statement);
        }
        Ok(())
    }
}

impl Lowering<'_> {
    /// Whether a later operation makes an object of that name.
    fn comes_again(&self, at: usize, id: &ObjectId) -> bool {
        let later = self.operations.iter().skip(at + 1);
        later.into_iter().any(|operation| match operation {
            Operation::Object(ObjectChange::Create(made)) => is_same(&Postgres, &made.id, id),
            _ => false,
        })
    }
}

impl Lowering<'_> {
    /// The rules of a view that is made again, with what is said of them.
    fn rules_again(&self, view: &SqlObject) -> Vec<Statement> {
        let rules = self.before.objects.iter();
        let rules = rules.filter(|o| o.kind == ObjectKind::Rule && o.table == view.name);
        rules
            .flat_map(|rule| std::iter::once(made_again(rule)).chain(self.said_again(rule)))
            .collect()
    }

    /// A view that goes takes its rules along; they wait for it as what is said
    /// of it.
    fn rules_go(&mut self, view: &ObjectId) {
        let view = view.name.to_string();
        let objects = &mut self.now.objects;
        let mut rules: Vec<String> = Vec::new();
        for object in objects.iter_mut().filter(|o| o.table == view) {
            let is_rule = object.kind == ObjectKind::Rule;
            if is_rule {
                rules.push(object.name.clone());
            }
            if is_rule || (object.kind == ObjectKind::Property && rules.contains(&object.name)) {
                object.kind = ObjectKind::Property;
                object.name.clone_from(&view);
            }
        }
    }
}

/// The first column that a rule uses and a view no longer has, with the rule;
/// none where the columns of the view cannot be told.
fn lost_by_rules(statements: &[Statement], columns: Option<&[String]>) -> Option<(String, String)> {
    let columns = columns?;
    statements.iter().find_map(|statement| {
        let words = lexer::words(&statement.sql).ok()?;
        let is = |at: usize, text: &str| words.get(at).is_some_and(|word| word.is(text));
        if !(is(0, "create") && is(1, "rule")) {
            return None;
        }
        let used = words
            .windows(3)
            .filter(|w| (w[0].is("new") || w[0].is("old")) && w[1].is(".") && w[2].name.is_some());
        let mut used = used.map(|w| unquoted(&w[2].text));
        let lost = used.find(|name| !columns.contains(name))?;
        Some((unquoted(&words.get(2)?.text), lost))
    })
}

/// What goes with an object and does not come back with it.
fn lost_with(id: &ObjectId) -> Option<String> {
    let has_grants = !matches!(id.noun, Noun::Trigger | Noun::Index | Noun::Extension);
    has_grants.then(|| format!("privileges and comments on {id} go with it"))
}

/// The statement with more words behind the first one of that text.
fn with_words(sql: &str, behind: &str, more: &str) -> String {
    let words = lexer::words(sql).unwrap_or_default();
    match words.iter().find(|word| word.is(behind)) {
        Some(word) => {
            let end = word.range.end;
            format!("{}{more}{}", &sql[..end], &sql[end..])
        }
        None => sql.to_owned(),
    }
}

/// What a sequence is where its statement does not say.
const SEQUENCE: &[(&str, &str)] = &[
    ("as", "AS bigint"),
    ("increment", "INCREMENT BY 1"),
    ("minvalue", "NO MINVALUE"),
    ("maxvalue", "NO MAXVALUE"),
    ("cache", "CACHE 1"),
    ("cycle", "NO CYCLE"),
];

/// `CREATE SEQUENCE` as an `ALTER SEQUENCE` that leaves nothing as it was but
/// the number that is next.
fn altered_sequence(to: &Definition) -> Result<String> {
    let words = lexer::words(&to.sql)?;
    let create = words.first().map_or(0..0, |word| word.range.clone());
    let mut sql = format!("ALTER{}", &to.sql[create.end..]);
    for (word, usual) in SEQUENCE {
        if !words.iter().any(|said| said.is(word)) {
            sql = format!("{sql} {usual}");
        }
    }
    Ok(sql)
}

/// Whether `CREATE OR REPLACE` takes the new definition, both in the server's
/// own words, and takes the old one again on the way back: a view keeps its
/// columns, a function what it takes and gives.
pub(in crate::dialect::postgres) fn can_replace(from: &Definition, to: &str) -> bool {
    match from.id.noun {
        Noun::View => match (columns(&from.sql), columns(to)) {
            (Some(from), Some(to)) => from == to,
            _ => false,
        },
        Noun::Function | Noun::Procedure => {
            let (from, to) = (signature(&from.sql), signature(to));
            from.is_some() && from == to
        }
        Noun::Sequence | Noun::Trigger | Noun::Index => true,
        Noun::Domain | Noun::Type => can_alter(from.id.noun, &from.sql, to),
        _ => false,
    }
}

/// What a view selects, item by item; `None` where that is not plain.
fn columns(sql: &str) -> Option<Vec<Vec<String>>> {
    let words = lexer::words(sql).ok()?;
    let start = words.iter().position(|word| word.is("as"))?;
    let head: Vec<String> = texts(words.get(..start)?);
    let select = words.get(start + 1..)?;
    let sets = ["union", "intersect", "except", "with", "values"];
    if select
        .iter()
        .any(|word| sets.iter().any(|set| word.is(set)))
    {
        return None;
    }
    let (first, mut rest) = select.split_first()?;
    if !first.is("select") || rest.first()?.is("distinct") {
        return None;
    }
    let mut items = vec![Vec::new()];
    // Options of the view stay with its head.
    let options = head.iter().any(|word| word == "(").then_some(head);
    items.splice(0..0, options);
    let mut depth = 0_usize;
    while let Some((word, others)) = rest.split_first() {
        rest = others;
        if word.is("(") {
            depth += 1;
        } else if word.is(")") {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && word.is(",") {
            items.push(Vec::new());
            continue;
        } else if depth == 0 && word.is("from") {
            break;
        }
        items.last_mut()?.push(word.text.clone());
    }
    Some(items)
}

fn texts(words: &[Word]) -> Vec<String> {
    words.iter().map(|word| word.text.clone()).collect()
}

/// What the columns of a view are called, by the last word of each item of its
/// first `SELECT`, or by the list in front; `None` where neither says it.
fn column_names(sql: &str) -> Option<Vec<String>> {
    const END: &[&str] = &[
        "from",
        "where",
        "group",
        "having",
        "window",
        "union",
        "intersect",
        "except",
        "order",
        "limit",
        "offset",
        "fetch",
        "for",
    ];
    let words = lexer::words(sql).ok()?;
    let start = words.iter().position(|word| word.is("as"))?;
    let head = words.get(..start)?;
    let open = head.iter().position(|word| word.is("("));
    if let Some(open) = open.filter(|open| !head[open - 1].is("with")) {
        let list = head.get(open + 1..)?;
        let names = list.iter().take_while(|word| !word.is(")"));
        return Some(
            names
                .filter(|word| !word.is(","))
                .map(|word| unquoted(&word.text))
                .collect(),
        );
    }
    let mut depth = 0_usize;
    let mut names: Option<Vec<String>> = None;
    let mut last: Option<&Word> = None;
    for word in words.get(start + 1..)? {
        if word.is("(") {
            depth += 1;
        } else if word.is(")") {
            depth = depth.saturating_sub(1);
        } else if depth == 0 {
            match &mut names {
                None if word.is("select") => {
                    names = Some(Vec::new());
                    continue;
                }
                Some(_) if END.iter().any(|end| word.is(end)) => break,
                Some(names) if word.is(",") => {
                    names.push(unquoted(&last?.text));
                    continue;
                }
                _ => {}
            }
        }
        last = Some(word);
    }
    let mut names = names?;
    names.push(unquoted(&last?.text));
    let is_name = |name: &String| !matches!(name.as_str(), "*" | ")" | "]");
    names.iter().all(is_name).then_some(names)
}

fn unquoted(name: &str) -> String {
    match name.strip_prefix('"').and_then(|n| n.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_ascii_lowercase(),
    }
}

/// Whether what was said of an object can be said of what it becomes: a view
/// may be another kind of view now, or have lost a column. Where its columns
/// cannot be told, nothing is said of them.
fn fits(said: &str, noun: Noun, columns: Option<&[String]>) -> bool {
    let Ok(words) = lexer::words(said) else {
        return false;
    };
    let has = |column: Option<&Word>| {
        let name = column.map(|word| unquoted(&word.text));
        name.is_some_and(|name| columns.is_some_and(|all| all.contains(&name)))
    };
    let at = |text: &str| words.iter().position(|word| word.is(text));
    let of_view = words.iter().take(4).any(|word| word.is("view"));
    let of_other = words.iter().take(3).any(|word| word.is("materialized"));
    if of_view && (of_other != (noun == Noun::MaterializedView)) {
        return false;
    }
    if words.first().is_some_and(|word| word.is("grant"))
        && !matches!(noun, Noun::Function | Noun::Procedure | Noun::Aggregate)
    {
        // GRANT SELECT (a) ON v TO x
        return match at("(") {
            Some(open) if at("on").is_some_and(|on| open < on) => has(words.get(open + 1)),
            _ => true,
        };
    }
    if words.iter().take(3).any(|word| word.is("column")) {
        // COMMENT ON COLUMN v.a IS ..
        let is = at("is").unwrap_or_default();
        return has(words.get(is.saturating_sub(1)));
    }
    match words.iter().skip(3).position(|word| word.is("column")) {
        // ALTER VIEW v ALTER COLUMN a SET DEFAULT ..
        Some(column) if of_view => has(words.get(3 + column + 1)),
        _ => true,
    }
}

/// What a function is called, takes and gives.
fn signature(sql: &str) -> Option<Vec<String>> {
    let words = lexer::words(sql).ok()?;
    let start = words
        .iter()
        .position(|word| word.is("function") || word.is("procedure"))?;
    let end = words.iter().position(|word| word.is("language"))?;
    Some(texts(words.get(start..end)?))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::object::read;

    fn of(sql: &str) -> Definition {
        read(&Postgres, sql).unwrap()
    }

    #[test]
    fn what_was_said_of_columns_that_went_is_not_said_again() {
        for sql in [
            "CREATE VIEW v AS SELECT t.id, lower(name) AS \"No\", x FROM t",
            "CREATE VIEW v WITH (security_invoker) AS SELECT DISTINCT id, a AS \"No\", t.x FROM t",
            "CREATE VIEW v AS SELECT id, (SELECT 1) AS \"No\", x FROM t UNION ALL SELECT 1, 2, 3",
            "CREATE VIEW v AS WITH w AS (SELECT 1) SELECT id, a AS \"No\", x FROM w",
            "CREATE VIEW v (id, \"No\", x) AS SELECT * FROM t",
            "CREATE VIEW v AS SELECT 1 AS id, 2 AS \"No\", 3 AS x",
        ] {
            assert_eq!(column_names(sql).unwrap(), ["id", "No", "x"], "{sql}");
        }
        assert_eq!(column_names("CREATE VIEW v AS SELECT * FROM t"), None);
        assert_eq!(column_names("CREATE VIEW v AS VALUES (1)"), None);
        let names = ["id", "No", "x"].map(str::to_owned);
        let said = |sql: &str| fits(sql, Noun::View, Some(&names));
        assert!(said("COMMENT ON VIEW v IS 'x'"));
        assert!(said("COMMENT ON COLUMN v.id IS 'x is y'"));
        assert!(said("COMMENT ON COLUMN s.v.\"No\" IS 'x'"));
        assert!(!said("COMMENT ON COLUMN v.name IS 'x'"));
        assert!(said("GRANT SELECT, UPDATE ON v TO PUBLIC"));
        assert!(said("GRANT SELECT (x) ON v TO PUBLIC"));
        assert!(!said("GRANT SELECT (name) ON v TO PUBLIC"));
        assert!(said("ALTER VIEW v ALTER COLUMN x SET DEFAULT 7"));
        assert!(!said("ALTER VIEW v ALTER COLUMN name SET DEFAULT 7"));
        assert!(said("ALTER VIEW v OWNER TO o"));
        assert!(!said("COMMENT ON MATERIALIZED VIEW v IS 'x'"));
        assert!(!fits(
            "ALTER VIEW v OWNER TO o",
            Noun::MaterializedView,
            None
        ));
        assert!(!fits("COMMENT ON COLUMN v.id IS 'x'", Noun::View, None));
        assert!(fits(
            "COMMENT ON TRIGGER tr ON t IS 'column'",
            Noun::Trigger,
            None
        ));
        assert!(fits(
            "GRANT EXECUTE ON FUNCTION f(integer) TO PUBLIC",
            Noun::Function,
            None
        ));
    }

    #[test]
    fn a_view_that_keeps_its_columns_can_be_replaced() {
        let from = of("CREATE VIEW v AS SELECT t.a, count(*) AS n FROM t GROUP BY t.a");
        for (to, can) in [
            (
                "CREATE VIEW v AS SELECT t.a, count(*) AS n, max(t.b) AS m FROM t GROUP BY t.a",
                false,
            ),
            (
                "CREATE VIEW v AS SELECT t.a, count(*) AS n FROM t WHERE t.a > 1 GROUP BY t.a",
                true,
            ),
            ("CREATE VIEW v AS SELECT t.a FROM t", false),
            (
                "CREATE VIEW v AS SELECT t.b, count(*) AS n FROM t GROUP BY t.b",
                false,
            ),
            (
                "CREATE VIEW v AS SELECT t.a, count(*) AS n FROM t GROUP BY t.a UNION SELECT 1, 2",
                false,
            ),
        ] {
            assert_eq!(can_replace(&from, to), can, "{to}");
        }
    }

    #[test]
    fn a_function_that_keeps_what_it_takes_and_gives_can_be_replaced() {
        let from = of("CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'");
        let same =
            "CREATE OR REPLACE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 2'";
        assert!(can_replace(&from, same));
        let other = "CREATE FUNCTION f(a integer) RETURNS bigint LANGUAGE sql AS 'SELECT 2'";
        assert!(!can_replace(&from, other));
        assert_eq!(
            from.id,
            ObjectId::new(Noun::Function, "f").arguments("a integer")
        );
    }

    #[test]
    fn a_sequence_forgets_what_is_no_longer_said() {
        let to = of("CREATE SEQUENCE IF NOT EXISTS s START 5 CACHE 10");
        assert_eq!(
            altered_sequence(&to).unwrap(),
            "ALTER SEQUENCE s START 5 CACHE 10 AS bigint INCREMENT BY 1 NO MINVALUE NO MAXVALUE NO CYCLE"
        );
    }
}
