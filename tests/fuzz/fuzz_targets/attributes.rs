//! The attribute grammar: `#[table(..)]`, `#[column(..)]` and `#[db_enum(..)]`
//! hold the lines of the input, one each.
#![no_main]

use aludel_core::dialect;
use aludel_syntax::report::Report;
use aludel_syntax::scan::{SourceFile, scan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.lines();
    let mut line = || lines.next().unwrap_or_default();
    let (table, key, field, other, of_enum) = (line(), line(), line(), line(), line());
    let source = format!(
        "use aludel::{{Enum, Model}};\n\
         #[derive(Model)] #[table(name = \"other\")] pub struct Other {{ #[column(primary_key)] pub id: i64 }}\n\
         #[derive(Enum)] #[db_enum({of_enum})] pub enum Kind {{ Small, Large }}\n\
         #[derive(Model)] #[table({table})]\n\
         pub struct Thing {{\n\
             #[column({key})] pub id: i64,\n\
             #[column({field})] pub name: Option<String>,\n\
             #[column({other})] pub other_id: i64,\n\
             pub kind: Kind,\n\
         }}\n"
    );
    match scan(vec![SourceFile::new("models.rs", source)]) {
        Ok(scanned) => {
            for dialect in dialect::ALL {
                let Ok(wanted) = dialect.wanted(&scanned.models) else {
                    continue;
                };
                let again = dialect.canonical(wanted.schema.clone());
                assert_eq!(again, wanted.schema, "{}", dialect.name());
            }
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            for mistake in &mistakes {
                let text = &mistake.file.text;
                assert!(!mistake.message.is_empty());
                assert!(text.get(mistake.origin.span.clone()).is_some(), "{mistake}");
            }
            let reports: Vec<Report> = mistakes.iter().map(Report::from).collect();
            assert_eq!(reports.len(), mistakes.len());
        }
    }
});
