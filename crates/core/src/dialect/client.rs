//! How statements are written for the plain client of a database: `sqlite3`,
//! `psql`, `mariadb`.
//!
//! Owns what such a client needs around statements: what is set before them,
//! what ends one, what begins and ends a transaction. It must not know what
//! the statements do.

use super::Dialect;

/// The plain client of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// How it is given a script, for who reads one.
    pub command: &'static str,
    /// What is set once before everything else, outside of any transaction.
    pub settings: &'static [&'static str],
    /// What takes the lock of a run before everything else, or fails at once (see
    /// [`Self::about_lock`]). Where there is none, the beginning of a transaction is the lock.
    pub lock: &'static [&'static str],
    /// What gives it back.
    pub unlock: &'static [&'static str],
    /// Selects the names of all tables of the database, `{schemas}` being the
    /// literals of schemas beside the default one, each behind a comma.
    pub tables: &'static str,
    /// What begins a transaction.
    pub begin: &'static str,
    /// Whether statements that change the schema go into transactions.
    pub transactional: bool,
    /// What stands between two migrations of one transaction.
    pub between: &'static [&'static str],
    /// What is noted at the beginning of a transaction of a migration.
    pub watch: &'static [&'static str],
    /// What fails at its end where it would leave more broken than there was:
    /// what is wrong is the name of a column that takes no NULL.
    pub check: &'static [&'static str],
    /// Whether a statement ends at the first semicolon, wherever it stands,
    /// unless the client is told another mark.
    pub marks: bool,
}

/// What ends a transaction.
pub const COMMIT: &str = "COMMIT";

/// Marks that may end a statement in the place of a semicolon.
const MARKS: [&str; 4] = ["$$", "//", ";;", "~~"];

/// The name of the lock of a run on MySQL, where the locks of a server are
/// common to all of its databases: `{name}` is the literal of the version table.
pub const MYSQL_LOCK: &str = "CONCAT('aludel:', SHA2(CONCAT(DATABASE(), 0x00, {name}), 224))";

/// Lets constraints wait for the end of a transaction again that were made to
/// be checked at once inside of it. What this role may not touch, and what
/// shares its name with one that never waits, is checked at once from there on.
pub const POSTGRES_DEFER_AGAIN: &str = "DO $$ DECLARE late text; BEGIN \
    FOR late IN SELECT format('%I.%I', n.nspname, c.conname) FROM pg_catalog.pg_constraint c \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace WHERE c.condeferred \
    LOOP BEGIN EXECUTE 'SET CONSTRAINTS ' || late || ' DEFERRED'; \
    EXCEPTION WHEN insufficient_privilege OR wrong_object_type OR undefined_object THEN NULL; END; \
    END LOOP; END $$";

impl Client {
    /// `sqlite3`. Foreign keys would delete the children of a table that is
    /// written again.
    pub const SQLITE: Self = Self {
        command: "sqlite3 -bail FILE < SCRIPT",
        settings: &[
            "PRAGMA foreign_keys = OFF",
            "PRAGMA legacy_alter_table = OFF",
        ],
        lock: &[],
        unlock: &[],
        tables: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' \
                 ESCAPE '\\'",
        begin: "BEGIN IMMEDIATE",
        transactional: true,
        between: &[],
        watch: &[
            "CREATE TEMPORARY TABLE aludel_orphans AS SELECT count(*) AS orphans \
             FROM pragma_foreign_key_check",
        ],
        check: &[
            "CREATE TEMPORARY TABLE aludel_guard (\"rows would refer to rows that do not exist\" \
             INTEGER NOT NULL)",
            "INSERT INTO aludel_guard SELECT CASE WHEN count(*) <= \
             (SELECT orphans FROM aludel_orphans) THEN 0 END FROM pragma_foreign_key_check",
            "DROP TABLE aludel_guard",
            "DROP TABLE aludel_orphans",
        ],
        marks: false,
    };

