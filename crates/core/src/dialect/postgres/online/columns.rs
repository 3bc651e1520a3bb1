//! Columns of a table in use that take no NULL, or whose rows do not all get
//! one constant.

use super::super::lower::{default_name, fills_every_row};
use super::super::name::quote;
use super::super::render;
use super::Steps;
use crate::change::{Change, Pair};
use crate::operation::{Operation, RawSql, TableChange};
use crate::schema::{Check, Column, DefaultValue, Expression, Literal, Name, TableName};

impl Steps {
    /// A new column whose rows do not all get one constant.
    pub(super) fn add_column(
        &mut self,
        table: &TableName,
        column: &Column,
        kept: &mut Vec<TableChange>,
    ) -> bool {
        let computed = column.generated.is_some() || self.is_numbered_or_key(table, column);
        let everywhere = fills_every_row(column);
        let default = column.default.as_ref();
        let told = column.fill.as_ref();
        let told = told.filter(|fill| is_computed(fill) && (everywhere || default != Some(*fill)));
        let default = default.filter(|_| column.fill.is_none() && everywhere);
        let Some(value) = told.or(default).filter(|_| !computed) else {
            return false;
        };
        let mut bare = column.clone();
        bare.forget_rows();
        let whole = bare.clone();
        bare.nullable = true;
        bare.default = None;
        kept.push(TableChange::Column(Change::Add(bare.clone())));
        let mut said = bare.clone();
        said.default.clone_from(&column.default);
        if said != bare {
            let change = Change::Alter(Pair::new(bare, said.clone()));
            kept.push(TableChange::Column(change));
        }
        self.fill(table, &column.name, value);
        if !column.nullable {
            self.require(table, Pair::new(said, whole));
        }
        true
    }

    /// A column that takes no NULL any more.
    pub(super) fn not_null(
        &mut self,
        table: &TableName,
        pair: &Pair<Column>,
        kept: &mut Vec<TableChange>,
    ) -> bool {
        let Pair { from, to } = pair;
        if !from.nullable || to.nullable || to.generated.is_some() || from.name != to.name {
            return false;
        }
        if self.is_numbered_or_key(table, to) {
            return false;
        }
        let meanwhile = Column {
            nullable: true,
            fill: None,
            ..to.clone()
        };
        if meanwhile != *from {
            let change = Change::Alter(Pair::new(from.clone(), meanwhile.clone()));
            kept.push(TableChange::Column(change));
        }
        let null = DefaultValue::Literal(Literal::Null);
        let value = to.fill.as_ref().or(to.default.as_ref());
        if let Some(value) = value.filter(|value| **value != null) {
            self.fill(table, &to.name, value);
        }
        let (mut meanwhile, mut to) = (meanwhile, to.clone());
        meanwhile.forget_rows();
        to.forget_rows();
        self.require(table, Pair::new(meanwhile, to));
        true
    }

    /// Whether the server makes a column NOT NULL for another reason.
    pub(super) fn is_numbered_or_key(&self, table: &TableName, column: &Column) -> bool {
        let key = (table.clone(), column.name.clone());
        column.identity.is_some() || column.autoincrement || self.in_key.contains(&key)
    }

    pub(super) fn fill(&mut self, table: &TableName, column: &Name, value: &DefaultValue) {
        let column = quote(column.as_str());
        self.fills.push(Operation::Execute(RawSql {
            name: None,
            sql: format!(
                "UPDATE {} SET {column} = {} WHERE {column} IS NULL",
                render::qualified(table),
                render::value(value)
            ),
            reverse: None,
            dialect: Some("postgres"),
        }));
    }

    /// NOT NULL through a check that the rows were held to already.
    pub(super) fn require(&mut self, table: &TableName, pair: Pair<Column>) {
        let column = &pair.to.name;
        let own = format!("ck_{}", table.name);
        let name = default_name(&own, column.as_str(), "not_null");
        let check = Check {
            name: Some(self.free_name(table, name)),
            expression: Expression::new(format!("{} IS NOT NULL", quote(column.as_str()))),
            extra: None,
        };
        self.check(table, &check);
        self.last.push(Operation::AlterTable {
            table: table.clone(),
            changes: vec![
                TableChange::Column(Change::Alter(pair)),
                TableChange::Check(Change::Drop(check)),
            ],
        });
    }
}

/// Whether rows may get values of their own.
fn is_computed(fill: &DefaultValue) -> bool {
    matches!(fill, DefaultValue::Expression(_))
}
