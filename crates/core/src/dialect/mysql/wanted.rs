//! Models read for MySQL and MariaDB.
//!
//! It owns what each part of a model becomes there, and which parts these
//! servers have not: what changes the meaning of a table is refused, what only
//! tunes another database is left out. It must not know what exists already.

mod choose;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

use super::MySql;
use super::canonical::canonical;
use super::types::long_types;
use crate::diff::{ColumnHint, TableHint, Wanted};
use crate::model::{
    ColumnModel, EnumModel, ForeignKeyModel, ModelError, Models, Origin, TableModel, UniqueModel,
};
use crate::schema::{
    Check, Column, Deferrable, ForeignKey, Generated, Index, IndexKey, IndexTarget, Name,
    PrimaryKey, ReferentialAction, Table, TableName, TableOptions, Unique,
};

/// The schema that the models want, canonical. No names are given here, so the
/// patterns for them are not asked.
pub(super) fn wanted(on: MySql, models: &Models) -> Result<Wanted, Vec<ModelError>> {
    let mut reader = Reader {
        on,
        enums: models.enums.iter().map(|e| (&e.name, e)).collect(),
        tables: BTreeSet::new(),
        errors: Vec::new(),
    };
    let mut wanted = Wanted::default();
    for model in &models.tables {
        let (table, hint) = reader.table(model);
        wanted.hints.insert(table.name.clone(), hint);
        wanted.schema.insert(table);
    }
    if reader.errors.is_empty() {
        wanted.schema = canonical(on, std::mem::take(&mut wanted.schema));
        Ok(wanted)
    } else {
        Err(reader.errors)
    }
}

/// The longest name that the servers take, in characters.
const LONGEST: usize = 64;

/// The last character that they take in names and values of enums.
const LAST_OF_NAMES: char = '\u{ffff}';

