//! An expression with a pair of parentheses around every operation.
//!
//! MySQL reports `a + b > 1 and c` as `(((a + b) > 1) and c)`. It owns which
//! operator binds how strongly (MySQL 8.4 Reference Manual, 14.4.1 "Operator
//! Precedence"; MariaDB's is the same for what is read here). What it does not
//! read, it says nothing of: then the server is asked.

use super::expression::{Token, tokens};

/// The one form of an expression; `None` where it holds what is not read here.
pub(super) fn of(text: &str) -> Option<String> {
    let list = joined(&tokens(text)?);
    let mut reader = Reader { list, at: 0 };
    let tree = reader.expression(0)?;
    (reader.at == reader.list.len()).then_some(tree)
}

/// A token; signs that are one operator are together.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Word(String),
    /// A text or a number, as it is compared.
    Constant(String),
    Sign(String),
}

fn joined(list: &[Token]) -> Vec<Part> {
    const SIGNS: &[&str] = &[
        "<=>", "->>", "<=", ">=", "<>", "!=", "<<", ">>", "||", "&&", "->",
    ];
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(token) = list.get(at) {
        at += 1;
        parts.push(match token {
            Token::Word(word) => Part::Word(word.clone()),
            Token::Text(text) => Part::Constant(format!("'{}'", text.replace('\'', "''"))),
            Token::Number(number) => Part::Constant(number.clone()),
            Token::Symbol(first) => {
                let rest = list[at..].iter().map_while(|token| match token {
                    Token::Symbol(symbol) => Some(*symbol),
                    _ => None,
                });
                let run: String = std::iter::once(*first).chain(rest).collect();
                let sign = SIGNS.iter().find(|sign| run.starts_with(**sign));
                let sign = sign.map_or_else(|| first.to_string(), |sign| (*sign).to_owned());
                at += sign.chars().count() - 1;
                Part::Sign(if sign == "!=" { "<>".to_owned() } else { sign })
            }
        });
    }
    parts
}

/// How strongly an operator between two operands binds.
fn strength(part: &Part) -> Option<u8> {
    Some(match part {
        Part::Word(word) => match word.as_str() {
            "or" => 1,
            "xor" => 2,
            "and" => 3,
            "is" | "like" | "in" | "between" | "not" => COMPARISON,
            "div" | "mod" => 11,
            "collate" => 14,
            _ => return None,
        },
        Part::Sign(sign) => match sign.as_str() {
            "&&" => 3,
            "=" | "<=>" | "<" | ">" | "<=" | ">=" | "<>" => COMPARISON,
            "|" => 7,
            "&" => 8,
            "<<" | ">>" => 9,
            "+" | "-" => 10,
            "*" | "/" | "%" => 11,
            "^" => 12,
            "->" | "->>" => 15,
            _ => return None,
        },
        Part::Constant(_) => return None,
    })
}

const NOT: u8 = 4;
const COMPARISON: u8 = 6;
const UNARY: u8 = 13;

struct Reader {
    list: Vec<Part>,
    at: usize,
}

