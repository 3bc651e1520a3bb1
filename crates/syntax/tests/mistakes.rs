//! What is said about each mistake, and where it points.

#![expect(clippy::unwrap_used, reason = "tests")]

use aludel_syntax::scan::{Mistake, SourceFile, scan};

/// Items, the text that is underlined, the message, and the hint.
type Case = (&'static str, &'static str, &'static str, &'static str);

fn mistakes(items: &str) -> Vec<Mistake> {
    let text = format!("use aludel::{{Enum, Model}};\n{items}");
    match scan(vec![SourceFile::new("src/models.rs", text)]) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes,
    }
}

fn check(cases: &[Case]) {
    for (items, underlined, message, hint) in cases {
        let found = mistakes(items);
        let shown: Vec<_> = found
            .iter()
            .map(|m| {
                let hint = m.hint.as_deref().unwrap_or_default();
                (m.file.slice(&m.origin), m.message.as_str(), hint)
            })
            .collect();
        assert_eq!(shown, [(*underlined, *message, *hint)], "{items}");
    }
}

const EXPRESSION: &str = "a generated column takes its value from its expression alone";
const STILL_A_VALUE: &str = "leave `renamed_from` out if both are values; two that change places are \
                             told with `--rename`";
const INTEGER: &str = "give the field an integer type, such as `i64`";

#[test]
fn keys() {
    check(&[
        (
            "#[derive(Model)] struct T { #[column(defualt = 5)] a: i64 }",
            "defualt",
            "unknown key `defualt`",
            "did you mean `default`?",
        ),
        (
            "#[derive(Model)] struct T { #[column(strict)] a: i64 }",
            "strict",
            "unknown key `strict`",
            "`strict` belongs in `#[table(..)]`, not in `#[column(..)]`",
        ),
        (
            "#[derive(Model)] #[table(check(\"a\", zzz = 1))] struct T { a: i64 }",
            "zzz",
            "unknown key `zzz`",
            "the keys of `check(..)` are `name`",
        ),
        (
            "#[derive(Model)] struct T { #[column(name = \"a\", name = \"b\")] a: i64 }",
            "name",
            "`name` is given twice",
            "keep one of them",
        ),
        (
            "#[derive(Model)] struct T { #[column(name = \"a\")] #[column(name = \"b\")] a: i64 }",
            "name",
            "`name` is given twice",
            "keep one of them",
        ),
        (
            "#[derive(Model)] struct T { #[column(name = 5)] a: i64 }",
            "5",
            "`name` takes a text",
            "write `name = \"..\"`",
        ),
        (
            "#[derive(Model)] struct T { #[column(name)] a: i64 }",
            "name",
            "`name` takes a text",
            "write `name = \"..\"`",
        ),
        (
            "#[derive(Model)] struct T { #[column(name = \"\")] a: i64 }",
            "\"\"",
            "`name` is empty",
            "",
        ),
        (
            "#[derive(Model)] struct T { #[column(skip = true)] a: i64, b: i64 }",
            "=",
            "`skip` takes no value",
            "write `skip` alone",
        ),
        (
            "#[derive(Model)] struct T { #[column(default = now())] a: i64 }",
            "now",
            "`default` takes a literal or `sql(\"..\")`",
            "write a literal as in `default = 0`, or `default = sql(\"..\")`",
        ),
        (
            "#[derive(Model)] struct T { #[column(default = -\"a\")] a: i64 }",
            "-",
            "`default` takes a literal or `sql(\"..\")`",
            "write a literal as in `default = 0`, or `default = sql(\"..\")`",
        ),
        (
            "#[derive(Model)] struct T { #[column(references = T::a, on_delete = casade)] a: i64 }",
            "casade",
            "unknown action `casade`",
            "did you mean `cascade`?",
        ),
        (
            "#[derive(Model)] struct T { #[column(type())] a: i64 }",
            "type",
            "`type` says no type",
            "write `type = \"..\"` or `type(postgres = \"..\", sqlite = \"..\")`",
        ),
        (
            "#[derive(Model)] struct T { #[column(type(oracle = \"x\"))] a: i64 }",
            "oracle",
            "unknown key `oracle`",
            "the keys of `type(..)` are `sqlite`, `postgres`, `mysql`",
        ),
        (
            "#[derive(Model)] struct T { #[column(unique index)] a: i64 }",
            "index",
            "expected `,`",
            "",
        ),
        (
            "#[derive(Model)] struct T { #[column(= 5)] a: i64 }",
            "=",
            "expected a key",
            KEYS_OF_A_FIELD,
        ),
        (
            "#[derive(Model)] struct T { #[column] a: i64 }",
            "column",
            "`#[column]` takes keys in parentheses",
            "write `#[column(..)]`",
        ),
        (
            "#[derive(Model)] #[column(name = \"x\")] struct T { a: i64 }",
            "column",
            "`#[column(..)]` does not belong here",
            "write `#[table(..)]`",
        ),
        (
            "#[derive(Model)] struct T { #[table(name = \"x\")] a: i64 }",
            "table",
            "`#[table(..)]` does not belong here",
            "write `#[column(..)]`",
        ),
    ]);
}

