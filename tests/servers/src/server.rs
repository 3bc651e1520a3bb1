//! One running server of our own: its folder, its commands, its end.
//!
//! A shell stands between the process and the server. It makes the folder,
//! runs the server, and reads from a pipe whose other end the process holds.
//! Nothing is ever written to it: it ends when the process does, be it by its
//! own will, by a panic or by a signal that nobody can catch; then the shell
//! stops the server and removes the folder.

use std::fs;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::programs::{self, Product, Programs};

/// How long a server may take to start; a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(120);

/// The length that the path of a socket may have on every system.
const SOCKET_LENGTH: usize = 103;

/// What the shell does. `folder` is where everything lies, `owner` who it
/// belongs to; the commands are put in by [`script`].
const SCRIPT: &str = r#"
umask 077
mkdir "$folder" || exit 1
if [ -n "$owner" ] && ! chown "$owner" "$folder"; then
    rmdir "$folder"
    exit 1
fi
# From here on, what is to be said stands in the log.
exec 3<&0 </dev/null >"$folder/log" 2>&1
if @init 3<&-; then
    @server 3<&- &
    server=$!
    {
        cat <&3
        [ -e "$folder/ended" ] || { @stop; }
    } &
    wait "$server"
fi
# A server that ends by itself leaves its log until nobody can read it.
: >"$folder/ended"
cat <&3
rm -rf "$folder"
"#;

/// A server that runs until this value, or the process, is gone.
#[derive(Debug)]
pub struct Server {
    product: Product,
    folder: PathBuf,
    url: String,
    /// Taken when it is stopped.
    shell: Option<Child>,
}

impl Server {
    /// Makes a folder of data, starts a server on it and waits until it
    /// answers.
    ///
    /// # Errors
    /// It does not start; the text has the end of its log.
    pub fn start(programs: &Programs) -> Result<Self, String> {
        Self::start_with(programs, &[])
    }

    /// The same with words more for the server's command.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with(programs: &Programs, more: &[&str]) -> Result<Self, String> {
        let folder = folder(programs)?;
        let script = script(programs, &folder, more);
        let shell = Command::new("sh")
            .args(["-c", &script])
            .env("folder", &folder)
            .env("owner", programs.owner.as_deref().unwrap_or_default())
            .env("TMPDIR", inside(programs, &folder))
            .env("LC_ALL", "C")
            .current_dir("/")
            // What the terminal sends to our group is not meant for it.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run `sh`: {error}"))?;
        let mut server = Self {
            product: programs.product,
            url: url(programs.product, &folder),
            folder,
            shell: Some(shell),
        };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// The address of its first database, as its administrator.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where its data and its socket are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let start = Instant::now();
        loop {
            if is_ready(self.product, &self.folder) {
                return Ok(());
            }
            let complaint = if let Some(text) = self.early_end()? {
                text
            } else if self.folder.join("ended").exists() {
                self.log()
            } else if start.elapsed() > PATIENCE {
                format!("no answer in {} s\n{}", PATIENCE.as_secs(), self.log())
            } else {
                std::thread::sleep(Duration::from_millis(10));
                continue;
            };
            return Err(format!(
                "the {} server does not start: {}",
                self.product.scheme(),
                complaint.trim_end()
            ));
        }
    }

    /// What the shell says that could not even make a folder.
    fn early_end(&mut self) -> Result<Option<String>, String> {
        let Some(shell) = &mut self.shell else {
            return Ok(None);
        };
        let ended = shell
            .try_wait()
            .map_err(|error| format!("cannot wait for `sh`: {error}"))?;
        if ended.is_none() {
            return Ok(None);
        }
        let mut text = String::new();
        if let Some(mut stderr) = shell.stderr.take() {
            // What cannot be read cannot be told.
            let _ = stderr.read_to_string(&mut text);
        }
        Ok(Some(text))
    }

    /// The end of the log.
    fn log(&self) -> String {
        let text = fs::read(self.folder.join("log")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut shell) = self.shell.take() {
            // Closes the pipe, which ends the server, and then the shell.
            drop(shell.stdin.take());
            // There is nothing to do about a shell that is gone already.
            let _ = shell.wait();
        }
    }
}

