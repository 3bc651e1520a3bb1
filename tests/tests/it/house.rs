//! What must hold of the house itself: layers, words, sizes, nothing forgotten.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aludel_core::hazard::{HazardKind, Level};
use libtest_mimic::Trial;

use crate::{Outcome, trial};
use aludel_tests::place::On;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("house::layers", layers),
        trial(
            "house::core_has_no_hashing_order",
            core_has_no_hashing_order,
        ),
        trial("house::diff_knows_no_dialect", diff_knows_no_dialect),
        trial(
            "house::rebuild_is_a_matter_of_plans",
            rebuild_is_a_matter_of_plans,
        ),
        trial("house::no_leftovers", no_leftovers),
        trial("house::top_level", top_level),
        trial(
            "house::every_command_has_its_file",
            every_command_has_its_file,
        ),
        trial("house::every_case_is_whole", every_case_is_whole),
        trial("house::every_key_has_a_case", every_key_has_a_case),
        trial(
            "house::every_operation_has_a_case",
            every_operation_has_a_case,
        ),
        trial("house::every_hazard_has_a_case", every_hazard_has_a_case),
        trial(
            "house::application_builds_little",
            application_builds_little,
        ),
        trial("house::dependencies_are_allowed", dependencies_are_allowed),
    ]
}

/// All files below a folder with that ending, in order.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The text of a Rust file without its unit tests.
fn product_code(path: &Path) -> Result<String, std::io::Error> {
    let text = fs::read_to_string(path)?;
    Ok(text
        .split("#[cfg(test)]")
        .next()
        .unwrap_or_default()
        .to_owned())
}

fn require(problems: Vec<String>) -> Outcome {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n").into())
    }
}

fn layers() -> Outcome {
    let allowed: [(&str, &[&str]); 5] = [
        ("core", &[]),
        ("syntax", &["aludel-core"]),
        ("derive", &["aludel-core", "aludel-syntax"]),
        ("aludel", &["aludel-core", "aludel-derive"]),
        ("cli", &["aludel", "aludel-core", "aludel-syntax"]),
    ];
    let mut problems = Vec::new();
    for (name, may) in allowed {
        let text = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml"))?;
        let dependencies = text
            .split("[dependencies]")
            .nth(1)
            .and_then(|t| t.split("\n[").next())
            .ok_or("no [dependencies]")?;
        for line in dependencies.lines().filter(|l| l.starts_with("aludel")) {
            let dependency = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if !may.contains(&dependency) {
                problems.push(format!("crates/{name} must not depend on {dependency}"));
            }
        }
    }
    require(problems)
}

fn core_has_no_hashing_order() -> Outcome {
    let mut problems = Vec::new();
    for path in files(&root().join("crates/core/src"), ".rs") {
        let text = product_code(&path)?;
        for word in ["HashMap", "HashSet"] {
            if text.contains(word) {
                problems.push(format!("{}: {word}", path.display()));
            }
        }
    }
    require(problems)
}

fn diff_knows_no_dialect() -> Outcome {
    let mut problems = Vec::new();
    for path in files(&root().join("crates/core/src/diff"), ".rs") {
        for (number, line) in product_code(&path)?.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if code.contains("dialect::") || code.contains("Sqlite") {
                problems.push(format!("{}:{}: {line}", path.display(), number + 1));
            }
        }
    }
    require(problems)
}

fn rebuild_is_a_matter_of_plans() -> Outcome {
    let mut problems = Vec::new();
    let core = root().join("crates/core/src");
    for folder in ["diff", "schema", "operation", "revision"] {
        for path in files(&core.join(folder), ".rs") {
            for (number, line) in product_code(&path)?.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                if code.to_lowercase().contains("rebuild") {
                    problems.push(format!("{}:{}: {line}", path.display(), number + 1));
                }
            }
        }
    }
    require(problems)
}

fn no_leftovers() -> Outcome {
    let mut problems = Vec::new();
    let words = [
        "todo!",
        "unimplemented!",
        "unreachable!",
        "dbg!",
        "#[allow(",
        "FIXME",
        "#[ignore",
    ];
    for path in files(&root().join("crates"), ".rs") {
        let text = product_code(&path)?;
        for line in text.lines() {
            // What a macro writes into a user's crate cannot `expect`.
            let excused = line.contains("#[allow(") && line.contains("reason = ");
            let found = words.iter().find(|word| line.contains(**word));
            problems.extend(
                found
                    .filter(|_| !excused)
                    .map(|w| format!("{}: {w}", path.display())),
            );
        }
    }
    require(problems)
}

