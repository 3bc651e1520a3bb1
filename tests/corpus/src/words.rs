//! What MariaDB and MySQL themselves say of their tables, before all of them
//! were dropped by a migration and after it was taken back.
//!
//! This is the one place that sees what aludel neither compares nor lets models
//! say: it has to come back all the same.

use std::collections::BTreeMap;

use aludel_test_servers::query;

use crate::Result;
use crate::project::Project;

/// A table in the server's words, in an order that means nothing.
type Tables = BTreeMap<String, Vec<String>>;

/// Models of nothing that was there.
const OTHER: &str = "use aludel::Model;\n\n#[derive(Model)]\n#[table(name = \"zz_other\")]\n\
                     pub struct Other {\n    #[column(primary_key)]\n    pub id: i32,\n}\n";

/// Drops all tables of a database by a migration, takes it back, and compares.
/// Views, which would be in the way, are dropped before.
pub(crate) fn come_back(url: &str) -> Result<()> {
    let views = all(url, "DROP VIEW", "TABLE_TYPE = 'VIEW'")?;
    query(url, &views)?;
    let before = tables(url)?;
    let project = Project::new(url, &[])?;
    project.write("models.rs", OTHER)?;
    project.expect(&["autogen", "-m", "nothing", "--no-rename"], 0)?;
    project.expect(&["upgrade", "head"], 0)?;
    let left: Vec<String> = tables(url)?.into_keys().collect();
    if left != ["zz_other"] {
        return Err(format!("not dropped: {}", left.join(", ")));
    }
    project.expect(&["downgrade", "base"], 0)?;
    let after = tables(url)?;
    let mut report = Vec::new();
    for name in before.keys().chain(after.keys()) {
        let [from, to] = [&before, &after].map(|all| all.get(name).cloned().unwrap_or_default());
        let gone = from.iter().filter(|line| !to.contains(line));
        let new = to.iter().filter(|line| !from.contains(line));
        let lines = gone.map(|l| format!("  - {l}"));
        let lines: Vec<String> = lines.chain(new.map(|l| format!("  + {l}"))).collect();
        if !lines.is_empty() {
            report.push(format!("{name}\n{}", lines.join("\n")));
        }
    }
    report.sort();
    report.dedup();
    if report.is_empty() {
        return Ok(());
    }
    Err(format!(
        "dropped and made again, tables are not what they were:\n{}",
        report.join("\n")
    ))
}

/// One statement for each table that is such.
fn all(url: &str, statement: &str, such: &str) -> Result<String> {
    let rows = query(
        url,
        &format!(
            "SELECT CONCAT('{statement} `', REPLACE(TABLE_NAME, '`', '``'), '`;')
             FROM information_schema.TABLES
             WHERE TABLE_SCHEMA = DATABASE() AND {such} AND TABLE_NAME NOT LIKE 'aludel\\_%'"
        ),
    )?;
    // The client writes a backslash as two.
    Ok(rows.replace("\\\\", "\\"))
}

fn tables(url: &str) -> Result<Tables> {
    let such = "TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')";
    let asked = all(url, "SHOW CREATE TABLE", such)?;
    let mut tables = Tables::new();
    for row in query(url, &asked)?.lines() {
        let (name, text) = row.split_once('\t').ok_or("no table is shown")?;
        let hashes = text.contains(" ENGINE=MEMORY ");
        let mut lines: Vec<String> = text.split("\\n").map(|l| line(l, hashes)).collect();
        lines.sort();
        tables.insert(name.to_owned(), lines);
    }
    Ok(tables)
}

/// A line without what means nothing: its comma, the next number, the actions
/// that InnoDB does anyway, the method of its indexes that an engine uses anyway.
fn line(text: &str, hashes: bool) -> String {
    let mut line = text.trim().trim_end_matches(',').to_owned();
    for action in ["RESTRICT", "NO ACTION"] {
        for event in ["DELETE", "UPDATE"] {
            line = line.replace(&format!(" ON {event} {action}"), "");
        }
    }
    // Aria does it anyway, and the catalogue does not tell whether it was said.
    line = line.replace(" TRANSACTIONAL=1", "");
    let usual = if hashes {
        &[" USING HASH"][..]
    } else {
        &[" USING HASH", " USING BTREE"]
    };
    for method in usual {
        line = line.replace(method, "");
    }
    // MySQL keeps the expression `-7` in these words, and it is the constant.
    if let Some((head, number)) = line
        .strip_suffix("))")
        .and_then(|rest| rest.split_once(" DEFAULT (-("))
        && number.bytes().all(|digit| digit.is_ascii_digit())
    {
        line = format!("{head} DEFAULT '-{number}'");
    }
    if let Some((head, tail)) = line.split_once(" AUTO_INCREMENT=") {
        let rest = tail.trim_start_matches(|c: char| c.is_ascii_digit());
        line = format!("{head}{rest}");
    }
    line
}
