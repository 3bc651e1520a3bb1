//! What the histories of real systems ran into, as one scenario each: tables
//! that hold everything, children of tables that are written again, rows that
//! are in the way, constraints without a name.

use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use crate::cli::says;
use crate::project::{Project, block_on};
use crate::rebuilds::{from_folder, telling};
use crate::rows::content;
use crate::startup::same;
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial(
            "scenarios::a_table_with_everything",
            a_table_with_everything,
        ),
        trial("scenarios::children_survive", children_survive),
        trial("scenarios::a_flag_for_users", a_flag_for_users),
    ];
    for on in On::ALL {
        let name = |what: &str| format!("scenarios::{}::{what}", on.name());
        trials.push(trial(name("not_null_over_null"), move || {
            not_null_over_null(on)
        }));
        trials.push(trial(name("a_unique_without_a_name"), move || {
            a_unique_without_a_name(on)
        }));
    }
    trials
}

/// A project of a database that is there, with the models of it.
fn adopted(on: On, script: &str) -> Result<Project, Failed> {
    let project = Project::on(on, "")?;
    project.sql(script)?;
    let models = project.expect(&["reflect"], 0)?.stdout;
    project.write("models.rs", &models)?;
    project.expect(&["check"], 0)?;
    Ok(project)
}

