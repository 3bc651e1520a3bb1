//! What rows that exist already get in a column that takes no NULL: told by
//! flags, or asked for where rows are in the way.
//!
//! It owns the flag, the question and the ways out. An answer becomes what the
//! attribute `fill` of the model would be, and nothing else.

use aludel_core::change::{Change, Pair};
use aludel_core::hazard::Objection;
use aludel_core::model::{ColumnModel, Models, RustType, TypeModel};
use aludel_core::operation::{Operation, TableChange};
use aludel_core::schema::{DefaultValue, Expression, Literal, Name, TableName};
use serde_json::{Value, json};

use crate::ask::Asking;
use crate::compare::Difference;
use crate::error::{Failure, Result};

/// What stands before an expression.
const SQL: &str = "sql:";

/// Puts what `--fill` flags tell into the models.
///
/// # Errors
/// A flag that names no column, or a value that its column cannot have.
pub(crate) fn tell(models: &mut Models, flags: &[String]) -> Result<()> {
    for flag in flags {
        let mut columns = Vec::new();
        let mut found = None;
        for table in &mut models.tables {
            for column in &mut table.columns {
                let name = format!("{}.{}", table.name, column.name);
                // The default schema needs no name.
                let bare = format!("{}.{}", table.name.name, column.name);
                let value = [&name, &bare]
                    .into_iter()
                    .find_map(|name| flag.strip_prefix(name.as_str())?.strip_prefix('='));
                columns.push(name);
                if let Some(value) = value {
                    found = Some((column, value));
                }
            }
        }
        let Some((column, value)) = found else {
            return Err(no_column(flag, &columns));
        };
        let fill = read(column, value).map_err(|reason| {
            Failure::with_hint(
                format!("`--fill {flag}`: {reason}"),
                "a text stands as it is, an expression behind `sql:`, as in \
                 `--fill \"t.c=sql:lower(name)\"`",
            )
        })?;
        column.fill = Some(fill);
    }
    Ok(())
}

fn no_column(flag: &str, columns: &[String]) -> Failure {
    let Some((named, _)) = flag.split_once('=') else {
        return Failure::with_hint(
            format!("`--fill {flag}` gives no value"),
            "write `--fill table.column=VALUE`, with the names that the database has",
        );
    };
    let likeness = |name: &&String| (strsim::jaro_winkler(name, named) * 1000.0) as u64;
    let hint = match columns.iter().max_by_key(likeness) {
        Some(nearest) if likeness(&nearest) > 800 => format!("did you mean `{nearest}`?"),
        _ => "write `--fill table.column=VALUE`, with the names that the database has".to_owned(),
    };
    Failure::with_hint(format!("no model has a column `{named}`"), hint)
}

/// A value as its column has it.
fn read(column: &ColumnModel, text: &str) -> Result<DefaultValue, String> {
    if let Some(expression) = text.strip_prefix(SQL) {
        if expression.trim().is_empty() {
            return Err("there is no expression behind `sql:`".into());
        }
        return Ok(DefaultValue::Expression(Expression::new(expression.trim())));
    }
    let literal = match kind(&column.ty) {
        Kind::Whole => text
            .parse()
            .map(Literal::Integer)
            .map_err(|_| format!("`{text}` is no whole number"))?,
        Kind::Number => number(text)?,
        Kind::Truth => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Literal::Boolean(true),
            "false" | "0" => Literal::Boolean(false),
            _ => return Err(format!("`{text}` is neither `true` nor `false`")),
        },
        Kind::Bytes => Literal::Bytes(bytes(text)?),
        Kind::Text => Literal::Text(text.to_owned()),
    };
    Ok(DefaultValue::Literal(literal))
}

/// How a constant of a type is written.
#[derive(Clone, Copy)]
enum Kind {
    Whole,
    Number,
    Truth,
    Bytes,
    Text,
}

