//! `cargo xtask test --matrix`: the tests once more on servers that the system
//! does not have, from folders with other Debian systems.
//!
//! The folders are made once, below `target/matrix` or the folder that
//! `ALUDEL_MATRIX_DIR` names. It takes root's rights to make one, and to run a
//! server in it.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use aludel_test_servers::{MYSQL_URL, POSTGRES_URL, Product, Programs, Server, version};

use crate::chores::test_command;
use crate::packages;

/// The variable that names the folder of the systems.
const FOLDER: &str = "ALUDEL_MATRIX_DIR";

/// A Debian suite, and the packages of its servers.
const SYSTEMS: [(&str, &[&str]); 2] = [
    ("trixie", &["postgresql-17", "mariadb-server"]),
    ("sid", &["postgresql-18", "mysql-server-core"]),
];

/// Runs the trials on every system; whether all of them have passed.
pub(crate) fn test(words: &[OsString]) -> Result<bool, String> {
    let folder = env::var_os(FOLDER).map_or_else(
        || crate::example::repository().join("target/matrix"),
        PathBuf::from,
    );
    // The servers take it for theirs, whatever the current folder is.
    let folder =
        std::path::absolute(&folder).map_err(|error| format!("`{}`: {error}", folder.display()))?;
    let mut lines = Vec::new();
    let mut all_pass = true;
    for (suite, servers) in SYSTEMS {
        let root = system(&folder, suite, servers)?;
        let postgres = Server::start(&Programs::find(Product::Postgres, &root)?)?;
        let mysql = Server::start(&Programs::find(Product::MySql, &root)?)?;
        let names = format!("{}, {}", version(postgres.url())?, version(mysql.url())?);
        say(&format!("\n== {names} ({suite})"));
        let status = test_command(&["--package", "aludel-tests", "--test", "it"])
            .args(words)
            .env(POSTGRES_URL, postgres.url())
            .env(MYSQL_URL, mysql.url())
            .status()
            .map_err(|error| format!("cannot start cargo: {error}"))?;
        let verdict = if status.success() { "passed" } else { "failed" };
        lines.push(format!("{verdict} on {names}"));
        all_pass &= status.success();
    }
    say(&format!("\n{}", lines.join("\n")));
    Ok(all_pass)
}

/// The folder of a system with those servers, made where it is not.
fn system(folder: &Path, suite: &str, servers: &[&str]) -> Result<PathBuf, String> {
    let root = folder.join(suite);
    if !root.exists() {
        // What is not whole has another name.
        let part = folder.join(format!("{suite}.part"));
        say(&format!(
            "Making `{}`, a Debian system with {} ...",
            root.display(),
            servers.join(" and ")
        ));
        make(&part, suite)?;
        install(&part, servers)?;
        fs::rename(&part, &root).map_err(|error| format!("`{}`: {error}", root.display()))?;
    }
    Ok(root)
}

/// Makes a system with nothing but what every system has.
fn make(root: &Path, suite: &str) -> Result<(), String> {
    if Command::new("debootstrap")
        .arg("--version")
        .output()
        .is_err()
    {
        packages::install(&["debootstrap"])?;
    }
    let failed = |error| format!("`{}`: {error}", root.display());
    if root.exists() {
        fs::remove_dir_all(root).map_err(failed)?;
    }
    fs::create_dir_all(root).map_err(failed)?;
    packages::run(
        Command::new("debootstrap")
            .args(["--variant=minbase", suite])
            .arg(root)
            .arg(mirror()?),
    )
}

/// The mirror of Debian that the system's own packages come from.
fn mirror() -> Result<String, String> {
    let ask = || {
        let output = Command::new("apt-get")
            .args(["indextargets", "--format", "$(ORIGIN) $(SUITE) $(REPO_URI)"])
            .output()
            .map_err(|error| format!("cannot run `apt-get`: {error}"))?;
        Ok::<_, String>(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let of = |text: &str| {
        text.lines()
            .filter_map(|line| line.strip_prefix("Debian "))
            .filter_map(|line| line.split_once(' '))
            .find(|(suite, _)| !suite.contains('-'))
            .map(|(_, mirror)| mirror.to_owned())
    };
    if let Some(found) = of(&ask()?) {
        return Ok(found);
    }
    // Without its lists apt does not know whose they are.
    packages::run(Command::new("apt-get").arg("update"))?;
    of(&ask()?).ok_or_else(|| {
        "`apt-get indextargets` names no mirror of Debian: make the systems by hand with \
         `debootstrap`, and name their folder with `ALUDEL_MATRIX_DIR`"
            .to_owned()
    })
}

/// Installs servers in a system that is not the running one.
fn install(root: &Path, servers: &[&str]) -> Result<(), String> {
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("`{}`: {error}", path.display()))
    };
    // No package starts a server, or makes a folder of data for one.
    write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n")?;
    write(
        "etc/postgresql-common/createcluster.conf",
        "create_main_cluster = false\n",
    )?;
    let policy = root.join("usr/sbin/policy-rc.d");
    packages::run(Command::new("chmod").arg("755").arg(policy))?;
    // What a package does after its files are there may want more of a system
    // than this one has; whether the programs run is seen when they do.
    packages::run(
        Command::new("chroot")
            .arg(root)
            .args(["apt-get", "install", "--yes", "--no-install-recommends"])
            .args(servers)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("LC_ALL", "C"),
    )
    .or_else(|error| {
        for product in [Product::Postgres, Product::MySql] {
            Programs::find(product, root).map_err(|_| error.clone())?;
        }
        Ok(())
    })
}

fn say(line: &str) {
    // Where stderr is gone there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{line}");
}
