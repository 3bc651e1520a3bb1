//! Migration files: their names, ids, dates and text.

use crate::config::FileFormat;

/// The template of a file where the configuration names none.
pub(crate) fn default_template(format: FileFormat) -> &'static str {
    match format {
        FileFormat::Rust => include_str!("../templates/migration.rs.j2"),
        FileFormat::Sql => include_str!("../templates/migration.sql.j2"),
    }
}

/// A template with its values; its last line break stays.
pub(crate) fn render(
    template: &str,
    values: &minijinja::Value,
) -> std::result::Result<String, minijinja::Error> {
    let mut environment = minijinja::Environment::new();
    environment.set_syntax(
        minijinja::syntax::SyntaxConfig::builder()
            .keep_trailing_newline(true)
            .build()?,
    );
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.render_str(template, values)
}
