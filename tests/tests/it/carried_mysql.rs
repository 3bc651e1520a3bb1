//! Tables of MySQL and MariaDB with what no model says and no query over all
//! tables tells: other columns of them change, and they go and come back.

use libtest_mimic::{Failed, Trial};

use crate::project::Project;
use crate::{Outcome, trial};
use aludel_tests::place::On;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("carried::mysql::tables_of_every_kind", tables_of_every_kind),
        trial(
            "carried::mysql::objects_of_every_kind",
            objects_of_every_kind,
        ),
        trial(
            "carried::mysql::columns_of_tables_that_others_read",
            columns_of_tables_that_others_read,
        ),
        trial(
            "carried::mysql::what_may_stop_a_run_comes_first",
            what_may_stop_a_run_comes_first,
        ),
        trial("carried::mysql::order_of_triggers", order_of_triggers),
        trial(
            "carried::mysql::foreign_keys_wait_for_both_sides",
            foreign_keys_wait_for_both_sides,
        ),
        trial(
            "carried::mysql::compressed_becomes_required",
            compressed_becomes_required,
        ),
        trial(
            "carried::mysql::spaces_at_the_end_count",
            spaces_at_the_end_count,
        ),
        trial(
            "carried::mysql::partitioned_tables_have_no_foreign_keys",
            partitioned_tables_have_no_foreign_keys,
        ),
        trial(
            "carried::mysql::routines_and_events_that_lose_a_name",
            routines_and_events_that_lose_a_name,
        ),
    ]
}

/// What MariaDB alone has.
const MARIADB: &str = "\
CREATE TABLE list_default (id INT NOT NULL, n INT, PRIMARY KEY (id)) PARTITION BY LIST (id) \
(PARTITION a VALUES IN (1, 2), PARTITION rest DEFAULT);
CREATE TABLE list_columns (id INT, k VARCHAR(10), n INT, PRIMARY KEY (id, k)) \
PARTITION BY LIST COLUMNS (k) (PARTITION a VALUES IN ('x', 'y'), PARTITION rest DEFAULT);
CREATE TABLE history (id INT PRIMARY KEY, n INT) WITH SYSTEM VERSIONING \
PARTITION BY SYSTEM_TIME LIMIT 1000 (PARTITION h0 HISTORY, PARTITION h1 HISTORY, \
PARTITION now CURRENT);
CREATE TABLE daily (id INT PRIMARY KEY, n INT) WITH SYSTEM VERSIONING \
PARTITION BY SYSTEM_TIME INTERVAL 1 DAY STARTS TIMESTAMP'2026-01-01 00:00:00' \
(PARTITION h0 HISTORY, PARTITION now CURRENT);
CREATE TABLE versions (id INT PRIMARY KEY, n INT, \
since TIMESTAMP(6) GENERATED ALWAYS AS ROW START INVISIBLE, \
till TIMESTAMP(6) GENERATED ALWAYS AS ROW END INVISIBLE, \
PERIOD FOR SYSTEM_TIME (since, till)) WITH SYSTEM VERSIONING;
CREATE TABLE stays (id INT, s DATE, e DATE, n INT, PERIOD FOR p (s, e), \
PRIMARY KEY (id, p WITHOUT OVERLAPS));
CREATE TABLE prices (id INT PRIMARY KEY, k INT NOT NULL, s DATETIME NOT NULL, \
e DATETIME NOT NULL, n INT, PERIOD FOR `p q` (s, e), UNIQUE u (k, `p q` WITHOUT OVERLAPS));
";

/// What MySQL alone has.
const MYSQL: &str = "\
CREATE TABLE downwards (id INT, k INT, n INT, PRIMARY KEY (id DESC, k));
CREATE TABLE words (id INT PRIMARY KEY, n INT, t TEXT, FULLTEXT f (t) WITH PARSER ngram);
CREATE TABLE small (id INT PRIMARY KEY, n INT, t VARCHAR(20), KEY kt (t) KEY_BLOCK_SIZE = 4) \
ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 8;
";