/// Takes the database to the models, as a migration of its own.
fn migrate(project: &Project, id: &str, more: &[&str]) -> Outcome {
    let words = ["autogen", "-m", "step", "--rev-id", id];
    project.expect(&[&words[..], more].concat(), 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(())
}

const EVERYTHING: &str = "\
CREATE TABLE p (id INTEGER PRIMARY KEY);
CREATE TABLE k (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT COLLATE NOCASE NOT NULL,
  v INT DEFAULT (1+1), g INT GENERATED ALWAYS AS (v*2) STORED, z TEXT, ok BOOLEAN, \"end\" DATETIME,
  p_id INTEGER REFERENCES p(id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT ck_z CHECK (length(z) < 5), CHECK (ok IN (0, 1)),
  UNIQUE (name, v) ON CONFLICT REPLACE);
CREATE INDEX ik ON k(z DESC) WHERE z IS NOT NULL;
CREATE INDEX ie ON k(lower(name));
CREATE INDEX ic ON k(name COLLATE BINARY, v DESC);
CREATE TRIGGER tr AFTER INSERT ON k WHEN new.z IS NULL
  BEGIN UPDATE k SET z='t' WHERE id = new.id; END;
CREATE VIEW vk AS SELECT id, name FROM k;
CREATE TABLE child (id INTEGER PRIMARY KEY,
  k_id INTEGER NOT NULL REFERENCES k(id) ON DELETE CASCADE);
INSERT INTO p VALUES (1);
INSERT INTO k(name,v,ok,p_id) VALUES ('A',1,1,1),('B',2,NULL,NULL);
DELETE FROM k WHERE name='B';
INSERT INTO child VALUES (10,1);";

/// A column takes no NULL, one comes, it goes again, one gets another name.
fn a_table_with_everything() -> Outcome {
    let project = adopted(On::Sqlite, EVERYTHING)?;
    let start = project.query("SELECT sql FROM sqlite_schema WHERE tbl_name NOT LIKE 'aludel%'")?;
    let rows = content(&project)?;
    holds_everything(&project, "z")?;
    project.edit("models.rs", "pub v: Option<i64>", "pub v: i64")?;
    migrate(&project, "aaaa00000001", &[])?;
    holds_everything(&project, "z")?;
    let before = std::fs::read_to_string(project.path("models.rs"))?;
    let column = "    pub ok: Option<bool>,\n";
    let with = format!("{column}    pub extra: Option<i64>,\n");
    project.edit("models.rs", column, &with)?;
    migrate(&project, "aaaa00000002", &[])?;
    holds_everything(&project, "z")?;
    project.write("models.rs", &before)?;
    migrate(&project, "aaaa00000003", &[])?;
    holds_everything(&project, "z")?;
    let renamed = before
        .replace("pub z: ", "pub zz: ")
        .replace("z IS NOT NULL", "zz IS NOT NULL")
        .replace("length(z)", "length(zz)");
    project.write("models.rs", &renamed)?;
    migrate(&project, "aaaa00000004", &["--rename", "k.z=k.zz"])?;
    holds_everything(&project, "zz")?;
    project.expect(&["downgrade", "base"], 0)?;
    let back = project.query("SELECT sql FROM sqlite_schema WHERE tbl_name NOT LIKE 'aludel%'")?;
    let plain = |all: Vec<String>| {
        let mut all: Vec<String> = all.iter().map(|sql| sql.replace(['"', '\n'], "")).collect();
        all.sort();
        all
    };
    same(plain(back), plain(start))?;
    same(content(&project)? == rows, true)
}

/// What the table has, by its text and by what rows get; nothing stays of the
/// rows that are tried.
fn holds_everything(project: &Project, z: &str) -> Outcome {
    let sql = project.query("SELECT sql FROM sqlite_schema WHERE name = 'k'")?;
    let sql = sql.concat();
    for (piece, times) in [
        ("AUTOINCREMENT", 1),
        ("COLLATE NOCASE", 1),
        ("STORED", 1),
        ("CHECK", 2),
        ("ON CONFLICT REPLACE", 1),
        ("DEFERRABLE INITIALLY DEFERRED", 1),
        ("ON DELETE SET NULL", 1),
    ] {
        if sql.matches(piece).count() != times {
            return Err(format!("{piece} is not there {times} times: {sql}").into());
        }
    }
    let indexes = project.query(
        "SELECT name || coalesce(':' || (SELECT group_concat(coalesce(x.name, '()') || ' ' || x.desc \
         || ' ' || x.coll) FROM pragma_index_xinfo(i.name) x WHERE x.key), '') || i.partial \
         FROM pragma_index_list('k') i WHERE i.origin = 'c' ORDER BY name",
    )?;
    same(
        indexes,
        vec![
            "ic:name 0 BINARY,v 1 BINARY0".to_owned(),
            "ie:() 0 BINARY0".to_owned(),
            format!("ik:{z} 1 BINARY1"),
        ],
    )?;
    same(project.query("PRAGMA foreign_key_check")?, vec![])?;
    same(
        project.query("PRAGMA integrity_check")?,
        vec!["ok".to_owned()],
    )?;
    same(
        project.query("SELECT k_id || ' ' || id FROM child")?,
        vec!["1 10".to_owned()],
    )?;
    same(
        project.query("SELECT name FROM sqlite_schema WHERE name LIKE '\\_aludel%' ESCAPE '\\'")?,
        vec![],
    )?;
    // The number of a row that is gone is not given again, the trigger fires,
    // the generated column computes, the view looks at it.
    let path = project.path("app.db");
    let tried = format!(
        "SELECT k.id || k.{z} || g || vk.name FROM k JOIN vk USING (id) WHERE k.id > 1 ORDER BY k.id"
    );
    let (rows, equal): (Vec<String>, Vec<i64>) = block_on(async {
        let mut connection = crate::project::open(&path, false).await?;
        let mut transaction = connection.begin().await?;
        sqlx::raw_sql("INSERT INTO k (name, v) VALUES ('new', 7)")
            .execute(&mut *transaction)
            .await?;
        let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(tried))
            .fetch_all(&mut *transaction)
            .await?;
        // The same name in other letters takes the place of the row.
        sqlx::raw_sql("INSERT INTO k (name, v) VALUES ('NEW', 7)")
            .execute(&mut *transaction)
            .await?;
        let equal = sqlx::query_scalar("SELECT id FROM k WHERE name = 'new'")
            .fetch_all(&mut *transaction)
            .await?;
        transaction.rollback().await?;
        connection.close().await?;
        Ok((rows, equal))
    })?;
    same(rows, vec!["3t14new".to_owned()])?;
    same(equal, vec![4])
}

/// Jobs and their processes: keys that are texts, keys to the table itself, two
/// keys to one table, children that go with their parent and others that stop it.
const JOBS: &str = "\
CREATE TABLE hosts (name VARCHAR NOT NULL, info_dict JSON, PRIMARY KEY (name));
CREATE TABLE refmodels (id INTEGER NOT NULL, enabled BOOLEAN, name VARCHAR, PRIMARY KEY (id),
  CHECK (enabled IN (0, 1)));
CREATE UNIQUE INDEX ix_refmodels_name ON refmodels (name);
CREATE TABLE users (name VARCHAR NOT NULL, id INTEGER, info_dict JSON, PRIMARY KEY (name),
  UNIQUE (id));
CREATE TABLE jobs (jobid VARCHAR NOT NULL, \"end\" DATETIME, duration FLOAT, user_id VARCHAR,
  tags JSON, PRIMARY KEY (jobid), FOREIGN KEY(user_id) REFERENCES users (name));
CREATE INDEX ix_jobs_jobid ON jobs (jobid);
CREATE TABLE host_job_associations (jobid VARCHAR NOT NULL, hostname VARCHAR NOT NULL,
  PRIMARY KEY (jobid, hostname), FOREIGN KEY(jobid) REFERENCES jobs (jobid) ON DELETE CASCADE,
  FOREIGN KEY(hostname) REFERENCES hosts (name));
CREATE TABLE processes (id INTEGER NOT NULL, user_id VARCHAR, jobid VARCHAR, host_id VARCHAR,
  parent_id INTEGER, PRIMARY KEY (id), FOREIGN KEY(user_id) REFERENCES users (name),
  FOREIGN KEY(jobid) REFERENCES jobs (jobid) ON DELETE CASCADE,
  FOREIGN KEY(host_id) REFERENCES hosts (name), FOREIGN KEY(parent_id) REFERENCES processes (id));
CREATE TABLE refmodel_job_associations (jobid VARCHAR NOT NULL, refmodel_id INTEGER NOT NULL,
  PRIMARY KEY (jobid, refmodel_id), FOREIGN KEY(jobid) REFERENCES jobs (jobid),
  FOREIGN KEY(refmodel_id) REFERENCES refmodels (id));
CREATE TABLE unprocessed_jobs (info_dict JSON, jobid VARCHAR NOT NULL, PRIMARY KEY (jobid),
  FOREIGN KEY(jobid) REFERENCES jobs (jobid) ON DELETE CASCADE);
CREATE TABLE ancestor_descendant_associations (ancestor INTEGER NOT NULL,
  descendant INTEGER NOT NULL, PRIMARY KEY (ancestor, descendant),
  FOREIGN KEY(ancestor) REFERENCES processes (id) ON DELETE CASCADE,
  FOREIGN KEY(descendant) REFERENCES processes (id) ON DELETE CASCADE);
INSERT INTO users VALUES ('ann', 1, '{}'), ('o''brien', NULL, NULL), ('pm', 2, '[]');
INSERT INTO hosts VALUES ('h1', '{}'), ('h2', NULL);
INSERT INTO refmodels VALUES (1, 1, 'r1'), (2, 0, NULL), (7, NULL, 'r7');
INSERT INTO jobs VALUES ('685000', '2019-06-15 08:00:00', 475.2, 'ann', '{\"a;b\":\"x''y\"}'),
  ('691209', NULL, 0, 'o''brien', NULL);
INSERT INTO host_job_associations VALUES ('685000', 'h1'), ('685000', 'h2');
INSERT INTO processes VALUES (1, 'ann', '685000', 'h1', NULL), (2, 'ann', '685000', 'h1', 1),
  (3, NULL, '685000', NULL, 2);
INSERT INTO ancestor_descendant_associations VALUES (1, 2), (1, 3), (2, 3);
INSERT INTO refmodel_job_associations VALUES ('685000', 1);
INSERT INTO unprocessed_jobs VALUES ('{}', '691209');";

/// A connection of an application that holds foreign keys.
pub(crate) async fn holding_keys(project: &Project) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnectOptions::new()
        .filename(project.path("app.db"))
        .foreign_keys(true)
        .connect()
        .await
}

