//! Types of fields: names followed to what sqlx can put into a column.

use std::collections::BTreeMap;

use aludel_core::model::RustType;
use syn::{Fields, Path, PathSegment, Type};

use super::items::{Item, Node};
use super::world::{Found, Scope, World, segments};
use crate::attr;
use crate::model::rust_type::{self, Named, is_common, is_prelude, named};
use crate::model::sqlx::Sqlx;

/// How many aliases and newtypes are followed before they must go in a circle.
const DEPTH: usize = 32;

/// How many types are looked at for one column.
const STEPS: usize = 1000;

/// A type that a column can have.
#[derive(Clone)]
pub(super) struct Resolved {
    pub(super) ty: RustType,
    pub(super) nullable: bool,
}

/// Why a type is none that a column can have.
pub(super) enum Unresolved {
    /// Nothing is known of the type.
    Unknown(String),
    /// Several scanned items have that name.
    Ambiguous(String, Vec<usize>),
    /// An enum that says nothing of the database.
    PlainEnum(usize),
}

/// Whether the item can be the type of a column.
fn is_column_type(item: &Item) -> bool {
    match &item.node {
        Node::Struct(_) => newtype(item).is_some(),
        Node::Enum(_) | Node::Alias(_) => true,
    }
}

/// The type inside a newtype.
fn newtype(item: &Item) -> Option<&Type> {
    let Node::Struct(node) = &item.node else {
        return None;
    };
    let transparent = Sqlx::of(&attr::effective(&node.attrs)).transparent;
    if !transparent && !matches!(node.fields, Fields::Unnamed(_)) {
        return None;
    }
    let is_marker = |ty: &Type| {
        matches!(ty, Type::Path(path)
            if path.path.segments.last().is_some_and(|last| last.ident == "PhantomData"))
    };
    let mut fields = node.fields.iter().filter(|field| !is_marker(&field.ty));
    match (fields.next(), fields.next()) {
        (Some(only), None) => Some(&only.ty),
        _ => None,
    }
}

/// Follows types; the enums that it meets are added to `enums`.
pub(super) struct Types<'w, 'e> {
    pub(super) world: &'w World,
    /// Gives the database name of an enum item and notes that it is used.
    pub(super) enums: &'e mut dyn FnMut(usize) -> RustType,
    /// What the type parameters of the alias or newtype stand for; `None` where
    /// that is no column type.
    pub(super) bound: BTreeMap<String, Option<Resolved>>,
    /// How many types were looked at.
    pub(super) steps: usize,
}

