//! Compiles the expected Rust migration of every fixture case into the tests:
//! what the writer prints is what rustc takes.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../fixtures/cases");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut cases: Vec<_> = fs::read_dir(&root)?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    cases.sort();
    let mut modules = String::new();
    let mut list = String::new();
    for case in cases {
        let file = case.join("expected/migration.rs");
        println!("cargo::rerun-if-changed={}", file.display());
        let Some(name) = case.file_name().map(|n| n.to_string_lossy().into_owned()) else {
            continue;
        };
        if file.is_file() {
            writeln!(
                modules,
                "#[expect(unreachable_pub, reason = \"as it is written\")]\n#[path = {:?}]\nmod {name};",
                file.canonicalize()?
            )?;
            writeln!(list, "    ({name:?}, {name}::upgrade, {name}::downgrade),")?;
        }
    }
    let text =
        format!("{modules}\npub(crate) const COMPILED: &[(&str, Body, Body)] = &[\n{list}];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("cases.rs"), text)?;
    Ok(())
}
