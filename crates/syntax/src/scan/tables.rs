//! Structs to tables: columns with their types, keys with their columns.
//!
//! What a foreign key leads to is left to `references`.

use std::collections::BTreeMap;
use std::rc::Rc;

use aludel_core::model::{
    ColumnModel, EnumModel, ForeignKeyModel, Origin, PrimaryKeyModel, RustType, TableModel,
    TypeModel,
};
use aludel_core::schema::{IndexTarget, Name};
use syn::Type;
use syn::spanned::Spanned;

use super::source::Mistake;
use super::types::{Resolved, Types, Unresolved};
use super::world::{Found, Scope, World, segments};
use super::{Node, items::Item};
use crate::attr::Target;
use crate::model::{ColumnPart, EnumPart, FieldModel, StructModel, known_fields};
use crate::model::{not_an_integer, rust_type};
use crate::problem::Problems;

/// How deep structs may be flattened into each other.
const DEPTH: usize = 16;

/// A table whose foreign keys do not know yet what they refer to.
pub(super) struct Draft {
    pub(super) item: usize,
    pub(super) table: TableModel,
    pub(super) foreign_keys: Vec<(ForeignKeyModel, Target, usize)>,
    pub(super) skipped: Vec<String>,
}

/// Reads structs and remembers the enums that their fields use.
pub(super) struct Reader<'w> {
    world: &'w World,
    mistakes: Vec<Mistake>,
    structs: BTreeMap<usize, Rc<StructModel>>,
    enums: BTreeMap<usize, EnumModel>,
}

/// The columns of a struct and of those that are flattened into it.
#[derive(Default)]
struct Columns {
    list: Vec<ColumnModel>,
    /// The structs they come from, as items.
    from: Vec<(usize, Rc<StructModel>)>,
}

