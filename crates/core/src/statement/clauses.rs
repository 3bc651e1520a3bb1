//! The clauses of `ALTER TABLE`.

use super::column::{column, column_type};
use super::words::Words;
use super::{Clause, IndexPart, Key};

/// All clauses, in order.
pub(super) fn clauses(words: &mut Words<'_, '_>) -> Vec<Clause> {
    let pieces = words.pieces().into_iter();
    pieces.flat_map(|mut piece| clause(&mut piece)).collect()
}

fn clause(words: &mut Words<'_, '_>) -> Vec<Clause> {
    let one = if words.eat("ADD") {
        return add(words);
    } else if words.eat("DROP") {
        drop(words)
    } else if words.eat("ALTER") {
        alter(words)
    } else if words.eat("RENAME") {
        rename(words)
    } else if words.eat("MODIFY") || words.is("CHANGE") {
        modify(words)
    } else {
        other(words)
    };
    vec![one.unwrap_or(Clause::Other)]
}

/// What can be added; MySQL adds several columns in parentheses.
pub(super) fn add(words: &mut Words<'_, '_>) -> Vec<Clause> {
    let mut name = None;
    if words.eat("CONSTRAINT") {
        words.eat_if();
        let kinds = ["PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE"];
        if !kinds.iter().any(|kind| words.is(kind)) {
            name = words.name();
        }
    }
    if let Some(part) = added_part(words, name) {
        return vec![part];
    }
    let _ = words.eat("COLUMN");
    words.eat_if();
    if let Some(mut inside) = words.inside() {
        let columns = inside.pieces().into_iter();
        return columns
            .filter_map(|mut words| column(&mut words).map(Clause::AddColumn))
            .collect();
    }
    vec![column(words).map_or(Clause::Other, Clause::AddColumn)]
}

fn added_part(words: &mut Words<'_, '_>, name: Option<String>) -> Option<Clause> {
    if words.eat("PRIMARY KEY") {
        return Some(Clause::AddPrimaryKey(key(words, name)));
    }
    if words.eat("UNIQUE") {
        let _ = words.eat("INDEX") || words.eat("KEY");
        return Some(Clause::AddUnique(key(words, name)));
    }
    if words.eat("FOREIGN KEY") {
        let mut key = key(words, name);
        let _ = words.eat("REFERENCES");
        let references = words.table()?;
        key.not_valid = has_not_valid(words);
        return Some(Clause::AddForeignKey { key, references });
    }
    if words.eat("CHECK") {
        let expression = words.inside()?.rest();
        let not_valid = has_not_valid(words);
        return Some(Clause::AddCheck {
            name,
            expression,
            not_valid,
        });
    }
    if words.eat("EXCLUDE") {
        return Some(Clause::AddExclude);
    }
    let kind = match words.eat_any(&["FULLTEXT", "SPATIAL"]) {
        Some(kind) => {
            let _ = words.eat("INDEX") || words.eat("KEY");
            Some(kind.to_lowercase())
        }
        None if words.eat("INDEX") || words.eat("KEY") => None,
        None if words.eat("PARTITION") => return Some(Clause::Other),
        None => return None,
    };
    words.eat_if();
    let name = words.name();
    let _ = words.until(|t| t.is("("));
    let parts = index_parts(words);
    Some(Clause::AddIndex { name, kind, parts })
}

/// What an index is of, in parentheses.
pub(super) fn index_parts(words: &mut Words<'_, '_>) -> Vec<IndexPart> {
    let pieces = words.inside().map(|mut inside| inside.pieces());
    let pieces = pieces.unwrap_or_default().into_iter();
    let part = |mut words: Words<'_, '_>| {
        let text = words.clone().rest();
        let plain = !words.has("COLLATE");
        let Some(name) = words.name().filter(|_| plain) else {
            return IndexPart::Expression(text);
        };
        let Some(mut inside) = words.inside() else {
            return IndexPart::Column(name, None);
        };
        match inside.rest().parse() {
            Ok(length) => IndexPart::Column(name, Some(length)),
            Err(_) => IndexPart::Expression(text),
        }
    };
    pieces.map(part).collect()
}

fn has_not_valid(words: &Words<'_, '_>) -> bool {
    words.has("VALID") || words.has("ENFORCED") && words.has("NOT")
}

/// The rest of a key: `name (a, b)`, `USING INDEX name`.
fn key(words: &mut Words<'_, '_>, name: Option<String>) -> Key {
    let mut key = Key {
        name,
        ..Key::default()
    };
    if words.eat("USING INDEX") {
        key.using_index = words.name();
        return key;
    }
    words.eat_if();
    let _ = words.eat("NULLS NOT DISTINCT");
    if !words.is("(")
        && let Some(own) = words.name()
    {
        key.name.get_or_insert(own);
    }
    while !words.is("(") && !words.is_at_the_end() {
        words.skip();
    }
    key.columns = words.names();
    key
}

