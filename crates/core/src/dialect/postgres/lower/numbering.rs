//! Identity and serial columns, and their sequences.
//!
//! Owns how a column gets numbers, loses them, and goes on where its rows end.

use super::batch::{Action, Item, Pass};
use super::{Lowering, sequence_of};
use crate::change::Pair;
use crate::dialect::postgres::lexer;
use crate::dialect::postgres::name::{self, quote, spelled_table};
use crate::dialect::postgres::render::{self, beside, column_type, qualified, string_literal};
use crate::dialect::{ObjectKind, SqlObject};
use crate::error::{Error, Result};
use crate::hazard::widens;
use crate::schema::{Column, Identity, Name, TableName};

/// What happens to the numbering of a column: before its type changes, and
/// when it is NOT NULL.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    /// First of all.
    pub(super) first: Vec<Item>,
    /// Last of all.
    pub(super) last: Vec<Item>,
}

/// What else a column has that could be taken for its numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// Nothing.
    Nothing,
    /// A sequence that goes with it and that it takes no numbers from.
    Sequence,
}

impl Lowering<'_> {
    /// What else a column has that gets numbers or loses them. Refuses a sequence
    /// that cannot be made, or cannot be told from another one.
    pub(super) fn sequence_beside(
        &self,
        table: &TableName,
        columns: Pair<&Column>,
    ) -> Result<Beside> {
        let Pair { from, to } = columns;
        if from.identity == to.identity {
            return Ok(Beside::Nothing);
        }
        let objects = &self.before.objects;
        let owned_by = format!(
            " OWNED BY {}.{}",
            spelled_table(table),
            name::spelled(from.name.as_str())
        );
        let is_sequence = |o: &&SqlObject| o.kind == ObjectKind::Sequence;
        let mut sequences = objects.iter().filter(is_sequence);
        let owned = sequences.find_map(|o| {
            let said = o.sql.strip_suffix(&owned_by)?;
            said.strip_prefix("ALTER SEQUENCE ")
        });
        let serial = |column: &Column| column.identity == Some(Identity::Serial);
        if let Some(owned) = owned.filter(|_| serial(from) || serial(to)) {
            return Err(Error::new(format!(
                "column `{table}.{}` cannot get or lose a sequence of its own while sequence \
                 `{owned}` belongs to it, too",
                to.name
            ))
            .with_hint(format!(
                "in a migration of its own, drop that sequence (`DROP SEQUENCE {owned}`) or have \
                 the column take its numbers (`ALTER TABLE {} ALTER COLUMN {} SET DEFAULT \
                 nextval({})`), which makes it serial",
                spelled_table(table),
                name::spelled(to.name.as_str()),
                name::string(owned)
            )));
        }
        if serial(to) && to.extra.is_none() {
            self.refuse_taken(table, to)?;
        }
        Ok(match owned {
            Some(_) => Beside::Sequence,
            None => Beside::Nothing,
        })
    }

    /// Refuses the usual name of a sequence where something else has it.
    fn refuse_taken(&self, table: &TableName, column: &Column) -> Result<()> {
        let usual = TableName {
            schema: table.schema.clone(),
            name: name::sequence(&table.name, &column.name),
        };
        let is_relation = |o: &&SqlObject| {
            matches!(
                o.kind,
                ObjectKind::Sequence | ObjectKind::View | ObjectKind::MaterializedView
            )
        };
        let mut objects = self.before.objects.iter().filter(is_relation);
        let Some(taken) = objects.find(|o| o.name == usual.to_string()) else {
            return Ok(());
        };
        let error = Error::new(format!(
            "column `{table}.{}` cannot get sequence `{usual}`: there is a {} of that name",
            column.name,
            super::aside::kind_word(taken)
        ));
        let (sequence, table) = (spelled_table(&usual), spelled_table(table));
        let column = name::spelled(column.name.as_str());
        Err(error.with_hint(match taken.kind {
            ObjectKind::Sequence => format!(
                "in a migration of its own, drop it or give it another name, or make it the \
                 column's (`ALTER SEQUENCE {sequence} OWNED BY {table}.{column}` and `ALTER TABLE \
                 {table} ALTER COLUMN {column} SET DEFAULT nextval({})`), which makes it serial",
                name::string(&sequence)
            ),
            _ => "give that another name first".to_owned(),
        }))
    }
}