impl<'w> Reader<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        Self {
            world,
            mistakes: Vec::new(),
            structs: BTreeMap::new(),
            enums: BTreeMap::new(),
        }
    }

    /// The enums that were met, and all mistakes.
    pub(super) fn finish(self) -> (BTreeMap<usize, EnumModel>, Vec<Mistake>) {
        (self.enums, self.mistakes)
    }

    /// Notes an enum of the database.
    pub(super) fn declare_enum(&mut self, item: usize) {
        if matches!(self.world.items[item].node, Node::Enum(_)) && !self.enums.contains_key(&item) {
            let (model, found) = enum_model(self.world, item);
            self.mistakes.extend(found);
            self.enums.insert(item, model);
        }
    }

    fn note(&mut self, file: usize, problems: Problems) {
        let found = self.world.mistakes(file, problems);
        self.mistakes.extend(found);
    }

    fn read(&mut self, item: usize) -> Option<Rc<StructModel>> {
        if let Some(known) = self.structs.get(&item) {
            return Some(Rc::clone(known));
        }
        let Node::Struct(node) = &self.world.items[item].node else {
            return None;
        };
        let mut problems = Problems::default();
        let model = StructModel::read(&node.attrs, &node.ident, &node.fields, &mut problems);
        self.note(self.world.items[item].file, problems);
        let model = Rc::new(model);
        self.structs.insert(item, Rc::clone(&model));
        Some(model)
    }

    /// The table that a struct describes.
    pub(super) fn draft(&mut self, item: usize) -> Option<Draft> {
        let world = self.world;
        let file = world.items[item].file;
        let Some(model) = self.read(item) else {
            let node = &world.items[item];
            self.mistakes.push(world.mistake(
                node.file,
                node.ident().span(),
                format!("`{}` is not a struct", node.name()),
                "a model is a struct whose fields have names",
            ));
            return None;
        };
        let mut columns = Columns::default();
        self.columns(item, &model, &mut columns, 0);
        if model.is_open() {
            let known: Vec<String> = columns.list.iter().map(|c| c.field_name.clone()).collect();
            let mut problems = Problems::default();
            known_fields(&model, &known, &mut problems);
            self.note(file, problems);
            self.doubled(file, &model, &columns.list);
        }
        let mut table = TableModel {
            struct_name: world.items[item].name().to_owned(),
            name: model.name.clone(),
            renamed_from: model.renamed_from.clone(),
            columns: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            comment: model.comment.clone(),
            options: model.options.clone(),
            origin: world.origin(file, model.ident.span()),
        };
        let mut foreign_keys = Vec::new();
        for (from, part) in &columns.from {
            let found = self.keys(*from, part, &columns.list, &mut table);
            foreign_keys.extend(found);
        }
        table.columns = columns.list;
        Some(Draft {
            item,
            table,
            foreign_keys,
            skipped: model.skipped.clone(),
        })
    }

    fn columns(&mut self, item: usize, model: &Rc<StructModel>, into: &mut Columns, depth: usize) {
        into.from.push((item, Rc::clone(model)));
        for field in &model.fields {
            match &field.column {
                Some(column) => into.list.push(self.column(item, field, column)),
                None => self.flatten(item, field, into, depth),
            }
        }
    }

    fn flatten(&mut self, item: usize, field: &FieldModel, into: &mut Columns, depth: usize) {
        let world = self.world;
        let file = world.items[item].file;
        let mut ty = &field.ty;
        while let Type::Paren(syn::TypeParen { elem, .. })
        | Type::Group(syn::TypeGroup { elem, .. })
        | Type::Reference(syn::TypeReference { elem, .. }) = ty
        {
            ty = elem;
        }
        let path = match ty {
            Type::Path(path) => segments(&path.path),
            _ => Vec::new(),
        };
        let is_struct = |item: &Item| matches!(item.node, Node::Struct(_));
        let shown = path.join("::");
        match world.find(&path, world.scope(item), is_struct) {
            Found::One(inner) if depth < DEPTH => {
                if let Some(model) = self.read(inner) {
                    self.columns(inner, &model, into, depth + 1);
                }
            }
            Found::Several(items) => {
                let mistake = ambiguous(world, file, field.ty.span(), &shown, &items);
                self.mistakes.push(mistake);
            }
            _ if path.last().is_some_and(|name| world.may_be_broken(name)) => {}
            _ => self.mistakes.push(world.mistake(
                file,
                field.ty.span(),
                format!("no struct `{shown}` in the scanned files"),
                "add the file that declares it to the model paths, or leave the field out with \
                 `#[column(skip)]`",
            )),
        }
    }

    /// Columns that a struct and a flattened one both declare.
    fn doubled(&mut self, file: usize, model: &StructModel, columns: &[ColumnModel]) {
        let own: Vec<Origin> = model
            .fields
            .iter()
            .map(|field| self.world.origin(file, field.ident.span()))
            .collect();
        for (at, column) in columns.iter().enumerate() {
            let Some(first) = columns[..at].iter().find(|c| c.name == column.name) else {
                continue;
            };
            // two fields of the struct itself are noted where it is read
            if own.contains(&first.origin) && own.contains(&column.origin) {
                continue;
            }
            self.mistakes.push(Mistake {
                file: self.world.files[column.origin.file].clone(),
                origin: column.origin.clone(),
                message: format!(
                    "column `{}` of `{}` is declared twice, by `{}` and by `{}`",
                    column.name, model.ident, first.field_name, column.field_name
                ),
                hint: Some("give one of them another `name`".to_owned()),
                also: Vec::new(),
            });
        }
    }

    fn column(&mut self, item: usize, field: &FieldModel, part: &ColumnPart) -> ColumnModel {
        let file = self.world.items[item].file;
        let (rust, nullable) = self.column_type(item, field, part);
        if let (Some(rust), None) = (&rust, rust_type::plainly_integer(&field.ty))
            && !rust_type::is_integer(rust)
        {
            let mut problems = Problems::default();
            for (key, span) in [
                ("autoincrement", part.autoincrement),
                (identity_key(part), part.identity),
            ] {
                if let Some(span) = span {
                    not_an_integer(key, span, &mut problems);
                }
            }
            self.note(file, problems);
        }
        let ty = match (&part.said, rust) {
            (Some((all, by_dialect)), rust) => TypeModel::Said {
                all: all.clone(),
                by_dialect: by_dialect.clone(),
                rust,
            },
            // without a type there is a mistake, and this is never seen
            (None, rust) => TypeModel::Inferred(rust.unwrap_or(RustType::String)),
        };
        ColumnModel {
            field_name: field.field.clone(),
            name: part.name.clone(),
            renamed_from: part.renamed_from.clone(),
            ty,
            nullable,
            default: part.default.clone(),
            fill: part.fill.clone(),
            using: part.using.clone(),
            allow_lossy: part.allow_lossy,
            generated: part.generated.clone(),
            autoincrement: part.autoincrement.is_some(),
            identity: part.identity.is_some(),
            identity_always: part.identity_always,
            collation: part.collation.clone(),
            comment: part.comment.clone(),
            origin: self.world.origin(file, field.ident.span()),
        }
    }

    /// The Rust type of a column, and whether it may be missing.
    fn column_type(
        &mut self,
        item: usize,
        field: &FieldModel,
        part: &ColumnPart,
    ) -> (Option<RustType>, bool) {
        let scope = self.world.scope(item);
        let optional = is_option(&field.ty);
        let said: Option<Type> = part
            .try_from
            .as_deref()
            .and_then(|text| syn::parse_str(text).ok());
        if part.json {
            return (Some(RustType::Json), optional);
        }
        match self.resolve(said.as_ref().unwrap_or(&field.ty), scope) {
            Ok(found) => (Some(found.ty), found.nullable || optional),
            Err(_) if part.said.is_some() => (None, optional),
            Err(unresolved) => {
                self.no_type(scope.file, field, unresolved);
                (None, optional)
            }
        }
    }

    fn resolve(&mut self, ty: &Type, scope: Scope<'w>) -> Result<Resolved, Unresolved> {
        let world = self.world;
        let (enums, mistakes) = (&mut self.enums, &mut self.mistakes);
        let mut enum_type = |item: usize| {
            let model = enums.entry(item).or_insert_with(|| {
                let (model, found) = enum_model(world, item);
                mistakes.extend(found);
                model
            });
            RustType::Enum(model.name.clone())
        };
        let mut types = Types {
            world,
            enums: &mut enum_type,
            bound: BTreeMap::new(),
            steps: 0,
        };
        types.resolve(ty, scope, 0)
    }

    fn no_type(&mut self, file: usize, field: &FieldModel, why: Unresolved) {
        let world = self.world;
        let span = field.ty.span();
        let give = "`#[column(type = \"...\")]`";
        let mistake = match why {
            Unresolved::Unknown(name) => {
                let last = name.rsplit("::").next().unwrap_or(&name);
                if world.may_be_broken(last) {
                    return;
                }
                world.mistake(
                    file,
                    span,
                    format!("no column type is known for `{name}`"),
                    format!("give one with {give}"),
                )
            }
            Unresolved::Ambiguous(name, items) => ambiguous(world, file, span, &name, &items),
            Unresolved::PlainEnum(item) => {
                let mut mistake = world.mistake(
                    file,
                    span,
                    format!("enum `{}` is no column type", world.items[item].name()),
                    format!("derive `sqlx::Type` or `aludel::Enum` for it, or give {give}"),
                );
                mistake.also.push(world.also(item, "the enum is here"));
                mistake
            }
        };
        self.mistakes.push(mistake);
    }

    /// Adds the keys of one struct to the table, and gives its foreign keys.
    fn keys(
        &self,
        item: usize,
        model: &StructModel,
        columns: &[ColumnModel],
        table: &mut TableModel,
    ) -> Vec<(ForeignKeyModel, Target, usize)> {
        let keys = &model.keys;
        // an unknown field is a mistake already; any name will do
        let column = |field: &Name| {
            columns
                .iter()
                .find(|c| field == c.field_name.as_str())
                .map_or_else(|| field.clone(), |c| c.name.clone())
        };
        let all = |fields: &[Name]| fields.iter().map(column).collect::<Vec<_>>();
        if let (None, Some(part)) = (&table.primary_key, &keys.primary_key) {
            table.primary_key = Some(PrimaryKeyModel {
                name: part.model.name.clone(),
                columns: all(&part.model.columns),
                prefixes: match part.model.prefixes.iter().any(Option::is_some) {
                    true => part.model.prefixes.clone(),
                    false => Vec::new(),
                },
            });
        }
        for part in &keys.uniques {
            let mut unique = part.model.clone();
            unique.columns = all(&unique.columns);
            unique.include = all(&unique.include);
            table.uniques.push(unique);
        }
        for part in &keys.indexes {
            let mut index = part.model.clone();
            for key in &mut index.keys {
                if let IndexTarget::Column(field) = &key.target {
                    key.target = IndexTarget::Column(column(field));
                }
            }
            index.include = all(&index.include);
            table.indexes.push(index);
        }
        let checks = keys.checks.iter().map(|part| part.model.clone());
        table.checks.extend(checks);
        let file = self.world.items[item].file;
        keys.foreign_keys
            .iter()
            .map(|(part, target)| {
                let mut key = part.model.clone();
                key.columns = all(&key.columns);
                key.origin = self.world.origin(file, part.span);
                (key, target.clone(), item)
            })
            .collect()
    }
}

