//! PostgreSQL: what a change of something else must not take along, or lead
//! astray: rules of views, columns of tables below, numbers of other sequences,
//! what is said of indexes and constraints.

use aludel_tests::place::On;
use libtest_mimic::{Failed, Trial};

use crate::project::Project;
use crate::startup::same;
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("kept::postgres::rules_of_views", rules_of_views),
        trial("kept::postgres::columns_of_views", columns_of_views),
        trial(
            "kept::postgres::columns_of_tables_below",
            columns_of_tables_below,
        ),
        trial(
            "kept::postgres::inherited_columns_by_themselves",
            inherited_columns_by_themselves,
        ),
        trial(
            "kept::postgres::inherited_columns_in_part",
            inherited_columns_in_part,
        ),
        trial(
            "kept::postgres::tables_below_that_nobody_looks_at",
            tables_below_that_nobody_looks_at,
        ),
        trial(
            "kept::postgres::numbers_beside_a_sequence",
            numbers_beside_a_sequence,
        ),
        trial("kept::postgres::names_of_sequences", names_of_sequences),
        trial(
            "kept::postgres::sequences_of_their_own",
            sequences_of_their_own,
        ),
        trial(
            "kept::postgres::what_is_said_of_parts",
            what_is_said_of_parts,
        ),
        trial("kept::postgres::identities_of_rows", identities_of_rows),
    ]
}

/// A model with these fields.
fn model(table: &str, fields: &str) -> String {
    format!("#[derive(Model)]\n#[table(name = \"{table}\")]\npub struct {table} {{\n{fields}\n}}\n")
}

fn models(of: &[(&str, &str)]) -> String {
    let all: Vec<String> = of
        .iter()
        .map(|(table, fields)| model(table, fields))
        .collect();
    format!("use aludel::Model;\n\n{}", all.join("\n"))
}

/// Files that say what the database says already.
fn project(made: &str, files: &str) -> Result<Project, Failed> {
    let project = Project::on(On::Postgres, files)?;
    project.sql(made)?;
    project.expect(&["check"], 0)?;
    Ok(project)
}

/// The words of a message, in one line.
fn in_one_line(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| *word != "│");
    words.collect::<Vec<_>>().join(" ")
}

/// What is said of files that cannot be come to; nothing is written.
fn refused(project: &Project, files: &str, parts: &[&str]) -> Outcome {
    project.write("models.rs", files)?;
    let said = in_one_line(&project.expect(&["autogen", "-m", "refused"], 2)?.stderr);
    match parts.iter().find(|part| !said.contains(**part)) {
        Some(part) => Err(format!("`{part}` is not said:\n{said}").into()),
        None => Ok(()),
    }
}

