//! Where the calls of a migration file break over lines: as rustfmt breaks
//! them with its defaults, so that a formatter run changes nothing.
//!
//! This module owns widths and line breaks of a closed set of expressions and
//! must not know what they say.

use unicode_width::UnicodeWidthStr;

const MAX_WIDTH: usize = 100;
const TAB: usize = 4;
/// A chain of two calls or more stands on one line up to this width.
const CHAIN_WIDTH: usize = 60;
/// Arguments and array elements stand on one line up to this width.
const LIST_WIDTH: usize = 60;
/// Elements up to this width are filled into lines instead of one a line.
const SHORT_ELEMENT: usize = 10;

/// The expressions that migration files are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// A literal or a path: text that never breaks.
    Atom(String),
    /// `head(args)`
    Call(String, Vec<Expr>),
    /// `[items]`
    Array(Vec<Expr>),
    /// `receiver.method(args).method(args)`
    Chain(Box<Expr>, Vec<Link>),
}

/// `.method(args)`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) method: String,
    pub(super) args: Vec<Expr>,
}

impl Expr {
    /// The same expression with one call more.
    pub(super) fn then(self, method: &str, args: Vec<Expr>) -> Self {
        let link = Link {
            method: method.to_owned(),
            args,
        };
        match self {
            Self::Chain(receiver, mut links) => {
                links.push(link);
                Self::Chain(receiver, links)
            }
            receiver => Self::Chain(Box::new(receiver), vec![link]),
        }
    }

    /// Without any line break.
    fn flat(&self) -> String {
        let list = |items: &[Expr]| items.iter().map(Expr::flat).collect::<Vec<_>>().join(", ");
        match self {
            Self::Atom(text) => text.clone(),
            Self::Call(head, args) => format!("{head}({})", list(args)),
            Self::Array(items) => format!("[{}]", list(items)),
            Self::Chain(receiver, links) => {
                let mut out = receiver.flat();
                for link in links {
                    out.push_str(&format!(".{}({})", link.method, list(&link.args)));
                }
                out
            }
        }
    }

    fn is_simple(&self) -> bool {
        matches!(self, Self::Atom(_))
    }
}

/// The room for an expression: the indent of its block, how far to the right of
/// that it begins, and how wide its first line may be.
#[derive(Debug, Clone, Copy)]
struct Room {
    indent: usize,
    offset: usize,
    width: usize,
}

impl Room {
    fn at(indent: usize) -> Self {
        Self {
            indent,
            offset: 0,
            width: MAX_WIDTH.saturating_sub(indent),
        }
    }

    /// What is left after some text.
    fn after(self, width: usize) -> Option<Self> {
        Some(Self {
            indent: self.indent,
            offset: self.offset + width,
            width: self.width.checked_sub(width)?,
        })
    }

    /// What is left before some text.
    fn before(self, width: usize) -> Option<Self> {
        let width = self.width.checked_sub(width)?;
        Some(Self { width, ..self })
    }

    /// How much is kept free on the right.
    fn kept(self) -> usize {
        MAX_WIDTH.saturating_sub(self.indent + self.offset + self.width)
    }

    fn fits(self, text: &str) -> bool {
        let mut lines = text.lines();
        let first = lines.next().map_or(0, UnicodeWidthStr::width);
        first <= self.width
            && lines.clone().all(|line| line.width() <= MAX_WIDTH)
            && lines
                .next_back()
                .is_none_or(|last| last.width() <= self.indent + self.offset + self.width)
    }
}

/// An expression as a statement, its first line without indent. Where it fits
/// nowhere it stays on one line: rustfmt then leaves it alone.
pub(super) fn statement(expr: &Expr, indent: usize) -> String {
    let printed = Room::at(indent)
        .before(1)
        .and_then(|room| print(expr, room, false));
    format!("{};", printed.unwrap_or_else(|| expr.flat()))
}

/// How `head(first, |t| { .. });` begins, and by how much its block is indented
/// beyond the statement.
pub(super) fn closure(head: &str, first: &Expr, indent: usize) -> (String, usize) {
    let closure = "|t| {";
    let flat = first.flat();
    // rustfmt measures the first argument here in bytes.
    let arguments = flat.len() + 2 + closure.len();
    let room = MAX_WIDTH.saturating_sub(indent + head.width() + 3);
    if arguments <= LIST_WIDTH.min(room) {
        return (format!("{head}({flat}, {closure}"), 0);
    }
    let inner = indent + TAB;
    let first = Room::at(inner)
        .before(1)
        .and_then(|room| print(first, room, false));
    let first = first.unwrap_or(flat);
    let tab = " ".repeat(inner);
    (format!("{head}(\n{tab}{first},\n{tab}{closure}"), TAB)
}

