//! Constraints, from their definitions.

use super::tables::part;
use super::{Reading, Row, joined, strange};
use crate::dialect::postgres::name::{self, spelled_table};
use crate::dialect::postgres::tokens::{self, Token};
use crate::dialect::{ObjectKind, TextRow};
use crate::error::{Error, Result};
use crate::schema::{
    Check, Deferrable, Expression, ForeignKey, Name, PrimaryKey, ReferentialAction, TableName,
    Unique,
};

pub(super) fn read(reading: &mut Reading, rows: &[TextRow]) -> Result<()> {
    for row in rows {
        constraint(reading, Row(row))?;
    }
    idle_uniques(reading, rows)
}

fn constraint(reading: &mut Reading, row: Row<'_>) -> Result<()> {
    let (oid, own) = (row.text(0)?, row.text(1)?);
    let definition = row.text(3)?;
    let default = reading.default_schema().to_owned();
    let table = reading.tables.get_mut(oid);
    let table = table.ok_or_else(|| strange("a constraint without its table"))?;
    let label = part(&table.name, own);
    let name = Some(Name::from(own));
    let storage = joined([row.maybe(4), row.maybe(5)]);
    let extra = match row.text(2)? {
        "c" => {
            let check = check(definition)?;
            let extra = check.extra.clone();
            table.checks.push(Check { name, ..check });
            extra
        }
        // Of version 18; the word stands in no quotes, as a column's name would.
        "f" if definition.contains(", PERIOD ") => {
            let table = table.name.clone();
            add(reading, &table, own, definition);
            reading.note("temporal foreign key", label.clone(), Some(definition));
            None
        }
        "f" => {
            let key = foreign_key(definition, &default)?;
            let extra = key.extra.clone();
            table.foreign_keys.push(ForeignKey { name, ..key });
            extra
        }
        "p" => {
            let key = primary_key(definition, storage.as_deref())?;
            let extra = key.extra.clone();
            table.primary_key = Some(PrimaryKey { name, ..key });
            extra
        }
        "u" => {
            let mut unique = unique(definition)?;
            unique.extra = joined([unique.extra.as_deref(), storage.as_deref()]);
            let extra = unique.extra.clone();
            table.uniques.push(Unique { name, ..unique });
            extra
        }
        _ => {
            let table = table.name.clone();
            add(reading, &table, own, definition);
            reading.note("exclusion constraint", label.clone(), Some(definition));
            None
        }
    };
    if let Some(extra) = extra {
        reading.note("constraint clause", label.clone(), Some(&extra));
    }
    if row.maybe(6).is_some() {
        reading.note("comment", label, row.maybe(6));
    }
    Ok(())
}

/// Keeps the statement that makes a constraint no model can say.
fn add(reading: &mut Reading, table: &TableName, own: &str, definition: &str) {
    let sql = format!(
        "ALTER TABLE {} ADD CONSTRAINT {} {definition}",
        spelled_table(table),
        name::spelled(own)
    );
    reading.object(ObjectKind::Constraint, part(table, own), table, sql);
}

/// A canonical schema has no unique constraint over the columns of the primary
/// key; one that is there all the same is carried.
fn idle_uniques(reading: &mut Reading, rows: &[TextRow]) -> Result<()> {
    for row in rows {
        let row = Row(row);
        let Some(table) = reading.tables.get(row.text(0)?) else {
            continue;
        };
        let key = table.primary_key.as_ref().map(|key| &key.columns);
        let own = row.text(1)?;
        let idle = |unique: &Unique| {
            unique.name.as_ref().is_some_and(|name| *name == own) && Some(&unique.columns) == key
        };
        if table.uniques.iter().any(idle) {
            let name = table.name.clone();
            add(reading, &name, own, row.text(3)?);
            let why = "over the columns of the primary key";
            reading.note("unique constraint", part(&name, own), Some(why));
        }
    }
    Ok(())
}

