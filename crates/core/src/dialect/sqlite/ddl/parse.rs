//! From the text of a `CREATE TABLE` to its parts.

use std::ops::Range;

use super::super::lexer::{self, Token};
use super::cursor::Cursor;
use super::parts::{Clause, ColumnItem, KeyList, KeyPart, Kind, Parts, Reference};
use crate::error::Result;
use crate::schema::{Deferrable, Name, ReferentialAction};

/// Cuts the text of a table into its parts.
pub(super) fn parse(sql: &str) -> Result<Parts> {
    let mut cursor = Cursor {
        sql,
        tokens: lexer::tokens(sql)?,
        at: 0,
    };
    cursor.table()
}

impl Cursor<'_> {
    fn table(&mut self) -> Result<Parts> {
        self.expect("create")?;
        if !self.eat("temp") {
            self.eat("temporary");
        }
        self.expect("table")?;
        if self.peek("if") && self.peek_at(1, "not") && self.peek_at(2, "exists") {
            self.at += 3;
        }
        let mut name = self.name()?;
        if self.eat(".") {
            name = self.name()?;
        }
        self.expect("(")?;
        let mut columns = Vec::new();
        let mut constraints = Vec::new();
        while !self.peek(")") {
            if self.at_constraint() {
                constraints.push(self.constraint()?);
                self.eat(",");
            } else if constraints.is_empty() {
                columns.push(self.column()?);
                if !self.peek(")") {
                    self.expect(",")?;
                }
            } else {
                return Err(self.unexpected("a constraint"));
            }
        }
        let close = self.expect(")")?;
        let mut parts = Parts {
            tokens: Vec::new(),
            name,
            columns,
            constraints,
            options: close.range.end..close.range.end,
            strict: false,
            without_rowid: false,
        };
        self.options(&mut parts)?;
        parts.tokens = std::mem::take(&mut self.tokens);
        Ok(parts)
    }

    fn options(&mut self, parts: &mut Parts) -> Result<()> {
        while self.at < self.tokens.len() && !self.peek(";") {
            let word = self.name()?;
            match lexer::unquote(word.text(self.sql))
                .to_ascii_lowercase()
                .as_str()
            {
                "strict" => parts.strict = true,
                "without" => {
                    self.name()?;
                    parts.without_rowid = true;
                }
                _ => return Err(self.unexpected("an option of the table")),
            }
            parts.options.end = self.end();
            if self.at < self.tokens.len() && !self.peek(";") {
                self.expect(",")?;
            }
        }
        self.eat(";");
        if self.at < self.tokens.len() {
            return Err(self.unexpected("the end"));
        }
        Ok(())
    }

    fn column(&mut self) -> Result<ColumnItem> {
        let token = self.name()?;
        let first = self.at;
        while !self.at_clause() && !self.peek(",") && !self.peek(")") {
            if self.peek("(") {
                self.group()?;
                break;
            }
            self.name()?;
        }
        let ty = (self.at > first).then(|| self.tokens[first].range.start..self.end());
        let mut clauses = Vec::new();
        while !self.peek(",") && !self.peek(")") {
            clauses.push(self.clause()?);
        }
        Ok(ColumnItem {
            range: token.range.start..self.end(),
            name: Name::new(lexer::unquote(token.text(self.sql))),
            token,
            ty,
            clauses,
        })
    }

    /// Whether a clause of a column begins here. The type, which may be any
    /// words, ends before it.
    fn at_clause(&self) -> bool {
        const FIRST: [&str; 11] = [
            "constraint",
            "default",
            "null",
            "not",
            "primary",
            "unique",
            "check",
            "references",
            "deferrable",
            "collate",
            "as",
        ];
        FIRST.iter().any(|word| self.peek(word))
            || (self.peek("generated") && self.peek_at(1, "always"))
    }

    fn at_constraint(&self) -> bool {
        ["constraint", "primary", "unique", "check", "foreign"]
            .iter()
            .any(|word| self.peek(word))
    }

    fn constraint_name(&mut self) -> Result<Option<Name>> {
        let mut name = None;
        while self.eat("constraint") {
            let token = self.name()?;
            name = Some(Name::new(lexer::unquote(token.text(self.sql))));
        }
        Ok(name)
    }

    fn clause(&mut self) -> Result<Clause> {
        let first = self.at;
        let name = self.constraint_name()?;
        let start = self.start()?;
        let mut conflict = None;
        let kind = if self.eat("not") {
            self.expect("null")?;
            conflict = self.conflict()?;
            Kind::NotNull
        } else if self.eat("null") {
            conflict = self.conflict()?;
            Kind::Null
        } else if self.eat("primary") {
            self.expect("key")?;
            let descending = !self.eat("asc") && self.eat("desc");
            conflict = self.conflict()?;
            Kind::PrimaryKey {
                keys: None,
                descending,
                autoincrement: self.autoincrement(),
            }
        } else if self.eat("unique") {
            conflict = self.conflict()?;
            Kind::Unique(None)
        } else if self.eat("check") {
            Kind::Check(self.group()?)
        } else if self.eat("default") {
            Kind::Default(self.default_value()?)
        } else if self.eat("collate") {
            Kind::Collate(self.name()?.range)
        } else if self.peek("references") {
            Kind::ForeignKey(self.reference(Vec::new())?)
        } else if self.peek("generated") || self.peek("as") {
            self.generated()?
        } else {
            return Err(self.unexpected("a clause of a column"));
        };
        Ok(Clause {
            range: self.tokens[first].range.start..self.end(),
            name,
            start,
            kind,
            conflict,
        })
    }

    fn constraint(&mut self) -> Result<Clause> {
        let first = self.at;
        let name = self.constraint_name()?;
        let start = self.start()?;
        let kind = if self.eat("primary") {
            self.expect("key")?;
            let (keys, autoincrement) = self.key_list()?;
            Kind::PrimaryKey {
                keys: Some(keys),
                descending: false,
                autoincrement,
            }
        } else if self.eat("unique") {
            Kind::Unique(Some(self.key_list()?.0))
        } else if self.eat("check") {
            Kind::Check(self.group()?)
        } else if self.eat("foreign") {
            self.expect("key")?;
            let columns = self.names()?;
            Kind::ForeignKey(self.reference(columns)?)
        } else {
            return Err(self.unexpected("a constraint"));
        };
        let conflict = match kind {
            Kind::ForeignKey(_) => None,
            _ => self.conflict()?,
        };
        Ok(Clause {
            range: self.tokens[first].range.start..self.end(),
            name,
            start,
            kind,
            conflict,
        })
    }

    fn generated(&mut self) -> Result<Kind> {
        if self.eat("generated") {
            self.expect("always")?;
        }
        self.expect("as")?;
        let expression = self.group()?;
        let stored = self.eat("stored");
        if !stored {
            self.eat("virtual");
        }
        Ok(Kind::Generated { expression, stored })
    }

    fn default_value(&mut self) -> Result<Range<usize>> {
        let start = self.start()?;
        if self.peek("(") {
            self.group()?;
        } else {
            if !self.eat("+") {
                self.eat("-");
            }
            self.next()?;
        }
        Ok(start..self.end())
    }

    fn autoincrement(&mut self) -> Option<Range<usize>> {
        self.eat("autoincrement")
            .then(|| self.tokens[self.at - 1].range.clone())
    }

    fn conflict(&mut self) -> Result<Option<Range<usize>>> {
        if !(self.peek("on") && self.peek_at(1, "conflict")) {
            return Ok(None);
        }
        let start = self.start()?;
        self.at += 2;
        self.name()?;
        Ok(Some(start..self.end()))
    }

    fn key_list(&mut self) -> Result<(KeyList, Option<Range<usize>>)> {
        self.expect("(")?;
        let start = self.start()?;
        let mut parts = Vec::new();
        loop {
            let token = self.name()?;
            let from = self.start()?;
            let collation = if self.eat("collate") {
                self.name()?;
                Some(from..self.end())
            } else {
                None
            };
            let descending = !self.eat("asc") && self.eat("desc");
            parts.push(KeyPart {
                token,
                collation,
                descending,
            });
            if !self.eat(",") {
                break;
            }
        }
        let range = start..self.end();
        let autoincrement = self.autoincrement();
        self.expect(")")?;
        Ok((KeyList { parts, range }, autoincrement))
    }

    fn names(&mut self) -> Result<Vec<Token>> {
        self.expect("(")?;
        let mut names = vec![self.name()?];
        while self.eat(",") {
            names.push(self.name()?);
        }
        self.expect(")")?;
        Ok(names)
    }

    fn reference(&mut self, columns: Vec<Token>) -> Result<Reference> {
        self.expect("references")?;
        let table = self.name()?;
        let referenced = if self.peek("(") {
            self.names()?
        } else {
            Vec::new()
        };
        let mut reference = Reference {
            columns,
            table,
            referenced,
            on_delete: ReferentialAction::NoAction,
            on_update: ReferentialAction::NoAction,
            matching: None,
            deferrable: Deferrable::No,
        };
        loop {
            let start = self.at;
            if self.eat("match") {
                self.name()?;
                reference.matching = Some(self.tokens[start].range.start..self.end());
            } else if self.eat("on") {
                if self.eat("delete") {
                    reference.on_delete = self.action()?;
                } else if self.eat("update") {
                    reference.on_update = self.action()?;
                } else {
                    return Err(self.unexpected("`DELETE` or `UPDATE`"));
                }
            } else {
                break;
            }
        }
        reference.deferrable = self.deferrable()?;
        Ok(reference)
    }

    fn action(&mut self) -> Result<ReferentialAction> {
        let first = self.next()?.text(self.sql).to_ascii_lowercase();
        Ok(match first.as_str() {
            "cascade" => ReferentialAction::Cascade,
            "restrict" => ReferentialAction::Restrict,
            "no" => {
                self.expect("action")?;
                ReferentialAction::NoAction
            }
            "set" if self.eat("null") => ReferentialAction::SetNull,
            "set" => {
                self.expect("default")?;
                ReferentialAction::SetDefault
            }
            _ => return Err(self.unexpected("what a foreign key does")),
        })
    }

    fn deferrable(&mut self) -> Result<Deferrable> {
        let not = self.peek("not") && self.peek_at(1, "deferrable");
        if not {
            self.at += 1;
        }
        if !self.eat("deferrable") {
            return Ok(Deferrable::No);
        }
        let deferred = if self.eat("initially") {
            let deferred = self.eat("deferred");
            if !deferred {
                self.expect("immediate")?;
            }
            deferred
        } else {
            false
        };
        Ok(match (not, deferred) {
            (true, _) => Deferrable::No,
            (false, true) => Deferrable::InitiallyDeferred,
            (false, false) => Deferrable::InitiallyImmediate,
        })
    }
}