fn top_level() -> Outcome {
    let may = [
        "Cargo.toml",
        "Cargo.lock",
        "crates",
        "fixtures",
        "tests",
        "xtask",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "target",
    ];
    let mut problems = Vec::new();
    for entry in fs::read_dir(root())?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && !may.contains(&name.as_str()) {
            problems.push(format!("{name} does not belong at the top level"));
        }
    }
    require(problems)
}

fn every_command_has_its_file() -> Outcome {
    let folder = root().join("crates/cli/src/commands");
    let module = fs::read_to_string(folder.join("mod.rs"))?;
    let mut problems = Vec::new();
    for path in fs::read_dir(&folder)?.flatten().map(|entry| entry.path()) {
        let name = path
            .file_stem()
            .map(|s| s.to_string_lossy().into_owned())
            .unwrap_or_default();
        if path.is_file() && name != "mod" && !module.contains(&format!("mod {name};")) {
            problems.push(format!("{} is in no list", path.display()));
        }
    }
    require(problems)
}

/// The folders of the fixture cases.
pub(crate) fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(root().join("fixtures/cases"))
        .map(|entries| {
            entries
                .flatten()
                .map(|e| e.path())
                .filter(|p| p.is_dir())
                .collect()
        })
        .unwrap_or_default();
    cases.sort();
    cases
}

/// Cases that are not walked on MySQL: what is a schema elsewhere is a database
/// of its own there, which nobody makes for them.
const WITHOUT_MYSQL: [&str; 2] = ["alter_in_another_schema", "another_schema"];

/// Whether a case is walked on a database.
pub(crate) fn is_walked(on: On, case: &Path) -> bool {
    on != On::MySql || !WITHOUT_MYSQL.iter().any(|name| case.ends_with(name))
}

fn every_case_is_whole() -> Outcome {
    let mut problems = Vec::new();
    if cases().len() < 60 {
        problems.push(format!("only {} cases", cases().len()));
    }
    for case in cases() {
        let has = |file: &str| case.join(file).is_file();
        let mut lacks: Vec<&str> = ["before.rs", "after.rs"]
            .into_iter()
            .filter(|file| !has(file))
            .collect();
        if has("expected/sqlite.sql") == has("expected/sqlite.txt") {
            lacks.push("expected/sqlite.sql or expected/sqlite.txt");
        }
        for on in On::ALL {
            let file = |kind: &str| format!("expected/{}.{kind}", on.name());
            if is_walked(on, &case) && !has(&file("sql")) && !has(&file("txt")) {
                lacks.push("what is expected of each database");
            }
        }
        let written = On::ALL
            .iter()
            .any(|on| has(&format!("expected/{}.sql", on.name())));
        if written != has("expected/migration.rs") {
            lacks.push("expected/migration.rs where there is SQL");
        }
        problems.extend(
            lacks
                .iter()
                .map(|file| format!("{}: no {file}", case.display())),
        );
    }
    require(problems)
}

/// The texts of all files of that name in the cases, as one.
fn case_text(name: &str) -> String {
    cases()
        .iter()
        .filter_map(|c| fs::read_to_string(c.join(name)).ok())
        .collect()
}

/// The models of all cases, also those for one database alone.
fn case_models() -> String {
    cases()
        .iter()
        .flat_map(|case| files(case, ".rs"))
        .filter(|path| !path.parent().is_some_and(|p| p.ends_with("expected")))
        .filter_map(|path| fs::read_to_string(path).ok())
        .collect()
}

fn every_key_has_a_case() -> Outcome {
    let text = case_models();
    // Keys that only another database gives a meaning to.
    let elsewhere: BTreeSet<&str> = ["skip", "postgres", "mysql"].into();
    let problems = aludel_syntax::attr::KEYS
        .iter()
        .map(|key| key.name)
        .filter(|key| !elsewhere.contains(key) && !text.contains(key))
        .map(|key| format!("no case uses the key `{key}`"))
        .collect();
    require(problems)
}

