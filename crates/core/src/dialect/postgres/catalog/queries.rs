//! The catalogue queries.
//!
//! Every one yields texts. `{schemas}` is the list of the schemas that are
//! looked at, `{default}` the default one, `{table}` the condition that a
//! relation `c` in the schema `n` is a table that models can say, `{free:x}`
//! that the object of the catalogue `x` belongs to no extension. Only operators
//! that `pg_catalog` has for exactly these types are used, so that no other
//! operator on the search path is ever called.

use super::dependents::DEPENDENTS;
use crate::dialect::postgres::name::string;
use crate::dialect::{ObjectKind, Scope};

/// The version and the default schema, which stays known as `aludel.schema`.
const SERVER: &str = "SELECT pg_catalog.current_setting('server_version_num'), \
    pg_catalog.set_config('aludel.schema', COALESCE(NULLIF(pg_catalog.current_setting('aludel.schema', true), ''), pg_catalog.current_schema()::text, ''), true), \
    pg_catalog.set_config('aludel.path', pg_catalog.current_setting('search_path'), true)";

/// With the default schema alone on the path, everything in it is written
/// without a schema, and everything else with one.
const PATH: &str =
    "SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident({default}), true)";

const PATH_AGAIN: &str =
    "SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('aludel.path'), true)";

const ENUMS: &str = "SELECT t.oid::text, NULLIF(n.nspname::text, {default}), t.typname::text, e.enumlabel::text \
    FROM pg_catalog.pg_type t \
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
    LEFT JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid \
    WHERE n.nspname IN {schemas} AND t.typtype = 'e' AND {free:pg_type t} \
    ORDER BY t.oid, e.enumsortorder";

const TABLES: &str = "SELECT c.oid::text, NULLIF(n.nspname::text, {default}), c.relname::text, \
        CASE WHEN c.relpersistence = 'u' THEN 'UNLOGGED' END, \
        (SELECT 'INHERITS (' || pg_catalog.string_agg(i.inhparent::pg_catalog.regclass::text, ', ' ORDER BY i.inhseqno) || ')' FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid), \
        CASE WHEN c.relkind = 'p' THEN 'PARTITION BY ' || pg_catalog.pg_get_partkeydef(c.oid) END, \
        CASE WHEN am.amname <> 'heap' THEN 'USING ' || pg_catalog.quote_ident(am.amname) END, \
        {options:c}, \
        'TABLESPACE ' || pg_catalog.quote_ident(ts.spcname), \
        CASE WHEN c.reloftype <> 0 THEN pg_catalog.format_type(c.reloftype, NULL) END, \
        CASE c.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN 'nothing' WHEN 'i' THEN 'an index' END, \
        d.description \
    FROM pg_catalog.pg_class c \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam \
    LEFT JOIN pg_catalog.pg_tablespace ts ON ts.oid = c.reltablespace \
    LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0 \
    WHERE {table}";

const COLUMNS: &str = "SELECT a.attrelid::text, a.attname::text, \
        pg_catalog.format_type(a.atttypid, a.atttypmod), \
        COALESCE(e.oid, t.oid)::text, \
        a.attnotnull::text, NULLIF(a.attidentity::text, ''), NULLIF(a.attgenerated::text, ''), \
        pg_catalog.pg_get_expr(ad.adbin, ad.adrelid), \
        CASE WHEN cn.nspname = 'pg_catalog' THEN NULL ELSE NULLIF(cn.nspname::text, {default}) END, co.collname::text, \
        CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END, \
        d.description \
    FROM pg_catalog.pg_attribute a \
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
    LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid \
    LEFT JOIN pg_catalog.pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum \
    LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation AND a.attcollation <> t.typcollation \
    LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace \
    LEFT JOIN pg_catalog.pg_description d ON d.objoid = a.attrelid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = a.attnum \
    WHERE {table} AND a.attnum > 0 AND NOT a.attisdropped \
    ORDER BY a.attrelid, a.attnum";

/// Only what belongs to the table itself: no copies of a parent's constraints.
const CONSTRAINTS: &str = "SELECT k.conrelid::text, k.conname::text, k.contype::text, \
        pg_catalog.pg_get_constraintdef(k.oid), \
        CASE WHEN k.contype IN ('p', 'u') THEN {options:ic} END, \
        CASE WHEN k.contype IN ('p', 'u') THEN 'USING INDEX TABLESPACE ' || pg_catalog.quote_ident(ts.spcname) END, \
        d.description \
    FROM pg_catalog.pg_constraint k \
    JOIN pg_catalog.pg_class c ON c.oid = k.conrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    LEFT JOIN pg_catalog.pg_class ic ON ic.oid = k.conindid \
    LEFT JOIN pg_catalog.pg_tablespace ts ON ts.oid = ic.reltablespace \
    LEFT JOIN pg_catalog.pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.objsubid = 0 \
    WHERE {table} AND k.contype IN ('c', 'f', 'p', 'u', 'x') AND k.conparentid = 0 AND k.conislocal \
    ORDER BY k.conrelid, k.conname";

