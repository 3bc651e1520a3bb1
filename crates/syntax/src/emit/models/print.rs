//! Tokens of attributes as text, spaced as people write them.
//!
//! Ready-made printers know the grammar of Rust only, and take `=>` or a word
//! behind a field apart.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// The tokens on one line.
pub(super) fn printed(tokens: TokenStream) -> String {
    let mut out = String::new();
    // Whether the next token follows without a space.
    let mut tight = true;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let inside = printed(group.stream());
                match group.delimiter() {
                    Delimiter::Parenthesis => out.push_str(&format!("({inside})")),
                    Delimiter::Bracket => out.push_str(&format!("[{inside}]")),
                    Delimiter::Brace => out.push_str(&format!("{{{inside}}}")),
                    Delimiter::None => out.push_str(&inside),
                }
                tight = false;
            }
            TokenTree::Punct(punct) => match punct.as_char() {
                ',' => {
                    out.push_str(", ");
                    tight = true;
                }
                ':' => {
                    out.push(':');
                    tight = true;
                }
                '=' => {
                    out.push_str(" =");
                    let joint = punct.spacing() == Spacing::Joint;
                    if !joint {
                        out.push(' ');
                    }
                    tight = true;
                }
                '>' => {
                    out.push_str("> ");
                    tight = true;
                }
                other => {
                    if !tight {
                        out.push(' ');
                    }
                    out.push(other);
                    tight = true;
                }
            },
            word => {
                if !tight {
                    out.push(' ');
                }
                out.push_str(&word.to_string());
                tight = false;
            }
        }
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::printed;
    use quote::quote;

    #[test]
    fn attributes_read_as_people_write_them() {
        let written = quote!(
            a, r#type = -5, index(b desc collate "nocase", expr = "lower(c)" desc), references = User::id,
            foreign_key(a, b => "x y"("z")), default = sql("now()"), nulls first, foreign_key(c => Other(d))
        );
        assert_eq!(
            printed(written),
            "a, r#type = -5, index(b desc collate \"nocase\", expr = \"lower(c)\" desc), \
             references = User::id, foreign_key(a, b => \"x y\"(\"z\")), \
             default = sql(\"now()\"), nulls first, foreign_key(c => Other(d))"
        );
    }
}
