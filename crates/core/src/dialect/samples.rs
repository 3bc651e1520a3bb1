//! Models as the tests of all dialects begin with them.

use crate::change::Pair;
use crate::model::{ColumnModel, Origin, RustType, TableModel, TypeModel};
use crate::schema::{TableName, TableOptions};

/// A column of a type, that may not be NULL.
pub(crate) fn field(name: &str, ty: TypeModel) -> ColumnModel {
    ColumnModel {
        field_name: name.into(),
        name: name.into(),
        renamed_from: None,
        ty,
        nullable: false,
        default: None,
        fill: None,
        using: Pair::default(),
        allow_lossy: false,
        generated: None,
        autoincrement: false,
        identity: false,
        identity_always: false,
        collation: None,
        comment: None,
        origin: Origin::default(),
    }
}

/// One whose type is that of a Rust type.
pub(crate) fn rust(name: &str, rust: RustType) -> ColumnModel {
    field(name, TypeModel::Inferred(rust))
}

/// One whose type is said in the database's words.
pub(crate) fn said(name: &str, text: &str) -> ColumnModel {
    let ty = TypeModel::Said {
        all: Some(text.into()),
        by_dialect: Vec::new(),
        rust: None,
    };
    field(name, ty)
}

/// A table of columns, and nothing else.
pub(crate) fn model(name: &str, columns: Vec<ColumnModel>) -> TableModel {
    TableModel {
        struct_name: name.into(),
        name: TableName::new(name),
        renamed_from: None,
        columns,
        primary_key: None,
        uniques: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        comment: None,
        options: TableOptions::default(),
        origin: Origin::default(),
    }
}