/// What both have.
const BOTH: &str = "\
CREATE TABLE keyed (id INT PRIMARY KEY, n INT) PARTITION BY KEY ALGORITHM = 1 (id) PARTITIONS 3;
CREATE TABLE ranged (id INT PRIMARY KEY, n INT) PARTITION BY RANGE (id) \
SUBPARTITION BY HASH (id) SUBPARTITIONS 2 \
(PARTITION a VALUES LESS THAN (10) COMMENT 'it''s */ ENGINE = x', \
PARTITION b VALUES LESS THAN MAXVALUE);
CREATE TABLE named (id INT PRIMARY KEY, n INT) PARTITION BY RANGE (id) SUBPARTITION BY HASH (id) \
(PARTITION a VALUES LESS THAN (10) (SUBPARTITION x, SUBPARTITION y), \
PARTITION b VALUES LESS THAN MAXVALUE (SUBPARTITION z, SUBPARTITION w));
CREATE TABLE held (id INT, n INT, a INT, b INT, PRIMARY KEY (id) USING BTREE, \
KEY ka (a) USING BTREE, KEY kb (b)) ENGINE = MEMORY;
CREATE TABLE one (id INT, k INT) ENGINE = MyISAM;
CREATE TABLE two (id INT, k INT) ENGINE = MyISAM;
CREATE TABLE merged (id INT, k INT) ENGINE = MERGE UNION = (one, two) INSERT_METHOD = LAST;
CREATE TABLE never (id INT PRIMARY KEY, n INT, d DATE NOT NULL DEFAULT '0000-00-00', \
t DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00');
";

/// Models of what is there.
fn reflect(project: &Project) -> Outcome {
    std::fs::remove_file(project.path("models.rs"))?;
    project.expect(&["reflect", "--out", "models.rs"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(())
}

/// Has the changed models written, run and taken back; what is there in between
/// is looked at.
fn there_and_back(
    project: &Project,
    flags: &[&str],
    look: impl Fn() -> Result<Vec<String>, Failed>,
    between: impl Fn(&str, &[String], &[String]) -> Outcome,
) -> Outcome {
    let was = look()?;
    let words = [&["autogen", "-m", "change"], flags].concat();
    let ran = project.expect(&words, 0)?;
    if ran.stderr.contains("lacks something") {
        return Err(ran.stderr.into());
    }
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    between("after the upgrade", &was, &look()?)?;
    project.expect(&["downgrade", "base"], 0)?;
    same("after the downgrade", &was, &look()?)
}

/// The statements that make the tables of a project, as the server shows them.
fn shown(project: &Project) -> Result<Vec<String>, Failed> {
    let tables = project.query(
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
         AND TABLE_NAME NOT LIKE 'aludel%' ORDER BY TABLE_NAME",
    )?;
    let server = project.server().ok_or("a server")?;
    let show = |table: &String| {
        let row = server.query(&format!("SHOW CREATE TABLE `{table}`"))?;
        // Behind it stands the character set of the session that made a view.
        Ok(row.split('\t').take(2).collect())
    };
    tables.iter().map(show).collect()
}

fn is_mariadb(project: &Project) -> Result<bool, Failed> {
    let version = project.query("SELECT VERSION()")?.concat();
    Ok(version.contains("MariaDB"))
}

fn same(when: &str, was: &[String], is: &[String]) -> Outcome {
    if was == is {
        return Ok(());
    }
    let gone = was.iter().filter(|one| !is.contains(one));
    let new = is.iter().filter(|one| !was.contains(one));
    Err(format!(
        "{when}:\n{}\nis now\n{}",
        gone.cloned().collect::<String>(),
        new.cloned().collect::<String>()
    )
    .into())
}

fn tables_of_every_kind() -> Outcome {
    let project = Project::on(On::MySql, "")?;
    let own = if is_mariadb(&project)? {
        MARIADB
    } else {
        MYSQL
    };
    project.sql(&format!("SET sql_mode = '';\n{own}{BOTH}"))?;
    reflect(&project)?;
    project.expect(&["check"], 0)?;
    let models = std::fs::read_to_string(project.path("models.rs"))?;
    let wider = models.replace("pub n: Option<i32>", "pub n: Option<i64>");
    project.write("models.rs", &wider)?;
    let narrow = |text: &String| {
        text.replace("`n` bigint(20)", "`n` int(11)")
            .replace("`n` bigint", "`n` int")
    };
    let narrower = |when: &str, was: &[String], is: &[String]| {
        same(when, was, &is.iter().map(narrow).collect::<Vec<_>>())
    };
    there_and_back(&project, &[], || shown(&project), narrower)?;
    // All go, and come back.
    std::fs::remove_file(project.version("")?)?;
    project.sql("DROP TABLE aludel_version")?;
    project.write(
        "models.rs",
        "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"other\")]\npub struct Other {\n    \
         #[column(primary_key)]\n    pub id: i64,\n}\n",
    )?;
    let look = || {
        Ok(shown(&project)?
            .into_iter()
            .filter(|t| !t.starts_with("other"))
            .collect())
    };
    there_and_back(&project, &["--allow-lossy"], look, |when, _, is| {
        same(when, &[], is)
    })
}

/// Objects that no model has are listed, and are there after a table changed;
/// views keep how they are run.
fn objects_of_every_kind() -> Outcome {
    let project = Project::on(On::MySql, "")?;
    project.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, n INT);\
         CREATE ALGORITHM = MERGE VIEW merged AS SELECT id, n FROM t;\
         CREATE ALGORITHM = TEMPTABLE SQL SECURITY INVOKER VIEW kept AS SELECT id FROM t;\
         CREATE DEFINER = nobody@localhost VIEW foreign_view AS SELECT id FROM t;\
         CREATE EVENT often ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' \
         ON COMPLETION PRESERVE DISABLE COMMENT 'it''s' DO SELECT 1;\
         CREATE EVENT once ON SCHEDULE AT '2037-01-01 00:00:00' DO SELECT 2;",
    )?;
    let mut listed = vec!["event `often`", "event `once`"];
    if is_mariadb(&project)? {
        project.sql(
            "CREATE SEQUENCE numbers START WITH 100 INCREMENT BY 5 MAXVALUE 1000 CYCLE;\n\
             SELECT NEXTVAL(numbers);\nSET sql_mode = ORACLE;\nDELIMITER //\n\
             CREATE PACKAGE pk AS FUNCTION f(a INT) RETURN INT; END//\n\
             CREATE PACKAGE BODY pk AS FUNCTION f(a INT) RETURN INT AS BEGIN RETURN a + 1; END; END//\n\
             CREATE PROCEDURE p(a INT, b OUT INT) AS BEGIN b := a; END//\n\
             CREATE FUNCTION f(a INT) RETURN INT AS BEGIN RETURN a; END//\nDELIMITER ;\n",
        )?;
        listed.extend(["sequence `numbers`", "package `pk`", "package body `pk`"]);
    }
    let texts = || {
        let server = project.server().ok_or("a server")?;
        let mut texts = shown(&project)?;
        for what in ["EVENT often", "EVENT once"] {
            texts.push(server.query(&format!("SHOW CREATE {what}"))?);
        }
        texts.push(server.query(
            "SELECT ROUTINE_TYPE, ROUTINE_NAME, ROUTINE_DEFINITION, SQL_MODE \
             FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() ORDER BY 1, 2",
        )?);
        Ok::<_, Failed>(texts)
    };
    reflect(&project)?;
    let views = std::fs::read_to_string(project.path("models.sql"))?;
    for said in [
        "ALGORITHM=MERGE VIEW `merged`",
        "ALGORITHM=TEMPTABLE SQL SECURITY INVOKER VIEW `kept`",
        "DEFINER=`nobody`@`localhost` VIEW `foreign_view`",
    ] {
        if !views.contains(said) {
            return Err(format!("no `{said}`\n{views}").into());
        }
    }
    let ran = project.expect(&["check", "-v"], 0)?;
    for one in listed {
        let line = format!("unmanaged {one}");
        if !format!("{}{}", ran.stdout, ran.stderr).contains(&line) {
            return Err(format!("no `{line}`\n{}{}", ran.stdout, ran.stderr).into());
        }
    }
    project.edit("models.rs", "pub n: Option<i32>", "pub n: Option<i64>")?;
    project.edit("models.sql", "ALGORITHM=MERGE", "ALGORITHM=TEMPTABLE")?;
    let as_before = |text: &String| {
        text.replace("`n` bigint(20)", "`n` int(11)")
            .replace("`n` bigint", "`n` int")
            .replace(
                "ALGORITHM=TEMPTABLE DEFINER=`root`@`localhost` SQL SECURITY DEFINER",
                "ALGORITHM=MERGE DEFINER=`root`@`localhost` SQL SECURITY DEFINER",
            )
    };
    there_and_back(&project, &[], texts, |when, was, is| {
        same(when, was, &is.iter().map(as_before).collect::<Vec<_>>())
    })
}

/// A trigger that is replaced fires where it did.
fn order_of_triggers() -> Outcome {
    let project = Project::on(On::MySql, "")?;
    let one = |name: &str, moment: &str, body: &str| {
        format!("CREATE TRIGGER {name} {moment} INSERT ON t FOR EACH ROW {body};\n")
    };
    project.sql(&format!(
        "CREATE TABLE t (id INT PRIMARY KEY, n INT);\n{}{}{}{}",
        one("first_one", "BEFORE", "SET NEW.n = 1"),
        one("other", "AFTER", "SET @a = 1"),
        one("second_one", "BEFORE", "SET NEW.n = 2"),
        one("third_one", "BEFORE", "SET NEW.n = 3"),
    ))?;
    reflect(&project)?;
    for number in [1, 2, 3] {
        let (from, to) = (format!("NEW.n = {number}"), format!("NEW.n = {number}0"));
        project.edit("models.sql", &from, &to)?;
    }
    let order = || {
        project.query(
            "SELECT CONCAT(ACTION_ORDER, ' ', ACTION_TIMING, ' ', TRIGGER_NAME) \
             FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY 1",
        )
    };
    there_and_back(&project, &[], order, same)
}

/// A foreign key that gets another name, or whose tables get another collation,
/// waits until the columns on both of its sides are of one type again.
fn foreign_keys_wait_for_both_sides() -> Outcome {
    let project = Project::on(On::MySql, "")?;
    project.sql(
        "ALTER DATABASE CHARACTER SET latin1 COLLATE latin1_swedish_ci;\
         CREATE TABLE p (id INT PRIMARY KEY, code VARCHAR(10) NOT NULL UNIQUE);\
         CREATE TABLE c (id INT PRIMARY KEY, p_id INT, code VARCHAR(10), \
         CONSTRAINT fk_old FOREIGN KEY (p_id) REFERENCES p (id), \
         CONSTRAINT fk_code FOREIGN KEY (code) REFERENCES p (code) ON UPDATE CASCADE);\
         CREATE TABLE z (id INT PRIMARY KEY, p_id INT, \
         CONSTRAINT fk_z FOREIGN KEY (p_id) REFERENCES p (id));\
         INSERT INTO p VALUES (1, 'a'); INSERT INTO c VALUES (1, 1, 'a'); \
         INSERT INTO z VALUES (1, 1);",
    )?;
    reflect(&project)?;
    let models = std::fs::read_to_string(project.path("models.rs"))?;
    let keys = || {
        project.query(
            "SELECT CONCAT_WS(' ', c.CONSTRAINT_NAME, t.COLUMN_TYPE, t.COLLATION_NAME) \
             FROM information_schema.KEY_COLUMN_USAGE c JOIN information_schema.COLUMNS t \
             ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME \
             AND t.COLUMN_NAME = c.COLUMN_NAME WHERE c.TABLE_SCHEMA = DATABASE() \
             AND c.REFERENCED_TABLE_NAME IS NOT NULL ORDER BY 1",
        )
    };
    let are = |said: &'static [&'static str]| {
        move |_: &str, _: &[String], is: &[String]| {
            let plain = |key: &String| key.replace("(20)", "");
            let is: Vec<String> = is.iter().map(plain).collect();
            let said: Vec<String> = said.iter().map(|&one| one.to_owned()).collect();
            same("foreign keys", &said, &is)
        }
    };
    // Both tables, and one of others, in both directions.
    project.write(
        "models.rs",
        &models
            .replace("\"fk_old\"", "\"fk_new\"")
            .replace("pub id: i32", "pub id: i64")
            .replace("pub p_id: Option<i32>", "pub p_id: Option<i64>"),
    )?;
    there_and_back(
        &project,
        &[],
        keys,
        are(&[
            "fk_code varchar(10) latin1_swedish_ci",
            "fk_new bigint",
            "fk_z bigint",
        ]),
    )?;
    std::fs::remove_file(project.version("")?)?;
    let collated = "#[derive(Model)]\n#[table(collate = \"utf8mb4_general_ci\")]";
    project.write("models.rs", &models.replace("#[derive(Model)]", collated))?;
    there_and_back(&project, &[], keys, |_, _, is| {
        let said = "fk_code varchar(10) utf8mb4_general_ci".to_owned();
        match is.contains(&said) {
            true => Ok(()),
            false => Err(format!("{is:?}").into()),
        }
    })
}

