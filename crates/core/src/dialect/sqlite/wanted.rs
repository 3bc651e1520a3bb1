//! Models read for SQLite.
//!
//! It owns what each part of a model becomes on SQLite, and which parts SQLite
//! has not: what changes the meaning of a table is refused, what only tunes
//! another database is left out. It must not know what exists already.

use std::collections::{BTreeMap, BTreeSet};

use super::canonical::{canonical, canonical_type, one_of};
use super::said;
use crate::dialect::types::{RustColumn, rust_type};
use crate::diff::{ColumnHint, TableHint, Wanted};
use crate::model::{
    ColumnModel, EnumModel, ForeignKeyModel, ModelError, Models, Origin, RustType, TableModel,
    UniqueModel,
};
use crate::schema::{
    Check, Column, ColumnType, Deferrable, ForeignKey, Generated, Index, IndexKey, NullsOrder,
    PrimaryKey, Table, TableName, TableOptions, Unique,
};

/// The schema that the models want, canonical. No names are given here, so the
/// patterns for them are not asked.
pub(super) fn wanted(models: &Models) -> Result<Wanted, Vec<ModelError>> {
    let mut reader = Reader {
        enums: models.enums.iter().map(|e| (&e.name, e)).collect(),
        tables: BTreeSet::new(),
        indexes: BTreeSet::new(),
        errors: Vec::new(),
    };
    let mut wanted = Wanted::default();
    for model in &models.tables {
        let (table, hint) = reader.table(model);
        wanted.hints.insert(table.name.clone(), hint);
        wanted.schema.insert(table);
    }
    if reader.errors.is_empty() {
        wanted.schema = canonical(std::mem::take(&mut wanted.schema));
        Ok(wanted)
    } else {
        Err(reader.errors)
    }
}

/// One pass over the models, with the mistakes found so far.
struct Reader<'a> {
    enums: BTreeMap<&'a TableName, &'a EnumModel>,
    tables: BTreeSet<String>,
    indexes: BTreeSet<String>,
    errors: Vec<ModelError>,
}