/// Those that no constraint implies.
const INDEXES: &str = "SELECT i.indrelid::text, ic.relname::text, pg_catalog.pg_get_indexdef(i.indexrelid), \
        (i.indisvalid OR c.relkind = 'p')::text, \
        'TABLESPACE ' || pg_catalog.quote_ident(ts.spcname), \
        d.description \
    FROM pg_catalog.pg_index i \
    JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid \
    JOIN pg_catalog.pg_class c ON c.oid = i.indrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x') \
    LEFT JOIN pg_catalog.pg_tablespace ts ON ts.oid = ic.reltablespace \
    LEFT JOIN pg_catalog.pg_description d ON d.objoid = ic.oid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0 \
    WHERE {table} AND k.oid IS NULL AND NOT ic.relispartition \
    ORDER BY i.indrelid, ic.relname";

/// Those that belong to a column.
const SEQUENCES: &str = "SELECT dp.refobjid::text, a.attname::text, dp.deptype::text, \
        NULLIF(sn.nspname::text, {default}), s.relname::text, s.oid::pg_catalog.regclass::text, \
        pg_catalog.format_type(q.seqtypid, NULL), q.seqstart::text, q.seqincrement::text, q.seqmin::text, q.seqmax::text, q.seqcache::text, q.seqcycle::text \
    FROM pg_catalog.pg_sequence q \
    JOIN pg_catalog.pg_class s ON s.oid = q.seqrelid \
    JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace \
    JOIN pg_catalog.pg_depend dp ON dp.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND dp.objid = s.oid AND dp.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND dp.refobjsubid > 0 AND dp.deptype IN ('a', 'i') \
    JOIN pg_catalog.pg_class c ON c.oid = dp.refobjid \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = dp.refobjsubid \
    WHERE {table}";

/// The first queries, in the order of [`queries`].
const PARTS: &[&str] = &[
    SERVER,
    PATH,
    ENUMS,
    TABLES,
    COLUMNS,
    CONSTRAINTS,
    INDEXES,
    SEQUENCES,
    DEPENDENTS,
];

/// How many answers come before those of [`OBJECTS`].
pub(super) const BEFORE_OBJECTS: usize = PARTS.len();

