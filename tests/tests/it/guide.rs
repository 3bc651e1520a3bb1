//! The guide says what is: its lists are made of the tables that the code
//! reads, the commands that it names can be typed, the messages that it
//! explains stand in the sources, and its tutorial runs as it is printed.

use std::fs;
use std::path::{Path, PathBuf};

use aludel_cli::App;
use libtest_mimic::{Failed, Trial};

use crate::golden::same_text;
use crate::project::Project;
use crate::{Outcome, trial};

/// The programs whose commands the guide shows.
const PROGRAMS: [&str; 2] = ["cargo xtask ", "aludel "];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("guide::keys", keys),
        trial("guide::commands", commands),
        trial("guide::chapters", chapters),
        trial("guide::typed", typed),
        trial("guide::messages", messages),
        trial("guide::kinds", kinds),
        trial("guide::tutorial", tutorial),
    ]
}

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates")
}

fn folder() -> PathBuf {
    crates().join("aludel/src/guide")
}

/// The Markdown files of a folder by the names of their chapters.
fn markdown(folder: &Path) -> Result<Vec<(String, String)>, Failed> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned());
        if let (Some(stem), true) = (stem, path.extension().is_some_and(|e| e == "md")) {
            found.push((stem, fs::read_to_string(&path)?));
        }
    }
    found.sort();
    Ok(found)
}

fn keys() -> Outcome {
    let table = aludel_syntax::attr::key_table();
    same_text(&folder().join("generated/keys.md"), &table)
}

fn commands() -> Outcome {
    let text = App::new("cargo xtask").reference();
    same_text(&folder().join("generated/commands.md"), &text)
}

/// Every chapter is part of the documentation, and the first page leads to it.
fn chapters() -> Outcome {
    let module = fs::read_to_string(folder().join("mod.rs"))?;
    let all = markdown(&folder())?;
    let first = all.iter().find(|(name, _)| name == "guide");
    let (_, first) = first.ok_or("the guide has no first page")?;
    for (name, _) in &all {
        if !module.contains(&format!("include_str!(\"{name}.md\")")) {
            return Err(format!("`{name}.md` is in no module").into());
        }
        if name != "guide" && !first.contains(&format!("]({name})")) {
            return Err(format!("the first page does not lead to `{name}`").into());
        }
    }
    let modules = module.matches("pub mod ").count();
    if modules + 1 != all.len() {
        return Err(format!("{modules} modules, and {} files", all.len()).into());
    }
    Ok(())
}

/// The words of a line as a shell reads them, up to where it does something
/// with what is printed.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == ' ' => words.push(String::new()),
            _ => words.last_mut().into_iter().for_each(|word| word.push(c)),
        }
    }
    let shell = |word: &String| matches!(word.as_str(), ">" | "|" | "#" | "&&" | "||");
    words.retain(|word| !word.is_empty());
    words.into_iter().take_while(|word| !shell(word)).collect()
}

/// What a chapter types: the lines of its consoles, and its code in a line.
fn typed_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fence: Option<bool> = None;
    for line in text.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            fence = match fence {
                Some(_) => None,
                None => Some(language == "console"),
            };
        } else if fence == Some(true) {
            found.extend(line.strip_prefix("$ ").map(ToOwned::to_owned));
        } else if fence.is_none() {
            found.extend(line.split('`').skip(1).step_by(2).map(ToOwned::to_owned));
        }
    }
    found
}

/// Every command that a chapter names is one, with these options.
fn typed() -> Outcome {
    let app = App::new("aludel");
    let mut count = 0;
    let mut wrong = Vec::new();
    for (name, text) in markdown(&folder())? {
        for line in typed_in(&text) {
            let Some(rest) = PROGRAMS.iter().find_map(|p| line.strip_prefix(p)) else {
                continue;
            };
            count += 1;
            if let Err(error) = app.understands(&words(rest)) {
                wrong.push(format!("{name}.md: `{line}`\n{error}"));
            }
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    if count < 100 {
        return Err(format!("only {count} commands were found").into());
    }
    Ok(())
}

/// The text of every source below a folder, its long strings on one line.
fn sources(folder: &Path, all: &mut String) -> Outcome {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, all)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path)?;
            let mut parts = text.split("\\\n");
            all.extend(parts.next());
            parts.for_each(|part| all.push_str(part.trim_start()));
        }
    }
    Ok(())
}

