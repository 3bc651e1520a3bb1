//! Domains and composite types that change while they are in use.
//!
//! Owns what of them can be altered in its place, so that it comes back the
//! same way, and the statements for it.

use super::Lowering;
use crate::change::Pair;
use crate::dialect::DependentKind;
use crate::dialect::postgres::render::qualified;
use crate::dialect::postgres::{expression, lexer, types};
use crate::error::{Error, Result};
use crate::object::{Definition, Noun, ObjectId, Word, support_of};
use crate::plan::Statement;

/// What a `CREATE DOMAIN` says.
#[derive(Debug, Default, PartialEq)]
struct Domain {
    base: String,
    collation: String,
    default: Option<String>,
    not_null: bool,
    /// The checks, with their names where they have one, as they are written.
    checks: Vec<(Option<String>, String)>,
}

/// The text from one word to before another.
fn slice<'s>(sql: &'s str, words: &[Word]) -> &'s str {
    match (words.first(), words.last()) {
        (Some(first), Some(last)) => sql
            .get(first.range.start..last.range.end)
            .unwrap_or_default(),
        _ => "",
    }
}

/// The words behind `AS`, or behind the name where there is none.
fn behind_name(words: &[Word]) -> Option<&[Word]> {
    let noun = words.iter().position(|w| w.is("domain") || w.is("type"))?;
    let point = words.get(noun + 2).is_some_and(|w| w.is("."));
    let rest = words.get(noun + if point { 4 } else { 2 }..)?;
    Some(match rest.split_first() {
        Some((first, rest)) if first.is("as") => rest,
        _ => rest,
    })
}

fn domain(sql: &str) -> Option<Domain> {
    let words = lexer::words(sql).ok()?;
    let words = behind_name(&words)?;
    // The places where a clause begins, outside of parentheses.
    let mut starts = vec![0];
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate() {
        let begins = ["collate", "default", "constraint", "not", "null", "check"];
        let before = at.checked_sub(1).and_then(|n| words.get(n));
        // `CONSTRAINT x CHECK`, `NOT NULL`, `DEFAULT NULL`, `DEFAULT a COLLATE b`.
        let goes_on = before.is_some_and(|w| w.is("not") || w.is("default"))
            || at
                .checked_sub(2)
                .and_then(|n| words.get(n))
                .is_some_and(|w| w.is("constraint"))
            || (word.is("collate") && starts.len() > 1);
        if word.is("(") {
            depth += 1;
        } else if word.is(")") {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && at > 0 && begins.iter().any(|b| word.is(b)) && !goes_on {
            starts.push(at);
        }
    }
    starts.push(words.len());
    let mut found = Domain::default();
    for ends in starts.windows(2) {
        let [start, end] = ends else { continue };
        let mut clause = words.get(*start..*end)?;
        let mut name = None;
        if *start == 0 {
            found.base = slice(sql, clause).to_owned();
            continue;
        }
        if clause.first()?.is("constraint") {
            name = Some(slice(sql, clause.get(1..2)?).to_owned());
            clause = clause.get(2..)?;
        }
        match clause.first()? {
            word if word.is("collate") => {
                found.collation = slice(sql, clause.get(1..)?).to_owned();
            }
            word if word.is("default") => {
                found.default = Some(slice(sql, clause.get(1..)?).to_owned());
            }
            word if word.is("not") => found.not_null = true,
            word if word.is("check") => {
                found.checks.push((name, slice(sql, clause).to_owned()));
            }
            word if word.is("null") => {}
            _ => return None,
        }
    }
    Some(found)
}

/// The attributes of a composite type: name and type, as they are written.
fn attributes(sql: &str) -> Option<Vec<(String, String)>> {
    let words = lexer::words(sql).ok()?;
    let (open, rest) = behind_name(&words)?.split_first()?;
    let (close, inner) = rest.split_last()?;
    if !open.is("(") || !close.is(")") {
        return None;
    }
    let mut depth = 0_usize;
    let parts = inner.split(|word| {
        if word.is("(") {
            depth += 1;
        } else if word.is(")") {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && word.is(",")
    });
    let parts = parts.filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, ty) = part.split_first()?;
            Some((name.name.clone()?, slice(sql, ty).to_owned()))
        })
        .collect()
}

fn same_type(a: &str, b: &str) -> bool {
    a == b || types::read(a).is_some_and(|a| types::read(b) == Some(a))
}

