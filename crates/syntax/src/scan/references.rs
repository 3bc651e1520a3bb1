//! Foreign keys: from struct paths to tables and columns.

use std::collections::BTreeMap;

use aludel_core::model::{ForeignKeyModel, TableModel};
use aludel_core::schema::{Name, TableName};

use super::items::Node;
use super::source::Mistake;
use super::tables::{Draft, ambiguous};
use super::world::{Found, World};
use crate::attr::{FieldRef, Target, TargetTable};
use crate::model::{counted, quoted};
use crate::problem::suggestion;

/// What other models may refer to.
struct Side {
    name: TableName,
    struct_name: String,
    /// Fields and their columns.
    columns: Vec<(String, Name)>,
    primary_key: Option<Vec<Name>>,
    skipped: Vec<String>,
}

/// Finds what every foreign key refers to.
pub(super) fn resolve(world: &World, drafts: Vec<Draft>) -> (Vec<TableModel>, Vec<Mistake>) {
    let sides: BTreeMap<usize, Side> = drafts
        .iter()
        .map(|draft| (draft.item, side(draft)))
        .collect();
    let mut mistakes = Vec::new();
    let mut tables = Vec::new();
    for mut draft in drafts {
        for (key, target, item) in draft.foreign_keys {
            let reference = Reference {
                world,
                sides: &sides,
                owner: draft.item,
                item,
                target: &target,
            };
            match reference.resolve(key) {
                Ok(key) => draft.table.foreign_keys.push(key),
                Err(found) => mistakes.extend(found),
            }
        }
        tables.push(draft.table);
    }
    (tables, mistakes)
}

fn side(draft: &Draft) -> Side {
    let table = &draft.table;
    Side {
        name: table.name.clone(),
        struct_name: table.struct_name.clone(),
        columns: table
            .columns
            .iter()
            .map(|column| (column.field_name.clone(), column.name.clone()))
            .collect(),
        primary_key: table.primary_key.as_ref().map(|key| key.columns.clone()),
        skipped: draft.skipped.clone(),
    }
}

/// One foreign key on its way.
struct Reference<'a> {
    world: &'a World,
    sides: &'a BTreeMap<usize, Side>,
    /// The model that has the key.
    owner: usize,
    /// The struct that says it: the model, or one flattened into it.
    item: usize,
    target: &'a Target,
}