    /// `psql`.
    pub const POSTGRES: Self = Self {
        command: "psql -X -v ON_ERROR_STOP=1 -f SCRIPT",
        settings: &[
            "SET client_encoding = 'UTF8'",
            "SET client_min_messages = warning",
            "SET standard_conforming_strings = on",
            "SET IntervalStyle = postgres",
            // Of which day and hour a text speaks, in a run as well.
            "SET DateStyle = 'ISO, MDY'",
            "SET TimeZone = 'UTC'",
        ],
        // It is tried once: who waits for it inside the server holds up an
        // index that another session builds concurrently.
        lock: &[
            "DO $$ BEGIN IF NOT pg_try_advisory_lock({key}) THEN RAISE EXCEPTION \
                 'another process is running a migration on this database'; END IF; END $$",
        ],
        unlock: &["DO $$ BEGIN PERFORM pg_advisory_unlock({key}); END $$"],
        tables: "SELECT c.relname AS name FROM pg_catalog.pg_class c \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind IN ('r', 'p') AND n.nspname IN (current_schema(){schemas}) \
                 AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid = c.oid \
                 AND d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'e')",
        begin: "BEGIN",
        transactional: true,
        between: &["SET CONSTRAINTS ALL IMMEDIATE", POSTGRES_DEFER_AGAIN],
        watch: &[],
        check: &[],
        marks: false,
    };

    /// `mysql` on MySQL.
    pub const MYSQL: Self = Self {
        command: "mysql --comments DATABASE < SCRIPT",
        settings: &["SET NAMES utf8mb4", MYSQL_MODES, MYSQL_ENGINE, MYSQL_ZONE],
        lock: &[
            "SET @aludel_lock = GET_LOCK({lock}, 0)",
            "CREATE TEMPORARY TABLE aludel_guard (`another process is running a migration` \
             INT NOT NULL)",
            "INSERT INTO aludel_guard VALUES (IF(@aludel_lock = 1, 1, NULL))",
            "DROP TEMPORARY TABLE aludel_guard",
        ],
        unlock: &["DO RELEASE_LOCK({lock})"],
        tables: "SELECT table_name AS name FROM information_schema.tables \
                 WHERE table_schema = DATABASE() \
                 AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')",
        begin: "START TRANSACTION",
        transactional: false,
        between: &[],
        watch: &[],
        check: &[],
        marks: true,
    };

    /// `mariadb` on MariaDB.
    pub const MARIADB: Self = Self {
        command: "mariadb --comments DATABASE < SCRIPT",
        settings: &[
            "SET NAMES utf8mb4",
            MYSQL_MODES,
            MYSQL_ENGINE,
            MYSQL_ZONE,
            // Else a timestamp that takes no NULL is set by every UPDATE. Those
            // that cannot be asked for one session are left out.
            "/*M!100609 SET SESSION explicit_defaults_for_timestamp = 1 */",
            // Without it no table with system versioning can be altered.
            "/*M!100304 SET SESSION system_versioning_alter_history = 'KEEP' */",
        ],
        ..Self::MYSQL
    };

    /// A statement as the client takes it, on lines of its own.
    pub fn statement(&self, sql: &str) -> String {
        let sql = sql.trim();
        if !self.marks || !sql.contains(';') {
            // A comment at the end must not hide the semicolon.
            let last = sql.lines().last().unwrap_or_default();
            let comment = last.contains("--") || last.contains('#');
            let line = if comment { "\n" } else { "" };
            return format!("{sql}{line};\n");
        }
        let mark = MARKS.into_iter().find(|mark| !sql.contains(mark));
        let mark = mark.unwrap_or("@@aludel@@");
        format!("DELIMITER {mark}\n{sql}\n{mark}\nDELIMITER ;\n")
    }

    /// A statement of [`Self::lock`] or [`Self::unlock`] with what it is about.
    pub fn about_lock(&self, sql: &str, key: i64, table: &str) -> String {
        sql.replace("{lock}", MYSQL_LOCK)
            .replace("{key}", &key.to_string())
            .replace("{name}", &self.literal(table))
    }

