//! What `aludel.toml` may not say though it reads well.

use super::ConfigFile;
use crate::error::{Failure, Result};

impl ConfigFile {
    /// Stops at values of the right type that mean nothing.
    pub(super) fn refuse_impossible(&self) -> Result<()> {
        if self.database.version_table.trim().is_empty() {
            return Err(Failure::with_hint(
                "`[database] version_table` is empty",
                "leave it out for `aludel_version`",
            ));
        }
        let named = &self.database.schemas;
        if named.iter().any(|schema| schema.trim().is_empty()) {
            return Err(Failure::with_hint(
                "`[database] schemas` has an empty name",
                "name the schemas to look at beside the default one, or leave the key out",
            ));
        }
        for command in &self.migrations.post_write {
            if let Err(wrong) = crate::file::after::words(command) {
                return Err(Failure::with_hint(
                    format!("`{command}` in `[migrations] post_write` {wrong}"),
                    "a command is a program and its words, as in `rustfmt {file}`; no shell reads it",
                ));
            }
        }
        let section = &self.naming;
        for (key, pattern) in [
            ("index", &section.index),
            ("unique", &section.unique),
            ("foreign_key", &section.foreign_key),
            ("check", &section.check),
            ("primary_key", &section.primary_key),
        ] {
            let Some(pattern) = pattern else { continue };
            let mut plain = pattern.clone();
            for known in ["{table}", "{columns}", "{referred_table}"] {
                plain = plain.replace(known, "");
            }
            if plain.contains(['{', '}']) || pattern.trim().is_empty() {
                return Err(Failure::with_hint(
                    format!("`[naming] {key}` is `{pattern}`, which makes no names"),
                    "known in it are `{table}`, `{columns}` and `{referred_table}`",
                ));
            }
        }
        Ok(())
    }
}