fn kind(ty: &TypeModel) -> Kind {
    match ty {
        TypeModel::Inferred(rust) => of_rust(rust),
        TypeModel::Said {
            rust: Some(rust), ..
        } => of_rust(rust),
        TypeModel::Said {
            all, by_dialect, ..
        } => {
            let texts = by_dialect.iter().map(|(_, text)| text);
            of_spelling(all.iter().chain(texts).next().map_or("", String::as_str))
        }
    }
}

fn of_rust(rust: &RustType) -> Kind {
    match rust {
        RustType::I8
        | RustType::I16
        | RustType::I32
        | RustType::I64
        | RustType::U8
        | RustType::U16
        | RustType::U32
        | RustType::U64 => Kind::Whole,
        RustType::F32 | RustType::F64 | RustType::Decimal | RustType::BigDecimal => Kind::Number,
        RustType::Bool => Kind::Truth,
        RustType::Bytes => Kind::Bytes,
        RustType::Char
        | RustType::String
        | RustType::Uuid
        | RustType::Json
        | RustType::Date
        | RustType::Time
        | RustType::DateTime
        | RustType::TimestampTz
        | RustType::IpNetwork
        | RustType::IpAddress
        | RustType::Array(_)
        | RustType::Enum(_) => Kind::Text,
    }
}

fn of_spelling(spelling: &str) -> Kind {
    let spelling = spelling.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| spelling.contains(word));
    if has(&["interval", "point"]) {
        Kind::Text
    } else if has(&["int", "serial"]) {
        Kind::Whole
    } else if has(&["dec", "num", "real", "double", "float"]) {
        Kind::Number
    } else if has(&["bool"]) {
        Kind::Truth
    } else if has(&["blob", "bytea", "binary"]) {
        Kind::Bytes
    } else {
        Kind::Text
    }
}

fn number(text: &str) -> Result<Literal, String> {
    if let Ok(whole) = text.parse() {
        return Ok(Literal::Integer(whole));
    }
    let finite = text.parse::<f64>().is_ok_and(f64::is_finite);
    match finite {
        true => Ok(Literal::Number(text.to_owned())),
        false => Err(format!("`{text}` is no number")),
    }
}

/// Bytes in hexadecimal digits.
fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let wrong = || format!("`{text}` are no bytes in hexadecimal digits");
    if !digits.len().is_multiple_of(2) || !digits.is_ascii() {
        return Err(wrong());
    }
    let pairs = (0..digits.len() / 2).map(|at| digits.get(2 * at..2 * at + 2));
    let bytes = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok());
    bytes.collect::<Option<Vec<u8>>>().ok_or_else(wrong)
}

/// A column that takes no NULL, and rows that have no value for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    table: TableName,
    column: Name,
    /// It is new, and not only stricter.
    is_new: bool,
    rows: u64,
    at_least: bool,
}

/// The columns of a difference that rows have no value for.
pub(crate) fn gaps(difference: &Difference) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for count in difference.entries.iter().flat_map(|entry| &entry.rows) {
        let Ok(counted) = &count.counted else {
            continue;
        };
        let check = &count.check;
        let is_new = check.hazard.objection == Some(Objection::NoValue);
        let is_null = check.hazard.objection == Some(Objection::Null);
        let operation = difference.operations.get(check.operation);
        let Some(Operation::AlterTable { table, changes }) = operation else {
            continue;
        };
        let column = match changes.get(check.change) {
            Some(TableChange::Column(
                Change::Add(column) | Change::Alter(Pair { to: column, .. }),
            )) => column.name.clone(),
            _ => continue,
        };
        if counted.rows > 0 && (is_new || is_null) {
            gaps.push(Gap {
                table: table.clone(),
                column,
                is_new,
                rows: counted.rows,
                at_least: counted.at_least,
            });
        }
    }
    gaps
}

impl Gap {
    fn name(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }

    /// What is in the way.
    fn message(&self) -> String {
        let least = if self.at_least { "at least " } else { "" };
        let (rows, has, is) = match self.rows {
            1 => ("1 row".to_owned(), "has", "is"),
            rows => (format!("{rows} rows"), "have", "are"),
        };
        let name = self.name();
        if self.is_new {
            format!("`{name}` is new and NOT NULL, and {least}{rows} {has} no value for it")
        } else {
            format!("`{name}` is to be NOT NULL, and {least}{rows} {is} NULL")
        }
    }

