//! What a script stops on before it does anything: another run, a database that
//! is elsewhere, and tables where a baseline would make them.
//!
//! A plain client knows no condition. What is wrong is the name of a column that
//! takes no NULL, so that the client shows it.

use super::script::Writer;
use crate::db::BOOKKEEPING;

impl Writer<'_> {
    /// Takes the lock that a run takes.
    pub(super) fn lock(&mut self) {
        self.text.push('\n');
        self.comment(match self.client.lock.is_empty() {
            true => "every transaction takes the lock that a run takes",
            false => "the lock that a run takes",
        });
        for sql in self.client.lock {
            self.statement(&self.client.about_lock(sql, self.key, self.table));
        }
    }

    /// Gives it back.
    pub(super) fn unlock(&mut self) {
        if self.client.unlock.is_empty() {
            return;
        }
        self.text.push('\n');
        for sql in self.client.unlock {
            self.statement(&self.client.about_lock(sql, self.key, self.table));
        }
    }

    /// Fails at once on a database that is elsewhere, and on one with tables
    /// where a baseline, of that id and looking at these schemas, is to run.
    pub(super) fn guard(&mut self, rows: &[String], baseline: Option<(&str, &[String])>) {
        self.text.push('\n');
        self.comment("nothing is done to a database that is elsewhere");
        self.begin_guard();
        if rows.is_empty() {
            self.tables();
        }
        self.at(rows);
        if let Some((id, schemas)) = baseline {
            self.empty(id, schemas);
        }
        if !self.client.lock.is_empty() {
            self.commit();
        }
    }

    /// The same where the lock was given up since.
    pub(super) fn guard_again(&mut self, rows: &[String]) {
        if self.client.lock.is_empty() {
            self.begin_guard();
            self.at(rows);
        }
    }

    /// Where the transaction is the lock it is about what is done in it.
    fn begin_guard(&mut self) {
        if self.client.lock.is_empty() {
            self.begin();
        }
    }

    /// Fails where the version rows are not these.
    fn at(&mut self, rows: &[String]) {
        let table = self.dialect.quote_name(self.table);
        let name = |row: &str| format!("the database is not at {row}");
        let mut wanted: Vec<(String, String)> = rows
            .iter()
            .map(|row| {
                let literal = self.client.literal(row);
                let there =
                    format!("(SELECT version_num FROM {table} WHERE version_num = {literal})");
                (name(row), there)
            })
            .collect();
        if rows.is_empty() {
            let there = format!("(SELECT CASE WHEN count(*) = 0 THEN 'base' END FROM {table})");
            wanted.push((name("base"), there));
        }
        self.stop_unless(&wanted);
    }

    /// Fails where there are tables of the database's own.
    fn empty(&mut self, id: &str, schemas: &[String]) {
        let schemas: String = schemas
            .iter()
            .map(|schema| format!(", {}", self.client.literal(schema)))
            .collect();
        let tables = self.client.tables.replace("{schemas}", &schemas);
        let books = BOOKKEEPING.iter().copied().chain([self.table]);
        let books: Vec<String> = books
            .map(|name| self.client.literal(&name.to_lowercase()))
            .collect();
        self.comment(&format!(
            "`{id}` is a baseline, which makes the tables of an empty database: where they are \
             there, `stamp {id}` says so"
        ));
        self.comment("what `exclude` matches counts here: where there is no more, leave this out");
        self.stop_unless(&[(
            "the database has tables already".to_owned(),
            format!(
                "(SELECT CASE WHEN count(*) = 0 THEN 'empty' END FROM ({tables}) AS t \
                 WHERE lower(name) NOT IN ({}) AND lower(substr(name, 1, 7)) <> 'aludel_')",
                books.join(", ")
            ),
        )]);
    }

    /// Fails where one of these is NULL, with what is wrong then.
    fn stop_unless(&mut self, wanted: &[(String, String)]) {
        let columns: Vec<String> = wanted
            .iter()
            .map(|(wrong, _)| {
                let name = self.dialect.quote_name(wrong);
                format!("{name} VARCHAR(32) NOT NULL")
            })
            .collect();
        let values: Vec<&str> = wanted.iter().map(|(_, value)| value.as_str()).collect();
        self.statement(&format!(
            "CREATE TEMPORARY TABLE aludel_guard ({})",
            columns.join(", ")
        ));
        self.statement(&format!(
            "INSERT INTO aludel_guard VALUES ({})",
            values.join(", ")
        ));
        self.statement("DROP TABLE aludel_guard");
    }
}
