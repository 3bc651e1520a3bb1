//! Which programs are there: the servers' own, and who may run them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// A kind of server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Product {
    /// PostgreSQL.
    Postgres,
    /// MariaDB or MySQL.
    MySql,
}

impl Product {
    /// The variable that names a server that runs already.
    #[must_use]
    pub fn variable(self) -> &'static str {
        match self {
            Self::Postgres => crate::POSTGRES_URL,
            Self::MySql => crate::MYSQL_URL,
        }
    }

    /// The package that has the server.
    #[must_use]
    pub fn package(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql",
            Self::MySql => "mariadb-server",
        }
    }

    /// The name in front of an address.
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }

    /// Who runs the server where the process is the administrator's.
    fn user(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }
}

/// The programs of one installed server.
#[derive(Clone, Debug)]
pub struct Programs {
    pub(crate) product: Product,
    /// The folder that the programs take for `/`.
    pub(crate) root: PathBuf,
    /// The server, a path below `root`.
    pub(crate) server: PathBuf,
    /// What makes a folder of data; without one the server does it itself.
    pub(crate) init: Option<PathBuf>,
    /// `user:group` in numbers, where the process is the administrator's:
    /// the servers refuse to be run by him.
    pub(crate) owner: Option<String>,
}

impl Programs {
    /// The newest server of that product below a root: `/`, or a folder with
    /// another system.
    ///
    /// # Errors
    /// There is none; the text says what to install.
    pub fn find(product: Product, root: &Path) -> Result<Self, String> {
        Self::all(product, root)?
            .pop()
            .ok_or_else(|| missing(product, root))
    }

    /// All versions of that product's server below a root, the newest last.
    ///
    /// # Errors
    /// There is nobody to run them.
    pub fn all(product: Product, root: &Path) -> Result<Vec<Self>, String> {
        let found = match product {
            Product::Postgres => postgres(root),
            Product::MySql => mysql(root),
        };
        let owner = if is_root()? {
            Some(owner(product, root)?)
        } else {
            None
        };
        Ok(found
            .into_iter()
            .map(|(server, init)| Self {
                product,
                root: root.to_owned(),
                server,
                init,
                owner: owner.clone(),
            })
            .collect())
    }

    /// The server's own program, as seen from outside its root.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        below(&self.root, &self.server)
    }
}

/// Folders of programs that are not in everybody's `PATH`.
const FOLDERS: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/usr/libexec",
    "/opt/homebrew/bin",
];

/// A program of that name in `PATH`, or where programs are.
pub(crate) fn program(name: &str, root: &Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mine = root == Path::new("/");
    std::env::split_paths(&path)
        .filter(|_| mine)
        .chain(FOLDERS.iter().map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|path| below(root, path).is_file())
}

/// A path of another system, seen from this one.
pub(crate) fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// Where each version of PostgreSQL has its programs, the newest last.
fn postgres_folders(root: &Path) -> Vec<PathBuf> {
    let versions = Path::new("/usr/lib/postgresql");
    let mut numbers: Vec<u32> = fs::read_dir(below(root, versions))
        .map(|entries| {
            entries
                .flatten()
                .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
                .collect()
        })
        .unwrap_or_default();
    numbers.sort_unstable();
    numbers
        .into_iter()
        .map(|number| versions.join(number.to_string()).join("bin"))
        .collect()
}

/// PostgreSQL's own client, where there is a folder for each version.
pub(crate) fn newest_psql() -> Option<PathBuf> {
    postgres_folders(Path::new("/"))
        .into_iter()
        .rev()
        .map(|bin| bin.join("psql"))
        .find(|path| path.is_file())
}

