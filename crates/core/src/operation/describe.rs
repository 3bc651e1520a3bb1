//! The words for operations: one for machines, one sentence for people.

use super::part::Part;
use super::{Operation, RenamedValues, TableChange};
use crate::change::{Change, Pair};
use crate::object::ObjectChange;
use crate::schema::{Check, Column, EnumType, ForeignKey, Name};

/// What an operation, or one change of a batch, is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The word used in JSON: `add_column`.
    pub op: &'static str,
    /// The table; empty where there is none.
    pub table: String,
    /// The part of the table, or the table itself; empty where the thing has
    /// no name.
    pub name: String,
    /// An English clause with names in backticks: "add column `t.c`".
    pub text: String,
}

impl Operation {
    /// What the operation is called: one entry for each change of
    /// [`Operation::AlterTable`], exactly one for any other operation.
    pub fn describe(&self) -> Vec<Description> {
        match self {
            Self::CreateTable(t) => vec![of_table("create_table", "create", &t.name.to_string())],
            Self::DropTable(t) => vec![of_table("drop_table", "drop", &t.name.to_string())],
            Self::RenameTable(names) => vec![Description {
                op: "rename_table",
                table: names.to.to_string(),
                name: names.to.to_string(),
                text: format!("rename table `{}` to `{}`", names.from, names.to),
            }],
            Self::AlterTable { table, changes } => {
                let table = table.to_string();
                changes.iter().map(|c| c.describe(&table)).collect()
            }
            Self::Enum(change) => vec![of_enum(change)],
            Self::RenameEnumValue { name, values } => vec![Description {
                op: "rename_enum_value",
                table: String::new(),
                name: name.to_string(),
                text: format!(
                    "rename value `{}` of enum type `{name}` to `{}`",
                    values.from, values.to
                ),
            }],
            Self::Object(change) => vec![of_object(change)],
            Self::Execute(raw) => vec![Description {
                op: "execute",
                table: String::new(),
                name: raw.name.clone().unwrap_or_default(),
                text: raw.name.clone().unwrap_or_else(|| shown(&raw.sql)),
            }],
        }
    }
}

fn of_object(change: &ObjectChange) -> Description {
    let (op, text) = change.words();
    let id = change.id();
    Description {
        op,
        table: id
            .table
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        name: id.label(),
        text,
    }
}

/// What is told of SQL that somebody wrote: itself, where it is short.
fn shown(sql: &str) -> String {
    const SHORT: usize = 80;
    if sql.is_empty() || sql.len() > SHORT || sql.contains(['\n', '`']) {
        "run SQL".to_owned()
    } else {
        format!("run `{sql}`")
    }
}

impl TableChange {
    /// What one change of a batch on `table` is called.
    pub fn describe(&self, table: &str) -> Description {
        match self {
            Self::Column(change) => of_column(table, change),
            Self::Values(renamed) => of_values(table, renamed),
            Self::PrimaryKey(change) => of_part(table, change, &PRIMARY_KEY),
            Self::Unique(change) => of_part(table, change, &UNIQUE),
            Self::Index(change) => of_part(table, change, &INDEX),
            Self::ForeignKey(change) => {
                let description = of_part(table, change, &FOREIGN_KEY);
                validating(description, change, ForeignKey::validated)
            }
            Self::Check(change) => {
                validating(of_part(table, change, &CHECK), change, Check::validated)
            }
            Self::Comment(_) => on_table("set_comment", "set the comment of", table),
            Self::Options(_) => on_table("set_options", "set the options of", table),
        }
    }
}

fn of_table(op: &'static str, verb: &str, table: &str) -> Description {
    on_table(op, &format!("{verb} table"), table)
}

fn on_table(op: &'static str, verb: &str, table: &str) -> Description {
    Description {
        op,
        table: table.to_owned(),
        name: table.to_owned(),
        text: format!("{verb} `{table}`"),
    }
}

fn of_column(table: &str, change: &Change<Column>) -> Description {
    let (op, name, text) = match change {
        Change::Add(c) => (
            "add_column",
            &c.name,
            format!("add column `{table}.{}`", c.name),
        ),
        Change::Drop(c) => (
            "drop_column",
            &c.name,
            format!("drop column `{table}.{}`", c.name),
        ),
        Change::Alter(pair) => (
            "alter_column",
            &pair.to.name,
            format!("alter column `{table}.{}`{}", pair.to.name, changed(pair)),
        ),
        Change::Rename(names) => (
            "rename_column",
            &names.to,
            format!("rename column `{table}.{}` to `{}`", names.from, names.to),
        ),
    };
    Description {
        op,
        table: table.to_owned(),
        name: name.to_string(),
        text,
    }
}

/// What of a column becomes another, in brackets: ` (type, NOT NULL)`.
fn changed(Pair { from, to }: &Pair<Column>) -> String {
    let null = if to.nullable { "NULL" } else { "NOT NULL" };
    let numbers = |column: &Column| (column.autoincrement, column.identity);
    let parts = [
        ("type", from.ty != to.ty),
        (null, from.nullable != to.nullable),
        ("default", from.default != to.default),
        ("generated", from.generated != to.generated),
        ("numbering", numbers(from) != numbers(to)),
        ("collation", from.collation != to.collation),
        ("comment", from.comment != to.comment),
        ("other clauses", from.extra != to.extra),
    ];
    let changed = parts.iter().filter(|(_, is_other)| *is_other);
    match changed.map(|(part, _)| *part).collect::<Vec<_>>() {
        none if none.is_empty() => String::new(),
        some => format!(" ({})", some.join(", ")),
    }
}