impl Reference<'_> {
    fn resolve(&self, mut key: ForeignKeyModel) -> Result<ForeignKeyModel, Vec<Mistake>> {
        let side = match &self.target.of {
            TargetTable::Struct(path) => self.model(path)?,
            TargetTable::Table(name) => match self.sides.values().find(|s| s.name == *name) {
                Some(side) => side,
                // a table without a model; its columns are the database's to know
                None => {
                    key.references = name.clone();
                    key.referenced_columns = self
                        .target
                        .fields
                        .iter()
                        .map(|f| Name::new(&f.name))
                        .collect();
                    return Ok(key);
                }
            },
        };
        key.references = side.name.clone();
        key.referenced_columns = if self.target.fields.is_empty() {
            self.primary_key(side, key.columns.len())?
        } else {
            self.columns(side)?
        };
        Ok(key)
    }

    fn mistake(&self, at: Option<&FieldRef>, message: String, hint: String) -> Mistake {
        let span = at.map_or(self.target.span, |field| field.span);
        let file = self.world.items[self.item].file;
        self.world.mistake(file, span, message, hint)
    }

    fn model(&self, path: &[String]) -> Result<&Side, Vec<Mistake>> {
        let world = self.world;
        let scope = world.scope(self.item);
        let shown = path.join("::");
        if path == ["Self"] {
            return self.sides.get(&self.owner).ok_or_else(Vec::new);
        }
        // a struct that derives `Model` but could not be read has its mistake already
        match world.find(path, scope, |item| matches!(item.node, Node::Struct(_))) {
            Found::One(item) => {
                if let Some(side) = self.sides.get(&item) {
                    return Ok(side);
                }
            }
            Found::Several(items) => {
                let models: Vec<usize> = items
                    .iter()
                    .copied()
                    .filter(|item| self.sides.contains_key(item))
                    .collect();
                match models.as_slice() {
                    [] => {}
                    [one] => return self.sides.get(one).ok_or_else(Vec::new),
                    _ => {
                        let file = world.items[self.item].file;
                        let span = self.target.span;
                        return Err(vec![ambiguous(world, file, span, &shown, &models)]);
                    }
                }
            }
            Found::Nothing => {}
        }
        Err(self.missing(path, &shown))
    }

    fn missing(&self, path: &[String], shown: &str) -> Vec<Mistake> {
        let name = path.last().map_or("", String::as_str);
        if self.world.may_be_broken(name) {
            return Vec::new();
        }
        if let [other, ..] = self.world.called(name) {
            let mut mistake = self.mistake(
                None,
                format!("`{shown}` is not a model"),
                "derive `aludel::Model` for it".to_owned(),
            );
            mistake.also.push(self.world.also(*other, "it is here"));
            return vec![mistake];
        }
        let known = self.sides.values().map(|side| side.struct_name.as_str());
        let hint = suggestion(name, known, || {
            "add the file that declares it to the model paths, or refer to the table by name: \
             `\"table.column\"`"
                .to_owned()
        });
        vec![self.mistake(None, format!("no model `{shown}`"), hint)]
    }

    fn primary_key(&self, side: &Side, count: usize) -> Result<Vec<Name>, Vec<Mistake>> {
        let Some(columns) = &side.primary_key else {
            return Err(vec![self.mistake(
                None,
                format!("`{}` has no primary key to refer to", side.struct_name),
                format!(
                    "name the field, as in `{}::{}`",
                    side.struct_name,
                    side.columns
                        .first()
                        .map_or("id", |(field, _)| field.as_str())
                ),
            )]);
        };
        if columns.len() != count {
            return Err(vec![self.mistake(
                None,
                format!(
                    "a foreign key of {} refers to a primary key of {}",
                    counted(count),
                    counted(columns.len())
                ),
                "list as many on both sides".to_owned(),
            )]);
        }
        Ok(columns.clone())
    }

    fn columns(&self, side: &Side) -> Result<Vec<Name>, Vec<Mistake>> {
        let by_field = matches!(self.target.of, TargetTable::Struct(_));
        let mut columns = Vec::new();
        let mut mistakes = Vec::new();
        for wanted in &self.target.fields {
            let found = side.columns.iter().find(|(field, column)| {
                if by_field {
                    *field == wanted.name
                } else {
                    *column == wanted.name.as_str()
                }
            });
            match found {
                Some((_, column)) => columns.push(column.clone()),
                None => mistakes.push(self.no_column(side, wanted, by_field)),
            }
        }
        if mistakes.is_empty() {
            Ok(columns)
        } else {
            Err(mistakes)
        }
    }

    fn no_column(&self, side: &Side, wanted: &FieldRef, by_field: bool) -> Mistake {
        let name = &wanted.name;
        if by_field && side.skipped.contains(name) {
            return self.mistake(
                Some(wanted),
                format!(
                    "field `{name}` of `{}` is skipped, so it has no column",
                    side.struct_name
                ),
                "name a field that is a column".to_owned(),
            );
        }
        let known: Vec<String> = side
            .columns
            .iter()
            .map(|(field, column)| {
                if by_field {
                    field.clone()
                } else {
                    column.to_string()
                }
            })
            .collect();
        let (what, of) = if by_field {
            ("field", side.struct_name.clone())
        } else {
            ("column", side.name.to_string())
        };
        let hint = suggestion(name, known.iter().map(String::as_str), || {
            format!("the {what}s are {}", quoted(&known))
        });
        self.mistake(Some(wanted), format!("no {what} `{name}` in `{of}`"), hint)
    }
}
