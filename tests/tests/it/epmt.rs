//! A collector of what jobs and their processes cost, on SQLite and PostgreSQL:
//! keys that are names, a key that outgrows its type, a table that only
//! migrations know, a column written by hand.

use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};

use crate::cli::{json, says};
use crate::everyday::current;
use crate::outside::user;
use crate::project::Project;
use crate::rows::content;
use crate::startup::same;
use crate::walked::{Walk, beside_real_ones, fixture, is_real, loaded, names_of_postgres};
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("epmt::postgres::a_key_outgrows_its_type", a_key_outgrows),
        trial("epmt::sqlite::a_key_has_room_already", a_key_has_room),
        trial("epmt::sqlite::a_flag_by_hand", a_flag_by_hand),
        trial("epmt::postgres::a_smaller_key_is_told", a_smaller_key),
        trial("epmt::postgres::three_roles", three_roles),
    ];
    for on in [On::Sqlite, On::Postgres] {
        let name = |what: &str| format!("epmt::{}::{what}", on.name());
        trials.push(beside_real_ones(
            name("every_version_is_the_real_one"),
            move || every_version(on),
        ));
        trials.push(trial(name("there_and_back"), move || there_and_back(on)));
        trials.push(trial(name("a_table_without_a_model"), move || {
            without_a_model(on)
        }));
        trials.push(trial(name("a_script_makes_the_same"), move || a_script(on)));
        trials.push(trial(name("an_id_of_ones_own"), move || an_id(on)));
    }
    trials
}

/// The models of a version: the first, with the table for what comes in, and
/// with greater numbers for processes.
fn models(on: On, version: u32) -> Result<String, Failed> {
    let mut text = fixture("epmt/v1.rs")?;
    if on == On::Postgres {
        // There a boolean is no number.
        text = text.replace("    #[column(check = \"enabled IN (0, 1)\")]\n", "");
    }
    if version >= 2 {
        text.push_str(&fixture("epmt/staging.rs")?);
    }
    if version >= 3 {
        let (others, processes) = text
            .split_once("pub struct Process {")
            .ok_or("no model of processes")?;
        let small = "serial\"))]\n    pub id: i32";
        let great = processes.replace(small, "bigserial\"))]\n    pub id: i64");
        text = format!("{others}pub struct Process {{{great}");
    }
    Ok(text)
}

/// The same with what refers to processes as great.
fn all_great(on: On) -> Result<String, Failed> {
    let text = models(on, 3)?;
    Ok(["parent_id: Option<i", "ancestor: i", "descendant: i"]
        .iter()
        .fold(text, |text, field| {
            text.replace(&format!("{field}32"), &format!("{field}64"))
        }))
}

/// The models with a flag for users, as the database of another tool has it.
fn flagged(on: On, models: &str) -> String {
    let flag = match on {
        On::Postgres => "    pub is_admin: Option<bool>,\n",
        On::Sqlite | On::MySql => {
            "    #[column(check = \"is_admin IN (0, 1)\")]\n    pub is_admin: Option<bool>,\n"
        }
    };
    let at = models.find("    #[column(unique)]").unwrap_or_default();
    format!("{}{flag}{}", &models[..at], &models[at..])
}

fn walk(on: On) -> Result<Walk, Failed> {
    let walk = Walk::new(on, "")?;
    names_of_postgres(&walk.project)?;
    Ok(walk)
}

/// Models written from nothing make what Alembic made of the real ones.
fn every_version(on: On) -> Outcome {
    let mut walk = walk(on)?;
    walk.to(&models(on, 1)?, &[])?;
    is_real(&walk.project, on, "epmt_v1.392efb1132ae")?;
    walk.to(&models(on, 2)?, &[])?;
    is_real(&walk.project, on, "epmt_v2.e703296695bf")?;
    walk.to(&models(on, 3)?, &["--empty"])?;
    is_real(&walk.project, on, "epmt_v3.4ae9a1cac540")?;
    if on == On::Postgres {
        // On SQLite the real one has the check of the flag twice.
        walk.to(&flagged(on, &models(on, 3)?), &[])?;
        is_real(&walk.project, on, "epmt_v4.b1cf8c168491")?;
    }
    Ok(())
}

