//! Tables that other tools made, whose constraints no model would have said
//! so, taken through changes and back.

use aludel::db::{Mode, Url, connect, introspect};
use aludel_core::dialect::Scope;
use aludel_core::schema::Schema;
use libtest_mimic::{Failed, Trial};

use crate::project::{Project, block_on};
use crate::{Outcome, trial};
use aludel_tests::place::On;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("carried::mysql::checks_of_columns", checks_of_columns),
        trial("carried::mysql::modes_of_triggers", modes_of_triggers),
        trial(
            "carried::mysql::foreign_keys_without_a_name",
            foreign_keys_without_a_name,
        ),
        trial(
            "carried::mysql::modes_of_new_triggers",
            modes_of_new_triggers,
        ),
        trial(
            "carried::postgres::a_function_that_cannot_be_made",
            a_function_that_cannot_be_made,
        ),
        trial(
            "carried::postgres::a_range_type_brings_its_cast",
            a_range_type_brings_its_cast,
        ),
        trial(
            "carried::postgres::an_object_nobody_looks_at",
            an_object_nobody_looks_at,
        ),
        trial(
            "carried::postgres::a_function_named_like_a_column",
            a_function_named_like_a_column,
        ),
        trial(
            "carried::a_swap_that_was_told_and_hinted_at",
            a_swap_that_was_told_and_hinted_at,
        ),
        trial(
            "carried::postgres::checks_over_retyped_columns",
            checks_over_retyped_columns,
        ),
        trial(
            "carried::postgres::checks_over_other_enum_types",
            checks_over_other_enum_types,
        ),
        trial(
            "carried::postgres::what_a_dropped_table_loses",
            what_a_dropped_table_loses,
        ),
        trial("carried::postgres::what_is_said_of_views", || {
            what_is_said_of_views("")
        }),
        trial("carried::postgres::what_is_said_of_listed_views", || {
            what_is_said_of_views(
                "CREATE VIEW v AS SELECT id, x FROM t;\n\
                 CREATE MATERIALIZED VIEW m AS SELECT x FROM v;\n",
            )
        }),
    ]
}

/// What the database holds but for aludel's own tables.
fn holds(project: &Project) -> Result<Schema, Failed> {
    let url = match project.server() {
        Some(server) => server.url().to_owned(),
        None => format!("sqlite:{}", project.path("app.db").display()),
    };
    block_on(async move {
        let mut connection = connect(&Url::parse(&url)?, Mode::ReadOnly).await?;
        let found = introspect(&mut connection, &Scope::default()).await?;
        connection.close().await?;
        let mut schema = found.schema;
        schema
            .tables
            .retain(|name, _| !name.name.as_str().starts_with("aludel_"));
        Ok(schema)
    })
}

/// A model of the table `t` with these fields.
fn model(table: &str, fields: &str) -> String {
    format!(
        "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"t\"{table})]\npub struct T {{\n    \
         #[column(primary_key)]\n    pub id: i64,\n{fields}\n}}\n"
    )
}

/// Takes a database through models, one migration each; after each there is no
/// difference, and each step down gives back what was there.
fn there_and_back(on: On, sql: &str, models: &[String]) -> Outcome {
    let (first, later) = models.split_first().ok_or("no models")?;
    let project = Project::on(on, first)?;
    project.sql(sql)?;
    project.expect(&["check"], 0)?;
    let mut seen = vec![holds(&project)?];
    for (at, models) in later.iter().enumerate() {
        project.write("models.rs", models)?;
        let id = format!("aaaa0000000{at}");
        project.expect(
            &["autogen", "-m", "next", "--rev-id", &id, "--allow-lossy"],
            0,
        )?;
        project.expect(&["upgrade", "head"], 0)?;
        project.expect(&["check"], 0)?;
        seen.push(holds(&project)?);
    }
    while seen.pop().is_some() {
        let Some(was) = seen.last() else { break };
        project.expect(&["downgrade", "-1"], 0)?;
        let is = holds(&project)?;
        if is != *was {
            let at = seen.len() - 1;
            return Err(format!("step {at} down gives\n{is:#?}\nnot\n{was:#?}").into());
        }
    }
    Ok(())
}

/// MariaDB keeps the name that the column of a check had when it was made.
fn checks_of_columns() -> Outcome {
    let with = |field: &str| model("", &format!("    {field}\n    pub b: i32,"));
    there_and_back(
        On::MySql,
        "CREATE TABLE t (id BIGINT PRIMARY KEY, mass INT CHECK (mass > 0), b INT NOT NULL);\
         INSERT INTO t VALUES (1, 1, 2);",
        &[
            with("#[column(check = \"mass > 0\")]\n    pub mass: Option<i32>,"),
            with(
                "#[column(check = \"weight > 0\", renamed_from = \"mass\")]\n    pub weight: Option<i32>,",
            ),
            with("#[column(check = \"weight > 0\")]\n    pub weight: Option<i64>,"),
            with("pub weight: Option<i64>,"),
        ],
    )
}

