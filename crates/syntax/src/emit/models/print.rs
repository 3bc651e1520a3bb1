//! Tokens of attributes as text, spaced as people write them, and broken into
//! lines where rustfmt breaks them.
//!
//! Ready-made printers know the grammar of Rust only, and take `=>` or a word
//! behind a field apart.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use unicode_width::UnicodeWidthStr;

const MAX_WIDTH: usize = 100;
const TAB: usize = 4;
/// Several arguments of an attribute stand on one line up to this width.
const LIST_WIDTH: usize = 70;
/// Words up to this width are filled into lines instead of one a line.
const SHORT: usize = 10;

/// The lines of `#[head(tokens)]`, so many blocks deep.
pub(super) fn attribute(head: &str, tokens: TokenStream, depth: usize) -> Vec<String> {
    let list = Item::List(head.to_owned(), items(tokens));
    let indent = depth * TAB;
    // rustfmt leaves a column free behind what stands in a block.
    let after = "]".len() + depth.min(1);
    let text = list.broken(indent, indent + "#[".len(), after);
    let text = format!("{}#[{text}]", " ".repeat(indent));
    text.lines().map(str::to_owned).collect()
}

/// The lines of a public field.
pub(super) fn field(name: &str, ty: &str) -> Vec<String> {
    let line = format!("    pub {name}: {ty},");
    if line.width() <= MAX_WIDTH {
        return vec![line];
    }
    vec![format!("    pub {name}:"), format!("        {ty},")]
}

/// One argument of an attribute.
enum Item {
    /// A word or a literal alone.
    Simple(String),
    /// Other text that never breaks.
    Other(String),
    /// `head(items)`
    List(String, Vec<Item>),
}

/// What stands between the commas.
fn items(tokens: TokenStream) -> Vec<Item> {
    let mut items = Vec::new();
    let mut current: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                items.push(item(std::mem::take(&mut current)));
            }
            _ => current.push(token),
        }
    }
    if !current.is_empty() {
        items.push(item(current));
    }
    items
}

fn item(tokens: Vec<TokenTree>) -> Item {
    if let [TokenTree::Ident(head), TokenTree::Group(group)] = tokens.as_slice()
        && group.delimiter() == Delimiter::Parenthesis
    {
        return Item::List(head.to_string(), items(group.stream()));
    }
    let alone = tokens.len() == 1;
    let text = printed(tokens.into_iter().collect());
    if alone {
        Item::Simple(text)
    } else {
        Item::Other(text)
    }
}

impl Item {
    fn flat(&self) -> String {
        match self {
            Self::Simple(text) | Self::Other(text) => text.clone(),
            Self::List(head, items) => {
                let items: Vec<String> = items.iter().map(Self::flat).collect();
                format!("{head}({})", items.join(", "))
            }
        }
    }

    /// The text of it: `used` columns stand before it on its line, `after` must
    /// be left free behind it.
    fn broken(&self, indent: usize, used: usize, after: usize) -> String {
        let flat = self.flat();
        let Self::List(head, items) = self else {
            return flat;
        };
        let fits = used + flat.width() + after <= MAX_WIDTH;
        let arguments = flat.width().saturating_sub(head.width() + 2);
        match items.as_slice() {
            [] => return flat,
            [inner @ Self::List(..)] => {
                // One column for the bracket, and one that rustfmt leaves free.
                let inner = inner.broken(indent, used + head.width() + 1, after + 2);
                return format!("{head}({inner})");
            }
            [Self::Simple(_) | Self::Other(_)] if fits => return flat,
            [_, _, ..] if fits && arguments <= LIST_WIDTH => return flat,
            _ => {}
        }
        let deeper = indent + TAB;
        let short = |item: &Self| matches!(item, Self::Simple(text) if text.len() <= SHORT);
        if items.iter().all(short) {
            let lines =
                filled(items, MAX_WIDTH - deeper).join(&format!("\n{}", " ".repeat(deeper)));
            return format!(
                "{head}(\n{}{lines}\n{})",
                " ".repeat(deeper),
                " ".repeat(indent)
            );
        }
        let lines: Vec<String> = items
            .iter()
            .map(|item| {
                let comma = 1;
                format!(
                    "{}{}",
                    " ".repeat(deeper),
                    item.broken(deeper, deeper, comma)
                )
            })
            .collect();
        format!("{head}(\n{}\n{})", lines.join(",\n"), " ".repeat(indent))
    }
}

/// As many items a line as go in.
fn filled(items: &[Item], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let comma = if at + 1 < items.len() { "," } else { "" };
        let text = format!("{}{comma}", item.flat());
        match lines.last_mut() {
            Some(line) if line.width() + 1 + text.width() < width => {
                line.push(' ');
                line.push_str(&text);
            }
            _ => lines.push(text),
        }
    }
    lines
}

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