/// The key that makes the column an identity, if one does.
fn identity_key(part: &ColumnPart) -> &'static str {
    if part.identity_always {
        "identity_always"
    } else {
        "identity"
    }
}

fn enum_model(world: &World, item: usize) -> (EnumModel, Vec<Mistake>) {
    let node = &world.items[item];
    let mut problems = Problems::default();
    let mut model = EnumModel {
        enum_name: node.name().to_owned(),
        name: aludel_core::schema::TableName::default(),
        values: Vec::new(),
        renamed_values: Vec::new(),
        origin: world.origin(node.file, node.ident().span()),
    };
    if let Node::Enum(node) = &node.node {
        let read = if world.derives(item, "Enum") {
            EnumPart::read
        } else {
            EnumPart::read_sqlx
        };
        let part = read(&node.attrs, &node.ident, &node.variants, &mut problems);
        model.name = part.name;
        model.values = part.values;
        model.renamed_values = part.renamed_values;
    }
    (model, world.mistakes(node.file, problems))
}

fn is_option(ty: &Type) -> bool {
    matches!(ty, Type::Path(path)
        if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}

/// The mistake of a path that fits several items.
pub(super) fn ambiguous(
    world: &World,
    file: usize,
    span: proc_macro2::Span,
    shown: &str,
    items: &[usize],
) -> Mistake {
    let paths: Vec<String> = items
        .iter()
        .map(|item| {
            let path = world.items[*item].path.join("::");
            format!("`{path}` ({})", world.whereabouts(*item))
        })
        .collect();
    let mut mistake = world.mistake(
        file,
        span,
        format!("`{shown}` may be {}", paths.join(" or ")),
        "write a longer path",
    );
    mistake.also = items
        .iter()
        .map(|item| world.also(*item, "one of them is here"))
        .collect();
    mistake
}
