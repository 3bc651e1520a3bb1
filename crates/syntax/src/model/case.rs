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
/// small letter (digits count as what stands before them), and before the last
/// capital of a run of them. sqlx splits in the same places.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in name.split(|c: char| !c.is_alphanumeric()) {
        let mut word = String::new();
        // whether the letter before was a capital, if there is one in this word
        let mut capital = None;
        let mut rest = part.chars().peekable();
        while let Some(c) = rest.next() {
            let next = rest.peek().copied().unwrap_or(c);
            if capital == Some(true) && c.is_uppercase() && next.is_lowercase() {
                words.push(std::mem::take(&mut word));
            }
            word.push(c);
            if c.is_lowercase() || c.is_uppercase() {
                capital = Some(c.is_uppercase());
            }
            if capital == Some(false) && next.is_uppercase() {
                words.push(std::mem::take(&mut word));
                capital = None;
            }
        }
        words.push(word);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_sqlx_does() {
        let cases = [
            ("NodeInfo", "node_info"),
            ("HTMLPage", "html_page"),
            ("XMLHttpRequest2", "xml_http_request2"),
            ("SoSo2Go", "so_so2_go"),
            ("A2B", "a2b"),
            ("already_snake", "already_snake"),
            ("ÄpfelBaum", "äpfel_baum"),
            ("_lead__two", "lead_two"),
        ];
        for (name, expected) in cases {
            assert_eq!(snake(name), expected);
        }
    }

    #[test]
    fn every_rule() {
        let all: Vec<_> = RULES.iter().map(|r| rename("veryLong_name", r)).collect();
        let expected = [
            "very_long_name",
            "verylong_name",
            "VERYLONG_NAME",
            "VERY_LONG_NAME",
            "very-long-name",
            "veryLongName",
            "VeryLongName",
        ];
        assert_eq!(all, expected.map(|name| Some(name.to_owned())));
        assert_eq!(rename("a", "Snake"), None);
    }
}