/// Every parent is written again, over a connection that holds foreign keys.
fn children_survive() -> Outcome {
    let project = adopted(On::Sqlite, JOBS)?;
    // Nobody's; its job has gone while nobody looked.
    project.sql("INSERT INTO unprocessed_jobs VALUES (NULL, 'gone')")?;
    let rows = content(&project)?;
    let orphan = vec!["1 of unprocessed_jobs without jobs".to_owned()];
    for (at, table) in ["users", "hosts", "jobs", "processes", "refmodels"]
        .into_iter()
        .enumerate()
    {
        let checked = format!("(name = \"{table}\", check(\"1 = 1\", name = \"ck_{table}\"))");
        project.edit("models.rs", &format!("(name = \"{table}\")"), &checked)?;
        let id = format!("aaaa0000000{at}");
        project.expect(&["autogen", "-m", table, "--rev-id", &id], 0)?;
        let (migrator, told) = telling(from_folder(&project)?);
        let keys: i64 = block_on(async {
            let mut connection = holding_keys(&project).await?;
            migrator.upgrade(&mut connection, "head").await?;
            let keys = sqlx::query_scalar("PRAGMA foreign_keys")
                .fetch_one(&mut connection)
                .await?;
            connection.close().await?;
            Ok(keys)
        })?;
        same(keys, 1)?;
        same(told(), orphan.clone())?;
        project.expect(&["check"], 0)?;
        same(content(&project)? == rows, true)?;
        let broken = project.query("SELECT \"table\" || rowid FROM pragma_foreign_key_check")?;
        same(broken, vec!["unprocessed_jobs2".to_owned()])?;
    }
    let left = "SELECT name FROM sqlite_schema WHERE sql LIKE '%aludel\\_new%' ESCAPE '\\'";
    same(project.query(left)?, vec![])?;
    let ran = project.expect(&["downgrade", "base"], 0)?;
    says(
        &ran,
        &["1 row(s) of `unprocessed_jobs` refer to rows of `jobs` that do not exist, as before"],
    )?;
    same(content(&project)? == rows, true)
}

