//! Columns, with what models can say of them and what they cannot.

use super::Found;
use super::objects::unqualified;
use super::rows::Row;
use crate::dialect::TextRow;
use crate::dialect::mysql::{default, expression, types};
use crate::error::Result;
use crate::schema::{Column, ColumnType, DefaultValue, Expression, Generated, Literal};

/// What the catalogue reports as the expression of such a column.
const ROW_TIMES: [&str; 2] = ["ROW START", "ROW END"];

/// Reads all columns into their tables.
pub(super) fn columns(found: &mut Found, rows: &[TextRow]) -> Result<()> {
    let mut rows: Vec<Row<'_>> = rows.iter().map(Row).collect();
    rows.sort_by_key(|row| row.number(2));
    let maria = found.on.is_mariadb();
    let own = found.server.schema.clone();
    for row in rows {
        let Some(table) = found.table(row)? else {
            let view = found.name(row.text(0)?, row.text(1)?);
            let columns = found.view_columns.entry(view).or_default();
            columns.push(row.text(3)?.to_owned());
            continue;
        };
        let (mut column, clauses) = column(row, maria)?;
        if let Some(DefaultValue::Expression(expression)) = &mut column.default {
            // A sequence of the same database, in whichever it is made.
            *expression = unqualified(expression.as_str(), &own).as_str().into();
        }
        let place = format!("{}.{}", table.name, column.name);
        table.columns.push(column);
        for clause in clauses {
            found.note(clause.kind, place.clone(), Some(clause.text));
        }
    }
    Ok(())
}

/// A clause that no model can say.
struct Clause {
    kind: &'static str,
    text: String,
}

fn column(row: Row<'_>, maria: bool) -> Result<(Column, Vec<Clause>)> {
    let mut spelling = row.text(4)?.to_owned();
    let mut clauses = Vec::new();
    // `text /*M!100301 COMPRESSED*/`; a value of an enum is followed by more.
    if spelling.ends_with("*/")
        && let Some(at) = spelling.rfind("/*")
    {
        let comment = spelling.split_off(at);
        let text = comment.trim_end_matches("*/").trim();
        let text = text.split_once(' ').map_or(text, |(_, rest)| rest);
        clauses.push(Clause {
            kind: "compressed column",
            text: text.trim().to_owned(),
        });
    }
    let ty = types::read(&spelling);
    let said = row.get(7).unwrap_or_default();
    let lower = said.to_ascii_lowercase();
    let generated = match row_time(row) {
        Some(text) => {
            clauses.push(Clause {
                kind: "system versioning",
                text,
            });
            None
        }
        None => generated(row, &lower, maria),
    };
    if let Some((_, rest)) = lower.split_once("on update ") {
        let end = rest.find([' ', ',']).unwrap_or(rest.len());
        clauses.push(Clause {
            kind: "on update",
            text: default::on_update(&rest[..end], &ty),
        });
    }
    for (word, kind, text) in [
        ("invisible", "invisible column", "INVISIBLE"),
        (
            "without system versioning",
            "system versioning",
            "WITHOUT SYSTEM VERSIONING",
        ),
    ] {
        if lower.contains(word) {
            clauses.push(Clause {
                kind,
                text: text.to_owned(),
            });
        }
    }
    if let Some(id) = row.filled(11) {
        clauses.push(Clause {
            kind: "spatial reference system",
            text: format!("SRID {id}"),
        });
    }
    // The one clause that is not worth a note.
    let width = types::with_width(&spelling);
    let texts = clauses.iter().map(|c| c.text.as_str());
    let texts: Vec<&str> = width.as_deref().into_iter().chain(texts).collect();
    let extra = (!texts.is_empty()).then(|| texts.join(" "));
    let column = Column {
        nullable: row.text(5)?.eq_ignore_ascii_case("yes"),
        default: default_of(row, &ty, &lower, maria)
            .filter(|_| generated.is_none() && !comes_with_compression(row, &ty)),
        generated,
        autoincrement: lower.contains("auto_increment"),
        collation: row.filled(8).map(str::to_owned),
        comment: row.filled(10).map(str::to_owned),
        extra,
        ..Column::new(row.text(3)?, ty)
    };
    Ok((column, clauses))
}

/// Whether a default is the one that MariaDB gives to every compressed text of
/// bytes or characters that is not NULL.
fn comes_with_compression(row: Row<'_>, ty: &ColumnType) -> bool {
    let compressed = row.get(4).is_some_and(|said| said.contains("COMPRESSED"));
    let sized = matches!(ty, ColumnType::Varchar(_) | ColumnType::Varbinary(_));
    compressed && !sized && row.get(5) == Some("NO") && row.get(6) == Some("''")
}

/// The clause of a column that tells since when, or till when, MariaDB has a
/// version of a row. It stands where a default would.
fn row_time(row: Row<'_>) -> Option<String> {
    let end = row.filled(9)?;
    ROW_TIMES
        .contains(&end)
        .then(|| format!("GENERATED ALWAYS AS {end}"))
}

fn generated(row: Row<'_>, said: &str, maria: bool) -> Option<Generated> {
    let text = row.filled(9)?;
    let text = if maria {
        text.to_owned()
    } else {
        expression::unescaped(text)
    };
    Some(Generated {
        expression: Expression::new(text),
        stored: said.contains("stored") || said.contains("persistent"),
    })
}

/// MariaDB gives the default as SQL. MySQL gives the bare constant, unless
/// `EXTRA` says that it is an expression.
fn default_of(row: Row<'_>, ty: &ColumnType, said: &str, maria: bool) -> Option<DefaultValue> {
    let text = row.get(6)?;
    if maria {
        return Some(DefaultValue::Expression(Expression::new(text)));
    }
    if said.contains("default_generated") {
        let text = expression::unescaped(text);
        return Some(DefaultValue::Expression(Expression::new(text)));
    }
    let class = types::Class::of(ty);
    let written = match class {
        types::Class::Bit => default::literal(text),
        types::Class::Binary(_) if text.starts_with("0x") => default::literal(text),
        // So it reports a value of an enum of the character set `binary`.
        types::Class::Text if text.starts_with("0x") && row.filled(8).is_none() => {
            text_of(default::literal(text))
        }
        _ => None,
    };
    let literal = written.unwrap_or_else(|| Literal::Text(text.to_owned()));
    Some(DefaultValue::Literal(literal))
}

/// Bytes that are text, as text.
fn text_of(literal: Option<Literal>) -> Option<Literal> {
    match literal? {
        Literal::Bytes(bytes) => String::from_utf8(bytes).ok().map(Literal::Text),
        other => Some(other),
    }
}
