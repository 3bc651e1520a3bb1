//! `init`: the files of a new project.

use std::fs;
use std::path::{Path, PathBuf};

use aludel_core::hazard::HazardKind;
use minijinja::context;

use crate::app::Outcome;
use crate::config::{COMMON_VARIABLE as COMMON, FILE_NAME, FileFormat, OWN_AND_COMMON};
use crate::error::{Failure, Result};
use crate::session::Session;
use adopt::Held;
use manifest::Manifest;

mod adopt;
mod manifest;
mod watch;

/// Write what a project needs: aludel.toml, a migrations crate, an xtask.
///
/// Nothing that exists is overwritten; what has to be added by hand is said.
/// With `--file-format sql` there is nothing to compile, and no crate is
/// written. The crates are built for the database of `--database-url`, or the
/// one that `--database` names.
///
/// Where the database holds tables already, `--baseline` (on a terminal: an
/// answer) writes their models, and a first revision that makes all of it; the
/// database is stamped with that. One that Alembic managed keeps the id of its
/// row in `alembic_version`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  aludel init
  aludel init --database postgres
  aludel init --file-format sql --database-url mysql://root@localhost/app
  aludel init --baseline --database-url postgres://localhost/app
  aludel init --pre-commit --github
  aludel init --list-templates")]
pub(crate) struct Args {
    /// The format of the migration files.
    #[arg(long, value_enum, default_value = "rust")]
    file_format: FileFormat,
    /// The kind of database; that of the url else, or SQLite.
    #[arg(long, value_enum)]
    database: Option<Database>,
    /// Also write the template of migration files, to be changed.
    #[arg(long)]
    template: bool,
    /// Write the models of the tables that the database holds, and a baseline: a
    /// revision that makes them, with which the database is stamped.
    #[arg(long)]
    baseline: bool,
    /// The id of the baseline; that of the version row of Alembic, or a fresh one
    /// else.
    #[arg(long, value_name = "ID", requires = "baseline")]
    rev_id: Option<String>,
    /// The file for the models of the baseline; `src/models.rs` else.
    #[arg(long, value_name = "FILE", requires = "baseline")]
    models: Option<PathBuf>,
    /// Also write the hook by which commits and merges are held to the models, for
    /// the tool `pre-commit`; it alone where there is a project already.
    #[arg(long)]
    pre_commit: bool,
    /// Also write the workflow by which GitHub holds pull requests to the models;
    /// it alone where there is a project already.
    #[arg(long)]
    github: bool,
    /// Say what can be written, and write nothing.
    #[arg(long)]
    list_templates: bool,
    /// A checkout of aludel to depend on instead of a released version.
    #[arg(long, hide = true, value_name = "DIR")]
    aludel_path: Option<PathBuf>,
}

/// A kind of database, and the feature that knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
    /// Also MariaDB.
    #[value(alias = "mariadb")]
    Mysql,
}

impl Database {
    /// The kind of a url; `None` where it does not say.
    fn of(url: &str) -> Option<Self> {
        let scheme = url.split([':', '+']).next().unwrap_or_default();
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => Some(Self::Sqlite),
            "postgres" | "postgresql" => Some(Self::Postgres),
            "mysql" | "mariadb" => Some(Self::Mysql),
            _ => None,
        }
    }

    /// The name of the feature.
    fn feature(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }

    /// The features of what connects by a url. Many servers ask for encryption,
    /// and MySQL takes no password without it.
    fn connecting(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &["sqlite"],
            Self::Postgres => &["postgres", "tls-rustls"],
            Self::Mysql => &["mysql", "tls-rustls"],
        }
    }

    /// A url to begin with.
    fn example(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite:app.db",
            Self::Postgres => "postgres://localhost/app",
            Self::Mysql => "mysql://root@localhost/app",
        }
    }
}

