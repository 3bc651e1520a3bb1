//! Models of a schema: what `reflect` writes.
//!
//! Reading them back gives the schema again, for everything that the attribute
//! grammar can say. An attribute is written only where the scanner would infer
//! something else.

mod attributes;
mod enums;
mod names;
mod print;
mod rust_types;

use aludel_core::dialect::Dialect;
use aludel_core::schema::{Column, ForeignKey, Identity, Index, Schema, Table, Unique};
use proc_macro2::TokenStream;
use quote::quote;

use attributes::{
    action_keys, foreign_key_options, index_options, key_words, name_unless, own_options, value,
};
use enums::Enums;
use names::{Names, TableNames};
use print::{attribute, field};
use rust_types::RustTypes;

/// The models as one source file.
pub fn models(schema: &Schema, dialect: &dyn Dialect) -> String {
    let mut taken = names::taken();
    let names = Names::of(schema, &mut taken);
    let enums = Enums::of(schema, dialect, &names, &mut taken);
    let types = RustTypes::new(dialect, &enums);
    let import = if enums.need_derive() {
        "use aludel::{Enum, Model};\n"
    } else {
        "use aludel::Model;\n"
    };
    let mut items = vec![import.to_owned()];
    items.extend(enums.items());
    for table in schema.tables.values() {
        if let Some(own) = names.table(&table.name) {
            let writer = Writer {
                table,
                names: &names,
                own,
                types: &types,
            };
            items.push(writer.item());
        }
    }
    items.join("\n")
}

struct Writer<'a> {
    table: &'a Table,
    names: &'a Names,
    own: &'a TableNames,
    types: &'a RustTypes<'a>,
}

