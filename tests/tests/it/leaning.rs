//! PostgreSQL: what leans on what changes. Objects that are in use are altered
//! in their place or made again with those upon them, there and back; where
//! that cannot be, it is said who is in the way before anything is touched.

use libtest_mimic::Trial;

use crate::project::Project;
use crate::{Outcome, trial};
use aludel_tests::place::On;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("leaning::postgres::domains_in_use", domains_in_use),
        trial("leaning::postgres::types_in_use", types_in_use),
        trial("leaning::postgres::functions_upon", functions_upon),
        trial(
            "leaning::postgres::what_cannot_be_made_again",
            what_cannot_be_made_again,
        ),
        trial(
            "leaning::postgres::users_of_a_dropped_column",
            users_of_a_dropped_column,
        ),
        trial(
            "leaning::postgres::users_of_a_changed_column",
            users_of_a_changed_column,
        ),
        trial("leaning::postgres::partition_keys", partition_keys),
        trial(
            "leaning::postgres::views_of_foreign_tables",
            views_of_foreign_tables,
        ),
        trial(
            "leaning::postgres::users_of_tables_and_enums",
            users_of_tables_and_enums,
        ),
        trial(
            "leaning::postgres::views_of_tables_below",
            views_of_tables_below,
        ),
        trial(
            "leaning::postgres::types_of_typed_tables",
            types_of_typed_tables,
        ),
    ]
}

/// A model of the table `t` with these fields.
fn model(table: &str, fields: &str) -> String {
    format!(
        "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"t\"{table})]\npub struct T {{\n    \
         #[column(primary_key)]\n    pub id: i64,\n{fields}\n}}\n"
    )
}

const PLAIN: &str = "    pub n: Option<i32>,\n    pub m: Option<i32>,";

/// A migrated project on PostgreSQL.
fn migrated(models: &str, objects: &str) -> Result<Project, libtest_mimic::Failed> {
    let project = Project::on(On::Postgres, models)?;
    project.write("models.sql", objects)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa11111111"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(project)
}