/// A folder that is not there yet, short enough for a socket in it.
fn folder(programs: &Programs) -> Result<PathBuf, String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let parent = if programs.root == Path::new("/") {
        memory()
            .or_else(|| Some(std::env::temp_dir()))
            .filter(|path| path.is_absolute() && path.as_os_str().len() < SOCKET_LENGTH / 2)
            .unwrap_or_else(|| "/tmp".into())
    } else {
        programs.root.join("tmp")
    };
    let moment = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let name = format!(
        "aludel-{}-{}-{moment:x}-{}",
        programs.product.scheme(),
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    let folder = parent.join(name);
    let socket = socket(programs.product, &folder);
    if socket.as_os_str().len() > SOCKET_LENGTH {
        return Err(format!(
            "`{}` is too long for the path of a socket: use a shorter folder",
            socket.display()
        ));
    }
    Ok(folder)
}

/// A folder in memory, where the system has one with enough room and nobody
/// has said where temporary files go. Databases are made of hundreds of files;
/// to make and to remove those takes most of the time elsewhere.
fn memory() -> Option<PathBuf> {
    const FOLDER: &str = "/dev/shm";
    /// In KiB.
    const ROOM: u64 = 2 * 1024 * 1024;
    if std::env::var_os("TMPDIR").is_some() {
        return None;
    }
    let output = Command::new("df").args(["-Pk", FOLDER]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut words = text.lines().nth(1)?.split_whitespace();
    let (kind, free) = (words.next()?, words.nth(2)?.parse::<u64>().ok()?);
    let is_memory = kind == "tmpfs" || kind == "shm";
    (is_memory && free >= ROOM).then(|| FOLDER.into())
}

/// The folder as the server's programs see it.
fn inside(programs: &Programs, folder: &Path) -> PathBuf {
    Path::new("/").join(folder.strip_prefix(&programs.root).unwrap_or(folder))
}

/// The socket's path.
fn socket(product: Product, folder: &Path) -> PathBuf {
    folder.join(match product {
        Product::Postgres => ".s.PGSQL.5432",
        Product::MySql => "socket",
    })
}

/// The address of a server with that folder.
fn url(product: Product, folder: &Path) -> String {
    match product {
        Product::Postgres => format!(
            "postgres://postgres@localhost/postgres?host={}&port=5432",
            folder.display()
        ),
        Product::MySql => format!(
            "mysql://root@localhost/?socket={}",
            socket(product, folder).display()
        ),
    }
}

/// Whether a server answers.
fn is_ready(product: Product, folder: &Path) -> bool {
    match product {
        // Its eighth line is the server's state.
        Product::Postgres => fs::read_to_string(folder.join("data/postmaster.pid"))
            .is_ok_and(|text| text.lines().nth(7).is_some_and(|s| s.trim() == "ready")),
        Product::MySql => greets(&socket(product, folder)),
    }
}

/// Whether a server of the MySQL family says who it is, and not why it cannot.
fn greets(socket: &Path) -> bool {
    let Ok(mut stream) = UnixStream::connect(socket) else {
        return false;
    };
    let mut start = [0; 5];
    stream
        .set_read_timeout(Some(Duration::from_secs(1)))
        .and_then(|()| stream.read_exact(&mut start))
        .is_ok_and(|()| start[4] == 10)
}

/// The shell's script.
fn script(programs: &Programs, folder: &Path, more: &[&str]) -> String {
    let folder = inside(programs, folder);
    let (init, mut server, stop) = match programs.product {
        Product::Postgres => (
            postgres_init(programs, &folder),
            postgres_server(programs, &folder),
            // Before it has its handlers only the first one ends it, and with
            // them only the second one does not wait for its clients.
            "kill -TERM $server; kill -QUIT $server",
        ),
        Product::MySql => (
            mysql_init(programs, &folder),
            mysql_server(programs, &folder),
            // It is one process, and nobody misses its data.
            "kill -KILL $server",
        ),
    };
    server.extend(words(more));
    SCRIPT
        .replace("@init", &line(programs, init))
        .replace("@server", &line(programs, server))
        .replace("@stop", stop)
}

/// A command as the shell reads it, as the one who may run it.
fn line(programs: &Programs, words: Vec<String>) -> String {
    let mut all = Vec::new();
    if let Some(owner) = &programs.owner {
        all.extend([
            "chroot".to_owned(),
            format!("--userspec={owner}"),
            "--groups=".to_owned(),
            programs.root.display().to_string(),
        ]);
    }
    all.extend(words);
    let quoted: Vec<String> = all
        .iter()
        .map(|word| format!("'{}'", word.replace('\'', r"'\''")))
        .collect();
    quoted.join(" ")
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn postgres_init(programs: &Programs, folder: &Path) -> Vec<String> {
    let mut line = Vec::new();
    line.extend(programs.init.iter().map(|path| path.display().to_string()));
    line.push(format!("--pgdata={}", folder.join("data").display()));
    line.extend(words(&[
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        "--no-instructions",
    ]));
    line
}

fn postgres_server(programs: &Programs, folder: &Path) -> Vec<String> {
    let settings = [
        "listen_addresses=".to_owned(),
        format!("unix_socket_directories={}", folder.display()),
        "max_connections=200".to_owned(),
        "fsync=off".to_owned(),
        "synchronous_commit=off".to_owned(),
        "full_page_writes=off".to_owned(),
        "wal_level=minimal".to_owned(),
        "max_wal_senders=0".to_owned(),
        "max_wal_size=128MB".to_owned(),
        "log_checkpoints=off".to_owned(),
        "autovacuum=off".to_owned(),
        "timezone=UTC".to_owned(),
    ];
    let mut line = vec![
        programs.server.display().to_string(),
        "-D".to_owned(),
        folder.join("data").display().to_string(),
        "-p".to_owned(),
        "5432".to_owned(),
    ];
    line.extend(
        settings
            .into_iter()
            .flat_map(|setting| ["-c".to_owned(), setting]),
    );
    line
}

fn mysql_init(programs: &Programs, folder: &Path) -> Vec<String> {
    let data = format!("--datadir={}", folder.join("data").display());
    match &programs.init {
        Some(init) => {
            let mut line = vec![init.display().to_string(), "--no-defaults".to_owned(), data];
            line.extend(words(&[
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ]));
            line
        }
        None => vec![
            programs.server.display().to_string(),
            "--no-defaults".to_owned(),
            "--initialize-insecure".to_owned(),
            data,
        ],
    }
}

fn mysql_server(programs: &Programs, folder: &Path) -> Vec<String> {
    let mut line = vec![
        programs.server.display().to_string(),
        "--no-defaults".to_owned(),
        format!("--datadir={}", folder.join("data").display()),
        format!("--tmpdir={}", folder.display()),
        format!("--socket={}", socket(Product::MySql, folder).display()),
        format!("--pid-file={}", folder.join("pid").display()),
    ];
    line.extend(words(&[
        "--skip-networking",
        "--skip-log-bin",
        "--max-connections=200",
        "--character-set-server=utf8mb4",
        "--default-time-zone=+00:00",
        "--performance-schema=OFF",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=0",
        "--innodb-buffer-pool-size=32M",
        "--innodb-use-native-aio=0",
        "--innodb-flush-method=nosync",
        "--innodb-stats-persistent=OFF",
    ]));
    if !programs::is_mariadb(programs) {
        line.extend(words(&["--mysqlx=OFF", "--secure-file-priv=NULL"]));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_gets_words_and_not_their_meaning() {
        let programs = Programs {
            product: Product::MySql,
            root: "/a b".into(),
            server: "/usr/sbin/mysqld".into(),
            init: None,
            owner: Some("1:2".into()),
        };
        assert_eq!(
            line(&programs, words(&["it's", "$x"])),
            r"'chroot' '--userspec=1:2' '--groups=' '/a b' 'it'\''s' '$x'"
        );
        let folder = Path::new("/a b/tmp/f");
        assert_eq!(inside(&programs, folder), Path::new("/tmp/f"));
    }
}
