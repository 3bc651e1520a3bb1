//! Models read for PostgreSQL.
//!
//! It owns what each part of a model becomes on PostgreSQL, and which parts
//! PostgreSQL has not: what changes the meaning of a table is refused, what only
//! tunes another database is left out. It must not know what exists already.
//!
//! A generated column that is not `stored` is taken as it is: only servers from
//! version 18 on have them, and which server it will be is not known here.

use std::collections::{BTreeMap, BTreeSet};

use super::canonical::canonical;
use super::{name, types};
use crate::diff::{ColumnHint, TableHint, Wanted};
use crate::model::{
    ColumnModel, EnumModel, ForeignKeyModel, ModelError, Models, Origin, RustType, TableModel,
    TypeModel, UniqueModel,
};
use crate::schema::{
    Check, Column, ColumnType, EnumType, ForeignKey, Generated, Identity, Index, Name, PrimaryKey,
    Table, TableName, Unique,
};

/// The schema that the models want, canonical. No names are given here, so the
/// patterns for them are not asked.
pub(super) fn wanted(models: &Models) -> Result<Wanted, Vec<ModelError>> {
    let mut reader = Reader {
        enums: models.enums.iter().map(|e| (&e.name, e)).collect(),
        used: BTreeSet::new(),
        relations: BTreeSet::new(),
        errors: Vec::new(),
    };
    let mut wanted = Wanted::default();
    for model in &models.tables {
        let (table, hint) = reader.table(model);
        wanted.hints.insert(table.name.clone(), hint);
        wanted.schema.insert(table);
    }
    for name in std::mem::take(&mut reader.used) {
        if let Some(ty) = reader.enum_type(&name) {
            wanted.schema.enums.insert(name, ty);
        }
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
    /// The enums that columns are of.
    used: BTreeSet<TableName>,
    /// Tables and indexes, which share their names.
    relations: BTreeSet<TableName>,
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

    /// The server would cut a longer name without a word.
    fn short(&mut self, origin: &Origin, name: &Name) {
        let length = name.as_str().len();
        if length > name::LIMIT {
            self.refuse(
                origin,
                format!("the name `{name}` has {length} bytes, and PostgreSQL keeps 63"),
                "give a shorter one with `name = \"..\"`",
            );
        }
    }

    fn table(&mut self, model: &TableModel) -> (Table, TableHint) {
        let mut table = Table::new(model.name.clone());
        let mut hint = TableHint {
            renamed_from: model.renamed_from.clone(),
            origin: model.origin.clone(),
            columns: BTreeMap::new(),
        };
        self.table_name(model);
        table.comment.clone_from(&model.comment);
        for column in &model.columns {
            let (column, open) = self.column(model, column);
            hint.columns.insert(column.name.clone(), open);
            table.columns.push(column);
        }
        let key = model.primary_key.iter();
        if key.flat_map(|key| &key.prefixes).any(Option::is_some) {
            self.refuse(
                &model.origin,
                format!(
                    "PostgreSQL has no key over the beginning of a column, and `{}` asks for one",
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
        table.uniques = model.uniques.iter().map(unique).collect();
        for index in &model.indexes {
            let index = self.index(model, index);
            table.indexes.push(index);
        }
        table.foreign_keys = model.foreign_keys.iter().map(foreign_key).collect();
        let checks = model.checks.iter().map(|check| Check {
            name: check.name.clone(),
            expression: check.expression.clone(),
            extra: None,
        });
        table.checks.extend(checks);
        self.parts(model, &table);
        (table, hint)
    }

    fn table_name(&mut self, model: &TableModel) {
        self.short(&model.origin, &model.name.name);
        if !self.relations.insert(model.name.clone()) {
            self.refuse(
                &model.origin,
                format!("a second model has the table `{}`", model.name),
                "rename one of them",
            );
        }
    }

    /// What can only be judged when all parts are known.
    fn parts(&mut self, model: &TableModel, table: &Table) {
        let mut seen = BTreeSet::new();
        for column in &model.columns {
            if !seen.insert(&column.name) {
                let message = format!("`{}` has two columns `{}`", table.name, column.name);
                self.refuse(&column.origin, message, "rename one of them");
            }
        }
        let constraints = table
            .uniques
            .iter()
            .filter_map(|part| part.name.as_ref())
            .chain(
                table
                    .foreign_keys
                    .iter()
                    .filter_map(|part| part.name.as_ref()),
            )
            .chain(table.checks.iter().filter_map(|part| part.name.as_ref()))
            .chain(
                table
                    .primary_key
                    .iter()
                    .filter_map(|part| part.name.as_ref()),
            );
        let mut names = BTreeSet::new();
        for constraint in constraints {
            self.short(&model.origin, constraint);
            if !names.insert(constraint) {
                let message = format!("`{}` has two constraints `{constraint}`", table.name);
                self.refuse(&model.origin, message, "rename one of them");
            }
        }
    }

    fn column(&mut self, table: &TableModel, model: &ColumnModel) -> (Column, ColumnHint) {
        let place = format!("`{}.{}`", table.name, model.name);
        self.short(&model.origin, &model.name);
        let Typed {
            ty,
            mut hint,
            numbering,
        } = self.column_type(model, &place);
        hint.renamed_from.clone_from(&model.renamed_from);
        hint.renamed_values = EnumModel::renamed_of(self.enums.values().copied(), &model.ty);
        hint.origin = model.origin.clone();
        let identity = self.numbering(model, numbering, &ty, &mut hint, &place);
        if model.generated.is_some() && (model.default.is_some() || identity.is_some()) {
            self.refuse(
                &model.origin,
                format!("{place} is generated and cannot have a default or a number"),
                "drop one of the two",
            );
        } else if identity.is_some() && model.default.is_some() {
            self.refuse(
                &model.origin,
                format!("{place} is numbered by the database and cannot have a default"),
                "drop one of the two",
            );
        }
        let generated = model.generated.clone();
        let column = Column {
            nullable: model.nullable,
            default: model.default.clone(),
            generated: generated.map(|(expression, stored)| Generated { expression, stored }),
            autoincrement: identity.is_some(),
            identity,
            collation: model.collation.clone(),
            comment: model.comment.clone(),
            fill: model.fill.clone(),
            using: model.using_on("postgres"),
            ..Column::new(model.name.clone(), ty)
        };
        (column, hint)
    }

    /// How the column is numbered, and with what it is content.
    fn numbering(
        &mut self,
        model: &ColumnModel,
        said: Option<Identity>,
        ty: &ColumnType,
        hint: &mut ColumnHint,
        place: &str,
    ) -> Option<Identity> {
        let (identity, content) = match (said, model.identity, model.autoincrement) {
            (Some(serial), false, _) => (serial, vec![serial]),
            (Some(_), true, _) => {
                self.refuse(
                    &model.origin,
                    format!("{place} cannot be `serial` and an identity"),
                    "write `type = \"integer\"` or `type = \"bigint\"`, or leave `identity` out",
                );
                return None;
            }
            (None, true, _) if model.identity_always => (Identity::Always, vec![Identity::Always]),
            (None, true, _) => (
                Identity::ByDefault,
                vec![Identity::ByDefault, Identity::Always],
            ),
            (None, false, true) => (
                Identity::ByDefault,
                vec![Identity::Serial, Identity::ByDefault, Identity::Always],
            ),
            (None, false, false) => return None,
        };
        if !is_whole_number(ty) {
            self.refuse(
                &model.origin,
                format!("{place} is `{}` and cannot be numbered", types::write(ty)),
                "PostgreSQL numbers columns of the types smallint, integer and bigint",
            );
        }
        hint.identity = content;
        Some(identity)
    }

    fn column_type(&mut self, model: &ColumnModel, place: &str) -> Typed {
        let result = match chosen(&model.ty) {
            Chosen::Said(text) => match said(text) {
                Some(typed) => return typed,
                None => Err((
                    format!("{place}: `{text}` is not a type that PostgreSQL can read"),
                    "write a name and what belongs in parentheses: `varchar(100)`, `text[]`"
                        .to_owned(),
                )),
            },
            Chosen::Inferred(rust) => match types::rust_type(rust) {
                Ok(ty) => {
                    self.use_enums(model, rust);
                    return Typed::inferred(rust, ty);
                }
                Err(error) => Err((
                    format!("{}, and {place} is one", error.message),
                    error.hint.unwrap_or_default(),
                )),
            },
            Chosen::Nothing => Err((
                format!("no column type is known for {place} on PostgreSQL"),
                "give one with `#[column(type(postgres = \"..\"))]`".to_owned(),
            )),
        };
        let result: Result<(), (String, String)> = result;
        if let Err((message, hint)) = result {
            self.refuse(&model.origin, message, &hint);
        }
        Typed {
            ty: ColumnType::Text,
            hint: ColumnHint::default(),
            numbering: None,
        }
    }

    fn use_enums(&mut self, model: &ColumnModel, rust: &RustType) {
        match rust {
            RustType::Enum(name) if self.enums.contains_key(name) => {
                self.used.insert(name.clone());
            }
            RustType::Enum(name) => self.refuse(
                &model.origin,
                format!("the values of the enum `{name}` are not known"),
                "put the enum into a file that `[models] paths` covers, or give the column a type",
            ),
            RustType::Array(inner) => self.use_enums(model, inner),
            _ => {}
        }
    }

    fn enum_type(&mut self, name: &TableName) -> Option<EnumType> {
        let model = self.enums.get(name).copied()?;
        self.short(&model.origin, &name.name);
        if model.values.is_empty() {
            self.refuse(
                &model.origin,
                format!("the enum `{}` has no values", model.enum_name),
                "add a variant",
            );
        }
        let mut seen = BTreeSet::new();
        for value in &model.values {
            if value.len() > name::LIMIT {
                let message = format!("`{value}` is longer than 63 bytes, too long for an enum");
                self.refuse(&model.origin, message, "give the variant a shorter value");
            }
            if !seen.insert(value) {
                let message = format!("the enum `{}` has `{value}` twice", model.enum_name);
                self.refuse(
                    &model.origin,
                    message,
                    "give each variant a value of its own",
                );
            }
        }
        Some(EnumType {
            name: name.clone(),
            values: model.values.clone(),
        })
    }

    fn index(&mut self, table: &TableModel, model: &Index) -> Index {
        let index = model.clone();
        if let Some(name) = &index.name {
            self.short(&table.origin, name);
            let place = TableName {
                schema: table.name.schema.clone(),
                name: name.clone(),
            };
            if !self.relations.insert(place) {
                self.refuse(
                    &table.origin,
                    format!("a second index or a table is called `{name}`"),
                    "an index needs a name of its own in the whole schema",
                );
            }
        }
        if index.keys.iter().any(|key| key.prefix.is_some()) {
            let message = format!(
                "PostgreSQL has no indexes over the beginning of a column, and `{}` asks for one",
                table.name
            );
            let hint = "index the expression `left(column, n)`";
            self.refuse(&table.origin, message, hint);
        }
        index
    }
}

/// The type of a column and what is open about it.
struct Typed {
    ty: ColumnType,
    hint: ColumnHint,
    /// The type said that the column is numbered.
    numbering: Option<Identity>,
}

impl Typed {
    fn inferred(rust: &RustType, ty: ColumnType) -> Self {
        let hint = ColumnHint {
            inferred: Some(rust.clone()),
            neutral: types::neutral(rust, &ty),
            ..ColumnHint::default()
        };
        let numbering = None;
        Self {
            ty,
            hint,
            numbering,
        }
    }
}

fn is_whole_number(ty: &ColumnType) -> bool {
    matches!(
        types::canonical(ty),
        ColumnType::SmallInteger | ColumnType::Integer | ColumnType::BigInteger
    )
}

/// Where the type of a column comes from.
enum Chosen<'a> {
    /// From this text.
    Said(&'a str),
    /// From the Rust type alone.
    Inferred(&'a RustType),
    /// From nowhere: only other databases have a text.
    Nothing,
}

fn chosen(model: &TypeModel) -> Chosen<'_> {
    match model {
        TypeModel::Inferred(rust) => Chosen::Inferred(rust),
        TypeModel::Said {
            all,
            by_dialect,
            rust,
        } => {
            let own = by_dialect.iter().find(|(dialect, _)| dialect == "postgres");
            match (own.map(|(_, text)| text).or(all.as_ref()), rust) {
                (Some(text), _) => Chosen::Said(text),
                (None, Some(rust)) => Chosen::Inferred(rust),
                (None, None) => Chosen::Nothing,
            }
        }
    }
}

/// The type that a text says; nothing where it says none.
fn said(text: &str) -> Option<Typed> {
    let serial = match text.trim().to_ascii_lowercase().as_str() {
        "serial" | "serial4" => Some(ColumnType::Integer),
        "bigserial" | "serial8" => Some(ColumnType::BigInteger),
        "smallserial" | "serial2" => Some(ColumnType::SmallInteger),
        _ => None,
    };
    let numbering = serial.as_ref().map(|_| Identity::Serial);
    let ty = match serial {
        Some(ty) => ty,
        None => types::read(text)?,
    };
    let hint = ColumnHint {
        types: alike(&ty),
        ..ColumnHint::default()
    };
    Some(Typed {
        ty,
        hint,
        numbering,
    })
}

/// Types that are the same thing by another name. A name that is none of
/// PostgreSQL's own may be an enum's.
fn alike(ty: &ColumnType) -> Vec<ColumnType> {
    match ty {
        ColumnType::Text => vec![ColumnType::Varchar(None)],
        ColumnType::Varchar(None) => vec![ColumnType::Text],
        ColumnType::Custom(spelling) => {
            let name = name::read_table(spelling);
            name.map(ColumnType::Enum).into_iter().collect()
        }
        ColumnType::Array(inner) => {
            let array = |ty| ColumnType::Array(Box::new(ty));
            alike(inner).into_iter().map(array).collect()
        }
        _ => Vec::new(),
    }
}

fn unique(model: &UniqueModel) -> Unique {
    Unique {
        name: model.name.clone(),
        include: model.include.clone(),
        nulls_not_distinct: model.nulls_not_distinct,
        deferrable: model.deferrable,
        ..Unique::on(model.columns.clone())
    }
}

fn foreign_key(model: &ForeignKeyModel) -> ForeignKey {
    ForeignKey {
        name: model.name.clone(),
        on_delete: model.on_delete,
        on_update: model.on_update,
        deferrable: model.deferrable,
        not_valid: model.not_valid,
        ..ForeignKey::new(
            model.columns.clone(),
            model.references.clone(),
            model.referenced_columns.clone(),
        )
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