/// The server writes casts to the old type into what mentions a column.
fn checks_over_retyped_columns() -> Outcome {
    let with = |ty: &str| {
        model(
            ", check(\"price > 0 AND price < 100\", name = \"ck_t_price\")",
            &format!(
                "    pub price: {ty},\n    #[column(generated = \"price * 2\", stored, \
                 index(name = \"ix_t_double\", where = \"price > 2\"))]\n    pub double: Option<i64>,"
            ),
        )
    };
    there_and_back(
        On::Postgres,
        "CREATE TABLE t (id BIGINT PRIMARY KEY, price REAL NOT NULL, \
         double BIGINT GENERATED ALWAYS AS (price * 2) STORED, \
         CONSTRAINT ck_t_price CHECK (price > 0 AND price < 100));\
         CREATE INDEX ix_t_double ON t (double) WHERE price > 2;\
         INSERT INTO t (id, price) VALUES (1, 1), (2, 98.5);",
        &[
            with("f32"),
            with("f64"),
            with("i32"),
            with("i64"),
            with("f32"),
        ],
    )
}

/// A constant of one enum type is none of another.
fn checks_over_other_enum_types() -> Outcome {
    let with = |ty: &str, types: &str| {
        let table = ", check(\"g <> 'a'\", name = \"ck_t_g\"), \
                     index(id, where = \"g <> 'a'\", name = \"ix_t_g\")";
        let said = model(table, &format!("    {types}\n    pub g: {ty},"));
        let one = |name: &str, values: &str| {
            format!(
                "#[derive(sqlx::Type)]\n#[sqlx(type_name = \"{}\", rename_all = \"snake_case\")]\n\
                 pub enum {name} {{ {values} }}\n",
                name.to_lowercase()
            )
        };
        format!("{said}\n{}\n{}", one("E", "A, B"), one("F", "A, B, C"))
    };
    there_and_back(
        On::Postgres,
        "CREATE TYPE e AS ENUM ('a', 'b');\
         CREATE TABLE t (id BIGINT PRIMARY KEY, g e NOT NULL, CONSTRAINT ck_t_g CHECK (g <> 'a'));\
         CREATE INDEX ix_t_g ON t (id) WHERE g <> 'a';\
         INSERT INTO t VALUES (1, 'b');",
        &[
            with("E", ""),
            with("F", ""),
            with("String", "#[column(type = \"varchar(9)\")]"),
            with("E", ""),
        ],
    )
}

/// Privileges, comments, defaults and disabled triggers, in the words of the
/// catalogue.
const SAID: &str = "SELECT relname::text || ' ' || coalesce(relacl::text, '') || ' ' || \
     coalesce(obj_description(oid, 'pg_class'), '') FROM pg_class WHERE relname IN ('v', 'm') \
     UNION ALL SELECT attname || ' ' || attacl::text FROM pg_attribute WHERE attacl IS NOT NULL \
     AND attrelid = 'v'::regclass \
     UNION ALL SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'v'::regclass \
     UNION ALL SELECT tgname || ' ' || tgenabled::text || ' ' || \
     coalesce(obj_description(oid, 'pg_trigger'), '') FROM pg_trigger ORDER BY 1";

/// A view that goes and comes around a column has what it had.
fn what_is_said_of_views(listed: &str) -> Outcome {
    let with = |ty: &str| model("", &format!("    pub x: Option<{ty}>,"));
    let project = Project::on(On::Postgres, &with("i32"))?;
    project.write("models.sql", listed)?;
    project.sql(
        "CREATE TABLE t (id BIGINT PRIMARY KEY, x INT);\
         CREATE VIEW v AS SELECT id, x FROM t;\
         CREATE MATERIALIZED VIEW m AS SELECT x FROM v;\
         COMMENT ON VIEW v IS 'the ''view''';\
         COMMENT ON COLUMN v.x IS 'x of it';\
         ALTER VIEW v ALTER COLUMN x SET DEFAULT 7;\
         GRANT SELECT ON v TO PUBLIC;\
         GRANT UPDATE (x) ON v TO PUBLIC;\
         GRANT SELECT ON m TO PUBLIC;\
         CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;\
         CREATE TRIGGER tr BEFORE UPDATE OF x ON t FOR EACH ROW EXECUTE FUNCTION f();\
         COMMENT ON TRIGGER tr ON t IS 'never';\
         ALTER TABLE t DISABLE TRIGGER tr",
    )?;
    let was = project.query(SAID)?;
    if was.len() < 5 {
        return Err(format!("little is said: {was:?}").into());
    }
    project.expect(&["check"], 0)?;
    project.write("models.rs", &with("i64"))?;
    project.expect(&["autogen", "-m", "wide"], 0)?;
    for words in [["upgrade", "head"], ["downgrade", "-1"]] {
        project.expect(&words, 0)?;
        let is = project.query(SAID)?;
        if is != was {
            return Err(format!("after {}: {is:#?}, not {was:#?}", words[0]).into());
        }
    }
    Ok(())
}