impl Reader {
    fn is_word(&self, word: &str) -> bool {
        matches!(self.list.get(self.at), Some(Part::Word(w)) if w == word)
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.list.get(self.at), Some(Part::Sign(s)) if s == sign);
        self.at += usize::from(found);
        found
    }

    /// An expression whose operators bind at least so strongly.
    fn expression(&mut self, least: u8) -> Option<String> {
        let mut left = self.operand()?;
        while let Some(next) = self.list.get(self.at) {
            let Some(strength) = strength(next).filter(|s| *s >= least) else {
                break;
            };
            left = self.operation(left, strength)?;
        }
        Some(left)
    }

    /// What follows an operand that is in hand.
    fn operation(&mut self, left: String, strength: u8) -> Option<String> {
        let part = self.list.get(self.at)?.clone();
        self.at += 1;
        let word = match part {
            Part::Word(word) | Part::Sign(word) => word,
            Part::Constant(_) => return None,
        };
        match word.as_str() {
            "not" => {
                let positive = matches!(self.list.get(self.at), Some(Part::Word(w))
                    if matches!(w.as_str(), "in" | "like" | "between"));
                let found = positive.then(|| self.operation(left, strength))??;
                Some(format!("(not {found})"))
            }
            "is" => {
                let negative = self.takes_word("not");
                let Some(Part::Word(what)) = self.list.get(self.at).cloned() else {
                    return None;
                };
                self.at += 1;
                let known = matches!(what.as_str(), "null" | "true" | "false");
                let found = known.then(|| format!("({left} is {what})"))?;
                Some(if negative {
                    format!("(not {found})")
                } else {
                    found
                })
            }
            "in" => {
                let list = self.takes("(").then(|| self.list_to_the_end())??;
                Some(format!("({left} in {list})"))
            }
            "between" => {
                let low = self.expression(COMPARISON + 1)?;
                let high = self
                    .takes_word("and")
                    .then(|| self.expression(COMPARISON + 1))??;
                Some(format!("({left} between {low} and {high})"))
            }
            "and" | "&&" => Some(flat("and", &left, &self.expression(strength + 1)?)),
            "or" => Some(flat("or", &left, &self.expression(strength + 1)?)),
            "mod" => {
                let right = self.expression(strength + 1)?;
                Some(format!("({left} % {right})"))
            }
            word => {
                let right = self.expression(strength + 1)?;
                if self.is_word("escape") {
                    return None;
                }
                Some(format!("({left} {word} {right})"))
            }
        }
    }

    /// One value: what stands before any operator.
    fn operand(&mut self) -> Option<String> {
        let part = self.list.get(self.at)?.clone();
        self.at += 1;
        match part {
            Part::Constant(text) => Some(text),
            Part::Sign(sign) => match sign.as_str() {
                "(" => {
                    let inner = self.expression(0)?;
                    self.takes(")").then_some(inner)
                }
                "-" => Some(format!("-{}", self.expression(UNARY)?)),
                "~" => Some(format!("~{}", self.expression(UNARY)?)),
                _ => None,
            },
            Part::Word(word) => self.word(&word),
        }
    }

    fn word(&mut self, word: &str) -> Option<String> {
        match word {
            "not" => {
                let inner = self.expression(NOT)?;
                Some(format!("(not {inner})"))
            }
            "case" => self.case(),
            "null" | "true" | "false" => Some(word.to_owned()),
            // Words with a grammar of their own.
            "interval" | "binary" | "exists" | "select" | "match" | "row" | "default"
            | "values" | "cast" | "convert" | "distinct" | "when" | "then" | "else" | "end"
            | "and" | "or" | "xor" | "is" | "in" | "like" | "between" | "div" | "mod"
            | "collate" | "date" | "time" | "timestamp" | "char" | "extract" | "trim"
            | "position" | "regexp" | "rlike" => None,
            _ if self.takes("(") => Some(format!("{word}{}", self.list_to_the_end()?)),
            _ => Some(format!("`{word}`")),
        }
    }

    /// Values to the closing parenthesis.
    fn list_to_the_end(&mut self) -> Option<String> {
        let mut values = Vec::new();
        if self.takes(")") {
            return Some("()".to_owned());
        }
        loop {
            values.push(self.expression(0)?);
            if self.takes(")") {
                return Some(format!("({})", values.join(",")));
            }
            if !self.takes(",") {
                return None;
            }
        }
    }

    fn case(&mut self) -> Option<String> {
        let mut text = "(case".to_owned();
        if !self.is_word("when") {
            text.push_str(&format!(" {}", self.expression(0)?));
        }
        while self.takes_word("when") {
            let condition = self.expression(0)?;
            let value = self.takes_word("then").then(|| self.expression(0))??;
            text.push_str(&format!(" when {condition} then {value}"));
        }
        if self.takes_word("else") {
            text.push_str(&format!(" else {}", self.expression(0)?));
        }
        self.takes_word("end").then(|| text + " end)")
    }
}

/// `and` and `or` over as many as there are: `(a and b) and c` is one list.
fn flat(word: &str, left: &str, right: &str) -> String {
    let of = |side: &str| {
        let inner = side.strip_prefix(&format!("({word}: "));
        let inner = inner.and_then(|inner| inner.strip_suffix(')'));
        inner.map_or_else(|| side.to_owned(), str::to_owned)
    };
    format!("({word}: {}; {})", of(left), of(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mysql_reports_is_what_was_said() {
        // As 9.7 reports them.
        for (said, reported) in [
            (
                "price > 0 AND name IN ('a', 'b')",
                "((`price` > 0) and (`name` in (_utf8mb4'a',_utf8mb4'b')))",
            ),
            (
                "price + 1 * 2 > 3 or not name like 'a%'",
                "(((`price` + (1 * 2)) > 3) or (not((`name` like _utf8mb3'a%'))))",
            ),
            ("a not like 'x'", "(not((`a` like _utf8mb4'x')))"),
            ("a NOT IN (1, 2)", "(`a` not in (1,2))"),
            ("a IS NOT NULL", "(`a` is not null)"),
            (
                "a AND b and (c AND d)",
                "((`a`) and (`b`) and (`c`) and (`d`))",
            ),
            ("a between 1 and 5 and b", "((`a` between 1 and 5) and `b`)"),
            ("a - b - c", "((`a` - `b`) - `c`)"),
            ("a != -5", "(`a` <> -(5))"),
            (
                "case when a > 0 then 1 else -1 end",
                "(case when (`a` > 0) then 1 else -(1) end)",
            ),
            ("lower(a) = 'x'", "(lower(`a`) = _utf8mb4'x')"),
            ("a div 2 % 3", "((`a` DIV 2) % 3)"),
        ] {
            assert!(of(said).is_some(), "{said}");
            assert_eq!(of(said), of(reported), "{said}");
        }
    }

    #[test]
    fn what_differs_is_not_the_same() {
        for (a, b) in [
            ("a - (b - c)", "a - b - c"),
            ("(a or b) and c", "a or b and c"),
            ("not (a and b)", "not a and b"),
            ("a = 'A'", "a = 'a'"),
            ("a = '1'", "a = 1"),
            ("a + b * c", "(a + b) * c"),
            ("not a = b", "(not a) = b"),
            ("a in (1, 2)", "a in (2, 1)"),
        ] {
            assert!(of(a).is_some() && of(b).is_some(), "{a} {b}");
            assert_ne!(of(a), of(b), "{a} {b}");
        }
    }

    #[test]
    fn of_what_is_not_read_nothing_is_said() {
        for text in [
            "a || b",
            "!a",
            "a + interval 1 day",
            "cast(a as unsigned)",
            "a like 'x' escape '|'",
            "a regexp 'x'",
            "a +",
            "(a",
            "a b",
            "a in (select 1)",
            "",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
