//! Which views, triggers, routines and events name something that goes away.
//!
//! The server keeps their texts as they are and fails when they are used, so
//! what would be left without a name is refused before anything is touched.

use super::Lowering;
use crate::dialect::mysql::lexer::{self, Token, TokenKind};
use crate::dialect::{ObjectKind, Snapshot, SqlObject};
use crate::error::{Error, Result};
use crate::schema::{Name, TableName};

/// Something that goes away while an object names it.
pub(super) struct Lost {
    object: SqlObject,
    table: TableName,
    column: Option<Name>,
    /// `dropped` or `renamed`.
    how: &'static str,
}

/// The objects that name a table, but for its own triggers. Routines and events
/// may well be there before the tables that they name, and when those are gone.
pub(super) fn of_table(snapshot: &Snapshot, table: &TableName, how: &'static str) -> Vec<Lost> {
    let name = table.name.as_str();
    let code = snapshot.objects.iter().filter(|o| {
        let own = o.kind == ObjectKind::Trigger && o.table.eq_ignore_ascii_case(name);
        let stays = how == "dropped" && !is_bound(o);
        is_code(o) && !own && !stays && Reading::new(&o.sql).is_none_or(|r| r.names_table(name))
    });
    code.map(|object| Lost {
        object: object.clone(),
        table: table.clone(),
        column: None,
        how,
    })
    .collect()
}

/// The objects that name a column.
pub(super) fn of_column(
    snapshot: &Snapshot,
    table: &TableName,
    column: &Name,
    how: &'static str,
) -> Vec<Lost> {
    let name = table.name.as_str();
    let code = snapshot.objects.iter().filter(|o| {
        let own = o.kind == ObjectKind::Trigger && o.table.eq_ignore_ascii_case(name);
        is_code(o)
            && Reading::new(&o.sql).is_none_or(|r| {
                r.names_column(name, column.as_str(), own)
                    && (is_bound(o) || !r.may_mean_another(snapshot, table, column))
            })
    });
    code.map(|object| Lost {
        object: object.clone(),
        table: table.clone(),
        column: Some(column.clone()),
        how,
    })
    .collect()
}

fn is_code(object: &SqlObject) -> bool {
    is_bound(object) || matches!(object.kind, ObjectKind::Function | ObjectKind::Event)
}

/// Whether it is a part of the schema that statements of others come across.
fn is_bound(object: &SqlObject) -> bool {
    matches!(object.kind, ObjectKind::View | ObjectKind::Trigger)
}

impl Lowering<'_> {
    /// Refuses what would leave an object without something that it names; what is there again at the end is no loss.
    pub(super) fn refuse_lost(&self) -> Result<()> {
        for lost in &self.lost {
            let stays = self.now.objects.iter().any(|o| {
                o.kind == lost.object.kind && o.name == lost.object.name && o.sql == lost.object.sql
            });
            let table = self.now.schema.table(&lost.table);
            let back = match &lost.column {
                None => table.is_some(),
                Some(column) => table.is_none_or(|t| t.column(column.as_str()).is_some()),
            };
            if !stays || back {
                continue;
            }
            let what = match &lost.column {
                Some(column) => format!("column `{}.{column}`", lost.table),
                None => format!("table `{}`", lost.table),
            };
            let kind = match lost.object.kind {
                ObjectKind::Trigger => "trigger",
                ObjectKind::Event => "event",
                ObjectKind::Function => "routine",
                _ => "view",
            };
            let hint = match lost.object.kind {
                // No file says events.
                ObjectKind::Event => "drop the event before with `execute` and create it again \
                                      after the change"
                    .to_owned(),
                _ => format!(
                    "write its new definition into a `.sql` file among the models, or drop the \
                     {kind} before with `execute` and create it again after the change"
                ),
            };
            return Err(Error::new(format!(
                "{kind} `{}` names {what}, which is {}",
                lost.object.name, lost.how
            ))
            .with_hint(hint));
        }
        Ok(())
    }
}

/// The tokens of an object.
struct Reading<'a> {
    sql: &'a str,
    tokens: Vec<Token>,
}

impl<'a> Reading<'a> {
    fn new(sql: &'a str) -> Option<Self> {
        let tokens = lexer::tokens(sql).ok()?;
        Some(Self { sql, tokens })
    }