/// What both have is at the beginning of both, so that what is more can be
/// added and dropped again without another order.
fn one_goes_on(from: &[(String, String)], to: &[(String, String)]) -> bool {
    let mut both = from.iter().zip(to);
    both.all(|(a, b)| a.0 == b.0 && same_type(&a.1, &b.1))
}

/// Whether a domain or a composite type can be altered to be another one, and
/// back.
pub(super) fn can_alter(noun: Noun, from: &str, to: &str) -> bool {
    match noun {
        Noun::Domain => match (domain(from), domain(to)) {
            (Some(from), Some(to)) => {
                same_type(&from.base, &to.base) && from.collation == to.collation
            }
            _ => false,
        },
        Noun::Type => match (attributes(from), attributes(to)) {
            (Some(from), Some(to)) => one_goes_on(&from, &to),
            _ => false,
        },
        _ => false,
    }
}

impl Lowering<'_> {
    /// The statements that alter a domain or a composite type; `None` where it
    /// has to be made again.
    pub(super) fn altered_type(
        &mut self,
        pair: &Pair<Definition>,
        why: &str,
    ) -> Result<Option<Vec<Statement>>> {
        let (noun, name) = (pair.to.id.noun, qualified(&pair.to.id.name));
        if !can_alter(noun, &pair.from.sql, &pair.to.sql) {
            return Ok(None);
        }
        self.refuse_of_typed_table(&pair.from.id)?;
        if let (Some(from), Some(to)) = (domain(&pair.from.sql), domain(&pair.to.sql))
            && noun == Noun::Domain
        {
            let sql = domain_clauses(&from, &to, pair)?;
            if sql
                .iter()
                .any(|clause| clause.starts_with("ADD") || clause == "SET NOT NULL")
            {
                self.refuse_contained(pair)?;
            }
            let all = sql.into_iter();
            let all =
                all.map(|clause| Statement::new(format!("ALTER DOMAIN {name} {clause}"), why));
            return Ok(Some(all.collect()));
        }
        let (Some(from), Some(to)) = (attributes(&pair.from.sql), attributes(&pair.to.sql)) else {
            return Ok(None);
        };
        let quote = crate::dialect::postgres::name::quote;
        let adds = to.iter().skip(from.len());
        let adds = adds.map(|(attribute, ty)| {
            let sql = format!("ALTER TYPE {name} ADD ATTRIBUTE {} {ty}", quote(attribute));
            Statement::new(sql, why)
        });
        let drops = from.iter().skip(to.len()).map(|(attribute, _)| {
            let sql = format!("ALTER TYPE {name} DROP ATTRIBUTE {}", quote(attribute));
            Statement::new(sql, why)
        });
        Ok(Some(adds.chain(drops).collect()))
    }

    /// The server alters no type that a table is made of.
    fn refuse_of_typed_table(&self, id: &ObjectId) -> Result<()> {
        let full = id.clone().in_default_schema(self.default_schema());
        let Some(on) = support_of(&full) else {
            return Ok(());
        };
        let mut tables = self.now.dependents.iter();
        match tables.find(|d| d.kind == DependentKind::Table && d.on == on) {
            None => Ok(()),
            Some(table) => Err(Error::new(format!(
                "{id} cannot be altered while {table} is made of it"
            ))
            .with_hint("`ALTER TYPE .. CASCADE` in a migration of your own alters both")),
        }
    }

    /// The server checks no values that lie inside of others.
    fn refuse_contained(&self, pair: &Pair<Definition>) -> Result<()> {
        let default = self.default_schema();
        let id = pair.from.id.clone().in_default_schema(default);
        let Some(on) = support_of(&id) else {
            return Ok(());
        };
        let inside = |kind| kind == DependentKind::Type;
        // What holds it is the column, whatever that has for a default.
        let users = self.now.dependents.iter().filter(|d| d.on == on);
        let mut users = users.filter(|d| d.kind != DependentKind::Default);
        let found = users.find(|d| {
            let column = d.table.as_ref().and_then(|t| self.now.schema.table(t));
            let column = column.and_then(|t| t.column(d.name.name.as_str()));
            let is_array = column.is_some_and(|c| {
                matches!(c.ty, crate::schema::ColumnType::Array(_))
                    || crate::dialect::postgres::render::column_type(&c.ty).ends_with("[]")
            });
            let holder = crate::dialect::Support::Type(d.name.clone());
            let of_holder = |other: &&crate::dialect::Dependent| {
                other.on == holder && other.kind == DependentKind::Column
            };
            is_array || (inside(d.kind) && self.now.dependents.iter().any(|o| of_holder(&o)))
        });
        match found {
            None => Ok(()),
            Some(user) => Err(Error::new(format!(
                "{} cannot be given a check or NOT NULL while {user} holds it inside of other \
                 values, which the server does not look into",
                pair.from.id
            ))
            .with_hint(format!(
                "define the new one under another name and give that type to what uses `{0}`, or \
                 write the check at the tables",
                pair.from.id.name
            ))),
        }
    }
}