/// A definition and how far it has been read.
struct Cursor<'a> {
    sql: &'a str,
    list: Vec<Token>,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(sql: &'a str) -> Self {
        Self {
            sql,
            list: tokens::tokens(sql),
            at: 0,
        }
    }

    fn strange(&self) -> Error {
        strange(&format!("the constraint `{}`", self.sql))
    }

    /// Goes past these words if they come next.
    fn words(&mut self, words: &str) -> bool {
        let count = words.split(' ').count();
        let next = self.list.iter().skip(self.at).take(count);
        let found = next
            .zip(words.split(' '))
            .filter(|(t, w)| t.is(self.sql, w));
        let all = found.count() == count;
        if all {
            self.at += count;
        }
        all
    }

    /// Goes past parentheses; the text inside.
    fn parentheses(&mut self) -> Result<&'a str> {
        let open = self.list.get(self.at).filter(|t| t.is(self.sql, "("));
        let open = open.map(|t| t.range.end);
        let close = tokens::closing(&self.list, self.at, self.sql);
        let (Some(start), Some(close)) = (open, close) else {
            return Err(self.strange());
        };
        self.at = close + 1;
        Ok(&self.sql[start..self.list[close].range.start])
    }

    fn names(&mut self) -> Result<Vec<Name>> {
        let inner = self.parentheses()?;
        let list = tokens::tokens(inner);
        let names = list.iter().filter(|t| t.is_name());
        Ok(names.map(|token| tokens::name(token, inner)).collect())
    }

    fn table(&mut self) -> Result<TableName> {
        let found = tokens::table_name(&self.list, self.at, self.sql);
        let (name, length) = found.ok_or_else(|| self.strange())?;
        self.at += length;
        Ok(name)
    }

    /// Goes past one token; its text.
    fn any(&mut self) -> Option<&'a str> {
        let token = self.list.get(self.at)?;
        self.at += 1;
        Some(&self.sql[token.range.clone()])
    }

    fn deferrable(&mut self) -> Option<Deferrable> {
        if !self.words("DEFERRABLE") {
            return None;
        }
        Some(if self.words("INITIALLY DEFERRED") {
            Deferrable::InitiallyDeferred
        } else {
            Deferrable::InitiallyImmediate
        })
    }
}

/// Clauses that were read and that no field holds.
#[derive(Default)]
struct Rest(Vec<String>);

impl Rest {
    fn push(&mut self, text: impl Into<String>) {
        self.0.push(text.into());
    }

    fn text(self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join(" "))
    }
}

/// `CHECK ((a > 0)) NO INHERIT NOT VALID`
fn check(definition: &str) -> Result<Check> {
    let mut cursor = Cursor::new(definition);
    if !cursor.words("CHECK") {
        return Err(cursor.strange());
    }
    let expression = Expression::from(tokens::unwrapped(cursor.parentheses()?));
    let mut rest = Rest::default();
    while let Some(word) = cursor.any() {
        rest.push(word);
    }
    Ok(Check {
        name: None,
        expression,
        extra: rest.text(),
    })
}

/// `PRIMARY KEY (a, b) INCLUDE (c) DEFERRABLE`, and how it is stored, which is
/// said before the last of them.
fn primary_key(definition: &str, storage: Option<&str>) -> Result<PrimaryKey> {
    let mut cursor = Cursor::new(definition);
    if !cursor.words("PRIMARY KEY") {
        return Err(cursor.strange());
    }
    let (columns, without_overlaps) = key_columns(&mut cursor)?;
    let mut rest = Rest::default();
    rest.0.extend(without_overlaps);
    if cursor.words("INCLUDE") {
        rest.push(format!("INCLUDE ({})", cursor.parentheses()?));
    }
    rest.0.extend(storage.map(str::to_owned));
    if let Some(token) = cursor.list.get(cursor.at) {
        rest.push(&definition[token.range.start..]);
    }
    Ok(PrimaryKey {
        name: None,
        columns,
        prefixes: Vec::new(),
        extra: rest.text(),
    })
}

/// The columns in parentheses; from version 18 on the last one may be followed
/// by `WITHOUT OVERLAPS`.
fn key_columns(cursor: &mut Cursor<'_>) -> Result<(Vec<Name>, Option<String>)> {
    let mut names = cursor.names()?;
    let [.., without, overlaps] = names.as_slice() else {
        return Ok((names, None));
    };
    if *without == "without" && *overlaps == "overlaps" {
        names.truncate(names.len() - 2);
        return Ok((names, Some("WITHOUT OVERLAPS".to_owned())));
    }
    Ok((names, None))
}

/// `UNIQUE NULLS NOT DISTINCT (a, b) INCLUDE (c) DEFERRABLE INITIALLY DEFERRED`
fn unique(definition: &str) -> Result<Unique> {
    let mut cursor = Cursor::new(definition);
    if !cursor.words("UNIQUE") {
        return Err(cursor.strange());
    }
    let nulls_not_distinct = cursor.words("NULLS NOT DISTINCT");
    let (columns, without_overlaps) = key_columns(&mut cursor)?;
    let mut unique = Unique {
        nulls_not_distinct,
        ..Unique::on(columns)
    };
    let mut rest = Rest::default();
    rest.0.extend(without_overlaps);
    while cursor.at < cursor.list.len() {
        if cursor.words("INCLUDE") {
            unique.include = cursor.names()?;
        } else if let Some(deferrable) = cursor.deferrable() {
            unique.deferrable = deferrable;
        } else {
            rest.push(cursor.any().unwrap_or_default());
        }
    }
    unique.extra = rest.text();
    Ok(unique)
}