/// Every version with the rows in it, down to nothing and up again.
fn there_and_back(on: On) -> Outcome {
    let mut walk = walk(on)?;
    let ran = walk.to(&models(on, 1)?, &[])?;
    same(ran.stdout.matches("create table").count(), 9)?;
    walk.project.sql(&fixture("epmt/rows.sql")?)?;
    let counts: Vec<(String, usize)> = content(&walk.project)?
        .0
        .into_iter()
        .map(|(table, rows)| (table, rows.rows.len()))
        .collect();
    let counts: Vec<(&str, usize)> = counts.iter().map(|(t, n)| (t.as_str(), *n)).collect();
    same(
        counts,
        vec![
            ("ancestor_descendant_associations", 3),
            ("host_job_associations", 2),
            ("hosts", 2),
            ("jobs", 2),
            ("processes", 3),
            ("refmodel_job_associations", 1),
            ("refmodels", 3),
            ("unprocessed_jobs", 1),
            ("users", 3),
        ],
    )?;
    let rows = content(&walk.project)?;
    walk.to(&models(on, 2)?, &[])?;
    let staged = match on {
        On::Postgres => "'{1,2.5}'",
        On::Sqlite | On::MySql => "'[1,2.5]'",
    };
    walk.project.sql(&format!(
        "INSERT INTO processes_staging (threads_df, start, finish) VALUES ({staged}, 0.5, 1.5)"
    ))?;
    walk.to(&all_great(on)?, &["--empty"])?;
    walk.to(&flagged(on, &all_great(on)?), &[])?;
    let late = "SELECT count(*) FROM processes_staging WHERE created_at IS NOT NULL AND id = 1";
    same(walk.project.query(late)?, vec!["1".to_owned()])?;
    let mut now = content(&walk.project)?;
    now.0.remove("processes_staging");
    for (table, was) in &rows.0 {
        same(
            now.0.get(table).map(|is| is.rows.len()),
            Some(was.rows.len()),
        )?;
    }
    walk.back_and_again()
}

/// Numbers past what the former type held: the sequence goes along, what refers
/// to them is told to be too small, and the way back stops at rows that do not
/// fit and at nothing else.
fn a_key_outgrows() -> Outcome {
    let on = On::Postgres;
    let mut walk = walk(on)?;
    walk.to(&models(on, 2)?, &[])?;
    walk.project.sql(&fixture("epmt/rows.sql")?)?;
    let ran = walk.to(&models(on, 3)?, &[])?;
    let small = |column: &str| {
        format!("`{column}` does not hold every value of `processes.id`, which it refers to")
    };
    let (first, second) = (
        small("ancestor_descendant_associations.ancestor"),
        small("ancestor_descendant_associations.descendant"),
    );
    says(&ran, &[&first, &second, &small("processes.parent_id")])?;
    same(ran.stderr.matches("does not hold").count(), 3)?;
    let project = &walk.project;
    project.sql(
        "SELECT setval('processes_id_seq', 2147483647); \
         SELECT setval('processes_staging_id_seq', 2147483647); \
         INSERT INTO processes_staging (start, finish) VALUES (0, 1); \
         INSERT INTO processes (depth) VALUES (9)",
    )?;
    let last = "SELECT max(id) FROM processes";
    same(project.query(last)?, vec!["2147483648".to_owned()])?;
    let child = "INSERT INTO processes (id, parent_id) VALUES (4000000000, 2147483648)";
    if project.sql(child).is_ok() {
        return Err("the column holds every number".into());
    }
    let ran = walk.to(&all_great(on)?, &[])?;
    same(ran.stderr.matches("does not hold").count(), 0)?;
    let project = &walk.project;
    project.sql(child)?;
    let head = current(project)?;
    let ran = project.expect(&["downgrade", "-1"], 2)?;
    says(
        &ran,
        &["integer out of range", "1 row does not fit `integer`"],
    )?;
    same(current(project)?, head)?;
    same(project.query(last)?, vec!["4000000000".to_owned()])?;
    project.sql("UPDATE processes SET parent_id = NULL WHERE id = 4000000000")?;
    project.expect(&["downgrade", "-1"], 0)?;
    let ran = project.expect(&["downgrade", "-1"], 2)?;
    says(
        &ran,
        &["integer out of range", "1 row does not fit `integer`"],
    )?;
    same(project.query(last)?, vec!["4000000000".to_owned()])?;
    project.sql(
        "DELETE FROM processes WHERE depth = 9 OR id = 4000000000; DELETE FROM processes_staging",
    )?;
    project.expect(&["downgrade", "-1"], 0)?;
    // The numbers go on behind the rows that are left.
    project.sql("INSERT INTO processes (depth) VALUES (3)")?;
    same(project.query(last)?, vec!["4".to_owned()])?;
    project.sql("INSERT INTO processes_staging (start, finish) VALUES (0, 1)")?;
    let staged = "SELECT id FROM processes_staging";
    same(project.query(staged)?, vec!["1".to_owned()])?;
    project.expect(&["upgrade", "head"], 0)?;
    walk.back_and_again()
}

