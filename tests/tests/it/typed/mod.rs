//! Commands as they are typed in temporary projects of SQL migrations: what
//! they say, write and end with.

#![expect(clippy::unwrap_used, reason = "tests")]

mod autogen;
mod history;
mod mistakes;
mod odd;
mod project;
mod set_up;
mod sides;

use libtest_mimic::Trial;

use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    let groups = [
        ("autogen", autogen::TESTS),
        ("history", history::TESTS),
        ("mistakes", mistakes::TESTS),
        ("odd", odd::TESTS),
        ("set_up", set_up::TESTS),
        ("sides", sides::TESTS),
    ];
    let mut trials = Vec::new();
    for (group, tests) in groups {
        for (name, run) in tests {
            trials.push(trial(format!("cli::{group}::{name}"), move || {
                run();
                Ok(())
            }));
        }
    }
    trials
}
