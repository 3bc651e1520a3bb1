//! Spellings of names: `snake_case` and its kin.

/// The rules that `rename_all` knows.
pub(crate) const RULES: &[&str] = &[
    "snake_case",
    "lowercase",
    "UPPERCASE",
    "SCREAMING_SNAKE_CASE",
    "kebab-case",
    "camelCase",
    "PascalCase",
];

/// The words of an identifier: split at `_`, before a capital that follows a
/// small letter or digit, and before the last capital of a run of them.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let chars: Vec<char> = name.chars().collect();
    for (at, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let before = at.checked_sub(1).and_then(|b| chars.get(b));
        let after = chars.get(at + 1);
        let starts = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || b.is_numeric()
                    || (b.is_uppercase() && after.is_some_and(|a| a.is_lowercase()))
            });
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + &chars.as_str().to_lowercase()
    })
}

/// The name under a rule; `None` if there is no such rule.
pub(crate) fn rename(name: &str, rule: &str) -> Option<String> {
    let words = words(name);
    let lower = || words.iter().map(|w| w.to_lowercase()).collect::<Vec<_>>();
    Some(match rule {
        "lowercase" => name.to_lowercase(),
        "UPPERCASE" => name.to_uppercase(),
        "snake_case" => lower().join("_"),
        "SCREAMING_SNAKE_CASE" => lower().join("_").to_uppercase(),
        "kebab-case" => lower().join("-"),
        "PascalCase" => words.iter().map(|w| capitalised(w)).collect(),
        "camelCase" => {
            let pascal: Vec<String> = words.iter().map(|w| capitalised(w)).collect();
            match pascal.split_first() {
                Some((first, rest)) => first.to_lowercase() + &rest.concat(),
                None => String::new(),
            }
        }
        _ => return None,
    })
}

/// `NodeInfo` is `node_info`.
pub(crate) fn snake(name: &str) -> String {
    rename(name, "snake_case").unwrap_or_default()
}
