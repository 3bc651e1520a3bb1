//! One file taken apart: structs, enums, aliases and imports by module.

use std::sync::Arc;

use aludel_core::model::Origin;
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Item as Syntax, ItemEnum, ItemStruct, ItemType, UseTree};

use super::source::{Mistake, SourceFile};
use crate::attr;

/// A file that was parsed.
pub(super) struct Parsed {
    pub(super) file: Arc<SourceFile>,
    /// The index of the file.
    pub(super) index: usize,
    /// How many bytes stand before what was parsed.
    offset: usize,
    pub(super) items: Vec<Item>,
    imports: Vec<Import>,
    /// Paths, without `.rs`, of modules that are there for tests alone.
    pub(super) test_modules: Vec<String>,
}

/// Something that a path may lead to.
pub(super) struct Item {
    pub(super) file: usize,
    /// Folders, file, modules and name.
    pub(super) path: Vec<String>,
    pub(super) node: Node,
}

/// The syntax of an item.
pub(super) enum Node {
    Struct(ItemStruct),
    Enum(ItemEnum),
    Alias(ItemType),
}

struct Import {
    module: Vec<String>,
    /// The name it has here; `*` for a glob.
    name: String,
    path: Vec<String>,
}

impl Item {
    pub(super) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    pub(super) fn module(&self) -> &[String] {
        self.path.split_last().map_or(&[], |(_, module)| module)
    }
}

impl Parsed {
    /// Parses a file.
    pub(super) fn new(file: &Arc<SourceFile>, index: usize) -> Result<Self, Mistake> {
        let offset = skipped(&file.text);
        let syntax: syn::File = syn::parse_str(&file.text[offset..]).map_err(|error| {
            let span = error.span().byte_range();
            let unfinished = error.to_string().starts_with("unexpected end");
            let start = if span.is_empty() && unfinished {
                file.text
                    .floor_char_boundary(file.text.len().saturating_sub(1))
            } else {
                span.start + offset
            };
            let end = (span.end + offset).max(start + 1);
            Mistake {
                file: Arc::clone(file),
                origin: Origin {
                    file: index,
                    span: start..file.text.ceil_char_boundary(end),
                },
                message: format!("this is not valid Rust: {error}"),
                hint: None,
                also: Vec::new(),
            }
        })?;
        let mut parsed = Self {
            file: Arc::clone(file),
            index,
            offset,
            items: Vec::new(),
            imports: Vec::new(),
            test_modules: Vec::new(),
        };
        if attr::enabled(&syntax.attrs) {
            let (folder, module) = place_of(&file.path);
            parsed.read(syntax.items, &folder, &module);
        }
        Ok(parsed)
    }

    fn read(&mut self, items: Vec<Syntax>, folder: &str, module: &[String]) {
        let within = |name: &syn::Ident| {
            let mut path = module.to_vec();
            path.push(name.unraw().to_string());
            path
        };
        for item in items {
            let (path, node) = match item {
                Syntax::Struct(node) if attr::enabled(&node.attrs) => {
                    (within(&node.ident), Node::Struct(node))
                }
                Syntax::Enum(node) if attr::enabled(&node.attrs) => {
                    (within(&node.ident), Node::Enum(node))
                }
                Syntax::Type(node) if attr::enabled(&node.attrs) => {
                    (within(&node.ident), Node::Alias(node))
                }
                Syntax::Use(node) if attr::enabled(&node.attrs) => {
                    self.import(&node.tree, &mut Vec::new(), module);
                    continue;
                }
                Syntax::Mod(node) => {
                    let below = format!("{folder}{}", node.ident.unraw());
                    if !attr::enabled(&node.attrs) {
                        self.test_modules.push(below);
                    } else if let Some((_, items)) = node.content {
                        self.read(items, &format!("{below}/"), &within(&node.ident));
                    }
                    continue;
                }
                _ => continue,
            };
            self.items.push(Item {
                file: self.index,
                path,
                node,
            });
        }
    }

    fn import(&mut self, tree: &UseTree, path: &mut Vec<String>, module: &[String]) {
        let mut add = |name: String, path: Vec<String>| {
            self.imports.push(Import {
                module: module.to_vec(),
                name,
                path,
            });
        };
        match tree {
            UseTree::Path(node) => {
                path.push(node.ident.unraw().to_string());
                self.import(&node.tree, path, module);
                path.pop();
            }
            UseTree::Name(node) => {
                let name = node.ident.unraw().to_string();
                let mut path = path.clone();
                if name == "self" {
                    add(path.last().cloned().unwrap_or_default(), path);
                } else {
                    path.push(name.clone());
                    add(name, path);
                }
            }
            UseTree::Rename(node) => {
                let mut path = path.clone();
                if node.ident != "self" {
                    path.push(node.ident.unraw().to_string());
                }
                add(node.rename.unraw().to_string(), path);
            }
            UseTree::Glob(_) => add("*".to_owned(), path.clone()),
            UseTree::Group(node) => {
                for tree in &node.items {
                    self.import(tree, path, module);
                }
            }
        }
    }

    /// The path with its first name replaced by what the file imports it as.
    pub(super) fn expand(&self, path: &[String], module: &[String]) -> Option<Vec<String>> {
        let first = path.first()?;
        let named = || self.imports.iter().filter(|import| import.name == *first);
        let import = named()
            .find(|import| import.module == module)
            .or_else(|| named().next())?;
        let mut expanded = import.path.clone();
        expanded.extend_from_slice(&path[1..]);
        Some(expanded)
    }

    /// Whether the path leads to `aludel`'s item of that name.
    pub(super) fn is_aludels(&self, path: &[String], module: &[String], name: &str) -> bool {
        let from_aludel = |path: &[String]| {
            path.first().is_some_and(|first| first == "aludel")
                && path.last().is_some_and(|last| last == name)
        };
        if let Some(expanded) = self.expand(path, module) {
            return from_aludel(&expanded);
        }
        from_aludel(path)
            || (path == [name]
                && self.imports.iter().any(|import| {
                    import.name == "*" && import.path.first().is_some_and(|p| p == "aludel")
                }))
    }

    /// The bytes of a span.
    pub(super) fn origin(&self, span: Span) -> Origin {
        let range = span.byte_range();
        Origin {
            file: self.index,
            span: range.start + self.offset..range.end + self.offset,
        }
    }
}

/// The bytes before the first token that `syn` may see: a byte order mark, and
/// the first line of a script.
fn skipped(text: &str) -> usize {
    let rest = text.trim_start_matches('\u{feff}');
    let mark = text.len() - rest.len();
    let is_script = rest
        .strip_prefix("#!")
        .is_some_and(|line| !line.trim_start().starts_with('['));
    if is_script {
        mark + rest.find('\n').unwrap_or(rest.len())
    } else {
        mark
    }
}

/// The folder of a file's submodules, with a final slash, and its module path.
fn place_of(path: &str) -> (String, Vec<String>) {
    let path = path.replace('\\', "/");
    let stem = path.strip_suffix(".rs").unwrap_or(&path);
    let mut module: Vec<String> = stem
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .map(str::to_owned)
        .collect();
    let own_folder = !matches!(
        module.last().map(String::as_str),
        Some("mod" | "lib" | "main")
    );
    if own_folder {
        return (format!("{stem}/"), module);
    }
    module.pop();
    let folder = stem.rfind('/').map_or("", |at| &stem[..=at]);
    (folder.to_owned(), module)
}
