//! What the tests need of the system's packages, installed where it is not.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use aludel_test_servers::{Product, Programs, named};

/// Installs the servers that are not there. One that the environment names
/// need not be.
pub(crate) fn install_servers() -> Result<(), String> {
    let missing: Vec<&str> = [Product::Postgres, Product::MySql]
        .into_iter()
        .filter(|product| named(*product).is_none())
        .filter(|product| Programs::find(*product, Path::new("/")).is_err())
        .map(Product::package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    install(&missing).map_err(|error| {
        format!("the servers that the tests need are not installed, and cannot be\n{error}")
    })
}

/// Installs packages.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
    let line = packages.join(" ");
    // Where stderr is gone there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "Installing {line} ...");
    let done = apt_get(&["update"]).and_then(|()| {
        let mut words = vec!["install", "--yes"];
        words.extend(packages);
        apt_get(&words)
    });
    done.map_err(|error| {
        format!("{error}: as root, type `apt-get update && apt-get install {line}`")
    })
}

fn apt_get(words: &[&str]) -> Result<(), String> {
    run(Command::new("apt-get")
        .args(words)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Runs a command, and tells what it said only where it fails.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().display().to_string();
    let output = command
        .output()
        .map_err(|error| format!("cannot run `{program}`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    // The last lines say why; before them stand the steps that went well.
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let end = lines[lines.len().saturating_sub(15)..].join("\n");
    Err(format!("{end}\n`{program}` ended with {}", output.status))
}
