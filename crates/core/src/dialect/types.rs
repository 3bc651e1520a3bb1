//! The type table: one row a column type, one column a dialect.
//!
//! It owns how a [`ColumnType`] is spelled, which spellings are read back as
//! which type, the verb that stands for it in migration files, and the column
//! type of each Rust type. It must not know tables, models or statements.
//!
//! A spelling is read back as a variant only if writing that variant gives the
//! same spelling again (white space and case aside); every other spelling is
//! [`ColumnType::Custom`] and stays as it is.

use crate::error::{Error, Result};
use crate::model::RustType;
use crate::schema::ColumnType;

/// One row of the type table.
///
/// A spelling is a template: `{}` stands for the arguments in parentheses, or
/// for nothing where there are none.
#[derive(Debug, Clone, Copy)]
pub struct TypeRow {
    /// The verb in migration files.
    pub verb: &'static str,
    /// The fewest and the most arguments that the verb takes.
    pub args: (usize, usize),
    /// What SQLite writes.
    pub sqlite: &'static str,
    /// What PostgreSQL writes, where it has such a type.
    pub postgres: Option<&'static str>,
    /// What MySQL writes, where it has such a type.
    pub mysql: Option<&'static str>,
    /// The type of these arguments.
    make: fn(&[i64]) -> Option<ColumnType>,
}

/// A type as a migration file says it: `varchar(100)` is `varchar` with `[100]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verb {
    /// The name of the verb.
    pub name: &'static str,
    /// Its arguments: a length, fractional digits, or precision and scale.
    pub args: Vec<i64>,
}

const fn row(
    verb: &'static str,
    args: (usize, usize),
    sqlite: &'static str,
    postgres: Option<&'static str>,
    mysql: Option<&'static str>,
    make: fn(&[i64]) -> Option<ColumnType>,
) -> TypeRow {
    TypeRow {
        verb,
        args,
        sqlite,
        postgres,
        mysql,
        make,
    }
}

/// The type table. Where two rows share a spelling, the first one is what the
/// spelling is read back as.
#[rustfmt::skip]
pub const TYPES: &[TypeRow] = &[
    // SQLite has one integer, of 64 bits, and the key that is called INTEGER is the rowid.
    row("integer", (0, 0), "INTEGER", Some("integer"), Some("int"), |_| Some(ColumnType::Integer)),
    row("small_integer", (0, 0), "INTEGER", Some("smallint"), Some("smallint"), |_| Some(ColumnType::SmallInteger)),
    row("tiny_integer", (0, 0), "INTEGER", Some("smallint"), Some("tinyint"), |_| Some(ColumnType::TinyInteger)),
    row("big_integer", (0, 0), "INTEGER", Some("bigint"), Some("bigint"), |_| Some(ColumnType::BigInteger)),
    row("tiny_unsigned", (0, 0), "INTEGER", None, Some("tinyint unsigned"), |_| Some(ColumnType::TinyUnsigned)),
    row("small_unsigned", (0, 0), "INTEGER", None, Some("smallint unsigned"), |_| Some(ColumnType::SmallUnsigned)),
    row("unsigned", (0, 0), "INTEGER", None, Some("int unsigned"), |_| Some(ColumnType::Unsigned)),
    row("big_unsigned", (0, 0), "INTEGER", None, Some("bigint unsigned"), |_| Some(ColumnType::BigUnsigned)),
    // REAL is SQLite's own word for its one kind of floating point, and the only one that STRICT takes.
    row("double", (0, 0), "REAL", Some("double precision"), Some("double"), |_| Some(ColumnType::Double)),
    row("float", (0, 0), "REAL", Some("real"), Some("float"), |_| Some(ColumnType::Float)),
    row("text", (0, 0), "TEXT", Some("text"), Some("text"), |_| Some(ColumnType::Text)),
    // TEXT keeps every digit; DECIMAL and NUMERIC would store binary floating point.
    row("decimal", (0, 2), "TEXT", Some("numeric{}"), Some("decimal{}"), make_decimal),
    row("boolean", (0, 0), "BOOLEAN", Some("boolean"), Some("tinyint(1)"), |_| Some(ColumnType::Boolean)),
    row("char", (0, 1), "CHAR{}", Some("char{}"), Some("char{}"), |a| Some(ColumnType::Char(first(a)?))),
    row("varchar", (0, 1), "VARCHAR{}", Some("varchar{}"), Some("varchar{}"), |a| Some(ColumnType::Varchar(first(a)?))),
    row("blob", (0, 0), "BLOB", Some("bytea"), Some("blob"), |_| Some(ColumnType::Blob)),
    // BINARY would have numeric affinity on SQLite.
    row("binary", (1, 1), "BLOB", Some("bytea"), Some("binary{}"), |a| Some(ColumnType::Binary(first(a)??))),
    row("varbinary", (1, 1), "BLOB", Some("bytea"), Some("varbinary{}"), |a| Some(ColumnType::Varbinary(first(a)??))),
    row("date", (0, 0), "DATE", Some("date"), Some("date"), |_| Some(ColumnType::Date)),
    row("time", (0, 1), "TIME{}", Some("time{}"), Some("time{}"), |a| Some(ColumnType::Time(first(a)?))),
    row("datetime", (0, 1), "DATETIME{}", Some("timestamp{}"), Some("datetime{}"), |a| Some(ColumnType::DateTime(first(a)?))),
    // sqlx declares a time with zone as DATETIME on SQLite, too.
    row("timestamp_tz", (0, 1), "DATETIME{}", Some("timestamptz{}"), Some("timestamp{}"), |a| Some(ColumnType::TimestampTz(first(a)?))),
    row("interval", (0, 0), "TEXT", Some("interval"), None, |_| Some(ColumnType::Interval)),
    row("uuid", (0, 0), "BLOB", Some("uuid"), Some("binary(16)"), |_| Some(ColumnType::Uuid)),
    // JSON would have numeric affinity on SQLite: the text `5` would come back as a number.
    row("json", (0, 0), "TEXT", Some("json"), Some("json"), |_| Some(ColumnType::Json)),
    row("jsonb", (0, 0), "TEXT", Some("jsonb"), Some("json"), |_| Some(ColumnType::Jsonb)),
    row("inet", (0, 0), "TEXT", Some("inet"), Some("varchar(43)"), |_| Some(ColumnType::Inet)),
];

