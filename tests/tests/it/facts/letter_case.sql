create table Foo (Id integer primary key, "BaR" text collate NoCase, CONSTRAINT CK check (BAR <> 'x'));
CREATE INDEX Ix_F ON FOO(bar);
CREATE VIEW vV AS select ID from fOO;