/// Takes objects that are in use to others, and back; gives the statements of
/// the way there and back.
fn there_and_back(
    models: &str,
    rows: &str,
    from: &str,
    to: &str,
) -> Result<String, libtest_mimic::Failed> {
    let project = migrated(models, from)?;
    project.sql(rows)?;
    project.write("models.sql", to)?;
    project.expect(&["autogen", "-m", "second", "--rev-id", "aaaa22222222"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.expect(&["downgrade", "-1"], 0)?;
    project.write("models.sql", from)?;
    let version = project.version("aaaa22222222")?;
    let text = std::fs::read_to_string(&version)?;
    std::fs::remove_file(version)?;
    project.expect(&["check"], 0)?;
    Ok(text)
}

fn says(text: &str, parts: &[&str]) -> Outcome {
    let text = text
        .split_whitespace()
        .filter(|word| *word != "│")
        .collect::<Vec<_>>()
        .join(" ");
    match parts.iter().find(|part| !text.contains(**part)) {
        Some(part) => Err(format!("`{part}` is not said:\n{text}").into()),
        None => Ok(()),
    }
}

fn domains_in_use() -> Outcome {
    let models = model(
        "",
        "    #[column(type = \"email\")]\n    pub e: Option<String>,",
    );
    let text = there_and_back(
        &models,
        "INSERT INTO t VALUES (1, 'a@b')",
        "CREATE DOMAIN email AS text CHECK (VALUE ~ '@');",
        "CREATE DOMAIN email AS text DEFAULT 'x@y' NOT NULL CHECK (VALUE ~ '@') \
         CONSTRAINT longer CHECK (length(VALUE) > 2);",
    )?;
    says(
        &text,
        &[
            "may fail on rows: values of domain `email` that are not as it asks",
            "ALTER DOMAIN \"email\" SET DEFAULT 'x@y'::text; \
             ALTER DOMAIN \"email\" SET NOT NULL; \
             ALTER DOMAIN \"email\" ADD CONSTRAINT longer CHECK ((length(VALUE) > 2));",
            "ALTER DOMAIN \"email\" DROP CONSTRAINT longer; \
             ALTER DOMAIN \"email\" DROP DEFAULT; \
             ALTER DOMAIN \"email\" DROP NOT NULL;",
        ],
    )?;
    if text.contains("email_check") {
        return Err(format!("the check that stays is touched:\n{text}").into());
    }
    Ok(())
}

fn types_in_use() -> Outcome {
    let models = model(
        "",
        "    #[column(type = \"place\")]\n    pub e: Option<String>,",
    );
    let text = there_and_back(
        &models,
        "INSERT INTO t VALUES (1, '(1,x)')",
        "CREATE TYPE place AS (a int, b text);",
        "CREATE TYPE place AS (a int, b text, c int);",
    )?;
    says(
        &text,
        &[
            "ALTER TYPE \"place\" ADD ATTRIBUTE \"c\" integer;",
            "deletes data: the values of what type `place` loses",
            "ALTER TYPE \"place\" DROP ATTRIBUTE \"c\";",
        ],
    )?;
    // Nobody keeps values of it: the function goes and comes with it.
    let function = "CREATE FUNCTION f(x place) RETURNS text LANGUAGE sql AS 'select (x).a::text';";
    there_and_back(
        &model("", PLAIN),
        "CREATE VIEW v AS SELECT f(NULL)",
        &format!("CREATE TYPE place AS (a int, b text); {function}"),
        &format!("CREATE TYPE place AS (a bigint, c text); {function}"),
    )?;
    Ok(())
}

/// Functions with bodies that the server looks into, and those that take and
/// give rows of a view.
fn functions_upon() -> Outcome {
    let functions = "CREATE FUNCTION counted() RETURNS bigint BEGIN ATOMIC SELECT count(n) FROM v; END; \
                     CREATE FUNCTION taken(r v) RETURNS int LANGUAGE sql AS 'select r.n'; \
                     CREATE FUNCTION given() RETURNS SETOF v LANGUAGE sql AS 'select * from v'; \
                     CREATE VIEW upon AS SELECT counted() AS c FROM t;";
    let to = "CREATE VIEW v AS SELECT id, n, 1 AS one FROM t;";
    let from = "CREATE VIEW v AS SELECT id, n FROM t;";
    there_and_back(
        &model("", PLAIN),
        "COMMENT ON FUNCTION counted() IS 'counts'",
        &format!("{from} {functions}"),
        &format!("{to} {functions}"),
    )?;
    // A column below them gets another type.
    let project = migrated(&model("", PLAIN), &format!("{from} {functions}"))?;
    project.sql("COMMENT ON FUNCTION counted() IS 'counts'")?;
    let wide = PLAIN.replace("n: Option<i32>", "n: Option<i64>");
    let given = functions.replace("RETURNS int", "RETURNS bigint");
    project.write("models.rs", &model("", &wide))?;
    project.write("models.sql", &format!("{from} {given}"))?;
    project.expect(&["autogen", "-m", "second", "--rev-id", "aaaa22222222"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    let comment = "SELECT obj_description('counted()'::regprocedure)";
    let said = project.query(comment)?;
    if said != ["counts"] {
        return Err(format!("the comment is lost: {said:?}").into());
    }
    project.expect(&["downgrade", "-1"], 0)?;
    Ok(())
}

fn what_cannot_be_made_again() -> Outcome {
    let email = model(
        "",
        "    #[column(type = \"email\")]\n    pub e: Option<String>,",
    );
    let list = model(
        "",
        "    #[column(type = \"email[]\")]\n    pub e: Option<String>,",
    );
    let calls = model(
        ", check(\"f(n) > 0\", name = \"ckf\"), index(expr = \"f(n)\", name = \"ixf\")",
        "    #[column(default = sql(\"f(3)\"))]\n    pub n: i32,",
    );
    let f = "CREATE FUNCTION f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'select a';";
    for (models, from, to, parts) in [
        (
            &email,
            "CREATE DOMAIN email AS varchar(20);",
            "CREATE DOMAIN email AS varchar(30);",
            [
                "domain `email` cannot be changed",
                "column `t.e`",
                "under another name",
            ],
        ),
        (
            &email,
            "CREATE TYPE email AS (a int);",
            "CREATE TYPE email AS (a bigint);",
            [
                "type `email` cannot be changed",
                "column `t.e`",
                "under another name",
            ],
        ),
        (
            &list,
            "CREATE DOMAIN email AS text;",
            "CREATE DOMAIN email AS text CHECK (VALUE <> '');",
            [
                "cannot be given a check",
                "column `t.e`",
                "inside of other values",
            ],
        ),
        (
            &calls,
            f,
            "CREATE FUNCTION f(a int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'select 1::bigint';",
            [
                "the default of `t.n`",
                "index `ixf`",
                "constraint `ckf` of `t`",
            ],
        ),
    ] {
        let project = migrated(models, from)?;
        project.write("models.sql", to)?;
        let said = project.expect(&["autogen", "-m", "second"], 2)?.stderr;
        says(&said, &parts)?;
    }
    // What it takes and gives stays.
    let same = "CREATE FUNCTION f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'select a + 1';";
    let text = there_and_back(&calls, "INSERT INTO t VALUES (1, 1)", f, same)?;
    says(&text, &["CREATE OR REPLACE FUNCTION f(a int)"])
}

/// What the database has made by hand, and what is said of a change that it is
/// in the way of.
const USERS: &[(&str, &str, &str)] = &[
    (
        "CREATE SCHEMA {o}; CREATE VIEW {o}.v AS SELECT m FROM t",
        "view `{o}.v`",
        "add `{o}` to `[database] schemas`",
    ),
    (
        "CREATE FUNCTION {o}() RETURNS bigint BEGIN ATOMIC SELECT count(m) FROM t; END",
        "function `{o}()`",
        "",
    ),
    (
        "CREATE PUBLICATION {o} FOR TABLE t (id, m)",
        "publication `{o}` of `t`",
        "`ALTER PUBLICATION {o}`",
    ),
    (
        "CREATE VIEW {o} AS SELECT m FROM t",
        "view `{o}`",
        "`.sql` file",
    ),
    (
        "CREATE RULE {o} AS ON DELETE TO t WHERE old.m = 1 DO INSTEAD NOTHING",
        "rule `{o}` of `t`",
        "",
    ),
    (
        "CREATE POLICY {o} ON t USING (m > 0)",
        "policy `{o}` of `t`",
        "",
    ),
    (
        "CREATE STATISTICS {o} ON n, m FROM t",
        "statistics `{o}`",
        "",
    ),
    (
        "CREATE FUNCTION tg() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end'; \
         CREATE TRIGGER {o} BEFORE UPDATE OF m ON t FOR EACH ROW EXECUTE FUNCTION tg()",
        "trigger `{o}` of `t`",
        "",
    ),
];

fn users_of_a_dropped_column() -> Outcome {
    let project = migrated(&model("", PLAIN), "")?;
    for (n, (sql, _, _)) in USERS.iter().enumerate() {
        project.sql(&sql.replace("{o}", &format!("user_{n}")))?;
    }
    project.write("models.rs", &model("", "    pub n: Option<i32>,"))?;
    let said = project.expect(&["autogen", "-m", "second"], 2)?.stderr;
    says(
        &said,
        &["column `t.m` cannot be dropped while it is used by"],
    )?;
    for (n, (_, who, way)) in USERS.iter().enumerate() {
        let own = |text: &str| text.replace("{o}", &format!("user_{n}"));
        says(&said, &[&own(who), &own(way)])?;
    }
    // What does not name the column is in nobody's way.
    let project = migrated(&model("", PLAIN), "")?;
    project.sql("CREATE VIEW other AS SELECT id, n FROM t WHERE n > 0")?;
    project.write("models.rs", &model("", "    pub n: Option<i32>,"))?;
    project.expect(&["autogen", "-m", "second"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["downgrade", "-1"], 0)?;
    Ok(())
}

fn users_of_a_changed_column() -> Outcome {
    let wide = model("", &PLAIN.replace("m: Option<i32>", "m: Option<i64>"));
    // The first and the third are in the way, the others come again.
    let project = migrated(&model("", PLAIN), "")?;
    for (n, (sql, _, _)) in USERS.iter().enumerate() {
        project.sql(&sql.replace("{o}", &format!("user_{n}")))?;
    }
    project.sql("CREATE SCHEMA rows; CREATE TABLE rows.kept (whole t)")?;
    project.write("models.rs", &wide)?;
    let said = project.expect(&["autogen", "-m", "second"], 2)?.stderr;
    says(
        &said,
        &[
            "column `t.m` cannot be changed while it is used by",
            "view `user_0.v`",
            "publication `user_2` of `t`",
            "column `rows.kept.whole`",
        ],
    )?;
    project.sql("DROP SCHEMA user_0 CASCADE; DROP PUBLICATION user_2; DROP SCHEMA rows CASCADE")?;
    project.expect(&["autogen", "-m", "second"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    project.expect(&["downgrade", "-1"], 0)?;
    // A view that would go and come with the change has another upon it.
    project.sql("CREATE SCHEMA far; CREATE VIEW far.w AS SELECT m FROM user_3")?;
    let version = project.version("aaaa1111")?;
    for entry in std::fs::read_dir(project.path("versions"))? {
        let path = entry?.path();
        if path != version {
            std::fs::remove_file(path)?;
        }
    }
    let said = project.expect(&["autogen", "-m", "second"], 2)?.stderr;
    says(
        &said,
        &[
            "view `user_3` would be dropped and made again",
            "used by view `far.w`",
        ],
    )
}

fn users_of_tables_and_enums() -> Outcome {
    let mood = "#[derive(aludel::Enum)]\npub enum Mood { Happy, Sad }\n";
    let with = |mood: &str| format!("{}\n{mood}", model("", "    pub mood: Option<Mood>,"));
    let project = migrated(&with(mood), "")?;
    project.sql(
        "CREATE FUNCTION f(m mood) RETURNS int LANGUAGE sql AS 'select 1'; \
         COMMENT ON FUNCTION f IS 'x'; REVOKE EXECUTE ON FUNCTION f FROM PUBLIC; \
         CREATE VIEW calls AS SELECT f('Happy') AS one",
    )?;
    let look = "SELECT obj_description(p.oid) || p.proacl::text || pg_get_viewdef('calls') \
                FROM pg_proc p WHERE proname = 'f'";
    let was = project.query(look)?;
    let fewer = with(&mood.replace(", Sad", ""));
    for models in [&fewer, &with(&mood.replace("Sad", "Sad, Calm"))] {
        project.write("models.rs", models)?;
        project.expect(&["autogen", "-m", "second", "--rev-id", "aaaa0002"], 0)?;
        for words in [["upgrade", "head"], ["downgrade", "-1"]] {
            project.expect(&words, 0)?;
            if project.query(look)? != was {
                return Err("the function is not what it was".into());
            }
        }
        std::fs::remove_file(project.version("aaaa0002")?)?;
    }
    // Without the columns it goes, and what uses it cannot stay.
    project.write("models.rs", &model("", PLAIN))?;
    let said = project
        .expect(&["autogen", "-m", "second", "--allow-lossy"], 2)?
        .stderr;
    says(
        &said,
        &[
            "enum type `mood` cannot be dropped while it is used by",
            "function `f(m mood)`",
        ],
    )?;

    // An index of one partition, which is not that of the table.
    let project = migrated(&with(mood), "")?;
    project.sql(
        "CREATE TABLE parts (id int, mood mood) PARTITION BY LIST (id); \
         CREATE TABLE part PARTITION OF parts FOR VALUES IN (1); \
         CREATE INDEX of_part ON part (id) WHERE mood <= 'Sad'",
    )?;
    project.write("models.rs", &with(&mood.replace(", Sad", "")))?;
    let said = project
        .expect(&["autogen", "-m", "second", "--allow-lossy"], 2)?
        .stderr;
    says(&said, &["index `of_part`"])?;

    let two = format!(
        "{}\n#[derive(Model)]\n#[table(name = \"gone\")]\npub struct Gone {{\n    \
         #[column(primary_key)]\n    pub id: i64,\n}}\n",
        model("", PLAIN)
    );
    let project = migrated(&two, "")?;
    project.sql(
        "CREATE SCHEMA o; CREATE TABLE o.refers (id bigint REFERENCES gone); \
         CREATE VIEW o.v AS SELECT count(*) FROM gone; \
         CREATE FUNCTION o.f(g gone) RETURNS int LANGUAGE sql AS 'select 1'",
    )?;
    project.write("models.rs", &model("", PLAIN))?;
    let said = project.expect(&["autogen", "-m", "second"], 2)?.stderr;
    says(
        &said,
        &[
            "table `gone` cannot be dropped while it is used by",
            "constraint `refers_id_fkey` of `o.refers`",
            "view `o.v`",
            "function `o.f(g gone)`",
        ],
    )
}

/// What a table is made of as a whole is not altered without it.
fn types_of_typed_tables() -> Outcome {
    let models = model("", PLAIN);
    let project = Project::on(On::Postgres, &models)?;
    let of = |more: &str| format!("CREATE TYPE addr AS (street text, zip text{more});");
    project.write("models.sql", &of(""))?;
    project.expect(&["autogen", "-m", "first"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.sql("CREATE SCHEMA o; CREATE TABLE o.typed OF addr")?;
    project.write("models.sql", &of(", lon int"))?;
    let said = project.expect(&["autogen", "-m", "second"], 2)?.stderr;
    says(
        &said,
        &[
            "type `addr` cannot be altered while table `o.typed` is made of it",
            "ALTER TYPE .. CASCADE",
        ],
    )
}

/// Views upon a table below and upon a partition of a partition, and a trigger of
/// that, while the column of the parent gets another type.
fn views_of_tables_below() -> Outcome {
    let with = |n: &str| {
        format!(
            "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"p\")]\npub struct P {{\n    \
             #[column(primary_key)]\n    pub id: i64,\n    pub n: Option<{n}>,\n}}\n\n\
             #[derive(Model)]\n#[table(name = \"c\")]\npub struct C {{\n    \
             #[column(primary_key)]\n    pub id: i64,\n    pub n: Option<{n}>,\n}}\n\n\
             #[derive(Model)]\n#[table(name = \"parts\")]\npub struct Parts {{\n    \
             #[column(primary_key)]\n    pub id: i64,\n    pub n: Option<{n}>,\n}}\n"
        )
    };
    let project = Project::on(On::Postgres, &with("i32"))?;
    project.sql(
        "CREATE TABLE p (id BIGINT PRIMARY KEY, n INT); \
         CREATE TABLE c (PRIMARY KEY (id)) INHERITS (p); \
         CREATE TABLE parts (id BIGINT PRIMARY KEY, n INT) PARTITION BY RANGE (id); \
         CREATE SCHEMA o; \
         CREATE TABLE o.few PARTITION OF parts FOR VALUES FROM (0) TO (9) PARTITION BY RANGE (id); \
         CREATE TABLE one PARTITION OF o.few FOR VALUES FROM (0) TO (2); \
         CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN RETURN new; END'; \
         CREATE TRIGGER tr BEFORE UPDATE OF n ON one FOR EACH ROW EXECUTE FUNCTION nothing(); \
         CREATE VIEW vc AS SELECT n FROM c; CREATE VIEW vo AS SELECT n FROM one",
    )?;
    project.edit("aludel.toml", "[database]", "[database]\nschemas = [\"o\"]")?;
    project.expect(&["check"], 0)?;
    let look = "SELECT c.relname || count(*) FROM pg_class c LEFT JOIN pg_trigger t ON \
                t.tgrelid = c.oid WHERE c.relname IN ('vc', 'vo', 'one') \
                GROUP BY c.relname ORDER BY 1";
    let was = project.query(look)?;
    project.write("models.rs", &with("i64"))?;
    project.expect(&["autogen", "-m", "second"], 0)?;
    for words in [["upgrade", "head"], ["downgrade", "-1"]] {
        project.expect(&words, 0)?;
        if project.query(look)? != was {
            return Err("what leans on the tables is not what it was".into());
        }
    }
    Ok(())
}

fn partition_keys() -> Outcome {
    let fields = "    pub n: i32,\n    pub m: i32,";
    let models = model("", fields).replace(
        "#[table(name = \"t\")]",
        "#[table(name = \"t\", primary_key(id, n))]",
    );
    let models = models.replace("    #[column(primary_key)]\n", "");
    let project = Project::on(On::Postgres, &models)?;
    project.sql(
        "CREATE TABLE t (id bigint, n int, m int NOT NULL, PRIMARY KEY (id, n)) \
         PARTITION BY RANGE (n); \
         CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
    )?;
    project.expect(&["check"], 0)?;
    project.write("models.rs", &models.replace("n: i32", "n: i64"))?;
    let said = project.expect(&["autogen", "-m", "first"], 2)?.stderr;
    says(
        &said,
        &["column `t.n` is part of the partition key of `t` and cannot be changed"],
    )?;
    project.write("models.rs", &models.replace("m: i32", "m: i64"))?;
    project.expect(&["autogen", "-m", "first"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(())
}

/// Nothing of them is on the copy on which a migration is proven.
fn views_of_foreign_tables() -> Outcome {
    let models = model("", PLAIN);
    let project = Project::on(On::Postgres, &models)?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa11111111"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.sql(
        "CREATE FOREIGN DATA WRAPPER none; CREATE SERVER far_off FOREIGN DATA WRAPPER none; \
         CREATE FOREIGN TABLE far (a int) SERVER far_off",
    )?;
    project.sql("CREATE VIEW seen AS SELECT a FROM far")?;
    project.write("models.sql", "CREATE VIEW seen AS SELECT a FROM far;")?;
    project.expect(&["check"], 0)?;
    project.write(
        "models.rs",
        &models.replace("n: Option<i32>", "n: Option<i64>"),
    )?;
    let said = project.expect(&["autogen", "-m", "second"], 0)?.stderr;
    says(&said, &["far"])?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    Ok(())
}
