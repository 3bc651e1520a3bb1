//! Questions to the person at the terminal.
//!
//! It owns how a question is put and an answer read. What is asked, and what
//! an answer means, comes from elsewhere; so do the input and the output, so
//! that no terminal is needed to try it.

use std::io::{BufRead, IsTerminal, Write};

use crate::error::{Failure, Result};

/// Somebody who can be asked.
pub(crate) struct Asking<'io> {
    input: Box<dyn BufRead + 'io>,
    output: Box<dyn Write + 'io>,
}

/// Whether somebody sits at a terminal who sees questions and can answer.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

impl<'io> Asking<'io> {
    /// Asks on that output, and reads answers from that input.
    pub(crate) fn new(input: impl BufRead + 'io, output: impl Write + 'io) -> Self {
        Self {
            input: Box::new(input),
            output: Box::new(output),
        }
    }

    /// Asks at the terminal: stdout is for what was asked for.
    pub(crate) fn at_terminal() -> Asking<'static> {
        Asking::new(std::io::stdin().lock(), std::io::stderr().lock())
    }

    /// Asks until the answer is accepted. An empty one, or the end of the
    /// input, is none.
    ///
    /// # Errors
    /// A terminal that is gone.
    pub(crate) fn ask<T>(
        &mut self,
        question: &str,
        mut accept: impl FnMut(&str) -> Result<T, String>,
    ) -> Result<Option<T>> {
        loop {
            let Some(answer) = self.line(question)? else {
                return Ok(None);
            };
            match accept(&answer) {
                Ok(answer) => return Ok(Some(answer)),
                Err(reason) => self.say(&format!("  {reason}"))?,
            }
        }
    }

    /// Says something on a line of its own.
    pub(crate) fn say(&mut self, text: &str) -> Result<()> {
        let said = writeln!(self.output, "{text}").and_then(|()| self.output.flush());
        said.map_err(gone)
    }

    /// One answer, without the white space around it.
    fn line(&mut self, question: &str) -> Result<Option<String>> {
        let asked = write!(self.output, "{question} ").and_then(|()| self.output.flush());
        asked.map_err(gone)?;
        let mut answer = String::new();
        self.input.read_line(&mut answer).map_err(gone)?;
        if !answer.ends_with('\n') {
            // The cursor stands behind the question still.
            self.say("")?;
        }
        let answer = answer.trim();
        Ok((!answer.is_empty()).then(|| answer.to_owned()))
    }
}

fn gone(error: std::io::Error) -> Failure {
    Failure::because("nobody can be asked at the terminal", error)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn asked(input: &str) -> (Option<i32>, String) {
        let mut output = Vec::new();
        let mut asking = Asking::new(input.as_bytes(), &mut output);
        let number = |text: &str| text.parse::<i32>().map_err(|_| format!("`{text}` is none"));
        let answer = asking.ask("a number:", number).unwrap();
        drop(asking);
        (answer, String::from_utf8(output).unwrap())
    }

    #[test]
    fn a_question_is_asked_until_it_is_answered() {
        let (answer, said) = asked("x\n 5 \n");
        assert_eq!(answer, Some(5));
        assert_eq!(said, "a number:   `x` is none\na number: ");
    }

    #[test]
    fn no_answer_is_an_answer_too() {
        assert_eq!(asked("\n").0, None);
        assert_eq!(
            asked("x\n"),
            (None, "a number:   `x` is none\na number: \n".to_owned())
        );
        assert_eq!(asked("7"), (Some(7), "a number: \n".to_owned()));
    }
}
