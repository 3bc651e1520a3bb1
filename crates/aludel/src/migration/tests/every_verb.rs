//! every verb
//!
//! Revision ID: 0123456789ab
//! Revises:
//! Create Date: 2026-11-20T18:30:12Z

use aludel::migration::*;

pub fn upgrade(op: &mut Op) {
    op.create_enum(in_schema("audit", "level"), ["low"]);
    op.create_table("types", |t| {
        t.column(integer("integer_0"));
        t.column(small_integer("small_integer_0"));
        t.column(tiny_integer("tiny_integer_0"));
        t.column(big_integer("big_integer_0"));
        t.column(tiny_unsigned("tiny_unsigned_0"));
        t.column(small_unsigned("small_unsigned_0"));
        t.column(unsigned("unsigned_0"));
        t.column(big_unsigned("big_unsigned_0"));
        t.column(double("double_0"));
        t.column(float("float_0"));
        t.column(text("text_0"));
        t.column(decimal("decimal_0", None, None));
        t.column(decimal("decimal_1", 10, None));
        t.column(decimal("decimal_2", 10, 2));
        t.column(boolean("boolean_0"));
        t.column(char("char_0", None));
        t.column(char("char_1", 10));
        t.column(varchar("varchar_0", None));
        t.column(varchar("varchar_1", 10));
        t.column(blob("blob_0"));
        t.column(binary("binary_1", 10));
        t.column(varbinary("varbinary_1", 10));
        t.column(date("date_0"));
        t.column(time("time_0"));
        t.column(time("time_1").precision(10));
        t.column(datetime("datetime_0"));
        t.column(datetime("datetime_1").precision(10));
        t.column(timestamp_tz("timestamp_tz_0"));
        t.column(timestamp_tz("timestamp_tz_1").precision(10));
        t.column(interval("interval_0"));
        t.column(uuid("uuid_0"));
        t.column(json("json_0"));
        t.column(jsonb("jsonb_0"));
        t.column(inet("inet_0"));
        t.column(enumeration("other_0", in_schema("audit", "level")));
        t.column(column(
            "other_1",
            Type::array_of(Type::array_of(Type::varchar(9))),
        ));
        t.column(column("other_2", Type::array_of(Type::time().precision(3))));
        t.column(column(
            "other_3",
            Type::array_of(Type::enumeration(in_schema("audit", "level"))),
        ));
        t.column(column("other_4", Type::array_of("POINT")));
        t.column(column("other_5", "NVARCHAR(100)"));
        t.column(column("other_6", ""));
    });
    op.create_table("full", |t| {
        t.column(integer("id").autoincrement());
        t.column(integer("a").identity_always());
        t.column(integer("b").serial());
        t.column(text("d00").nullable().default(null()));
        t.column(text("d01").nullable().default(true));
        t.column(text("d02").nullable().default(-5));
        t.column(
            text("d03")
                .nullable()
                .default(170141183460469231731687303715884105727),
        );
        t.column(text("d04").nullable().default(1.5));
        t.column(text("d05").nullable().default(number("1.50")));
        t.column(text("d06").nullable().default(number("-1e300")));
        t.column(
            text("d07")
                .nullable()
                .default("it's \"quoted\" \\ and\nbroken"),
        );
        t.column(text("d08").nullable().default(b"\0\x01a\"\\\xFF"));
        t.column(text("d09").nullable().default(b""));
        t.column(text("d10").nullable().default(sql(r#"coalesce("a", 'x')"#)));
        t.column(
            text("g")
                .generated_virtual("a + b")
                .collate("NOCASE")
                .comment("a comment")
                .extra("INVISIBLE"),
        );
        t.primary_key(["id", "a"])
            .name("pk_full")
            .extra("INCLUDE (b)");
        t.unique(None, ["a"]);
        t.unique("uq_full", ["a"])
            .include(["b"])
            .nulls_not_distinct()
            .deferrable()
            .extra("WITH (fillfactor='70')");
        t.foreign_key(None, ["b"], "parent", ["id"]);
        t.foreign_key("fk_full", ["a"], "parent", ["id"])
            .on_delete(Cascade)
            .on_update(SetNull)
            .initially_deferred()
            .not_valid()
            .extra("MATCH FULL");
        t.check(None, "a > 0");
        t.check("ck_full", "b IN (1, 2)").extra("NO INHERIT");
        t.index("ix_full", ["a", "b"]);
        t.index(
            "ix_odd",
            [
                desc("a").collate("NOCASE"),
                asc("b").nulls_first().opclass("text_ops"),
                expr(r#"lower("a")"#).desc().nulls_last().prefix(10),
            ],
        )
        .unique()
        .using("btree")
        .include(["b"])
        .nulls_not_distinct()
        .filter("a IS NOT NULL")
        .extra("TABLESPACE fast");
        t.comment("of everything");
        t.engine("InnoDB");
        t.charset("utf8mb4");
        t.collation("utf8mb4_bin");
        t.extra("PARTITION BY RANGE (a)");
        t.strict();
        t.without_rowid();
    });
    // breaks running code: what still says `old`
    op.rename_table("old", in_schema("audit", "new"));
    op.alter_table("child", |t| {
        t.add_column(uuid("added").nullable());
        // deletes data: every value of `child.c`
        // breaks running code: what still writes `child.c`
        t.alter_column("c")
            .set_type(Type::datetime().precision(6))
            .set_nullable()
            .set_default(sql("CURRENT_TIMESTAMP"))
            .set_generated_stored("a + 1")
            .set_identity(Identity::Serial)
            .set_collation("NOCASE")
            .set_comment("all of it")
            .set_extra("ON UPDATE current_timestamp()");
        t.alter_column("c").set_identity(Identity::Always);
        t.alter_column("c").set_identity(Identity::ByDefault);
        t.alter_column("c").set_identity(Identity::Always);
        // may fail on rows: values of `child.c` that do not fit its new type
        // breaks running code: what still uses `child.c` as what it was before
        t.alter_column("c")
            .set_type(Type::integer())
            .set_not_null()
            .set_default(0)
            .drop_generated()
            .set_autoincrement(false)
            .drop_collation()
            .drop_comment()
            .drop_extra();
        t.alter_column("f").set_autoincrement(true);
        // breaks running code: what inserts into `child` without `f`
        t.alter_column("f").set_autoincrement(false);
        // breaks running code: what still says `child.d`
        t.rename_column("d", "dd");
        // deletes data: every value of `child.e`
        // breaks running code: what still uses `child.e`
        t.drop_column("e");
        t.drop_check_constraint("a > 1");
        t.drop_check_constraint("a > 2");
        t.create_check_constraint("ck_a", "a > 2");
        // may fail on rows: rows of `child` for which `b > 2` is false
        t.drop_constraint("ck_named");
        t.create_check_constraint("ck_named", "b > 2");
        t.rename_constraint("ck_renamed", "ck_c");
        // may fail on rows: rows of `child` for which `f > 1` is false
        t.create_check_constraint("ck_new", "f > 1");
        t.drop_unique_constraint(["a"]);
        t.rename_constraint("uq_b", "uq_bb");
        // may fail on rows: rows of `child` with equal `c`
        t.create_unique_constraint("uq_c", ["c"]);
        t.drop_foreign_key(["a"], "parent");
        t.drop_constraint("fk_b");
        t.create_foreign_key("fk_b", ["b"], "parent", ["id"])
            .on_delete(Cascade);
        t.rename_constraint("fk_b", "fk_bb");
        // may fail on rows: rows of `child` whose `c` is not in `parent`
        t.create_foreign_key("fk_c", ["c"], "parent", ["id"]);
        t.create_foreign_key("fk_later", ["c"], "parent", ["id"])
            .not_valid();
        // may fail on rows: rows of `child` whose `c` is not in `parent`
        t.validate_constraint("fk_later");
        t.create_check_constraint("ck_later", "f > 3")
            .extra("NOT VALID");
        // may fail on rows: rows of `child` for which `f > 3` is false
        t.validate_constraint("ck_later");
        t.drop_index("ix_a");
        t.drop_index("ix_b");
        t.create_index("ix_b", ["b", "c"]);
        t.rename_index("ix_c", "ix_cc");
    });
    op.autocommit(|op| {
        op.alter_table("child", |t| {
            t.create_index("ix_alone", ["c"]).concurrently();
            t.drop_index("ix_alone").concurrently();
            t.create_index("ix_alone", ["b"]).concurrently();
            t.drop_index("ix_alone").concurrently();
        });
    });
    op.alter_table("child", |t| {
        t.drop_primary_key();
        t.create_primary_key("pk", ["a", "b"]);
        t.rename_constraint("pk", "pk_child");
        t.drop_primary_key();
        t.create_index("ix_f", ["f"]);
        // may fail on rows: rows of `child` whose `b` is no whole number
        t.create_primary_key(None, ["b"]);
        // breaks running code: what still says `b` of `child.b`
        // breaks running code: what still says `it's` of `child.b`
        t.rename_value("b", "it's", "b");
        t.rename_value("b", "b", "it's");
        t.set_comment("a child");
        // may fail on rows: rows of `child` whose primary key is NULL
        // may fail on rows: values of `child` that are not of the type of their column
        t.set_options()
            .strict(true)
            .without_rowid(true)
            .engine("InnoDB")
            .extra("ROW_FORMAT=DYNAMIC");
        // may fail on rows: rows of `child` whose `b` is no whole number
        t.set_options()
            .strict(false)
            .without_rowid(false)
            .engine(None)
            .extra(None);
        t.set_comment("the child");
    });
    // breaks running code: what still says `sad` of `mood`
    op.rename_enum_value("mood", "sad", "low");
    // breaks running code: what still says `low` of `mood`
    op.rename_enum_value("mood", "low", "sad");
    op.add_enum_value("mood", "so so").before("happy");
    op.add_enum_value("mood", "mad");
    // may fail on rows: rows that hold `sad` of `mood`
    // may fail on rows: rows that hold `so so` of `mood`
    // may fail on rows: rows that hold `happy` of `mood`
    // may fail on rows: rows that hold `mad` of `mood`
    // breaks running code: what still writes `sad` of `mood`
    // breaks running code: what still writes `so so` of `mood`
    // breaks running code: what still writes `happy` of `mood`
    // breaks running code: what still writes `mad` of `mood`
    op.alter_enum("mood", ["a", "b"]);
    op.rename_enum("mood", "temper");
    op.drop_enum("temper");
    op.create_object(
        view(in_schema("audit", "v")),
        r#"
CREATE VIEW audit.v AS
SELECT id, "A\" AS a
FROM child
"#,
    );
    op.replace_object(
        view(in_schema("audit", "v")),
        r#"CREATE VIEW audit.v AS SELECT 1 AS "b""#,
    );
    op.create_object(
        trigger("tr").on("child"),
        "
CREATE TRIGGER tr AFTER INSERT ON child BEGIN
  SELECT 1;
END
",
    );
    op.drop_object(function("f").arguments("a integer"));
    op.rename_object(trigger("tr").on("child"), "renamed");
    op.create_object(extension("x"), "CREATE EXTENSION x ..");
    op.create_object(sql_type("x"), "CREATE TYPE x ..");
    op.create_object(domain("x"), "CREATE DOMAIN x ..");
    op.create_object(sequence("x"), "CREATE SEQUENCE x ..");
    op.create_object(procedure("x"), "CREATE PROCEDURE x ..");
    op.create_object(aggregate("x"), "CREATE AGGREGATE x ..");
    op.create_object(materialized_view("x"), "CREATE MATERIALIZED VIEW x ..");
    op.create_object(view_index("x"), "CREATE INDEX x ..");
    op.create_object(event("x"), "CREATE EVENT x ..");
    // deletes data: every row of `audit.new`
    // breaks running code: what still uses `audit.new`
    op.drop_table(in_schema("audit", "new"));
}

pub fn downgrade(op: &mut Op) {
    op.create_table(in_schema("audit", "new"), |t| {
        t.column(integer("id"));
    });
    op.drop_object(event("x"));
    op.drop_object(view_index("x"));
    // deletes data: the rows of materialized view `x`, until it is made again
    op.drop_object(materialized_view("x"));
    op.drop_object(aggregate("x"));
    op.drop_object(procedure("x"));
    // deletes data: the number that sequence `x` has reached
    op.drop_object(sequence("x"));
    op.drop_object(domain("x"));
    op.drop_object(sql_type("x"));
    // deletes data: what is kept in types of extension `x`
    op.drop_object(extension("x"));
    op.rename_object(trigger("renamed").on("child"), "tr");
    op.create_object(
        function("f").arguments("a integer"),
        "CREATE FUNCTION f(a integer) ..",
    );
    op.drop_object(trigger("tr").on("child"));
    op.replace_object(
        view(in_schema("audit", "v")),
        r#"
CREATE VIEW audit.v AS
SELECT id, "A\" AS a
FROM child
"#,
    );
    op.drop_object(view(in_schema("audit", "v")));
    op.create_enum("temper", ["a", "b"]);
    op.rename_enum("temper", "mood");
    // may fail on rows: rows that hold `a` of `mood`
    // may fail on rows: rows that hold `b` of `mood`
    // breaks running code: what still writes `a` of `mood`
    // breaks running code: what still writes `b` of `mood`
    op.alter_enum("mood", ["sad", "so so", "happy", "mad"]);
    // may fail on rows: rows that hold `mad` of `mood`
    // breaks running code: what still writes `mad` of `mood`
    op.alter_enum("mood", ["sad", "so so", "happy"]);
    // may fail on rows: rows that hold `so so` of `mood`
    // breaks running code: what still writes `so so` of `mood`
    op.alter_enum("mood", ["sad", "happy"]);
    // breaks running code: what still says `sad` of `mood`
    op.rename_enum_value("mood", "sad", "low");
    // breaks running code: what still says `low` of `mood`
    op.rename_enum_value("mood", "low", "sad");
    op.alter_table("child", |t| {
        t.set_comment("a child");
        // may fail on rows: rows of `child` whose primary key is NULL
        // may fail on rows: values of `child` that are not of the type of their column
        t.set_options()
            .strict(true)
            .without_rowid(true)
            .engine("InnoDB")
            .extra("ROW_FORMAT=DYNAMIC");
        // may fail on rows: rows of `child` whose `b` is no whole number
        t.set_options()
            .strict(false)
            .without_rowid(false)
            .engine(None)
            .extra(None);
        t.drop_comment();
        // breaks running code: what still says `b` of `child.b`
        // breaks running code: what still says `it's` of `child.b`
        t.rename_value("b", "b", "it's");
        t.rename_value("b", "it's", "b");
        t.drop_primary_key();
        t.drop_index("ix_f");
        t.create_primary_key("pk_child", ["a", "b"]);
        t.rename_constraint("pk_child", "pk");
        // may fail on rows: rows of `child` whose `a` is no whole number
        // may fail on rows: rows of `child` with equal or NULL `a`
        t.drop_primary_key();
        t.create_primary_key(None, ["a"]);
    });
    op.autocommit(|op| {
        op.alter_table("child", |t| {
            t.create_index("ix_alone", ["b"]).concurrently();
            t.drop_index("ix_alone").concurrently();
            t.create_index("ix_alone", ["c"]).concurrently();
            t.drop_index("ix_alone").concurrently();
        });
    });
    op.alter_table("child", |t| {
        t.rename_index("ix_cc", "ix_c");
        t.drop_index("ix_b");
        t.create_index("ix_b", ["b"]);
        t.create_index("ix_a", ["a"]);
        t.drop_constraint("ck_later");
        t.create_check_constraint("ck_later", "f > 3")
            .extra("NOT VALID");
        t.drop_constraint("ck_later");
        t.drop_constraint("fk_later");
        t.create_foreign_key("fk_later", ["c"], "parent", ["id"])
            .not_valid();
        t.drop_constraint("fk_later");
        t.drop_constraint("fk_c");
        t.rename_constraint("fk_bb", "fk_b");
        t.drop_constraint("fk_b");
        t.create_foreign_key("fk_b", ["b"], "parent", ["id"]);
        // may fail on rows: rows of `child` whose `a` is not in `parent`
        t.create_foreign_key(None, ["a"], "parent", ["id"]);
        t.drop_constraint("uq_c");
        t.rename_constraint("uq_bb", "uq_b");
        // may fail on rows: rows of `child` with equal `a`
        t.create_unique_constraint(None, ["a"]);
        t.drop_constraint("ck_new");
        t.rename_constraint("ck_c", "ck_renamed");
        // may fail on rows: rows of `child` for which `b > 1` is false
        t.drop_constraint("ck_named");
        t.create_check_constraint("ck_named", "b > 1");
        t.drop_constraint("ck_a");
        t.create_check_constraint(None, "a > 2");
        // may fail on rows: rows of `child` for which `a > 1` is false
        t.create_check_constraint(None, "a > 1");
        // may fail on rows: `child.e` is NOT NULL without a value for rows that exist
        // breaks running code: what inserts into `child` without `e`
        t.add_column(integer("e"));
        // breaks running code: what still says `child.dd`
        t.rename_column("dd", "d");
        t.alter_column("f").set_autoincrement(true);
        // breaks running code: what inserts into `child` without `f`
        t.alter_column("f").set_autoincrement(false);
        // deletes data: every value of `child.c`
        // breaks running code: what still writes `child.c`
        t.alter_column("c")
            .set_type(Type::datetime().precision(6))
            .set_nullable()
            .set_default(sql("CURRENT_TIMESTAMP"))
            .set_generated_stored("a + 1")
            .set_identity(Identity::Always)
            .set_collation("NOCASE")
            .set_comment("all of it")
            .set_extra("ON UPDATE current_timestamp()");
        t.alter_column("c").set_identity(Identity::ByDefault);
        t.alter_column("c").set_identity(Identity::Always);
        t.alter_column("c").set_identity(Identity::Serial);
        // may fail on rows: rows where `child.c` is NULL
        // may fail on rows: values of `child.c` that do not fit its new type
        // breaks running code: what still uses `child.c` as what it was before
        // breaks running code: what still writes NULL into `child.c`, or leaves it out
        t.alter_column("c")
            .set_type(Type::integer())
            .set_not_null()
            .drop_default()
            .drop_generated()
            .set_autoincrement(false)
            .drop_collation()
            .drop_comment()
            .drop_extra();
        // deletes data: every value of `child.added`
        // breaks running code: what still uses `child.added`
        t.drop_column("added");
    });
    op.rename_table(in_schema("audit", "new"), "old");
    // deletes data: every row of `full`
    // breaks running code: what still uses `full`
    op.drop_table("full");
    // deletes data: every row of `types`
    // breaks running code: what still uses `types`
    op.drop_table("types");
    op.drop_enum(in_schema("audit", "level"));
}