impl Writer<'_> {
    fn item(&self) -> String {
        let table = self.table;
        let mut lines = docs(table.comment.as_deref());
        lines.push("#[derive(Model)]".to_owned());
        let mut fields = Vec::new();
        let mut rest = Vec::new();
        for column in &table.columns {
            rest.extend(self.field(column, &mut fields));
        }
        rest.extend(self.shared());
        let own = self.table_keys();
        let attributes = own.into_iter().chain(rest);
        lines.extend(attributes.flat_map(|keys| attribute("table", keys, 0)));
        lines.push(format!("pub struct {} {{", self.own.ident));
        lines.extend(fields);
        lines.push("}\n".to_owned());
        lines.join("\n")
    }

    /// What the table says of itself alone.
    fn table_keys(&self) -> Vec<TokenStream> {
        let table = self.table;
        let options = &table.options;
        let mut keys = Vec::new();
        let mut text = |key: TokenStream, value: Option<&str>| {
            keys.extend(value.map(|value| quote!(#key = #value)));
        };
        let name = table.name.name.as_str();
        text(quote!(name), (self.own.inferred != name).then_some(name));
        text(
            quote!(schema),
            table.name.schema.as_ref().map(|s| s.as_str()),
        );
        text(quote!(comment), table.comment.as_deref());
        text(quote!(engine), options.engine.as_deref());
        text(quote!(charset), options.charset.as_deref());
        text(quote!(collate), options.collation.as_deref());
        keys.extend(options.strict.then(|| quote!(strict)));
        keys.extend(options.without_rowid.then(|| quote!(without_rowid)));
        if keys.is_empty() {
            keys
        } else {
            vec![quote!(#(#keys),*)]
        }
    }

    /// Writes the field; gives back the keys of its own that one field cannot
    /// say.
    fn field(&self, column: &Column, lines: &mut Vec<String>) -> Vec<TokenStream> {
        let found = self.types.of(column, self.table);
        let mut keys = Vec::new();
        if self.own.inferred_column(&column.name) != Some(column.name.as_str()) {
            let name = column.name.as_str();
            keys.push(quote!(name = #name));
        }
        keys.extend(found.said.clone());
        keys.extend(self.primary_key_of(column));
        keys.extend(self.numbering(column));
        if let Some(generated) = &column.generated {
            let expression = generated.expression.as_str();
            keys.push(quote!(generated = #expression));
            keys.extend(generated.stored.then(|| quote!(stored)));
        }
        if let Some(default) = &column.default {
            let default = value(default);
            keys.push(quote!(default = #default));
        }
        keys.extend(column.collation.as_ref().map(|c| quote!(collate = #c)));
        keys.extend(column.comment.as_ref().map(|c| quote!(comment = #c)));
        let rest = self.keys_of(column, &mut keys);
        let docs = docs(column.comment.as_deref()).into_iter();
        lines.extend(docs.map(|line| format!("    {line}")));
        if !keys.is_empty() {
            lines.extend(attribute("column", quote!(#(#keys),*), 1));
        }
        let ident = self.own.field(&column.name).to_string();
        let ty = if column.nullable {
            format!("Option<{}>", found.rust)
        } else {
            found.rust
        };
        lines.extend(field(&ident, &ty));
        rest
    }

    /// How rows are numbered, where the type does not say it: what a database
    /// has in its own way is said in the one word that all of them know, if it
    /// may stand there.
    fn numbering(&self, column: &Column) -> Option<TokenStream> {
        let key = self.table.primary_key.as_ref();
        let alone = key.is_some_and(|k| k.columns.as_slice() == std::slice::from_ref(&column.name));
        match column.identity {
            _ if !column.autoincrement => None,
            Some(Identity::ByDefault) if !alone => Some(quote!(identity)),
            None | Some(Identity::ByDefault) => Some(quote!(autoincrement)),
            Some(Identity::Always) => Some(quote!(identity_always)),
            Some(Identity::Serial) => None,
        }
    }

    fn primary_key_of(&self, column: &Column) -> Option<TokenStream> {
        let key = self.table.primary_key.as_ref()?;
        if key.columns.as_slice() != [column.name.clone()] {
            return None;
        }
        let prefix = key.parts().find_map(|(_, prefix)| prefix);
        let words = prefix.map(attributes::prefix_word);
        let options = name_unless(key.name.as_ref(), None);
        let options = own_options(words.into_iter().chain(options).collect());
        Some(quote!(primary_key #options))
    }

    /// Unique constraints, indexes and references of this column alone. A
    /// field says one unique constraint and one reference; more of them are
    /// for the struct.
    fn keys_of(&self, column: &Column, keys: &mut Vec<TokenStream>) -> Vec<TokenStream> {
        let mut rest = Vec::new();
        let alone = |columns: &[aludel_core::schema::Name]| {
            columns.len() == 1 && columns.first() == Some(&column.name)
        };
        let mut uniques = self.table.uniques.iter().filter(|u| alone(&u.columns));
        keys.extend(uniques.next().map(|u| {
            let options = own_options(self.unique_options(u));
            quote!(unique #options)
        }));
        rest.extend(uniques.map(|u| self.unique(u)));
        for index in self.table.indexes.iter().filter(|i| self.is_own(i, column)) {
            let words = index.keys.first().map(key_words);
            let words = words.filter(|words| !words.is_empty());
            let options = words.into_iter().chain(self.index_options(index)).collect();
            let options = own_options(options);
            keys.push(quote!(index #options));
        }
        let foreign = self.table.foreign_keys.iter();
        let mut foreign = foreign.filter(|k| alone(&k.columns));
        if let Some(key) = foreign.next() {
            keys.extend(self.reference(key));
        }
        rest.extend(foreign.map(|key| self.foreign_key(key)));
        rest
    }

    fn is_own(&self, index: &Index, column: &Column) -> bool {
        attributes::only_column(index) == Some(&column.name)
    }

    /// The keys over several columns, and the checks.
    fn shared(&self) -> Vec<TokenStream> {
        let table = self.table;
        let mut keys = Vec::new();
        if let Some(key) = table.primary_key.as_ref().filter(|k| k.columns.len() != 1) {
            let fields = key.parts().map(|(column, prefix)| {
                let field = self.own.in_attribute(column);
                let words = prefix.map(attributes::prefix_word);
                quote!(#field #words)
            });
            let options = name_unless(key.name.as_ref(), None);
            keys.push(quote!(primary_key(#(#fields),* #(, #options)*)));
        }
        let uniques = table.uniques.iter().filter(|u| u.columns.len() != 1);
        keys.extend(uniques.map(|u| self.unique(u)));
        let indexes = table.indexes.iter();
        let several = indexes.filter(|i| attributes::only_column(i).is_none());
        keys.extend(several.map(|i| self.index(i)));
        let foreign = table.foreign_keys.iter().filter(|k| k.columns.len() != 1);
        keys.extend(foreign.map(|k| self.foreign_key(k)));
        keys.extend(table.checks.iter().map(|check| {
            let expression = check.expression.as_str();
            let options = name_unless(check.name.as_ref(), None);
            quote!(check(#expression #(, #options)*))
        }));
        keys
    }

    fn unique_options(&self, unique: &Unique) -> Vec<TokenStream> {
        let twins = self
            .table
            .uniques
            .iter()
            .filter(|u| u.columns == unique.columns);
        let usual = (twins.count() == 1).then(|| self.usual("uq", &unique.columns));
        let mut options = name_unless(unique.name.as_ref(), usual);
        if !unique.include.is_empty() {
            let fields = self.own.fields(&unique.include);
            options.push(quote!(include(#(#fields),*)));
        }
        options.extend(
            unique
                .nulls_not_distinct
                .then(|| quote!(nulls_not_distinct)),
        );
        options.extend(attributes::deferrable(unique.deferrable));
        options
    }

    fn unique(&self, unique: &Unique) -> TokenStream {
        let fields = self.own.fields(&unique.columns);
        let options = self.unique_options(unique);
        quote!(unique(#(#fields),* #(, #options)*))
    }

    fn index_options(&self, index: &Index) -> Vec<TokenStream> {
        let same = |other: &&Index| {
            let unnamed = |i: &Index| Index {
                name: None,
                ..i.clone()
            };
            unnamed(other) == unnamed(index)
        };
        let alone = self.table.indexes.iter().filter(same).count() == 1;
        let columns = attributes::columns(index).filter(|_| alone);
        let usual = columns.map(|columns| self.usual("ix", &columns));
        index_options(index, usual, self.own)
    }

    fn index(&self, index: &Index) -> TokenStream {
        let keys = index.keys.iter().map(|key| attributes::key(key, self.own));
        let options = self.index_options(index);
        quote!(index(#(#keys),* #(, #options)*))
    }

    /// `references = User::id`, where nothing but the actions is said.
    fn reference(&self, key: &ForeignKey) -> Vec<TokenStream> {
        let target = self.names.single_target(key);
        let usual = self.usual_foreign_key(key);
        let options = foreign_key_options(key, usual);
        let mut keys = if options.is_empty() {
            vec![quote!(references = #target)]
        } else {
            vec![quote!(references(#target #(, #options)*))]
        };
        keys.extend(action_keys(key));
        keys
    }

    fn foreign_key(&self, key: &ForeignKey) -> TokenStream {
        let fields = self.own.fields(&key.columns);
        let target = self.names.target(key);
        let options = foreign_key_options(key, self.usual_foreign_key(key));
        let options = action_keys(key).into_iter().chain(options);
        quote!(foreign_key(#(#fields),* => #target #(, #options)*))
    }

    fn usual_foreign_key(&self, key: &ForeignKey) -> Option<String> {
        let same = |k: &&ForeignKey| k.columns == key.columns && k.references == key.references;
        let alone = self.table.foreign_keys.iter().filter(same).count() == 1;
        alone.then(|| format!("{}_{}", self.usual("fk", &key.columns), key.references.name))
    }

    /// The name that a new one would get with the usual patterns.
    fn usual(&self, prefix: &str, columns: &[aludel_core::schema::Name]) -> String {
        let columns: Vec<&str> = columns.iter().map(|c| c.as_str()).collect();
        format!("{prefix}_{}_{}", self.table.name.name, columns.join("_"))
    }
}

fn docs(text: Option<&str>) -> Vec<String> {
    let lines = text.into_iter().flat_map(str::lines);
    lines
        .map(|line| format!("/// {line}").trim_end().to_owned())
        .collect()
}