/// One pass over the models, with the mistakes found so far.
struct Reader<'a> {
    on: MySql,
    enums: BTreeMap<&'a TableName, &'a EnumModel>,
    tables: BTreeSet<String>,
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

    /// What the servers call themselves, in messages.
    fn title(&self) -> &'static str {
        if self.on.is_mariadb() {
            "MariaDB"
        } else {
            "MySQL"
        }
    }

    fn table(&mut self, model: &TableModel) -> (Table, TableHint) {
        let mut table = Table::new(self.table_name(model));
        let mut hint = TableHint {
            renamed_from: model.renamed_from.clone(),
            origin: model.origin.clone(),
            columns: BTreeMap::new(),
        };
        table.comment.clone_from(&model.comment);
        table.options = TableOptions {
            engine: model.options.engine.clone(),
            charset: model.options.charset.clone(),
            collation: model.options.collation.clone(),
            ..TableOptions::default()
        };
        let keyed = keyed_columns(model, true);
        // MariaDB hashes a unique key that is too long.
        let whole = keyed_columns(model, !self.on.is_mariadb());
        for column in &model.columns {
            let folded = column.name.as_str().to_lowercase();
            let (column, mut open) = self.column(model, column, keyed.contains(&folded));
            if open.inferred.is_some() && whole.contains(&folded) {
                open.unfit = long_types();
            }
            hint.columns.insert(column.name.clone(), open);
            table.columns.push(column);
        }
        table.primary_key = model.primary_key.as_ref().map(|key| PrimaryKey {
            name: key.name.clone(),
            columns: key.columns.clone(),
            prefixes: key.prefixes.clone(),
            extra: None,
        });
        for unique in &model.uniques {
            table.uniques.push(self.unique(model, unique));
        }
        for index in &model.indexes {
            table.indexes.push(self.index(model, index));
        }
        for key in &model.foreign_keys {
            table.foreign_keys.push(self.foreign_key(key));
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
        let name = model.name.clone();
        // Tables whose names differ in case are two on most servers.
        if !self.tables.insert(name.to_string()) {
            self.refuse(
                &model.origin,
                format!("a second model has the table `{name}`"),
                "rename one of them",
            );
        }
        self.name_fits(&model.origin, name.name.as_str());
        name
    }

    fn name_fits(&mut self, origin: &Origin, name: &str) {
        let title = self.title();
        let length = name.chars().count();
        if length > LONGEST {
            self.refuse(
                origin,
                format!("the name `{name}` has {length} characters, and {title} takes {LONGEST}"),
                "give a shorter one with `name = \"..\"`",
            );
        } else if name.ends_with(' ') {
            self.refuse(
                origin,
                format!("{title} does not take the name `{name}`"),
                "give one that does not end with a space",
            );
        } else if name.contains(|c: char| c > LAST_OF_NAMES) {
            self.refuse(
                origin,
                format!("{title} does not take the name `{name}`"),
                "give one without characters beyond U+FFFF, such as emoji",
            );
        }
    }

    fn column(
        &mut self,
        table: &TableModel,
        model: &ColumnModel,
        keyed: bool,
    ) -> (Column, ColumnHint) {
        let place = format!("`{}.{}`", table.name.name, model.name);
        let (ty, mut hint) = self.column_type(model, &place, keyed);
        hint.renamed_from.clone_from(&model.renamed_from);
        hint.renamed_values = EnumModel::renamed_of(self.enums.values().copied(), &model.ty);
        hint.origin = model.origin.clone();
        self.name_fits(&model.origin, model.name.as_str());
        if model.identity {
            let title = self.title();
            self.refuse(
                &model.origin,
                format!("{title} has no identity columns, and {place} is to be one"),
                "write `autoincrement`",
            );
        }
        if model.generated.is_some() && (model.default.is_some() || model.autoincrement) {
            self.refuse(
                &model.origin,
                format!("{place} is generated and cannot have a default or `autoincrement`"),
                "drop one of the two",
            );
        }
        let generated = model.generated.clone();
        let column = Column {
            nullable: model.nullable,
            default: model.default.clone(),
            generated: generated.map(|(expression, stored)| Generated { expression, stored }),
            autoincrement: model.autoincrement,
            collation: model.collation.clone(),
            comment: model.comment.clone(),
            fill: model.fill.clone(),
            using: model.using_on("mysql"),
            ..Column::new(model.name.clone(), ty)
        };
        (column, hint)
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
                "these servers let many rows hold NULL; forbid NULL, or make the key over a \
                 generated column `coalesce(..)`",
            ),
            (
                model.deferrable != Deferrable::No,
                "deferrable unique constraints",
                "leave `deferrable` out",
            ),
        ];
        self.refuse_missing(&table.origin, &table.name, &missing);
        Unique {
            name: model.name.clone(),
            ..Unique::on(model.columns.clone())
        }
    }

    fn index(&mut self, table: &TableModel, index: &Index) -> Index {
        let method = index.method.as_deref().unwrap_or("btree");
        let method_said = format!("`using = \"{method}\"`");
        let known = ["btree", "hash", "fulltext", "spatial", "vector"];
        let maria = self.on.is_mariadb();
        let expression = |key: &IndexKey| match &key.target {
            IndexTarget::Column(_) => false,
            IndexTarget::Expression(text) => !is_column(table, text.as_str()),
        };
        let missing = [
            (
                !known.iter().any(|known| method.eq_ignore_ascii_case(known)),
                method_said.as_str(),
                "leave `using` out, or write `fulltext` or `spatial`",
            ),
            (
                index.predicate.is_some(),
                "partial indexes",
                "leave `where` out, or index a generated column that is NULL for the other rows",
            ),
            (
                !index.include.is_empty(),
                "`include`",
                "add those columns at the end of the index",
            ),
            (
                index.nulls_not_distinct,
                "`nulls_not_distinct`",
                "these servers let many rows hold NULL; index a generated column `coalesce(..)`",
            ),
            (
                maria && index.keys.iter().any(expression),
                "indexes over expressions",
                "index a generated column",
            ),
        ];
        self.refuse_missing(&table.origin, &table.name, &missing);
        for key in &index.keys {
            // NULL is less than every value, in both directions.
            let own = if key.descending {
                crate::schema::NullsOrder::Last
            } else {
                crate::schema::NullsOrder::First
            };
            let missing = [
                (
                    key.opclass.is_some(),
                    "operator classes",
                    "leave `opclass` out",
                ),
                (
                    key.collation.is_some(),
                    "collations of index keys",
                    "give the column the collation",
                ),
                (
                    key.nulls.is_some_and(|order| order != own),
                    "an order of NULLs in indexes",
                    "leave `nulls` out: NULL is less than every value here",
                ),
            ];
            self.refuse_missing(&table.origin, &table.name, &missing);
        }
        index.clone()
    }

    fn foreign_key(&mut self, model: &ForeignKeyModel) -> ForeignKey {
        let set_default = ReferentialAction::SetDefault;
        let missing = [
            (
                model.deferrable != Deferrable::No,
                "deferrable foreign keys",
                "leave `deferrable` and `initially_deferred` out",
            ),
            (
                model.on_delete == set_default || model.on_update == set_default,
                "the action `set_default`",
                "InnoDB refuses it; write `set_null` or `cascade`",
            ),
        ];
        self.refuse_missing(&model.origin, &model.references, &missing);
        ForeignKey {
            name: model.name.clone(),
            on_delete: model.on_delete,
            on_update: model.on_update,
            ..ForeignKey::new(
                model.columns.clone(),
                model.references.clone(),
                model.referenced_columns.clone(),
            )
        }
    }

    fn refuse_missing(
        &mut self,
        origin: &Origin,
        table: &TableName,
        missing: &[(bool, &str, &str)],
    ) {
        let title = self.title();
        for (said, what, hint) in missing {
            if *said {
                let message = format!("{title} has no {what}, and `{table}` asks for it");
                self.refuse(origin, message, hint);
            }
        }
    }
}

/// Whether an expression is the bare name of a column.
fn is_column(table: &TableModel, text: &str) -> bool {
    let text = super::expression::bare(text)
        .trim_matches('`')
        .to_lowercase();
    let mut columns = table.columns.iter();
    columns.any(|column| column.name.as_str().to_lowercase() == text)
}

/// The columns that are part of a key or an index as a whole, folded; those of
/// unique constraints only where it is said.
fn keyed_columns(model: &TableModel, unique_too: bool) -> BTreeSet<String> {
    let key = model.primary_key.iter().flat_map(|key| {
        let prefixed = |at: usize| key.prefixes.get(at).is_some_and(Option::is_some);
        let columns = key.columns.iter().enumerate();
        columns.filter_map(move |(at, name)| (!prefixed(at)).then_some(name))
    });
    let uniques = model.uniques.iter().filter(|_| unique_too);
    let uniques = uniques.flat_map(|unique| &unique.columns);
    let foreign = model.foreign_keys.iter().flat_map(|key| &key.columns);
    let whole = model
        .indexes
        .iter()
        .filter(|index| index.method.as_deref() != Some("fulltext"));
    let whole = whole.filter(|index| unique_too || !index.unique);
    let keys = whole.flat_map(|index| &index.keys);
    let keys = keys.filter(|key| key.prefix.is_none());
    let keys = keys.filter_map(|key| match &key.target {
        IndexTarget::Column(name) => Some(name),
        IndexTarget::Expression(_) => None,
    });
    let all: Vec<&Name> = key.chain(uniques).chain(foreign).chain(keys).collect();
    all.into_iter()
        .map(|name| name.as_str().to_lowercase())
        .collect()
}
