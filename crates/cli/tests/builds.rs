//! Adding, editing and deleting a migration between two builds is seen by the
//! next build: a project made by `init`, built by a real cargo.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

/// Both tests build crates of the same names in one folder, to which cargo they
/// are the same: one after the other.
static BUILDING: Mutex<()> = Mutex::new(());

/// The root of this repository.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Runs a command that has to end well, and gives its stdout.
fn ok(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// The migrations that the next build of the application holds, and how long
/// their texts are.
fn built(folder: &Path) -> String {
    ok(Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--package", "app"])
        .current_dir(folder)
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("builds"),
        )
        .env("CARGO_PROFILE_DEV_DEBUG", "0"))
}

fn migration(id: &str, parent: &str, body: &str) -> String {
    format!(
        "//! x\n//!\n//! Revision ID: {id}\n//! Revises: {parent}\n//! Create Date: \
         2026-01-01T00:00:00Z\n\nuse aludel::migration::*;\n\npub fn upgrade(_op: &mut Op) \
         {{{body}}}\n\npub fn downgrade(_op: &mut Op) {{}}\n"
    )
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A folder with those files in which `init` was run.
fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(folder.path(), path, text);
    }
    let lock = folder.path().join("Cargo.lock");
    fs::copy(repository().join("Cargo.lock"), lock).unwrap();
    ok(Command::new(env!("CARGO_BIN_EXE_aludel"))
        .args(["init", "--quiet", "--aludel-path"])
        .arg(repository())
        .current_dir(folder.path()));
    folder
}

#[test]
fn the_next_build_sees_every_change_of_the_folder() {
    let _one = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = project(&[
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         migrations = { path = \"migrations\" }\n",
        ),
        (
            "src/main.rs",
            "fn main() {\n    for file in migrations::MIGRATIONS.files() {\n        println!(\"{} {}\", \
         file.name(), file.text().len());\n    }\n}\n",
        ),
    ]);
    let folder = folder.path();

    assert_eq!(built(folder), "");
    let first = migration("aaaa11111111", "", "");
    write(folder, "migrations/versions/a.rs", &first);
    assert_eq!(built(folder), format!("a.rs {}\n", first.len()));
    let edited = migration("aaaa11111111", "", " /* edited */ ");
    write(folder, "migrations/versions/a.rs", &edited);
    let second = migration("bbbb22222222", "aaaa11111111", "");
    write(folder, "migrations/versions/b.rs", &second);
    let both = format!("a.rs {}\nb.rs {}\n", edited.len(), second.len());
    assert_eq!(built(folder), both);
    fs::remove_file(folder.join("migrations/versions/b.rs")).unwrap();
    assert_eq!(built(folder), format!("a.rs {}\n", edited.len()));
}

/// In a workspace the new crates are members beside the old ones, and the
/// application of one builds with them.
#[test]
fn a_workspace_takes_the_crates_in() {
    let _one = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = project(&[
        (
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\n# Mine.\nmembers = [\"app\"]\n",
        ),
        (
            "app/Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         migrations = { path = \"../migrations\" }\n",
        ),
        (
            "app/src/main.rs",
            "fn main() {\n    println!(\"{}\", migrations::MIGRATIONS.files().len());\n}\n",
        ),
    ]);
    let folder = folder.path();
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("# Mine."), "{manifest}");
    write(
        folder,
        "migrations/versions/a.rs",
        &migration("aaaa11111111", "", ""),
    );
    assert_eq!(built(folder), "1\n");
    // All of it is one workspace, in which the commands are to be had.
    let tree = ok(Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--package", "xtask", "--depth", "1"])
        .current_dir(folder));
    assert!(
        tree.contains("aludel-cli") && tree.contains("migrations"),
        "{tree}"
    );
}
