CREATE TABLE a (id INTEGER PRIMARY KEY, s TEXT NOT NULL DEFAULT 'a' CHECK (s IN ('a','b')), t VARCHAR(9) CHECK (t IN ('x', 'it''s')), u INT CHECK (u in (0,1)));