    /// A text as a literal.
    pub fn literal(&self, text: &str) -> String {
        let text = text.replace('\'', "''");
        // A backslash means itself everywhere else.
        let text = match self.marks {
            true => text.replace('\\', "\\\\"),
            false => text,
        };
        format!("'{text}'")
    }
}

/// The modes of the server, but for those in which a statement would mean
/// something else, and with those without which it would lose values.
const MYSQL_MODES: &str = "SET SESSION sql_mode = TRIM(BOTH ',' FROM \
    CONCAT(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(CONCAT(',', \
    @@GLOBAL.sql_mode, ','), ',ANSI,', ','), ',ANSI_QUOTES,', ','), ',DB2,', ','), ',MAXDB,', \
    ','), ',MSSQL,', ','), ',NO_BACKSLASH_ESCAPES,', ','), ',ORACLE,', ','), ',POSTGRESQL,', \
    ','), ',NO_ZERO_DATE,', ','), ',NO_ZERO_IN_DATE,', ','), ',TRADITIONAL,', ','), \
    'STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO'))";

/// A client may have another one, and with it other values of a `timestamp`.
const MYSQL_ZONE: &str = "SET SESSION time_zone = @@GLOBAL.time_zone";

/// Another engine would keep no foreign keys.
const MYSQL_ENGINE: &str = "SET SESSION default_storage_engine = InnoDB";

/// A comment of a script, which is one line whatever is in it.
pub fn comment(text: &str) -> String {
    let text = text.split(['\n', '\r']).collect::<Vec<_>>().join(" ");
    format!("-- {}\n", text.trim())
}

/// The dialect for which statements are made where no server can be asked: the
/// names of the dialects, and `mariadb` for the other product of `mysql`.
pub fn spoken(name: &str) -> Option<&'static dyn Dialect> {
    #[cfg(feature = "mysql")]
    if name.eq_ignore_ascii_case("mysql") {
        return Some(&super::mysql::MySql::MYSQL);
    }
    let name = if name.eq_ignore_ascii_case("mariadb") {
        "mysql"
    } else {
        name
    };
    super::named(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_ends_where_the_client_sees_it() {
        let ends = |client: Client, sql: &str| client.statement(sql);
        assert_eq!(ends(Client::SQLITE, " SELECT 1 \n"), "SELECT 1;\n");
        assert_eq!(
            ends(Client::POSTGRES, "SELECT 1 -- one"),
            "SELECT 1 -- one\n;\n"
        );
        assert_eq!(ends(Client::MYSQL, "SELECT 1 # one"), "SELECT 1 # one\n;\n");
        let body = "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.b = 1; END";
        assert_eq!(ends(Client::SQLITE, body), format!("{body};\n"));
        assert_eq!(
            ends(Client::MARIADB, body),
            format!("DELIMITER $$\n{body}\n$$\nDELIMITER ;\n")
        );
        assert_eq!(
            ends(Client::MARIADB, "SELECT '$$;'"),
            "DELIMITER //\nSELECT '$$;'\n//\nDELIMITER ;\n"
        );
    }

    #[test]
    fn a_text_is_quoted() {
        assert_eq!(Client::POSTGRES.literal(r"it's \x"), r"'it''s \x'");
        assert_eq!(Client::MYSQL.literal(r"it's \x"), r"'it''s \\x'");
        assert_eq!(comment("two\nlines"), "-- two lines\n");
    }

    #[cfg(feature = "mysql")]
    #[test]
    fn mysql_is_two_products() {
        let title = |name: &str| spoken(name).map(Dialect::title);
        assert_eq!(title("MySQL"), Some("MySQL"));
        assert_eq!(title("mariadb"), Some("MariaDB"));
        assert_eq!(title("oracle"), None);
    }
}
