WITH own AS (
  SELECT oid, relname FROM pg_class
  WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND relname NOT LIKE 'aludel%' AND relname <> 'alembic_version'
)
SELECT 'column ' || t.relname || '.' || a.attname || ' '
  || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' '
  || coalesce(pg_get_expr(d.adbin, d.adrelid), '-')
FROM own t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
UNION ALL
SELECT 'constraint ' || t.relname || ' ' || pg_get_constraintdef(c.oid)
FROM own t JOIN pg_constraint c ON c.conrelid = t.oid
UNION ALL
SELECT pg_get_indexdef(i.indexrelid)
FROM own t JOIN pg_index i ON i.indrelid = t.oid
WHERE NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
ORDER BY 1;
