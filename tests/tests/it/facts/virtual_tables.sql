CREATE TABLE doc (id INTEGER PRIMARY KEY, title TEXT, body TEXT);
CREATE VIRTUAL TABLE doc_f USING fts5(title, body, content='doc', content_rowid='id');
CREATE TRIGGER doc_ai AFTER INSERT ON doc BEGIN INSERT INTO doc_f(rowid,title,body) VALUES (new.id,new.title,new.body); END;
INSERT INTO doc VALUES (7,'hello','big world'),(9,'x','y');
CREATE VIRTUAL TABLE rt USING rtree(id,a,b);
CREATE VIRTUAL TABLE own USING fts5(z);