/// The number of a row has 64 bits whatever the models say: nothing is to be
/// done, and above all no table is made anew with another kind of key.
fn a_key_has_room() -> Outcome {
    let on = On::Sqlite;
    let mut walk = walk(on)?;
    walk.to(&models(on, 2)?, &[])?;
    let project = &walk.project;
    project.sql(&fixture("epmt/rows.sql")?)?;
    project.write("models.rs", &all_great(on)?)?;
    let ran = project.expect(&["autogen", "-m", "wider"], 0)?;
    says(&ran, &["no changes detected"])?;
    project.sql(
        "INSERT INTO processes (id, parent_id) VALUES (4000000000, 1); \
         INSERT INTO processes (parent_id) VALUES (4000000000)",
    )?;
    same(
        project
            .query("SELECT rowid || ':' || parent_id FROM processes WHERE id > 3 ORDER BY id")?,
        vec![
            "4000000000:1".to_owned(),
            "4000000001:4000000000".to_owned(),
        ],
    )?;
    walk.back_and_again()
}

/// A flag that is written by hand and told to the models afterwards; then the
/// table is made anew for something else.
fn a_flag_by_hand() -> Outcome {
    let on = On::Sqlite;
    let mut walk = walk(on)?;
    walk.to(&models(on, 2)?, &[])?;
    let project = &walk.project;
    project.sql(&fixture("epmt/rows.sql")?)?;
    let start = content(project)?;
    let message = "add admin column to users table";
    let ran = project.expect(&["revision", "-m", message, "--rev-id", "b1cf8c168491"], 0)?;
    let file = "versions/b1cf8c168491_add_admin_column_to_users_table.sql";
    says(&ran, &["Generating", file, "done"])?;
    project.edit(
        file,
        "-- upgrade\n",
        "-- upgrade\nALTER TABLE users ADD COLUMN is_admin BOOLEAN CHECK (is_admin IN (0, 1));\n",
    )?;
    let text = std::fs::read_to_string(project.path(file))?;
    project.write(
        file,
        &format!("{text}ALTER TABLE users DROP COLUMN is_admin;\n"),
    )?;
    let ran = project.expect(&["upgrade", "head"], 0)?;
    says(&ran, &["-> b1cf8c168491, add admin column to users table"])?;
    project.expect(&["check"], 1)?;
    project.write("models.rs", &flagged(on, &models(on, 2)?))?;
    project.expect(&["check"], 0)?;
    let has = |times: usize| -> Outcome {
        let sql = project
            .query("SELECT sql FROM sqlite_schema WHERE name = 'users'")?
            .concat();
        let found = |piece: &str| sql.matches(piece).count();
        same(found("is_admin IN (0, 1)"), times)?;
        same(
            [
                found("UNIQUE (\"id\")"),
                found("JSON"),
                found("PRIMARY KEY"),
            ],
            [1; 3],
        )
    };
    has(1)?;
    let stricter = flagged(on, &models(on, 2)?).replacen(
        "pub created_at: Option<NaiveDateTime>",
        "pub created_at: NaiveDateTime",
        1,
    );
    walk.to(&stricter, &[])?;
    let project = &walk.project;
    let has = |times: usize| -> Outcome {
        let sql = project
            .query("SELECT sql FROM sqlite_schema WHERE name = 'users'")?
            .concat();
        same(sql.matches("is_admin IN (0, 1)").count(), times)
    };
    has(1)?;
    for refused in [
        "INSERT INTO users (name, id, created_at) VALUES ('two', 1, '2020-03-06')",
        "UPDATE users SET is_admin = 2",
        "UPDATE users SET created_at = NULL",
    ] {
        if project.sql(refused).is_ok() {
            return Err(format!("`{refused}` is taken").into());
        }
    }
    let null = "SELECT count(*) FROM users WHERE name = 'o''brien' AND id IS NULL";
    same(project.query(null)?, vec!["1".to_owned()])?;
    project.expect(&["downgrade", "-1"], 0)?;
    has(1)?;
    project.expect(&["downgrade", "-1"], 0)?;
    has(0)?;
    same(content(project)? == start, true)?;
    project.expect(&["downgrade", "base"], 0)?;
    same(content(project)?.0.len(), 0)
}

/// A table that migrations make and no model has: one difference, and none
/// where it is said to be left alone.
fn without_a_model(on: On) -> Outcome {
    let mut walk = walk(on)?;
    walk.to(&models(on, 2)?, &[])?;
    let project = &walk.project;
    project.write("models.rs", &models(on, 1)?)?;
    let found = json(&project.expect(&["check", "--format", "json"], 1)?)?;
    let operations = found["operations"].as_array().ok_or("no operations")?;
    let words: Vec<&str> = operations
        .iter()
        .filter_map(|operation| operation["describe"].as_str())
        .collect();
    same(words, vec!["drop table `processes_staging`"])?;
    project.edit(
        "aludel.toml",
        "[database]\n",
        "[database]\nexclude = [\"processes_staging\"]\n",
    )?;
    project.expect(&["check"], 0)?;
    Ok(())
}