/// `one_line`: a chain that needs several lines is an error.
fn print(expr: &Expr, room: Room, one_line: bool) -> Option<String> {
    let text = match expr {
        Expr::Atom(text) => text.clone(),
        Expr::Call(head, args) => list(head, ['(', ')'], args, room, one_line)?,
        Expr::Array(items) => list("", ['[', ']'], items, room, one_line)?,
        Expr::Chain(receiver, links) => chain(receiver, links, room, one_line)?,
    };
    room.fits(&text).then_some(text)
}

fn link(link: &Link, room: Room, one_line: bool) -> Option<String> {
    let head = format!(".{}", link.method);
    list(&head, ['(', ')'], &link.args, room, one_line)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    One,
    /// As many items a line as go in.
    Filled,
    /// One item a line.
    Each,
}

fn list(
    head: &str,
    brackets: [char; 2],
    items: &[Expr],
    room: Room,
    one_line: bool,
) -> Option<String> {
    let [open, close] = brackets;
    let used = head.width();
    let inside = room.width.saturating_sub(used + 2);
    let nested = Room::at(room.indent + TAB).before(1)?;
    if items.is_empty() {
        return Some(format!("{head}{open}{close}"));
    }
    let mut texts: Vec<Option<String>> = items
        .iter()
        .map(|item| print(item, nested, one_line))
        .collect();
    let beside = room.after(used + 1).and_then(|room| room.before(1));
    let beside = beside.unwrap_or(Room { width: 0, ..room });
    let lines = match items {
        [only] => {
            let (lines, text) = single(head, only, texts.pop()?, beside, inside, one_line);
            texts.push(text);
            lines
        }
        _ => several(items, &texts, inside),
    };
    let texts: Vec<String> = texts.into_iter().collect::<Option<_>>()?;
    let indent = |width: usize| format!("\n{}", " ".repeat(width));
    Some(match lines {
        Lines::One => format!("{head}{open}{}{close}", texts.join(", ")),
        Lines::Each => {
            let separator = format!(",{}", indent(nested.indent));
            let (first, last) = (indent(nested.indent), indent(room.indent));
            format!(
                "{head}{open}{first}{},{last}{close}",
                texts.join(&separator)
            )
        }
        Lines::Filled => {
            let (first, last) = (indent(nested.indent), indent(room.indent));
            format!("{head}{open}{first}{}{last}{close}", filled(&texts, nested))
        }
    })
}

fn several(items: &[Expr], texts: &[Option<String>], inside: usize) -> Lines {
    let width = |text: &Option<String>| text.as_deref().map_or(0, UnicodeWidthStr::width);
    let total: usize = texts.iter().map(width).sum::<usize>() + 2 * (items.len() - 1);
    let multiline = |text: &Option<String>| text.as_deref().is_some_and(|t| t.contains('\n'));
    if total <= inside.min(LIST_WIDTH) && !texts.iter().any(multiline) {
        Lines::One
    } else if items.iter().all(Expr::is_simple)
        && texts
            .iter()
            .flatten()
            .all(|text| text.len() <= SHORT_ELEMENT)
    {
        Lines::Filled
    } else {
        Lines::Each
    }
}

/// A single argument may begin on the line of its call and end further down.
fn single(
    head: &str,
    item: &Expr,
    nested: Option<String>,
    beside: Room,
    inside: usize,
    one_line: bool,
) -> (Lines, Option<String>) {
    let combine = head.len() < TAB;
    let overflows = combine || !item.is_simple();
    let overflowed = overflows.then(|| {
        let narrow = Room {
            width: beside.width.min(LIST_WIDTH),
            ..beside
        };
        let room = match item {
            Expr::Call(..) => narrow,
            _ => beside,
        };
        let forced = !combine && matches!(item, Expr::Chain(..));
        print(item, room, one_line || forced)
    });
    if let Some(overflowed) = overflowed.flatten() {
        let first = overflowed.lines().next().unwrap_or_default().width();
        if first <= inside.min(LIST_WIDTH) {
            let breaks = overflowed.matches('\n').count();
            return match nested {
                Some(text) if breaks == 1 && !text.contains('\n') => (Lines::One, Some(text)),
                _ => (Lines::One, Some(overflowed)),
            };
        }
    }
    match &nested {
        Some(text) if !text.contains('\n') && inside != 0 && text.width() <= inside => {
            (Lines::One, nested)
        }
        Some(text) if item.is_simple() && text.len() <= SHORT_ELEMENT => (Lines::Filled, nested),
        _ => (Lines::Each, nested),
    }
}