/// The first argument, if there is one; `None` if it is no length.
#[expect(clippy::option_option, reason = "no argument and a wrong one differ")]
fn first(args: &[i64]) -> Option<Option<u32>> {
    match args.first() {
        None => Some(None),
        Some(n) => u32::try_from(*n).ok().map(Some),
    }
}

fn make_decimal(args: &[i64]) -> Option<ColumnType> {
    let Some(precision) = first(args)? else {
        return Some(ColumnType::Decimal(None));
    };
    let scale = match args.get(1) {
        None => None,
        Some(n) => Some(i32::try_from(*n).ok()?),
    };
    Some(ColumnType::Decimal(Some((precision, scale))))
}

/// The verb of a type with its arguments; `None` for enums, arrays and types in
/// the database's own spelling, which have none.
pub fn verb(ty: &ColumnType) -> Option<Verb> {
    let optional = |n: &Option<u32>| n.iter().map(|n| i64::from(*n)).collect::<Vec<_>>();
    let (name, args) = match ty {
        ColumnType::TinyInteger => ("tiny_integer", Vec::new()),
        ColumnType::SmallInteger => ("small_integer", Vec::new()),
        ColumnType::Integer => ("integer", Vec::new()),
        ColumnType::BigInteger => ("big_integer", Vec::new()),
        ColumnType::TinyUnsigned => ("tiny_unsigned", Vec::new()),
        ColumnType::SmallUnsigned => ("small_unsigned", Vec::new()),
        ColumnType::Unsigned => ("unsigned", Vec::new()),
        ColumnType::BigUnsigned => ("big_unsigned", Vec::new()),
        ColumnType::Float => ("float", Vec::new()),
        ColumnType::Double => ("double", Vec::new()),
        ColumnType::Decimal(None) => ("decimal", Vec::new()),
        ColumnType::Decimal(Some((precision, scale))) => {
            let scale = scale.map(i64::from);
            let args = std::iter::once(i64::from(*precision)).chain(scale);
            ("decimal", args.collect())
        }
        ColumnType::Boolean => ("boolean", Vec::new()),
        ColumnType::Char(n) => ("char", optional(n)),
        ColumnType::Varchar(n) => ("varchar", optional(n)),
        ColumnType::Text => ("text", Vec::new()),
        ColumnType::Blob => ("blob", Vec::new()),
        ColumnType::Binary(n) => ("binary", vec![i64::from(*n)]),
        ColumnType::Varbinary(n) => ("varbinary", vec![i64::from(*n)]),
        ColumnType::Date => ("date", Vec::new()),
        ColumnType::Time(n) => ("time", optional(n)),
        ColumnType::DateTime(n) => ("datetime", optional(n)),
        ColumnType::TimestampTz(n) => ("timestamp_tz", optional(n)),
        ColumnType::Interval => ("interval", Vec::new()),
        ColumnType::Uuid => ("uuid", Vec::new()),
        ColumnType::Json => ("json", Vec::new()),
        ColumnType::Jsonb => ("jsonb", Vec::new()),
        ColumnType::Inet => ("inet", Vec::new()),
        ColumnType::Enum(_) | ColumnType::Array(_) | ColumnType::Custom(_) => return None,
    };
    Some(Verb { name, args })
}

