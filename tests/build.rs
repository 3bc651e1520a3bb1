//! Compiles the expected Rust migration of every fixture case into the tests:
//! what the writer prints is what rustc takes. The models of every fixture are
//! compiled too, with the derive.

use std::fmt::Write;
use std::path::{Path, PathBuf};
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
    for case in &cases {
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
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("cases.rs"), text)?;
    fs::write(Path::new(&out).join("derived.rs"), derived(&cases)?)?;
    Ok(())
}

/// The models of all fixtures as modules, and what the derive gives for each.
fn derived(cases: &[PathBuf]) -> Result<String, Box<dyn std::error::Error>> {
    let meshview = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../fixtures/meshview");
    let mut files: Vec<_> = ["src/models.rs", "history/first.rs"]
        .map(|name| (format!("meshview/{name}"), meshview.join(name)))
        .into();
    for case in cases {
        let name = case.file_name().unwrap_or_default().to_string_lossy();
        for part in ["before.rs", "after.rs"] {
            files.push((format!("cases/{name}/{part}"), case.join(part)));
        }
    }
    let mut modules = String::new();
    let mut list = String::new();
    for (number, (name, path)) in files.iter().enumerate() {
        println!("cargo::rerun-if-changed={}", path.display());
        if !path.is_file() {
            continue;
        }
        let text = fs::read_to_string(path)?;
        let (text, structs) = prepared(&text);
        let foreign = ["chrono::", "serde_json::", "uuid::"];
        let import = if foreign.iter().any(|name| text.contains(name)) {
            "use super::foreign::*;"
        } else {
            ""
        };
        writeln!(modules, "pub(super) mod m{number} {{\n{import}\n{text}\n}}")?;
        let pairs: String = structs
            .iter()
            .map(|s| {
                let model = format!("<derived::m{number}::{s} as aludel::Model>");
                format!("({model}::TABLE, {model}::COLUMNS), ")
            })
            .collect();
        writeln!(list, "    ({name:?}, &[{pairs}]),")?;
    }
    Ok(format!(
        "#[expect(dead_code, unreachable_pub, reason = \"models that nobody fills\")]\nmod derived {{\n{FOREIGN}\n{modules}}}\n\n\
         type Given = (&'static str, &'static [&'static str]);\n\
         const DERIVED: &[(&str, &[Given])] = &[\n{list}];\n"
    ))
}

/// A file of models as the inside of a module, and the structs in it that are
/// models.
fn prepared(text: &str) -> (String, Vec<String>) {
    let mut structs = Vec::new();
    let mut is_model = false;
    let mut inside = String::new();
    for line in text.lines() {
        // no inner comments inside of a file, and no crates for column types
        let left_out = line.starts_with("//!")
            || line.starts_with("#[derive(sqlx::Type)]")
            || line.starts_with("#[sqlx(");
        if !left_out {
            inside += line;
            inside.push('\n');
        }
        if line.starts_with("#[derive(") {
            is_model = line.contains("Model");
        } else if let Some(rest) = line.strip_prefix("pub struct ")
            && is_model
        {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
            structs.push(rest[..end.unwrap_or(rest.len())].to_owned());
        }
    }
    (inside, structs)
}

/// What the models name of other crates; the derive looks at no type.
const FOREIGN: &str = "
    mod foreign {
        pub(super) mod chrono {
            pub struct NaiveDate;
            pub struct NaiveTime;
            pub struct NaiveDateTime;
            pub struct Utc;
            pub struct DateTime<Zone>(Zone);
        }
        pub(super) mod serde_json {
            pub struct Value;
        }
        pub(super) mod uuid {
            pub struct Uuid;
        }
    }
";