/// A column with a check, on a table whose unique constraint has no name; then
/// the table is written again.
fn a_flag_for_users() -> Outcome {
    let project = adopted(On::Sqlite, JOBS)?;
    let start = content(&project)?;
    let text = std::fs::read_to_string(project.path("models.rs"))?;
    let (others, users) = text
        .split_once("#[table(name = \"users\")]")
        .ok_or("no model of the users")?;
    let column = "#[column(unique)]\n";
    let flag = "#[column(check = \"is_admin IN (0, 1)\")]\n    pub is_admin: Option<bool>,\n    ";
    let flagged = users.replacen(column, &format!("{flag}{column}"), 1);
    let models = format!("{others}#[table(name = \"users\")]{flagged}");
    project.write("models.rs", &models)?;
    migrate(&project, "aaaa00000001", &[])?;
    let checks = "SELECT length(sql) - length(replace(sql, 'CHECK', '')) FROM sqlite_schema \
                  WHERE name = 'users'";
    same(project.query(checks)?, vec!["5".to_owned()])?;
    let stricter = flagged.replacen(
        "pub info_dict: Option<serde_json::Value>",
        "pub info_dict: serde_json::Value",
        1,
    );
    project.write(
        "models.rs",
        &format!("{others}#[table(name = \"users\")]{stricter}"),
    )?;
    migrate(
        &project,
        "aaaa00000002",
        &["--fill", "users.info_dict=sql:'{}'"],
    )?;
    same(project.query(checks)?, vec!["5".to_owned()])?;
    for refused in [
        "INSERT INTO users (name, id, info_dict) VALUES ('two', 1, '{}')",
        "UPDATE users SET is_admin = 2",
    ] {
        if project.sql(refused).is_ok() {
            return Err(format!("`{refused}` is taken").into());
        }
    }
    let null = "SELECT count(*) FROM users WHERE name = 'o''brien' AND id IS NULL";
    same(project.query(null)?, vec!["1".to_owned()])?;
    project.expect(&["downgrade", "-1"], 0)?;
    project.expect(&["downgrade", "-1"], 0)?;
    same(project.query(checks)?, vec!["0".to_owned()])?;
    // What was filled stays filled.
    project.sql("UPDATE users SET info_dict = NULL WHERE name = 'o''brien'")?;
    same(content(&project)? == start, true)
}

