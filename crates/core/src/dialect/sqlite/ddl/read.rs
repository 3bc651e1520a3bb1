//! What the parts of a table mean.

use std::ops::Range;

use super::super::default::read_default;
use super::super::expression::unwrapped;
use super::super::lexer::{self, Token, TokenKind};
use super::TableDdl;
use super::parts::{Clause, ColumnItem, Kind, Reference};
use crate::dialect::{Unmanaged, types};
use crate::schema::{
    Check, Column, ColumnType, Expression, ForeignKey, Generated, Name, PrimaryKey, Table,
    TableName, TableOptions, Unique,
};

impl TableDdl {
    /// The table that the text describes, as it is declared: only types are in
    /// canonical form. Indexes are not in the text.
    pub fn read_table(&self) -> Table {
        let mut table = Table::new(TableName::new(self.name()));
        table.columns = self.parts.columns.iter().map(|c| self.column(c)).collect();
        for (column, clause) in self.clauses() {
            match &clause.kind {
                Kind::PrimaryKey { .. } => {
                    table.primary_key = Some(PrimaryKey {
                        name: clause.name.clone(),
                        columns: self.key_columns(column, clause),
                        prefixes: Vec::new(),
                        extra: None,
                    });
                }
                Kind::Unique(_) => push_new(&mut table.uniques, self.unique(column, clause)),
                Kind::Check(range) => push_new(&mut table.checks, self.check(clause, range)),
                Kind::ForeignKey(reference) => push_new(
                    &mut table.foreign_keys,
                    self.foreign_key(column, clause, reference),
                ),
                _ => {}
            }
        }
        table.options = TableOptions {
            strict: self.parts.strict,
            without_rowid: self.parts.without_rowid,
            ..TableOptions::default()
        };
        table
    }

    /// Every clause and constraint, with the column that it stands beside.
    pub(super) fn clauses(&self) -> impl Iterator<Item = (Option<&ColumnItem>, &Clause)> {
        let beside = self
            .parts
            .columns
            .iter()
            .flat_map(|column| column.clauses.iter().map(move |c| (Some(column), c)));
        beside.chain(self.parts.constraints.iter().map(|c| (None, c)))
    }

    fn column(&self, item: &ColumnItem) -> Column {
        let mut column = Column::new(item.name.clone(), self.column_type(item));
        column.nullable = true;
        for clause in &item.clauses {
            match &clause.kind {
                Kind::NotNull => column.nullable = false,
                Kind::Default(value) => column.default = Some(read_default(self.text(value))),
                Kind::Collate(name) => column.collation = Some(lexer::unquote(self.text(name))),
                Kind::Generated { expression, stored } => {
                    column.generated = Some(Generated {
                        expression: self.expression(expression),
                        stored: *stored,
                    });
                }
                _ => {}
            }
        }
        column.autoincrement = self.clauses().any(|(beside, clause)| {
            matches!(
                clause.kind,
                Kind::PrimaryKey {
                    autoincrement: Some(_),
                    ..
                }
            ) && self.key_columns(beside, clause).contains(&item.name)
        });
        column
    }

    /// The type of a column as SQLite takes it: without comments, and without
    /// the quotes around all of it.
    pub(super) fn type_text(&self, item: &ColumnItem) -> String {
        let Some(range) = &item.ty else {
            return String::new();
        };
        let inside = |t: &&Token| t.range.start >= range.start && t.range.end <= range.end;
        let words: Vec<&Token> = self.parts.tokens.iter().filter(inside).collect();
        let text = self.text(range);
        match words.as_slice() {
            [only] if matches!(only.kind, TokenKind::Quoted | TokenKind::Text) => {
                lexer::unquote(only.text(&self.sql))
            }
            _ if !text.contains("--") && !text.contains("/*") => text.to_owned(),
            _ => {
                let words: Vec<&str> = words.iter().map(|t| t.text(&self.sql)).collect();
                words.join(" ")
            }
        }
    }

    fn column_type(&self, item: &ColumnItem) -> ColumnType {
        types::sqlite_read(&self.type_text(item))
    }

    fn expression(&self, range: &Range<usize>) -> Expression {
        Expression::new(unwrapped(self.text(range)))
    }

    /// The columns of a key, spelled as the columns themselves are.
    pub(super) fn key_columns(&self, column: Option<&ColumnItem>, clause: &Clause) -> Vec<Name> {
        let list = match &clause.kind {
            Kind::PrimaryKey { keys, .. } | Kind::Unique(keys) => keys.as_ref(),
            _ => None,
        };
        match list {
            Some(list) => list
                .parts
                .iter()
                .map(|p| self.column_name(&p.token))
                .collect(),
            None => column.map(|c| c.name.clone()).into_iter().collect(),
        }
    }

