//! Changes in steps that lock no table in use for long.

use std::fs;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::project::Project;
use crate::startup::same;
use crate::{Outcome, trial};
use aludel_tests::place::On;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("online::postgres::every_step", every_step),
        trial("online::postgres::rows_that_object", rows_that_object),
        trial("online::postgres::one_step", one_step),
        trial("online::postgres::as_configured", as_configured),
        trial("online::postgres::replaced_objects", replaced_objects),
        trial("online::mysql::indexes", mysql_indexes),
        trial("online::postgres::a_lock_is_waited_for", || {
            a_lock_is_waited_for(On::Postgres, "SELECT pg_sleep(5) FROM item LIMIT 1")
        }),
        trial("online::mysql::a_lock_is_waited_for", || {
            a_lock_is_waited_for(On::MySql, "SELECT SLEEP(5) FROM item LIMIT 1")
        }),
        trial("online::sqlite::is_refused", sqlite_is_refused),
    ]
}

const FIRST: &str = r#"use aludel::Model;

#[derive(Model)]
#[table(name = "owner")]
pub struct Owner {
    #[column(primary_key)]
    pub id: i64,
    pub email: Option<String>,
}

#[derive(Model)]
#[table(name = "item", index(name, name = "ix_item_name"))]
pub struct Item {
    #[column(primary_key)]
    pub id: i64,
    pub owner_id: Option<i64>,
    pub name: String,
    pub note: Option<String>,
    pub state: Option<String>,
    pub price: i32,
}
"#;

const SECOND: &str = r#"use aludel::Model;

#[derive(Model)]
#[table(name = "owner")]
pub struct Owner {
    #[column(primary_key)]
    pub id: i64,
    #[column(unique)]
    pub email: Option<String>,
}

#[derive(Model)]
#[table(
    name = "item",
    index(name, price, name = "ix_item_name"),
    index(price),
    check("price > 0", name = "ck_price")
)]
pub struct Item {
    #[column(primary_key)]
    pub id: i64,
    #[column(references = Owner::id)]
    pub owner_id: Option<i64>,
    pub name: String,
    #[column(fill = "none")]
    pub note: String,
    #[column(default = "new")]
    pub state: String,
    pub price: i32,
    #[column(default = sql("gen_random_uuid()"))]
    pub token: uuid::Uuid,
}
"#;

const ROWS: &str = "INSERT INTO owner (id, email) VALUES (1, 'a@b'), (2, NULL);\
    INSERT INTO item (id, owner_id, name, note, state, price) VALUES \
    (1, 1, 'n', NULL, NULL, 5), (2, NULL, 'm', 'said', 'old', 6);";

/// A project at its first models, with rows.
fn made(on: On, first: &str) -> Result<Project, Failed> {
    let project = Project::on(on, first)?;
    project.expect(&["autogen", "-m", "first"], 0)?;
    project.expect(&["upgrade"], 0)?;
    project.sql(ROWS)?;
    Ok(project)
}