fn of_values(table: &str, renamed: &RenamedValues) -> Description {
    let RenamedValues { column, values } = renamed;
    let renames: Vec<String> = values
        .iter()
        .map(|Pair { from, to }| format!("`{from}` to `{to}`"))
        .collect();
    Description {
        op: "rename_values",
        table: table.to_owned(),
        name: column.to_string(),
        text: format!("rename {} in `{table}.{column}`", renames.join(", ")),
    }
}

fn of_enum(change: &Change<EnumType>) -> Description {
    let (op, name, text) = match change {
        Change::Add(e) => ("create_enum", e.name.to_string(), "create"),
        Change::Drop(e) => ("drop_enum", e.name.to_string(), "drop"),
        Change::Alter(pair) => ("alter_enum", pair.to.name.to_string(), "alter"),
        Change::Rename(names) => {
            return Description {
                op: "rename_enum",
                table: String::new(),
                name: names.to.to_string(),
                text: format!("rename enum type `{}` to `{}`", names.from, names.to),
            };
        }
    };
    Description {
        op,
        table: String::new(),
        text: format!("{text} enum type `{name}`"),
        name,
    }
}

/// The words for a part of a table that is not a column.
struct Words {
    create: &'static str,
    drop: &'static str,
    alter: &'static str,
    rename: &'static str,
}

const PRIMARY_KEY: Words = Words {
    create: "create_primary_key",
    drop: "drop_primary_key",
    alter: "alter_primary_key",
    rename: "rename_constraint",
};
const UNIQUE: Words = Words {
    create: "create_unique_constraint",
    drop: "drop_unique_constraint",
    alter: "alter_unique_constraint",
    rename: "rename_constraint",
};
const INDEX: Words = Words {
    create: "create_index",
    drop: "drop_index",
    alter: "alter_index",
    rename: "rename_index",
};
const FOREIGN_KEY: Words = Words {
    create: "create_foreign_key",
    drop: "drop_foreign_key",
    alter: "alter_foreign_key",
    rename: "rename_constraint",
};
const CHECK: Words = Words {
    create: "create_check_constraint",
    drop: "drop_check_constraint",
    alter: "alter_check_constraint",
    rename: "rename_constraint",
};

/// Rows are held to a constraint that was there for new ones.
fn validating<T: PartialEq>(
    description: Description,
    change: &Change<T>,
    validated: impl Fn(&T) -> Option<T>,
) -> Description {
    match change {
        Change::Alter(pair) if validated(&pair.from).as_ref() == Some(&pair.to) => Description {
            text: description.text.replacen("alter", "validate", 1),
            ..description
        },
        _ => description,
    }
}

fn of_part<T: Part>(table: &str, change: &Change<T>, words: &Words) -> Description {
    let (op, verb, part) = match change {
        Change::Add(part) => (words.create, "add", part),
        Change::Drop(part) => (words.drop, "drop", part),
        Change::Alter(pair) => (words.alter, "alter", &pair.to),
        Change::Rename(names) => {
            return Description {
                op: words.rename,
                table: table.to_owned(),
                name: names.to.to_string(),
                text: format!(
                    "rename {} `{}` of `{table}` to `{}`",
                    T::NOUN,
                    names.from,
                    names.to
                ),
            };
        }
    };
    let what = part.label();
    let side = match change {
        Change::Add(_) => "to",
        Change::Drop(_) => "from",
        Change::Alter(_) | Change::Rename(_) => "of",
    };
    Description {
        op,
        table: table.to_owned(),
        name: part.name().map(Name::to_string).unwrap_or_default(),
        text: format!("{verb} {} {what} {side} `{table}`", T::NOUN),
    }
}

#[cfg(test)]
mod tests {
    use super::changed;
    use crate::change::Pair;
    use crate::schema::{Column, ColumnType, DefaultValue, Identity, Literal};

    #[test]
    fn what_of_a_column_is_altered_is_named() {
        let from = Column::new("c", ColumnType::Integer);
        let to = |change: fn(&mut Column)| {
            let mut to = from.clone();
            change(&mut to);
            changed(&Pair {
                from: from.clone(),
                to,
            })
        };
        assert_eq!(to(|c| c.nullable = true), " (NULL)");
        assert_eq!(to(|c| c.comment = Some("a".into())), " (comment)");
        let both = to(|c| {
            c.ty = ColumnType::BigInteger;
            c.default = Some(DefaultValue::Literal(Literal::Integer(1)));
        });
        assert_eq!(both, " (type, default)");
        let numbers = to(|c| {
            c.autoincrement = true;
            c.identity = Some(Identity::Serial);
        });
        assert_eq!(numbers, " (numbering)");
        // Where only rows of before are told what they get.
        let fill = to(|c| c.fill = Some(DefaultValue::Literal(Literal::Integer(1))));
        assert_eq!(fill, "");
    }
}