    fn is_name(&self, at: usize, name: &str) -> bool {
        self.tokens
            .get(at)
            .and_then(|t| t.name(self.sql))
            .is_some_and(|n| n.eq_ignore_ascii_case(name))
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|t| t.is(self.sql, word))
    }

    /// Where a table is named: not the column of that name, and not what
    /// something else is called.
    fn tables(&self, name: &str) -> Vec<usize> {
        let starts = [
            "from",
            "join",
            "into",
            "update",
            "table",
            ",",
            "(",
            "on",
            "straight_join",
        ];
        (0..self.tokens.len())
            .filter(|&at| self.is_name(at, name))
            .filter(|&at| {
                // `db`.`t`
                let first = if at > 1 && self.is(at - 1, ".") {
                    at - 2
                } else {
                    at
                };
                first > 0 && starts.iter().any(|w| self.is(first - 1, w))
            })
            .filter(|&at| !self.is(at + 1, "("))
            .collect()
    }

    fn names_table(&self, name: &str) -> bool {
        let before_dot = (0..self.tokens.len())
            .any(|at| self.is_name(at, name) && self.is(at + 1, ".") && !self.is(at + 3, "."));
        before_dot || !self.tables(name).is_empty()
    }

    /// Whether what looks like a column of a table may be a variable, a parameter
    /// or a column of another table that is named as well.
    fn may_mean_another(&self, snapshot: &Snapshot, table: &TableName, column: &Name) -> bool {
        let said = (0..self.tokens.len()).filter(|&at| self.is_name(at, column.as_str()));
        // With the name of its table before it, it is what it looks like.
        let told =
            |at: usize| at > 1 && self.is(at - 1, ".") && self.is_name(at - 2, table.name.as_str());
        if said.clone().any(told) {
            return false;
        }
        let others = snapshot
            .schema
            .tables
            .values()
            .filter(|other| other.name != *table);
        let mut others = others.filter(|other| other.column(column.as_str()).is_some());
        said.clone().any(|at| self.declares(at))
            || others.any(|other| self.names_table(other.name.name.as_str()))
    }

    /// Whether a name stands where variables and parameters are declared.
    fn declares(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else {
            return false;
        };
        if ["declare", "in", "out", "inout"]
            .iter()
            .any(|word| self.is(before, word))
        {
            // `x IN id` is none.
            return !self.is(at + 1, ",") || self.is(before, "declare");
        }
        let list = |end: usize| {
            let first = (0..end)
                .rev()
                .find(|&at| !self.is(at, ",") && self.is(at, "declare"));
            first.is_some_and(|first| (first + 1..end).all(|at| !self.is(at, ";")))
        };
        let of_routine = (0..at).find(|&at| self.is(at, "(")).is_some_and(|open| {
            let mut depth = 0_usize;
            let head = (0..open).any(|at| self.is(at, "function") || self.is(at, "procedure"));
            head && (open..at).all(|at| {
                depth += usize::from(self.is(at, "("));
                depth = depth.saturating_sub(usize::from(self.is(at, ")")));
                depth > 0
            })
        });
        (of_routine && (self.is(before, "(") || self.is(before, ",")))
            || (self.is(before, ",") && list(before))
    }

    /// Whether a column is named. `own`: it is a trigger of the table.
    fn names_column(&self, table: &str, column: &str, own: bool) -> bool {
        let tables = self.tables(table);
        let qualified_table = self.names_table(table);
        if !own && tables.is_empty() && !qualified_table {
            return false;
        }
        // What the table is called in this text.
        let mut called = vec![table.to_owned()];
        if own {
            called.extend(["new".to_owned(), "old".to_owned()]);
        }
        for at in &tables {
            let next = if self.is(at + 1, "as") {
                at + 2
            } else {
                at + 1
            };
            let alias = self.tokens.get(next);
            called.extend(alias.and_then(|t| t.name(self.sql)));
        }
        let named = (0..self.tokens.len()).filter(|&at| self.is_name(at, column));
        let mut hits = named.filter(|&at| {
            if at == 0 || self.is(at + 1, ".") || self.is(at + 1, "(") {
                return false;
            }
            if !self.is(at - 1, ".") {
                let alias = self.is(at - 1, "as") || tables.contains(&at);
                return !alias && self.in_doubt(at);
            }
            at > 1 && called.iter().any(|c| self.is_name(at - 2, c))
        });
        hits.next().is_some()
    }

    /// A name without a table before it counts, unless it can only be the name
    /// of what is created.
    fn in_doubt(&self, at: usize) -> bool {
        let quoted = self.tokens[at].kind == TokenKind::Quoted;
        let heads = ["view", "trigger", "function", "procedure", "event"];
        quoted || !heads.iter().any(|w| self.is(at - 1, w))
    }
}
