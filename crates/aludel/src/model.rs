//! What a model says at run time: names, and nothing else.

/// A struct that is a table.
///
/// ```
/// use aludel::Model;
///
/// #[derive(Model)]
/// #[table(name = "node")]
/// struct Node {
///     #[column(primary_key)]
///     id: String,
///     #[column(name = "fw")]
///     firmware: Option<String>,
///     #[column(skip)]
///     cached: u8,
/// }
///
/// assert_eq!(Node::TABLE, "node");
/// assert_eq!(Node::COLUMNS, ["id", "fw"]);
/// ```
pub trait Model {
    /// The name of the table, with its schema if the model says one.
    const TABLE: &'static str;
    /// The names of the columns that are fields of the struct itself, in order;
    /// those of flattened structs are not among them.
    const COLUMNS: &'static [&'static str];
}

/// An enum that is a column type: a type on PostgreSQL, an `ENUM` on MySQL, a
/// checked text on SQLite.
///
/// An enum that derives `sqlx::Type` needs this derive no more.
///
/// ```
/// use aludel::Enum;
///
/// #[derive(Enum)]
/// #[db_enum(name = "mood", rename_all = "snake_case")]
/// enum Mood {
///     Happy,
///     #[db_enum(name = "blue")]
///     Sad,
/// }
///
/// assert_eq!(Mood::NAME, "mood");
/// assert_eq!(Mood::VALUES, ["happy", "blue"]);
/// ```
pub trait Enum {
    /// The name of the database type.
    const NAME: &'static str;
    /// The values, in declared order.
    const VALUES: &'static [&'static str];
}