/// The numbering of a column that is `from` before and `to` after. Its name is
/// the new one already.
pub(super) fn change(
    table: &TableName,
    columns: Pair<&Column>,
    new_type: bool,
    beside: Beside,
) -> Numbering {
    let Pair { from, to } = columns;
    let name = &to.name;
    let mut found = Numbering::default();
    let alter = |pass: Pass, what: &str| -> Item {
        let sql = format!("ALTER COLUMN {} {what}", quote(name.as_str()));
        Action::new(pass, sql).on(name).into()
    };
    // A statement is refused where the column has numbers and another type than
    // they can be of, be it before or after.
    let alone = |what: &str| {
        Item::statement(format!(
            "ALTER TABLE {} ALTER COLUMN {} {what}",
            qualified(table),
            quote(name.as_str())
        ))
    };
    let narrower = greatest(to).filter(|_| new_type && !widens(&from.ty, &to.ty));
    if let (Some(before), Some(after), Some(greatest)) = (from.identity, to.identity, narrower)
        && before != Identity::Serial
        && after != Identity::Serial
    {
        found.first.push(begun_again(table, name, greatest));
    }
    match (from.identity, to.identity) {
        (Some(Identity::Serial), Some(Identity::Serial)) => {
            if let Some(greatest) = narrower {
                found.last.push(begun_again(table, name, greatest));
            }
            if new_type && is_whole(to) {
                found.last.push(retyped(table, to));
            }
        }
        (None, None) => {}
        (Some(a), Some(b)) if a == b => {}
        (Some(Identity::ByDefault), Some(Identity::Always)) => {
            found
                .last
                .push(alter(Pass::Attribute, "SET GENERATED ALWAYS"));
        }
        (Some(Identity::Always), Some(Identity::ByDefault)) => {
            found
                .last
                .push(alter(Pass::Attribute, "SET GENERATED BY DEFAULT"));
        }
        (before, after) => {
            match before {
                None => {}
                Some(Identity::Serial) => found.first.push(without_sequence(table, name)),
                Some(_) if new_type && !is_whole(to) => {
                    found.first.push(alone("DROP IDENTITY"));
                }
                Some(_) => found.first.push(alter(Pass::Drop, "DROP IDENTITY")),
            }
            match after {
                None => {}
                Some(Identity::Serial) => found.last.extend(with_sequence(table, to)),
                Some(kind) => {
                    let options = to.extra.as_deref().map(|o| format!(" {o}"));
                    let add = format!(
                        "ADD {}{}",
                        render::identity(kind),
                        options.unwrap_or_default()
                    );
                    found.last.push(match new_type && !is_whole(from) {
                        true => alone(&add),
                        false => alter(Pass::Add, &add),
                    });
                    found.last.push(match beside {
                        Beside::Nothing => continued(table, name),
                        Beside::Sequence => restarted(table, name),
                    });
                }
            }
        }
    }
    found
}

fn is_whole(column: &Column) -> bool {
    greatest(column).is_some()
}

/// The greatest number that a column holds that a sequence can number.
fn greatest(column: &Column) -> Option<i64> {
    match column_type(&column.ty).as_str() {
        "smallint" => Some(i64::from(i16::MAX)),
        "integer" => Some(i64::from(i32::MAX)),
        "bigint" => Some(i64::MAX),
        _ => None,
    }
}

/// A numbered column whose table or itself was renamed: its sequence keeps its
/// name, and the column carries it from now on where it is not the usual one.
pub(super) fn follow(column: &mut Column, tables: Pair<&TableName>, names: Pair<&Name>) {
    let Some(identity) = column.identity else {
        return;
    };
    let sequence = |table: &TableName, schema: &TableName, column: &Name| {
        spelled_table(&TableName {
            schema: schema.schema.clone(),
            name: name::sequence(&table.name, column),
        })
    };
    // It moves to another schema with its table.
    let was = sequence(tables.from, tables.to, names.from);
    let usual = sequence(tables.to, tables.to, names.to);
    let extra = column.extra.take().unwrap_or_default();
    column.extra = if identity == Identity::Serial {
        let ty = column_type(&column.ty);
        let plain = |name: &str| match ty.as_str() {
            "bigint" => name.to_owned(),
            ty => format!("{name} AS {ty}"),
        };
        let text = if extra.is_empty() { plain(&was) } else { extra };
        (text != plain(&usual)).then_some(text)
    } else {
        let inner = extra.strip_prefix('(').and_then(|e| e.strip_suffix(')'));
        let inner = inner.unwrap_or_default();
        let (name, options) = match inner.strip_prefix("SEQUENCE NAME ") {
            Some(rest) => split_name(rest),
            None => (was, inner.to_owned()),
        };
        let named = (name != usual).then(|| format!("SEQUENCE NAME {name}"));
        let options = Some(options).filter(|o| !o.is_empty());
        let words: Vec<String> = named.into_iter().chain(options).collect();
        (!words.is_empty()).then(|| format!("({})", words.join(" ")))
    };
}