/// Whole objects that models cannot say: what they are, the word for them in
/// notes (none where they need no note), and the query for schema, name, table,
/// statement and a detail of each. Where there is no statement, none can be
/// made.
pub(super) const OBJECTS: &[(ObjectKind, &str, &str)] = &[
    (
        ObjectKind::Schema,
        "",
        "SELECT NULL, n.nspname::text, NULL, 'CREATE SCHEMA IF NOT EXISTS ' || pg_catalog.quote_ident(n.nspname), NULL \
         FROM pg_catalog.pg_namespace n WHERE n.nspname IN {schemas} AND n.nspname::text <> {default} ORDER BY n.oid",
    ),
    (
        ObjectKind::Extension,
        "extension",
        "SELECT NULL, e.extname::text, NULL, 'CREATE EXTENSION IF NOT EXISTS ' || pg_catalog.quote_ident(e.extname) || CASE WHEN n.nspname::text = {default} OR n.nspname = 'pg_catalog' THEN '' ELSE ' SCHEMA ' || pg_catalog.quote_ident(n.nspname) END, 'version ' || e.extversion \
         FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql' ORDER BY e.oid",
    ),
    (
        ObjectKind::Type,
        "collation",
        "SELECT NULLIF(n.nspname::text, {default}), o.collname::text, NULL, 'CREATE COLLATION ' || {name:n.nspname o.collname} || ' (PROVIDER = ' || CASE o.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END || \
            COALESCE(', LOCALE = ' || pg_catalog.quote_literal(COALESCE(pg_catalog.to_jsonb(o) ->> 'colllocale', pg_catalog.to_jsonb(o) ->> 'colliculocale')), ', LC_COLLATE = ' || pg_catalog.quote_literal(o.collcollate) || ', LC_CTYPE = ' || pg_catalog.quote_literal(o.collctype)) || \
            CASE WHEN o.collisdeterministic THEN '' ELSE ', DETERMINISTIC = false' END || ')', NULL \
         FROM pg_catalog.pg_collation o JOIN pg_catalog.pg_namespace n ON n.oid = o.collnamespace WHERE n.nspname IN {schemas} AND {free:pg_collation o} ORDER BY o.oid",
    ),
    (
        ObjectKind::Type,
        "composite type",
        "SELECT NULLIF(n.nspname::text, {default}), t.typname::text, NULL, 'CREATE TYPE ' || {name:n.nspname t.typname} || ' AS (' || COALESCE((SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname) || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod) || CASE WHEN co.oid IS NULL THEN '' ELSE ' COLLATE ' || {name:cn.nspname co.collname} END, ', ' ORDER BY a.attnum) \
            FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation AND a.attcollation <> ty.typcollation LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '') || ')', NULL \
         FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace JOIN pg_catalog.pg_class c ON c.oid = t.typrelid WHERE n.nspname IN {schemas} AND t.typtype = 'c' AND c.relkind = 'c' AND {free:pg_type t} ORDER BY t.oid",
    ),
    (
        ObjectKind::Type,
        "range type",
        "SELECT NULLIF(n.nspname::text, {default}), t.typname::text, NULL, 'CREATE TYPE ' || {name:n.nspname t.typname} || ' AS RANGE (SUBTYPE = ' || pg_catalog.format_type(r.rngsubtype, NULL) || \
            CASE WHEN oc.opcdefault THEN '' ELSE ', SUBTYPE_OPCLASS = ' || {name:ocn.nspname oc.opcname} END || CASE WHEN co.oid IS NULL THEN '' ELSE ', COLLATION = ' || {name:cn.nspname co.collname} END || \
            CASE WHEN r.rngcanonical::oid = 0 THEN '' ELSE ', CANONICAL = ' || r.rngcanonical::text END || CASE WHEN r.rngsubdiff::oid = 0 THEN '' ELSE ', SUBTYPE_DIFF = ' || r.rngsubdiff::text END || ')', NULL \
         FROM pg_catalog.pg_range r JOIN pg_catalog.pg_type t ON t.oid = r.rngtypid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace JOIN pg_catalog.pg_type st ON st.oid = r.rngsubtype \
            JOIN pg_catalog.pg_opclass oc ON oc.oid = r.rngsubopc JOIN pg_catalog.pg_namespace ocn ON ocn.oid = oc.opcnamespace \
            LEFT JOIN pg_catalog.pg_collation co ON co.oid = r.rngcollation AND r.rngcollation <> st.typcollation LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace \
         WHERE n.nspname IN {schemas} AND {free:pg_type t} ORDER BY t.oid",
    ),
    (
        ObjectKind::Type,
        "domain",
        "SELECT NULLIF(n.nspname::text, {default}), t.typname::text, NULL, 'CREATE DOMAIN ' || {name:n.nspname t.typname} || ' AS ' || pg_catalog.format_type(t.typbasetype, t.typtypmod) || \
            CASE WHEN co.oid IS NULL THEN '' ELSE ' COLLATE ' || {name:cn.nspname co.collname} END || COALESCE(' DEFAULT ' || pg_catalog.pg_get_expr(t.typdefaultbin, 0), '') || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END || \
            COALESCE((SELECT ' ' || pg_catalog.string_agg('CONSTRAINT ' || pg_catalog.quote_ident(k.conname) || ' ' || pg_catalog.pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname) FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'), ''), NULL \
         FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace JOIN pg_catalog.pg_type bt ON bt.oid = t.typbasetype \
            LEFT JOIN pg_catalog.pg_collation co ON co.oid = t.typcollation AND t.typcollation <> bt.typcollation LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace \
         WHERE n.nspname IN {schemas} AND t.typtype = 'd' AND {free:pg_type t} ORDER BY t.oid",
    ),
    (
        ObjectKind::Sequence,
        "sequence",
        "SELECT NULLIF(n.nspname::text, {default}), c.relname::text, NULL, 'CREATE SEQUENCE ' || {name:n.nspname c.relname} || ' AS ' || pg_catalog.format_type(q.seqtypid, NULL) || ' INCREMENT BY ' || q.seqincrement::text || ' MINVALUE ' || q.seqmin::text || ' MAXVALUE ' || q.seqmax::text || ' START WITH ' || q.seqstart::text || ' CACHE ' || q.seqcache::text || CASE WHEN q.seqcycle THEN ' CYCLE' ELSE '' END, NULL \
         FROM pg_catalog.pg_sequence q JOIN pg_catalog.pg_class c ON c.oid = q.seqrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname IN {schemas} AND {free:pg_class c} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend dp WHERE dp.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND dp.objid = c.oid AND dp.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND dp.refobjsubid > 0 AND dp.deptype IN ('a', 'i')) ORDER BY c.oid",
    ),
    (
        ObjectKind::Function,
        "function",
        "SELECT NULLIF(n.nspname::text, {default}), p.proname::text || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', NULL, \
            CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) \
                 WHEN g.aggkind = 'n' THEN 'CREATE AGGREGATE ' || {name:n.nspname p.proname} || '(' || CASE WHEN p.pronargs = 0 THEN '*' ELSE pg_catalog.pg_get_function_arguments(p.oid) END || ') (SFUNC = ' || g.aggtransfn::text || ', STYPE = ' || pg_catalog.format_type(g.aggtranstype, NULL) || CASE WHEN g.aggfinalfn::oid = 0 THEN '' ELSE ', FINALFUNC = ' || g.aggfinalfn::text END || CASE WHEN g.aggcombinefn::oid = 0 THEN '' ELSE ', COMBINEFUNC = ' || g.aggcombinefn::text END || COALESCE(', INITCOND = ' || pg_catalog.quote_literal(g.agginitval), '') || CASE p.proparallel WHEN 's' THEN ', PARALLEL = SAFE' WHEN 'r' THEN ', PARALLEL = RESTRICTED' ELSE '' END || ')' END, NULL \
         FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace LEFT JOIN pg_catalog.pg_aggregate g ON g.aggfnoid::oid = p.oid \
         WHERE n.nspname IN {schemas} AND {free:pg_proc p} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend dp WHERE dp.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND dp.objid = p.oid AND dp.deptype = 'i') ORDER BY p.oid",
    ),
    (
        ObjectKind::Operator,
        "operator",
        "SELECT NULLIF(n.nspname::text, {default}), o.oprname::text || '(' || COALESCE(pg_catalog.format_type(NULLIF(o.oprleft, 0), NULL), 'none') || ', ' || COALESCE(pg_catalog.format_type(NULLIF(o.oprright, 0), NULL), 'none') || ')', NULL, \
            'CREATE OPERATOR ' || {operator:n.nspname o.oprname} || ' (FUNCTION = ' || o.oprcode::text || COALESCE(', LEFTARG = ' || pg_catalog.format_type(NULLIF(o.oprleft, 0), NULL), '') || COALESCE(', RIGHTARG = ' || pg_catalog.format_type(NULLIF(o.oprright, 0), NULL), '') || \
            CASE WHEN co.oid IS NULL THEN '' ELSE ', COMMUTATOR = OPERATOR(' || {operator:cn.nspname co.oprname} || ')' END || CASE WHEN ne.oid IS NULL THEN '' ELSE ', NEGATOR = OPERATOR(' || {operator:nn.nspname ne.oprname} || ')' END || \
            CASE WHEN o.oprrest::oid = 0 THEN '' ELSE ', RESTRICT = ' || o.oprrest::text END || CASE WHEN o.oprjoin::oid = 0 THEN '' ELSE ', JOIN = ' || o.oprjoin::text END || CASE WHEN o.oprcanhash THEN ', HASHES' ELSE '' END || CASE WHEN o.oprcanmerge THEN ', MERGES' ELSE '' END || ')', NULL \
         FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace LEFT JOIN pg_catalog.pg_operator co ON co.oid = o.oprcom LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.oprnamespace \
            LEFT JOIN pg_catalog.pg_operator ne ON ne.oid = o.oprnegate LEFT JOIN pg_catalog.pg_namespace nn ON nn.oid = ne.oprnamespace \
         WHERE n.nspname IN {schemas} AND o.oprcode::oid <> 0 AND {free:pg_operator o} ORDER BY o.oid",
    ),
    (
        ObjectKind::Operator,
        "operator class",
        "SELECT NULLIF(n.nspname::text, {default}), oc.opcname::text || ' using ' || am.amname::text, NULL, \
            'CREATE OPERATOR CLASS ' || {name:n.nspname oc.opcname} || CASE WHEN oc.opcdefault THEN ' DEFAULT' ELSE '' END || ' FOR TYPE ' || pg_catalog.format_type(oc.opcintype, NULL) || ' USING ' || pg_catalog.quote_ident(am.amname) || ' AS ' || \
            pg_catalog.concat_ws(', ', \
                (SELECT pg_catalog.string_agg('OPERATOR ' || ao.amopstrategy::text || ' ' || ao.amopopr::pg_catalog.regoperator::text || COALESCE(' FOR ORDER BY ' || (SELECT {name:sn.nspname sf.opfname} FROM pg_catalog.pg_opfamily sf JOIN pg_catalog.pg_namespace sn ON sn.oid = sf.opfnamespace WHERE sf.oid = ao.amopsortfamily), ''), ', ' ORDER BY ao.amopstrategy, ao.oid) \
                 FROM pg_catalog.pg_amop ao WHERE ao.amopfamily = oc.opcfamily AND ao.amoplefttype = oc.opcintype AND ao.amoprighttype = oc.opcintype), \
                (SELECT pg_catalog.string_agg('FUNCTION ' || ap.amprocnum::text || ' ' || ap.amproc::pg_catalog.regprocedure::text, ', ' ORDER BY ap.amprocnum) \
                 FROM pg_catalog.pg_amproc ap WHERE ap.amprocfamily = oc.opcfamily AND ap.amproclefttype = oc.opcintype AND ap.amprocrighttype = oc.opcintype), \
                'STORAGE ' || pg_catalog.format_type(COALESCE(NULLIF(oc.opckeytype, 0), oc.opcintype), NULL)), NULL \
         FROM pg_catalog.pg_opclass oc JOIN pg_catalog.pg_namespace n ON n.oid = oc.opcnamespace JOIN pg_catalog.pg_am am ON am.oid = oc.opcmethod \
         WHERE n.nspname IN {schemas} AND {free:pg_opclass oc} ORDER BY oc.oid",
    ),
    (
        ObjectKind::Operator,
        "cast",
        "SELECT NULL, '(' || pg_catalog.format_type(k.castsource, NULL) || ' AS ' || pg_catalog.format_type(k.casttarget, NULL) || ')', NULL, \
            CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname IN {schemas} AND (t.oid = k.castsource OR t.oid = k.casttarget)) THEN \
            'CREATE CAST (' || pg_catalog.format_type(k.castsource, NULL) || ' AS ' || pg_catalog.format_type(k.casttarget, NULL) || ')' || CASE k.castmethod WHEN 'f' THEN ' WITH FUNCTION ' || k.castfunc::pg_catalog.regprocedure::text WHEN 'i' THEN ' WITH INOUT' ELSE ' WITHOUT FUNCTION' END || CASE k.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END END, NULL \
         FROM pg_catalog.pg_cast k WHERE k.oid >= 16384::oid AND {free:pg_cast k} \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend dp WHERE dp.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass AND dp.objid = k.oid AND dp.deptype = 'i') ORDER BY k.oid",
    ),
    (
        ObjectKind::Other,
        "text search object",
        "SELECT NULLIF(n.nspname::text, {default}), t.what || ' ' || t.name, NULL, NULL, NULL \
         FROM (SELECT 'configuration', c.cfgname::text, c.cfgnamespace, 'pg_catalog.pg_ts_config'::pg_catalog.regclass, c.oid FROM pg_catalog.pg_ts_config c \
            UNION ALL SELECT 'dictionary', c.dictname::text, c.dictnamespace, 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, c.oid FROM pg_catalog.pg_ts_dict c \
            UNION ALL SELECT 'parser', c.prsname::text, c.prsnamespace, 'pg_catalog.pg_ts_parser'::pg_catalog.regclass, c.oid FROM pg_catalog.pg_ts_parser c \
            UNION ALL SELECT 'template', c.tmplname::text, c.tmplnamespace, 'pg_catalog.pg_ts_template'::pg_catalog.regclass, c.oid FROM pg_catalog.pg_ts_template c) t(what, name, place, class, oid) \
         JOIN pg_catalog.pg_namespace n ON n.oid = t.place \
         WHERE n.nspname IN {schemas} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = t.class::pg_catalog.oid AND x.objid = t.oid AND x.deptype IN ('e', 'x')) ORDER BY t.what, t.oid",
    ),
    (
        ObjectKind::Other,
        "publication",
        "SELECT NULL, p.pubname::text, NULL, NULL, NULL FROM pg_catalog.pg_publication p WHERE {free:pg_publication p} ORDER BY p.oid",
    ),
    (
        ObjectKind::Other,
        "event trigger",
        "SELECT NULL, e.evtname::text, NULL, NULL, 'on ' || e.evtevent::text FROM pg_catalog.pg_event_trigger e WHERE {free:pg_event_trigger e} ORDER BY e.oid",
    ),
    (
        ObjectKind::Partition,
        "partition",
        "SELECT NULLIF(n.nspname::text, {default}), c.relname::text, NULL, 'CREATE TABLE ' || {name:n.nspname c.relname} || ' PARTITION OF ' || i.inhparent::pg_catalog.regclass::text || ' ' || pg_catalog.pg_get_expr(c.relpartbound, c.oid) || CASE WHEN c.relkind = 'p' THEN ' PARTITION BY ' || pg_catalog.pg_get_partkeydef(c.oid) ELSE '' END, 'of ' || i.inhparent::pg_catalog.regclass::text \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid \
         WHERE n.nspname IN {schemas} AND c.relispartition AND c.relkind IN ('r', 'p') AND {free:pg_class c} ORDER BY c.oid",
    ),
    (
        ObjectKind::View,
        "view",
        "SELECT NULLIF(n.nspname::text, {default}), c.relname::text, NULL, 'CREATE VIEW ' || {name:n.nspname c.relname} || COALESCE(' ' || {options:c}, '') || ' AS' || pg_catalog.chr(10) || pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), ';'), NULL \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN {schemas} AND c.relkind = 'v' AND {free:pg_class c} ORDER BY c.oid",
    ),
    (
        ObjectKind::MaterializedView,
        "materialized view",
        "SELECT NULLIF(n.nspname::text, {default}), c.relname::text, NULL, 'CREATE MATERIALIZED VIEW ' || {name:n.nspname c.relname} || COALESCE(' ' || {options:c}, '') || ' AS' || pg_catalog.chr(10) || pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), ';') || CASE WHEN c.relispopulated THEN '' ELSE pg_catalog.chr(10) || ' WITH NO DATA' END, NULL \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN {schemas} AND c.relkind = 'm' AND {free:pg_class c} ORDER BY c.oid",
    ),
    (
        ObjectKind::Index,
        "",
        "SELECT NULLIF(n.nspname::text, {default}), ic.relname::text, c.relname::text, pg_catalog.pg_get_indexdef(i.indexrelid), NULL \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname IN {schemas} AND c.relkind = 'm' AND {free:pg_class c} ORDER BY ic.oid",
    ),
    (
        ObjectKind::Trigger,
        "trigger",
        "SELECT NULLIF(n.nspname::text, {default}), t.tgname::text, c.relname::text, pg_catalog.pg_get_triggerdef(t.oid, true), CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'A' THEN 'enabled always' WHEN 'R' THEN 'enabled on replicas' END \
         FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname IN {schemas} AND NOT t.tgisinternal AND {free:pg_trigger t} AND {free:pg_class c} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend dp WHERE dp.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND dp.objid = t.oid AND dp.refclassid = 'pg_catalog.pg_trigger'::pg_catalog.regclass) ORDER BY t.oid",
    ),
    (
        ObjectKind::Rule,
        "rule",
        "SELECT NULLIF(n.nspname::text, {default}), r.rulename::text, c.relname::text, pg_catalog.rtrim(pg_catalog.pg_get_ruledef(r.oid, true), ';'), NULL \
         FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname IN {schemas} AND r.rulename <> '_RETURN' AND {free:pg_class c} ORDER BY r.oid",
    ),
    (
        ObjectKind::Policy,
        "row level security",
        "SELECT NULLIF(n.nspname::text, {default}), c.relname::text, NULL, 'ALTER TABLE ' || {name:n.nspname c.relname} || CASE WHEN c.relrowsecurity AND c.relforcerowsecurity THEN ' ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY' WHEN c.relrowsecurity THEN ' ENABLE ROW LEVEL SECURITY' ELSE ' FORCE ROW LEVEL SECURITY' END, NULL \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN {schemas} AND (c.relrowsecurity OR c.relforcerowsecurity) AND {free:pg_class c} ORDER BY c.oid",
    ),
    (
        ObjectKind::Policy,
        "policy",
        "SELECT NULLIF(n.nspname::text, {default}), p.polname::text, c.relname::text, 'CREATE POLICY ' || pg_catalog.quote_ident(p.polname) || ' ON ' || {name:n.nspname c.relname} || CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END || \
            CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' ELSE '' END || COALESCE((SELECT ' TO ' || pg_catalog.string_agg(pg_catalog.quote_ident(o.rolname), ', ' ORDER BY o.rolname) FROM pg_catalog.pg_roles o WHERE o.oid = ANY (p.polroles)), '') || \
            COALESCE(' USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', '') || COALESCE(' WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')', ''), NULL \
         FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN {schemas} AND {free:pg_class c} ORDER BY p.oid",
    ),
    (
        ObjectKind::Statistics,
        "statistics",
        "SELECT NULLIF(n.nspname::text, {default}), s.stxname::text, c.relname::text, pg_catalog.pg_get_statisticsobjdef(s.oid), NULL \
         FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_class c ON c.oid = s.stxrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN {schemas} AND {free:pg_class c} ORDER BY s.oid",
    ),
    (
        ObjectKind::Property,
        "",
        "SELECT f.place, f.own, f.part_of, f.words, NULL FROM ( \
            SELECT NULLIF(n.nspname::text, {default}) AS place, c.relname::text AS own, NULL::text AS part_of, 'ALTER ' || CASE c.relkind WHEN 'v' THEN 'VIEW ' ELSE 'MATERIALIZED VIEW ' END || {name:n.nspname c.relname} || ' OWNER TO ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)) AS words, 0 AS rank, c.oid AS made FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                WHERE n.nspname IN {schemas} AND c.relkind IN ('v', 'm') AND {free:pg_class c} AND pg_catalog.pg_get_userbyid(c.relowner) <> CURRENT_USER \
            UNION ALL SELECT NULLIF(n.nspname::text, {default}), c.relname::text, NULL, 'GRANT ' || pg_catalog.string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) || ' ON ' || {name:n.nspname c.relname} || ' TO ' || CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, 1 AS rank, c.oid AS made FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) a \
                WHERE n.nspname IN {schemas} AND c.relkind IN ('v', 'm') AND {free:pg_class c} AND a.grantee <> c.relowner GROUP BY n.nspname, c.oid, c.relname, a.grantee, a.is_grantable \
            UNION ALL SELECT NULLIF(n.nspname::text, {default}), c.relname::text, NULL, 'GRANT ' || pg_catalog.string_agg(a.privilege_type || ' (' || pg_catalog.quote_ident(t.attname) || ')', ', ' ORDER BY a.privilege_type) || ' ON ' || {name:n.nspname c.relname} || ' TO ' || CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, 2 AS rank, c.oid AS made FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid CROSS JOIN LATERAL pg_catalog.aclexplode(t.attacl) a \
                WHERE n.nspname IN {schemas} AND c.relkind IN ('v', 'm') AND {free:pg_class c} AND a.grantee <> c.relowner GROUP BY n.nspname, c.oid, c.relname, t.attnum, t.attname, a.grantee, a.is_grantable \
            UNION ALL SELECT NULLIF(n.nspname::text, {default}), c.relname::text, NULL, 'ALTER VIEW ' || {name:n.nspname c.relname} || ' ALTER COLUMN ' || pg_catalog.quote_ident(t.attname) || ' SET DEFAULT ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), 3 AS rank, c.oid AS made FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = t.attnum \
                WHERE n.nspname IN {schemas} AND c.relkind IN ('v', 'm') AND {free:pg_class c} \
            UNION ALL SELECT NULLIF(n.nspname::text, {default}), c.relname::text, NULL, 'COMMENT ON ' || CASE WHEN k.objsubid = 0 THEN CASE c.relkind WHEN 'v' THEN 'VIEW ' ELSE 'MATERIALIZED VIEW ' END || {name:n.nspname c.relname} ELSE 'COLUMN ' || {name:n.nspname c.relname} || '.' || pg_catalog.quote_ident(t.attname) END || ' IS ' || pg_catalog.quote_literal(k.description), 4 AS rank, c.oid AS made FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_description k ON k.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND k.objoid = c.oid LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid AND t.attnum = k.objsubid AND k.objsubid > 0 \
                WHERE n.nspname IN {schemas} AND c.relkind IN ('v', 'm') AND {free:pg_class c} \
            UNION ALL SELECT NULLIF(n.nspname::text, {default}), g.tgname::text, c.relname::text, 'ALTER TABLE ' || {name:n.nspname c.relname} || CASE g.tgenabled WHEN 'D' THEN ' DISABLE ' WHEN 'A' THEN ' ENABLE ALWAYS ' ELSE ' ENABLE REPLICA ' END || 'TRIGGER ' || pg_catalog.quote_ident(g.tgname), 5 AS rank, g.oid AS made FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                WHERE n.nspname IN {schemas} AND {free:pg_class c} AND NOT g.tgisinternal AND g.tgenabled <> 'O' AND c.relkind NOT IN ('v', 'm') \
            UNION ALL SELECT NULLIF(n.nspname::text, {default}), g.tgname::text, c.relname::text, 'COMMENT ON TRIGGER ' || pg_catalog.quote_ident(g.tgname) || ' ON ' || {name:n.nspname c.relname} || ' IS ' || pg_catalog.quote_literal(k.description), 6 AS rank, g.oid AS made FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_description k ON k.classoid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND k.objoid = g.oid \
                WHERE n.nspname IN {schemas} AND {free:pg_class c} AND NOT g.tgisinternal \
            UNION ALL SELECT NULLIF(n.nspname::text, {default}), g.rulename::text, c.relname::text, 'ALTER TABLE ' || {name:n.nspname c.relname} || CASE g.ev_enabled WHEN 'D' THEN ' DISABLE ' WHEN 'A' THEN ' ENABLE ALWAYS ' ELSE ' ENABLE REPLICA ' END || 'RULE ' || pg_catalog.quote_ident(g.rulename), 7 AS rank, g.oid AS made FROM pg_catalog.pg_rewrite g JOIN pg_catalog.pg_class c ON c.oid = g.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                WHERE n.nspname IN {schemas} AND {free:pg_class c} AND g.rulename <> '_RETURN' AND g.ev_enabled <> 'O' AND c.relkind NOT IN ('v', 'm') \
            UNION ALL SELECT NULLIF(n.nspname::text, {default}), g.rulename::text, c.relname::text, 'COMMENT ON RULE ' || pg_catalog.quote_ident(g.rulename) || ' ON ' || {name:n.nspname c.relname} || ' IS ' || pg_catalog.quote_literal(k.description), 8 AS rank, g.oid AS made FROM pg_catalog.pg_rewrite g JOIN pg_catalog.pg_class c ON c.oid = g.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_description k ON k.classoid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND k.objoid = g.oid \
                WHERE n.nspname IN {schemas} AND {free:pg_class c} AND g.rulename <> '_RETURN' \
            UNION ALL SELECT NULLIF(n.nspname::text, {default}), g.polname::text, c.relname::text, 'COMMENT ON POLICY ' || pg_catalog.quote_ident(g.polname) || ' ON ' || {name:n.nspname c.relname} || ' IS ' || pg_catalog.quote_literal(k.description), 9 AS rank, g.oid AS made FROM pg_catalog.pg_policy g JOIN pg_catalog.pg_class c ON c.oid = g.polrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_description k ON k.classoid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND k.objoid = g.oid \
                WHERE n.nspname IN {schemas} AND {free:pg_class c} \
            UNION ALL SELECT NULLIF(n.nspname::text, {default}), p.proname::text || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', NULL, 'ALTER ' || CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' WHEN 'a' THEN 'AGGREGATE ' ELSE 'FUNCTION ' END || {name:n.nspname p.proname} || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' || ' OWNER TO ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(p.proowner)), 10 AS rank, p.oid AS made FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
                WHERE n.nspname IN {schemas} AND {free:pg_proc p} AND pg_catalog.pg_get_userbyid(p.proowner) <> CURRENT_USER \
            UNION ALL SELECT NULLIF(n.nspname::text, {default}), p.proname::text || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', NULL, 'REVOKE ALL ON ' || CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || {name:n.nspname p.proname} || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' || ' FROM PUBLIC', 11 AS rank, p.oid AS made FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
                WHERE n.nspname IN {schemas} AND {free:pg_proc p} AND p.proacl IS NOT NULL AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(p.proacl) a \
                WHERE a.grantee = 0) \
            UNION ALL SELECT NULLIF(n.nspname::text, {default}), p.proname::text || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', NULL, 'GRANT ' || pg_catalog.string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) || ' ON ' || CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || {name:n.nspname p.proname} || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' || ' TO ' || CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, 12 AS rank, p.oid AS made FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace CROSS JOIN LATERAL pg_catalog.aclexplode(p.proacl) a \
                WHERE n.nspname IN {schemas} AND {free:pg_proc p} AND a.grantee <> p.proowner AND NOT (a.grantee = 0 AND NOT a.is_grantable) GROUP BY n.nspname, p.oid, p.proname, p.prokind, a.grantee, a.is_grantable \
            UNION ALL SELECT NULLIF(n.nspname::text, {default}), p.proname::text || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', NULL, 'COMMENT ON ' || CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' WHEN 'a' THEN 'AGGREGATE ' ELSE 'FUNCTION ' END || {name:n.nspname p.proname} || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' || ' IS ' || pg_catalog.quote_literal(k.description), 13 AS rank, p.oid AS made FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_catalog.pg_description k ON k.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND k.objoid = p.oid \
                WHERE n.nspname IN {schemas} AND {free:pg_proc p} \
         ) f ORDER BY f.rank, f.made, f.words",
    ),
    (
        ObjectKind::PartProperty,
        "",
        "SELECT f.place, f.own, f.part_of, f.words, NULL FROM ( \
            SELECT NULLIF(n.nspname::text, {default}) AS place, i.relname::text AS own, c.relname::text AS part_of, s.words, s.rank, i.oid AS made FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid JOIN pg_catalog.pg_class c ON c.oid = x.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                CROSS JOIN LATERAL ( \
                    SELECT 'COMMENT ON INDEX <index> IS ' || pg_catalog.quote_literal(k.description), 0 FROM pg_catalog.pg_description k WHERE k.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND k.objoid = i.oid AND k.objsubid = 0 \
                    UNION ALL SELECT 'ALTER INDEX <index> ALTER COLUMN ' || a.attnum::text || ' SET STATISTICS ' || a.attstattarget::text, 1 FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.oid AND a.attnum > 0 AND a.attstattarget >= 0 \
                    UNION ALL SELECT 'ALTER TABLE <table> CLUSTER ON <name>', 2 WHERE x.indisclustered \
                    UNION ALL SELECT 'ALTER TABLE <table> REPLICA IDENTITY USING INDEX <name>', 3 WHERE x.indisreplident) s(words, rank) \
                WHERE {table} \
            UNION ALL SELECT NULLIF(n.nspname::text, {default}), o.conname::text, c.relname::text, 'COMMENT ON CONSTRAINT <name> ON <table> IS ' || pg_catalog.quote_literal(k.description), 4, o.oid FROM pg_catalog.pg_constraint o JOIN pg_catalog.pg_class c ON c.oid = o.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_description k ON k.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.objoid = o.oid \
                WHERE {table} \
         ) f ORDER BY f.rank, f.made, f.words",
    ),
    (
        ObjectKind::Table,
        "foreign table",
        "SELECT NULLIF(n.nspname::text, {default}), c.relname::text, NULL, NULL, NULL \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN {schemas} AND c.relkind = 'f' AND {free:pg_class c} ORDER BY c.oid",
    ),
];