/// The statements of the files that are pending, in the order in which they
/// run, without what is told beside them.
fn pending(project: &Project) -> Result<Vec<String>, Failed> {
    let ran = project.expect(&["history", "--format", "json"], 0)?;
    let document: Value = serde_json::from_str(&ran.stdout)?;
    let revisions = document["revisions"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut statements = Vec::new();
    for (at, revision) in revisions.iter().rev().enumerate().skip(1) {
        let id = revision["id"].as_str().unwrap_or_default();
        let text = fs::read_to_string(project.version(id)?)?;
        let upgrade = text.split_once("-- upgrade\n").map_or("", |(_, rest)| rest);
        let upgrade = upgrade
            .split_once("-- downgrade")
            .map_or(upgrade, |(up, _)| up);
        statements.push(format!("-- {at}"));
        let lines = upgrade.lines().map(str::trim);
        let said = |line: &&str| !line.starts_with("-- ") || *line == "-- autocommit";
        statements.extend(
            lines
                .filter(said)
                .filter(|l| !l.is_empty())
                .map(str::to_owned),
        );
    }
    Ok(statements)
}

const STEPS: &str = r#"-- 1
ALTER TABLE "item"
ADD COLUMN "token" uuid,
ALTER COLUMN "token" SET DEFAULT gen_random_uuid(),
ALTER COLUMN "state" SET DEFAULT 'new',
ADD CONSTRAINT "fk_item_owner_id_owner" FOREIGN KEY ("owner_id") REFERENCES "owner" ("id") NOT VALID;
-- 2
UPDATE "item" SET "token" = gen_random_uuid() WHERE "token" IS NULL;
UPDATE "item" SET "note" = 'none' WHERE "note" IS NULL;
UPDATE "item" SET "state" = 'new' WHERE "state" IS NULL;
-- 3
ALTER TABLE "item"
ADD CONSTRAINT "ck_item_token_not_null" CHECK ("token" IS NOT NULL) NOT VALID,
ADD CONSTRAINT "ck_item_note_not_null" CHECK ("note" IS NOT NULL) NOT VALID,
ADD CONSTRAINT "ck_item_state_not_null" CHECK ("state" IS NOT NULL) NOT VALID,
ADD CONSTRAINT "ck_price" CHECK (price > 0) NOT VALID;
-- 4
-- autocommit
CREATE INDEX CONCURRENTLY "ix_item_name_new" ON "item" ("name", "price");
-- 5
-- autocommit
CREATE INDEX CONCURRENTLY "ix_item_price" ON "item" ("price");
-- 6
-- autocommit
CREATE UNIQUE INDEX CONCURRENTLY "uq_owner_email" ON "owner" ("email");
-- 7
-- autocommit
DROP INDEX CONCURRENTLY "ix_item_name";
-- 8
ALTER TABLE "item"
VALIDATE CONSTRAINT "ck_item_token_not_null",
VALIDATE CONSTRAINT "ck_item_note_not_null",
VALIDATE CONSTRAINT "ck_item_state_not_null",
VALIDATE CONSTRAINT "ck_price",
VALIDATE CONSTRAINT "fk_item_owner_id_owner";
-- 9
ALTER TABLE "item"
ALTER COLUMN "token" SET NOT NULL,
ALTER COLUMN "note" SET NOT NULL,
ALTER COLUMN "state" SET NOT NULL;
ALTER INDEX "ix_item_name_new" RENAME TO "ix_item_name";
ALTER TABLE "item" DROP CONSTRAINT "ck_item_token_not_null";
ALTER TABLE "item" DROP CONSTRAINT "ck_item_note_not_null";
ALTER TABLE "item" DROP CONSTRAINT "ck_item_state_not_null";
ALTER TABLE "owner" ADD CONSTRAINT "uq_owner_email" UNIQUE USING INDEX "uq_owner_email";"#;

fn every_step() -> Outcome {
    let project = made(On::Postgres, FIRST)?;
    project.write("models.rs", SECOND)?;
    let ran = project.expect(&["autogen", "-m", "harden", "--online", "--sql"], 0)?;
    same(ran.stdout.matches(" of 9: ").count(), 9)?;
    let ran = project.expect(
        &["autogen", "-m", "harden", "--online", "--format", "json"],
        0,
    )?;
    let document: Value = serde_json::from_str(&ran.stdout)?;
    same(document["revisions"].as_array().map(Vec::len), Some(9))?;
    same(
        document["revisions"][3]["about"].as_str(),
        Some("build ix_item_name"),
    )?;
    same(pending(&project)?.join("\n").as_str(), STEPS)?;
    // No step waits for long behind a lock, or makes others wait.
    let hazards: Vec<String> = document["operations"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|operation| operation["hazards"].as_array().cloned().unwrap_or_default())
        .filter_map(|hazard| hazard["kind"].as_str().map(str::to_owned))
        .filter(|kind| {
            let locks = [
                "blocks_reads",
                "blocks_writes",
                "scans_table",
                "rewrites_table",
            ];
            locks.contains(&kind.as_str())
        })
        .collect();
    same(hazards, Vec::<String>::new())?;
    project.expect(&["upgrade"], 0)?;
    project.expect(&["check"], 0)?;
    let rows = "SELECT concat(note, state, (token IS NOT NULL)::text) FROM item ORDER BY id";
    same(
        project.query(rows)?,
        vec!["nonenewtrue".to_owned(), "saidoldtrue".to_owned()],
    )?;
    // Each step is undone by itself, and done again.
    for _ in 0..9 {
        project.expect(&["downgrade", "-1"], 0)?;
    }
    project.write("models.rs", FIRST)?;
    project.expect(&["check"], 1)?;
    project.write("models.rs", SECOND)?;
    project.expect(&["upgrade"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(())
}

fn rows_that_object() -> Outcome {
    let project = made(On::Postgres, FIRST)?;
    let second = FIRST.replace(
        "index(name, name = \"ix_item_name\")",
        "index(name, name = \"ix_item_name\"), check(\"price > 5\", name = \"ck_price\")",
    );
    project.write("models.rs", &second)?;
    let ran = project.expect(&["autogen", "-m", "require", "--online"], 0)?;
    let said = "`item`: 1 row makes `price > 5` false";
    same((said, ran.stderr.contains(said)), (said, true))?;
    let ran = project.expect(&["upgrade"], 2)?;
    for words in ["ck_price", "1 row"] {
        if !ran.stderr.contains(words) {
            return Err(format!("no `{words}` in\n{}", ran.stderr).into());
        }
    }
    // What was done before stays, and is gone on from.
    project.sql("UPDATE item SET price = 9 WHERE price <= 5")?;
    project.expect(&["upgrade"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(())
}

fn one_step() -> Outcome {
    let project = made(On::Postgres, FIRST)?;
    let second = FIRST.replace(
        "#[table(name = \"owner\")]",
        "#[table(name = \"owner\", index(email))]",
    );
    project.write("models.rs", &second)?;
    let id = "abcdefabcdef";
    let words = ["autogen", "-m", "find owners", "--online", "--rev-id", id];
    project.expect(&words, 0)?;
    let text = fs::read_to_string(project.version(id)?)?;
    same(text.lines().next(), Some("-- find owners"))?;
    same(
        pending(&project)?,
        vec![
            "-- 1".to_owned(),
            "-- autocommit".to_owned(),
            "CREATE INDEX CONCURRENTLY \"ix_owner_email\" ON \"owner\" (\"email\");".to_owned(),
        ],
    )?;
    project.expect(&["upgrade"], 0)?;
    project.write("models.rs", SECOND)?;
    let ran = project.expect(
        &["autogen", "-m", "x", "--online", "--rev-id", "abcdefabcdee"],
        2,
    )?;
    same(ran.stderr.contains("names one revision"), true)
}

fn as_configured() -> Outcome {
    let project = made(On::Postgres, FIRST)?;
    project.edit(
        "aludel.toml",
        "[migrations]\n",
        "[migrations]\nonline = true\n",
    )?;
    // Another type has no such way, and that is said.
    let second = FIRST.replace("pub price: i32", "pub price: i64");
    project.write("models.rs", &second)?;
    let ran = project.expect(&["autogen", "-m", "widen"], 0)?;
    let said = "there is no way to alter column `item.price` (type) that locks nothing for long";
    same((said, ran.stderr.contains(said)), (said, true))?;
    project.expect(&["upgrade"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(())
}

fn mysql_indexes() -> Outcome {
    let first = FIRST.replace("name: String", "name: i32");
    let project = Project::on(On::MySql, &first)?;
    project.expect(&["autogen", "-m", "first"], 0)?;
    project.expect(&["upgrade"], 0)?;
    let second = first.replace("index(name, name", "index(price), index(name, price, name");
    project.write("models.rs", &second)?;
    project.expect(&["autogen", "-m", "find", "--online"], 0)?;
    same(
        pending(&project)?,
        vec![
            "-- 1".to_owned(),
            "ALTER TABLE `item` DROP KEY `ix_item_name`, ADD KEY `ix_item_name` (`name`, `price`), \
             ADD KEY `ix_item_price` (`price`), ALGORITHM=INPLACE, LOCK=NONE;"
                .to_owned(),
        ],
    )?;
    project.expect(&["upgrade"], 0)?;
    project.expect(&["check"], 0)?;
    project.expect(&["downgrade", "-1"], 0)?;
    project.expect(&["upgrade"], 0)?;
    Ok(())
}

/// A reader that takes its time holds the table; who waits for it lets others
/// pass, and comes back.
fn a_lock_is_waited_for(on: On, hold: &str) -> Outcome {
    let first = FIRST.replace("name: String", "name: i32");
    let project = Project::on(on, &first)?;
    project.expect(&["autogen", "-m", "first"], 0)?;
    project.expect(&["upgrade"], 0)?;
    project.sql("INSERT INTO item (id, name, price) VALUES (1, 1, 1)")?;
    let second = first.replace("pub price: i32", "pub price: i32, pub weight: Option<i32>");
    project.write("models.rs", &second)?;
    project.expect(&["autogen", "-m", "weigh"], 0)?;
    let server = project.server().ok_or("no server")?;
    std::thread::scope(|scope| {
        let holder = scope.spawn(|| server.query(hold).map(drop));
        std::thread::sleep(std::time::Duration::from_millis(500));
        let once = [
            "upgrade",
            "--table-lock-timeout",
            "1",
            "--table-lock-attempts",
            "1",
        ];
        let ran = project.expect(&once, 2)?;
        let said = "nothing of this migration was applied";
        same((said, ran.stderr.contains(said)), (said, true))?;
        let often = [
            "upgrade",
            "--table-lock-timeout",
            "1",
            "--table-lock-attempts",
            "5",
        ];
        let ran = project.expect(&often, 0)?;
        same(
            (&ran.stderr, ran.stderr.contains("trying again in 1 s")),
            (&ran.stderr, true),
        )?;
        holder.join().map_err(|_| "the reader failed")??;
        Ok::<(), Failed>(())
    })?;
    project.expect(&["check"], 0)?;
    Ok(())
}

fn sqlite_is_refused() -> Outcome {
    let project = made(On::Sqlite, FIRST)?;
    let second = FIRST.replace(
        "#[table(name = \"owner\")]",
        "#[table(name = \"owner\", index(email))]",
    );
    project.write("models.rs", &second)?;
    let ran = project.expect(&["autogen", "-m", "find owners", "--online"], 2)?;
    same(ran.stderr.contains("one writer at a time"), true)?;
    // A project may say so for the database that has steps.
    project.edit(
        "aludel.toml",
        "[migrations]\n",
        "[migrations]\nonline = true\n",
    )?;
    project.expect(&["autogen", "-m", "find owners"], 0)?;
    Ok(())
}

/// Objects that are replaced on the way: each step is compared with what the
/// server makes of them.
fn replaced_objects() -> Outcome {
    let objects = |n: u8| {
        format!(
            "CREATE PROCEDURE p(a int) LANGUAGE sql AS 'UPDATE item SET price = {n}';\n\
             CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a + {n}';\n\
             CREATE VIEW v AS SELECT id FROM item WHERE price > {n};\n"
        )
    };
    let project = Project::on(On::Postgres, FIRST)?;
    project.write("models.sql", &objects(1))?;
    project.expect(&["autogen", "-m", "first"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.write("models.sql", &objects(2))?;
    project.edit(
        "models.rs",
        "pub state:",
        "#[column(index)]\n    pub state:",
    )?;
    project.expect(&["autogen", "-m", "second", "--online"], 0)?;
    let files = fs::read_dir(project.path("versions"))?.count();
    if files != 3 {
        return Err(format!("{files} files, not the first and two steps").into());
    }
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.expect(&["downgrade", "base"], 0)?;
    Ok(())
}
