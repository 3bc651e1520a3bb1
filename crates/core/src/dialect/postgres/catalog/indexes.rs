//! Indexes, from their definitions.

use super::tables::part;
use super::{Reading, Row, joined, strange};
use crate::dialect::TextRow;
use crate::dialect::postgres::name::{quote, read_table};
use crate::dialect::postgres::tokens::{self, Token};
use crate::error::Result;
use crate::schema::{Expression, Index, IndexKey, IndexTarget, Name, NullsOrder};

pub(super) fn read(reading: &mut Reading, rows: &[TextRow]) -> Result<()> {
    for row in rows {
        let row = Row(row);
        let definition = row.text(2)?;
        let table = reading.tables.get_mut(row.text(0)?);
        let table = table.ok_or_else(|| strange("an index without its table"))?;
        let own = row.text(1)?;
        let label = part(&table.name, own);
        if !row.flag(3) {
            reading.note("invalid index", label, Some(definition));
            continue;
        }
        let unread = || strange(&format!("the index `{definition}`"));
        let mut index = index(definition).ok_or_else(unread)?;
        index.name = Some(Name::from(own));
        index.extra = joined([index.extra.as_deref(), row.maybe(4)]);
        let extra = index.extra.clone();
        table.indexes.push(index);
        if let Some(extra) = extra {
            reading.note("index clause", label.clone(), Some(&extra));
        }
        if row.maybe(5).is_some() {
            reading.note("comment", label, row.maybe(5));
        }
    }
    Ok(())
}

/// `CREATE UNIQUE INDEX i ON ONLY s.t USING btree (a DESC, lower(b)) INCLUDE (c)
/// NULLS NOT DISTINCT WITH (fillfactor='70') WHERE (a > 0)`
fn index(sql: &str) -> Option<Index> {
    let list = tokens::tokens(sql);
    let using = list.iter().position(|t| t.is(sql, "USING"))?;
    let open = using + 2;
    let close = tokens::closing(&list, open, sql)?;
    let mut index = Index::on(Vec::<Name>::new());
    index.unique = list.get(1)?.is(sql, "UNIQUE");
    index.method = Some(list.get(using + 1)?.text(sql).to_owned());
    for range in separated(&list, open, close, sql) {
        index.keys.push(key(&list[range], sql)?);
    }
    let mut rest = Vec::new();
    let mut at = close + 1;
    while let Some(token) = list.get(at) {
        if token.is(sql, "INCLUDE") {
            let end = tokens::closing(&list, at + 1, sql)?;
            let names = list[at + 1..end].iter().filter(|t| t.is_name());
            index.include = names.map(|t| tokens::name(t, sql)).collect();
            at = end + 1;
        } else if token.is(sql, "NULLS") {
            index.nulls_not_distinct = list.get(at + 1)?.is(sql, "NOT");
            at += if index.nulls_not_distinct { 3 } else { 2 };
        } else if token.is(sql, "WHERE") {
            let text = &sql[token.range.end..];
            index.predicate = Some(Expression::from(tokens::unwrapped(text)));
            break;
        } else if token.is(sql, "WITH") {
            let end = tokens::closing(&list, at + 1, sql)?;
            rest.push(&sql[token.range.start..list[end].range.end]);
            at = end + 1;
        } else {
            rest.push(token.text(sql));
            at += 1;
        }
    }
    index.extra = (!rest.is_empty()).then(|| rest.join(" "));
    Some(index)
}

/// The ranges of tokens between the commas inside two parentheses.
fn separated(list: &[Token], open: usize, close: usize, sql: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut start = open + 1;
    let mut at = start;
    while at < close {
        let token = &list[at];
        if token.is(sql, "(") || token.is(sql, "[") {
            at = tokens::closing(list, at, sql).unwrap_or(close);
        } else if token.is(sql, ",") {
            found.push(start..at);
            start = at + 1;
        }
        at += 1;
    }
    found.push(start..close);
    found
}

