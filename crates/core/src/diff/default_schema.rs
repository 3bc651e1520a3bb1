//! Models that say the default schema by its name.
//!
//! Owns the one form of names in the default schema, which only the database
//! can tell: they have no schema. It must not know any dialect.

use std::collections::BTreeMap;

use super::{TableHint, Wanted};
use crate::schema::{ColumnType, Table, TableName};

impl Wanted {
    /// The same, with the names of the default schema as a database reports
    /// them: `#[table(schema = "public")]` is the table of a model without a
    /// schema where `public` is the default one. An empty name changes nothing.
    pub fn in_default_schema(&mut self, default: &str) {
        if default.is_empty() {
            return;
        }
        for object in &mut self.objects.list {
            let id = object.definition.id.clone();
            object.definition.id = id.in_default_schema(default);
            if let Some(from) = &mut object.renamed_from {
                unqualify(from, default);
            }
        }
        let tables = std::mem::take(&mut self.schema.tables);
        for mut table in tables.into_values() {
            unqualify_table(&mut table, default);
            self.schema.insert(table);
        }
        let enums = std::mem::take(&mut self.schema.enums).into_values();
        self.schema.enums = enums
            .map(|mut ty| {
                unqualify(&mut ty.name, default);
                (ty.name.clone(), ty)
            })
            .collect();
        let hints: BTreeMap<TableName, TableHint> = std::mem::take(&mut self.hints)
            .into_iter()
            .map(|(mut name, mut hint)| {
                unqualify(&mut name, default);
                if let Some(from) = &mut hint.renamed_from {
                    unqualify(from, default);
                }
                for column in hint.columns.values_mut() {
                    for ty in column.types.iter_mut().chain(&mut column.neutral) {
                        unqualify_type(ty, default);
                    }
                }
                (name, hint)
            })
            .collect();
        self.hints = hints;
    }
}

fn unqualify(name: &mut TableName, default: &str) {
    name.schema = name.schema.take().filter(|schema| *schema != default);
}

fn unqualify_table(table: &mut Table, default: &str) {
    unqualify(&mut table.name, default);
    for column in &mut table.columns {
        unqualify_type(&mut column.ty, default);
    }
    for key in &mut table.foreign_keys {
        unqualify(&mut key.references, default);
    }
}

fn unqualify_type(ty: &mut ColumnType, default: &str) {
    match ty {
        ColumnType::Enum(name) => unqualify(name, default),
        ColumnType::Array(inner) => unqualify_type(inner, default),
        ColumnType::Custom(spelling) => {
            let own = spelling.strip_prefix(default);
            if let Some(own) = own.and_then(|rest| rest.strip_prefix('.')) {
                *spelling = own.to_owned();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::schema::{Column, EnumType, ForeignKey};

    fn said(schema: &str, name: &str) -> TableName {
        TableName::in_schema(schema, name)
    }

    #[test]
    fn the_default_schema_goes_and_others_stay() {
        let mut table = Table::new(said("public", "t"));
        let mood = said("public", "mood");
        let list = ColumnType::Array(Box::new(ColumnType::Enum(mood.clone())));
        table.columns.push(Column::new("m", list));
        let citext = ColumnType::Custom("public.citext".into());
        table.columns.push(Column::new("c", citext));
        let keys = [said("public", "u"), said("other", "u")];
        for key in keys {
            table.foreign_keys.push(ForeignKey::new(["m"], key, ["x"]));
        }
        let mut wanted = Wanted::default();
        wanted
            .hints
            .insert(table.name.clone(), TableHint::default());
        wanted.schema.insert(table);
        let ty = EnumType {
            name: mood.clone(),
            values: vec!["a".into()],
        };
        wanted.schema.enums.insert(mood, ty);
        wanted.in_default_schema("");
        assert!(wanted.schema.table(&said("public", "t")).is_some());
        wanted.in_default_schema("public");
        let table = wanted.schema.table(&TableName::new("t")).unwrap();
        let mood = ColumnType::Enum(TableName::new("mood"));
        assert_eq!(table.columns[0].ty, ColumnType::Array(Box::new(mood)));
        assert_eq!(table.columns[1].ty, ColumnType::Custom("citext".into()));
        assert_eq!(table.foreign_keys[0].references, TableName::new("u"));
        assert_eq!(table.foreign_keys[1].references, said("other", "u"));
        assert!(wanted.hints.contains_key(&TableName::new("t")));
        let ty = wanted.schema.enums.values().next().unwrap();
        assert_eq!(ty.name, TableName::new("mood"));
    }
}
