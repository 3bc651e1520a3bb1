//! Objects that are written in SQL.

use super::remake::{in_mode, mode_of};
use super::trigger::Head;
use super::{Lowering, why};
use crate::change::Pair;
use crate::dialect::ObjectKind;
use crate::error::{Error, Result};
use crate::object::{
    Definition, Noun, ObjectChange, drop_statement, no_rename, rename_statement, replay,
};
use crate::operation::Operation;
use crate::plan::Statement;

impl Lowering<'_> {
    /// The server reads such a text when it is used, so that one can go and
    /// come whatever names it.
    pub(super) fn object(
        &mut self,
        at: usize,
        operation: &Operation,
        change: &ObjectChange,
    ) -> Result<()> {
        let why = why(operation);
        let on = self.on;
        let drop = |id| Statement::new(drop_statement(&on, id), &why);
        let make = |sql: &str| Statement::new(sql, &why);
        let mut statements = match change {
            ObjectChange::Create(made) => vec![make(&made.sql)],
            ObjectChange::Drop(gone) => vec![drop(&gone.id)],
            // MariaDB knows the words for more kinds, MySQL for views alone.
            ObjectChange::Replace(pair) if pair.to.id.noun == Noun::View || on.is_mariadb() => {
                vec![make(&or_replace(&self.in_its_place(pair)))]
            }
            ObjectChange::Replace(pair) => {
                vec![drop(&pair.from.id), make(&self.in_its_place(pair))]
            }
            ObjectChange::Rename(ids) if ids.from.noun == Noun::View => {
                vec![make(&rename_statement(&on, ids))]
            }
            ObjectChange::Rename(ids) => return Err(no_rename("MySQL", ids)),
        };
        if let ObjectChange::Create(made) | ObjectChange::Replace(Pair { to: made, .. }) = change
            && let Some(mode) = self.mode_before(made)
            && let Some(last) = statements.last_mut()
        {
            if !on.is_mariadb() {
                return Err(Error::new(format!(
                    "{} would be made again in another `sql_mode` than its own, '{mode}'",
                    made.id
                ))
                .with_hint("MySQL says none for one statement: drop and make it with `execute`"));
            }
            last.sql = in_mode(mode, &last.sql);
        }
        if let Some(first) = statements.first_mut() {
            first.hazards = self.hazards(at, operation);
        }
        replay(&on, &mut self.now, change);
        self.push((at, 0), statements);
        Ok(())
    }
}

impl Lowering<'_> {
    /// The statement that makes an object in the place of another: a trigger is
    /// to fire before those that fired after the old one.
    fn in_its_place(&self, pair: &Pair<Definition>) -> String {
        let sql = &pair.to.sql;
        let default = self.before.server.schema.as_str();
        let old = pair.from.in_default_schema(default).object();
        let triggers = self.now.objects.iter();
        let mut triggers = triggers.filter(|o| o.kind == ObjectKind::Trigger);
        let found = triggers.find(|o| o.kind == old.kind && o.name == old.name);
        let Some((found, head)) = found.and_then(|o| Some((o, Head::of(&o.sql)?))) else {
            return sql.clone();
        };
        let mut later = triggers.filter(|o| o.table == found.table);
        let next = later.find_map(|o| Head::of(&o.sql).filter(|next| next.moment == head.moment));
        match next.zip(Head::of(sql)) {
            Some((next, new)) if new.moment == head.moment => new.before(sql, &next.name),
            _ => sql.clone(),
        }
    }

    /// The `sql_mode` that an object of that name has before the list, where it
    /// is not the usual one.
    fn mode_before(&self, made: &Definition) -> Option<&str> {
        let default = self.before.server.schema.as_str();
        mode_of(self.before, &made.in_default_schema(default).object())
    }
}

/// `CREATE ..` as `CREATE OR REPLACE ..`.
fn or_replace(sql: &str) -> String {
    let rest = sql.trim_start();
    match rest.get(..6) {
        Some(create) => format!("{create} OR REPLACE{}", &rest[6..]),
        None => sql.to_owned(),
    }
}
