//! The command line as a text: what the guide lists, and what it may name.

use clap::error::ErrorKind;
use clap::{Arg, Command};

use crate::app::App;

/// The heading of the examples below a command's help.
const EXAMPLES: [&str; 2] = ["Examples:\n", "Example:\n"];

impl App {
    /// Every command with its arguments, options and examples, as Markdown.
    pub fn reference(&self) -> String {
        let mut root = self.command();
        root.build();
        let mut text = String::from("## Everywhere\n\n");
        for option in root.get_arguments().filter(|o| o.is_global_set()) {
            text += &item(option);
        }
        let commands = root.get_subcommands().filter(|c| c.get_name() != "help");
        for command in commands {
            text += &section(command);
        }
        text
    }

    /// Whether these words, those behind the name of the program, can be typed.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn understands(&self, words: &[String]) -> Result<(), String> {
        let typed = std::iter::once(&self.invocation).chain(words);
        match self.command().try_get_matches_from(typed) {
            Ok(_) => Ok(()),
            Err(error) => match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(()),
                _ => Err(error.to_string()),
            },
        }
    }
}

/// One command.
fn section(command: &Command) -> String {
    let name = command.get_name();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let about = command.get_long_about().or_else(|| command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    let mut text = format!("\n## {name}\n\n`{usage}`\n\n{}\n\n", ended(&about));
    for arg in command.get_arguments().filter(|arg| is_own(arg)) {
        text += &item(arg);
    }
    if let Some(after) = command.get_after_help() {
        text += &examples(&after.to_string());
    }
    text
}

/// Whether an argument is there for this command and for people to see.
fn is_own(arg: &Arg) -> bool {
    let everywhere = arg.is_global_set() || matches!(arg.get_id().as_str(), "help" | "version");
    !everywhere && !arg.is_hide_set()
}

/// The examples below a command's help, as a terminal shows them.
fn examples(after: &str) -> String {
    let Some(lines) = EXAMPLES.iter().find_map(|head| after.strip_prefix(head)) else {
        return format!("\n{after}\n");
    };
    let typed: String = lines
        .lines()
        .map(|line| format!("$ {}\n", line.trim()))
        .collect();
    format!("\n```console\n{typed}```\n")
}

/// One argument or option, in one line.
fn item(arg: &Arg) -> String {
    let help = arg.get_long_help().or_else(|| arg.get_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    let mut text = format!("- `{}`: {}", spelled(arg), ended(&help.replace('\n', " ")));
    for alias in arg.get_visible_aliases().unwrap_or_default() {
        text += &format!(" Also `--{alias}`.");
    }
    let values = arg.get_possible_values();
    let takes = arg.get_action().takes_values();
    if takes && !values.is_empty() {
        let names: Vec<String> = values
            .iter()
            .map(|v| format!("`{}`", v.get_name()))
            .collect();
        text += &format!(" One of {}.", names.join(", "));
    }
    let defaults = arg.get_default_values();
    if takes && !defaults.is_empty() {
        let named: Vec<String> = defaults
            .iter()
            .map(|v| format!("`{}`", v.to_string_lossy()))
            .collect();
        text += &format!(" If left out: {}.", named.join(", "));
    }
    text + "\n"
}

/// An argument as it is typed.
fn spelled(arg: &Arg) -> String {
    let values = arg.get_value_names().unwrap_or_default();
    let value = values
        .first()
        .map_or_else(|| arg.get_id().to_string(), ToString::to_string);
    if arg.is_positional() {
        return value;
    }
    let mut text = arg
        .get_short()
        .map(|s| format!("-{s}, "))
        .unwrap_or_default();
    text += &format!("--{}", arg.get_long().unwrap_or_default());
    if arg.get_action().takes_values() {
        text += &format!(" {value}");
    }
    text
}

/// A text with a full stop.
fn ended(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with('.') {
        return text.to_owned();
    }
    format!("{text}.")
}
