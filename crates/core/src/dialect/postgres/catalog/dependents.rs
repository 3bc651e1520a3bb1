//! What leans on what: the notes of `pg_depend`.
//!
//! Owns the one query for all of it. What goes along with its table by itself
//! (a constraint, an index) counts where it leans on a type or a function. What a
//! partition has from its parent does not: whatever happens to that reaches it.

use super::Row;
use crate::dialect::{Dependent, DependentKind, Snapshot, Support, TextRow};
use crate::error::Result;
use crate::schema::{Name, TableName};

/// What is leaned on (its sort, schema, name, column), and what leans on it (its
/// kind, then up to three parts of its name, and what a function takes or the
/// publication). A view is meant where the server speaks of its rule.
pub(super) const DEPENDENTS: &str = "SELECT DISTINCT s.sort, NULLIF(s.place::text, {default}), s.name, s.part, o.type, NULLIF((COALESCE(ty.names, o.object_names))[1], {default}), (COALESCE(ty.names, o.object_names))[2], (COALESCE(ty.names, o.object_names))[3], \
        CASE s.class WHEN 'pg_catalog.pg_proc'::pg_catalog.regclass THEN pg_catalog.pg_get_function_identity_arguments(s.id) WHEN 'pg_catalog.pg_publication_rel'::pg_catalog.regclass THEN o.object_args[1] ELSE NULL END \
    FROM (SELECT b.sort, b.place, b.name, b.part, \
            CASE WHEN g.rulename = '_RETURN' THEN 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid ELSE b.classid END AS class, \
            CASE WHEN g.rulename = '_RETURN' THEN g.ev_class ELSE b.objid END AS id, \
            CASE WHEN r.relkind IN ('v', 'm', 'c') THEN 0 ELSE b.objsubid END AS sub \
        FROM (SELECT CASE c.relkind WHEN 'c' THEN 'type' ELSE 'relation' END, n.nspname, c.relname::text, a.attname::text, d.classid, d.objid, d.objsubid, c.oid \
            FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c ON c.oid = d.refobjid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum::pg_catalog.int4 = d.refobjsubid AND d.refobjsubid > 0 \
            WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.relkind IN ('r', 'p', 'v', 'm', 'c') AND NOT c.relispartition AND (d.deptype = 'n' OR (d.deptype = 'a' AND d.refobjsubid > 0)) \
                AND d.classid IN ('pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_trigger'::pg_catalog.regclass, 'pg_catalog.pg_policy'::pg_catalog.regclass, 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, \
                    'pg_catalog.pg_publication_rel'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_constraint'::pg_catalog.regclass, 'pg_catalog.pg_class'::pg_catalog.regclass) \
                AND (d.classid <> 'pg_catalog.pg_class'::pg_catalog.regclass OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = d.objid AND h.inhparent = c.oid)) \
                AND (d.classid <> 'pg_catalog.pg_constraint'::pg_catalog.regclass OR EXISTS (SELECT FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class kc ON kc.oid = k.conrelid JOIN pg_catalog.pg_namespace kn ON kn.oid = kc.relnamespace WHERE k.oid = d.objid AND kn.nspname NOT IN {schemas})) \
        UNION ALL SELECT CASE WHEN c.relkind IN ('r', 'p', 'v', 'm', 'f') THEN 'relation' ELSE 'type' END, n.nspname, t.typname::text, NULL, d.classid, d.objid, d.objsubid, c.oid \
            FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_type x ON x.oid = d.refobjid JOIN pg_catalog.pg_type t ON t.oid = CASE WHEN x.typlen = (-1)::pg_catalog.int2 AND x.typelem <> 0::pg_catalog.oid THEN x.typelem ELSE x.oid END \
                JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid \
            WHERE d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.typtype IN ('c', 'd', 'r', 'e') AND d.deptype = 'n' \
        UNION ALL SELECT 'function', n.nspname, p.proname::text || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', NULL, d.classid, d.objid, d.objsubid, NULL \
            FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
            WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.deptype = 'n' \
        ) b(sort, place, name, part, classid, objid, objsubid, self) \
        LEFT JOIN pg_catalog.pg_rewrite g ON b.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND g.oid = b.objid \
        LEFT JOIN pg_catalog.pg_attrdef f ON b.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND f.oid = b.objid \
        LEFT JOIN pg_catalog.pg_constraint k ON b.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = b.objid AND k.coninhcount > 0 \
        LEFT JOIN pg_catalog.pg_class r ON r.oid = CASE WHEN b.classid = 'pg_catalog.pg_class'::pg_catalog.regclass THEN b.objid ELSE COALESCE(f.adrelid, k.conrelid) END \
        WHERE b.place IN {schemas} AND (g.ev_class IS NULL OR g.rulename <> '_RETURN' OR g.ev_class IS DISTINCT FROM b.self) AND r.relispartition IS NOT TRUE \
            AND (b.classid <> 'pg_catalog.pg_proc'::pg_catalog.regclass OR NOT EXISTS (SELECT FROM pg_catalog.pg_depend i WHERE i.classid = b.classid AND i.objid = b.objid AND i.deptype = 'i')) \
            AND (b.classid <> 'pg_catalog.pg_trigger'::pg_catalog.regclass OR NOT EXISTS (SELECT FROM pg_catalog.pg_depend i WHERE i.classid = b.classid AND i.objid = b.objid AND i.deptype = 'P')) \
        ) s CROSS JOIN LATERAL pg_catalog.pg_identify_object_as_address(s.class, s.id, s.sub) o \
        LEFT JOIN LATERAL (SELECT ARRAY[tn.nspname::text, t.typname::text] FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace WHERE s.class = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.oid = s.id \
            UNION ALL SELECT ARRAY[tn.nspname::text, t.typname::text] FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_type t ON t.oid = k.contypid JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace WHERE s.class = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = s.id) ty(names) ON true \
    ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9";

