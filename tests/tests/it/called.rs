//! PostgreSQL: functions that tables call and that need tables themselves. They
//! come between these and go between them, and a function of one name comes
//! before its namesake that calls it.

use aludel_tests::place::On;
use libtest_mimic::Trial;

use crate::project::Project;
use crate::startup::same;
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "called::postgres::a_function_between_tables",
            between_tables,
        ),
        trial(
            "called::postgres::a_function_in_a_path_of_its_own",
            in_a_path_of_its_own,
        ),
        trial(
            "called::postgres::functions_go_after_their_callers",
            after_their_callers,
        ),
        trial(
            "called::postgres::functions_go_between_tables",
            go_between_tables,
        ),
        trial(
            "called::postgres::functions_go_after_policies",
            go_after_policies,
        ),
    ]
}

/// `notes` calls `me`, which reads `users`, which comes after `notes` by its name
/// and by a circle of foreign keys.
const MODELS: &str = "use aludel::Model;

#[derive(Model)]
#[table(name = \"accounts\")]
pub struct Account {
    #[column(primary_key)]
    pub id: i64,
    #[column(references = User::id)]
    pub owner_id: Option<i64>,
}

#[derive(Model)]
#[table(name = \"notes\", check(\"is_short(text)\", name = \"short\"))]
pub struct Note {
    #[column(primary_key)]
    pub id: i64,
    #[column(default = sql(\"me()\"), references = User::id)]
    pub author_id: i64,
    pub text: String,
}

#[derive(Model)]
#[table(name = \"users\")]
pub struct User {
    #[column(primary_key)]
    pub id: i64,
    pub login: String,
    #[column(references = Account::id)]
    pub account_id: Option<i64>,
}
";

const OBJECTS: &str = "
CREATE FUNCTION me() RETURNS bigint LANGUAGE sql AS $$ SELECT id_of(CURRENT_USER::text) $$;
CREATE FUNCTION id_of(who text) RETURNS bigint LANGUAGE sql AS
  $$ SELECT id FROM users WHERE login = who $$;
CREATE FUNCTION is_short(all_of text[]) RETURNS boolean LANGUAGE sql AS
  $$ SELECT bool_and(is_short(one)) FROM unnest(all_of) one $$;
CREATE FUNCTION is_short(one text) RETURNS boolean LANGUAGE sql AS
  $$ SELECT length(one) < 100 $$;
CREATE AGGREGATE glue(text) (SFUNC = public.glue, STYPE = text);
CREATE FUNCTION glue(before text, next text) RETURNS text LANGUAGE sql AS
  $$ SELECT before || next $$;
CREATE DOMAIN title AS text CHECK (is_short(VALUE));
";

fn project() -> Result<Project, libtest_mimic::Failed> {
    let project = Project::on(On::Postgres, MODELS)?;
    project.edit("aludel.toml", "[models]", "[models]\nsql_objects = \"all\"")?;
    project.write("models.sql", OBJECTS)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa0001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(project)
}

fn between_tables() -> Outcome {
    let project = project()?;
    project.sql("INSERT INTO users (id, login) VALUES (7, CURRENT_USER)")?;
    project.sql("INSERT INTO notes (id, text) VALUES (1, 'by me')")?;
    same(
        project.query("SELECT author_id FROM notes")?,
        vec!["7".to_owned()],
    )?;
    project.expect(&["downgrade", "base"], 0)?;
    let left = "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
                WHERE n.nspname = 'public'";
    same(project.query(left)?, vec![])?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(())
}

/// A function says where the names in its body are looked for; and a file that
/// cannot be read says so, and says it of itself alone.
fn in_a_path_of_its_own() -> Outcome {
    let models = "use aludel::Model;\n\n#[derive(Model)]\n\
                  #[table(name = \"t\", schema = \"mb\", check(\"mb.aa(a)\", name = \"ck\"))]\n\
                  pub struct T {\n    #[column(primary_key)]\n    pub id: i64,\n    \
                  pub a: Option<String>,\n}\n";
    let project = Project::on(On::Postgres, models)?;
    project.edit(
        "aludel.toml",
        "[database]",
        "[database]\nschemas = [\"mb\", \"public\"]",
    )?;
    project.sql("CREATE SCHEMA mb")?;
    let objects = "CREATE FUNCTION mb.aa(text) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path TO mb, public AS 'select not zz($1)';\n\
         CREATE FUNCTION mb.zz(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'select $1 is null';\n";
    project.write("models.sql", objects)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa0001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.write(
        "models.sql",
        &format!(
            "{objects}CREATE VIEW mb.w AS SELECT id, FROM mb.t;\n\
             CREATE VIEW mb.w2 AS select ID from mb.t;\n"
        ),
    )?;
    project.sql("CREATE VIEW mb.w2 AS SELECT id FROM mb.t; CREATE VIEW mb.w AS SELECT 1 AS id")?;
    let ran = project.run(&["check"])?;
    let said = format!("{}{}", ran.stdout, ran.stderr);
    if said.contains("aborted") || said.contains("w2") || !said.contains("syntax error") {
        return Err(format!("not said of the file alone:\n{said}").into());
    }
    Ok(())
}