fn filled(texts: &[String], room: Room) -> String {
    let mut out = String::new();
    let mut line = 0;
    for (i, text) in texts.iter().enumerate() {
        // On a first line the very last comma may stand in the margin.
        let last_of_one_line = i + 1 == texts.len() && !out.contains('\n');
        let width = text.width() + usize::from(!last_of_one_line);
        if line > 0 && line + 1 + width > room.width {
            out.push_str(&format!("\n{}", " ".repeat(room.indent)));
            line = 0;
        } else if line > 0 {
            out.push(' ');
            line += 1;
        }
        out.push_str(text);
        out.push(',');
        line += width;
    }
    out
}

fn chain(receiver: &Expr, links: &[Link], room: Room, one_line: bool) -> Option<String> {
    let count = links.len();
    let mut links = links;
    let mut root = print(receiver, room, one_line)?;
    let mut block = matches!(receiver, Expr::Call(..)) && root.contains('\n');
    // A short receiver takes its first calls on its own line.
    while root.len() <= TAB.saturating_sub(room.offset) && !root.contains('\n') {
        let Some((first, rest)) = links.split_first() else {
            break;
        };
        let Some(text) = link(first, room.after(root.len())?, one_line) else {
            break;
        };
        root.push_str(&text);
        block = extendable(&root);
        links = rest;
    }
    let Some((last, middle)) = links.split_last() else {
        return Some(root);
    };
    let below = Room::at(room.indent + if block { 0 } else { TAB });
    let mut texts = vec![root];
    for middle in middle {
        texts.push(link(middle, below, one_line)?);
    }
    let (last, one) = last_link(last, &texts, count, block, room, below, one_line)?;
    texts.push(last);
    if one {
        return Some(texts.concat());
    }
    if one_line {
        return None;
    }
    Some(texts.join(&format!("\n{}", " ".repeat(below.indent))))
}

/// The last call of a chain, and whether the whole chain stands on one line up
/// to it.
fn last_link(
    last: &Link,
    texts: &[String],
    count: usize,
    block: bool,
    room: Room,
    below: Room,
    one_line: bool,
) -> Option<(String, bool)> {
    let root = texts.first()?;
    let extends = block && extendable(root);
    let total: usize = if extends {
        root.lines().last().unwrap_or_default().width()
    } else {
        texts.iter().map(|text| text.width()).sum()
    };
    let most = if count == 1 {
        room.width
    } else {
        room.width.min(CHAIN_WIDTH)
    };
    let budget = most.saturating_sub(total);
    let all_one = texts.iter().all(|text| !text.contains('\n')) && budget > 0;
    let below_last = below.before(room.kept());
    let beside = if all_one {
        room.after(total)
    } else {
        below.after(total)
    };
    if (all_one || extends)
        && let Some(text) = beside.and_then(|beside| link(last, beside, one_line))
    {
        let lines = text.lines().count();
        let fits = text.lines().next().unwrap_or_default().width() <= budget;
        if fits && lines >= 5 {
            return Some((text, all_one));
        }
        let alone = link(last, below_last?, one_line);
        return Some(match alone {
            Some(alone) if !fits || alone.lines().count() < lines => (alone, false),
            _ => (text, fits && all_one),
        });
    }
    let own = if all_one {
        room
    } else if extends {
        below
    } else {
        below_last?
    };
    Some((link(last, own, one_line)?, false))
}

/// Whether the last line is nothing but closing brackets.
fn extendable(text: &str) -> bool {
    let last = text.lines().last().unwrap_or_default();
    text.contains('\n')
        && last
            .chars()
            .all(|c| c.is_whitespace() || "()]}?>".contains(c))
}
