CREATE TABLE a ( -- the table, autoincrement
 id INTEGER PRIMARY KEY, /* AUTOINCREMENT , ) ( */ b TEXT DEFAULT 'AUTOINCREMENT' -- b's comment, with comma
, c INT -- last
 , CHECK (b <> ') --') -- done
) ;
CREATE TABLE autoincrement_log (id INTEGER PRIMARY KEY, "autoincrement" TEXT);
CREATE TABLE z(id INTEGER PRIMARY KEY AUTOINCREMENT);
