//! Commands as they are typed in temporary projects of SQL migrations: what
//! they say, write and end with.

#![expect(clippy::unwrap_used, reason = "tests")]

mod autogen;
mod history;
mod mistakes;
mod odd;
mod project;
mod servers;
mod servers_odd;
mod set_up;
mod sides;

use libtest_mimic::Trial;

use crate::trial;
use aludel_tests::place::On;

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
    let both = [
        ("servers", servers::TESTS),
        ("servers_odd", servers_odd::TESTS),
    ];
    for (group, tests) in both {
        for (name, run) in tests {
            for on in [On::Postgres, On::MySql] {
                let name = format!("cli::{group}::{}::{name}", on.name());
                trials.push(trial(name, move || {
                    run(on);
                    Ok(())
                }));
            }
        }
    }
    trials
}
