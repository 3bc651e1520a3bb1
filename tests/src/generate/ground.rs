//! What one database can hold, as far as schemas at random go: its types and
//! the expressions over them.
//!
//! Everything else about a database comes from its dialect.

use aludel_core::dialect::Dialect;
use aludel_core::dialect::mysql::MySql;
use aludel_core::dialect::postgres::Postgres;
use aludel_core::dialect::sqlite::Sqlite;
use aludel_core::dialect::types::{TYPES, from_verb};
use aludel_core::schema::{ColumnType, EnumType, Expression, Name, Schema, TableName};

/// The database that a schema is for.
#[derive(Debug, Clone, Copy)]
pub struct Ground {
    dialect: &'static dyn Dialect,
    /// The first number of its version.
    major: u32,
}

/// What a column holds, as far as expressions over it go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whatever.
    Any,
    /// A number.
    Number,
    /// Text.
    Text,
    /// True or false, where that is no number.
    Flag,
    /// Nothing that the expressions here are about.
    Other,
}

/// An expression over one column, `{}`.
pub(super) struct Template {
    /// What the column has to hold.
    pub(super) of: Kind,
    /// What comes out.
    pub(super) gives: Kind,
    /// The text.
    pub(super) text: &'static str,
}

const fn template(of: Kind, gives: Kind, text: &'static str) -> Template {
    Template { of, gives, text }
}

use Kind::{Any, Flag, Number, Other, Text};

const SQLITE: &[Template] = &[
    template(Any, Flag, "{} IS NOT NULL OR 1"),
    template(Any, Flag, "{} IS NULL OR length({}) >= 0"),
    template(
        Any,
        Flag,
        "CASE WHEN {} IS NULL THEN 1 ELSE 'end' <> 'x''y' END",
    ),
    template(Any, Any, "coalesce({}, 'x') || 'y'"),
    template(Any, Text, "lower({})"),
];

const POSTGRES: &[Template] = &[
    template(Any, Flag, "{} IS NOT NULL OR {} IS NULL"),
    template(Text, Flag, "length({}) >= 0"),
    template(Text, Flag, "{} <> 'x''y' OR {} IN ('x''y', 'a', 'é')"),
    template(Text, Flag, "{} NOT LIKE 'no\\%%' OR {} IS NOT NULL"),
    template(Number, Flag, "{} > 0 OR {} <= 0"),
    template(
        Number,
        Flag,
        "{} BETWEEN -5 AND 5 OR NOT ({} BETWEEN -5 AND 5)",
    ),
    template(Number, Flag, "CASE WHEN {} > 1 THEN 1 ELSE 2 END > 0"),
    template(Number, Flag, "coalesce({}, 0) IN (1, 2, 3) OR true"),
    template(Flag, Flag, "{} OR NOT {}"),
    template(Text, Text, "coalesce({}, 'x') || 'y'"),
    template(Text, Text, "upper({})"),
    template(Text, Text, "lower({})"),
    template(Number, Number, "{} * 2"),
    template(Number, Number, "coalesce({}, 0) + 1"),
    template(Number, Number, "abs({})"),
];

const MYSQL: &[Template] = &[
    template(Any, Flag, "{} IS NOT NULL OR {} IS NULL"),
    template(Text, Flag, "char_length({}) >= 0"),
    template(Text, Flag, "{} <> 'x''y' OR {} IN ('x''y', 'a', 'é')"),
    template(Number, Flag, "{} > 0 OR {} <= 0"),
    template(
        Number,
        Flag,
        "{} BETWEEN -5 AND 5 OR NOT ({} BETWEEN -5 AND 5)",
    ),
    template(Number, Flag, "CASE WHEN {} > 1 THEN 1 ELSE 2 END > 0"),
    template(Number, Flag, "coalesce({}, 0) IN (1, 2, 3) OR 1 = 1"),
    template(Text, Text, "concat(coalesce({}, 'x'), 'y')"),
    template(Text, Text, "upper({})"),
    template(Text, Text, "lower({})"),
    template(Number, Number, "{} * 2"),
    template(Number, Number, "coalesce({}, 0) + 1"),
    template(Number, Number, "abs({})"),
];

/// Types that the type table has no row for, and what is special about them.
const POSTGRES_ONLY: &[&str] = &["bit(3)", "macaddr", "int4range", "point", "tsvector"];
const MYSQL_ONLY: &[&str] = &[
    "mediumint",
    "mediumtext",
    "longblob",
    "year",
    "decimal(6,2) unsigned",
    "set('a','b')",
    "enum('a','b''c','é')",
    "bit(3)",
];

