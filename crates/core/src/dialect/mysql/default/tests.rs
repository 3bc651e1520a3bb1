//! What MariaDB 10.11 was seen to report for these defaults.

use super::super::types::read;
use super::*;

fn canonical(text: &str, ty: &str) -> Option<DefaultValue> {
    let value = DefaultValue::Expression(text.into());
    canonical_default(value, &read(ty))
}

#[test]
fn a_default_takes_the_form_of_its_column() {
    let t = |s: &str| Literal::Text(s.to_owned());
    let n = |s: &str| Literal::Number(s.to_owned());
    for (said, reported, ty, expected) in [
        ("5", "5", "int", Literal::Integer(5)),
        (
            "'7'",
            "00007",
            "int(5) unsigned zerofill",
            Literal::Integer(7),
        ),
        ("true", "1", "tinyint(1)", Literal::Boolean(true)),
        ("0x10", "16", "int", Literal::Integer(16)),
        ("-5", "-5", "int", Literal::Integer(-5)),
        // MySQL 9.
        ("(-7)", "-(7)", "int", Literal::Integer(-7)),
        ("0", "0.00", "decimal(10,2)", n("0.00")),
        ("1.5", "1.50", "decimal(10,2) unsigned", n("1.50")),
        ("'-1.239'", "-1.24", "decimal(5,2)", n("-1.24")),
        ("9.999", "10.00", "decimal(5,2)", n("10.00")),
        ("-0.001", "0.00", "decimal(5,2)", n("0.00")),
        ("1.50", "1.5", "float", n("1.5")),
        (
            "1e10",
            "10000000000",
            "double",
            Literal::Integer(10_000_000_000),
        ),
        ("1e-10", "0.0000000001", "double", n("0.0000000001")),
        ("b'101'", "b'101'", "bit(3)", Literal::Integer(5)),
        ("1", "b'1'", "bit", Literal::Integer(1)),
        (
            r"'it''s a\\b'",
            r"'it''s a\\b'",
            "varchar(20)",
            t("it's a\\b"),
        ),
        ("5", "'5'", "varchar(20)", t("5")),
        ("''", "''", "text", t("")),
        (
            "'a'",
            r"'a\0\0'",
            "binary(3)",
            Literal::Bytes(b"a\0\0".to_vec()),
        ),
        ("'x,y'", "'x,y'", "set('x','y')", t("x,y")),
        ("'2000-1-1'", "'2000-01-01'", "date", t("2000-01-01")),
        ("'10:00'", "'10:00:00.000'", "time(3)", t("10:00:00.000")),
        (
            "'2000-01-01'",
            "'2000-01-01 00:00:00.000'",
            "datetime(3)",
            t("2000-01-01 00:00:00.000"),
        ),
        ("2001", "2001", "year(4)", Literal::Integer(2001)),
    ] {
        let expected = Some(DefaultValue::Literal(expected));
        assert_eq!(canonical(said, ty), expected, "{said} {ty}");
        assert_eq!(canonical(reported, ty), expected, "{reported} {ty}");
        let again = expected
            .clone()
            .and_then(|v| canonical_default(v, &read(ty)));
        assert_eq!(again, expected, "{said} {ty}");
    }
}

#[test]
fn the_present_has_one_name() {
    for (said, ty, expected) in [
        ("CURRENT_TIMESTAMP", "datetime", "CURRENT_TIMESTAMP"),
        ("now()", "timestamp", "CURRENT_TIMESTAMP"),
        ("current_timestamp()", "datetime(6)", "CURRENT_TIMESTAMP(6)"),
        ("(now(3))", "datetime(3)", "CURRENT_TIMESTAMP(3)"),
        ("localtime", "datetime(3)", "CURRENT_TIMESTAMP(3)"),
        ("current_date", "date", "curdate()"),
        ("CURRENT_TIMESTAMP", "varchar(30)", "CURRENT_TIMESTAMP"),
        (
            "(current_timestamp() + interval 1 day)",
            "datetime",
            "current_timestamp() + interval 1 day",
        ),
        ("uuid()", "uuid", "uuid()"),
    ] {
        let expected = Some(DefaultValue::Expression(expected.into()));
        assert_eq!(canonical(said, ty), expected, "{said} {ty}");
        let again = expected
            .clone()
            .and_then(|v| canonical_default(v, &read(ty)));
        assert_eq!(again, expected, "{said} {ty}");
    }
    assert_eq!(canonical("null", "int"), None);
    let text = Some(DefaultValue::Literal(Literal::Text("now()".into())));
    assert_eq!(canonical("'now()'", "varchar(9)"), text);
}

#[test]
fn what_is_no_constant_stays_an_expression() {
    for text in ["1 + 2", "concat('a','b')", "`a`", "x'zz", "- 'a'", "- null"] {
        assert_eq!(literal(text), None, "{text}");
    }
}
