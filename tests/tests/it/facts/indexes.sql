CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT, c TEXT COLLATE NOCASE, j TEXT);
CREATE INDEX i1 ON a(lower(b));
CREATE INDEX i2 ON a(b, lower(c) desc, c collate rtrim) WHERE b is not null and c <> 'x''y';
CREATE UNIQUE INDEX i3 ON a(b collate nocase desc) where (length(c) > 3);
CREATE INDEX i4 on a(json_extract(j,'$.a'), -id);
CREATE INDEX i5 on a((b || c));
