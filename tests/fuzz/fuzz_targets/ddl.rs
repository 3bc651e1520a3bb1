//! A stored `CREATE TABLE`, read and edited: SQLite takes what comes of each
//! change, says the same of it as the text that is read anew, and the same of
//! everything that the change is not about.
//!
//! The first line of the input chooses the changes; the rest is the text.
#![no_main]

mod seen;

use aludel_core::change::{Change, Pair};
use aludel_core::dialect::Dialect;
use aludel_core::dialect::sqlite::Sqlite;
use aludel_core::dialect::sqlite::ddl::{SelfReferences, TableDdl};
use aludel_core::operation::{Operation, TableChange};
use aludel_core::schema::{
    Check, Column, ColumnType, DefaultValue, Expression, ForeignKey, Literal, Name, PrimaryKey,
    Schema, Table, Unique,
};
use libfuzzer_sys::fuzz_target;

use seen::{Seen, altered, quoted, seen};

const NEW: &str = "new \"one\" ü";

/// The change that a byte chooses, if SQLite can have it.
fn chosen(byte: u8, table: &Table) -> Option<TableChange> {
    let at = usize::from(byte / 16);
    let column = || table.columns.get(at % table.columns.len().max(1)).cloned();
    let alter = |edit: &dyn Fn(&mut Column)| {
        let from = column()?;
        let mut to = from.clone();
        edit(&mut to);
        Some(TableChange::Column(Change::Alter(Pair::new(from, to))))
    };
    let key = table.primary_key.as_ref();
    let in_key = |column: &Column| key.is_some_and(|key| key.columns.contains(&column.name));
    Some(match byte % 16 {
        0 => TableChange::Column(Change::Add(Column {
            default: Some(DefaultValue::Literal(Literal::Text("it's --".into()))),
            ..Column::new(NEW, ColumnType::Text)
        })),
        1 => {
            let gone = column()?;
            let mut rest = table.columns.iter().filter(|c| c.name != gone.name);
            rest.any(|c| c.generated.is_none()).then_some(())?;
            TableChange::Column(Change::Drop(gone))
        }
        2 => TableChange::Column(Change::Rename(Pair::new(column()?.name, Name::from(NEW)))),
        3 if table.options.strict || column()?.autoincrement => return None,
        3 => alter(&|to| to.ty = ColumnType::Varchar(Some(10)))?,
        4 if column()?.generated.is_some() => return None,
        4 => alter(&|to| {
            let expression = DefaultValue::Expression("1 + 1".into());
            to.default = to.default.is_none().then_some(expression);
        })?,
        5 => alter(&|to| to.nullable = !to.nullable)?,
        6 => TableChange::Unique(Change::Add(Unique {
            name: Some(Name::from("uq; new")),
            ..Unique::on([column()?.name])
        })),
        7 => TableChange::Unique(Change::Drop(table.uniques.get(at)?.clone())),
        8 => TableChange::Check(Change::Add(Check {
            name: Some(Name::from("ck /* new")),
            expression: "1 <> 2".into(),
            extra: None,
        })),
        9 => TableChange::Check(Change::Drop(table.checks.get(at)?.clone())),
        10 => TableChange::ForeignKey(Change::Add(ForeignKey {
            name: Some(Name::from("fk -- new")),
            ..ForeignKey::new([column()?.name], "no such", ["id"])
        })),
        11 => TableChange::ForeignKey(Change::Drop(table.foreign_keys.get(at)?.clone())),
        12 if table.options.without_rowid => return None,
        12 => TableChange::PrimaryKey(Change::Drop(key?.clone())),
        13 if column()?.generated.is_some() => return None,
        13 => TableChange::PrimaryKey(Change::Add(PrimaryKey {
            name: None,
            columns: vec![column()?.name],
            prefixes: Vec::new(),
            extra: None,
        })),
        14 => alter(&|to| to.collation = to.collation.is_none().then(|| "RTRIM".to_owned()))?,
        // A column of the key takes no NULL then, whatever is said.
        _ if key.is_none() || table.columns.iter().any(|c| in_key(c) && c.autoincrement) => {
            return None;
        }
        _ => {
            let mut to = table.options.clone();
            to.without_rowid = !to.without_rowid;
            TableChange::Options(Pair::new(table.options.clone(), to))
        }
    })
}

/// The table after the change; `None` where it cannot be made.
fn replayed(table: &Table, change: &TableChange) -> Option<Table> {
    let mut schema = Schema::default();
    let name = table.name.clone();
    let mut table = table.clone();
    if let TableChange::PrimaryKey(Change::Drop(gone)) = change {
        // Beside the key they had no effect, and go with it.
        let same = |a: &Name, b: &Name| a.as_str().eq_ignore_ascii_case(b.as_str());
        table.uniques.retain(|unique| {
            let both = || unique.columns.iter().zip(&gone.columns);
            unique.columns.len() != gone.columns.len() || !both().all(|(a, b)| same(a, b))
        });
        // References of the table to itself that leave out the key mean it.
        let own = |key: &&mut ForeignKey| {
            let (here, there) = (name.name.as_str(), key.references.name.as_str());
            here.eq_ignore_ascii_case(there) && key.columns.len() == gone.columns.len()
        };
        for key in table.foreign_keys.iter_mut().filter(own) {
            if key.referenced_columns.is_empty() {
                key.referenced_columns.clone_from(&gone.columns);
            }
        }
    }
    schema.insert(table);
    let operation = Operation::AlterTable {
        table: name.clone(),
        changes: vec![change.clone()],
    };
    operation.apply(&mut schema).ok()?;
    schema.tables.remove(&name)
}