/// MariaDB gives a compressed text a default of its own.
fn compressed_becomes_required() -> Outcome {
    let project = Project::on(On::MySql, "")?;
    let how = if is_mariadb(&project)? {
        "COMPRESSED"
    } else {
        ""
    };
    project.sql(&format!(
        "CREATE TABLE t (id INT PRIMARY KEY, b TEXT {how}, v VARCHAR(300) {how} DEFAULT 'x');\
         INSERT INTO t VALUES (1, 'a', 'b');"
    ))?;
    reflect(&project)?;
    project.edit("models.rs", "pub b: Option<String>", "pub b: String")?;
    project.edit("models.rs", "pub v: Option<String>", "pub v: String")?;
    there_and_back(
        &project,
        &[],
        || shown(&project),
        |when, _, is| {
            let text = is.concat();
            match text.matches("NOT NULL").count() == 3 && text.matches(how).count() > 1 {
                true => Ok(()),
                false => Err(format!("{when}: {text}").into()),
            }
        },
    )
}

/// The server cuts no spaces off a text where only its length changes.
fn spaces_at_the_end_count() -> Outcome {
    let project = Project::on(On::MySql, "")?;
    project.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(10), c CHAR(10));\
         INSERT INTO t VALUES (1, 'abc  ', 'abc  '), (2, 'ab ', 'ab');",
    )?;
    reflect(&project)?;
    project.edit("models.rs", "varchar(10)", "varchar(3)")?;
    project.edit("models.rs", "\"char(10)", "\"char(3)")?;
    let ran = project.expect(&["autogen", "-m", "shorter", "--allow-lossy"], 0)?;
    for said in [
        "`t.v`: 1 row does not fit `varchar(3)`",
        "`t.c`: no row now",
    ] {
        if !ran.stdout.contains(said) && !ran.stderr.contains(said) {
            return Err(format!("no `{said}`\n{}{}", ran.stdout, ran.stderr).into());
        }
    }
    project.expect(&["upgrade", "head"], 2)?;
    project.sql("UPDATE t SET v = 'abc' WHERE id = 1")?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(())
}