const KEYS_OF_A_FIELD: &str = "the keys of `#[column(..)]` are `name`, `type`, `primary_key`, \
    `autoincrement`, `identity`, `identity_always`, `unique`, `index`, `default`, `generated`, `stored`, `virtual`, \
    `references`, `on_delete`, `on_update`, `check`, `collate`, `comment`, `renamed_from`, `fill`, \
    `using`, `using_down`, `allow_lossy`, \
    `skip`";

#[test]
fn lists() {
    check(&[
        (
            "#[derive(Model)] #[table(index())] struct T { a: i64 }",
            "index",
            "`index` lists no field",
            "write `index(a desc, b)`",
        ),
        (
            "#[derive(Model)] #[table(unique)] struct T { a: i64 }",
            "unique",
            "`unique` takes a list in parentheses",
            "write `unique(a, b)`",
        ),
        (
            "#[derive(Model)] #[table(index(last_sen desc))] struct T { last_seen: i64 }",
            "last_sen",
            "no field `last_sen` in `T`",
            "did you mean `last_seen`?",
        ),
        (
            "#[derive(Model)] #[table(index(a, concurently))] struct T { a: i64 }",
            "concurently",
            "no field `concurently` in `T`",
            "did you mean `concurrently`?",
        ),
        (
            "#[derive(Model)] #[table(unique(xyz))] struct T { a: i64, bcd: i64 }",
            "xyz",
            "no field `xyz` in `T`",
            "the fields are `a`, `bcd`",
        ),
        (
            "#[derive(Model)] #[table(unique(b))] struct T { a: i64, #[column(skip)] b: i64 }",
            "b",
            "field `b` is skipped, so it has no column",
            "name a field that is a column",
        ),
        (
            "#[derive(Model)] #[table(unique(a, a))] struct T { a: i64 }",
            "a",
            "field `a` is listed twice",
            "keep one of them",
        ),
        (
            "#[derive(Model)] #[table(index(a dsc))] struct T { a: i64 }",
            "dsc",
            "unknown word `dsc` in a key of an index",
            "did you mean `desc`?",
        ),
        (
            "#[derive(Model)] #[table(index(a nulls firt))] struct T { a: i64 }",
            "nulls",
            "`nulls` takes `first` or `last`",
            "write `nulls first` or `nulls last`",
        ),
        (
            "#[derive(Model)] #[table(index(a, nulls_not_distinct))] struct T { a: i64 }",
            "nulls_not_distinct",
            "`nulls_not_distinct` without `unique`",
            "two NULLs can only be equal where an index is `unique`",
        ),
        (
            "#[derive(Model)] #[table(check())] struct T { a: i64 }",
            "check",
            "`check` has no condition",
            "write `check(\"..\")`",
        ),
        (
            "#[derive(Model)] #[table(check(\" \"))] struct T { a: i64 }",
            "\" \"",
            "`check` is empty",
            "",
        ),
        (
            "#[derive(Model)] #[table(foreign_key(a, b))] struct T { a: i64, b: i64 }",
            "foreign_key",
            "`foreign_key` does not say what it refers to",
            "write `foreign_key(a, b => Other(x, y))`",
        ),
        (
            "#[derive(Model)] #[table(foreign_key(a, b => T(a)))] struct T { a: i64, b: i64 }",
            "T",
            "a foreign key of 2 fields refers to 1 field",
            "list as many on both sides",
        ),
        (
            "#[derive(Model)] #[table(unique(a))] struct T { #[column(unique)] a: i64 }",
            "unique",
            "a unique constraint over the same fields is declared already",
            "remove one of them, or give it a name of its own",
        ),
        (
            "#[derive(Model)] #[table(index(a, name = \"i\"), index(b, name = \"i\"))] \
             struct T { a: i64, b: i64 }",
            "index",
            "the name `i` is given twice",
            "give this index another name",
        ),
        (
            "#[derive(Model)] #[table(primary_key(a prefix 3, b desc))] struct T { a: String, b: i64 }",
            "desc",
            "unknown word `desc` in the primary key",
            "a field is followed by `prefix`",
        ),
    ]);
}

