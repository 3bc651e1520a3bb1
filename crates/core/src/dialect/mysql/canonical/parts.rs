//! Which unique keys, indexes and checks there are, however they were said.

use super::{MySql, fold};
use crate::dialect::mysql::expression;
use crate::operation::identifiers;
use crate::schema::{
    Check, Column, ColumnType, ForeignKey, Index, IndexKey, IndexTarget, Name, PrimaryKey, Table,
    Unique,
};

/// The `extra` of a check that MariaDB keeps with its column.
pub(in crate::dialect::mysql) const COLUMN_CHECK: &str = "COLUMN";

/// The `extra` of a check that comes with a period of MariaDB, whose name it has.
pub(in crate::dialect::mysql) const PERIOD_CHECK: &str = "PERIOD";

/// Unique indexes over whole ascending columns become unique constraints, and
/// these have no other form.
pub(super) fn sort_out_uniques(table: &mut Table) {
    let (plain, others) = std::mem::take(&mut table.indexes)
        .into_iter()
        .partition(is_plain_unique);
    table.indexes = others;
    table.uniques.extend(plain.into_iter().map(|index| Unique {
        name: index.name,
        extra: index.extra,
        ..Unique::on(index.keys.into_iter().filter_map(|key| match key.target {
            IndexTarget::Column(name) => Some(name),
            IndexTarget::Expression(_) => None,
        }))
    }));
}

fn is_plain_unique(index: &Index) -> bool {
    index.unique
        && index.method.is_none()
        && !index.keys.is_empty()
        && index.keys.iter().all(|key| {
            matches!(key.target, IndexTarget::Column(_)) && !key.descending && key.prefix.is_none()
        })
}

/// Takes away what changes nothing: an unnamed unique key or an unnamed check
/// beside its like. A unique key over the columns of the primary key is there
/// all the same.
pub(super) fn drop_idle(table: &mut Table) {
    let mut uniques = std::mem::take(&mut table.uniques);
    uniques.sort_by_key(|unique| unique.name.is_none());
    for unique in uniques {
        let alike = |other: &Unique| other.columns == unique.columns;
        let twin = unique.name.is_none() && table.uniques.iter().any(alike);
        let same = table.uniques.contains(&unique);
        if !twin && !same {
            table.uniques.push(unique);
        }
    }
    let mut checks = std::mem::take(&mut table.checks);
    checks.sort_by_key(|check| check.name.is_none());
    for check in checks {
        let alike = |other: &Check| other.expression == check.expression;
        if check.name.is_some() || !table.checks.iter().any(alike) {
            table.checks.push(check);
        }
    }
}

/// On MariaDB, JSON is text with a check that it is valid. Such a column is
/// JSON, and the check goes without saying.
pub(super) fn drop_json_checks(on: MySql, table: &mut Table) {
    if !on.is_mariadb() {
        return;
    }
    let columns = &table.columns;
    table.checks.retain(|check| {
        let json = columns.iter().filter(|c| c.ty == ColumnType::Json);
        !json.into_iter().any(|column| is_json_check(check, column))
    });
}

/// Gives checks that are kept with a column its name, as a table has them that
/// is made anew.
pub(super) fn name_column_checks(table: &mut Table) {
    let named = |check: &Check| (is_of_column(check)).then(|| kept_with(check, table))?;
    let names: Vec<Option<Name>> = table.checks.iter().map(named).collect();
    for (check, name) in table.checks.iter_mut().zip(names) {
        check.name = name.or(check.name.take());
    }
}

/// Whether a check is kept with its column.
pub(in crate::dialect::mysql) fn is_of_column(check: &Check) -> bool {
    check.extra.as_deref() == Some(COLUMN_CHECK)
}

/// Whether a check is that of a period: its end comes after its start.
pub(in crate::dialect::mysql) fn is_of_period(check: &Check) -> bool {
    check.extra.as_deref() == Some(PERIOD_CHECK)
}

/// The column that a check is kept with. The server keeps the name that the
/// column had when the check was made: where that is another column now, or
/// none, the check still says which it is.
pub(in crate::dialect::mysql) fn kept_with(check: &Check, table: &Table) -> Option<Name> {
    let said = identifiers::mentioned(&check.expression, table);
    let own = check.name.clone();
    match own {
        Some(own) if said.is_empty() || said.contains(&own) => Some(own),
        own => said.into_iter().next().or(own),
    }
}

/// Whether a check says of a column that it holds valid JSON.
pub(in crate::dialect::mysql) fn is_json_check(check: &Check, column: &Column) -> bool {
    let said = format!(
        "json_valid({})",
        super::super::name::quote(column.name.as_str())
    );
    let own = check
        .name
        .as_ref()
        .is_none_or(|name| fold(name) == fold(&column.name));
    own && expression::same(check.expression.as_str(), &said)
}

/// The indexes that InnoDB makes for foreign keys which no listed index
/// serves, by their names.
///
/// Named like the constraint, or like the first column where the constraint's
/// name is one that InnoDB gave; nothing for a constraint without a name, whose
/// index the server will name.
pub(in crate::dialect::mysql) fn implied_indexes(on: MySql, table: &Table) -> Vec<Index> {
    let mut implied: Vec<Index> = Vec::new();
    let mut keys: Vec<&ForeignKey> = table.foreign_keys.iter().collect();
    // An index over more columns serves the keys over the first of them, too.
    keys.sort_by_key(|key| (std::cmp::Reverse(key.columns.len()), &key.name));
    for key in keys {
        let served = serves_any(on, table, key) || implied.iter().any(|i| serves(on, i, key));
        if let Some(name) = implied_name(table, key).filter(|_| !served) {
            implied.push(Index {
                name: Some(name),
                ..Index::on(key.columns.clone())
            });
        }
    }
    implied
}