/// Whether two constraints of a kind have one name: replay does not tell them apart.
fn has_namesakes(table: &Table) -> bool {
    fn twice<'a>(names: impl Iterator<Item = Option<&'a Name>>) -> bool {
        let mut names: Vec<String> = names.flatten().map(|n| n.as_str().to_lowercase()).collect();
        names.sort();
        names.windows(2).any(|two| two[0] == two[1])
    }
    twice(table.uniques.iter().map(|u| u.name.as_ref()))
        || twice(table.checks.iter().map(|c| c.name.as_ref()))
        || twice(table.foreign_keys.iter().map(|k| k.name.as_ref()))
}

/// The table without what is no matter of one change: the order of its
/// constraints, and what belongs to a key that comes or goes.
fn comparable(mut table: Table, keyed: bool) -> Table {
    table.sort_lists();
    if keyed {
        for column in &mut table.columns {
            column.nullable = true;
            column.autoincrement = false;
        }
    }
    table
}

/// Whether two tables are the same, and their expressions mean the same.
fn is_same(one: &Table, two: &Table) -> bool {
    let bare = |table: &Table| {
        let mut table = table.clone();
        table.checks.clear();
        for generated in table
            .columns
            .iter_mut()
            .filter_map(|c| c.generated.as_mut())
        {
            generated.expression = "".into();
        }
        table
    };
    let same = |a: &Expression, b: &Expression| Sqlite.same_expression(a, b);
    let checks = |one: &Table, two: &Table| {
        one.checks.iter().all(|a| {
            let mut others = two.checks.iter();
            others.any(|b| a.name == b.name && same(&a.expression, &b.expression))
        })
    };
    let columns = one.columns.iter().zip(&two.columns);
    bare(one) == bare(two)
        && checks(one, two)
        && checks(two, one)
        && columns
            .filter_map(|(a, b)| a.generated.as_ref().zip(b.generated.as_ref()))
            .all(|(a, b)| same(&a.expression, &b.expression))
}

/// SQLite's own renaming comes to the same table.
fn is_as_renamed(ddl: &TableDdl, text: &str, table: &Name, how: &str, context: &str) {
    let Ok(theirs) = altered(text, table, how) else {
        return;
    };
    let read = TableDdl::parse(&theirs).expect("what SQLite renamed is read");
    assert!(
        is_same(&read.read_table(), &ddl.read_table()),
        "{context}\n{theirs}"
    );
}

/// One change of the text, as SQLite sees it before; what it sees afterwards.
fn change(ddl: &mut TableDdl, before: &Seen, change: &TableChange) -> Option<Seen> {
    let table = ddl.read_table();
    let wanted = replayed(&table, change)?;
    let text = ddl.to_sql().to_owned();
    if ddl.apply(change).is_err() {
        assert_eq!(ddl.to_sql(), text);
        return None;
    }
    let context = format!("{change:?}\n{text}\n{}", ddl.to_sql());
    let again = TableDdl::parse(ddl.to_sql()).expect("what was edited is read");
    assert_eq!(again.read_table(), ddl.read_table(), "{context}");
    if let TableChange::Column(Change::Rename(names)) = change {
        let how = format!("RENAME {} TO {}", quoted(&names.from), quoted(&names.to));
        is_as_renamed(ddl, &text, &table.name.name, &how, &context);
    } else {
        let keyed = matches!(change, TableChange::PrimaryKey(_));
        let (read, wanted) = (ddl.read_table(), comparable(wanted, keyed));
        assert_eq!(comparable(read, keyed), wanted, "{context}");
    }
    let (_, after) = seen(ddl.to_sql()).expect(&context);
    after.agrees_with(ddl, &context);
    after.kept(before, change, &context);
    // Each change stands alone: what a batch has in mind is forgotten.
    *ddl = again;
    Some(after)
}

fuzz_target!(|text: &str| {
    let (choices, sql) = text.split_once('\n').unwrap_or(("", text));
    // What is no single statement about a table is not given to SQLite.
    if sql.contains('\0') || TableDdl::parse(sql).is_err() {
        return;
    }
    let Ok((stored, mut before)) = seen(sql) else {
        return;
    };
    let Ok(mut ddl) = TableDdl::parse(&stored) else {
        return;
    };
    assert_eq!(ddl.to_sql(), stored);
    ddl.unmanaged();
    if before.is_read_otherwise(&ddl) {
        return;
    }
    before.agrees_with(&ddl, &stored);
    for byte in choices.bytes().take(8) {
        let table = ddl.read_table();
        if has_namesakes(&table) {
            break;
        }
        let Some(wanted) = chosen(byte, &table) else {
            continue;
        };
        if let Some(after) = change(&mut ddl, &before, &wanted) {
            before = after;
        }
    }
    let (from, text) = (ddl.name(), ddl.to_sql().to_owned());
    if from != Name::from(NEW) && ddl.rename_to(NEW, SelfReferences::Follow).is_ok() {
        let context = format!("{text}\n{}", ddl.to_sql());
        let (_, after) = seen(ddl.to_sql()).expect(&context);
        after.agrees_with(&ddl, &context);
        assert_eq!(after.columns, before.columns, "{context}");
        let how = format!("RENAME TO {}", quoted(&Name::from(NEW)));
        is_as_renamed(&ddl, &text, &from, &how, &context);
    }
});
