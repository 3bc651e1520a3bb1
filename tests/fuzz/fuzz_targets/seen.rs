//! What SQLite itself says of a table.

use std::collections::BTreeSet;

use aludel_core::change::Change;
use aludel_core::dialect::sqlite::ddl::TableDdl;
use aludel_core::operation::TableChange;
use aludel_core::schema::{Name, ReferentialAction};
use rusqlite::{Connection, Error, Row};

/// A column, as `table_xinfo` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenColumn {
    name: String,
    ty: String,
    not_null: bool,
    default: Option<String>,
    /// Its place in the primary key, from 1.
    key: u16,
    /// 2: computed when read, 3: computed and stored.
    hidden: u8,
}

/// A foreign key: its columns, the table, the columns there, and the actions.
type SeenForeignKey = (Vec<String>, String, Vec<String>, String, String);

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub columns: Vec<SeenColumn>,
    /// The columns of each unique constraint, with collation and direction.
    uniques: BTreeSet<Vec<(String, String, bool)>>,
    foreign_keys: BTreeSet<SeenForeignKey>,
    strict: bool,
    without_rowid: bool,
    /// An index keeps the primary key.
    key_has_index: bool,
}

thread_local! {
    static DATABASE: Connection = Connection::open_in_memory().expect("a database in memory");
}

/// The text that SQLite keeps of a `CREATE TABLE`, and what it says of the
/// table; an error is what it has against it.
pub fn seen(sql: &str) -> Result<(String, Seen), Error> {
    DATABASE.with(|database| {
        let transaction = database.unchecked_transaction()?;
        transaction.execute_batch(sql)?;
        let (name, stored) = stored(&transaction)?;
        Ok((stored, read(&transaction, &name)?))
    })
}

/// The text that SQLite keeps once it has altered the table itself.
pub fn altered(sql: &str, table: &Name, how: &str) -> Result<String, Error> {
    DATABASE.with(|database| {
        let transaction = database.unchecked_transaction()?;
        transaction.execute_batch(sql)?;
        transaction.execute_batch(&format!("ALTER TABLE {} {how}", quoted(table)))?;
        Ok(stored(&transaction)?.1)
    })
}

/// A name as an identifier.
pub fn quoted(name: &Name) -> String {
    format!("\"{}\"", name.as_str().replace('"', "\"\""))
}