impl<'w> Types<'w, '_> {
    /// What the type is to a column.
    pub(super) fn resolve(
        &mut self,
        ty: &Type,
        scope: Scope<'w>,
        depth: usize,
    ) -> Result<Resolved, Unresolved> {
        self.steps += 1;
        match ty {
            // aliases that go in circles through their own arguments
            _ if self.steps > STEPS => Err(Unresolved::Unknown(text(ty))),
            Type::Reference(node) => self.resolve(&node.elem, scope, depth),
            Type::Paren(node) => self.resolve(&node.elem, scope, depth),
            Type::Group(node) => self.resolve(&node.elem, scope, depth),
            Type::Slice(node) => self.many(&node.elem, scope, depth),
            Type::Array(node) => self.many(&node.elem, scope, depth),
            Type::Path(node) if node.qself.is_none() => self.path(&node.path, scope, depth),
            _ => Err(Unresolved::Unknown(text(ty))),
        }
    }

    fn many(
        &mut self,
        element: &Type,
        scope: Scope<'w>,
        depth: usize,
    ) -> Result<Resolved, Unresolved> {
        let ty = match self.resolve(element, scope, depth)?.ty {
            RustType::U8 => RustType::Bytes,
            other => RustType::Array(Box::new(other)),
        };
        Ok(Resolved {
            ty,
            nullable: false,
        })
    }

    fn path(
        &mut self,
        path: &Path,
        scope: Scope<'w>,
        depth: usize,
    ) -> Result<Resolved, Unresolved> {
        let world = self.world;
        let names = segments(path);
        let shown = names.join("::");
        let Some(last) = path.segments.last() else {
            return Err(Unresolved::Unknown(shown));
        };
        if let Some(bound) = self.bound.get(&shown) {
            return bound.clone().ok_or(Unresolved::Unknown(shown));
        }
        let imported = self.world.imported(&names, scope);
        let full = imported.as_ref().unwrap_or(&names);
        let name = full.last().map_or("", String::as_str);
        let known = named(name, last);
        match self.scanned(full, &names, imported.is_some(), known.is_some(), scope) {
            Found::One(item) if depth < DEPTH => {
                let bound = self.arguments(item, last, scope, depth + 1);
                let outer = std::mem::replace(&mut self.bound, bound);
                let found = self.item(item, &shown, depth + 1);
                self.bound = outer;
                return found.map_err(|why| match why {
                    // `T` means nothing where the field is
                    Unresolved::Unknown(name) if is_parameter(&world.items[item], &name) => {
                        Unresolved::Unknown(shown)
                    }
                    other => other,
                });
            }
            Found::One(_) => return Err(Unresolved::Unknown(shown)),
            Found::Several(items) => return Err(Unresolved::Ambiguous(shown, items)),
            Found::Nothing => {}
        }
        match known {
            // a crate's own `Value` that is not scanned says nothing
            Some(_) if is_local(full) && is_common(name) => Err(Unresolved::Unknown(shown)),
            Some(Named::Is(ty)) => Ok(Resolved {
                ty,
                nullable: false,
            }),
            Some(Named::Nullable(inner)) => Ok(Resolved {
                nullable: true,
                ..self.resolve(inner, scope, depth)?
            }),
            Some(Named::Same(inner)) => self.resolve(inner, scope, depth),
            Some(Named::Many(inner)) => self.many(inner, scope, depth),
            None => Err(Unresolved::Unknown(shown)),
        }
    }

    /// What the type parameters of an item stand for where it is used.
    fn arguments(
        &mut self,
        item: usize,
        used: &PathSegment,
        scope: Scope<'w>,
        depth: usize,
    ) -> BTreeMap<String, Option<Resolved>> {
        let world = self.world;
        let given = rust_type::arguments(used);
        let mut bound = BTreeMap::new();
        for (at, parameter) in parameters(&world.items[item]).enumerate() {
            let resolved = match (given.get(at), &parameter.default) {
                (Some(ty), _) => self.resolve(ty, scope, depth).ok(),
                (None, Some((_, ty))) => self.resolve(ty, world.scope(item), depth).ok(),
                (None, None) => None,
            };
            bound.insert(parameter.ident.to_string(), resolved);
        }
        bound
    }

    /// The scanned item that the path means, if it means one.
    fn scanned(
        &self,
        full: &[String],
        written: &[String],
        imported: bool,
        known: bool,
        scope: Scope<'w>,
    ) -> Found {
        let Some(name) = full.last() else {
            return Found::Nothing;
        };
        let here = self.world.find(written, scope, |item| {
            is_column_type(item) && item.file == scope.file
        });
        if full.len() == 1 && !imported {
            // the file's own items shadow what needs no `use`
            if matches!(here, Found::One(_)) || is_prelude(name) {
                return here;
            }
        } else if known && !is_local(full) {
            // a known name behind another crate's: scanned only if the path says so
            let parent = full.len().checked_sub(2).map(|at| &full[at]);
            return self.world.find(written, scope, |item| {
                is_column_type(item) && item.module().last() == parent
            });
        }
        self.world.find(written, scope, is_column_type)
    }

    fn item(&mut self, at: usize, shown: &str, depth: usize) -> Result<Resolved, Unresolved> {
        let world = self.world;
        let item = &world.items[at];
        match &item.node {
            Node::Alias(node) => self.resolve(&node.ty, world.scope(at), depth),
            Node::Struct(_) => match newtype(item) {
                Some(inner) => self.resolve(inner, world.scope(at), depth),
                None => Err(Unresolved::Unknown(shown.to_owned())),
            },
            Node::Enum(node) => {
                let sqlx = world.derives_sqlx_type(at);
                let ty = match repr(&node.attrs) {
                    Some(number) if sqlx => number,
                    _ if sqlx || world.derives(at, "Enum") => (self.enums)(at),
                    _ => return Err(Unresolved::PlainEnum(at)),
                };
                Ok(Resolved {
                    ty,
                    nullable: false,
                })
            }
        }
    }
}

/// The type parameters of an item.
fn parameters(item: &Item) -> impl Iterator<Item = &syn::TypeParam> {
    match &item.node {
        Node::Alias(node) => node.generics.type_params(),
        Node::Struct(node) => node.generics.type_params(),
        Node::Enum(node) => node.generics.type_params(),
    }
}

fn is_parameter(item: &Item, name: &str) -> bool {
    parameters(item).any(|parameter| parameter.ident == name)
}

/// The number that sqlx stores an enum with `#[repr(i32)]` as.
fn repr(attributes: &[syn::Attribute]) -> Option<RustType> {
    attr::effective(attributes)
        .iter()
        .filter(|attribute| attribute.path().is_ident("repr"))
        .filter_map(|attribute| attribute.parse_args::<Path>().ok())
        .filter_map(|path| path.segments.last().cloned())
        .find_map(|last| match named(&last.ident.to_string(), &last) {
            Some(Named::Is(ty)) => Some(ty),
            _ => None,
        })
}

fn is_local(path: &[String]) -> bool {
    path.first()
        .is_some_and(|first| matches!(first.as_str(), "crate" | "self" | "super"))
}

/// The type as it would be written, for messages.
fn text(ty: &Type) -> String {
    quote::quote!(#ty).to_string().replace(' ', "")
}