#[test]
fn keys_that_do_not_go_together() {
    check(&[
        (
            "#[derive(Model)] #[table(primary_key(a))] struct T { #[column(primary_key)] a: i64 }",
            "primary_key",
            "two primary-key spellings",
            "keep `primary_key(..)` on the struct, or `primary_key` on its fields",
        ),
        (
            "#[derive(Model)] struct T { #[column(stored)] a: i64 }",
            "stored",
            "`stored` without `generated`",
            "say the expression: `generated = \"..\"`",
        ),
        (
            "#[derive(Model)] struct T { #[column(virtual)] a: i64 }",
            "virtual",
            "`virtual` without `generated`",
            "say the expression: `generated = \"..\"`",
        ),
        (
            "#[derive(Model)] struct T { #[column(generated = \"1\", stored, virtual)] a: i64 }",
            "virtual",
            "`stored` and `virtual` on one field",
            "keep one of them",
        ),
        (
            "#[derive(Model)] struct T { #[column(generated = \"1\", default = 5)] a: i64 }",
            "default",
            "`generated` and `default` on one field",
            EXPRESSION,
        ),
        (
            "#[derive(Model)] struct T { #[column(generated = \"1\", fill = 5)] a: i64 }",
            "fill",
            "`generated` and `fill` on one field",
            EXPRESSION,
        ),
        (
            "#[derive(Model)] struct T { #[column(on_delete = cascade)] a: i64 }",
            "on_delete",
            "`on_delete` without `references`",
            "say what the field refers to: `references = User::id`",
        ),
        (
            "#[derive(Model)] struct T { #[column(references(T::a, on_delete = cascade), \
             on_delete = restrict)] a: i64 }",
            "on_delete",
            "`on_delete` is given twice",
            "keep one of them",
        ),
        (
            "#[derive(Model)] struct T { #[column(primary_key, autoincrement)] a: String }",
            "autoincrement",
            "`autoincrement` on a field that is not an integer",
            INTEGER,
        ),
        (
            "#[derive(Model)] struct T { #[column(primary_key, autoincrement)] a: Id }\n\
             struct Id(String);",
            "autoincrement",
            "`autoincrement` on a field that is not an integer",
            INTEGER,
        ),
        (
            "#[derive(Model)] struct T { #[column(autoincrement)] a: i64, \
             #[column(primary_key)] b: i64 }",
            "autoincrement",
            "`autoincrement` on a field that is in no key",
            "give this field alone `primary_key`",
        ),
        (
            "#[derive(Model)] struct T { #[column(primary_key, autoincrement, identity)] a: i64 }",
            "identity",
            "`autoincrement` and `identity` on one field",
            "keep one of them",
        ),
        (
            "#[derive(Model)] struct T { #[column(skip, unique)] a: i64, b: i64 }",
            "unique",
            "`unique` on a skipped field",
            "remove the key, or `skip`",
        ),
        (
            "#[derive(Model)] struct T { a: i64, #[column(name = \"a\")] b: i64 }",
            "b",
            "column `a` is declared twice, by `a` and by `b`",
            "give one of them another `name`",
        ),
        (
            "#[derive(Model)] struct T { #[column(skip)] a: i64 }",
            "T",
            "`T` has no columns",
            "give it a field that is not skipped",
        ),
        (
            "#[derive(Model)] struct T(i64);",
            "T",
            "`T` has no named fields",
            "a model is a struct whose fields have names",
        ),
        (
            "#[derive(Model)] enum T { A }",
            "T",
            "`T` is not a struct",
            "a model is a struct whose fields have names",
        ),
    ]);
}

