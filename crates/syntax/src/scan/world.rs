//! All files together: what a path leads to, and what an item derives.

use std::collections::BTreeMap;
use std::sync::Arc;

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Attribute, Path, Token};

use super::items::{Item, Node, Parsed};
use super::source::{Also, Mistake, SourceFile};
use crate::attr;
use crate::problem::Problems;

/// Everything that was scanned.
pub(super) struct World {
    pub(super) files: Vec<Arc<SourceFile>>,
    /// The files that are valid Rust and not for tests alone, by index.
    parsed: BTreeMap<usize, Parsed>,
    pub(super) items: Vec<Item>,
    by_name: BTreeMap<String, Vec<usize>>,
}

/// Where a path is written.
#[derive(Clone, Copy)]
pub(super) struct Scope<'w> {
    pub(super) file: usize,
    pub(super) module: &'w [String],
}

/// What a path leads to.
pub(super) enum Found {
    Nothing,
    One(usize),
    /// Several fit equally well.
    Several(Vec<usize>),
}

impl World {
    /// Parses all files; those that cannot be parsed are left out and noted.
    pub(super) fn new(files: Vec<Arc<SourceFile>>, mistakes: &mut Vec<Mistake>) -> Self {
        let mut parsed = BTreeMap::new();
        for (index, file) in files.iter().enumerate() {
            match Parsed::new(file, index) {
                Ok(one) => drop(parsed.insert(index, one)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        let tests: Vec<String> = parsed
            .values()
            .flat_map(|one| one.test_modules.clone())
            .collect();
        let for_tests = |path: &str| {
            let path = path.replace('\\', "/");
            tests.iter().any(|test| {
                path.strip_prefix(test.as_str())
                    .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            })
        };
        parsed.retain(|_, one| !for_tests(&one.file.path));
        let mut items = Vec::new();
        for one in parsed.values_mut() {
            items.append(&mut one.items);
        }
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, item) in items.iter().enumerate() {
            by_name.entry(item.name().to_owned()).or_default().push(at);
        }
        Self {
            files,
            parsed,
            items,
            by_name,
        }
    }

    pub(super) fn scope(&self, item: usize) -> Scope<'_> {
        let item = &self.items[item];
        Scope {
            file: item.file,
            module: item.module(),
        }
    }

    /// The item that the path leads to, among those that `fits`.
    pub(super) fn find(
        &self,
        path: &[String],
        scope: Scope<'_>,
        fits: impl Fn(&Item) -> bool,
    ) -> Found {
        let full = self.expand(path, scope);
        let Some(name) = full.last() else {
            return Found::Nothing;
        };
        let candidates = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        let scored: Vec<(usize, usize)> = candidates
            .iter()
            .filter(|at| fits(&self.items[**at]))
            .map(|at| (common_suffix(&self.items[*at].path, &full), *at))
            .collect();
        let best = scored.iter().map(|(score, _)| *score).max().unwrap_or(0);
        let best: Vec<usize> = scored
            .into_iter()
            .filter(|(score, _)| *score == best)
            .map(|(_, at)| at)
            .collect();
        // of equals, the one that is written nearest
        let near = |test: &dyn Fn(&Item) -> bool| {
            let near: Vec<usize> = best
                .iter()
                .copied()
                .filter(|at| test(&self.items[*at]))
                .collect();
            (near.len() == 1).then(|| near[0])
        };
        let nearest = near(&|item| item.file == scope.file && item.module() == scope.module)
            .or_else(|| near(&|item| item.file == scope.file));
        match (best.as_slice(), nearest) {
            ([], _) => Found::Nothing,
            ([one], _) => Found::One(*one),
            (_, Some(one)) => Found::One(one),
            _ => Found::Several(best),
        }
    }

    /// The path with imports followed and without `crate`, `self` and `super`.
    fn expand(&self, path: &[String], scope: Scope<'_>) -> Vec<String> {
        let mut full = self.imported(path, scope).unwrap_or_else(|| path.to_vec());
        full.retain(|part| !matches!(part.as_str(), "crate" | "self" | "super"));
        full
    }

    /// The path as the file imports it, if it does.
    pub(super) fn imported(&self, path: &[String], scope: Scope<'_>) -> Option<Vec<String>> {
        self.parsed.get(&scope.file)?.expand(path, scope.module)
    }

    /// Items of that name, wherever they are.
    pub(super) fn called(&self, name: &str) -> &[usize] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a file that is not valid Rust seems to declare the name.
    pub(super) fn may_be_broken(&self, name: &str) -> bool {
        let declares = |text: &str| {
            text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .windows(2)
                .any(|pair| matches!(pair[0], "struct" | "enum" | "type") && pair[1] == name)
        };
        self.files
            .iter()
            .enumerate()
            .any(|(index, file)| !self.parsed.contains_key(&index) && declares(&file.text))
    }

    /// Whether the item derives aludel's macro of that name.
    pub(super) fn derives(&self, item: usize, name: &str) -> bool {
        let scope = self.scope(item);
        self.derived(item).iter().any(|path| {
            self.parsed
                .get(&scope.file)
                .is_some_and(|file| file.is_aludels(path, scope.module, name))
        })
    }

    /// Whether the item derives `sqlx::Type`.
    pub(super) fn derives_sqlx_type(&self, item: usize) -> bool {
        let scope = self.scope(item);
        self.derived(item).into_iter().any(|path| {
            let path = self.imported(&path, scope).unwrap_or(path);
            path.last().is_some_and(|last| last == "Type")
        })
    }

    fn derived(&self, item: usize) -> Vec<Vec<String>> {
        attr::effective(self.items[item].attributes())
            .iter()
            .filter(|attribute| attribute.path().is_ident("derive"))
            .filter_map(|attribute| {
                attribute
                    .parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)
                    .ok()
            })
            .flatten()
            .map(|path| segments(&path))
            .collect()
    }