/// The type that a verb with these arguments says.
pub fn from_verb(name: &str, args: &[i64]) -> Option<ColumnType> {
    let row = TYPES.iter().find(|row| row.verb == name)?;
    let (least, most) = row.args;
    if args.len() < least || args.len() > most {
        return None;
    }
    (row.make)(args)
}

/// What SQLite writes for a type.
///
/// An enum is TEXT with a check beside it. An array has no type of its own
/// there; models that have one are refused before it comes to this.
pub fn sqlite_write(ty: &ColumnType) -> String {
    match ty {
        ColumnType::Custom(spelling) => spelling.clone(),
        other => verb(other)
            .and_then(|verb| {
                let row = TYPES.iter().find(|row| row.verb == verb.name)?;
                Some(fill(row.sqlite, &verb.args))
            })
            .unwrap_or_else(|| "TEXT".to_owned()),
    }
}

/// What a row's template of one dialect says for a type; `None` where the type
/// has no row, or its row no template.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) fn spelled(
    ty: &ColumnType,
    template: impl Fn(&TypeRow) -> Option<&'static str>,
) -> Option<String> {
    let verb = verb(ty)?;
    let row = TYPES.iter().find(|row| row.verb == verb.name)?;
    Some(fill(template(row)?, &verb.args))
}

pub(crate) fn fill(template: &str, args: &[i64]) -> String {
    if args.is_empty() {
        return template.replace("{}", "");
    }
    let list: Vec<String> = args.iter().map(ToString::to_string).collect();
    template.replace("{}", &format!("({})", list.join(", ")))
}

/// The type that a spelling in a SQLite table stands for.
pub fn sqlite_read(spelling: &str) -> ColumnType {
    let normal = normalise(spelling);
    let (base, args) = split(&normal);
    TYPES
        .iter()
        .filter(|row| row.sqlite.replace("{}", "") == base)
        .filter(|row| args.len() >= row.args.0 && args.len() <= row.args.1)
        .find_map(|row| (row.make)(&args))
        .filter(|ty| sqlite_write(ty) == normal)
        .unwrap_or(ColumnType::Custom(normal))
}

/// Upper case, single spaces between words, none inside parentheses but after
/// a comma.
fn normalise(spelling: &str) -> String {
    let mut out = String::with_capacity(spelling.len());
    let mut space = false;
    for c in spelling.chars() {
        if c.is_ascii_whitespace() {
            space = true;
            continue;
        }
        let tight = matches!(c, '(' | ')' | ',') || out.ends_with('(') || out.is_empty();
        if out.ends_with(',') || (space && !tight) {
            out.push(' ');
        }
        space = false;
        out.push(c.to_ascii_uppercase());
    }
    out
}

/// `VARCHAR(100)` as `VARCHAR` and `[100]`; the whole with nothing where the
/// parentheses do not hold numbers.
fn split(normal: &str) -> (&str, Vec<i64>) {
    let parts = normal
        .strip_suffix(')')
        .and_then(|rest| rest.split_once('('));
    let Some((base, list)) = parts else {
        return (normal, Vec::new());
    };
    let numbers: Result<Vec<i64>, _> = list.split(", ").map(str::parse).collect();
    match numbers {
        Ok(args) => (base, args),
        Err(_) => (normal, Vec::new()),
    }
}

/// What becomes of a Rust type whose column type was not said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustColumn {
    /// The type that every database understands in its own way.
    pub neutral: ColumnType,
    /// The type on SQLite, canonical.
    pub sqlite: ColumnType,
    /// Whether sqlx can store a value of the Rust type on SQLite. Where it
    /// cannot, `sqlite` is the spelling that loses nothing.
    pub encoded: bool,
}

impl RustColumn {
    /// The type to write into a migration file where it says more than the
    /// canonical one and SQLite makes the same of it.
    pub fn neutral_hint(&self) -> Option<ColumnType> {
        let same = sqlite_read(&sqlite_write(&self.neutral)) == self.sqlite;
        (same && self.neutral != self.sqlite).then(|| self.neutral.clone())
    }
}