/// A trigger that is made again is read in the mode in which it was made.
fn modes_of_triggers() -> Outcome {
    let with = |attribute: &str, name: &str| {
        let field = format!("    {attribute}\n    pub {name}: Option<String>,");
        model("", &field)
    };
    let trigger = |name: &str| {
        format!(
            "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.{name} = NEW.{name} || 'a'"
        )
    };
    let project = Project::on(On::MySql, &with("", "x"))?;
    project.write("models.sql", &format!("{};\n", trigger("x")))?;
    project.sql(&format!(
        "CREATE TABLE t (id BIGINT PRIMARY KEY, x TEXT);\
         SET SESSION sql_mode = 'PIPES_AS_CONCAT,STRICT_TRANS_TABLES';\
         {}",
        trigger("x")
    ))?;
    project.expect(&["check"], 0)?;
    project.write("models.rs", &with("#[column(renamed_from = \"x\")]", "y"))?;
    project.write("models.sql", &format!("{};\n", trigger("y")))?;
    let version = project.query("SELECT VERSION()")?.concat();
    if !version.contains("MariaDB") {
        let said = project.expect(&["autogen", "-m", "other name"], 2)?.stderr;
        return match said.contains("another `sql_mode`") {
            true => Ok(()),
            false => Err(said.into()),
        };
    }
    project.expect(&["autogen", "-m", "other name"], 0)?;
    for (words, name) in [(["upgrade", "head"], "y"), (["downgrade", "-1"], "x")] {
        project.expect(&words, 0)?;
        project.sql("DELETE FROM t; INSERT INTO t VALUES (1, 'v')")?;
        let is = project.query(&format!("SELECT {name} FROM t"))?;
        if is != ["va"] {
            return Err(format!("after {}: {is:?}", words[0]).into());
        }
    }
    Ok(())
}

/// The index that the server made for a foreign key keeps its name when the key
/// is made anew.
fn foreign_keys_without_a_name() -> Outcome {
    let models = |ty: &str, more: &str| {
        format!(
            "use aludel::Model;\n\n#[derive(Model)]\npub struct Usr {{\n    \
             #[column(primary_key)]\n    pub id: {ty},\n}}\n\n#[derive(Model)]\npub struct Post {{\n    \
             #[column(primary_key)]\n    pub id: i32,\n    #[column(references(Usr::id, name = \
             \"post_ibfk_1\"{more}))]\n    pub usr_id: Option<{ty}>,\n}}\n"
        )
    };
    there_and_back(
        On::MySql,
        "CREATE TABLE usr (id INT PRIMARY KEY);\
         CREATE TABLE post (id INT PRIMARY KEY, usr_id INT, FOREIGN KEY (usr_id) REFERENCES usr (id));\
         INSERT INTO usr VALUES (1); INSERT INTO post VALUES (1, 1);",
        &[
            models("i32", ""),
            models("i32", ", on_delete = cascade"),
            models("i64", ", on_delete = cascade"),
            models("i64", ""),
        ],
    )
}