    /// A mistake from a place in a file.
    pub(super) fn mistake(
        &self,
        file: usize,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Mistake {
        let hint = hint.into();
        Mistake {
            file: Arc::clone(&self.files[file]),
            origin: self.origin(file, span),
            message: message.into(),
            hint: (!hint.is_empty()).then_some(hint),
            also: Vec::new(),
        }
    }

    /// Mistakes from the reading of one item.
    pub(super) fn mistakes(&self, file: usize, problems: Problems) -> Vec<Mistake> {
        problems
            .into_iter()
            .map(|p| self.mistake(file, p.span, p.message, p.hint.unwrap_or_default()))
            .collect()
    }

    /// A second place of a mistake: where the item's name stands.
    pub(super) fn also(&self, item: usize, message: impl Into<String>) -> Also {
        let node = &self.items[item];
        Also {
            file: Arc::clone(&self.files[node.file]),
            origin: self.origin(node.file, node.ident().span()),
            message: message.into(),
        }
    }

    /// The bytes of a span.
    pub(super) fn origin(&self, file: usize, span: Span) -> aludel_core::model::Origin {
        self.parsed
            .get(&file)
            .map(|parsed| parsed.origin(span))
            .unwrap_or_default()
    }

    /// `path:line` of an item, for messages.
    pub(super) fn whereabouts(&self, item: usize) -> String {
        let also = self.also(item, "");
        let (line, _) = also.file.position(also.origin.span.start);
        format!("{}:{line}", also.file.path)
    }
}

impl Item {
    pub(super) fn attributes(&self) -> &[Attribute] {
        match &self.node {
            Node::Struct(node) => &node.attrs,
            Node::Enum(node) => &node.attrs,
            Node::Alias(node) => &node.attrs,
        }
    }

    pub(super) fn ident(&self) -> &syn::Ident {
        match &self.node {
            Node::Struct(node) => &node.ident,
            Node::Enum(node) => &node.ident,
            Node::Alias(node) => &node.ident,
        }
    }
}

/// The names of a path.
pub(super) fn segments(path: &Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|segment| segment.ident.unraw().to_string())
        .collect()
}

fn common_suffix(one: &[String], other: &[String]) -> usize {
    one.iter()
        .rev()
        .zip(other.iter().rev())
        .take_while(|(a, b)| a == b)
        .count()
}
