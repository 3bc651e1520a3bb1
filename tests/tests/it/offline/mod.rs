//! What is done without the database: scripts that a plain client runs to the
//! same catalogue and the same version rows as a run, and what is refused.

mod guards;
mod history;
mod scripts;
mod typed;

use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = scripts::trials();
    trials.extend(guards::trials());
    trials.extend(typed::trials());
    trials
}
