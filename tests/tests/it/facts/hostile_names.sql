CREATE TABLE "a'b" ("c'd" INTEGER PRIMARY KEY, "e""f" TEXT, "g h" TEXT DEFAULT 'it''s', CHECK ("e""f" <> 'x'));
CREATE INDEX "i'x" ON "a'b"("c'd","e""f");
CREATE UNIQUE INDEX "i""y" ON "a'b"("g h");
CREATE TABLE "t""q" (id INTEGER PRIMARY KEY, r INTEGER REFERENCES "a'b"("c'd"));
CREATE TABLE "sp ace" ("ünï" INTEGER PRIMARY KEY, "select" TEXT, "123" TEXT, "a.b" TEXT);