/// A trigger that a migration makes does what it does that a plain client makes:
/// there, 0 is the next number.
fn modes_of_new_triggers() -> Outcome {
    let models = "use aludel::Model;\n\n#[derive(Model)]\npub struct Seen {\n    \
                  #[column(primary_key, autoincrement)]\n    pub id: i32,\n    pub of: i64,\n}\n";
    let project = Project::on(
        On::MySql,
        &format!(
            "{models}{}",
            model("", "").replace("use aludel::Model;", "")
        ),
    )?;
    let body = "INSERT INTO seen VALUES (0, NEW.id)";
    let trigger = format!("CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW {body};\n");
    project.write("models.sql", &trigger)?;
    project.expect(&["autogen", "-m", "all"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.sql("INSERT INTO t VALUES (7); INSERT INTO t VALUES (8)")?;
    let seen = project.query("SELECT concat(id, ' ', `of`) FROM seen ORDER BY id")?;
    if seen != ["1 7", "2 8"] {
        return Err(format!("{seen:?}").into());
    }
    let mode = "SELECT sql_mode = @@GLOBAL.sql_mode FROM information_schema.triggers \
                WHERE trigger_schema = database()";
    match project.query(mode)? == ["1"] {
        true => Ok(()),
        false => Err("another mode than a plain client gives it".into()),
    }
}

/// The proof looks at the body of a function as the upgrade will.
fn a_function_that_cannot_be_made() -> Outcome {
    let project = Project::on(On::Postgres, &model("", ""))?;
    let function = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT x FROM nosuch';\n";
    project.write("models.sql", function)?;
    let said = project.expect(&["autogen", "-m", "all"], 2)?.stderr;
    match said.contains("nosuch") {
        true => Ok(()),
        false => Err(said.into()),
    }
}

/// The server makes the cast of a range type to its multirange with the type.
fn a_range_type_brings_its_cast() -> Outcome {
    let project = Project::on(On::Postgres, &model("", ""))?;
    project.sql(
        "CREATE TYPE fr AS RANGE (SUBTYPE = float8); CREATE TABLE t (id BIGINT PRIMARY KEY)",
    )?;
    project.write("models.rs", &model("", "    pub x: Option<i32>,"))?;
    let said = project.expect(&["autogen", "-m", "x"], 0)?.stderr;
    match said.contains("warning") {
        true => Err(said.into()),
        false => Ok(()),
    }
}

fn an_object_nobody_looks_at() -> Outcome {
    let project = Project::on(On::Postgres, &model("", ""))?;
    project.write("models.sql", "CREATE VIEW nosch.v AS SELECT 1 AS a;\n")?;
    let said = project.expect(&["autogen", "-m", "all"], 2)?.stderr;
    match said.contains("`nosch` of `nosch.v` is not looked at") && said.contains("schemas = [") {
        true => Ok(()),
        false => Err(said.into()),
    }
}

/// A column in an expression calls no function of its name, which reads the
/// table and comes after it.
fn a_function_named_like_a_column() -> Outcome {
    let fields = "    pub bal: i32,\n    #[column(generated = \"bal * 100\", stored)]\n    \
                  pub cents: Option<i32>,";
    let project = Project::on(On::Postgres, &model("", fields))?;
    let function = "CREATE FUNCTION bal(i int) RETURNS int LANGUAGE sql STABLE AS \
                    'SELECT bal FROM t WHERE id = i';\n";
    project.write("models.sql", function)?;
    project.expect(&["autogen", "-m", "all"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.expect(&["downgrade", "base"], 0)?;
    Ok(())
}

/// What nobody says of a table does not come back with it, and the file says so.
fn what_a_dropped_table_loses() -> Outcome {
    let other = model("", "").replace("name = \"t\"", "name = \"u\"");
    let project = Project::on(On::Postgres, &other)?;
    project.sql(
        "CREATE TABLE t (id BIGINT PRIMARY KEY); CREATE TABLE u (id BIGINT PRIMARY KEY);\
         ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (id > 0)",
    )?;
    let id = "aaaa00000000";
    project.expect(&["autogen", "-m", "drop", "--rev-id", id], 0)?;
    let text = std::fs::read_to_string(project.version(id)?)?;
    let said = "row level security, policy `p` of `t` does not come back with it";
    match text.contains(said) {
        true => Ok(()),
        false => Err(text.into()),
    }
}

/// The flags say that a circle of hints has not been done.
fn a_swap_that_was_told_and_hinted_at() -> Outcome {
    let with = |a: &str, b: &str| {
        model(
            "",
            &format!("    {a}\n    pub a: Option<String>,\n    {b}\n    pub b: Option<String>,"),
        )
    };
    let project = Project::on(On::Sqlite, &with("", ""))?;
    project.sql(
        "CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, a TEXT, b TEXT);\
         INSERT INTO t VALUES (1, 'was a', 'was b');",
    )?;
    let swapped = with(
        "#[column(renamed_from = \"b\")]",
        "#[column(renamed_from = \"a\")]",
    );
    project.write("models.rs", &swapped)?;
    let words = ["autogen", "-m", "swap"];
    let said = project.expect(&words, 2)?.stderr;
    if !said.contains("goes round in a circle") {
        return Err(said.into());
    }
    let told = ["--rename", "t.a=t.b", "--rename", "t.b=t.a"];
    project.expect(&[&words[..], &told[..]].concat(), 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    match project.query("SELECT a FROM t")?.concat().as_str() {
        "was b" => Ok(()),
        other => Err(other.into()),
    }
}