    /// The flag, quoted for a shell where it must be.
    fn flag(&self, value: &str) -> String {
        let told = format!("{}={value}", self.name());
        let plain = |c: char| c.is_alphanumeric() || "_.=-".contains(c);
        if told.chars().all(plain) {
            format!("--fill {told}")
        } else {
            format!("--fill '{}'", told.replace('\'', "'\\''"))
        }
    }

    fn hint(&self) -> String {
        format!(
            "say what these rows get: with `{}` (`sql:EXPR` for an expression), or in the model \
             with `#[column(fill = ..)]`; give the column a `default = ..`; or let it be NULL \
             with `Option<..>`",
            self.flag("VALUE")
        )
    }

    fn document(&self, number: usize) -> Value {
        let name = self.name();
        let attribute = |text: &str, means: &str| json!({ "attribute": text, "means": format!("{means}, in the model of `{name}`") });
        json!({
            "id": format!("q{number}"),
            "kind": "fill_column",
            "table": self.table.to_string(),
            "column": self.column.to_string(),
            "rows": self.rows,
            "rows_at_least": self.at_least,
            "message": self.message(),
            "answers": [
                {
                    "flag": self.flag("VALUE"),
                    "means": format!("rows that have no value for `{name}` get VALUE"),
                },
                {
                    "flag": self.flag("sql:EXPR"),
                    "means": format!("rows that have no value for `{name}` get that of the \
                                      expression EXPR"),
                },
                attribute("fill = ..", "the same, kept in the code review"),
                attribute("default = ..", "these rows and new ones get the default"),
                attribute("Option<..>", "the column takes NULL"),
            ],
        })
    }
}

/// The failure of a run that nobody can be asked in.
pub(crate) fn refuse(gaps: &[Gap]) -> Failure {
    let mut reports = Vec::new();
    let mut questions = Vec::new();
    for (number, gap) in gaps.iter().enumerate() {
        questions.push(gap.document(number + 1));
        reports.extend(Failure::with_hint(gap.message(), gap.hint()).reports);
    }
    Failure::many(reports).with_document(json!({ "questions": questions }))
}

