//! What is asked of `information_schema`.
//!
//! Every query is about one database named by a constant or by `DATABASE()`,
//! without joins: only so does MariaDB look into one directory alone.

use crate::dialect::Scope;
use crate::dialect::mysql::MySql;

/// What is asked, after the first query, which tells the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asked {
    Tables,
    Columns,
    Indexes,
    KeyColumns,
    References,
    Checks,
    Views,
    Triggers,
    Routines,
    Events,
    Parameters,
}

impl Asked {
    /// Everything, in the order in which it is asked.
    pub(super) const LIST: &'static [Self] = &[
        Self::Tables,
        Self::Columns,
        Self::Indexes,
        Self::KeyColumns,
        Self::References,
        Self::Checks,
        Self::Views,
        Self::Triggers,
        Self::Routines,
        Self::Events,
        Self::Parameters,
    ];

    /// The query about one database, which `{db}` stands for.
    fn sql(self, on: MySql) -> &'static str {
        let maria = on.is_mariadb();
        match self {
            Self::Tables if maria => {
                "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COLLATION, \
                 CREATE_OPTIONS, TABLE_COMMENT \
                 FROM information_schema.TABLES WHERE TABLE_SCHEMA = {db}"
            }
            // Of one that is partitioned by `KEY ()` the options do not say so.
            Self::Tables => {
                "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.TABLE_TYPE, t.ENGINE, t.TABLE_COLLATION, \
                 CONCAT_WS(' ', t.CREATE_OPTIONS, p.PARTITIONED), t.TABLE_COMMENT \
                 FROM information_schema.TABLES AS t LEFT JOIN (\
                 SELECT DISTINCT TABLE_NAME, 'partitioned' AS PARTITIONED \
                 FROM information_schema.PARTITIONS \
                 WHERE TABLE_SCHEMA = {db} AND PARTITION_METHOD LIKE '%KEY') AS p \
                 ON p.TABLE_NAME = t.TABLE_NAME WHERE t.TABLE_SCHEMA = {db}"
            }
            Self::Columns if maria => {
                "SELECT TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_TYPE, \
                 IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME, GENERATION_EXPRESSION, \
                 COLUMN_COMMENT, NULL \
                 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {db}"
            }
            Self::Columns => {
                "SELECT TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_TYPE, \
                 IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME, GENERATION_EXPRESSION, \
                 COLUMN_COMMENT, SRS_ID \
                 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {db}"
            }
            Self::Indexes if maria => {
                "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, NON_UNIQUE, \
                 COLUMN_NAME, COLLATION, SUB_PART, INDEX_TYPE, INDEX_COMMENT, IGNORED, NULL \
                 FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = {db}"
            }
            Self::Indexes => {
                "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, NON_UNIQUE, \
                 COLUMN_NAME, COLLATION, SUB_PART, INDEX_TYPE, INDEX_COMMENT, \
                 IF(IS_VISIBLE = 'NO', 'YES', 'NO'), EXPRESSION \
                 FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = {db}"
            }
            Self::KeyColumns => {
                "SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION, COLUMN_NAME, \
                 REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME \
                 FROM information_schema.KEY_COLUMN_USAGE \
                 WHERE TABLE_SCHEMA = {db} AND REFERENCED_TABLE_NAME IS NOT NULL"
            }
            Self::References => {
                "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE \
                 FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = {db}"
            }
            Self::Checks if maria => {
                "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE, LEVEL \
                 FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = {db}"
            }
            Self::Checks => {
                "SELECT t.CONSTRAINT_SCHEMA, t.TABLE_NAME, t.CONSTRAINT_NAME, c.CHECK_CLAUSE, \
                 t.ENFORCED FROM information_schema.TABLE_CONSTRAINTS t \
                 JOIN information_schema.CHECK_CONSTRAINTS c \
                 ON c.CONSTRAINT_SCHEMA = t.CONSTRAINT_SCHEMA \
                 AND c.CONSTRAINT_NAME = t.CONSTRAINT_NAME \
                 WHERE t.CONSTRAINT_SCHEMA = {db} AND t.CONSTRAINT_TYPE = 'CHECK'"
            }
            Self::Views if maria => {
                "SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION, CHECK_OPTION, DEFINER, \
                 SECURITY_TYPE, ALGORITHM FROM information_schema.VIEWS WHERE TABLE_SCHEMA = {db}"
            }
            Self::Views => {
                "SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION, CHECK_OPTION, DEFINER, \
                 SECURITY_TYPE, NULL FROM information_schema.VIEWS WHERE TABLE_SCHEMA = {db}"
            }
            Self::Triggers => {
                "SELECT EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE, TRIGGER_NAME, ACTION_ORDER, \
                 ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT, DEFINER, SQL_MODE \
                 FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = {db}"
            }
            Self::Routines => {
                "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, LOWER(ROUTINE_TYPE), SPECIFIC_NAME, \
                 ROUTINE_DEFINITION, IS_DETERMINISTIC, SQL_DATA_ACCESS, SECURITY_TYPE, \
                 ROUTINE_COMMENT, DEFINER, SQL_MODE \
                 FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = {db}"
            }
            Self::Parameters => {
                "SELECT SPECIFIC_SCHEMA, SPECIFIC_NAME, LOWER(ROUTINE_TYPE), ORDINAL_POSITION, \
                 PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER, COLLATION_NAME \
                 FROM information_schema.PARAMETERS WHERE SPECIFIC_SCHEMA = {db}"
            }
            Self::Events => {
                "SELECT EVENT_SCHEMA, EVENT_NAME, DEFINER, EXECUTE_AT, INTERVAL_VALUE, \
                 INTERVAL_FIELD, STARTS, ENDS, ON_COMPLETION, STATUS, EVENT_COMMENT, \
                 EVENT_DEFINITION FROM information_schema.EVENTS WHERE EVENT_SCHEMA = {db}"
            }
        }
    }
}

const SERVER: &str = "SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME, VERSION(), @@version_comment, \
     DATABASE(), @@lower_case_table_names, @@sql_mode, CURRENT_USER() \
     FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = {db}";

/// All queries, in order.
pub(in crate::dialect::mysql) fn queries(on: MySql, scope: &Scope) -> Vec<String> {
    let rest = Asked::LIST.iter().map(|asked| asked.sql(on));
    std::iter::once(SERVER)
        .chain(rest)
        .map(|template| for_all(template, scope))
        .collect()
}

/// The query for the default database and for those that were named.
fn for_all(template: &str, scope: &Scope) -> String {
    let mut parts = vec![template.replace("{db}", "DATABASE()")];
    let mut named: Vec<&String> = scope.schemas.iter().collect();
    named.sort();
    named.dedup();
    for schema in named {
        let text = format!("'{}'", schema.replace('\\', "\\\\").replace('\'', "''"));
        let own = template.replace("{db}", &text);
        parts.push(format!("{own} AND DATABASE() <> {text}"));
    }
    parts.join(" UNION ALL ")
}