    fn column_name(&self, token: &Token) -> Name {
        let name = lexer::unquote(token.text(&self.sql));
        self.find_column(&name)
            .map_or_else(|| Name::new(name.clone()), |c| c.name.clone())
    }

    pub(super) fn unique(&self, column: Option<&ColumnItem>, clause: &Clause) -> Unique {
        Unique {
            name: clause.name.clone(),
            ..Unique::on(self.key_columns(column, clause))
        }
    }

    pub(super) fn check(&self, clause: &Clause, expression: &Range<usize>) -> Check {
        Check {
            name: clause.name.clone(),
            expression: self.expression(expression),
            extra: None,
        }
    }

    pub(super) fn foreign_key(
        &self,
        column: Option<&ColumnItem>,
        clause: &Clause,
        reference: &Reference,
    ) -> ForeignKey {
        let columns: Vec<Name> = match column {
            Some(column) => vec![column.name.clone()],
            None => reference
                .columns
                .iter()
                .map(|t| self.column_name(t))
                .collect(),
        };
        let name = |t: &Token| lexer::unquote(t.text(&self.sql));
        let referenced: Vec<String> = reference.referenced.iter().map(name).collect();
        ForeignKey {
            name: clause.name.clone(),
            on_delete: reference.on_delete,
            on_update: reference.on_update,
            deferrable: reference.deferrable,
            ..ForeignKey::new(columns, TableName::new(name(&reference.table)), referenced)
        }
    }

    /// The column that is another name for the rowid, if there is one.
    pub fn rowid_alias(&self) -> Option<Name> {
        if self.parts.without_rowid {
            return None;
        }
        self.clauses().find_map(|(beside, clause)| {
            let Kind::PrimaryKey { descending, .. } = clause.kind else {
                return None;
            };
            let columns = self.key_columns(beside, clause);
            let [name] = columns.as_slice() else {
                return None;
            };
            let item = self.find_column(name.as_str())?;
            (!descending && self.type_text(item).eq_ignore_ascii_case("integer"))
                .then(|| name.clone())
        })
    }

    /// What the text says and no model can.
    pub fn unmanaged(&self) -> Vec<Unmanaged> {
        let mut found = Vec::new();
        for (column, clause) in self.clauses() {
            self.unmanaged_clause(column, clause, &mut found);
        }
        found
    }

    fn unmanaged_clause(
        &self,
        column: Option<&ColumnItem>,
        clause: &Clause,
        found: &mut Vec<Unmanaged>,
    ) {
        let name = match (column, &clause.name) {
            (Some(column), _) => format!("{}.{}", self.name(), column.name),
            (None, Some(name)) => format!("{}.{name}", self.name()),
            (None, None) => self.name().to_string(),
        };
        let mut add = |kind: &str| {
            found.push(Unmanaged {
                kind: kind.to_owned(),
                name: name.clone(),
                detail: Some(self.text(&clause.range).to_owned()),
            });
        };
        if clause.conflict.is_some() {
            add("conflict clause");
        }
        match &clause.kind {
            Kind::ForeignKey(key) if key.matching.is_some() => add("match clause"),
            Kind::PrimaryKey {
                keys, descending, ..
            } => {
                if *descending {
                    add("key order");
                }
                keys.iter().for_each(|list| key_quirks(list, &mut add));
                if self.key_is_nullable(column, clause) {
                    add("nullable key");
                }
            }
            Kind::Unique(keys) => keys.iter().for_each(|list| key_quirks(list, &mut add)),
            Kind::NotNull
            | Kind::Null
            | Kind::Default(_)
            | Kind::Collate(_)
            | Kind::Generated { .. }
                if clause.name.is_some() =>
            {
                add("constraint name");
            }
            _ => {}
        }
    }

    /// Whether SQLite lets NULLs into this key: it does, but for rowids and
    /// in the tables that came later, unless `NOT NULL` is said.
    fn key_is_nullable(&self, column: Option<&ColumnItem>, clause: &Clause) -> bool {
        !self.parts.strict
            && !self.parts.without_rowid
            && self.rowid_alias().is_none()
            && self.key_columns(column, clause).iter().any(|name| {
                self.find_column(name.as_str())
                    .is_some_and(|c| !c.clauses.iter().any(|c| c.kind == Kind::NotNull))
            })
    }
}

fn key_quirks(list: &super::parts::KeyList, add: &mut impl FnMut(&str)) {
    if list.parts.iter().any(|p| p.collation.is_some()) {
        add("key collation");
    }
    if list.parts.iter().any(|p| p.descending) {
        add("key order");
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}