#[test]
fn types_and_enums() {
    check(&[
        (
            "#[derive(Model)] struct T { a: Option<GeoPoint> }",
            "Option<GeoPoint>",
            "no column type is known for `GeoPoint`",
            "give one with `#[column(type = \"...\")]`",
        ),
        (
            "#[derive(Model)] struct T { a: (i32, i32) }",
            "(i32, i32)",
            "no column type is known for `(i32,i32)`",
            "give one with `#[column(type = \"...\")]`",
        ),
        (
            "#[derive(Model)] struct T { a: u128 }",
            "u128",
            "no column type is known for `u128`",
            "give one with `#[column(type = \"...\")]`",
        ),
        (
            "#[derive(Model)] struct T { a: Loop } type Loop = Loop;",
            "Loop",
            "no column type is known for `Loop`",
            "give one with `#[column(type = \"...\")]`",
        ),
        (
            "use crate::own::Value; #[derive(Model)] struct T { a: Value }",
            "Value",
            "no column type is known for `Value`",
            "give one with `#[column(type = \"...\")]`",
        ),
        (
            "#[derive(Model)] struct T { a: Mood } enum Mood { Happy }",
            "Mood",
            "enum `Mood` is no column type",
            "derive `sqlx::Type` or `aludel::Enum` for it, or give `#[column(type = \"...\")]`",
        ),
        (
            "#[derive(Model)] struct T { a: Mood } #[derive(Enum)] enum Mood { Happy(i32) }",
            "Happy",
            "variant `Happy` has fields",
            "the values of a database enum are names alone",
        ),
        (
            "#[derive(Model)] struct T { a: Mood } #[derive(Enum)] enum Mood {}",
            "Mood",
            "`Mood` has no values",
            "give it a variant",
        ),
        (
            "#[derive(Model)] struct T { a: Mood } \
             #[derive(Enum)] #[db_enum(rename_all = \"snakecase\")] enum Mood { A }",
            "rename_all",
            "unknown rule `snakecase`",
            "did you mean `snake_case`?",
        ),
        (
            "#[derive(Model)] struct T { a: Mood } \
             #[derive(Enum)] enum Mood { A, #[db_enum(name = \"A\")] B }",
            "B",
            "value `A` is declared twice",
            "give one of them another name",
        ),
        (
            "#[derive(Model)] struct T { a: Mood } \
             #[derive(Enum)] enum Mood { A, #[db_enum(renamed_from = \"B\")] B }",
            "renamed_from",
            "value `B` is renamed from itself",
            "say the name that it had before, or leave `renamed_from` out",
        ),
        (
            "#[derive(Model)] struct T { a: Mood } #[derive(Enum)] enum Mood { \
             #[db_enum(renamed_from = \"x\")] A, #[db_enum(\nrenamed_from = \"x\")] B }",
            "renamed_from",
            "`A` is renamed from `x` already",
            "one value cannot become two: keep one of them",
        ),
        (
            "#[derive(Model)] struct T { a: Mood } \
             #[derive(Enum)] enum Mood { A, #[db_enum(renamed_from = \"A\")] B }",
            "renamed_from",
            "`A` is still a value",
            STILL_A_VALUE,
        ),
        (
            "#[derive(Model)] struct T { a: Mood } \
             #[derive(Enum)] enum Mood { A, #[db_enum(renamed_form = \"x\")] B }",
            "renamed_form",
            "unknown key `renamed_form`",
            "did you mean `renamed_from`?",
        ),
        (
            "#[derive(Model)] struct T { a: Mood } \
             #[derive(sqlx::Type)] enum Mood { #[db_enum(renamed_from = \"x\")] A }",
            "db_enum",
            "`db_enum` belongs to the derive of aludel",
            "derive `aludel::Enum` beside `sqlx::Type`",
        ),
        (
            "#[derive(Model)] struct T { a: i64, #[sqlx(flatten)] b: Missing }",
            "Missing",
            "no struct `Missing` in the scanned files",
            "add the file that declares it to the model paths, or leave the field out with \
             `#[column(skip)]`",
        ),
        (
            "#[derive(Model)] struct T { a: i64, #[sqlx(flatten)] b: U } struct U { a: i64 }",
            "a",
            "column `a` of `T` is declared twice, by `a` and by `a`",
            "give one of them another `name`",
        ),
    ]);
}