impl Reader<'_> {
    fn refuse(&mut self, origin: &Origin, message: String, hint: &str) {
        self.errors.push(ModelError {
            message,
            hint: Some(hint.to_owned()),
            origin: origin.clone(),
        });
    }

    fn table(&mut self, model: &TableModel) -> (Table, TableHint) {
        let mut table = Table::new(self.table_name(model));
        let mut hint = TableHint {
            renamed_from: model.renamed_from.clone().map(in_main),
            origin: model.origin.clone(),
            columns: BTreeMap::new(),
        };
        table.options = TableOptions {
            strict: model.options.strict,
            without_rowid: model.options.without_rowid,
            ..TableOptions::default()
        };
        for column in &model.columns {
            let (column, check, open) = self.column(model, column);
            hint.columns.insert(column.name.clone(), open);
            table.checks.extend(check);
            table.columns.push(column);
        }
        let key = model.primary_key.iter();
        if key.flat_map(|key| &key.prefixes).any(Option::is_some) {
            self.refuse(
                &model.origin,
                format!(
                    "SQLite has no key over the beginning of a column, and `{}` asks for one",
                    table.name
                ),
                "leave `prefix` out",
            );
        }
        table.primary_key = model.primary_key.as_ref().map(|key| PrimaryKey {
            name: key.name.clone(),
            columns: key.columns.clone(),
            prefixes: Vec::new(),
            extra: None,
        });
        for unique in &model.uniques {
            table.uniques.push(self.unique(model, unique));
        }
        for index in &model.indexes {
            let index = self.index(model, index);
            table.indexes.push(index);
        }
        for key in &model.foreign_keys {
            table.foreign_keys.push(foreign_key(key));
        }
        table.checks.extend(model.checks.iter().map(|check| Check {
            name: check.name.clone(),
            expression: check.expression.clone(),
            extra: None,
        }));
        self.whole_table(model, &table);
        (table, hint)
    }

    fn table_name(&mut self, model: &TableModel) -> TableName {
        let name = in_main(model.name.clone());
        if let Some(schema) = &name.schema {
            self.refuse(
                &model.origin,
                format!(
                    "SQLite has no schemas, and `{}` is to be in `{schema}`",
                    name.name
                ),
                "leave `schema` out, or put the table into a database of its own",
            );
        }
        let folded = name.name.as_str().to_ascii_lowercase();
        if folded.starts_with("sqlite_") {
            self.refuse(
                &model.origin,
                format!("`{}` is a name that SQLite keeps for itself", name.name),
                "choose a name that does not begin with `sqlite_`",
            );
        }
        if !self.tables.insert(folded) {
            self.refuse(
                &model.origin,
                format!("a second model has the table `{}`", name.name),
                "SQLite does not tell upper from lower case in names; rename one of them",
            );
        }
        name
    }

    /// What can only be judged when all columns are known.
    fn whole_table(&mut self, model: &TableModel, table: &Table) {
        let name = &table.name;
        let origin = &model.origin;
        if table.columns.iter().all(|c| c.generated.is_some()) {
            self.refuse(
                origin,
                format!("`{name}` has no column that is not generated, and SQLite wants one"),
                "add a field, or drop `generated` from one",
            );
        }
        if table.options.without_rowid && table.primary_key.is_none() {
            self.refuse(
                origin,
                format!("`{name}` is WITHOUT ROWID and has no primary key"),
                "mark the key with `#[column(primary_key)]`, or leave `without_rowid` out",
            );
        }
        let mut seen = BTreeSet::new();
        for column in &model.columns {
            if !seen.insert(column.name.as_str().to_ascii_lowercase()) {
                self.refuse(
                    &column.origin,
                    format!("`{name}` has two columns `{}`", column.name),
                    "SQLite does not tell upper from lower case in names; rename one of them",
                );
            }
        }
        for (model, column) in model.columns.iter().zip(&table.columns) {
            self.key_column(model, column, table);
        }
    }

    fn key_column(&mut self, model: &ColumnModel, column: &Column, table: &Table) {
        let place = format!("`{}.{}`", table.name, column.name);
        let key = table.primary_key.as_ref().map(|key| key.columns.as_slice());
        if column.generated.is_some() && key.is_some_and(|key| key.contains(&column.name)) {
            self.refuse(
                &model.origin,
                format!("{place} is generated and cannot be part of the primary key"),
                "take it out of the key, or make it an ordinary column",
            );
        }
        let alone = matches!(key, Some([only]) if *only == column.name);
        if column.autoincrement && !(alone && column.ty == ColumnType::Integer) {
            self.refuse(
                &model.origin,
                format!("{place} cannot have `autoincrement`"),
                "SQLite numbers a single INTEGER primary key and nothing else",
            );
        } else if column.autoincrement && table.options.without_rowid {
            self.refuse(
                &model.origin,
                format!("{place} cannot have `autoincrement` in a table WITHOUT ROWID"),
                "leave `autoincrement` or `without_rowid` out",
            );
        }
    }

    fn column(
        &mut self,
        table: &TableModel,
        model: &ColumnModel,
    ) -> (Column, Option<Check>, ColumnHint) {
        let place = format!("`{}.{}`", table.name.name, model.name);
        let (ty, mut hint) = self.column_type(table, model, &place);
        hint.renamed_from.clone_from(&model.renamed_from);
        hint.renamed_values = EnumModel::renamed_of(self.enums.values().copied(), &model.ty);
        hint.origin = model.origin.clone();
        if model.identity {
            self.refuse(
                &model.origin,
                format!("SQLite has no identity columns, and {place} is to be one"),
                "write `autoincrement`, or nothing: SQLite numbers an integer primary key by itself",
            );
        }
        if model.generated.is_some() && model.default.is_some() {
            self.refuse(
                &model.origin,
                format!("{place} is generated and cannot have a default"),
                "drop one of the two",
            );
        }
        let check = match &hint.inferred {
            Some(RustType::Enum(name)) => self.enum_check(model, name),
            _ => None,
        };
        let generated = model.generated.clone();
        let column = Column {
            nullable: model.nullable,
            default: model.default.clone(),
            generated: generated.map(|(expression, stored)| Generated { expression, stored }),
            autoincrement: model.autoincrement,
            collation: model.collation.clone(),
            fill: model.fill.clone(),
            using: model.using_on("sqlite"),
            ..Column::new(model.name.clone(), ty)
        };
        (column, check, hint)
    }

    fn column_type(
        &mut self,
        table: &TableModel,
        model: &ColumnModel,
        place: &str,
    ) -> (ColumnType, ColumnHint) {
        let strict = table.options.strict;
        match said::sqlite_type(&model.ty) {
            said::Chosen::Said(text) => match said::read(text, strict) {
                Ok(ty) => (ty, ColumnHint::default()),
                Err(error) => {
                    let hint = error.hint.unwrap_or_default();
                    self.refuse(&model.origin, format!("{place}: {}", error.message), &hint);
                    (ColumnType::Blob, ColumnHint::default())
                }
            },
            said::Chosen::Inferred(rust) => match rust_type(rust) {
                Ok(found) => inferred(rust, found, strict),
                Err(error) => {
                    let hint = error.hint.unwrap_or_default();
                    let message = format!("{}, and {place} is one", error.message);
                    self.refuse(&model.origin, message, &hint);
                    (ColumnType::Blob, ColumnHint::default())
                }
            },
            said::Chosen::Nothing => {
                self.refuse(
                    &model.origin,
                    format!("no column type is known for {place} on SQLite"),
                    "give one with `#[column(type(sqlite = \"..\"))]`",
                );
                (ColumnType::Blob, ColumnHint::default())
            }
        }
    }

    fn enum_check(&mut self, model: &ColumnModel, name: &TableName) -> Option<Check> {
        let Some(found) = self.enums.get(name).copied() else {
            self.refuse(
                &model.origin,
                format!("the values of the enum `{name}` are not known"),
                "put the enum into a file that `[models] paths` covers, or give the column a type",
            );
            return None;
        };
        if found.values.is_empty() {
            self.refuse(
                &found.origin,
                format!("the enum `{}` has no values", found.enum_name),
                "add a variant",
            );
            return None;
        }
        Some(Check {
            name: None,
            expression: one_of(&model.name, &found.values),
            extra: None,
        })
    }

    fn unique(&mut self, table: &TableModel, model: &UniqueModel) -> Unique {
        let missing = [
            (
                !model.include.is_empty(),
                "`include`",
                "add those columns to an index of their own",
            ),
            (
                model.nulls_not_distinct,
                "`nulls_not_distinct`",
                "SQLite lets many rows hold NULL; forbid NULL, or use a unique index over `coalesce(..)`",
            ),
            (
                model.deferrable != Deferrable::No,
                "deferrable unique constraints",
                "leave `deferrable` out",
            ),
        ];
        self.refuse_missing(table, &missing);
        Unique {
            name: model.name.clone(),
            ..Unique::on(model.columns.clone())
        }
    }

    fn index(&mut self, table: &TableModel, index: &Index) -> Index {
        if let Some(name) = &index.name
            && !self.indexes.insert(name.as_str().to_ascii_lowercase())
        {
            self.refuse(
                &table.origin,
                format!("a second index is called `{name}`"),
                "an index needs a name of its own in the whole database",
            );
        }
        let method = index.method.as_deref().unwrap_or("btree");
        let method_said = format!("`using = \"{method}\"`");
        let missing = [
            (
                !method.eq_ignore_ascii_case("btree"),
                method_said.as_str(),
                "leave `using` out: every index of SQLite is a B-tree",
            ),
            (
                !index.include.is_empty(),
                "`include`",
                "add those columns at the end of the index",
            ),
            (
                index.nulls_not_distinct,
                "`nulls_not_distinct`",
                "SQLite lets many rows hold NULL; index `coalesce(..)` instead",
            ),
        ];
        self.refuse_missing(table, &missing);
        for key in &index.keys {
            self.index_key(table, key);
        }
        let mut index = index.clone();
        index.method = None;
        index
    }

    fn index_key(&mut self, table: &TableModel, key: &IndexKey) {
        let own = if key.descending {
            NullsOrder::Last
        } else {
            NullsOrder::First
        };
        let missing = [
            (
                key.opclass.is_some(),
                "operator classes",
                "leave `opclass` out",
            ),
            (
                key.prefix.is_some(),
                "indexes over the beginning of a column",
                "index the expression `substr(column, 1, n)`",
            ),
            (
                key.nulls.is_some_and(|order| order != own),
                "an order of NULLs in indexes",
                "leave `nulls` out: to SQLite NULL is less than every value",
            ),
        ];
        self.refuse_missing(table, &missing);
    }

    fn refuse_missing(&mut self, table: &TableModel, missing: &[(bool, &str, &str)]) {
        for (said, what, hint) in missing {
            if *said {
                let message = format!("SQLite has no {what}, and `{}` asks for it", table.name);
                self.refuse(&table.origin, message, hint);
            }
        }
    }
}

/// The name without the schema that every SQLite database has.
fn in_main(name: TableName) -> TableName {
    match &name.schema {
        Some(schema) if schema.as_str().eq_ignore_ascii_case("main") => TableName::from(name.name),
        _ => name,
    }
}

fn inferred(rust: &RustType, found: RustColumn, strict: bool) -> (ColumnType, ColumnHint) {
    let fit = |ty: ColumnType| if strict { said::strict_type(ty) } else { ty };
    let ty = fit(found.sqlite.clone());
    let says_more = found.neutral != ty && fit(canonical_type(&found.neutral)) == ty;
    let neutral = says_more.then_some(found.neutral);
    let hint = ColumnHint {
        inferred: Some(rust.clone()),
        neutral,
        ..ColumnHint::default()
    };
    (ty, hint)
}

fn foreign_key(model: &ForeignKeyModel) -> ForeignKey {
    ForeignKey {
        name: model.name.clone(),
        on_delete: model.on_delete,
        on_update: model.on_update,
        deferrable: model.deferrable,
        ..ForeignKey::new(
            model.columns.clone(),
            in_main(model.references.clone()),
            model.referenced_columns.clone(),
        )
    }
}

#[cfg(test)]
mod tests;