fn every_operation_has_a_case() -> Outcome {
    let text = case_text("expected/migration.rs");
    let verbs = [
        "create_table",
        "drop_table",
        "rename_table",
        "add_column",
        "drop_column",
        "alter_column",
        "rename_column",
        "create_index",
        "drop_index",
    ];
    let problems = verbs
        .iter()
        .filter(|verb| !text.contains(*verb))
        .map(|verb| format!("no case writes `{verb}`"))
        .collect();
    require(problems)
}

fn every_hazard_has_a_case() -> Outcome {
    let text = case_text("expected/migration.rs") + &case_text("expected/postgres.sql");
    let linted = |word: &str| {
        let file = root().join(format!("fixtures/lint/{word}.txt"));
        let text = fs::read_to_string(file).unwrap_or_default();
        text.contains(&format!(": {word}\n"))
    };
    // Notes stand in no migration file; what a type loses is not told by the
    // words of a statement.
    let problems = HazardKind::ALL
        .iter()
        .filter(|kind| {
            let written = text.contains(kind.title()) || kind.level() == Level::Note;
            let told = linted(kind.as_str()) || **kind == HazardKind::LosesPrecision;
            !(written && told)
        })
        .map(|kind| format!("no case shows the hazard `{}`", kind.title()))
        .collect();
    require(problems)
}

fn application_builds_little() -> Outcome {
    let output = std::process::Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "-p",
            "aludel",
        ])
        .current_dir(root())
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let tree = String::from_utf8_lossy(&output.stdout);
    let heavy = [
        "clap",
        "similar",
        "prettyplease",
        "minijinja",
        "miette",
        "sea-schema",
        "toml",
    ];
    let problems = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| heavy.contains(name))
        .map(|name| format!("an application that embeds migrations builds {name}"))
        .collect();
    require(problems)
}

/// Every dependency of this build has a licence that `.deny.toml` names, and
/// every one at all comes from where it says.
fn dependencies_are_allowed() -> Outcome {
    let rules: toml::Table = fs::read_to_string(root().join(".deny.toml"))?.parse()?;
    let list = |section: &str, key: &str| -> BTreeSet<String> {
        let list = rules.get(section).and_then(|s| s.get(key)?.as_array());
        let texts = list.into_iter().flatten().filter_map(|v| v.as_str());
        texts.map(str::to_owned).collect()
    };
    let (licenses, registries) = (list("licenses", "allow"), list("sources", "allow-registry"));
    let output = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--workspace", "--prefix", "none"])
        .args(["--format", "{p}|{l}"])
        .current_dir(root())
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let tree = String::from_utf8_lossy(&output.stdout);
    let packages: BTreeSet<&str> = tree.lines().filter(|line| !line.ends_with("(*)")).collect();
    // Those of this repository that nobody else builds have none.
    let ours = |package: &str| package.contains(&format!("({}", root_path()));
    let mut problems = Vec::new();
    for (package, license) in packages.iter().filter_map(|line| line.split_once('|')) {
        let fits = license.split(" AND ").all(|part| {
            let part = part.trim_matches(['(', ')']).replace('/', " OR ");
            part.split(" OR ").any(|one| licenses.contains(one.trim()))
        });
        let unbuilt = license.is_empty() && ours(package);
        if !fits && !unbuilt {
            problems.push(format!("`{package}` has the licence `{license}`"));
        }
    }
    if packages.len() < 50 {
        problems.push(format!("only {} packages", packages.len()));
    }
    let lock: toml::Table = fs::read_to_string(root().join("Cargo.lock"))?.parse()?;
    let locked = lock.get("package").and_then(toml::Value::as_array);
    for package in locked.ok_or("no packages in Cargo.lock")? {
        let text = |key: &str| package.get(key).and_then(toml::Value::as_str);
        let from = text("source").map(|source| source.trim_start_matches("registry+"));
        if let Some(from) = from.filter(|from| !registries.contains(*from)) {
            let name = text("name").unwrap_or_default();
            problems.push(format!("`{name}` comes from {from}"));
        }
    }
    require(problems)
}

/// The path of the repository, as cargo shows it.
fn root_path() -> String {
    let path = root();
    let path = path.canonicalize().unwrap_or(path);
    path.display().to_string()
}