/// Models that never learned of the greater numbers: the way down to the
/// smaller type is said to fail on rows, and on how many.
fn a_smaller_key() -> Outcome {
    let on = On::Postgres;
    let mut walk = walk(on)?;
    walk.to(&all_great(on)?, &[])?;
    let project = &walk.project;
    project.sql("INSERT INTO processes (id) VALUES (1), (4000000000)")?;
    project.write("models.rs", &models(on, 2)?)?;
    let ran = project.expect(&["check"], 1)?;
    says(
        &ran,
        &[
            "alter column `processes.id`",
            "may fail on rows: values of `processes.id` that do not fit its new type",
        ],
    )?;
    let ran = project.expect(&["autogen", "-m", "smaller"], 0)?;
    says(&ran, &["`processes.id`: 1 row does not fit `integer`"])?;
    let ran = project.expect(&["upgrade", "head"], 2)?;
    says(
        &ran,
        &[
            "integer out of range",
            "nothing of this migration was applied",
        ],
    )?;
    same(
        project.query("SELECT max(id) FROM processes")?,
        vec!["4000000000".to_owned()],
    )
}

/// What is printed for a plain client makes the same database, with its
/// version.
fn a_script(on: On) -> Outcome {
    let mut walk = walk(on)?;
    walk.to(&models(on, 2)?, &[])?;
    walk.to(&all_great(on)?, &["--empty"])?;
    let project = &walk.project;
    let script = project.expect(&["upgrade", "--sql", "head"], 0)?.stdout;
    let made = script.matches("CREATE TABLE").count();
    if made < 10 {
        return Err(format!("{made} tables\n{script}").into());
    }
    let (url, _kept) = loaded(project, &script)?;
    let ran = project.expect(&["diff", "--from", "database", "--to", &url], 0)?;
    says(&ran, &["no difference"])?;
    let there = project.expect(&["current", "--database-url", &url], 0)?;
    same(there.stdout.trim().to_owned(), current(project)?)
}

/// Who may write rows and who may only read: both start where nothing is
/// pending, and are told what they lack where something is.
fn three_roles() -> Outcome {
    let on = On::Postgres;
    let mut walk = walk(on)?;
    walk.to(&models(on, 1)?, &[])?;
    let project = &walk.project;
    let fresh = project.server().ok_or("no server")?;
    let url = user(
        fresh,
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO @user",
    )?;
    let as_them = |words: &[&str], code: i32| {
        project.expect(&[words, &["--database-url", &url]].concat(), code)
    };
    let log = "SELECT count(*) FROM aludel_log";
    let runs = project.query(log)?;
    let pending = |who: &str| -> Outcome {
        let ran = as_them(&["upgrade", "head"], 0)?;
        says(&ran, &["nothing to run: the database is at"])?;
        same(
            as_them(&["current"], 0)?.stdout.trim().to_owned(),
            current(project)?,
        )?;
        same(project.query(log)?, runs.clone())?;
        project.write("models.rs", &flagged(on, &models(on, 1)?))?;
        let id = format!("{who}00000001");
        project.expect(&["autogen", "-m", "flag", "--rev-id", &id], 0)?;
        let ran = as_them(&["upgrade", "head"], 2)?;
        says(
            &ran,
            &["the role lacks a privilege: GRANT it, or take a role that has it"],
        )?;
        let file = project.version(&id)?;
        Ok(std::fs::remove_file(file)?)
    };
    pending("reads")?;
    let name = url.split(['/', ':']).nth(3).unwrap_or_default();
    fresh.query(&format!(
        "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}; \
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}"
    ))?;
    pending("writes")?;
    same(project.query(log)?, runs)?;
    if project.query("SELECT is_admin FROM users").is_ok() {
        return Err("the column is there".into());
    }
    Ok(())
}

/// A revision with an id of one's own, run, undone and deleted.
fn an_id(on: On) -> Outcome {
    let project = Project::on(on, &models(on, 1)?)?;
    project.expect(
        &["autogen", "-m", "baseline", "--rev-id", "4ae9a1cac540"],
        0,
    )?;
    project.expect(&["upgrade", "head"], 0)?;
    let message = "add active column to users table";
    let ran = project.expect(&["revision", "--rev-id", "deadbeef", "-m", message], 0)?;
    let file = "versions/deadbeef_add_active_column_to_users_table.sql";
    same(ran.stdout.trim(), &format!("Generating {file} ... done"))?;
    same(project.path(file).is_file(), true)?;
    project.expect(&["upgrade", "head"], 0)?;
    same(current(&project)?, "deadbeef (head)".to_owned())?;
    project.expect(&["downgrade", "4ae9a1cac540"], 0)?;
    std::fs::remove_file(project.path(file))?;
    same(current(&project)?, "4ae9a1cac540 (head)".to_owned())
}