/// PostgreSQL's programs, one folder a version.
fn postgres(root: &Path) -> Vec<(PathBuf, Option<PathBuf>)> {
    let mut found: Vec<(PathBuf, Option<PathBuf>)> = postgres_folders(root)
        .into_iter()
        .map(|bin| (bin.join("postgres"), Some(bin.join("initdb"))))
        .collect();
    if found.is_empty()
        && let (Some(server), Some(init)) = (program("postgres", root), program("initdb", root))
    {
        found.push((server, Some(init)));
    }
    let is_there = |path: &Path| below(root, path).is_file();
    found.retain(|(server, init)| is_there(server) && init.as_deref().is_none_or(is_there));
    found
}

/// MariaDB's programs, else MySQL's.
fn mysql(root: &Path) -> Vec<(PathBuf, Option<PathBuf>)> {
    let maria = program("mariadbd", root);
    let init = program("mariadb-install-db", root).or_else(|| program("mysql_install_db", root));
    match (maria, init, program("mysqld", root)) {
        (Some(server), Some(init), _) => vec![(server, Some(init))],
        (None, Some(init), Some(server)) => vec![(server, Some(init))],
        (_, None, Some(server)) => vec![(server, None)],
        _ => Vec::new(),
    }
}

fn missing(product: Product, root: &Path) -> String {
    let (name, places) = match product {
        Product::Postgres => (
            "PostgreSQL",
            "`postgres` and `initdb` in `/usr/lib/postgresql/*/bin` and in PATH",
        ),
        Product::MySql => (
            "MariaDB",
            "`mariadbd` with `mariadb-install-db`, and `mysqld`, in PATH, `/usr/sbin` and `/usr/libexec`",
        ),
    };
    let inside = if root == Path::new("/") {
        String::new()
    } else {
        format!(" below `{}`", root.display())
    };
    format!(
        "no {name} server is installed{inside}: looked for {places}; install it \
         (`apt-get install {}`; `cargo xtask test` does it for you), or let `{}` name one that runs",
        product.package(),
        product.variable()
    )
}

/// Whether the process is the administrator's.
fn is_root() -> Result<bool, String> {
    use std::os::unix::fs::MetadataExt;
    // What a process makes is its own; `/proc` is not on every system.
    if let Ok(own) = fs::metadata("/proc/self") {
        return Ok(own.uid() == 0);
    }
    let output = std::process::Command::new("id")
        .arg("-u")
        .output()
        .map_err(|error| format!("cannot run `id -u`: {error}"))?;
    Ok(output.stdout.trim_ascii() == b"0")
}

/// `user:group` of the one who runs a server.
fn owner(product: Product, root: &Path) -> Result<String, String> {
    let path = root.join("etc/passwd");
    let text = fs::read_to_string(&path)
        .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    [product.user(), "nobody"]
        .iter()
        .find_map(|name| ids(&text, name))
        .ok_or_else(|| {
            format!(
                "`{}` knows neither the user `{}` nor `nobody`, and the server refuses to run as root",
                path.display(),
                product.user()
            )
        })
}

/// The numbers of a user in the text of a `passwd` file.
fn ids(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let found = fields.next() == Some(name);
        let (user, group) = (fields.nth(1)?, fields.next()?);
        found.then(|| format!("{user}:{group}"))
    })
}

/// Whether a program of the MySQL family is MariaDB's.
pub(crate) fn is_mariadb(programs: &Programs) -> bool {
    programs.server.file_name() == Some(OsStr::new("mariadbd")) || programs.init.is_some()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn reads_the_numbers_of_a_user() {
        let text = "root:x:0:0:root:/root:/bin/sh\nmysql:x:102:105::/nonexistent:/bin/false\n";
        assert_eq!(ids(text, "mysql").unwrap(), "102:105");
        assert_eq!(ids(text, "sql"), None);
    }

    #[test]
    fn says_what_to_install() {
        let text = missing(Product::MySql, Path::new("/"));
        assert!(text.contains("apt-get install mariadb-server"), "{text}");
        assert!(text.contains("ALUDEL_TEST_MYSQL_URL"), "{text}");
    }
}
