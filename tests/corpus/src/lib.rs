//! Real schemas, held against aludel's promises.
//!
//! A schema file is loaded into a fresh database, reflected into models and a
//! file of SQL, and these compared with it: nothing may differ. Then they have
//! to make the same database from nothing, and to take it down again. Between
//! two versions of one schema the models of one have to take a database of the
//! other there and back.
//!
//! Everything is done with the commands, as a user does it, in a process of
//! their own: this crate owns which commands, and what has to come out.
//!
//! | module | owns |
//! |---|---|
//! | `files` | which files there are, and which are versions of one schema |
//! | `load` | a file put into a fresh database |
//! | `prepare` | what models cannot say and need all the same |
//! | `project` | a throw-away project, and the commands in it |
//! | `report` | the table of what came out |
//! | `words` | that what models cannot say comes back, too (MariaDB and MySQL) |

mod files;
mod load;
mod prepare;
mod project;
mod report;
mod words;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

pub use files::{Kind, SchemaFile, all, steps};
pub use load::drop_originals;
pub use project::ACT_AS_ALUDEL;
pub use report::{Done, run};

use load::Loaded;
use project::Project;

/// What a check says when it fails.
pub type Result<T, E = String> = std::result::Result<T, E>;

/// What was found out about a schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// The models that were reflected.
    pub models: usize,
    /// What models cannot say: how many of a kind.
    pub left: BTreeMap<String, usize>,
    /// What the file itself could not make in an empty database.
    pub not_loaded: Vec<String>,
}

/// Reflects a schema, builds it again from the models, takes it down.
///
/// # Errors
/// What differs, or the command that ended badly with what it printed.
pub fn whole(file: &SchemaFile) -> Result<Findings> {
    let origin = Loaded::new(file)?;
    let project = Project::new(origin.url(), origin.schemas())?;
    let models = reflect(&project)?;
    let found = project.check(origin.url())?;

    let built = origin.empty()?;
    let prepared = prepare::needed(origin.url(), built.url(), origin.schemas())?;
    project.expect(&["autogen", "-m", "all", "--database-url", built.url()], 0)?;
    project.expect(&["upgrade", "head", "--database-url", built.url()], 0)?;
    let made = project.check(built.url())?;
    let serial = project.same(built.url(), origin.url(), &prepared)?;
    project.expect(&["downgrade", "base", "--database-url", built.url()], 0)?;
    project.is_empty(built.url())?;
    if file.kind == Kind::MySql {
        words::come_back(origin.url())?;
    }
    let mut left = missing(&found, &made);
    if serial > 0 {
        left.insert("serial instead of identity".into(), serial);
    }
    Ok(Findings {
        models,
        left,
        not_loaded: origin.failures().to_vec(),
    })
}

/// Takes a database of one version to the models of another, and back. The files
/// are the whole truth, unless something had to be made by hand that they do not
/// say.
///
/// # Errors
/// As [`whole`].
pub fn step(from: &SchemaFile, to: &SchemaFile) -> Result<Findings> {
    let wanted = Loaded::new(to)?;
    let start = Loaded::new(from)?;
    let mut schemas = wanted.schemas().to_vec();
    schemas.extend_from_slice(start.schemas());
    schemas.sort();
    schemas.dedup();
    let project = Project::new(wanted.url(), &schemas)?;
    let models = reflect(&project)?;
    let prepared = prepare::needed(wanted.url(), start.url(), &schemas)?;
    if prepared.is_empty() {
        project.says_all()?;
    }
    let url = start.url();
    let step = [
        "autogen",
        "-m",
        "step",
        "--no-rename",
        "--allow-lossy",
        "--empty",
        "--database-url",
        url,
    ];
    project.expect(&step, 0)?;
    project.expect(&["upgrade", "head", "--database-url", url], 0)?;
    project.check(url)?;
    project.expect(&["downgrade", "base", "--database-url", url], 0)?;
    let again = Loaded::new(from)?;
    if project.same(url, again.url(), &prepared)? > 0 {
        return Err("a serial column came back as an identity".into());
    }
    Ok(Findings {
        models,
        ..Findings::default()
    })
}

/// Writes the models of the project's database; how many there are.
fn reflect(project: &Project) -> Result<usize> {
    project.expect(&["reflect", "--out", "models.rs"], 0)?;
    let models = project.read("models.rs")?;
    match models.matches("#[derive(Model)]").count() {
        0 => Err("the file makes no table".into()),
        count => Ok(count),
    }
}

/// What one database has and no model can say, and the other lacks, by kind.
fn missing(found: &[Value], made: &[Value]) -> BTreeMap<String, usize> {
    let mut left = BTreeMap::new();
    for thing in found.iter().filter(|thing| !made.contains(thing)) {
        let kind = thing["kind"].as_str().unwrap_or("?").to_owned();
        *left.entry(kind).or_default() += 1;
    }
    left
}

/// The folder of a corpus that lies beside a repository, in the nearest folder
/// above that has one.
#[must_use]
pub fn beside(repository: &Path) -> Option<std::path::PathBuf> {
    repository
        .ancestors()
        .map(|above| above.join("shared/data/corpus"))
        .find(|folder| folder.is_dir())
}
