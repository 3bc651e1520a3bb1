//! Connections that nobody else can read.
//!
//! The certificate in `fixtures/tls` is for these trials alone: whoever has
//! the repository has its key.

use std::path::Path;

use aludel::{Error, ErrorKind, Migrations, Migrator};
use aludel_test_servers::{Fresh, Product, Programs, Server};
use libtest_mimic::{Failed, Trial};

use crate::project::block_on;
use crate::startup::same;
use crate::{Outcome, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "encrypted::mysql::a_user_who_must_encrypt",
        a_user_who_must_encrypt,
    )]
}

/// What comes of opening a database.
fn opened(url: &str) -> Result<Result<(), Error>, Failed> {
    let migrator = Migrator::new(Migrations::from_files(Vec::new()));
    let done = block_on(async { Ok(migrator.current(url).await) })?;
    Ok(done.map(drop))
}

fn a_user_who_must_encrypt() -> Outcome {
    // Where the server, which is another user, may read.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/tls");
    let mine = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir_in(std::env::temp_dir())?;
    for name in ["certificate.pem", "key.pem"] {
        std::fs::copy(folder.join(name), mine.path().join(name))?;
    }
    let file = |name: &str| mine.path().join(name).display().to_string();
    let (certificate, key) = (file("certificate.pem"), file("key.pem"));
    let server = Server::start_with(
        &Programs::find(Product::MySql, Path::new("/"))?,
        &[
            &format!("--ssl-cert={certificate}"),
            &format!("--ssl-key={key}"),
        ],
    )?;
    let fresh = Fresh::on(server.url())?;
    fresh.query(&format!(
        "CREATE USER me@localhost IDENTIFIED BY 's%e@c' REQUIRE SSL; \
         GRANT ALL ON {}.* TO me@localhost",
        fresh.name()
    ))?;
    let url = fresh.url().replace("//root@", "//me:s%25e%40c@");
    same(url.contains("me:"), true)?;
    // As it comes, and as it is asked for.
    opened(&url)??;
    opened(&format!("{url}&ssl-mode=REQUIRED"))??;
    let known = format!("{url}&ssl-mode=VERIFY_IDENTITY&ssl-ca={certificate}");
    opened(&known)??;

    let refused = opened(&format!("{url}&ssl-mode=DISABLED"))?;
    same(refused.is_err(), true)?;
    // Nobody knows who has signed it.
    let error = opened(&format!("{url}&ssl-mode=VERIFY_CA"))?;
    let error = error.err().ok_or("anybody's certificate will do")?;
    same(error.kind(), ErrorKind::Tls)?;
    let hint = error.hint().unwrap_or_default();
    same(hint.contains("`ssl-ca`"), true)
}