/// `FOREIGN KEY (a) REFERENCES s.t(b) MATCH FULL ON UPDATE CASCADE ON DELETE
/// SET NULL (a) DEFERRABLE NOT VALID`
fn foreign_key(definition: &str, default_schema: &str) -> Result<ForeignKey> {
    let mut cursor = Cursor::new(definition);
    if !cursor.words("FOREIGN KEY") {
        return Err(cursor.strange());
    }
    let columns = cursor.names()?;
    if !cursor.words("REFERENCES") {
        return Err(cursor.strange());
    }
    let mut references = cursor.table()?;
    references.schema = references.schema.filter(|schema| *schema != default_schema);
    let mut key = ForeignKey::new(columns, references, cursor.names()?);
    let mut rest = Rest::default();
    while cursor.at < cursor.list.len() {
        if cursor.words("MATCH FULL") {
            rest.push("MATCH FULL");
        } else if cursor.words("ON UPDATE") {
            key.on_update = action(&mut cursor);
        } else if cursor.words("ON DELETE") {
            key.on_delete = action(&mut cursor);
            if cursor
                .list
                .get(cursor.at)
                .is_some_and(|t| t.is(definition, "("))
            {
                rest.push(format!("({})", cursor.parentheses()?));
            }
        } else if cursor.words("NOT VALID") {
            key.not_valid = true;
        } else if let Some(deferrable) = cursor.deferrable() {
            key.deferrable = deferrable;
        } else {
            rest.push(cursor.any().unwrap_or_default());
        }
    }
    key.extra = rest.text();
    Ok(key)
}

fn action(cursor: &mut Cursor<'_>) -> ReferentialAction {
    for (words, action) in [
        ("CASCADE", ReferentialAction::Cascade),
        ("SET NULL", ReferentialAction::SetNull),
        ("SET DEFAULT", ReferentialAction::SetDefault),
        ("RESTRICT", ReferentialAction::Restrict),
        ("NO ACTION", ReferentialAction::NoAction),
    ] {
        if cursor.words(words) {
            return action;
        }
    }
    ReferentialAction::NoAction
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_key_with_everything() {
        let text = "FOREIGN KEY (fk, \"B b\") REFERENCES o.\"T t\"(id, x) MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL (fk) DEFERRABLE INITIALLY DEFERRED NOT VALID";
        let key = foreign_key(text, "public").unwrap();
        assert_eq!(key.columns, [Name::from("fk"), Name::from("B b")]);
        assert_eq!(key.references, TableName::in_schema("o", "T t"));
        assert_eq!(key.on_update, ReferentialAction::Cascade);
        assert_eq!(key.on_delete, ReferentialAction::SetNull);
        assert_eq!(key.deferrable, Deferrable::InitiallyDeferred);
        assert!(key.not_valid);
        assert_eq!(key.extra.as_deref(), Some("MATCH FULL (fk)"));
        let own = foreign_key("FOREIGN KEY (a) REFERENCES public.t(id)", "public").unwrap();
        assert_eq!(own.references, TableName::new("t"));
    }

    #[test]
    fn keys_and_checks_with_everything() {
        let text = "UNIQUE NULLS NOT DISTINCT (a, b) INCLUDE (m) DEFERRABLE";
        let unique = unique(text).unwrap();
        assert!(unique.nulls_not_distinct && unique.extra.is_none());
        assert_eq!(unique.include, [Name::from("m")]);
        assert_eq!(unique.deferrable, Deferrable::InitiallyImmediate);
        let key = primary_key(
            "PRIMARY KEY (id) INCLUDE (\"x y\") DEFERRABLE",
            Some("WITH (a='b')"),
        );
        let words = "INCLUDE (\"x y\") WITH (a='b') DEFERRABLE";
        assert_eq!(key.unwrap().extra.as_deref(), Some(words));
        let check = check("CHECK (((a > 0) AND (b > 0))) NO INHERIT NOT VALID").unwrap();
        assert_eq!(check.expression.as_str(), "(a > 0) AND (b > 0)");
        assert_eq!(check.extra.as_deref(), Some("NO INHERIT NOT VALID"));
    }
}
