//! `[lint]`: how bad each kind of hazard is in this project.

use aludel_core::hazard::{Hazard, HazardKind, Level};
use serde::Deserialize;

/// `[lint]`: one key a kind of hazard.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LintSection {
    deletes_data: Option<LintLevel>,
    may_fail_on_rows: Option<LintLevel>,
    loses_precision: Option<LintLevel>,
    not_reversible: Option<LintLevel>,
    breaks_running_code: Option<LintLevel>,
    rewrites_table: Option<LintLevel>,
    scans_table: Option<LintLevel>,
    blocks_reads: Option<LintLevel>,
    blocks_writes: Option<LintLevel>,
    invalidates_plans: Option<LintLevel>,
    fires_triggers: Option<LintLevel>,
    not_transactional: Option<LintLevel>,
}

/// How bad a kind of hazard is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LintLevel {
    Error,
    Warning,
    Note,
    Off,
}

impl LintSection {
    fn of(&self, kind: HazardKind) -> Option<LintLevel> {
        match kind {
            HazardKind::DeletesData => self.deletes_data,
            HazardKind::MayFailOnRows => self.may_fail_on_rows,
            HazardKind::LosesPrecision => self.loses_precision,
            HazardKind::NotReversible => self.not_reversible,
            HazardKind::BreaksRunningCode => self.breaks_running_code,
            HazardKind::RewritesTable => self.rewrites_table,
            HazardKind::ScansTable => self.scans_table,
            HazardKind::BlocksReads => self.blocks_reads,
            HazardKind::BlocksWrites => self.blocks_writes,
            HazardKind::InvalidatesPlans => self.invalidates_plans,
            HazardKind::FiresTriggers => self.fires_triggers,
            HazardKind::NotTransactional => self.not_transactional,
        }
    }

    /// How bad a hazard is in this project; `None` where its kind is off.
    pub(crate) fn level(&self, hazard: &Hazard) -> Option<Level> {
        match self.of(hazard.kind) {
            None => Some(hazard.level),
            Some(LintLevel::Error) => Some(Level::Error),
            Some(LintLevel::Warning) => Some(Level::Warning),
            Some(LintLevel::Note) => Some(Level::Note),
            Some(LintLevel::Off) => None,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_key_under_its_word() {
        for kind in HazardKind::ALL {
            let hazard = Hazard::new(kind, "x");
            let level = |said: &str| {
                let text = format!("{} = \"{said}\"", kind.as_str());
                let section: LintSection = toml::from_str(&text).unwrap();
                section.level(&hazard)
            };
            assert_eq!(level("error"), Some(Level::Error));
            assert_eq!(level("note"), Some(Level::Note));
            assert_eq!(level("off"), None);
            assert_eq!(LintSection::default().level(&hazard), Some(kind.level()));
        }
    }
}