/// What an `ALTER DOMAIN` each has to say.
fn domain_clauses(from: &Domain, to: &Domain, pair: &Pair<Definition>) -> Result<Vec<String>> {
    let has = |list: &[(Option<String>, String)], one: &(Option<String>, String)| {
        list.iter().any(|other| {
            let named = other.0.is_none() || one.0.is_none() || other.0 == one.0;
            named && expression::same(&other.1, &one.1)
        })
    };
    let mut clauses = Vec::new();
    for check in from.checks.iter().filter(|check| !has(&to.checks, check)) {
        let Some(name) = &check.0 else {
            return Err(Error::new(format!(
                "{} loses a check that has no name: {}",
                pair.from.id, check.1
            ))
            .with_hint("write `CONSTRAINT` and the name that it has before it"));
        };
        clauses.push(format!("DROP CONSTRAINT {name}"));
    }
    match (&from.default, &to.default) {
        (Some(a), Some(b)) if expression::same(a, b) => {}
        (_, Some(default)) => clauses.push(format!("SET DEFAULT {default}")),
        (Some(_), None) => clauses.push("DROP DEFAULT".to_owned()),
        (None, None) => {}
    }
    match (from.not_null, to.not_null) {
        (false, true) => clauses.push("SET NOT NULL".to_owned()),
        (true, false) => clauses.push("DROP NOT NULL".to_owned()),
        _ => {}
    }
    for (name, check) in to.checks.iter().filter(|check| !has(&from.checks, check)) {
        let name = name.as_ref().map(|name| format!("CONSTRAINT {name} "));
        clauses.push(format!("ADD {}{check}", name.unwrap_or_default()));
    }
    Ok(clauses)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_clauses_of_a_domain_are_told_apart() {
        let found = domain(
            "CREATE DOMAIN s.\"E m\" AS character varying(20) COLLATE \"C\" DEFAULT 'a@b'::text NOT NULL \
             CONSTRAINT x CHECK ((VALUE IS NOT NULL)) CHECK (VALUE <> '')",
        );
        let check = |name: Option<&str>, text: &str| (name.map(str::to_owned), text.to_owned());
        assert_eq!(
            found.unwrap(),
            Domain {
                base: "character varying(20)".to_owned(),
                collation: "\"C\"".to_owned(),
                default: Some("'a@b'::text".to_owned()),
                not_null: true,
                checks: vec![
                    check(Some("x"), "CHECK ((VALUE IS NOT NULL))"),
                    check(None, "CHECK (VALUE <> '')"),
                ],
            }
        );
    }

    #[test]
    fn a_domain_keeps_its_base_and_a_type_its_beginning() {
        let can = |noun, from: &str, to: &str| can_alter(noun, from, to);
        let domain = "CREATE DOMAIN d AS varchar(20)";
        assert!(can(
            Noun::Domain,
            domain,
            "CREATE DOMAIN d AS character varying(20) NOT NULL"
        ));
        assert!(!can(Noun::Domain, domain, "CREATE DOMAIN d AS varchar(30)"));
        assert!(!can(
            Noun::Domain,
            domain,
            "CREATE DOMAIN d AS varchar(20) COLLATE \"C\""
        ));
        let ty = "CREATE TYPE t AS (a int, b numeric(10, 2))";
        assert!(can(
            Noun::Type,
            ty,
            "CREATE TYPE t AS (a integer, b numeric(10,2), c text)"
        ));
        assert!(can(Noun::Type, ty, "CREATE TYPE t AS (a int)"));
        assert!(!can(
            Noun::Type,
            ty,
            "CREATE TYPE t AS (b numeric(10, 2), a int)"
        ));
        assert!(!can(
            Noun::Type,
            ty,
            "CREATE TYPE t AS RANGE (SUBTYPE = int4)"
        ));
    }
}