pub(super) fn read(snapshot: &mut Snapshot, rows: &[TextRow]) -> Result<()> {
    for row in rows {
        let row = Row(row);
        let base = row.table_name(1)?;
        let on = match (row.text(0)?, row.maybe(3)) {
            ("relation", Some(column)) => Support::Column(base, Name::from(column)),
            ("relation", None) => Support::Relation(base),
            ("function", _) => Support::Function(base),
            _ => Support::Type(base),
        };
        let found = dependent(row, on);
        // A domain has its checks and its default.
        let itself =
            found.kind == DependentKind::Type && found.on == Support::Type(found.name.clone());
        if !itself && !snapshot.dependents.contains(&found) {
            snapshot.dependents.push(found);
        }
    }
    Ok(())
}

fn dependent(row: Row<'_>, on: Support) -> Dependent {
    let kind = match row.maybe(4).unwrap_or_default() {
        "view" => DependentKind::View,
        "materialized view" => DependentKind::MaterializedView,
        "rule" => DependentKind::Rule,
        "trigger" => DependentKind::Trigger,
        "policy" => DependentKind::Policy,
        "statistics object" => DependentKind::Statistics,
        "publication relation" => DependentKind::Publication,
        "function" | "procedure" | "aggregate" => DependentKind::Function,
        "table column" | "foreign table column" => DependentKind::Column,
        "default value" => DependentKind::Default,
        "table constraint" => DependentKind::Constraint,
        "index" => DependentKind::Index,
        "table" | "foreign table" => DependentKind::Table,
        "type" | "composite type" | "domain constraint" => DependentKind::Type,
        _ => DependentKind::Other,
    };
    let schema = row.maybe(5).map(Name::from);
    let (second, third) = (row.maybe(6).unwrap_or_default(), row.maybe(7));
    let named = |name: &str| TableName {
        schema: schema.clone(),
        name: Name::from(name),
    };
    let more = row.maybe(8);
    let (name, table) = match (kind, third, more) {
        (DependentKind::Function, _, arguments) => {
            let arguments = arguments.unwrap_or_default();
            (named(&format!("{second}({arguments})")), None)
        }
        (DependentKind::Publication, _, publication) => {
            let name = TableName::new(publication.unwrap_or_default());
            (name, Some(named(second)))
        }
        // A part of a table: its schema, its table, its name.
        (_, Some(part), _) => (named(part), Some(named(second))),
        _ => (named(second), None),
    };
    Dependent {
        kind,
        name,
        table,
        on,
    }
}
