//! What a catalogue said, as one text: so that a schema that is gone can be
//! read again.

use aludel_core::dialect::TextRow;

/// The answers of a catalogue, as a text.
pub(super) fn write(answers: &[Vec<TextRow>]) -> String {
    let mut text = format!("{};", answers.len());
    for rows in answers {
        text.push_str(&format!("{};", rows.len()));
        for row in rows {
            text.push_str(&format!("{};", row.len()));
            for value in row {
                match value {
                    None => text.push_str("-;"),
                    Some(value) => text.push_str(&format!("{};{value}", value.len())),
                }
            }
        }
    }
    text
}

/// The answers that [`write`] was given; `None` for another text.
pub(super) fn read(text: &str) -> Option<Vec<Vec<TextRow>>> {
    let mut rest = text;
    let rest = &mut rest;
    let answers = (0..number(rest)?).map(|_| rows(rest)).collect();
    if rest.is_empty() { answers } else { None }
}

fn rows(rest: &mut &str) -> Option<Vec<TextRow>> {
    let count = number(rest)?;
    (0..count)
        .map(|_| {
            let values = number(rest)?;
            (0..values).map(|_| value(rest)).collect()
        })
        .collect()
}

fn value(rest: &mut &str) -> Option<Option<String>> {
    if let Some(after) = rest.strip_prefix("-;") {
        *rest = after;
        return Some(None);
    }
    let length = number(rest)?;
    let (value, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(Some(value.to_owned()))
}

fn number(rest: &mut &str) -> Option<usize> {
    let (number, after) = rest.split_once(';')?;
    *rest = after;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_written_is_read() {
        let some = |text: &str| Some(text.to_owned());
        let answers = vec![
            vec![vec![some("a;-;3"), None, some("")], vec![]],
            vec![],
            vec![vec![some("é\n")]],
        ];
        let text = super::write(&answers);
        assert_eq!(super::read(&text), Some(answers));
        assert_eq!(super::read(&text[..text.len() - 1]), None);
        assert_eq!(super::read(&format!("{text}x")), None);
    }
}
