//! The names of scratch databases: what they are, who made them, and when.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What all of them begin with.
pub(super) const PREFIX: &str = "aludel_scratch_";

/// A name: the machine, the process, a number by chance, the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScratchName {
    machine: u32,
    process: u32,
    chance: u32,
    made: u64,
}

impl ScratchName {
    /// A name for a database that this process makes now.
    pub(super) fn new() -> Self {
        Self {
            machine: machine(),
            process: std::process::id(),
            chance: low(RandomState::new().build_hasher().finish()),
            made: now(),
        }
    }

    /// Reads a name; `None` for one that is not of ours.
    pub(super) fn read(name: &str) -> Option<Self> {
        let mut parts = name.strip_prefix(PREFIX)?.split('_');
        let read = Self {
            machine: u32::from_str_radix(parts.next()?, 16).ok()?,
            process: parts.next()?.parse().ok()?,
            chance: u32::from_str_radix(parts.next()?, 16).ok()?,
            made: parts.next()?.parse().ok()?,
        };
        // Nothing but what this very function reads is ever dropped.
        (parts.next().is_none() && read.to_string() == name).then_some(read)
    }

    /// Whether whoever made it cannot be using it any more.
    pub(super) fn is_stale(&self, after: Duration) -> bool {
        let old = now().saturating_sub(self.made) > after.as_secs();
        old || (self.machine == machine() && is_dead(self.process))
    }
}

impl std::fmt::Display for ScratchName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            machine,
            process,
            chance,
            made,
        } = self;
        write!(f, "{PREFIX}{machine:08x}_{process}_{chance:08x}_{made}")
    }
}

/// Whether there is surely no such process on this machine.
fn is_dead(process: u32) -> bool {
    let here = std::path::Path::new("/proc/self");
    here.exists() && !std::path::Path::new(&format!("/proc/{process}")).exists()
}

/// What tells one machine from another, also containers on the same one, in
/// which the same number may be another process.
fn machine() -> u32 {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let space = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let text = format!(
        "{}{}{}",
        read("/proc/sys/kernel/hostname"),
        read("/proc/sys/kernel/random/boot_id"),
        space.display()
    );
    // FNV-1a, the same in every build.
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    low(hash ^ (hash >> 32))
}

fn low(number: u64) -> u32 {
    let [a, b, c, d, ..] = number.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_others_are_left_alone() {
        let name = ScratchName::new();
        let text = name.to_string();
        assert!(text.len() <= 63, "{text}");
        assert_eq!(ScratchName::read(&text).unwrap(), name);
        for other in [
            "aludel_scratch_",
            "aludel_scratch_mine",
            "aludel_scratch_1_2_3_4",
            &format!("{text}_5"),
            &text.to_uppercase(),
            "app",
        ] {
            assert_eq!(ScratchName::read(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_old_or_whose_maker_is_dead_is_stale() {
        let hour = Duration::from_secs(3600);
        let mut name = ScratchName::new();
        assert!(!name.is_stale(hour));
        name.made -= 4000;
        assert!(name.is_stale(hour));
        let mut name = ScratchName::new();
        name.process = u32::MAX - 7;
        assert!(name.is_stale(hour));
        name.machine ^= 1;
        assert!(!name.is_stale(hour));
    }
}
