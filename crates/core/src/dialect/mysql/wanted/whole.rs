//! What can only be judged when all columns of a table are known.

use std::collections::BTreeSet;

use super::Reader;
use crate::dialect::mysql::types::{Class, canonical_type};
use crate::model::{ColumnModel, TableModel};
use crate::schema::{Column, ColumnType, IndexTarget, Name, Table};

impl Reader<'_> {
    pub(super) fn whole_table(&mut self, model: &TableModel, table: &Table) {
        let name = &table.name;
        if table.columns.is_empty() {
            let title = self.title();
            self.refuse(
                &model.origin,
                format!("`{name}` has no column, and {title} wants one"),
                "add a field",
            );
        }
        let mut seen = BTreeSet::new();
        for column in &model.columns {
            if !seen.insert(column.name.as_str().to_lowercase()) {
                self.refuse(
                    &column.origin,
                    format!("`{name}` has two columns `{}`", column.name),
                    "upper and lower case are the same in column names; rename one of them",
                );
            }
        }
        self.index_names(model, table);
        for (model, column) in model.columns.iter().zip(&table.columns) {
            self.key_column(model, column, table);
        }
    }

    fn index_names(&mut self, model: &TableModel, table: &Table) {
        let uniques = table
            .uniques
            .iter()
            .filter_map(|unique| unique.name.as_ref());
        let indexes = table.indexes.iter().filter_map(|index| index.name.as_ref());
        let mut seen = BTreeSet::new();
        for name in uniques.chain(indexes) {
            self.name_fits(&model.origin, name.as_str());
            if !seen.insert(name.as_str().to_lowercase()) {
                self.refuse(
                    &model.origin,
                    format!("a second index of `{}` is called `{name}`", table.name),
                    "an index needs a name of its own in its table, and a unique constraint is one",
                );
            }
        }
    }

    fn key_column(&mut self, model: &ColumnModel, column: &Column, table: &Table) {
        let place = format!("`{}.{}`", table.name, column.name);
        let is = |name: &Name| name.as_str().to_lowercase() == column.name.as_str().to_lowercase();
        let in_key = table
            .primary_key
            .iter()
            .any(|key| key.columns.iter().any(is));
        let in_whole_key = table.primary_key.iter().any(|key| key.whole().any(is));
        let virtually = column.generated.as_ref().is_some_and(|g| !g.stored);
        if virtually && in_key {
            self.refuse(
                &model.origin,
                format!("{place} is computed at each read and cannot be part of the primary key"),
                "write `stored`, or take it out of the key",
            );
        }
        let unique = table
            .uniques
            .iter()
            .any(|unique| unique.columns.iter().any(is));
        let indexed = table.indexes.iter().any(|index| {
            let whole = index.keys.iter().filter(|key| key.prefix.is_none());
            let mut columns = whole.filter_map(|key| match &key.target {
                IndexTarget::Column(name) => Some(name),
                IndexTarget::Expression(_) => None,
            });
            index.method.as_deref() != Some("fulltext") && columns.any(is)
        });
        // MariaDB hashes a unique key that is too long.
        let too_long = in_whole_key || indexed || (unique && !self.on.is_mariadb());
        let ty = canonical_type(&column.ty);
        if Class::of(&ty).is_long() && too_long {
            let title = self.title();
            let hint = match Class::of(&ty) {
                Class::Blob => "write `type = \"varbinary(255)\"`",
                _ => "write `type = \"varchar(255)\"`, or index its beginning: `index(.. (100))`",
            };
            self.refuse(
                &model.origin,
                format!("{place} is part of a key, and {title} cannot index all of its type"),
                hint,
            );
        }
        if column.autoincrement {
            self.numbered(model, &ty, table, &place);
        }
    }

    /// A numbered column is a number, the only one of its table, and the first
    /// of a key; engines other than InnoDB count within the columns before it.
    fn numbered(&mut self, model: &ColumnModel, ty: &ColumnType, table: &Table, place: &str) {
        let engine = table.options.engine.as_deref().unwrap_or("InnoDB");
        let places = if engine.eq_ignore_ascii_case("InnoDB") {
            1
        } else {
            usize::MAX
        };
        let leads = |columns: &[Name]| columns.iter().take(places).any(|c| *c == model.name);
        let leading = |index: &crate::schema::Index| {
            let mut keys = index.keys.iter().take(places);
            keys.any(|key| matches!(&key.target, IndexTarget::Column(n) if *n == model.name))
        };
        let keyed = table.primary_key.iter().any(|key| leads(&key.columns))
            || table.uniques.iter().any(|unique| leads(&unique.columns))
            || table.indexes.iter().any(leading);
        let number = matches!(Class::of(ty), Class::Integer | Class::Float | Class::Double);
        let only = table.columns.iter().filter(|c| c.autoincrement).count() == 1;
        if !(keyed && number && only) {
            let title = self.title();
            self.refuse(
                &model.origin,
                format!("{place} cannot have `autoincrement`"),
                &format!("{title} numbers one whole number a table, which must begin a key"),
            );
        }
        if model.default.is_some() {
            self.refuse(
                &model.origin,
                format!("{place} has `autoincrement` and a default"),
                "drop one of the two",
            );
        }
    }
}