impl Args {
    /// The database that the project is for.
    ///
    /// # Errors
    /// A flag that contradicts the url.
    fn database(&self, session: &Session<'_>, root: &Path) -> Result<Database> {
        let read = url_of(session, root).as_deref().and_then(Database::of);
        match (self.database, read) {
            (Some(said), Some(read)) if said != read => Err(Failure::with_hint(
                format!(
                    "`--database {}` and the url of a `{}` database do not go together",
                    said.feature(),
                    read.feature()
                ),
                "leave `--database` out: the url says it",
            )),
            (said, read) => Ok(said.or(read).unwrap_or(Database::Sqlite)),
        }
    }
}

/// What can be written, and the flags for it.
const TEMPLATES: [(&str, &str); 6] = [
    (
        "--file-format rust",
        "aludel.toml, the crate `migrations` and an `xtask`, in a workspace or a package",
    ),
    (
        "--file-format sql",
        "aludel.toml and a folder for `.sql` files, with or without Cargo",
    ),
    (
        "--baseline",
        "one of the two, with the models and a baseline of a database that is there",
    ),
    (
        "--template",
        "one of the two, with the text of migration files as a template to change",
    ),
    (
        "--pre-commit",
        "a hook that checks models and migrations before every commit and merge",
    ),
    (
        "--github",
        "a workflow that checks, lints and comments pull requests",
    ),
];

/// The url that is given where there is no configuration yet.
fn url_of(session: &Session<'_>, root: &Path) -> Option<String> {
    let url = session.global.database_url.clone();
    match url.as_deref().map(|url| url.strip_prefix("env:")) {
        Some(Some(name)) => session.variable(root, name),
        Some(None) => url,
        None => OWN_AND_COMMON
            .iter()
            .filter(|name| **name != COMMON || session.app.database_url_variable)
            .find_map(|name| session.variable(root, name)),
    }
}

/// Runs the command.
pub(crate) async fn run(args: &Args, session: &Session<'_>) -> Result<Outcome> {
    if args.list_templates {
        for (flags, what) in TEMPLATES {
            session.ui.report(format_args!("{flags:<28}{what}"));
        }
        return Ok(Outcome::Done);
    }
    let here = std::env::current_dir()
        .map_err(|e| Failure::because("cannot find the current folder", e))?;
    if watch::is_all(args, &here) {
        return watch::add(args, session, &here);
    }
    let database = args.database(session, &here)?;
    let held = adopt::look(args, session, &here).await?;
    let mut folder = Folder {
        root: here,
        session,
        database,
        held,
        by_hand: Vec::new(),
    };
    match args.file_format {
        FileFormat::Rust => write_rust(args, &mut folder)?,
        FileFormat::Sql => write_sql(args, &mut folder)?,
    }
    let watched = watch::Watched {
        format: args.file_format,
        database,
        dir: Path::new(dir_of(args.file_format)),
        scratch: false,
    };
    watch::write(args, &watched, &mut folder)?;
    folder.tell();
    if args.file_format == FileFormat::Rust {
        let path = args
            .aludel_path
            .as_deref()
            .map(|path| path.join("crates/aludel"));
        let path = path.map_or(String::new(), |path| format!(" --path {}", path.display()));
        let features = match database {
            Database::Sqlite => String::new(),
            other => format!(
                " --no-default-features --features {}",
                other.connecting().join(",")
            ),
        };
        session.ui.note(format_args!(
            "\nYour application needs both: `cargo add aludel{path}{features}` and \
             `cargo add --path migrations`"
        ));
    }
    let invocation = match args.file_format {
        FileFormat::Rust => "cargo xtask",
        FileFormat::Sql => "aludel",
    };
    if let Some(held) = &folder.held {
        return held.adopt(args, &folder, invocation).await;
    }
    session.ui.note(format_args!(
        "\nNext: set the url and the models in {FILE_NAME}, then `{invocation} autogen -m \
         \"initial\"`"
    ));
    Ok(Outcome::Done)
}