/// Rows with NULL, and rows that have nothing in a new column: nothing is
/// changed, and it is said of how many rows.
fn not_null_over_null(on: On) -> Outcome {
    let script = match on {
        On::Sqlite => {
            "CREATE TABLE traceroute (id INTEGER PRIMARY KEY, done BOOLEAN CHECK (done IN (0, 1)))"
        }
        On::Postgres => {
            "CREATE TABLE traceroute (id BIGINT PRIMARY KEY, done BOOLEAN, CONSTRAINT ck_done \
             CHECK (done IN (true, false)))"
        }
        On::MySql => {
            "CREATE TABLE traceroute (id BIGINT PRIMARY KEY, done TINYINT(1), CONSTRAINT ck_done \
             CHECK (done IN (0, 1)))"
        }
    };
    let project = adopted(on, script)?;
    project.sql("INSERT INTO traceroute (id, done) VALUES (1, NULL)")?;
    let text = std::fs::read_to_string(project.path("models.rs"))?;
    project.edit("models.rs", "pub done: Option<bool>", "pub done: bool")?;
    let autogen = ["autogen", "-m", "x", "--rev-id", "aaaa00000001"];
    let ran = project.expect(&autogen, 2)?;
    says(
        &ran,
        &["`traceroute.done` is to be NOT NULL, and 1 row is NULL"],
    )?;
    project.expect(&[&autogen[..], &["--row-timeout", "0"]].concat(), 0)?;
    let ran = project.expect(&["upgrade"], 2)?;
    says(&ran, &["traceroute", "done", "1 row is NULL"])?;
    project.write("models.rs", &text)?;
    let same_as_before = ["diff", "--from", "database", "--to", "models"];
    says(&project.expect(&same_as_before, 0)?, &["no difference"])?;
    same(project.expect(&["current"], 0)?.stdout, String::new())?;
    project.sql("UPDATE traceroute SET done = (1 = 1)")?;
    if on == On::Sqlite {
        // A table that was written without quotes is followed as others are.
        let plan = project.expect(&["upgrade", "--dry-run"], 0)?.stdout;
        if plan.contains("deletes data") || !plan.contains("every row of `traceroute`") {
            return Err(plan.into());
        }
    }
    project.expect(&["upgrade"], 0)?;
    project.edit("models.rs", "pub done: Option<bool>", "pub done: bool")?;
    project.expect(&["check"], 0)?;
    if on == On::Sqlite {
        let checks = "SELECT length(sql) - length(replace(sql, 'CHECK', '')) FROM sqlite_schema \
                      WHERE name = 'traceroute'";
        same(project.query(checks)?, vec!["5".to_owned()])?;
    }
    Ok(())
}

/// A unique constraint that was never named goes and comes back, beside an
/// index on the same column that stays.
fn a_unique_without_a_name(on: On) -> Outcome {
    let models = "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"node\")]\npub struct Node {\n    \
                  #[column(type = \"varchar(20)\", primary_key)]\n    pub id: String,\n    \
                  #[column(unique, index(name = \"idx_node_node_id\"))]\n    \
                  pub node_id: Option<i64>,\n}\n";
    let project = Project::on(on, models)?;
    project.sql(
        "CREATE TABLE node (id VARCHAR(20) NOT NULL PRIMARY KEY, node_id BIGINT UNIQUE); \
         CREATE INDEX idx_node_node_id ON node (node_id);",
    )?;
    project.sql("INSERT INTO node VALUES ('a', 7), ('b', NULL), ('c', NULL)")?;
    project.expect(&["check"], 0)?;
    let rows = content(&project)?;
    let again = "INSERT INTO node VALUES ('d', 7)";
    let is_taken = |taken: bool| match project.sql(again).is_ok() == taken {
        true => Ok(()),
        false => Err(Failed::from(format!("taken: {}", !taken))),
    };
    is_taken(false)?;
    project.edit("models.rs", "unique, ", "")?;
    migrate(&project, "aaaa00000001", &[])?;
    same(content(&project)? == rows, true)?;
    is_taken(true)?;
    let ran = project.expect(&["downgrade", "base"], 2)?;
    // A server says the value, SQLite how many rows have one like it.
    let said = match on {
        On::Sqlite => "2 rows are equal",
        On::Postgres | On::MySql => "7",
    };
    says(&ran, &["node_id", said])?;
    project.expect(&["check"], 0)?;
    project.sql("DELETE FROM node WHERE id = 'd'")?;
    project.expect(&["downgrade", "base"], 0)?;
    is_taken(false)?;
    project.edit("models.rs", "#[column(index", "#[column(unique, index")?;
    let same_as_before = ["diff", "--from", "database", "--to", "models"];
    says(&project.expect(&same_as_before, 0)?, &["no difference"])?;
    same(content(&project)? == rows, true)
}