/// Neither server lets a foreign key touch a partitioned table.
fn partitioned_tables_have_no_foreign_keys() -> Outcome {
    let project = Project::on(On::MySql, "")?;
    project.sql(
        "CREATE TABLE p (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2;\
         CREATE TABLE q (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, o INT);\
         CREATE TABLE d (id INT PRIMARY KEY, o INT, KEY ko (o)) PARTITION BY HASH (id);",
    )?;
    reflect(&project)?;
    let models = std::fs::read_to_string(project.path("models.rs"))?;
    let with = |model: &str, field: &str| {
        let (before, after) = models.split_once(model).unwrap_or((&models, ""));
        let after = after.replacen("pub o:", &format!("{field}\n    pub o:"), 1);
        format!("{before}{model}{after}")
    };
    for (model, field, said) in [
        (
            "pub struct C",
            "#[column(references = P::id)]",
            "refer to partitioned tables: foreign key",
        ),
        (
            "pub struct D",
            "#[column(references = Q::id)]",
            "no foreign keys of partitioned tables: foreign key",
        ),
    ] {
        project.write("models.rs", &with(model, field))?;
        let ran = project.expect(&["autogen", "-m", "key"], 2)?;
        if !ran.stderr.replace("\n  │ ", " ").contains(said) {
            return Err(format!("no `{said}`\n{}", ran.stderr).into());
        }
    }
    Ok(())
}

