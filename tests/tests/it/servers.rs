//! The test servers themselves: they answer, and they leave nothing behind,
//! however the process ends that has started them.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use aludel_test_servers::{Fresh, Product, Programs, Server};
use libtest_mimic::Trial;

use crate::{Outcome, trial};

/// The variable under which this test binary starts servers of its own and
/// waits to be killed: `postgres` or `mysql`.
pub(crate) const HOLD_SERVER: &str = "ALUDEL_TEST_HOLD_SERVER";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial(
            "servers::postgres::answers",
            || answers(&Fresh::postgres()?),
        ),
        trial("servers::mysql::answers", || answers(&Fresh::mysql()?)),
        trial("servers::mysql::is_utf8", || {
            let fresh = Fresh::mysql()?;
            expect(
                &fresh.query("SELECT @@character_set_database")?,
                "utf8mb4\n",
            )
        }),
    ];
    for (name, product) in [("postgres", Product::Postgres), ("mysql", Product::MySql)] {
        trials.extend([
            trial(
                format!("servers::{name}::ends_when_it_is_dropped"),
                move || ends_when_it_is_dropped(product),
            ),
            trial(
                format!("servers::{name}::ends_when_its_process_is_killed"),
                move || ends_when_its_process_is_killed(name),
            ),
            trial(
                format!("servers::{name}::ends_when_its_process_is_killed_early"),
                move || ends_when_its_process_is_killed_early(name),
            ),
            trial(
                format!("servers::{name}::says_what_is_missing"),
                move || says_what_is_missing(product),
            ),
        ]);
    }
    trials
}

/// What the child of the trials does: a server, its folder on stdout, and
/// nothing more until it is killed.
pub(crate) fn hold_server(product: &str) -> ExitCode {
    let product = match product {
        "postgres" => Product::Postgres,
        _ => Product::MySql,
    };
    let held = Programs::find(product, Path::new("/"))
        .and_then(|programs| Server::start(&programs))
        .and_then(|server| {
            writeln!(std::io::stdout(), "{}", server.url()).map_err(|e| e.to_string())?;
            std::thread::sleep(Duration::from_secs(600));
            Ok(())
        });
    match held {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The trial sees that no address came.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn expect(found: &str, expected: &str) -> Outcome {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{found:?}, not {expected:?}").into())
    }
}

/// Two databases of one server know nothing of each other, and one that is
/// dropped is gone.
fn answers(fresh: &Fresh) -> Outcome {
    fresh.query("CREATE TABLE t (a INT, b VARCHAR(9)); INSERT INTO t VALUES (1, 'é'), (2, '')")?;
    expect(
        &fresh.query("SELECT a, b FROM t ORDER BY a")?,
        "1\té\n2\t\n",
    )?;
    let other = if fresh.url().starts_with("postgres") {
        Fresh::postgres()?
    } else {
        Fresh::mysql()?
    };
    if other.query("SELECT a FROM t").is_ok() {
        return Err("a fresh database has the table of another one".into());
    }
    let url = other.url().to_owned();
    aludel_test_servers::query(&url, "SELECT 1")?;
    drop(other);
    match aludel_test_servers::query(&url, "SELECT 1") {
        Err(_) => Ok(()),
        Ok(_) => Err("a dropped database is still there".into()),
    }
}

fn ends_when_it_is_dropped(product: Product) -> Outcome {
    let server = Server::start(&Programs::find(product, Path::new("/"))?)?;
    let (url, folder) = (server.url().to_owned(), server.folder().to_owned());
    let fresh = Fresh::on(&url)?;
    fresh.query("SELECT 1")?;
    drop(server);
    drop(fresh);
    if folder.exists() {
        return Err(format!("`{}` is still there", folder.display()).into());
    }
    match processes(&folder)? {
        found if found.is_empty() => Ok(()),
        found => Err(format!("still running: {found:?}").into()),
    }
}

fn ends_when_its_process_is_killed(product: &str) -> Outcome {
    let place = tempfile::tempdir_in("/tmp")?;
    open_to_all(place.path())?;
    let mut child = Held(holder(product, place.path())?);
    let stdout = child.0.stdout.take().ok_or("no stdout")?;
    let mut url = String::new();
    BufReader::new(stdout).read_line(&mut url)?;
    if url.is_empty() {
        let mut said = String::new();
        if let Some(mut stderr) = child.0.stderr.take() {
            stderr.read_to_string(&mut said)?;
        }
        return Err(format!("no server was started: {said}").into());
    }
    aludel_test_servers::query(url.trim_end(), "SELECT 1")?;
    if processes(place.path())?.is_empty() {
        return Err("the server's process is not found, so its end would not be seen".into());
    }
    // SIGKILL: nothing of the child's own can run.
    child.0.kill()?;
    child.0.wait()?;
    nothing_left(place.path())
}

/// As above, while the folder of data is made.
fn ends_when_its_process_is_killed_early(product: &str) -> Outcome {
    let place = tempfile::tempdir_in("/tmp")?;
    open_to_all(place.path())?;
    let mut child = Held(holder(product, place.path())?);
    within(Duration::from_secs(60), "no folder was made", || {
        Ok(fs::read_dir(place.path())?.next().is_some())
    })?;
    child.0.kill()?;
    child.0.wait()?;
    nothing_left(place.path())
}

/// A child that does not outlive its trial.
struct Held(Child);

impl Drop for Held {
    fn drop(&mut self) {
        // It is gone already where the trial has got so far.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// This binary as a process that holds a server whose folder is in `place`.
fn holder(product: &str, place: &Path) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .env(HOLD_SERVER, product)
        .env("TMPDIR", place)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// The servers are run by somebody else where the tests are root's.
fn open_to_all(place: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(place, fs::Permissions::from_mode(0o755))
}

/// Waits until a folder is empty and no process speaks of it.
fn nothing_left(place: &Path) -> Outcome {
    within(Duration::from_secs(30), "still there", || {
        Ok(fs::read_dir(place)?.next().is_none() && processes(place)?.is_empty())
    })
    .map_err(|error| {
        let found = processes(place).unwrap_or_default();
        format!("{} {found:?}", error.message().unwrap_or_default()).into()
    })
}

/// Asks again until it is so.
fn within(
    patience: Duration,
    otherwise: &str,
    mut is_so: impl FnMut() -> std::io::Result<bool>,
) -> Outcome {
    let start = Instant::now();
    while !is_so()? {
        if start.elapsed() > patience {
            return Err(otherwise.into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// The processes whose command speaks of a folder.
fn processes(folder: &Path) -> std::io::Result<Vec<String>> {
    let output = Command::new("ps").args(["-eo", "pid,args"]).output()?;
    let folder = folder.display().to_string();
    Ok(String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.contains(&folder))
        .map(str::to_owned)
        .collect())
}

fn says_what_is_missing(product: Product) -> Outcome {
    let place = tempfile::tempdir()?;
    fs::create_dir(place.path().join("etc"))?;
    fs::copy("/etc/passwd", place.path().join("etc/passwd"))?;
    let Err(text) = Programs::find(product, place.path()) else {
        return Err("an empty folder has a server".into());
    };
    for word in ["apt-get install", product.package(), product.variable()] {
        if !text.contains(word) {
            return Err(format!("no `{word}` in: {text}").into());
        }
    }
    Ok(())
}