/// A name at the start of a text, and what follows it.
fn split_name(text: &str) -> (String, String) {
    let tokens = lexer::tokens(text).unwrap_or_default();
    let last = match tokens.as_slice() {
        [_, point, second, ..] if point.is(text, ".") => Some(second),
        all => all.first(),
    };
    let (name, rest) = text.split_at(last.map_or(0, |t| t.range.end));
    (name.to_owned(), rest.trim().to_owned())
}

/// The statement after which new numbers come after those of the rows.
fn continued(table: &TableName, column: &Name) -> Item {
    let quoted = quote(column.as_str());
    Item::Late(format!(
        "SELECT setval({}, GREATEST(max({quoted}), 0) + 1, false) FROM {}",
        sequence_of(table, column),
        qualified(table)
    ))
}

/// The same where the server would find another sequence by the column.
fn restarted(table: &TableName, column: &Name) -> Item {
    let quoted = quote(column.as_str());
    let table = qualified(table);
    let restart = string_literal(&format!(
        "ALTER TABLE {table} ALTER COLUMN {quoted} RESTART WITH "
    ));
    Item::Late(block(&format!(
        "EXECUTE {restart} ||\n    (SELECT GREATEST(max({quoted}), 0) + 1 FROM {table});"
    )))
}

/// A sequence that is past what the column holds from now on goes on behind the
/// rows that are left; as it is it could not take on the type. What `setval`
/// does stays where the migration fails, what `ALTER SEQUENCE` does goes.
fn begun_again(table: &TableName, column: &Name, greatest: i64) -> Item {
    let sequence = sequence_of(table, column);
    Item::statement(block(&format!(
        "IF pg_sequence_last_value({sequence}::regclass) > {greatest} THEN\n    \
         EXECUTE 'ALTER SEQUENCE ' || {sequence} || ' RESTART ' ||\n      \
         (SELECT GREATEST(max({}), 0) + 1 FROM {});\n  END IF;",
        quote(column.as_str()),
        qualified(table)
    )))
}

/// The sequence of a serial column takes on the column's type. Only the server
/// knows its name.
fn retyped(table: &TableName, column: &Column) -> Item {
    Item::statement(block(&format!(
        "EXECUTE 'ALTER SEQUENCE ' || {} || ' AS {}';",
        sequence_of(table, &column.name),
        column_type(&column.ty)
    )))
}

/// A serial column without its default and its sequence.
fn without_sequence(table: &TableName, column: &Name) -> Item {
    let drop = format!(
        "ALTER TABLE {} ALTER COLUMN {} DROP DEFAULT",
        qualified(table),
        quote(column.as_str())
    );
    Item::statement(format!(
        "DO {}",
        dollars(&format!(
            "DECLARE sequence text := {};\nBEGIN\n  {drop};\n  EXECUTE 'DROP SEQUENCE ' || sequence;\nEND",
            sequence_of(table, column)
        ))
    ))
}

/// A column with a sequence of its own and the default that takes its numbers.
fn with_sequence(table: &TableName, column: &Column) -> Vec<Item> {
    let (make, own, sequence) = match render::own_sequence(column, table) {
        Some((make, own)) => (make, own, render::sequence(column).unwrap_or_default()),
        None => usual_sequence(table, column),
    };
    let default = format!(
        "ALTER COLUMN {} SET DEFAULT {}",
        quote(column.name.as_str()),
        render::next_of(&sequence)
    );
    vec![
        Item::statement(make),
        Item::statement(own),
        Action::new(Pass::Add, default).on(&column.name).into(),
        continued(table, &column.name),
    ]
}

/// The statements that make the sequence of `serial`, and its name.
fn usual_sequence(table: &TableName, column: &Column) -> (String, String, String) {
    let name = name::sequence(&table.name, &column.name);
    let sequence = beside(table, name.as_str());
    let ty = if is_whole(column) {
        format!(" AS {}", column_type(&column.ty))
    } else {
        String::new()
    };
    let own = format!(
        "ALTER SEQUENCE {sequence} OWNED BY {}.{}",
        qualified(table),
        quote(column.name.as_str())
    );
    (format!("CREATE SEQUENCE {sequence}{ty}"), own, sequence)
}

fn block(body: &str) -> String {
    format!("DO {}", dollars(&format!("BEGIN\n  {body}\nEND")))
}

/// A text between dollar signs that do not occur in it.
fn dollars(text: &str) -> String {
    let mut tag = "$$".to_owned();
    let mut n = 0;
    while text.contains(&tag) {
        n += 1;
        tag = format!("$a{n}$");
    }
    format!("{tag}\n{text}\n{tag}")
}