/// The first words of every message that is explained stand in the sources.
fn messages() -> Outcome {
    let mut all = String::new();
    for entry in fs::read_dir(crates())? {
        sources(&entry?.path().join("src"), &mut all)?;
    }
    let chapter = fs::read_to_string(folder().join("troubleshooting.md"))?;
    let heads: Vec<&str> = chapter
        .lines()
        .filter_map(|l| l.strip_prefix("### "))
        .collect();
    let is_said = |head: &&str| {
        let mut parts = head.split("..").map(|part| part.trim_matches(['`', ' ']));
        let said = |part: &str| all.contains(part);
        parts.clone().any(|part| part.len() >= 8) && parts.all(|part| part.len() < 8 || said(part))
    };
    let wrong: Vec<&str> = heads.iter().copied().filter(|h| !is_said(h)).collect();
    if !wrong.is_empty() {
        return Err(format!("no source says\n{}", wrong.join("\n")).into());
    }
    if heads.len() < 30 {
        return Err(format!("only {} messages were found", heads.len()).into());
    }
    Ok(())
}

/// Every kind of error is explained.
fn kinds() -> Outcome {
    let source = fs::read_to_string(crates().join("aludel/src/error.rs"))?;
    let body = source
        .split_once("pub enum ErrorKind {")
        .and_then(|(_, rest)| rest.split_once("\n}"))
        .ok_or("there is no `ErrorKind`")?
        .0;
    let chapter = fs::read_to_string(folder().join("troubleshooting.md"))?;
    let kinds: Vec<&str> = body
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//"))
        .filter_map(|line| line.strip_suffix(','))
        .collect();
    let missing: Vec<&str> = kinds
        .iter()
        .copied()
        .filter(|kind| !chapter.contains(&format!("| `{kind}` |")))
        .collect();
    if kinds.len() < 10 || !missing.is_empty() {
        return Err(format!("of {} kinds not explained: {missing:?}", kinds.len()).into());
    }
    Ok(())
}

/// A text without the ids, which are others each time.
fn without_ids(text: &str) -> String {
    let mut out = String::new();
    for part in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_id = word.len() == 12 && word.chars().all(|c| c.is_ascii_hexdigit());
        if is_id {
            out.push_str("ID");
            out.push_str(&part[word.len()..]);
        } else {
            out.push_str(part);
        }
    }
    out
}

/// The lines, in the order of their letters: a terminal shows what goes to
/// stdout and to stderr as it comes. What SQLite a file was proven on is another
/// matter.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = without_ids(text)
        .lines()
        .map(|line| line.split("Proven: ").next().unwrap_or(line).trim_end())
        .filter(|line| !line.is_empty())
        .map(ToOwned::to_owned)
        .collect();
    lines.sort();
    lines
}

/// The fenced blocks of a text with their languages.
fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut found: Vec<(&str, String)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(language) if !open => {
                open = true;
                found.push((language, String::new()));
            }
            Some(_) => open = false,
            None if open => {
                if let Some((_, block)) = found.last_mut() {
                    block.push_str(line);
                    block.push('\n');
                }
            }
            None => {}
        }
    }
    found
}

/// Types one line of a console; gives what it prints.
fn type_line(project: &Project, line: &str) -> Result<String, Failed> {
    let words = words(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["aludel", rest @ ..] => {
            let ran = project.run(rest)?;
            Ok(format!("{}{}", ran.stdout, ran.stderr))
        }
        ["sqlite3", "app.db", sql] => project.sql(sql).map(|()| String::new()),
        ["mkdir" | "cd", ..] => Ok(String::new()),
        _ => Err(format!("the tutorial types `{line}`").into()),
    }
}

/// The tutorial, typed line by line.
fn tutorial() -> Outcome {
    let chapter = fs::read_to_string(folder().join("tutorial.md"))?;
    let project = Project::new("")?;
    fs::remove_file(project.path("aludel.toml"))?;
    fs::remove_file(project.path("models.rs"))?;
    fs::remove_dir(project.path("versions"))?;
    fs::create_dir(project.path("src"))?;
    let mut count = 0;
    for (language, block) in blocks(&chapter) {
        match language {
            "rust" if block.contains("derive(Model)") => {
                project.write("src/models.rs", &block)?;
            }
            "sql" => {
                let wanted = lines(&block);
                let files = fs::read_dir(project.path("migrations"))?.flatten();
                let texts = files.filter_map(|f| fs::read_to_string(f.path()).ok());
                if !texts.map(|text| lines(&text)).any(|text| text == wanted) {
                    return Err(format!("no file is\n{block}").into());
                }
            }
            "console" => {
                for typed in block.split("$ ").skip(1) {
                    let (line, shown) = typed.split_once('\n').unwrap_or((typed, ""));
                    let printed = type_line(&project, line)?;
                    if lines(&printed) != lines(shown) {
                        let said = format!("`{line}`\n--- shown\n{shown}--- printed\n{printed}");
                        return Err(said.into());
                    }
                    count += 1;
                }
            }
            _ => {}
        }
    }
    if count < 10 {
        return Err(format!("only {count} lines were typed").into());
    }
    Ok(())
}