/// The folder of the migration files of a new project.
fn dir_of(format: FileFormat) -> &'static str {
    match format {
        FileFormat::Rust => "migrations/versions",
        FileFormat::Sql => "migrations",
    }
}

/// The files of a project whose migrations are compiled.
fn write_rust(args: &Args, folder: &mut Folder<'_, '_>) -> Result<()> {
    let manifest = folder.root.join("Cargo.toml");
    if !manifest.is_file() {
        return Err(Failure::with_hint(
            "there is no `Cargo.toml` here",
            "run `init` in the folder of a cargo workspace or package, or take \
             `--file-format sql`, which compiles nothing",
        ));
    }
    let mut manifest = Manifest::read(&manifest)?;
    refuse_member(&manifest, folder)?;
    let members = manifest.members()?;
    folder.write(
        FILE_NAME,
        &config_text(args, folder, dir_of(FileFormat::Rust), &members)?,
    )?;
    // An application that says nothing has SQLite.
    let own = match folder.database {
        Database::Sqlite => None,
        other => Some(other.feature()),
    };
    let aludel = dependency(args, "aludel", own.as_slice())?;
    let aludel_cli = dependency(args, "cli", folder.database.connecting())?;
    let values = context! { aludel, aludel_cli };
    for (path, template) in [
        (
            "migrations/Cargo.toml",
            include_str!("../templates/migrations-Cargo.toml.j2"),
        ),
        (
            "migrations/build.rs",
            include_str!("../templates/migrations-build.rs.j2"),
        ),
        (
            "migrations/src/lib.rs",
            include_str!("../templates/migrations-lib.rs.j2"),
        ),
        ("migrations/versions/.gitkeep", ""),
    ] {
        folder.write(path, &render(template, &values)?)?;
    }
    let cargo = render(include_str!("../templates/xtask-Cargo.toml.j2"), &values)?;
    if folder.write("xtask/Cargo.toml", &cargo)? {
        let main = render(include_str!("../templates/xtask-main.rs.j2"), &values)?;
        folder.write("xtask/src/main.rs", &main)?;
    } else if !folder.read("xtask/Cargo.toml")?.contains("aludel-cli") {
        folder.by_hand.push(
            "there is an `xtask` already; let it depend on `aludel-cli` and `migrations`, and \
             end its main with `aludel_cli::App::new(&migrations::MIGRATIONS).run()`"
                .into(),
        );
    }
    let alias = render(include_str!("../templates/cargo-config.toml.j2"), &values)?;
    let alias_path = ".cargo/config.toml";
    if !folder.write(alias_path, &alias)? && !folder.read(alias_path)?.contains("xtask") {
        folder
            .by_hand
            .push(format!("add to {alias_path}:\n{alias}"));
    }
    if args.template {
        write_template(FileFormat::Rust, folder)?;
    }
    let changed = manifest.add_members(
        &["migrations", "xtask"],
        folder.database == Database::Sqlite,
    )?;
    folder.changed("Cargo.toml", &changed);
    manifest.save()
}

/// A member of a workspace cannot be the root of another one.
fn refuse_member(manifest: &Manifest, folder: &Folder<'_, '_>) -> Result<()> {
    if manifest.is_workspace()? {
        return Ok(());
    }
    for above in folder.root.ancestors().skip(1) {
        let path = above.join("Cargo.toml");
        if path.is_file() && Manifest::read(&path)?.is_workspace()? {
            return Err(Failure::with_hint(
                format!(
                    "this package is inside the workspace of `{}`",
                    path.display()
                ),
                "run `init` in the folder of the workspace",
            ));
        }
    }
    Ok(())
}

/// The files of a project whose migrations are SQL.
fn write_sql(args: &Args, folder: &mut Folder<'_, '_>) -> Result<()> {
    folder.write(
        FILE_NAME,
        &config_text(args, folder, dir_of(FileFormat::Sql), &[])?,
    )?;
    folder.write("migrations/.gitkeep", "")?;
    if args.template {
        write_template(FileFormat::Sql, folder)?;
    }
    Ok(())
}