/// A check and a default go with what they call, and the text of a function that
/// stays forgets another one.
fn after_their_callers() -> Outcome {
    let project = project()?;
    let fewer = MODELS
        .replace(", check(\"is_short(text)\", name = \"short\")", "")
        .replace("default = sql(\"me()\"), ", "");
    project.write("models.rs", &fewer)?;
    let kept = "CREATE FUNCTION me() RETURNS bigint LANGUAGE sql AS $$ SELECT 1::bigint $$;\n";
    project.write("models.sql", kept)?;
    project.expect(&["autogen", "-m", "fewer", "--rev-id", "aaaa0002"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.expect(&["downgrade", "-1"], 0)?;
    project.write("models.rs", MODELS)?;
    project.write("models.sql", OBJECTS)?;
    project.expect(&["upgrade", "aaaa0001"], 0)?;
    std::fs::remove_file(project.version("aaaa0002")?)?;
    project.expect(&["check"], 0)?;
    Ok(())
}

/// Functions go with the tables that call them and before those that they read.
fn go_between_tables() -> Outcome {
    let project = project()?;
    let other = "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"other\")]\n\
                 pub struct Other {\n    #[column(primary_key)]\n    pub id: i64,\n}\n";
    project.write("models.rs", other)?;
    project.write("models.sql", "")?;
    project.expect(&["autogen", "-m", "none", "--rev-id", "aaaa0002"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.expect(&["downgrade", "-1"], 0)?;
    project.write("models.rs", MODELS)?;
    project.write("models.sql", OBJECTS)?;
    std::fs::remove_file(project.version("aaaa0002")?)?;
    project.expect(&["check"], 0)?;
    Ok(())
}

/// What nobody says of a table, a policy and a rule, calls functions that go with
/// it; one of them reads another table that goes.
fn go_after_policies() -> Outcome {
    let table = |name: &str| {
        format!(
            "#[derive(Model)]\n#[table(name = \"{name}\")]\npub struct {name} {{\n    \
             #[column(primary_key)]\n    pub id: i64,\n}}\n"
        )
    };
    let models = |names: &[&str]| {
        let tables: Vec<String> = names.iter().map(|name| table(name)).collect();
        format!("use aludel::Model;\n\n{}", tables.join("\n"))
    };
    let all = models(&["a", "b", "c"]);
    let functions = "CREATE FUNCTION positive(n bigint) RETURNS boolean LANGUAGE sql AS \
                     $$ SELECT n > 0 $$;\n\
                     CREATE FUNCTION known(n bigint) RETURNS boolean LANGUAGE sql AS \
                     $$ SELECT positive(n) AND EXISTS (SELECT FROM c WHERE c.id = n) $$;\n";
    let project = Project::on(On::Postgres, &all)?;
    project.edit("aludel.toml", "[models]", "[models]\nsql_objects = \"all\"")?;
    project.write("models.sql", functions)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa0001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.sql(
        "CREATE POLICY p ON a USING (known(id)); \
         CREATE RULE r AS ON DELETE TO a WHERE positive(old.id) DO INSTEAD NOTHING",
    )?;
    project.write("models.rs", &models(&["b"]))?;
    project.write("models.sql", "")?;
    project.expect(&["autogen", "-m", "fewer", "--rev-id", "aaaa0002"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.expect(&["downgrade", "-1"], 0)?;
    project.write("models.rs", &all)?;
    project.write("models.sql", functions)?;
    std::fs::remove_file(project.version("aaaa0002")?)?;
    project.expect(&["check"], 0)?;
    // The table stays, and so does what it uses.
    project.sql("CREATE POLICY p ON b USING (known(id))")?;
    project.write("models.sql", "")?;
    let said = project.expect(&["autogen", "-m", "without"], 2)?.stderr;
    match said.contains("used by policy") {
        true => Ok(()),
        false => Err(said.into()),
    }
}