/// The column type of a Rust type: on SQLite the one that sqlx encodes it to.
///
/// # Errors
/// A Rust type that no column can hold.
pub fn rust_type(rust: &RustType) -> Result<RustColumn> {
    let (neutral, sqlite, encoded) = match rust {
        RustType::I8 => (ColumnType::TinyInteger, ColumnType::Integer, true),
        RustType::I16 => (ColumnType::SmallInteger, ColumnType::Integer, true),
        RustType::I32 => (ColumnType::Integer, ColumnType::Integer, true),
        RustType::I64 => (ColumnType::BigInteger, ColumnType::Integer, true),
        RustType::U8 => (ColumnType::TinyUnsigned, ColumnType::Integer, true),
        RustType::U16 => (ColumnType::SmallUnsigned, ColumnType::Integer, true),
        RustType::U32 => (ColumnType::Unsigned, ColumnType::Integer, true),
        // Decoded, but not encoded: half of its values do not fit.
        RustType::U64 => (ColumnType::BigUnsigned, ColumnType::Integer, false),
        RustType::F32 => (ColumnType::Float, ColumnType::Double, true),
        RustType::F64 => (ColumnType::Double, ColumnType::Double, true),
        RustType::Bool => (ColumnType::Boolean, ColumnType::Boolean, true),
        RustType::Char => (ColumnType::Char(Some(1)), ColumnType::Char(Some(1)), false),
        RustType::String => (ColumnType::Text, ColumnType::Text, true),
        RustType::Bytes => (ColumnType::Blob, ColumnType::Blob, true),
        RustType::Uuid => (ColumnType::Uuid, ColumnType::Blob, true),
        RustType::Json => (ColumnType::Json, ColumnType::Text, true),
        RustType::Decimal | RustType::BigDecimal => {
            (ColumnType::Decimal(None), ColumnType::Text, false)
        }
        RustType::Date => (ColumnType::Date, ColumnType::Date, true),
        RustType::Time => (ColumnType::Time(None), ColumnType::Time(None), true),
        RustType::DateTime => (ColumnType::DateTime(None), ColumnType::DateTime(None), true),
        RustType::TimestampTz => {
            let sqlite = ColumnType::DateTime(None);
            (ColumnType::TimestampTz(None), sqlite, true)
        }
        RustType::IpNetwork | RustType::IpAddress => (ColumnType::Inet, ColumnType::Text, false),
        RustType::Enum(name) => (ColumnType::Enum(name.clone()), ColumnType::Text, true),
        RustType::Array(_) => {
            return Err(Error::new("SQLite has no arrays")
                .with_hint("give the column a type of its own with `#[column(type = \"..\")]`"));
        }
    };
    Ok(RustColumn {
        neutral,
        sqlite,
        encoded,
    })
}

/// How SQLite converts what is stored in a column, by the column's spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affinity {
    /// Numbers become text.
    Text,
    /// Text that is a number becomes one.
    Numeric,
    /// As `Numeric`.
    Integer,
    /// As `Numeric`, and whole numbers become floating point.
    Real,
    /// Nothing is converted.
    Blob,
}