/// Whether the server makes an implied index by itself as it is: for one
/// foreign key, under its name. Of several over the same columns it takes the
/// last one's name, and MariaDB takes a fulltext index for one that would do,
/// and then refuses the key.
pub(in crate::dialect::mysql) fn comes_by_itself(table: &Table, implied: &Index) -> bool {
    let columns = || implied.keys.iter().map(|key| &key.target);
    let over = |key: &&ForeignKey| {
        let own = key.columns.iter().cloned().map(IndexTarget::Column);
        columns().cloned().eq(own)
    };
    let mut keys = table.foreign_keys.iter().filter(over);
    let misleads = |index: &Index| {
        let first = index.keys.first().map(|key| &key.target);
        is_no_tree(index) && first == columns().next()
    };
    let named = keys.next().is_some_and(|key| key.name == implied.name);
    named && keys.next().is_none() && !table.indexes.iter().any(misleads)
}

fn is_no_tree(index: &Index) -> bool {
    matches!(index.method.as_deref(), Some("fulltext" | "spatial"))
}

fn implied_name(table: &Table, key: &ForeignKey) -> Option<Name> {
    let name = key.name.as_ref()?;
    if is_given_by_innodb(table, name) {
        key.columns.first().cloned()
    } else {
        Some(name.clone())
    }
}

/// `t_ibfk_1`; later versions of MariaDB count without more words.
fn is_given_by_innodb(table: &Table, name: &Name) -> bool {
    let name = name.as_str();
    let own = name.strip_prefix(table.name.name.as_str());
    let number = own.and_then(|rest| rest.strip_prefix("_ibfk_"));
    let number = number.unwrap_or(name);
    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a listed key or index of the table serves a foreign key: begins
/// with its columns, whole, in their order.
fn serves_any(on: MySql, table: &Table, key: &ForeignKey) -> bool {
    let begins = |columns: &[Name]| columns.starts_with(&key.columns);
    let primary = |p: &PrimaryKey| {
        let whole: Vec<Name> = p.whole().cloned().collect();
        begins(&p.columns) && key.columns.iter().all(|name| whole.contains(name))
    };
    table.primary_key.iter().any(primary)
        || table.uniques.iter().any(|unique| begins(&unique.columns))
        || table.indexes.iter().any(|index| serves(on, index, key))
}

/// Whether an index begins with the columns of a foreign key, whole, in their
/// order. MySQL takes none that goes from high to low.
fn serves(on: MySql, index: &Index, key: &ForeignKey) -> bool {
    let whole = |(part, column): (&IndexKey, &Name)| {
        part.target == IndexTarget::Column(column.clone())
            && part.prefix.is_none()
            && (on.is_mariadb() || !part.descending)
    };
    let long_enough = index.keys.len() >= key.columns.len();
    long_enough && !is_no_tree(index) && index.keys.iter().zip(&key.columns).all(whole)
}

/// Takes the indexes that [`implied_indexes`] tells out of the list.
pub(super) fn drop_implied_indexes(on: MySql, table: &mut Table) {
    let listed = std::mem::take(&mut table.indexes);
    let (candidates, others): (Vec<Index>, Vec<Index>) = listed
        .into_iter()
        .partition(|index| is_implied(table, index));
    table.indexes = others;
    // Without all the candidates, exactly those that are implied come back by
    // themselves; the others have to be listed.
    let implied = implied_indexes(on, table);
    let gone = |index: &Index| implied.iter().any(|other| alike(other, index));
    let kept: Vec<Index> = candidates
        .into_iter()
        .filter(|index| !gone(index))
        .collect();
    table.indexes.extend(kept);
}

fn is_implied(table: &Table, index: &Index) -> bool {
    table.foreign_keys.iter().any(|key| {
        implied_name(table, key).is_some_and(|name| {
            let own = Index {
                name: Some(name),
                ..Index::on(key.columns.clone())
            };
            alike(&own, index)
        })
    })
}

fn alike(a: &Index, b: &Index) -> bool {
    let names = (a.name.as_ref().map(fold), b.name.as_ref().map(fold));
    let mut renamed = a.clone();
    renamed.name.clone_from(&b.name);
    renamed.concurrently = b.concurrently;
    names.0 == names.1 && renamed == *b
}

/// What a name stands for that is to be dropped, unique key or index: these
/// servers do not tell one from the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dialect::mysql) enum Named {
    /// It is listed as a unique constraint.
    Unique(Unique),
    /// It is listed as an index.
    Index(Index),
}

/// The unique key or index of that name.
pub(in crate::dialect::mysql) fn drop_named(table: &Table, name: &Name) -> Option<Named> {
    let is = |other: Option<&Name>| other.is_some_and(|other| fold(other) == fold(name));
    let unique = table.uniques.iter().find(|unique| is(unique.name.as_ref()));
    let index = table.indexes.iter().find(|index| is(index.name.as_ref()));
    unique
        .map(|unique| Named::Unique(unique.clone()))
        .or_else(|| index.map(|index| Named::Index(index.clone())))
}