/// All queries. The last one puts the search path back, for those who read
/// inside a transaction of their own.
pub(super) fn queries(scope: &Scope) -> Vec<String> {
    let objects = OBJECTS.iter().map(|(_, _, query)| *query);
    PARTS
        .iter()
        .copied()
        .chain(objects)
        .chain([PATH_AGAIN])
        .map(|query| filled(query, scope))
        .collect()
}

/// The query with everything in braces written out.
fn filled(query: &str, scope: &Scope) -> String {
    const DEFAULT: &str = "pg_catalog.current_setting('aludel.schema')";
    let mut schemas = vec![DEFAULT.to_owned()];
    schemas.extend(scope.schemas.iter().map(|name| string(name)));
    let schemas = format!("({})", schemas.join(", "));
    let mut out = String::with_capacity(query.len() * 2);
    let mut rest = query;
    while let Some((before, after)) = rest.split_once('{') {
        let (hole, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        match hole.split_once(':').unwrap_or((hole, "")) {
            ("default", _) => out.push_str(DEFAULT),
            ("schemas", _) => out.push_str(&schemas),
            ("table", _) => out.push_str(&filled(
                "n.nspname IN {schemas} AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND {free:pg_class c}",
                scope,
            )),
            ("free", words) => out.push_str(&free(words)),
            ("options", alias) => out.push_str(&options(alias)),
            ("operator", words) => out.push_str(&operator(words)),
            (_, words) => out.push_str(&name(words)),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// `pg_class c`: no extension owns the object.
fn free(words: &str) -> String {
    let (catalog, alias) = words.split_once(' ').unwrap_or((words, ""));
    format!(
        "NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = 'pg_catalog.{catalog}'::pg_catalog.regclass AND x.objid = {alias}.oid AND x.deptype IN ('e', 'x'))"
    )
}

/// The storage parameters of a relation.
fn options(alias: &str) -> String {
    format!(
        "(SELECT 'WITH (' || pg_catalog.string_agg(pg_catalog.split_part(o, '=', 1) || '=' || pg_catalog.quote_literal(pg_catalog.substr(o, pg_catalog.strpos(o, '=') + 1)), ', ') || ')' FROM pg_catalog.unnest({alias}.reloptions) o)"
    )
}

/// `n.nspname o.oprname`: an operator as a statement has it.
fn operator(words: &str) -> String {
    let (schema, name) = words.split_once(' ').unwrap_or((words, ""));
    format!(
        "(CASE WHEN {schema}::text = pg_catalog.current_setting('aludel.schema') THEN '' ELSE pg_catalog.quote_ident({schema}) || '.' END || {name}::text)"
    )
}

/// `n.nspname c.relname`: the name as a statement has it.
fn name(words: &str) -> String {
    let (schema, name) = words.split_once(' ').unwrap_or((words, ""));
    format!(
        "(CASE WHEN {schema}::text = pg_catalog.current_setting('aludel.schema') OR {schema} = 'pg_catalog' THEN '' ELSE pg_catalog.quote_ident({schema}) || '.' END || pg_catalog.quote_ident({name}))"
    )
}
