//! What happens to a migration file once it is written: the commands of
//! `[migrations] post_write`, and whoever wants to know.
//!
//! It owns how such a command is read and run. It must not know what is in the
//! file.

use std::path::Path;
use std::process::{Command, Stdio};

use aludel_core::revision::Header;

use crate::config::Config;
use crate::error::{Failure, Result};
use crate::hooks::Written;
use crate::session::Session;

/// What stands for the file in a command.
const FILE: &str = "{file}";

/// Runs the commands, one after the other until one fails, and tells the hooks.
///
/// # Errors
/// A command that cannot be run or that fails; the file stays.
pub(crate) fn written(
    session: &Session<'_>,
    config: &Config,
    path: &Path,
    header: &Header,
) -> Result<()> {
    let mut commands = config.file.migrations.post_write.iter();
    let done = commands.try_for_each(|command| run(command, path, config));
    for told in &session.app.hooks.on_written {
        told(&Written {
            path,
            revision: &header.id,
            message: &header.message,
        });
    }
    done
}

/// The words of a command: white space parts them, quotes keep them together.
/// No shell reads it: every other sign stands for itself.
///
/// # Errors
/// What cannot be a command.
pub(crate) fn words(command: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for sign in command.chars() {
        match (sign, quote) {
            (_, Some(open)) if sign == open => quote = None,
            (_, None) if sign == '"' || sign == '\'' => {
                quote = Some(sign);
                word.get_or_insert_default();
            }
            (_, None) if sign.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    match (quote, words.first()) {
        (Some(_), _) => Err("has a quote without an end"),
        (None, None) => Err("is empty"),
        (None, Some(_)) => Ok(words),
    }
}

fn run(command: &str, path: &Path, config: &Config) -> Result<()> {
    let shown = config.shown(path);
    let failed = |how: String| {
        Failure::with_hint(
            format!("`{shown}` was written, and then `{command}` {how}"),
            "the file stays as it is; `[migrations] post_write` names the command",
        )
    };
    let words = words(command).map_err(|wrong| failed(wrong.to_owned()))?;
    let file = path.to_string_lossy();
    let mut words = words.iter().map(|word| word.replace(FILE, &file));
    let program = words.next().unwrap_or_default();
    // What it prints is not what was asked for.
    let ran = Command::new(program)
        .args(words)
        .current_dir(&config.root)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(format!("cannot be run: {error}")))?;
    if ran.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ran.stderr);
    let said = match said.trim() {
        "" => String::new(),
        said => format!("\n{said}"),
    };
    Err(failed(match ran.status.code() {
        Some(code) => format!("ended with {code}{said}"),
        None => format!("was killed{said}"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_words_and_no_shell() {
        let read = |command: &str| words(command).map(|words| words.join("|"));
        assert_eq!(read("rustfmt  {file}"), Ok("rustfmt|{file}".to_owned()));
        assert_eq!(read("a 'b c' \"d 'e\" ''"), Ok("a|b c|d 'e|".to_owned()));
        assert_eq!(read("a x\"y z\"w"), Ok("a|xy zw".to_owned()));
        assert_eq!(read("a $HOME; b"), Ok("a|$HOME;|b".to_owned()));
        assert_eq!(read("a 'b"), Err("has a quote without an end"));
        assert_eq!(read("  "), Err("is empty"));
    }
}
