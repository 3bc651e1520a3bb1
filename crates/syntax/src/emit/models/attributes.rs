//! Values and options inside of attributes.

use aludel_core::schema::{
    DefaultValue, Deferrable, ForeignKey, Index, IndexKey, IndexTarget, Literal, Name, NullsOrder,
    ReferentialAction,
};
use proc_macro2::TokenStream;
use quote::quote;

use super::names::TableNames;

/// A literal, or `sql("..")`.
pub(super) fn value(value: &DefaultValue) -> TokenStream {
    let sql = |text: &str| quote!(sql(#text));
    match value {
        DefaultValue::Expression(expression) => sql(expression.as_str()),
        DefaultValue::Literal(literal) => match literal {
            Literal::Null => sql("NULL"),
            Literal::Boolean(on) => quote!(#on),
            Literal::Integer(number) => plain(&number.to_string()),
            Literal::Number(digits) if is_float(digits) => plain(digits),
            Literal::Number(digits) => sql(digits),
            Literal::Text(text) => quote!(#text),
            Literal::Bytes(bytes) => {
                let bytes = proc_macro2::Literal::byte_string(bytes);
                quote!(#bytes)
            }
        },
    }
}

/// Digits as they are, with their sign.
fn plain(digits: &str) -> TokenStream {
    digits.parse().unwrap_or_else(|_| quote!(sql(#digits)))
}

/// Whether Rust reads the number as a float of the same digits.
fn is_float(digits: &str) -> bool {
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    syn::parse_str::<syn::LitFloat>(digits)
        .is_ok_and(|float| float.suffix().is_empty() && float.base10_digits() == digits)
}

/// `name = ".."`, unless it is the name that would be given anyway.
pub(super) fn name_unless(name: Option<&Name>, usual: Option<String>) -> Vec<TokenStream> {
    let name = name.map(Name::as_str);
    let name = name.filter(|name| Some(*name) != usual.as_deref());
    name.map(|name| quote!(name = #name)).into_iter().collect()
}

/// The options of a key at its field: nothing, or all in parentheses.
pub(super) fn own_options(options: Vec<TokenStream>) -> Option<TokenStream> {
    (!options.is_empty()).then(|| quote!((#(#options),*)))
}

pub(super) fn deferrable(when: Deferrable) -> Option<TokenStream> {
    match when {
        Deferrable::No => None,
        Deferrable::InitiallyImmediate => Some(quote!(deferrable)),
        Deferrable::InitiallyDeferred => Some(quote!(initially_deferred)),
    }
}

/// The column of an index over one column and nothing else.
pub(super) fn only_column(index: &Index) -> Option<&Name> {
    match index.keys.as_slice() {
        [
            IndexKey {
                target: IndexTarget::Column(column),
                ..
            },
        ] => Some(column),
        _ => None,
    }
}

/// The columns of an index over columns.
pub(super) fn columns(index: &Index) -> Option<Vec<Name>> {
    let column = |key: &IndexKey| match &key.target {
        IndexTarget::Column(column) => Some(column.clone()),
        IndexTarget::Expression(_) => None,
    };
    index.keys.iter().map(column).collect()
}

/// `desc collate "nocase"`: what stands behind a key.
pub(super) fn key_words(key: &IndexKey) -> TokenStream {
    let descending = key.descending.then(|| quote!(desc));
    let collation = key.collation.as_ref().map(|c| quote!(collate #c));
    let nulls = key.nulls.map(|nulls| match nulls {
        NullsOrder::First => quote!(nulls first),
        NullsOrder::Last => quote!(nulls last),
    });
    let opclass = key.opclass.as_ref().map(|o| quote!(opclass #o));
    let prefix = key.prefix.map(prefix_word);
    quote!(#descending #collation #nulls #opclass #prefix)
}

/// `prefix 10`: only so many characters are part of the key.
pub(super) fn prefix_word(length: u32) -> TokenStream {
    let length = proc_macro2::Literal::u32_unsuffixed(length);
    quote!(prefix #length)
}

/// One key of an index of several.
pub(super) fn key(key: &IndexKey, names: &TableNames) -> TokenStream {
    let words = key_words(key);
    match &key.target {
        IndexTarget::Column(column) => {
            let field = names.in_attribute(column);
            quote!(#field #words)
        }
        IndexTarget::Expression(expression) => {
            let expression = expression.as_str();
            quote!(expr = #expression #words)
        }
    }
}

pub(super) fn index_options(
    index: &Index,
    usual: Option<String>,
    names: &TableNames,
) -> Vec<TokenStream> {
    let mut options = name_unless(index.name.as_ref(), usual);
    options.extend(index.unique.then(|| quote!(unique)));
    options.extend(index.method.as_ref().map(|m| quote!(using = #m)));
    if !index.include.is_empty() {
        let fields = names.fields(&index.include);
        options.push(quote!(include(#(#fields),*)));
    }
    options.extend(index.nulls_not_distinct.then(|| quote!(nulls_not_distinct)));
    options.extend(index.predicate.as_ref().map(|p| {
        let condition = p.as_str();
        quote!(where = #condition)
    }));
    options
}

/// `on_delete = cascade` and `on_update = ..`.
pub(super) fn action_keys(key: &ForeignKey) -> Vec<TokenStream> {
    let action = |action: ReferentialAction| match action {
        ReferentialAction::NoAction => None,
        ReferentialAction::Restrict => Some(quote!(restrict)),
        ReferentialAction::Cascade => Some(quote!(cascade)),
        ReferentialAction::SetNull => Some(quote!(set_null)),
        ReferentialAction::SetDefault => Some(quote!(set_default)),
    };
    let delete = action(key.on_delete).map(|a| quote!(on_delete = #a));
    let update = action(key.on_update).map(|a| quote!(on_update = #a));
    delete.into_iter().chain(update).collect()
}

/// Everything else about a foreign key.
pub(super) fn foreign_key_options(key: &ForeignKey, usual: Option<String>) -> Vec<TokenStream> {
    let mut options = name_unless(key.name.as_ref(), usual);
    options.extend(deferrable(key.deferrable));
    options.extend(key.not_valid.then(|| quote!(not_valid)));
    options
}
