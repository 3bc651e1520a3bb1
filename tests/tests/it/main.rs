//! One test binary: every fixture case, law, command and house rule is a test
//! of its own name.
//!
//! `UPDATE=1` writes the expected files of the fixture cases anew.

mod adopting;
mod anywhere;
mod atomic;
mod called;
mod carried;
mod carried_mysql;
mod casts;
mod chains;
mod checklist;
mod cli;
mod compiled;
mod corpus;
mod crashes;
mod crowds;
mod customising;
mod data_steps;
mod derive;
mod encrypted;
mod epmt;
mod everyday;
mod facts;
mod filled;
mod golden;
mod graph;
mod guide;
mod halfway;
mod halfway_postgres;
mod hostile;
mod house;
mod ibutsu;
mod interrupted;
mod judged;
mod kept;
mod killer;
mod leaning;
mod lint;
mod live;
mod loose;
mod meshview;
mod mistaken;
mod objections;
mod objects;
mod offline;
mod online;
mod outages;
mod outside;
mod project;
mod proof;
mod readme;
mod rebuilds;
mod reviewing;
mod rows;
mod running;
mod scenarios;
mod schemas;
mod seen;
mod servers;
mod settings;
mod small_letters;
mod squash;
mod squirrel;
mod startup;
mod startup_servers;
mod tampering;
mod tenants;
mod tenants_named;
mod traced;
mod transactions;
mod typed;
mod types;
mod values;
mod verify;
mod walked;
mod watching;

use std::io::Write;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

/// What a test gives back.
type Outcome = Result<(), Failed>;

/// A test of that name.
fn trial(name: impl Into<String>, run: impl FnOnce() -> Outcome + Send + 'static) -> Trial {
    Trial::test(name, run)
}

fn main() -> ExitCode {
    if std::env::var_os(lint::ACT_AS_XTASK).is_some() {
        return lint::xtask();
    }
    if std::env::var_os(readme::ACT_AS_EXAMPLE).is_some() {
        return readme::example();
    }
    if let Ok(name) = std::env::var(project::ACT_AS_ALUDEL) {
        killer::arm();
        let app = customising::app(&name);
        return app.unwrap_or_else(|| aludel_cli::App::new("aludel")).run();
    }
    if let Some(path) = std::env::var_os(cli::HOLD_LOCK) {
        return hold_lock(path.as_ref());
    }
    if let Ok(product) = std::env::var(servers::HOLD_SERVER) {
        return servers::hold_server(&product);
    }
    // Whatever the trials leave lying about goes with the process.
    let folder = match aludel_test_servers::Folder::new() {
        Ok(folder) => folder,
        Err(error) => {
            // Where stderr is gone there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            return ExitCode::from(2);
        }
    };
    // It can only be said once, and this is the first time.
    let _ = tempfile::env::override_temp_dir(folder.path());
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    trials.extend(house::trials());
    trials.extend(golden::trials());
    trials.extend(adopting::trials());
    trials.extend(anywhere::trials());
    trials.extend(atomic::trials());
    trials.extend(called::trials());
    trials.extend(carried::trials());
    trials.extend(carried_mysql::trials());
    trials.extend(casts::trials());
    trials.extend(compiled::trials());
    trials.extend(customising::trials());
    trials.extend(data_steps::trials());
    trials.extend(derive::trials());
    trials.extend(epmt::trials());
    trials.extend(ibutsu::trials());
    trials.extend(live::trials());
    trials.extend(loose::trials());
    trials.extend(meshview::trials());
    trials.extend(mistaken::trials());
    trials.extend(cli::trials());
    trials.extend(crashes::trials());
    trials.extend(crowds::trials());
    trials.extend(graph::trials());
    trials.extend(guide::trials());
    trials.extend(tampering::trials());
    trials.extend(tenants::trials());
    trials.extend(tenants_named::trials());
    trials.extend(traced::trials());
    trials.extend(transactions::trials());
    trials.extend(squash::trials());
    trials.extend(squirrel::trials());
    trials.extend(verify::trials());
    trials.extend(watching::trials());
    trials.extend(proof::trials());
    trials.extend(readme::trials());
    trials.extend(rebuilds::trials());
    trials.extend(reviewing::trials());
    trials.extend(running::trials());
    trials.extend(scenarios::trials());
    trials.extend(schemas::trials());
    trials.extend(seen::trials());
    trials.extend(servers::trials());
    trials.extend(halfway::trials());
    trials.extend(interrupted::trials());
    trials.extend(halfway_postgres::trials());
    trials.extend(hostile::trials());
    trials.extend(objections::trials());
    trials.extend(objects::trials());
    trials.extend(offline::trials());
    trials.extend(online::trials());
    trials.extend(outages::trials());
    trials.extend(outside::trials());
    trials.extend(encrypted::trials());
    trials.extend(everyday::trials());
    trials.extend(chains::trials());
    trials.extend(settings::trials());
    trials.extend(small_letters::trials());
    trials.extend(startup::trials());
    trials.extend(startup_servers::trials());
    trials.extend(typed::trials());
    trials.extend(facts::trials());
    trials.extend(filled::trials());
    trials.extend(judged::trials());
    trials.extend(kept::trials());
    trials.extend(leaning::trials());
    trials.extend(lint::trials());
    trials.extend(types::trials());
    trials.extend(values::trials());
    trials.extend(corpus::trials());
    trials.push(checklist::trial_of(&trials));
    let code = libtest_mimic::run(&arguments, trials).exit_code();
    aludel_test_corpus::drop_originals();
    aludel_test_servers::stop_all();
    drop(folder);
    code
}

/// Holds the write lock of a database for a while, for the tests that wait.
fn hold_lock(path: &std::path::Path) -> ExitCode {
    let held = project::block_on(async {
        let mut connection = project::open(path, false).await?;
        sqlx::raw_sql("BEGIN IMMEDIATE")
            .execute(&mut connection)
            .await?;
        std::io::stdout().write_all(b"1")?;
        std::io::stdout().flush()?;
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
        sqlx::raw_sql("ROLLBACK").execute(&mut connection).await?;
        Ok(())
    });
    ExitCode::from(u8::from(held.is_err()))
}
