//! The way back of values that steps have renamed.

use aludel_core::change::Pair;
use aludel_core::diff::ValuesOf;
use aludel_core::schema::{Schema, TableName};

use super::halfway::Image;
use crate::run::journal::RenamedValues;

type Renames = Vec<(ValuesOf, Pair<String>)>;

/// What all steps together have made of values: each by its first name and by
/// its last.
fn altogether<'s>(steps: impl IntoIterator<Item = &'s RenamedValues>) -> Vec<Pair<String>> {
    let mut names: Vec<Pair<String>> = Vec::new();
    for step in steps {
        let before = names.clone();
        for pair in &step.values {
            match before.iter().position(|known| known.to == pair.from) {
                Some(at) => names[at].to.clone_from(&pair.to),
                None => names.push(pair.clone()),
            }
        }
    }
    names.retain(|pair| pair.from != pair.to);
    names
}

/// The renames back in the rows of columns, by the names of before.
pub(super) fn of_columns(steps: &[RenamedValues], images: &[Image]) -> Renames {
    let mut found = Renames::new();
    for image in images {
        for (was, is) in &image.columns {
            let about = |step: &&RenamedValues| {
                let column = step.column.as_deref();
                let same = |name: &str| name.eq_ignore_ascii_case(is.as_str());
                (step.of).eq_ignore_ascii_case(image.now.name.as_str()) && column.is_some_and(same)
            };
            let of = ValuesOf::Column(image.before.clone(), was.clone());
            let back = altogether(steps.iter().filter(about)).into_iter();
            found.extend(back.map(|pair| (of.clone(), pair.reverse())));
        }
    }
    found
}

/// The renames back in enum types, which have those values now and had them
/// before.
pub(super) fn of_types(steps: &[RenamedValues], schemas: Pair<&Schema>) -> Renames {
    let has = |schema: &Schema, name: &TableName, value: &String| {
        let known = schema.enums.get(name);
        known.is_some_and(|ty| ty.values.contains(value))
    };
    let mut found = Renames::new();
    for name in schemas.to.enums.keys() {
        let about = |step: &&RenamedValues| step.column.is_none() && step.of == name.name.as_str();
        for pair in altogether(steps.iter().filter(about)) {
            if has(schemas.from, name, &pair.to) && has(schemas.to, name, &pair.from) {
                found.push((ValuesOf::Enum(name.clone()), pair.reverse()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_through_a_spare_name_is_seen_as_one() {
        let step = |values: &[(&str, &str)]| RenamedValues {
            of: "mood".into(),
            column: None,
            values: values
                .iter()
                .map(|(from, to)| Pair::new((*from).to_owned(), (*to).to_owned()))
                .collect(),
        };
        let pair = |from: &str, to: &str| Pair::new(from.to_owned(), to.to_owned());
        let swap = [
            step(&[("a", "b__1")]),
            step(&[("b", "a")]),
            step(&[("b__1", "b")]),
        ];
        assert_eq!(altogether(&swap), [pair("a", "b"), pair("b", "a")]);
        let at_once = [step(&[("a", "b"), ("b", "a")]), step(&[("c", "d")])];
        assert_eq!(
            altogether(&at_once),
            [pair("a", "b"), pair("b", "a"), pair("c", "d")]
        );
        let back = [step(&[("a", "b")]), step(&[("b", "a")])];
        assert_eq!(altogether(&back), []);
    }
}
