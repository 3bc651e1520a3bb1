WITH own AS (
  SELECT name FROM pragma_table_list
  WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'
    AND name NOT LIKE 'aludel%' AND name <> 'alembic_version'
)
SELECT 'column ' || t.name || '.' || c.name || ' ' || c.type || ' ' || c."notnull" || ' '
  || coalesce(c.dflt_value, '-') || ' ' || c.pk
FROM own t JOIN pragma_table_xinfo(t.name) c
UNION ALL
SELECT 'index ' || t.name || ' ' || CASE i.origin WHEN 'c' THEN i.name ELSE i.origin END || ' '
  || i."unique" || (SELECT group_concat(' ' || x.name || ' ' || x."desc" || ' ' || x.coll)
                    FROM pragma_index_xinfo(i.name) x WHERE x.key)
FROM own t JOIN pragma_index_list(t.name) i
UNION ALL
SELECT 'key ' || t.name || '.' || f."from" || ' ' || f."table" || '.' || f."to" || ' '
  || f.on_delete || ' ' || f.on_update
FROM own t JOIN pragma_foreign_key_list(t.name) f
ORDER BY 1