/// There and back again; `look` finds the same after each step as before.
fn keeps(project: &Project, files: &str, look: &str) -> Outcome {
    let was = project.query(look)?;
    project.write("models.rs", files)?;
    project.expect(&["autogen", "-m", "second", "--rev-id", "aaaa0002"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.expect(&["check"], 0)?;
    same(project.query(look)?, was.clone())?;
    project.expect(&["downgrade", "-1"], 0)?;
    same(project.query(look)?, was)
}

const ID: &str = "    #[column(primary_key)]\n    pub id: i64,\n";

fn rules_of_views() -> Outcome {
    let with = |ty: &str| models(&[("t", &format!("{ID}    pub n: Option<{ty}>,"))]);
    let project = Project::on(On::Postgres, &with("i32"))?;
    project.write("models.sql", "CREATE VIEW v AS SELECT id, n FROM t;\n")?;
    project.sql(
        "CREATE TABLE t (id BIGINT PRIMARY KEY, n INT);\
         CREATE VIEW v AS SELECT id, n FROM t;\
         CREATE RULE a AS ON INSERT TO v DO INSTEAD INSERT INTO t VALUES (new.id, new.n);\
         CREATE RULE b AS ON DELETE TO v DO INSTEAD NOTHING;\
         COMMENT ON RULE a ON v IS 'writes';\
         GRANT SELECT ON v TO PUBLIC",
    )?;
    project.expect(&["check"], 0)?;
    let look = "SELECT replace(pg_get_ruledef(r.oid), chr(10), ' ') || coalesce(obj_description(r.oid, 'pg_rewrite'), '') \
                || coalesce(c.relacl::text, '') FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class \
                WHERE ev_class = 'v'::regclass AND rulename <> '_RETURN' ORDER BY rulename";
    same(project.query(look)?.len(), 2)?;
    keeps(&project, &with("i64"), look)?;
    // One column more, in the same place; and back.
    std::fs::remove_file(project.version("aaaa0002")?)?;
    project.write(
        "models.sql",
        "CREATE VIEW v AS SELECT n, id, n + 1 AS more FROM t;\n",
    )?;
    keeps(&project, &with("i32"), look)?;
    std::fs::remove_file(project.version("aaaa0002")?)?;
    project.write("models.sql", "CREATE VIEW v AS SELECT id FROM t;\n")?;
    refused(
        &project,
        &with("i32"),
        &[
            "rule `a` of view `v` uses its column `n`, which it loses",
            "drop rule `a` before",
        ],
    )
}

/// What is said of columns of views that are replaced, and of some that are made
/// again, whatever they begin with.
fn columns_of_views() -> Outcome {
    let models = models(&[("t", &format!("{ID}    pub a: Option<i32>,"))]);
    let views = |limit: u32| {
        format!(
            "CREATE VIEW v WITH (security_invoker) AS SELECT id, a FROM t WHERE a > {limit};\n\
             CREATE VIEW u AS SELECT id, a FROM t UNION ALL SELECT 1, {limit};\n\
             CREATE VIEW c AS WITH x AS (SELECT * FROM t) SELECT id, a FROM x WHERE a > {limit};\n"
        )
    };
    let project = Project::on(On::Postgres, &models)?;
    project.write("models.sql", &views(1))?;
    project.expect(&["autogen", "-m", "first", "--rev-id", "aaaa0001"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    for view in ["v", "u", "c"] {
        project.sql(&format!(
            "COMMENT ON COLUMN {view}.a IS 'x'; ALTER VIEW {view} ALTER a SET DEFAULT 7; \
             GRANT SELECT (a) ON {view} TO PUBLIC"
        ))?;
    }
    let look = "SELECT c.relname || ' ' || col_description(c.oid, 2) || a.attacl::text || \
                pg_get_expr(d.adbin, c.oid) FROM pg_class c JOIN pg_attribute a ON \
                a.attrelid = c.oid AND a.attname = 'a' JOIN pg_attrdef d ON d.adrelid = c.oid \
                WHERE c.relkind = 'v' ORDER BY 1";
    same(project.query(look)?.len(), 3)?;
    project.write("models.sql", &views(2))?;
    keeps(&project, &models, look)
}

const FAMILY: &str = "CREATE TABLE p (id BIGINT PRIMARY KEY, n INT); \
                      CREATE TABLE c (PRIMARY KEY (id)) INHERITS (p); \
                      CREATE TABLE d (PRIMARY KEY (id)) INHERITS (c); \
                      INSERT INTO c VALUES (1, 7); INSERT INTO d VALUES (2, 8)";

/// Models of the family, each with these fields beside the key.
fn family([p, c, d]: [&str; 3]) -> String {
    let fields = |more: &str| format!("{ID}    {more}");
    models(&[("p", &fields(p)), ("c", &fields(c)), ("d", &fields(d))])
}

const N: &str = "pub n: Option<i32>,";

/// A column goes from a table and stays in those that inherit it.
fn columns_of_tables_below() -> Outcome {
    for [c, d] in [[N, N], ["", N]] {
        let project = project(FAMILY, &family([N, N, N]))?;
        let look = match c {
            "" => "SELECT 'd' || n FROM d",
            _ => "SELECT 'c' || n FROM ONLY c UNION ALL SELECT 'd' || n FROM d",
        };
        keeps(&project, &family(["", c, d]), look)?;
        project.write("models.rs", &family([N, N, N]))?;
        std::fs::remove_file(project.version("aaaa0002")?)?;
        project.expect(&["check"], 0)?;
    }
    // It goes from all of them.
    let project = project(FAMILY, &family([N, N, N]))?;
    keeps(
        &project,
        &family(["", "", ""]),
        "SELECT id FROM p ORDER BY id",
    )
}

fn inherited_columns_by_themselves() -> Outcome {
    let project = project(FAMILY, &family([N, N, N]))?;
    let way = "do the same with `p.n`, or leave `c.n` as it is";
    for (c, what) in [
        ("", "dropped"),
        ("pub n: Option<i64>,", "given another type"),
        (
            "#[column(renamed_from = \"n\")]\n    pub k: Option<i32>,",
            "renamed",
        ),
    ] {
        let said = format!(
            "column `c.n` is that of `p`, which `c` inherits, and cannot be {what} by itself"
        );
        refused(&project, &family([N, c, N]), &[&said, way])?;
    }
    let more = format!("{N}\n    pub k: Option<i32>,");
    refused(
        &project,
        &family([&more, N, N]),
        &[
            "column `p.k` would be added to `c` too, which inherits `p`",
            "add `k` to the model of `c` too",
        ],
    )?;
    keeps(
        &project,
        &family([&more, &more, &more]),
        "SELECT id || ' ' || n FROM p ORDER BY id",
    )
}

/// What a parent's column becomes is to be said of those below too; what it
/// lets go they may keep.
fn inherited_columns_in_part() -> Outcome {
    const WIDE: &str = "pub n: Option<i64>,";
    const FULL: &str = "pub n: i32,";
    const CALLED: &str = "#[column(renamed_from = \"n\")]\n    pub k: Option<i32>,";
    let look = "SELECT id || ' ' || n FROM p ORDER BY id";
    let free = project(FAMILY, &family([N, N, N]))?;
    for (p, what) in [(WIDE, "get another type"), (FULL, "no longer take NULL")] {
        let said = format!("column `c.n` would {what} with `p.n`, since `c` inherits `p`");
        let way = "change both models in the same way, or leave `p.n` as it is";
        refused(&free, &family([p, N, N]), &[&said, way])?;
    }
    keeps(&free, &family([N, FULL, FULL]), look)?;
    std::fs::remove_file(free.version("aaaa0002")?)?;
    // The parent loses it, and those below keep it as something else.
    for [c, d] in [[WIDE, WIDE], ["", WIDE]] {
        let parted = project(FAMILY, &family([N, N, N]))?;
        keeps(&parted, &family(["", c, d]), "SELECT id FROM p ORDER BY id")?;
    }
    refused(
        &free,
        &family(["", CALLED, CALLED]),
        &[
            "column `c.n` is still that of `p`, which `c` inherits, where it gets another name",
            "drop `p.n` in a migration before this one",
        ],
    )?;
    let full = FAMILY.replace("n INT", "n INT NOT NULL");
    let full = project(&full, &family([FULL, FULL, FULL]))?;
    refused(
        &full,
        &family([FULL, N, N]),
        &[
            "column `c.n` is that of `p`, which `c` inherits, and cannot be made to take NULL by itself",
            "do the same with `p.n`, or leave `c.n` as it is",
        ],
    )?;
    for [c, d] in [[FULL, FULL], [N, FULL]] {
        keeps(&full, &family([N, c, d]), look)?;
        std::fs::remove_file(full.version("aaaa0002")?)?;
    }
    Ok(())
}

fn tables_below_that_nobody_looks_at() -> Outcome {
    let files = models(&[("p", ID), ("t", ID)]);
    let project = project(
        "CREATE TABLE p (id BIGINT PRIMARY KEY); CREATE TABLE t (id BIGINT PRIMARY KEY); \
         CREATE SCHEMA o; CREATE TABLE o.c () INHERITS (p)",
        &files,
    )?;
    refused(
        &project,
        &models(&[("t", ID)]),
        &[
            "table `p` cannot be dropped while it is used by table `o.c`",
            "change or drop table `o.c` before",
        ],
    )?;
    project.sql("DROP TABLE o.c")?;
    keeps(&project, &models(&[("t", ID)]), "SELECT id FROM t")
}

const NUMBERED: &str = "    #[column(primary_key, autoincrement)]\n    pub id: i64,";

/// A column that lost its default still owns the sequence: by its name that one
/// is found, not the one that gives the numbers.
fn numbers_beside_a_sequence() -> Outcome {
    let project = project(
        "CREATE TABLE t (id BIGSERIAL PRIMARY KEY); ALTER TABLE t ALTER COLUMN id DROP DEFAULT; \
         INSERT INTO t VALUES (1), (2)",
        &models(&[("t", ID)]),
    )?;
    let look = "SELECT last_value || ' ' || is_called FROM t_id_seq";
    keeps(&project, &models(&[("t", NUMBERED)]), look)?;
    project.expect(&["upgrade", "head"], 0)?;
    project.sql("INSERT INTO t DEFAULT VALUES")?;
    same(
        project.query("SELECT max(id) FROM t")?,
        vec!["3".to_owned()],
    )
}

/// A sequence with a name or steps of its own goes with the way to number that it
/// belonged to.
fn sequences_of_their_own() -> Outcome {
    let with = |how: &str| {
        let key = ID.replace("primary_key", &format!("primary_key, {how}"));
        models(&[("t", &key)])
    };
    let (serial, identity) = (with("type = \"bigserial\""), with("identity_always"));
    for (table, from, to) in [
        (
            "CREATE TABLE t (id BIGINT GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME other) PRIMARY KEY)",
            &identity,
            &serial,
        ),
        (
            "CREATE TABLE t (id BIGSERIAL PRIMARY KEY); ALTER SEQUENCE t_id_seq INCREMENT BY 5",
            &serial,
            &identity,
        ),
    ] {
        let project = project(table, from)?;
        project.sql("INSERT INTO t DEFAULT VALUES")?;
        keeps(&project, to, "SELECT id FROM t")?;
    }
    Ok(())
}

fn names_of_sequences() -> Outcome {
    let serial = ID.replace("primary_key", "primary_key, type = \"bigserial\"");
    let serial = models(&[("t", &serial)]);
    let table = "CREATE TABLE t (id BIGINT PRIMARY KEY); INSERT INTO t VALUES (4);";
    for (more, said, way) in [
        (
            "CREATE SEQUENCE t_id_seq",
            "column `t.id` cannot get sequence `t_id_seq`: there is a sequence of that name",
            Some(
                "ALTER SEQUENCE t_id_seq OWNED BY t.id; \
                 ALTER TABLE t ALTER COLUMN id SET DEFAULT nextval('t_id_seq')",
            ),
        ),
        (
            "CREATE SEQUENCE t_id_seq OWNED BY t.id",
            "column `t.id` cannot get or lose a sequence of its own while sequence `t_id_seq` \
             belongs to it, too",
            Some("ALTER TABLE t ALTER COLUMN id SET DEFAULT nextval('t_id_seq')"),
        ),
        (
            "CREATE VIEW t_id_seq AS SELECT 1 AS one",
            "column `t.id` cannot get sequence `t_id_seq`: there is a view of that name",
            None,
        ),
    ] {
        let project = project(&format!("{table}{more}"), &models(&[("t", ID)]))?;
        let mut parts = vec![said];
        parts.extend(way.iter().flat_map(|way| way.split("; ")));
        refused(&project, &serial, &parts)?;
        // What is told to be done leads there.
        if let Some(way) = way {
            project.sql(way)?;
            project.expect(&["check"], 0)?;
        }
    }
    let project = project(table, &models(&[("t", ID)]))?;
    keeps(&project, &serial, "SELECT id FROM t")
}

/// Comments, statistics targets, by which index a table is clustered, and by
/// which one its rows are known.
const SAID: &str = "SELECT c.relname || ' ' || i.indisclustered || i.indisreplident || ' ' || \
     coalesce(obj_description(c.oid, 'pg_class'), '') || ' ' || (SELECT max(a.attstattarget) \
     FROM pg_attribute a WHERE a.attrelid = c.oid) FROM pg_index i JOIN pg_class c \
     ON c.oid = i.indexrelid WHERE i.indrelid = 't'::regclass \
     UNION ALL SELECT conname || ' ' || coalesce(obj_description(oid, 'pg_constraint'), '') \
     FROM pg_constraint WHERE conrelid = 't'::regclass AND contype <> 'n' ORDER BY 1";

/// Indexes and constraints that are made again around a column.
fn what_is_said_of_parts() -> Outcome {
    let with = |ty: &str| {
        let fields = format!(
            "{ID}    pub n: {ty},\n    pub m: i32,\n    \
             #[column(generated = \"n * 2\", stored)]\n    pub g: Option<f64>,"
        );
        let keys = ", index(expr = \"n + 1\", name = \"ix\"), index(m, where = \"n > 2\", \
                    name = \"part\"), unique(g, name = \"uq\"), check(\"n < 9\", name = \"ck\")";
        models(&[("t", &fields)]).replace("name = \"t\"", &format!("name = \"t\"{keys}"))
    };
    let project = project(
        "CREATE TABLE t (id BIGINT PRIMARY KEY, n REAL NOT NULL, m INT NOT NULL, \
         g DOUBLE PRECISION GENERATED ALWAYS AS (n * 2) STORED, CONSTRAINT uq UNIQUE (g), \
         CONSTRAINT ck CHECK (n < 9)); \
         CREATE INDEX ix ON t ((n + 1)); CREATE INDEX part ON t (m) WHERE n > 2; \
         COMMENT ON INDEX ix IS 'the <name>'; COMMENT ON INDEX part IS 'a ''part'''; \
         COMMENT ON INDEX uq IS 'index'; COMMENT ON CONSTRAINT uq ON t IS 'constraint'; \
         COMMENT ON CONSTRAINT ck ON t IS 'check'; ALTER INDEX ix ALTER COLUMN 1 SET STATISTICS 300; \
         ALTER TABLE t CLUSTER ON ix; INSERT INTO t (id, n, m) VALUES (1, 3, 4)",
        &with("f32"),
    )?;
    same(project.query(SAID)?.len(), 7)?;
    keeps(&project, &with("i64"), SAID)
}

/// An index by which rows are known goes on being one, or is refused by name.
fn identities_of_rows() -> Outcome {
    let with = |key: &str| {
        let fields = format!("{ID}    pub n: i32,\n    pub m: i32,");
        models(&[("t", &fields)]).replace("name = \"t\"", &format!("name = \"t\", {key}"))
    };
    let project = project(
        "CREATE TABLE t (id BIGINT PRIMARY KEY, n INT NOT NULL, m INT NOT NULL); \
         CREATE UNIQUE INDEX known ON t (n); COMMENT ON INDEX known IS 'known'; \
         ALTER TABLE t REPLICA IDENTITY USING INDEX known",
        &with("index(n, unique, name = \"known\")"),
    )?;
    refused(
        &project,
        &with("index(n, name = \"known\")"),
        &[
            "index `known` is the replica identity of `t`, which it cannot be",
            "REPLICA IDENTITY DEFAULT",
        ],
    )?;
    keeps(
        &project,
        &with("index(n, m, unique, name = \"known\")"),
        SAID,
    )
}