/// What would be left with a name that nothing has is told before anything is
/// touched, unless a file says it anew.
/// A way back that the rows do not allow stops before anything is changed, and a
/// routine that a run has changed is taken back with it.
fn what_may_stop_a_run_comes_first() -> Outcome {
    let project = Project::on(On::MySql, "")?;
    project.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, lft INT NOT NULL);\
         CREATE FUNCTION f () RETURNS INT DETERMINISTIC RETURN 1;",
    )?;
    reflect(&project)?;
    for (file, from, to) in [
        ("models.rs", "    pub lft: i32,\n", ""),
        ("models.sql", "RETURN 1", "RETURN 2"),
    ] {
        let text = std::fs::read_to_string(project.path(file))?;
        project.write(file, &text.replacen(from, to, 1))?;
    }
    project.expect(&["autogen", "-m", "less", "--allow-lossy"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.sql("INSERT INTO t (id) VALUES (1)")?;
    let ran = project.expect(&["downgrade", "base"], 2)?;
    if !ran.stderr.contains("has rows") {
        return Err(ran.stderr.into());
    }
    project.expect(&["check"], 0)?;
    same(
        "after it stopped",
        &["2".to_owned()],
        &project.query("SELECT f()")?,
    )?;
    project.sql("DELETE FROM t")?;
    project.expect(&["downgrade", "base"], 0)?;
    same(
        "after the downgrade",
        &["1".to_owned()],
        &project.query("SELECT f()")?,
    )
}

/// MariaDB keeps a table open under the name that a query gave it, where the
/// column that its expressions name is then not found.
fn columns_of_tables_that_others_read() -> Outcome {
    let project = Project::on(On::MySql, "")?;
    project.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, n INT, m INT AS (n + 1) STORED, CHECK (n > 0)); \
         INSERT INTO t (id, n) VALUES (1, 2)",
    )?;
    reflect(&project)?;
    let models = std::fs::read_to_string(project.path("models.rs"))?;
    let renamed = models.replacen("pub n:", "#[column(renamed_from = \"n\")]\n    pub k:", 1);
    project.write("models.rs", &renamed.replace("`n`", "`k`"))?;
    project.expect(&["autogen", "-m", "rename", "--no-rename"], 0)?;
    for words in [["upgrade", "head"], ["downgrade", "base"]] {
        for alias in ["a", "b", "c"] {
            project.query(&format!("SELECT {alias}.m FROM t {alias}"))?;
        }
        project.expect(&words, 0)?;
    }
    Ok(())
}

