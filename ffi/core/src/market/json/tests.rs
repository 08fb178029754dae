//! What is JSON and what is not.
use super::*;

fn whole(text: &str) -> Result<(), Wrong> {
    let mut cursor = Cursor::new(text.as_bytes(), 0);
    cursor.skip_value()?;
    cursor.end()
}

#[test]
fn what_is_json_is_passed_over_and_what_is_not_is_refused() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    for text in [
        "{}",
        "[]",
        " [ 1 , -0.5e+3 , \"a\\u00e9\\n\" , true,false , null,{\"a\":[],\"b\":{}} ] ",
        "0",
        "-0",
        "\"\u{e9}\"",
        &nested(64),
    ] {
        assert_eq!(whole(text), Ok(()), "{text}");
    }
    for text in [
        "",
        "{",
        "[1,]",
        "{\"a\":}",
        "{\"a\"}",
        "{a:1}",
        "[1 2]",
        "01",
        "1.",
        ".5",
        "1e",
        "+1",
        "tru",
        "\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\t\"",
        "nul",
        "[}",
        "{]",
        "1 1",
        "\u{0}",
        "- 1",
        &nested(66),
    ] {
        let error = whole(text).expect_err(text);
        assert_eq!(error.fault, JSON, "{text}");
    }
    let mut cursor = Cursor::new(b"\"\xff\"", 0);
    assert_eq!(cursor.skip_value(), Err(wrong(JSON, 1)));
}

#[test]
fn an_integer_is_digits_alone_and_at_most_what_a_float_holds() {
    let integer = |text: &str| Cursor::new(text.as_bytes(), 0).integer();
    assert_eq!(integer("0"), Ok(0));
    assert_eq!(integer(" 9007199254740991,"), Ok(MOST as u64));
    assert_eq!(integer("9007199254740992"), Err(wrong(RANGE, 0)));
    assert_eq!(integer(&"9".repeat(40)), Err(wrong(RANGE, 0)));
    for text in [
        "-1",
        "1.0",
        "1e3",
        "\"1\"",
        "null",
        "[]",
        &("1".repeat(30) + ".5"),
    ] {
        let fault = integer(text).unwrap_err().fault;
        assert!(fault == SHAPE || fault == RANGE, "{text}");
    }
    for text in ["", "01", "x", "1.", &("1".repeat(30) + "e")] {
        assert_eq!(integer(text).unwrap_err().fault, JSON, "{text}");
    }
}

#[test]
fn a_string_is_compared_without_its_escapes() {
    let mut cursor = Cursor::new(br#""b\u0074c\/\n""#, 0);
    let text = cursor.string().unwrap();
    assert_eq!(text.plain(&mut [0; 64]), b"btc/\n");
    assert_eq!(text.unescaped(), Err(wrong(SHAPE, 1)));
    let long = format!("\"\\n{}\"", "x".repeat(80));
    let text = Cursor::new(long.as_bytes(), 0).string().unwrap();
    assert_eq!(text.plain(&mut [0; 64]), b"");
}