/// The enum types that columns are of, each by its name and its values at most.
pub(super) const ENUMS: &[(&str, &[&str])] = &[
    ("mood", &["sad", "ok", "it's", "größer", "x y"]),
    ("Kind of \"it\"", &["a", "b", "c", "d"]),
];

impl Ground {
    /// SQLite.
    pub const SQLITE: Self = Self::newest(&Sqlite);
    /// PostgreSQL, the newest.
    pub const POSTGRES: Self = Self::newest(&Postgres);
    /// MariaDB.
    pub const MARIADB: Self = Self::newest(&MySql::MARIADB);
    /// MySQL.
    pub const MYSQL: Self = Self::newest(&MySql::MYSQL);

    const fn newest(dialect: &'static dyn Dialect) -> Self {
        Self::new(dialect, u32::MAX)
    }

    /// A database of that major version.
    pub const fn new(dialect: &'static dyn Dialect, major: u32) -> Self {
        Self { dialect, major }
    }

    /// Its dialect.
    pub fn dialect(self) -> &'static dyn Dialect {
        self.dialect
    }

    /// Whether it is SQLite.
    pub fn is_sqlite(self) -> bool {
        self.dialect.name() == "sqlite"
    }

    /// Whether it is PostgreSQL.
    pub fn is_postgres(self) -> bool {
        self.dialect.name() == "postgres"
    }

    /// Whether it is MySQL or MariaDB.
    pub fn is_mysql(self) -> bool {
        self.dialect.name() == "mysql"
    }

    /// Whether it is MariaDB.
    pub fn is_mariadb(self) -> bool {
        self.dialect.title() == "MariaDB"
    }

    /// Whether it is that version or a later one.
    pub(super) fn at_least(self, major: u32) -> bool {
        self.major >= major
    }

    /// The identifier as an expression writes it.
    pub fn quoted(self, name: &Name) -> String {
        self.dialect.quote_name(name.as_str())
    }

    /// The schema as the database would report it.
    pub fn canonical(self, schema: Schema) -> Schema {
        // On SQLite the laws are about schemas as they are written, too.
        if self.is_sqlite() {
            schema
        } else {
            self.dialect.canonical(schema)
        }
    }

    /// The templates of expressions.
    pub(super) fn templates(self) -> &'static [Template] {
        match self.dialect.name() {
            "sqlite" => SQLITE,
            "postgres" => POSTGRES,
            _ => MYSQL,
        }
    }

    /// Every type that a column may be of.
    pub(super) fn types(self) -> Vec<ColumnType> {
        if self.is_sqlite() {
            return sqlite_types();
        }
        let mut types = Vec::new();
        for row in TYPES {
            let has = match self.is_postgres() {
                true => row.postgres.is_some(),
                false => row.mysql.is_some(),
            };
            for count in row.args.0..=row.args.1 {
                // Digits of a second go up to six.
                let args: &[i64] = match row.args {
                    (0, 1) if row.verb.contains("time") => &[3],
                    _ => &[10, 2],
                };
                let ty = args.get(..count).and_then(|a| from_verb(row.verb, a));
                types.extend(ty.filter(|_| has));
            }
        }
        types.extend([40, 100].map(|length| ColumnType::Varchar(Some(length))));
        let own = if self.is_postgres() {
            let array = |ty: ColumnType| ColumnType::Array(Box::new(ty));
            types.extend([array(ColumnType::Integer), array(ColumnType::Text)]);
            types.push(array(ColumnType::Enum(TableName::new(ENUMS[0].0))));
            POSTGRES_ONLY
        } else {
            MYSQL_ONLY
        };
        types.extend(
            own.iter()
                .map(|text| ColumnType::Custom((*text).to_owned())),
        );
        for (name, _) in ENUMS {
            let name = ColumnType::Enum(TableName::new(*name));
            types.extend([name.clone(), name]);
        }
        types
    }

    /// The type as the database reports it.
    pub fn canonical_type(self, ty: &ColumnType) -> ColumnType {
        match ty {
            ColumnType::Enum(_) => ty.clone(),
            _ if self.is_sqlite() => ty.clone(),
            _ => {
                let mut table = aludel_core::schema::Table::new("t");
                let column = aludel_core::schema::Column::new("c", ty.clone());
                table.columns.push(column);
                let mut schema = Schema::default();
                schema.insert(table);
                let schema = self.dialect.canonical(schema);
                let mut columns = schema.tables.into_values().flat_map(|t| t.columns);
                columns.next().map_or_else(|| ty.clone(), |c| c.ty)
            }
        }
    }

    /// What a column of that type holds.
    pub(super) fn kind(self, ty: &ColumnType) -> Kind {
        match self.canonical_type(ty) {
            _ if self.is_sqlite() => Any,
            // MariaDB computes nothing from what a mode may pad.
            ColumnType::Char(_) if self.is_mariadb() => Other,
            ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) => Text,
            ColumnType::SmallInteger
            | ColumnType::Integer
            | ColumnType::BigInteger
            | ColumnType::Float
            | ColumnType::Double
            | ColumnType::TinyInteger
            | ColumnType::Decimal(_) => Number,
            ColumnType::Boolean if self.is_postgres() => Flag,
            _ => Other,
        }
    }

    /// Whether a column of that type may be in a key or an index as it is.
    pub(super) fn is_key(self, ty: &ColumnType) -> bool {
        match self.canonical_type(ty) {
            _ if self.is_sqlite() => true,
            ColumnType::Json | ColumnType::Jsonb => false,
            ColumnType::Text | ColumnType::Blob => self.is_postgres(),
            ColumnType::Custom(text) => {
                !["point", "mediumtext", "longblob"].contains(&text.as_str())
            }
            _ => true,
        }
    }

    /// Whether the database may number the rows in a column of that type.
    pub(super) fn is_number_of_rows(self, ty: &ColumnType) -> bool {
        match self.canonical_type(ty) {
            ColumnType::Integer => true,
            ColumnType::SmallInteger | ColumnType::BigInteger => !self.is_sqlite(),
            ColumnType::Unsigned | ColumnType::BigUnsigned => self.is_mysql(),
            _ => false,
        }
    }

    /// The type of a column that is computed by something of that kind.
    pub(super) fn type_of(self, kind: Kind) -> Option<ColumnType> {
        match kind {
            Text if self.is_mysql() => Some(ColumnType::Varchar(Some(200))),
            Text => Some(ColumnType::Text),
            Number => Some(ColumnType::Double),
            _ => None,
        }
    }

    /// The identifiers in quotes of an expression, and what stands around them.
    pub(super) fn taken_apart(self, expression: &Expression) -> (Vec<Name>, String) {
        let mark = if self.is_mysql() { '`' } else { '"' };
        let (mut names, mut blank) = (Vec::new(), String::new());
        let mut letters = expression.as_str().chars().peekable();
        while let Some(quote) = letters.next() {
            if quote != mark && quote != '\'' {
                blank.push(quote);
                continue;
            }
            let mut text = String::new();
            while let Some(letter) = letters.next() {
                if letter == quote && letters.next_if_eq(&quote).is_none() {
                    break;
                }
                text.push(letter);
            }
            if quote == mark {
                names.push(Name::new(text));
                blank.push_str("{}");
            } else {
                blank.push_str(&format!("'{}'", text.replace('\'', "''")));
            }
        }
        (names, blank)
    }

    /// What the columns of an expression have to hold.
    pub(super) fn needs(self, blank: &str) -> Kind {
        let known = self.templates().iter().find(|t| t.text == blank);
        known.map_or(Any, |template| template.of)
    }
}

/// The values of the enum types that the columns of a schema are of.
pub(super) fn enum_type(name: &str, values: usize) -> EnumType {
    let known = ENUMS.iter().find(|(other, _)| *other == name);
    let all = known.map_or(&[][..], |(_, values)| values);
    EnumType {
        name: TableName::new(name),
        values: all.iter().take(values).map(|v| (*v).to_owned()).collect(),
    }
}

fn sqlite_types() -> Vec<ColumnType> {
    vec![
        ColumnType::Integer,
        ColumnType::Text,
        ColumnType::BigInteger,
        ColumnType::SmallInteger,
        ColumnType::Double,
        ColumnType::Float,
        ColumnType::Boolean,
        ColumnType::Varchar(Some(40)),
        ColumnType::Varchar(Some(100)),
        ColumnType::Char(Some(2)),
        ColumnType::Blob,
        ColumnType::Date,
        ColumnType::Time(None),
        ColumnType::DateTime(None),
        ColumnType::Json,
        ColumnType::Decimal(Some((10, Some(2)))),
        ColumnType::Custom("NVARCHAR(100)".into()),
        ColumnType::Custom("BIGINT".into()),
        ColumnType::Custom("DECIMAL(10, 2)".into()),
    ]
}