fn routines_and_events_that_lose_a_name() -> Outcome {
    let project = Project::on(On::MySql, "")?;
    project.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, old_name INT, n INT);\
         CREATE TABLE other (id INT PRIMARY KEY, n INT);\
         CREATE PROCEDURE p () SELECT old_name FROM t;\
         CREATE PROCEDURE q (IN n INT) SELECT t.id FROM t WHERE id > n;\
         CREATE PROCEDURE r () SELECT o.n, t.id FROM t JOIN other o ON o.id = t.id;",
    )?;
    reflect(&project)?;
    let files = std::fs::read_to_string(project.path("models.sql"))?;
    let models = std::fs::read_to_string(project.path("models.rs"))?;
    let renamed = models.replacen(
        "pub old_name",
        "#[column(renamed_from = \"old_name\")]\n    pub new_name",
        1,
    );
    project.write("models.rs", &renamed)?;
    let refused = |said: &str| -> Outcome {
        let ran = project.expect(&["autogen", "-m", "change"], 2)?;
        match ran.stderr.replace("\n  │ ", " ").contains(said) {
            true => Ok(()),
            false => Err(format!("no `{said}`\n{}", ran.stderr).into()),
        }
    };
    refused("routine `p()` names column `t.old_name`, which is renamed")
        .or_else(|_| refused("routine `p` names column `t.old_name`, which is renamed"))?;
    project.write("models.sql", &files.replacen("old_name", "new_name", 1))?;
    let routines = || {
        project.query(
            "SELECT CONCAT(ROUTINE_NAME, ROUTINE_DEFINITION) FROM information_schema.ROUTINES \
             WHERE ROUTINE_SCHEMA = DATABASE() ORDER BY 1",
        )
    };
    there_and_back(&project, &[], routines, |_, _, is| {
        match is.concat().contains("SELECT new_name") {
            true => Ok(()),
            false => Err(format!("{is:?}").into()),
        }
    })?;
    std::fs::remove_file(project.version("")?)?;
    // A parameter, and a column of another table, are not the column.
    project.write("models.sql", &files)?;
    project.write(
        "models.rs",
        &models
            .replacen("    pub n: Option<i32>,\n", "", 2)
            .replacen(
                "pub struct Other {",
                "pub struct Other {\n    pub n: Option<i32>,",
                1,
            ),
    )?;
    project.expect(&["autogen", "-m", "drop", "--allow-lossy"], 0)?;
    std::fs::remove_file(project.version("")?)?;
    project
        .sql("CREATE EVENT e ON SCHEDULE AT '2037-01-01 00:00:00' DO DELETE FROM t WHERE n > 1")?;
    let ran = project.expect(&["autogen", "-m", "drop", "--allow-lossy"], 2)?;
    match ran
        .stderr
        .contains("event `e` names column `t.n`, which is dropped")
    {
        true => Ok(()),
        false => Err(ran.stderr.into()),
    }
}
