//! `cfg` and `cfg_attr`, read as the scanner must: everything but `test` is on.

use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

/// A condition: `None` where nobody can tell, which counts as on.
fn evaluate(meta: &Meta) -> Option<bool> {
    if meta.path().is_ident("test") {
        return Some(false);
    }
    let Meta::List(list) = meta else { return None };
    let parts = list
        .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
        .ok()?;
    let mut values = parts.iter().map(evaluate);
    if list.path.is_ident("not") {
        return values.next()?.map(|value| !value);
    }
    let decisive = if list.path.is_ident("all") {
        false
    } else if list.path.is_ident("any") {
        true
    } else {
        return None;
    };
    let values: Vec<_> = values.collect();
    if values.contains(&Some(decisive)) {
        Some(decisive)
    } else if values.contains(&None) {
        None
    } else {
        Some(!decisive)
    }
}

/// Whether an item with these attributes exists outside of tests.
pub(crate) fn enabled(attributes: &[Attribute]) -> bool {
    effective(attributes)
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .filter_map(|attribute| attribute.parse_args::<Meta>().ok())
        .all(|condition| evaluate(&condition) != Some(false))
}

/// The attributes that hold, those inside `cfg_attr` too.
pub(crate) fn effective(attributes: &[Attribute]) -> Vec<Attribute> {
    let mut found = Vec::new();
    for attribute in attributes {
        unfold(attribute, &mut found);
    }
    found
}

fn unfold(attribute: &Attribute, found: &mut Vec<Attribute>) {
    if !attribute.path().is_ident("cfg_attr") {
        found.push(attribute.clone());
        return;
    }
    let Meta::List(list) = &attribute.meta else {
        return;
    };
    let inner = |input: ParseStream| {
        let condition: Meta = input.parse()?;
        let mut attributes = Vec::new();
        while input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            // parsed as a whole attribute: its arguments may hold keywords
            let meta: Meta = input.parse()?;
            attributes.push(Attribute {
                meta,
                ..attribute.clone()
            });
        }
        Ok((condition, attributes))
    };
    // what does not parse here is the compiler's to refuse
    let Ok((condition, attributes)) = inner.parse2(list.tokens.clone()) else {
        return;
    };
    if evaluate(&condition) != Some(false) {
        for attribute in &attributes {
            unfold(attribute, found);
        }
    }
}