/// One key: a column, an expression in parentheses or a call, then the
/// collation, the operator class, the order and the place of NULLs.
fn key(list: &[Token], sql: &str) -> Option<IndexKey> {
    let end = target_end(list, sql)?;
    let text = &sql[list[0].range.start..list[end - 1].range.end];
    let mut key = IndexKey::new(key_target(text));
    let mut at = end;
    while let Some(token) = list.get(at) {
        if token.is(sql, "COLLATE") {
            let (name, length) = tokens::table_name(list, at + 1, sql)?;
            key.collation = Some(match name.schema {
                Some(schema) => format!("{}.{}", quote(schema.as_str()), quote(name.name.as_str())),
                None => name.name.as_str().to_owned(),
            });
            at += 1 + length;
        } else if token.is(sql, "DESC") || token.is(sql, "ASC") {
            key.descending = token.is(sql, "DESC");
            at += 1;
        } else if token.is(sql, "NULLS") {
            key.nulls = Some(if list.get(at + 1)?.is(sql, "FIRST") {
                NullsOrder::First
            } else {
                NullsOrder::Last
            });
            at += 2;
        } else {
            // The operator class, with its parameters where it has some.
            let (_, length) = tokens::table_name(list, at, sql)?;
            let mut end = at + length;
            if list.get(end).is_some_and(|t| t.is(sql, "(")) {
                end = tokens::closing(list, end, sql)? + 1;
            }
            key.opclass = Some(sql[token.range.start..list[end - 1].range.end].to_owned());
            at = end;
        }
    }
    Some(key)
}

/// Where what is indexed ends.
fn target_end(list: &[Token], sql: &str) -> Option<usize> {
    if list.first()?.is(sql, "(") {
        return Some(tokens::closing(list, 0, sql)? + 1);
    }
    let (_, length) = tokens::table_name(list, 0, sql)?;
    if list.get(length).is_some_and(|t| t.is(sql, "(")) {
        return Some(tokens::closing(list, length, sql)? + 1);
    }
    Some(length)
}

/// What a key is over: a column where the text is a name.
pub(in crate::dialect::postgres) fn key_target(text: &str) -> IndexTarget {
    let bare = tokens::unwrapped(text);
    match read_table(bare) {
        Some(name) if name.schema.is_none() => IndexTarget::Column(name.name),
        _ => IndexTarget::Expression(Expression::from(bare)),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_index_with_everything() {
        let sql = "CREATE UNIQUE INDEX \"USING i\" ON ONLY public.t USING btree (lower(a) COLLATE \"de_DE.utf8\" text_pattern_ops DESC NULLS LAST, b, ((\"x y\" + 1)), c DESC, d gist_trgm_ops (siglen='32')) INCLUDE (m, \"N\") NULLS NOT DISTINCT WITH (fillfactor='70') WHERE ((\"x y\" > 3) AND (b IS NOT NULL))";
        let index = index(sql).unwrap();
        assert!(index.unique && index.nulls_not_distinct);
        assert_eq!(index.method.as_deref(), Some("btree"));
        assert_eq!(index.include, [Name::from("m"), Name::from("N")]);
        assert_eq!(index.extra.as_deref(), Some("WITH (fillfactor='70')"));
        let predicate = index.predicate.unwrap();
        assert_eq!(predicate.as_str(), "(\"x y\" > 3) AND (b IS NOT NULL)");
        let [first, b, sum, c, d] = <[IndexKey; 5]>::try_from(index.keys).unwrap();
        assert_eq!(first.target, IndexTarget::Expression("lower(a)".into()));
        assert_eq!(first.collation.as_deref(), Some("de_DE.utf8"));
        assert_eq!(first.opclass.as_deref(), Some("text_pattern_ops"));
        assert_eq!(first.nulls, Some(NullsOrder::Last));
        assert_eq!(b, IndexKey::column("b"));
        assert_eq!(sum.target, IndexTarget::Expression("\"x y\" + 1".into()));
        assert!(c.descending && c.nulls.is_none());
        assert_eq!(d.opclass.as_deref(), Some("gist_trgm_ops (siglen='32')"));
    }
}