/// The affinity that SQLite finds in a spelling.
pub fn sqlite_affinity(ty: &ColumnType) -> Affinity {
    let spelling = sqlite_write(ty).to_ascii_uppercase();
    let has = |part: &str| spelling.contains(part);
    if has("INT") {
        Affinity::Integer
    } else if has("CHAR") || has("CLOB") || has("TEXT") {
        Affinity::Text
    } else if has("BLOB") || spelling.is_empty() {
        Affinity::Blob
    } else if has("REAL") || has("FLOA") || has("DOUB") {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_its_own_inverse() {
        for row in TYPES {
            for count in row.args.0..=row.args.1 {
                let args: Vec<i64> = [10, 2].into_iter().take(count).collect();
                let ty = from_verb(row.verb, &args);
                let back = ty.as_ref().and_then(verb);
                let name = row.verb;
                assert_eq!(back, Some(Verb { name, args }), "{}", row.verb);
            }
        }
    }

    #[test]
    fn what_is_written_is_read_back_to_a_fixed_point() {
        for row in TYPES {
            let args = &[10, 2][..row.args.1];
            let ty = from_verb(row.verb, args).unwrap_or(ColumnType::Custom("no type".into()));
            let once = sqlite_read(&sqlite_write(&ty));
            assert!(!matches!(once, ColumnType::Custom(_)), "{ty:?}");
            assert_eq!(sqlite_write(&once), sqlite_write(&ty));
            assert_eq!(sqlite_read(&sqlite_write(&once)), once);
        }
    }

    #[test]
    fn spellings_of_real_databases() {
        let custom = |s: &str| ColumnType::Custom(s.to_owned());
        for (spelling, expected) in [
            ("integer", ColumnType::Integer),
            ("INT", custom("INT")),
            ("BigInt", custom("BIGINT")),
            ("tinyint", custom("TINYINT")),
            ("float", custom("FLOAT")),
            ("real", ColumnType::Double),
            ("VARCHAR ( 30 )", ColumnType::Varchar(Some(30))),
            ("varchar", ColumnType::Varchar(None)),
            ("VARCHAR(030)", custom("VARCHAR(030)")),
            ("varchar(max)", custom("VARCHAR(MAX)")),
            ("decimal(10,2)", custom("DECIMAL(10, 2)")),
            ("DECIMAL(10)", custom("DECIMAL(10)")),
            ("NUMERIC( 10,2 )", custom("NUMERIC(10, 2)")),
            ("double  precision", custom("DOUBLE PRECISION")),
            ("nvarchar(40)", custom("NVARCHAR(40)")),
            ("timestamp", custom("TIMESTAMP")),
            ("JSON", custom("JSON")),
            ("BLOB SUB_TYPE\nTEXT", custom("BLOB SUB_TYPE TEXT")),
            ("", custom("")),
            ("text(5)", custom("TEXT(5)")),
            ("blob", ColumnType::Blob),
            ("datetime(6)", ColumnType::DateTime(Some(6))),
            ("varchar(-1)", custom("VARCHAR(-1)")),
        ] {
            assert_eq!(sqlite_read(spelling), expected, "{spelling}");
            assert_eq!(sqlite_read(&sqlite_write(&expected)), expected);
        }
    }

    #[test]
    fn a_neutral_type_is_told_only_where_sqlite_makes_the_same_of_it() {
        let hint = |rust| rust_type(&rust).ok().and_then(|c| c.neutral_hint());
        assert_eq!(hint(RustType::Uuid), Some(ColumnType::Uuid));
        assert_eq!(hint(RustType::Json), Some(ColumnType::Json));
        let zoned = Some(ColumnType::TimestampTz(None));
        assert_eq!(hint(RustType::TimestampTz), zoned);
        assert_eq!(hint(RustType::I32), None);
        assert_eq!(hint(RustType::I64), Some(ColumnType::BigInteger));
        assert_eq!(hint(RustType::U8), Some(ColumnType::TinyUnsigned));
        assert_eq!(hint(RustType::F32), Some(ColumnType::Float));
        let exact = Some(ColumnType::Decimal(None));
        assert_eq!(hint(RustType::Decimal), exact);
        assert_eq!(hint(RustType::String), None);
        assert!(rust_type(&RustType::Array(Box::new(RustType::I32))).is_err());
    }

    #[test]
    fn nothing_of_what_a_rust_type_is_elsewhere_is_lost() {
        use RustType as R;
        for rust in [
            R::I8,
            R::I16,
            R::I32,
            R::I64,
            R::U8,
            R::U16,
            R::U32,
            R::U64,
            R::F32,
            R::F64,
            R::Bool,
            R::Char,
            R::String,
            R::Bytes,
            R::Uuid,
            R::Json,
            R::Decimal,
            R::BigDecimal,
            R::Date,
            R::Time,
            R::DateTime,
            R::TimestampTz,
            R::IpNetwork,
            R::IpAddress,
        ] {
            let found = rust_type(&rust).ok();
            let written = found
                .as_ref()
                .map(|c| c.neutral_hint().unwrap_or(c.sqlite.clone()));
            assert_eq!(written, found.map(|c| c.neutral), "{rust:?}");
        }
    }

    #[test]
    fn affinity_follows_the_words_in_the_spelling() {
        for (spelling, expected) in [
            ("CHARINT", Affinity::Integer),
            ("FLOATING POINT", Affinity::Integer),
            ("NVARCHAR(3)", Affinity::Text),
            ("BLOB SUB_TYPE TEXT", Affinity::Text),
            ("DOUBLE", Affinity::Real),
            ("", Affinity::Blob),
            ("DATETIME", Affinity::Numeric),
            ("STRING", Affinity::Numeric),
        ] {
            assert_eq!(sqlite_affinity(&sqlite_read(spelling)), expected);
        }
    }
}
