CREATE TABLE [a b] ([c d] INTEGER PRIMARY KEY, `e` TEXT, 'f' TEXT, CONSTRAINT [my ck] CHECK ([c d] > 0));
CREATE INDEX [i x] ON [a b]([c d], `e` DESC);
create  unique index if not exists "u" on "a b" (f);
