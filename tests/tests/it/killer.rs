//! Processes that are killed at a certain point of a run: where they are about
//! to send a text of SQL, or where a server has it.
//!
//! It owns counting and killing. It must not know what is run.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use libtest_mimic::Failed;
use rustix::process::{Signal, getpid, kill_process};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The variable that says before which text of SQL, counted from one, the
/// process that acts as the command kills itself.
pub(crate) const KILL_AT: &str = "ALUDEL_TEST_KILL_AT";

/// Has this process kill itself where [`KILL_AT`] says when.
pub(crate) fn arm() {
    let at = std::env::var(KILL_AT).ok().and_then(|at| at.parse().ok());
    if let Some(at) = at {
        let killer = Killer {
            at,
            seen: AtomicUsize::new(0),
        };
        // Should there be one already, nobody is killed, which the trials see.
        let _ = tracing::subscriber::set_global_default(killer);
    }
}

/// Counts what is about to be sent to a database, and what was committed.
struct Killer {
    at: usize,
    seen: AtomicUsize,
}

impl Subscriber for Killer {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "aludel::sql"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        if self.seen.fetch_add(1, Ordering::SeqCst) + 1 == self.at {
            // It cannot fail for oneself, and nothing comes after it.
            let _ = kill_process(getpid(), Signal::KILL);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// When a process is killed about a message to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// As soon as the server has it.
    Sent,
    /// When the server has answered, and before the answer arrives.
    Answered,
}

/// How a process ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Killed,
    /// By itself, with this code.
    With(Option<i32>),
}

/// Stands between a process and a server, and kills the process.
pub(crate) struct Proxy {
    /// The socket is in it.
    folder: tempfile::TempDir,
    socket: PathBuf,
    /// The server's address as it is from here.
    pub(crate) url: String,
    state: Arc<State>,
}

struct State {
    server: PathBuf,
    plan: Mutex<Plan>,
    stopped: AtomicBool,
}

/// What is to happen to a process.
struct Plan {
    at: usize,
    when: When,
    /// How many messages there were since it took the lock of the database;
    /// nothing is written before that.
    seen: usize,
    child: Option<Child>,
    killed: bool,
}

/// What begins a run: its lock.
const LOCKS: [&str; 2] = ["pg_try_advisory_lock", "GET_LOCK"];

impl Proxy {
    /// In front of the server at that address, which listens on a socket.
    pub(crate) fn before(url: &str) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let part = |key: &str| {
            let mut parts = url.split(['?', '&']);
            parts.find_map(|part| part.strip_prefix(key))
        };
        let own = folder.path().display().to_string();
        let (server, socket, url) = match (part("socket="), part("host="), part("port=")) {
            (Some(server), _, _) => {
                let socket = folder.path().join("s");
                let url = url.replace(server, &format!("{own}/s"));
                (PathBuf::from(server), socket, url)
            }
            (_, Some(host), Some(port)) => {
                let name = format!(".s.PGSQL.{port}");
                let socket = folder.path().join(&name);
                (Path::new(host).join(name), socket, url.replace(host, &own))
            }
            _ => return Err(format!("`{url}` names no socket").into()),
        };
        let listener = UnixListener::bind(&socket)?;
        let state = Arc::new(State {
            server,
            plan: Mutex::new(Plan {
                at: 0,
                when: When::Sent,
                seen: 0,
                child: None,
                killed: false,
            }),
            stopped: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if shared.stopped.load(Ordering::SeqCst) {
                    break;
                }
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.relay(client));
            }
        });
        Ok(Self {
            folder,
            socket,
            url,
            state,
        })
    }

    /// Runs a command, and kills it at a message, counted from one.
    pub(crate) fn run(
        &self,
        command: &mut Command,
        at: usize,
        when: When,
    ) -> Result<Ended, Failed> {
        command.stdout(Stdio::null()).stderr(Stdio::null());
        {
            let mut plan = self.state.plan();
            (plan.at, plan.when, plan.seen, plan.killed) = (at, when, 0, false);
            plan.child = Some(command.spawn()?);
        }
        loop {
            let mut plan = self.state.plan();
            if plan.killed {
                return Ok(Ended::Killed);
            }
            let child = plan.child.as_mut().ok_or("no process")?;
            if let Some(status) = child.try_wait()? {
                return Ok(Ended::With(status.code()));
            }
            drop(plan);
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        // It wakes who listens; where that has ended there is nobody to wake.
        let _ = UnixStream::connect(&self.socket);
        let _ = std::fs::remove_dir_all(self.folder.path());
    }
}

impl State {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When to kill about this message, if at all.
    fn count(&self, message: &[u8]) -> Option<When> {
        let mut plan = self.plan();
        let text = String::from_utf8_lossy(message);
        if plan.seen > 0 || LOCKS.iter().any(|lock| text.contains(lock)) {
            plan.seen += 1;
        }
        (plan.seen == plan.at && plan.seen > 0).then_some(plan.when)
    }

    fn kill(&self) {
        let mut plan = self.plan();
        if let Some(child) = &mut plan.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
        plan.killed = true;
    }

    /// Hands on what one connection says, until one of both ends.
    fn relay(self: Arc<Self>, client: UnixStream) {
        let Ok(server) = UnixStream::connect(&self.server) else {
            return;
        };
        let (Ok(from_server), Ok(to_client)) = (server.try_clone(), client.try_clone()) else {
            return;
        };
        let answered = Arc::new(AtomicBool::new(true));
        let swallow = Arc::new(AtomicBool::new(false));
        let (heard, last) = (Arc::clone(&answered), Arc::clone(&swallow));
        let state = Arc::clone(&self);
        std::thread::spawn(move || {
            let _ = state.answers(from_server, to_client, &heard, &last);
        });
        let _ = self.asks(client, server, &answered, &swallow);
    }

    /// What the process says.
    fn asks(
        &self,
        mut client: UnixStream,
        mut server: UnixStream,
        answered: &AtomicBool,
        swallow: &AtomicBool,
    ) -> std::io::Result<()> {
        let mut buffer = vec![0; 1 << 20];
        loop {
            let length = client.read(&mut buffer)?;
            let message = &buffer[..length];
            // A message goes on until it is answered.
            let when = match length > 0 && answered.swap(false, Ordering::SeqCst) {
                true => self.count(message),
                false => None,
            };
            if when == Some(When::Answered) {
                swallow.store(true, Ordering::SeqCst);
            }
            server.write_all(message)?;
            if when == Some(When::Sent) {
                self.kill();
            }
            if length == 0 || when == Some(When::Sent) {
                return server.shutdown(std::net::Shutdown::Both);
            }
        }
    }

    /// What the server says.
    fn answers(
        &self,
        mut server: UnixStream,
        mut client: UnixStream,
        answered: &AtomicBool,
        swallow: &AtomicBool,
    ) -> std::io::Result<()> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let length = server.read(&mut buffer)?;
            if length == 0 {
                return client.shutdown(std::net::Shutdown::Both);
            }
            answered.store(true, Ordering::SeqCst);
            if swallow.load(Ordering::SeqCst) {
                self.kill();
                return server.shutdown(std::net::Shutdown::Both);
            }
            client.write_all(&buffer[..length])?;
        }
    }
}