#[test]
fn references() {
    let user = "#[derive(Model)] struct User { #[column(primary_key)] id: i64, \
                #[column(skip)] cached: i64 }";
    let cases = [
        (
            "references = Usr::id",
            "Usr",
            "no model `Usr`",
            "did you mean `User`?",
        ),
        (
            "references = Group::id",
            "Group",
            "no model `Group`",
            "add the file that declares it to the model paths, or refer to the table by name: \
             `\"table.column\"`",
        ),
        (
            "references = User::ide",
            "ide",
            "no field `ide` in `User`",
            "did you mean `id`?",
        ),
        (
            "references = User::cached",
            "cached",
            "field `cached` of `User` is skipped, so it has no column",
            "name a field that is a column",
        ),
        (
            "references = \"user.xx\"",
            "\"user.xx\"",
            "no column `xx` in `user`",
            "the columns are `id`",
        ),
        (
            "references = \"user.\"",
            "\"user.\"",
            "`user.` does not name what is referred to",
            "write `\"table.column\"` or `\"schema.table.column\"`",
        ),
        (
            "references = 5",
            "5",
            "expected the struct that is referred to",
            "write `User::id`, or `\"table.column\"` for a table without a model",
        ),
        (
            "references = T",
            "T",
            "`T` has no primary key to refer to",
            "name the field, as in `T::owner`",
        ),
        (
            "references = Plain::id",
            "Plain",
            "`Plain` is not a model",
            "derive `aludel::Model` for it",
        ),
        (
            "references = Pair",
            "Pair",
            "a foreign key of 1 field refers to a primary key of 2 fields",
            "list as many on both sides",
        ),
    ];
    for (key, underlined, message, hint) in cases {
        let items = format!(
            "#[derive(Model)] struct T {{ #[column({key})] owner: i64 }}\n{user}\n\
             struct Plain {{ id: i64 }}\n\
             #[derive(Model)] #[table(primary_key(a, b))] struct Pair {{ a: i64, b: i64 }}"
        );
        let found = mistakes(&items);
        assert_eq!(found.len(), 1, "{key}: {found:?}");
        let mistake = &found[0];
        assert_eq!(mistake.message, message);
        assert_eq!(mistake.hint.as_deref().unwrap_or_default(), hint);
        assert_eq!(mistake.file.slice(&mistake.origin), underlined);
    }
}

#[test]
fn all_mistakes_of_all_files_at_once() {
    let files = vec![
        SourceFile::new(
            "src/a.rs",
            "use aludel::Model;\n#[derive(Model)]\nstruct Node { a: Geo }\n",
        ),
        SourceFile::new("src/b.rs", "struct Broken { id: i64 \n"),
        SourceFile::new(
            "src/c.rs",
            "use aludel::Model;\n#[derive(Model)]\n#[table(name = \"node\")]\nstruct Other {\n    \
             #[column(uniqe)]\n    #[column(references = Broken::id)]\n    a: i64,\n}\n",
        ),
    ];
    let found = scan(files).unwrap_err();
    let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "src/a.rs:3:18: no column type is known for `Geo`",
            "src/b.rs:1:15: this is not valid Rust: cannot parse string into token stream",
            "src/c.rs:4:8: table `node` is declared twice",
            "src/c.rs:5:14: unknown key `uniqe`",
        ]
    );
    let twice = &found[2];
    assert_eq!(
        twice.hint.as_deref(),
        Some("`Node` in src/a.rs:3 declares it too; give one of them another `name`")
    );
    assert_eq!(twice.also[0].file.path, "src/a.rs");
    assert_eq!(twice.also[0].file.slice(&twice.also[0].origin), "Node");
}

#[test]
fn several_mistakes_in_one_attribute() {
    let found = mistakes(
        "#[derive(Model)] #[table(nam = \"x\", index(b, foo = 1, c dsc), strict = 1)] \
         struct T { #[column(skpi)] a: i64 }",
    );
    let messages: Vec<&str> = found.iter().map(|m| m.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "unknown key `nam`",
            "no field `b` in `T`",
            "unknown key `foo`",
            "no field `c` in `T`",
            "unknown word `dsc` in a key of an index",
            "`strict` takes no value",
            "unknown key `skpi`",
        ]
    );
}

