//! Which schema files there are.

use std::path::{Path, PathBuf};

/// The database that a schema file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `.sq.sql`
    Sqlite,
    /// `.pg.sql`
    Postgres,
    /// `.my.sql`
    MySql,
}

impl Kind {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Sqlite, ".sq.sql"),
        (Self::Postgres, ".pg.sql"),
        (Self::MySql, ".my.sql"),
    ];

    /// The name of the dialect.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }
}

/// One file that makes a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its name, with the folders above it, without its suffix.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
}

impl SchemaFile {
    /// The system, and which version of it: `meshview_v10.23dad03d2e42`.
    fn version(&self) -> (&str, Option<u32>) {
        let stem_at = self.name.rfind('/').map_or(0, |at| at + 1);
        let stem_end = self.name[stem_at..]
            .find('.')
            .map_or(self.name.len(), |at| stem_at + at);
        let stem = &self.name[..stem_end];
        match stem.rsplit_once("_v") {
            Some((system, number)) if number.parse::<u32>().is_ok() => {
                (system, number.parse().ok())
            }
            _ => (stem, None),
        }
    }
}

/// Every schema file below a folder: by system, version and database.
///
/// # Errors
/// A folder that cannot be read.
pub fn all(folder: &Path) -> Result<Vec<SchemaFile>, String> {
    let mut found = Vec::new();
    walk(folder, folder, &mut found)?;
    found.sort_by(|a, b| {
        let key = |file: &SchemaFile| {
            let (system, version) = file.version();
            (system.to_owned(), file.kind, version, file.name.clone())
        };
        key(a).cmp(&key(b))
    });
    Ok(found)
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<SchemaFile>) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("cannot read `{}`: {e}", folder.display());
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            walk(root, &path, found)?;
            continue;
        }
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
        let kind = Kind::ALL
            .iter()
            .find_map(|(kind, suffix)| Some((*kind, name.strip_suffix(suffix)?.to_owned())));
        if let Some((kind, name)) = kind {
            found.push(SchemaFile { path, name, kind });
        }
    }
    Ok(())
}

/// Pairs of versions of one schema: each with its neighbours, both ways, and
/// the first with the last.
#[must_use]
pub fn steps(files: &[SchemaFile]) -> Vec<(SchemaFile, SchemaFile)> {
    let mut steps = Vec::new();
    let same = |a: &SchemaFile, b: &SchemaFile| {
        let ((a_system, a_version), (b_system, b_version)) = (a.version(), b.version());
        let versions = a_version.is_some() && b_version.is_some();
        versions && a_system == b_system && a.kind == b.kind
    };
    let runs = files.chunk_by(same);
    for run in runs {
        for pair in run.windows(2) {
            if let [earlier, later] = pair {
                steps.push((earlier.clone(), later.clone()));
                steps.push((later.clone(), earlier.clone()));
            }
        }
        if let [first, _, .., last] = run {
            steps.push((first.clone(), last.clone()));
        }
    }
    steps
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers_and_systems_are_kept_apart() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "a_v10.x.sq.sql",
            "a_v2.y.sq.sql",
            "a_v2.y.pg.sql",
            "b.my.sql",
            "c_views.sq.sql",
            "sub/a_v1.sq.sql",
            "notes.sql",
        ] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let files = all(folder.path()).unwrap();
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        let expected = ["a_v2.y", "a_v10.x", "a_v2.y", "b", "c_views", "sub/a_v1"];
        assert_eq!(names, expected);
        let steps: Vec<(String, String)> = steps(&files)
            .into_iter()
            .map(|(from, to)| (from.name, to.name))
            .collect();
        let there = ("a_v2.y".to_owned(), "a_v10.x".to_owned());
        assert_eq!(steps, [there.clone(), (there.1, there.0)]);
    }
}
