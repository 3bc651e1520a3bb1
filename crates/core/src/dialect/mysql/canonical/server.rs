//! Engines, character sets and collations: what a table has anyway is not said.

use super::MySql;
use crate::dialect::Server;
use crate::schema::{Schema, TableNames, TableOptions};

/// The character set that a collation belongs to.
pub(in crate::dialect::mysql) fn charset_of(collation: &str) -> &str {
    collation.split('_').next().unwrap_or(collation)
}

/// The collation of a character set for which none is said, the same on every
/// version of a server, since it is written out.
fn default_collation(on: MySql, charset: &str) -> String {
    let ending = match charset {
        "utf8mb4" if !on.is_mariadb() => "0900_ai_ci",
        "latin1" | "dec8" | "swe7" => "swedish_ci",
        "hp8" => "english_ci",
        "latin5" => "turkish_ci",
        "big5" | "gb2312" | "gbk" | "gb18030" => "chinese_ci",
        "sjis" | "ujis" | "cp932" | "eucjpms" => "japanese_ci",
        "euckr" => "korean_ci",
        "tis620" => "thai_ci",
        "binary" => return charset.to_owned(),
        _ => "general_ci",
    };
    format!("{charset}_{ending}")
}

/// `utf8` is the short name of `utf8mb3`.
fn full_charset(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    if name == "utf8" {
        "utf8mb3".into()
    } else {
        name
    }
}

fn full_collation(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.strip_prefix("utf8_") {
        Some(rest) => format!("utf8mb3_{rest}"),
        None => name,
    }
}

/// Either both, character set and collation, or neither; no engine where it is
/// the usual one.
pub(super) fn canonical_options(on: MySql, options: &mut TableOptions) {
    let engine = options.engine.take();
    options.engine = engine.filter(|name| !name.eq_ignore_ascii_case("InnoDB"));
    let collation = options.collation.take().map(|name| full_collation(&name));
    let charset = options.charset.take().map(|name| full_charset(&name));
    options.collation = collation.or_else(|| Some(default_collation(on, charset.as_deref()?)));
    options.charset = options
        .collation
        .as_deref()
        .map(|name| charset_of(name).to_owned());
}

/// The schema with the names that the server has for its tables.
pub(in crate::dialect::mysql) fn spelled_by(schema: Schema, server: &Server) -> Schema {
    if server.table_names != TableNames::InSmallLetters {
        return schema;
    }
    let mut spelled = Schema {
        enums: schema.enums,
        ..Schema::default()
    };
    for mut table in schema.tables.into_values() {
        server
            .table_names
            .spell_table(&mut table, &Schema::default());
        spelled.insert(table);
    }
    spelled
}

/// The canonical schema without what the database of this server has by
/// default: a table with its collation says none, and a column with that of
/// its table says none.
pub(in crate::dialect::mysql) fn of_server(mut schema: Schema, server: &Server) -> Schema {
    let usual = full_collation(&server.collation);
    if usual.is_empty() {
        return schema;
    }
    for table in schema.tables.values_mut() {
        if table.options.collation.as_ref() == Some(&usual) {
            table.options.collation = None;
            table.options.charset = None;
        }
        let own = table.options.collation.as_ref().unwrap_or(&usual);
        for column in &mut table.columns {
            if column.collation.as_ref() == Some(own) {
                column.collation = None;
            }
        }
    }
    schema
}