#[test]
fn places_count_bytes_of_the_whole_file() {
    let marks = [
        "",
        "\u{feff}",
        "#!/usr/bin/env run-cargo-script\n",
        "\u{feff}#!/bin/x ä\r\n",
    ];
    for mark in marks {
        let text = format!(
            "{mark}// Ärger 🦀\r\n#[derive(aludel::Model)]\r\nstruct T {{ /* ü */ a: Gëo }}\r\n"
        );
        let found = scan(vec![SourceFile::new("t.rs", text)]).unwrap_err();
        assert_eq!(found[0].file.slice(&found[0].origin), "Gëo", "{mark:?}");
    }
    let broken = scan(vec![SourceFile::new("t.rs", "\u{feff}struct T { a i64 }")]).unwrap_err();
    assert_eq!(broken[0].file.slice(&broken[0].origin), "i64");
    assert_eq!(broken[0].message, "this is not valid Rust: expected `:`");
}

#[test]
fn reports_underline_the_source() {
    let found =
        mistakes("#[derive(Model)]\nstruct T {\n    #[column(defualt = 5)]\n    a: i64,\n}\n");
    let report = miette::Report::new(aludel_syntax::report::Report::from(&found[0]));
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none());
    let mut text = String::new();
    handler.render_report(&mut text, report.as_ref()).unwrap();
    for part in [
        "unknown key `defualt`",
        "src/models.rs:4:14",
        "#[column(defualt = 5)]",
        "help: did you mean `default`?",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
}

#[test]
fn a_second_place_is_shown_beside_the_first() {
    let found = mistakes(
        "#[derive(Model)]\n#[table(name = \"t\")]\nstruct A { a: i64 }\n\
         #[derive(Model)]\n#[table(name = \"t\")]\nstruct B { a: i64 }\n",
    );
    let report = miette::Report::new(aludel_syntax::report::Report::from(&found[0]));
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none());
    let mut text = String::new();
    handler.render_report(&mut text, report.as_ref()).unwrap();
    assert!(text.contains("table `t` is declared here first"), "{text}");
    assert!(!text.contains("Error"), "{text}");
}

#[test]
fn generic_types_that_go_in_circles_come_to_an_end() {
    let found = mistakes(
        "type A<T> = A<A<T>>; struct W<T>(T); type B<T> = W<C<T>>; type C<T> = W<B<T>>;\n\
         #[derive(Model)] struct M { a: A<i64>, b: B<i64>, c: W<Unknown> }",
    );
    let messages: Vec<&str> = found.iter().map(|m| m.message.as_str()).collect();
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert_eq!(messages[2], "no column type is known for `W`");
}

#[test]
fn files_that_end_too_early() {
    for (text, underlined) in [
        ("struct T", "T"),
        ("struct T ä", "ä"),
        ("// 🦀\nstruct T { a: i64", "{"),
        ("\u{feff}struct T { a: i64 🦀", "🦀"),
    ] {
        let found = scan(vec![SourceFile::new("t.rs", text)]).unwrap_err();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].file.slice(&found[0].origin), underlined, "{text}");
    }
}

#[test]
fn a_character_more_or_less_never_hides_the_place() {
    let source = "use aludel::Model;\n#[derive(Model)]\n\
        #[table(name = \"ö\", index(a desc nulls last, expr = \"b\"), check(\"x\", name = \"y\"),\n\
        foreign_key(a, b => T(a, b), on_delete = cascade), type = 1)]\n\
        struct T { #[column(default = sql(\"1\"), type(sqlite = \"t\", \"u\"), index(desc))] a: i64,\n\
        #[column(references = T::a, fill = -1.5, unique)] b: Option<String> }\n";
    let mut seen = 0;
    for (at, c) in source.char_indices() {
        let (before, after) = source.split_at(at);
        let without = format!("{before}{}", &after[c.len_utf8()..]);
        for text in [
            without,
            format!("{before},{after}"),
            format!("{before}🦀{after}"),
        ] {
            for mistake in scan(vec![SourceFile::new("t.rs", text)])
                .err()
                .unwrap_or_default()
            {
                let text = &mistake.file.text;
                assert!(
                    text.get(mistake.origin.span.clone()).is_some(),
                    "{mistake}\n{text}"
                );
                assert!(!mistake.origin.span.is_empty(), "{mistake}\n{text}");
                seen += 1;
            }
        }
    }
    assert!(seen > 1000);
}