/// The template of migration files, to be changed.
fn write_template(format: FileFormat, folder: &mut Folder<'_, '_>) -> Result<()> {
    let path = "migrations/template.j2";
    folder.write(path, crate::file::default_template(format))?;
    folder.by_hand.push(format!(
        "set `[migrations] template = \"{path}\"` in {FILE_NAME}"
    ));
    Ok(())
}

/// The text of `aludel.toml`.
fn config_text(
    args: &Args,
    folder: &Folder<'_, '_>,
    dir: &str,
    members: &[String],
) -> Result<String> {
    let url = given_url(folder);
    let mut paths = if folder.root.join("src").is_dir() || members.is_empty() {
        quoted("src/**/*.rs")
    } else {
        let own = ["migrations", "xtask"];
        let others = members.iter().filter(|m| !own.contains(&m.as_str()));
        let sources = others.map(|m| quoted(&format!("{}/src/**/*.rs", m.trim_end_matches('/'))));
        sources.collect::<Vec<_>>().join(", ")
    };
    if let Some(held) = &folder.held {
        // The statements of views and the like stand beside the models.
        let beside = held.models(args, folder).with_file_name("*.sql");
        paths = format!("{paths}, {}", quoted(&beside.to_string_lossy()));
    }
    let format = match args.file_format {
        FileFormat::Rust => "rust",
        FileFormat::Sql => "sql",
    };
    let url = url.as_deref().unwrap_or(folder.database.example());
    config_of(
        folder.database,
        &context! {
            url => quoted(url),
            alembic => folder.held.as_ref().is_some_and(|held| held.alembic),
            dir => quoted(dir),
            format => quoted(format),
            paths,
        },
    )
}

/// The configuration with those values, every key explained.
fn config_of(database: Database, values: &minijinja::Value) -> Result<String> {
    let server = match database {
        Database::Sqlite => Database::Postgres,
        other => other,
    };
    let hazards: Vec<String> = HazardKind::ALL
        .iter()
        .map(|kind| format!("{} = \"{}\"", kind.as_str(), kind.level().as_str()))
        .collect();
    render(
        include_str!("../templates/aludel.toml.j2"),
        &context! {
            scratch => quoted(&format!("{}_scratch", server.example())),
            hazards,
            ..values.clone()
        },
    )
}

/// The url for the configuration: as it was given, or the name of the variable
/// that would not count beside one that is written there.
fn given_url(folder: &Folder<'_, '_>) -> Option<String> {
    let session = folder.session;
    let common = || {
        let counts = session.app.database_url_variable;
        let set = session.variable(&folder.root, COMMON).filter(|_| counts);
        set.map(|_| format!("env:{COMMON}"))
    };
    session.global.database_url.clone().or_else(common)
}

/// A text as a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// How a crate of the project depends on one of ours: with those features alone,
/// or with the usual ones where none is named.
fn dependency(args: &Args, crate_folder: &str, features: &[&str]) -> Result<String> {
    let place = match &args.aludel_path {
        None if features.is_empty() => return Ok(quoted(env!("CARGO_PKG_VERSION"))),
        None => format!("version = {}", quoted(env!("CARGO_PKG_VERSION"))),
        Some(path) => {
            let path = path
                .join("crates")
                .join(crate_folder)
                .canonicalize()
                .map_err(|e| Failure::because(format!("no aludel at `{}`", path.display()), e))?;
            format!("path = {}", quoted(&path.to_string_lossy()))
        }
    };
    let features = match features {
        [] => String::new(),
        some => {
            let some: Vec<String> = some.iter().map(|name| quoted(name)).collect();
            let some = some.join(", ");
            format!(", default-features = false, features = [{some}]")
        }
    };
    Ok(format!("{{ {place}{features} }}"))
}

/// A template with its values.
fn render(template: &str, values: &minijinja::Value) -> Result<String> {
    crate::file::render(template, values)
        .map_err(|e| Failure::because("a built-in template is wrong", e))
}