/// The one table of the database, and its text.
fn stored(database: &Connection) -> Result<(String, String), Error> {
    database.query_row(
        "SELECT name, sql FROM main.sqlite_schema
          WHERE type = 'table' AND name <> 'sqlite_sequence'",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

fn rows<T>(
    database: &Connection,
    pragma: &str,
    of: &str,
    read: impl Fn(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut all = Vec::new();
    database.pragma(Some("main"), pragma, of, |row| {
        all.push(read(row)?);
        Ok(())
    })?;
    Ok(all)
}

fn read(database: &Connection, table: &str) -> Result<Seen, Error> {
    let columns = rows(database, "table_xinfo", table, |row| {
        Ok(SeenColumn {
            name: row.get("name")?,
            ty: row.get("type")?,
            not_null: row.get("notnull")?,
            default: row.get("dflt_value")?,
            key: row.get("pk")?,
            hidden: row.get("hidden")?,
        })
    })?;
    let key: Vec<String> = in_key(&columns).map(|c| c.name.clone()).collect();
    let mut uniques = BTreeSet::new();
    let indexes = rows(database, "index_list", table, |row| {
        Ok((row.get("name")?, row.get("origin")?))
    })?;
    let origin = |wanted: &str| indexes.iter().any(|(_, o): &(String, String)| o == wanted);
    for (index, _) in indexes.iter().filter(|(_, origin)| origin == "u") {
        let list = rows(database, "index_xinfo", index, |row| {
            // Behind the key stands the rowid, which has no name.
            let name: Option<String> = row.get("name")?;
            let column = (name.unwrap_or_default(), row.get("coll")?, row.get("desc")?);
            Ok((row.get::<_, bool>("key")?, column))
        })?;
        let list: Vec<(String, String, bool)> = list
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, c)| c)
            .collect();
        // Beside the key it says nothing.
        if !list.iter().map(|(name, ..)| name).eq(&key) {
            uniques.insert(list);
        }
    }
    let mut foreign_keys: Vec<(i64, SeenForeignKey)> = Vec::new();
    let parts = rows(database, "foreign_key_list", table, |row| {
        let to: Option<String> = row.get("to")?;
        let actions = (row.get("on_delete")?, row.get("on_update")?);
        Ok((
            row.get("id")?,
            row.get("from")?,
            row.get("table")?,
            to,
            actions,
        ))
    })?;
    for (id, from, there, to, (on_delete, on_update)) in parts {
        match foreign_keys.last_mut().filter(|(last, _)| *last == id) {
            Some((_, key)) => {
                key.0.push(from);
                key.2.extend(to);
            }
            None => {
                let to = to.into_iter().collect();
                foreign_keys.push((id, (vec![from], there, to, on_delete, on_update)));
            }
        }
    }
    let options = rows(database, "table_list", table, |row| {
        Ok((row.get("wr")?, row.get("strict")?))
    })?;
    let [(without_rowid, strict)] = options[..] else {
        return Err(Error::QueryReturnedNoRows);
    };
    Ok(Seen {
        key_has_index: origin("pk"),
        columns,
        uniques,
        foreign_keys: foreign_keys.into_iter().map(|(_, key)| key).collect(),
        strict,
        without_rowid,
    })
}

/// The columns of the primary key, in its order.
fn in_key(columns: &[SeenColumn]) -> impl Iterator<Item = &SeenColumn> {
    let mut key: Vec<&SeenColumn> = columns.iter().filter(|c| c.key > 0).collect();
    key.sort_by_key(|c| c.key);
    key.into_iter()
}

fn texts(names: &[Name]) -> Vec<String> {
    names.iter().map(|n| n.as_str().to_owned()).collect()
}

fn action(action: ReferentialAction) -> String {
    match action {
        ReferentialAction::NoAction => "NO ACTION",
        ReferentialAction::Restrict => "RESTRICT",
        ReferentialAction::Cascade => "CASCADE",
        ReferentialAction::SetNull => "SET NULL",
        ReferentialAction::SetDefault => "SET DEFAULT",
    }
    .to_owned()
}

impl Seen {
    /// Whether SQLite sees other columns or another key than the text says:
    /// such a table is never edited.
    pub fn is_read_otherwise(&self, ddl: &TableDdl) -> bool {
        let table = ddl.read_table();
        let key = table.primary_key.map(|key| texts(&key.columns));
        let same =
            table.columns.len() == self.columns.len()
                && table.columns.iter().zip(&self.columns).all(|(a, b)| {
                    a.name.as_str() == b.name && a.generated.is_some() == (b.hidden > 1)
                });
        let seen: Vec<String> = in_key(&self.columns).map(|c| c.name.clone()).collect();
        !same || key.unwrap_or_default() != seen
    }

    /// What the text says is what SQLite says.
    pub fn agrees_with(&self, ddl: &TableDdl, context: &str) {
        assert!(!self.is_read_otherwise(ddl), "{self:#?}\n{context}");
        let table = ddl.read_table();
        for (column, seen) in table.columns.iter().zip(&self.columns) {
            let stored = column.generated.as_ref().is_some_and(|g| g.stored);
            assert_eq!(stored, seen.hidden == 3, "{context}");
            assert_eq!(
                column.default.is_some(),
                seen.default.is_some(),
                "{context}"
            );
            // A column of the key may be told so by the table.
            let told = seen.key == 0 || !column.nullable;
            assert!(
                !told || column.nullable != seen.not_null,
                "{seen:?}\n{context}"
            );
        }
        let key = table.primary_key.as_ref();
        let key = key.map(|key| texts(&key.columns)).unwrap_or_default();
        let uniques = table.uniques.iter().map(|u| texts(&u.columns));
        let uniques: BTreeSet<Vec<String>> = uniques.filter(|list| *list != key).collect();
        assert_eq!(uniques, self.unique_columns(), "{context}");
        let foreign_keys: BTreeSet<SeenForeignKey> = table
            .foreign_keys
            .iter()
            .map(|key| {
                (
                    texts(&key.columns),
                    key.references.name.as_str().to_owned(),
                    texts(&key.referenced_columns),
                    action(key.on_delete),
                    action(key.on_update),
                )
            })
            .collect();
        assert_eq!(foreign_keys, self.foreign_keys, "{context}");
        let options = (table.options.strict, table.options.without_rowid);
        assert_eq!(options, (self.strict, self.without_rowid), "{context}");
        let alias = !key.is_empty() && !self.without_rowid && !self.key_has_index;
        assert_eq!(ddl.rowid_alias().is_some(), alias, "{context}");
    }

    fn unique_columns(&self) -> BTreeSet<Vec<String>> {
        let names =
            |list: &Vec<(String, _, _)>| list.iter().map(|(name, ..)| name.clone()).collect();
        self.uniques.iter().map(names).collect()
    }

    /// What the change is not about is as it was before.
    pub fn kept(&self, before: &Self, change: &TableChange, context: &str) {
        let mut was = before.columns.clone();
        let mut is = self.columns.clone();
        let mut collated = None;
        match change {
            TableChange::Column(Change::Add(_)) => {
                let new = is.pop().expect("the new column is the last");
                assert_eq!((new.ty.as_str(), new.not_null), ("TEXT", true), "{context}");
                assert_eq!(new.default.as_deref(), Some("'it''s --'"), "{context}");
            }
            TableChange::Column(Change::Drop(gone)) => {
                was.retain(|column| column.name != gone.name.as_str());
            }
            TableChange::Column(Change::Rename(names)) => {
                let renamed = was.iter_mut().filter(|c| c.name == names.from.as_str());
                renamed.for_each(|column| column.name = names.to.to_string());
            }
            TableChange::Column(Change::Alter(pair)) => {
                let about = |column: &SeenColumn| column.name == pair.to.name.as_str();
                let places = was.iter_mut().zip(&is).filter(|(_, is)| about(is));
                for (was, is) in places {
                    if pair.from.ty != pair.to.ty {
                        assert_eq!(is.ty, "VARCHAR(10)", "{context}");
                        was.ty.clone_from(&is.ty);
                    }
                    if pair.from.default != pair.to.default {
                        assert!(
                            matches!(is.default.as_deref(), None | Some("1 + 1")),
                            "{context}"
                        );
                        was.default.clone_from(&is.default);
                    }
                    if pair.from.nullable != pair.to.nullable {
                        was.not_null = is.not_null;
                    }
                    if pair.from.collation != pair.to.collation {
                        collated = Some(pair.to.name.to_string());
                    }
                }
            }
            TableChange::PrimaryKey(_) | TableChange::Options(_) => {
                for (was, is) in was.iter_mut().zip(&is) {
                    if was.key > 0 || is.key > 0 {
                        (was.key, was.not_null) = (is.key, is.not_null);
                    }
                }
            }
            _ => {}
        }
        assert_eq!(is, was, "{context}");
        // How the lists are sorted that were there before and still are.
        let (here, there) = (self.unique_columns(), before.unique_columns());
        let both = |seen: &Self| {
            let names = |list: &[(String, String, bool)]| -> Vec<String> {
                list.iter().map(|(name, ..)| name.clone()).collect()
            };
            let all = seen.uniques.iter().cloned();
            let all =
                all.filter(|list| here.contains(&names(list)) && there.contains(&names(list)));
            let all = all.filter(|list| {
                list.iter()
                    .all(|(name, ..)| Some(name) != collated.as_ref())
            });
            all.collect::<BTreeSet<_>>()
        };
        assert_eq!(both(self), both(before), "{context}");
    }
}