fn drop(words: &mut Words<'_, '_>) -> Option<Clause> {
    if words.eat("PRIMARY KEY") {
        return Some(Clause::DropPrimaryKey);
    }
    if words.eat("PARTITION") {
        return Some(Clause::DropPartition);
    }
    let part = words
        .eat_any(&["CONSTRAINT", "INDEX", "KEY", "FOREIGN KEY", "CHECK"])
        .is_some();
    let _ = words.eat("COLUMN");
    words.eat_if();
    let name = words.name()?;
    Some(if part {
        Clause::DropPart(name)
    } else {
        Clause::DropColumn(name)
    })
}

fn alter(words: &mut Words<'_, '_>) -> Option<Clause> {
    if words.eat("CONSTRAINT") || words.eat("INDEX") || words.eat("CHECK") {
        return Some(Clause::Other);
    }
    let _ = words.eat("COLUMN");
    words.eat_if();
    let column = words.name()?;
    Some(if words.eat("SET DATA TYPE") || words.eat("TYPE") {
        let ty = column_type(words);
        let collation = words.eat("COLLATE").then(|| {
            let name = words.table();
            name.map(|n| n.name.to_string()).unwrap_or_default()
        });
        let using = words.eat("USING").then(|| words.rest());
        Clause::ColumnType {
            column,
            ty,
            using,
            collation,
        }
    } else if words.eat("SET NOT NULL") {
        Clause::SetNotNull(column)
    } else if words.eat("DROP NOT NULL") {
        Clause::DropNotNull(column)
    } else if words.eat("SET DEFAULT") {
        Clause::SetDefault(column, words.rest())
    } else if words.eat("DROP DEFAULT") {
        Clause::DropDefault(column)
    } else if words.eat("ADD GENERATED") {
        Clause::AddIdentity(column)
    } else if words.eat("SET EXPRESSION") {
        Clause::SetExpression(column)
    } else {
        Clause::Other
    })
}

fn rename(words: &mut Words<'_, '_>) -> Option<Clause> {
    if words.eat("CONSTRAINT") || words.eat("INDEX") || words.eat("KEY") {
        let from = words.name();
        let _ = words.eat("TO");
        return Some(Clause::RenamePart(from.zip(words.name())));
    }
    if words.eat("TO") || words.eat("AS") {
        return words.table().map(Clause::RenameTable);
    }
    let column = words.eat("COLUMN");
    words.eat_if();
    let from = words.name()?;
    if words.eat("TO") {
        return Some(Clause::RenameColumn(from, words.name()?));
    }
    // MySQL: `RENAME new_name`.
    (!column).then(|| Clause::RenameTable(from.as_str().into()))
}

/// `MODIFY c ..` and `CHANGE old new ..`.
fn modify(words: &mut Words<'_, '_>) -> Option<Clause> {
    let changes = words.eat("CHANGE");
    let _ = words.eat("COLUMN");
    words.eat_if();
    let mut from = None;
    if changes {
        from = Some(words.name()?);
    }
    let column = column(words)?;
    let from = from.unwrap_or_else(|| column.name.clone());
    Some(Clause::Modify(from, column))
}

fn other(words: &mut Words<'_, '_>) -> Option<Clause> {
    if words.eat("VALIDATE CONSTRAINT") {
        return words.name().map(Clause::Validate);
    }
    if words.eat("SET SCHEMA") {
        return words.name().map(Clause::SetSchema);
    }
    if words.eat("ATTACH PARTITION") {
        return words.table().map(Clause::AttachPartition);
    }
    if words.eat("DETACH PARTITION") {
        let concurrently = words.has("CONCURRENTLY");
        return Some(Clause::DetachPartition { concurrently });
    }
    if words.eat("ENGINE") {
        let _ = words.eat("=");
        return Some(Clause::Engine(words.next()?.text.to_lowercase()));
    }
    if words.eat("ALGORITHM") {
        let _ = words.eat("=");
        return Some(Clause::Algorithm(words.next()?.text.to_uppercase()));
    }
    if words.eat("LOCK") {
        let _ = words.eat("=");
        return Some(Clause::Lock(words.next()?.text.to_uppercase()));
    }
    if words.eat("FORCE ROW LEVEL SECURITY") {
        return None;
    }
    let all: [(&str, Clause); 8] = [
        ("SET LOGGED", Clause::SetLogged),
        ("SET UNLOGGED", Clause::SetLogged),
        ("SET TABLESPACE", Clause::SetTablespace),
        ("SET ACCESS METHOD", Clause::SetAccessMethod),
        ("CONVERT TO", Clause::ConvertTo),
        ("ROW_FORMAT", Clause::RowFormat),
        ("KEY_BLOCK_SIZE", Clause::RowFormat),
        ("FORCE", Clause::RowFormat),
    ];
    let found = all.into_iter().find(|(said, _)| words.eat(said));
    found.map(|(_, clause)| clause)
}