/// The folder that files are written into.
struct Folder<'a, 'b> {
    root: PathBuf,
    session: &'a Session<'b>,
    database: Database,
    /// What the database holds and is taken over.
    held: Option<Held>,
    by_hand: Vec<String>,
}

impl Folder<'_, '_> {
    /// The members of the workspace, as its manifest names them.
    fn sources(&self) -> Vec<String> {
        let manifest = Manifest::read(&self.root.join("Cargo.toml"));
        let members = manifest.and_then(|manifest| manifest.members());
        members.unwrap_or_default()
    }

    /// Writes a file unless it is there; tells whether it did.
    fn write(&self, path: &str, text: &str) -> Result<bool> {
        let full = self.root.join(path);
        if full.exists() {
            self.session
                .ui
                .note(format_args!("Kept {path}: it is there already"));
            return Ok(false);
        }
        let failed = |e| Failure::because(format!("cannot write `{path}`"), e);
        if let Some(parent) = full.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        crate::file::write_new(&full, text).map_err(failed)?;
        self.session.ui.note(format_args!("Wrote {path}"));
        Ok(true)
    }

    /// Says what has to be done by hand.
    fn tell(&self) {
        for advice in &self.by_hand {
            self.session
                .ui
                .note(format_args!("\nTo do by hand: {advice}"));
        }
    }

    fn read(&self, path: &str) -> Result<String> {
        let full = self.root.join(path);
        fs::read_to_string(&full).map_err(|e| Failure::because(format!("cannot read `{path}`"), e))
    }

    /// Says what was added to a file.
    fn changed(&self, path: &str, what: &[String]) {
        for what in what {
            self.session.ui.note(format_args!("Added {what} to {path}"));
        }
    }
}

/// Reads a text file.
fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path)
        .map_err(|e| Failure::because(format!("cannot read `{}`", path.display()), e))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// The keys that a section of the configuration knows, as the message about
    /// one that it does not know lists them.
    fn keys(section: &str) -> Vec<String> {
        let text = match section {
            "" => "nonsense = 1".to_owned(),
            section => format!("[{section}]\nnonsense = 1"),
        };
        let error = toml::from_str::<crate::config::ConfigFile>(&text).unwrap_err();
        let known = error.message().split("expected").nth(1).unwrap();
        let names = known.split('`').skip(1).step_by(2);
        names.map(str::to_owned).collect()
    }

    #[test]
    fn every_key_of_the_configuration_is_explained() {
        for database in [Database::Sqlite, Database::Postgres, Database::Mysql] {
            let values = context! {
                url => quoted(database.example()), dir => "\"m\"", format => "\"sql\"",
                paths => "\"src/*.rs\"",
            };
            let text = config_of(database, &values).unwrap();
            let mut all = 0;
            for section in keys("") {
                let (_, part) = text.split_once(&format!("\n[{section}]\n")).unwrap();
                let part = part.split("\n[").next().unwrap();
                for key in keys(&section) {
                    let line = |line: &str| {
                        let line = line.trim_start_matches("# ");
                        line.strip_prefix(&key)
                            .is_some_and(|l| l.starts_with(" = "))
                    };
                    assert!(part.lines().any(line), "`{key}` of [{section}]\n{text}");
                    all += 1;
                }
            }
            assert!(all > 25, "{all} keys");
            // What is written, and what stands there as an example, is read.
            let example = |line: &str| {
                let line = line.strip_prefix("# ").unwrap_or(line);
                let key = line.split(" = ").next().unwrap_or_default();
                let is_key = key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                (line.contains(" = ") && is_key) || line.starts_with('[')
            };
            let lines = text.lines().filter(|line| example(line));
            let plain: Vec<&str> = lines.map(|line| line.trim_start_matches("# ")).collect();
            toml::from_str::<crate::config::ConfigFile>(&plain.join("\n")).unwrap();
        }
    }
}
