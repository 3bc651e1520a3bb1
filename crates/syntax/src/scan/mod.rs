//! Source files to models, without compiling or running anything.
//!
//! Owns what needs more than one item: which structs are models, what a type
//! or a path means, which column a reference leads to. Reads no files: texts
//! go in, plain data comes out.

mod items;
mod references;
mod source;
mod tables;
mod types;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use aludel_core::model::{EnumModel, Models};
use aludel_core::schema::TableName;

pub use source::{Also, Mistake, SourceFile};

use items::Node;
use tables::{Draft, Reader};
use world::World;

/// The models of some files.
#[derive(Debug, Clone)]
pub struct Scanned {
    /// What the models say.
    pub models: Models,
    /// The files, as [`aludel_core::model::Origin::file`] counts them.
    pub files: Vec<Arc<SourceFile>>,
}

/// Reads the models of all files.
///
/// Every mistake of every file is found, in the order of files and lines. No
/// models at all is no mistake.
pub fn scan(sources: Vec<SourceFile>) -> Result<Scanned, Vec<Mistake>> {
    let files: Vec<Arc<SourceFile>> = sources.into_iter().map(Arc::new).collect();
    let mut mistakes = Vec::new();
    let world = World::new(files, &mut mistakes);
    let mut reader = Reader::new(&world);
    let drafts: Vec<Draft> = (0..world.items.len())
        .filter(|item| world.derives(*item, "Model"))
        .filter_map(|item| reader.draft(item))
        .collect();
    // An enum that says that it is one of the database is one, used or not.
    let declared = (0..world.items.len()).filter(|item| world.derives(*item, "Enum"));
    declared.for_each(|item| reader.declare_enum(item));
    let (enums, found) = reader.finish();
    mistakes.extend(found);
    mistakes.extend(twice(&world, &drafts, &enums));
    let (tables, found) = references::resolve(&world, drafts);
    mistakes.extend(found);
    if mistakes.is_empty() {
        return Ok(Scanned {
            models: Models {
                tables,
                enums: enums.into_values().collect(),
            },
            files: world.files.clone(),
        });
    }
    mistakes.sort_by(|a, b| {
        let key = |m: &Mistake| (m.origin.file, m.origin.span.start, m.origin.span.end);
        (key(a), &a.message).cmp(&(key(b), &b.message))
    });
    mistakes.dedup();
    Err(mistakes)
}

/// Tables and enum types that two items declare.
fn twice(world: &World, drafts: &[Draft], enums: &BTreeMap<usize, EnumModel>) -> Vec<Mistake> {
    let tables = drafts.iter().map(|draft| (&draft.table.name, draft.item));
    let enums = enums.iter().map(|(item, model)| (&model.name, *item));
    let mut mistakes = pairs(world, "table", tables);
    mistakes.extend(pairs(world, "enum type", enums));
    mistakes
}

fn pairs<'n>(
    world: &World,
    what: &str,
    named: impl Iterator<Item = (&'n TableName, usize)>,
) -> Vec<Mistake> {
    let mut seen: BTreeMap<&TableName, usize> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for (name, item) in named {
        let Some(first) = seen.get(name).copied() else {
            seen.insert(name, item);
            continue;
        };
        let node = &world.items[item];
        let mut mistake = world.mistake(
            node.file,
            node.ident().span(),
            format!("{what} `{name}` is declared twice"),
            format!(
                "`{}` in {} declares it too; give one of them another `name`",
                world.items[first].name(),
                world.whereabouts(first)
            ),
        );
        mistake
            .also
            .push(world.also(first, format!("{what} `{name}` is declared here first")));
        mistakes.push(mistake);
    }
    mistakes
}
