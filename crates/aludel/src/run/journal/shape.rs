//! What the things that a statement names look like now: whether it was run is
//! seen from whether they have changed.

use aludel_core::dialect::TextRow;

use super::meaning::names;
use super::words::words;
use crate::db::Connection;

/// A hash over all that a statement of MySQL or PostgreSQL names.
pub(super) async fn shape(
    connection: &mut Connection<'_>,
    sql: &str,
) -> Result<String, sqlx::Error> {
    let mysql = connection.dialect().name() == "mysql";
    let names = names(sql, mysql);
    let seen = if mysql {
        of_mysql(connection, &names).await?
    } else {
        let mut rows = connection.read(&postgres(sql, &names)).await?;
        rows.sort();
        rows
    };
    Ok(format!("{:016x}", hash(&seen)))
}

/// The tables among the names that do not take part in transactions.
pub(super) async fn loose_tables(
    connection: &mut Connection<'_>,
    sql: &str,
) -> Result<Vec<String>, sqlx::Error> {
    if connection.dialect().name() != "mysql" {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() \
         AND lower(table_name) IN ({}) AND table_type = 'BASE TABLE' AND engine <> 'InnoDB'",
        list(&names(sql, true), true)
    );
    let rows = connection.read(&sql).await?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

async fn of_mysql(
    connection: &mut Connection<'_>,
    names: &[String],
) -> Result<Vec<TextRow>, sqlx::Error> {
    let list = list(names, true);
    let sql = format!(
        "SELECT table_schema, table_name FROM information_schema.tables \
         WHERE lower(table_schema) IN (lower(DATABASE()), {list}) \
         AND lower(table_name) IN ({list}) ORDER BY 1, 2"
    );
    let mut seen = Vec::new();
    for row in connection.read(&sql).await? {
        let [Some(schema), Some(table)] = row.as_slice() else {
            continue;
        };
        let quoted = |name: &str| connection.dialect().quote_name(name);
        let sql = format!("SHOW CREATE TABLE {}.{}", quoted(schema), quoted(table));
        // One that has gone meanwhile, or a view that is broken, says nothing.
        if let Ok(rows) = connection.read(&sql).await {
            let said = rows.into_iter().map(|row| {
                let texts = row.into_iter().take(2);
                texts.map(|text| text.map(without_counter)).collect()
            });
            seen.extend::<Vec<TextRow>>(said.collect());
        }
    }
    let speaks_of = |word: &str| names.iter().any(|name| name.eq_ignore_ascii_case(word));
    for (word, sql) in [
        (
            "trigger",
            "SELECT trigger_name, action_timing, event_manipulation, event_object_table, \
             action_statement FROM information_schema.triggers \
             WHERE trigger_schema = DATABASE() AND lower(trigger_name)",
        ),
        (
            "procedure",
            "SELECT routine_name, routine_type, routine_definition \
             FROM information_schema.routines \
             WHERE routine_schema = DATABASE() AND lower(routine_name)",
        ),
        (
            "function",
            "SELECT routine_name, routine_type, dtd_identifier, routine_definition \
             FROM information_schema.routines \
             WHERE routine_schema = DATABASE() AND lower(routine_name)",
        ),
        (
            "event",
            "SELECT event_name, status, interval_value, interval_field, event_definition \
             FROM information_schema.events \
             WHERE event_schema = DATABASE() AND lower(event_name)",
        ),
        (
            "database",
            "SELECT schema_name, default_collation_name FROM information_schema.schemata \
             WHERE lower(schema_name)",
        ),
    ] {
        if speaks_of(word) {
            seen.extend(
                connection
                    .read(&format!("{sql} IN ({list}) ORDER BY 1, 2"))
                    .await?,
            );
        }
    }
    Ok(seen)
}

/// The definition of a table without the next number of its counter.
fn without_counter(text: String) -> String {
    let Some((before, after)) = text.split_once(" AUTO_INCREMENT=") else {
        return text;
    };
    let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{before}{after}")
}

/// What the catalogue of PostgreSQL says of everything with such a name. An
/// index whose building has failed is as good as none; one that was to be
/// dropped is there as long as it has not gone.
fn postgres(sql: &str, names: &[String]) -> String {
    let list = list(names, false);
    let drops = words(sql, false)
        .first()
        .is_some_and(|word| word.is("drop"));
    let counts = if drops { "true" } else { "i.indisvalid" };
    format!(
        "WITH named AS (SELECT c.oid, c.relname, c.relkind, n.nspname FROM pg_class c \
           JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname IN ({list}) \
           AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') \
           AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = c.oid AND NOT {counts})) \
         SELECT 'relation', oid::text, relkind::text, relname::text, nspname::text FROM named \
         UNION ALL SELECT 'column', a.attrelid::text, a.attnum || ' ' || a.attname, \
           format_type(a.atttypid, a.atttypmod) || a.attnotnull || a.attidentity::text, \
           pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a \
           JOIN named ON named.oid = a.attrelid \
           LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
           WHERE a.attnum > 0 AND NOT a.attisdropped \
         UNION ALL SELECT 'constraint', conrelid::text, conname::text, \
           pg_get_constraintdef(oid), '' FROM pg_constraint \
           WHERE conrelid IN (SELECT oid FROM named) \
         UNION ALL SELECT 'index', indexrelid::text, pg_get_indexdef(indexrelid), '', '' \
           FROM pg_index i WHERE {counts} AND indrelid IN (SELECT oid FROM named) \
         UNION ALL SELECT 'view', oid::text, pg_get_viewdef(oid), '', '' FROM named \
           WHERE relkind IN ('v', 'm') \
         UNION ALL SELECT 'type', t.oid::text, t.typname::text, e.enumlabel::text, \
           e.enumsortorder::text FROM pg_type t LEFT JOIN pg_enum e ON e.enumtypid = t.oid \
           WHERE t.typname IN ({list}) \
         UNION ALL SELECT 'function', oid::text, proname::text, prosrc, '' FROM pg_proc \
           WHERE proname IN ({list}) \
         UNION ALL SELECT 'schema', oid::text, nspname::text, '', '' FROM pg_namespace \
           WHERE nspname IN ({list}) \
         UNION ALL SELECT 'database', oid::text, datname::text, '', '' FROM pg_database \
           WHERE datname IN ({list})"
    )
}

/// Names as texts of SQL, each as it stands and in small letters.
fn list(names: &[String], backslashes: bool) -> String {
    let mut all: Vec<String> = names
        .iter()
        .flat_map(|name| [name.clone(), name.to_lowercase()])
        .collect();
    all.push(String::new());
    all.sort();
    all.dedup();
    let quoted = all.iter().map(|name| {
        let name = name.replace('\'', "''");
        match backslashes {
            true => format!("'{}'", name.replace('\\', "\\\\")),
            false => format!("'{name}'"),
        }
    });
    quoted.collect::<Vec<_>>().join(", ")
}

/// FNV-1a over all values.
fn hash(rows: &[TextRow]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    for row in rows {
        for value in row {
            value
                .as_deref()
                .unwrap_or("\u{1}")
                .bytes()
                .for_each(&mut add);
            add(0);
        }
        add(2);
    }
    hash
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_counter_of_a_table_is_no_part_of_its_shape() {
        assert_eq!(
            super::without_counter("a\n) ENGINE=InnoDB AUTO_INCREMENT=12 DEFAULT".into()),
            "a\n) ENGINE=InnoDB DEFAULT"
        );
    }
}