/// Asks what the rows get, and puts the answers into the models.
///
/// # Errors
/// No answer.
pub(crate) fn ask(models: &mut Models, gaps: &[Gap], asking: &mut Asking<'_>) -> Result<()> {
    for gap in gaps {
        let mut tables = models.tables.iter_mut();
        let table = tables.find(|table| {
            table.name == gap.table
                || (gap.table.schema.is_none() && table.name.name == gap.table.name)
        });
        let column = table.and_then(|table| {
            let mut columns = table.columns.iter_mut();
            columns.find(|column| column.name == gap.column.as_str())
        });
        let Some(column) = column else {
            return Err(refuse(gaps));
        };
        asking.say(&gap.message())?;
        let question = "  what do they get? (`sql:EXPR` for an expression, an empty line stops):";
        let read = |text: &str| Ok((read(column, text)?, text.to_owned()));
        let Some((fill, text)) = asking.ask(question, read)? else {
            return Err(refuse(gaps));
        };
        asking.say(&format!(
            "  the same without a question: {}",
            gap.flag(&text)
        ))?;
        column.fill = Some(fill);
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use aludel_core::model::{Origin, TableModel};
    use aludel_core::schema::TableOptions;

    fn models() -> Models {
        let column = |name: &str, rust: RustType| ColumnModel {
            field_name: name.into(),
            name: name.into(),
            renamed_from: None,
            ty: TypeModel::Inferred(rust),
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
        };
        let table = TableModel {
            struct_name: "Pv".into(),
            name: "pv".into(),
            renamed_from: None,
            columns: vec![
                column("n", RustType::I64),
                column("x", RustType::F64),
                column("b", RustType::Bool),
                column("t", RustType::String),
                column("raw", RustType::Bytes),
            ],
            primary_key: None,
            uniques: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            comment: None,
            options: TableOptions::default(),
            origin: Origin::default(),
        };
        Models {
            tables: vec![table],
            enums: Vec::new(),
        }
    }

    fn told(flag: &str) -> Result<DefaultValue, String> {
        let mut models = models();
        match tell(&mut models, &[flag.to_owned()]) {
            Ok(()) => {
                let mut columns = models.tables.remove(0).columns.into_iter();
                Ok(columns.find_map(|column| column.fill).unwrap())
            }
            Err(failure) => Err(failure.reports[0].to_string()),
        }
    }

    #[test]
    fn a_value_is_what_the_column_takes() {
        let literal = |value| Ok(DefaultValue::Literal(value));
        assert_eq!(told("pv.n=-5"), literal(Literal::Integer(-5)));
        assert_eq!(told("pv.x=1.50"), literal(Literal::Number("1.50".into())));
        assert_eq!(told("pv.b=false"), literal(Literal::Boolean(false)));
        assert_eq!(told("pv.t="), literal(Literal::Text(String::new())));
        assert_eq!(
            told("pv.t=a = 'b'"),
            literal(Literal::Text("a = 'b'".into()))
        );
        assert_eq!(told("pv.raw=00ff"), literal(Literal::Bytes(vec![0, 255])));
        assert_eq!(
            told("pv.n=sql: length(t)"),
            Ok(DefaultValue::Expression("length(t)".into()))
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (flag, message) in [
            ("pv.n=x", "`--fill pv.n=x`: `x` is no whole number"),
            ("pv.x=nan", "`--fill pv.x=nan`: `nan` is no number"),
            (
                "pv.b=2",
                "`--fill pv.b=2`: `2` is neither `true` nor `false`",
            ),
            ("pv.nn=1", "no model has a column `pv.nn`"),
            ("pv.n", "`--fill pv.n` gives no value"),
            (
                "pv.t=sql:",
                "`--fill pv.t=sql:`: there is no expression behind `sql:`",
            ),
        ] {
            assert_eq!(told(flag), Err(message.to_owned()), "{flag}");
        }
    }

    fn gap(column: &str, is_new: bool, rows: u64) -> Gap {
        Gap {
            table: "pv".into(),
            column: column.into(),
            is_new,
            rows,
            at_least: rows == 1000,
        }
    }

    #[test]
    fn what_is_in_the_way_is_said_with_the_ways_out() {
        let failure = refuse(&[gap("n", true, 3), gap("t", false, 1)]);
        let said: Vec<String> = failure.reports.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "`pv.n` is new and NOT NULL, and 3 rows have no value for it",
                "`pv.t` is to be NOT NULL, and 1 row is NULL",
            ]
        );
        let document = failure.document.unwrap();
        let second = &document["questions"][1];
        assert_eq!(second["id"], "q2");
        assert_eq!(second["kind"], "fill_column");
        assert_eq!(second["rows"], 1);
        assert_eq!(second["answers"][0]["flag"], "--fill pv.t=VALUE");
        let expression = &second["answers"][1]["flag"];
        assert_eq!(*expression, "--fill 'pv.t=sql:EXPR'");
    }

    #[test]
    fn an_answer_is_what_the_attribute_would_be() {
        let mut models = models();
        let mut output = Vec::new();
        let mut asking = Asking::new("x\n5\n".as_bytes(), &mut output);
        ask(&mut models, &[gap("n", true, 1000)], &mut asking).unwrap();
        drop(asking);
        let said = String::from_utf8(output).unwrap();
        assert!(said.contains("at least 1000 rows have no value"), "{said}");
        assert!(said.contains("`x` is no whole number"), "{said}");
        assert!(said.contains("--fill pv.n=5"), "{said}");
        let fill = models.tables[0].columns[0].fill.clone();
        assert_eq!(fill, Some(DefaultValue::Literal(Literal::Integer(5))));
        let mut asking = Asking::new("\n".as_bytes(), std::io::sink());
        let stopped = ask(&mut models, &[gap("t", false, 1)], &mut asking).unwrap_err();
        assert!(stopped.document.is_some());
    }
}
