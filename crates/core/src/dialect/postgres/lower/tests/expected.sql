-- # create a table with everything
-- there
CREATE SEQUENCE "odd seq" AS integer START WITH 10;
CREATE UNLOGGED TABLE "all of it" (
  "id" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  "number" serial NOT NULL,
  "odd" integer NOT NULL DEFAULT nextval('"odd seq"'),
  "code" varchar(10) COLLATE "C" NOT NULL DEFAULT 'it''s',
  "made" timestamptz(3) NOT NULL DEFAULT now(),
  "upper" text GENERATED ALWAYS AS (upper((code)::text)) STORED,
  "moods" "mood"[],
  "parent_id" integer,
  PRIMARY KEY ("id"),
  CONSTRAINT "uq_code" UNIQUE ("code") INCLUDE ("made") DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT "fk_parent" FOREIGN KEY ("parent_id") REFERENCES "parent" ("id") ON DELETE CASCADE,
  CONSTRAINT "ck_code" CHECK (code <> '')
) WITH (fillfactor='70');
ALTER SEQUENCE "odd seq" OWNED BY "all of it"."odd";
ALTER TABLE "all of it" ADD CONSTRAINT "fk_later" FOREIGN KEY ("parent_id") REFERENCES "parent" ("id") ON DELETE CASCADE NOT VALID;
ALTER TABLE "all of it" ADD CONSTRAINT "ck_loose" CHECK (number > 0) NOT VALID;
CREATE INDEX "ix_lower" ON "all of it" (lower((code)::text)) WHERE number > 0;
CREATE INDEX "ix_moods" ON "all of it" USING gin ("moods");
COMMENT ON TABLE "all of it" IS 'a table';
COMMENT ON COLUMN "all of it"."code" IS 'what''s in a name';
-- back
-- deletes data: every row of `all of it`
-- not reversible: `downgrade` makes `all of it` again, without its rows
-- breaks running code: what still uses `all of it`
DROP TABLE "all of it";

-- # create a table in a schema that is not there
-- there
CREATE SCHEMA IF NOT EXISTS "other";
CREATE TABLE "other"."t" (
  "id" integer NOT NULL,
  PRIMARY KEY ("id")
);
-- back
-- deletes data: every row of `other.t`
-- not reversible: `downgrade` makes `other.t` again, without its rows
-- breaks running code: what still uses `other.t`
DROP TABLE "other"."t";

-- # rename a table, then change its key
-- there
-- breaks running code: what still says `item`
ALTER TABLE "item" RENAME TO "thing";
ALTER TABLE "thing" RENAME CONSTRAINT "item_pkey" TO "thing_pkey";
-- blocks reads: `thing` until the index is built
ALTER TABLE "thing"
  DROP CONSTRAINT "thing_pkey",
  ADD PRIMARY KEY ("id", "name");
-- back
-- may fail on rows: rows of `thing` with equal or NULL `id`
-- blocks reads: `thing` until the index is built
ALTER TABLE "thing"
  DROP CONSTRAINT "thing_pkey",
  ADD PRIMARY KEY ("id");
-- breaks running code: what still says `thing`
ALTER TABLE "thing" RENAME TO "item";
ALTER TABLE "item" RENAME CONSTRAINT "thing_pkey" TO "item_pkey";

-- # rename a table to what another key is called after
-- there
-- breaks running code: what still says `item`
ALTER TABLE "item" RENAME TO "thing";
-- back
-- breaks running code: what still says `thing`
ALTER TABLE "thing" RENAME TO "item";

-- # move a table to another schema under another name
-- there
CREATE SCHEMA IF NOT EXISTS "other";
-- breaks running code: what still says `item`
ALTER TABLE "item" SET SCHEMA "other";
ALTER TABLE "other"."item" RENAME TO "thing";
ALTER TABLE "other"."thing" RENAME CONSTRAINT "item_pkey" TO "thing_pkey";
-- back
-- breaks running code: what still says `other.thing`
ALTER TABLE "other"."thing" SET SCHEMA "public";
ALTER TABLE "thing" RENAME TO "item";
ALTER TABLE "item" RENAME CONSTRAINT "thing_pkey" TO "item_pkey";

-- # run SQL
-- there
-- rewrites the table: every row of `item` is written again, and locked until then
UPDATE item SET name = ';';
-- deletes data: every row of `item`
DELETE FROM item;
-- back

-- # add columns and what needs them
-- there
-- may fail on rows: rows of `item` for which `plain > 0` is false
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
ALTER TABLE "item"
  ADD COLUMN "plain" integer,
  ADD COLUMN "told" text,
  ADD COLUMN "shout" text GENERATED ALWAYS AS (upper(name)) STORED,
  ADD CONSTRAINT "uq_plain" UNIQUE ("plain"),
  ADD CONSTRAINT "ck_plain" CHECK (plain > 0);
COMMENT ON COLUMN "item"."told" IS 'it''s told';
-- blocks writes: `item` until the index is built
CREATE INDEX "ix_plain" ON "item" ("plain");
-- back
DROP INDEX "ix_plain";
-- deletes data: every value of `item.plain`
-- deletes data: every value of `item.told`
-- not reversible: `downgrade` makes `item.plain` again, without its values
-- not reversible: `downgrade` makes `item.told` again, without its values
-- breaks running code: what still uses `item.plain`
-- breaks running code: what still uses `item.shout`
-- breaks running code: what still uses `item.told`
ALTER TABLE "item"
  DROP CONSTRAINT "ck_plain",
  DROP CONSTRAINT "uq_plain",
  DROP COLUMN "shout",
  DROP COLUMN "told",
  DROP COLUMN "plain";

-- # add columns that have to be filled
-- there
-- breaks running code: what inserts into `item` without `filled`
ALTER TABLE "item" ADD COLUMN "filled" integer NOT NULL DEFAULT 0;
ALTER TABLE "item"
  ALTER COLUMN "filled" DROP DEFAULT,
  ADD COLUMN "computed" text;
-- rewrites the table: every row of `item` is written again, and locked until then
UPDATE "item" SET "computed" = lower(name);
ALTER TABLE "item" ALTER COLUMN "computed" SET DEFAULT 'none';
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
ALTER TABLE "item"
  ALTER COLUMN "computed" SET NOT NULL,
  ADD COLUMN "random" uuid NOT NULL DEFAULT gen_random_uuid();
-- back
-- deletes data: every value of `item.computed`
-- deletes data: every value of `item.filled`
-- deletes data: every value of `item.random`
-- not reversible: `downgrade` makes `item.computed` again, without its values
-- not reversible: `downgrade` makes `item.filled` again, without its values
-- not reversible: `downgrade` makes `item.random` again, without its values
-- breaks running code: what still uses `item.computed`
-- breaks running code: what still uses `item.filled`
-- breaks running code: what still uses `item.random`
ALTER TABLE "item"
  DROP COLUMN "random",
  DROP COLUMN "computed",
  DROP COLUMN "filled";

-- # drop a column
-- there
-- deletes data: every value of `item.note`
-- not reversible: `downgrade` makes `item.note` again, without its values
-- breaks running code: what still uses `item.note`
ALTER TABLE "item" DROP COLUMN "note";
-- back
ALTER TABLE "item" ADD COLUMN "note" varchar(50);

-- # rename a column
-- there
-- breaks running code: what still says `item.note`
ALTER TABLE "item" RENAME COLUMN "note" TO "remark";
-- back
-- breaks running code: what still says `item.remark`
ALTER TABLE "item" RENAME COLUMN "remark" TO "note";

-- # take NULL no longer
-- there
ALTER TABLE "item" ALTER COLUMN "note" SET DEFAULT '!';
UPDATE "item" SET "note" = '?' WHERE "note" IS NULL;
-- scans the table: every row of `item`, for NULL in `note`
-- blocks reads: `item` until then
ALTER TABLE "item" ALTER COLUMN "note" SET NOT NULL;
-- back
ALTER TABLE "item"
  ALTER COLUMN "note" DROP DEFAULT,
  ALTER COLUMN "note" DROP NOT NULL;

-- # change default, comment and collation
-- there
-- invalidates prepared plans: what reads `item.note`
ALTER TABLE "item"
  ALTER COLUMN "name" SET DEFAULT 'x',
  ALTER COLUMN "note" TYPE varchar(50) COLLATE "C";
COMMENT ON COLUMN "item"."name" IS 'c';
-- back
-- breaks running code: what inserts into `item` without `name`
-- invalidates prepared plans: what reads `item.note`
ALTER TABLE "item"
  ALTER COLUMN "note" TYPE varchar(50),
  ALTER COLUMN "name" DROP DEFAULT;
COMMENT ON COLUMN "item"."name" IS NULL;

-- # generate a column, and compute it otherwise
-- there
-- deletes data: every value of `item.note`
-- breaks running code: what still writes `item.note`
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
ALTER TABLE "item"
  DROP COLUMN "note",
  ADD COLUMN "note" text GENERATED ALWAYS AS (lower(name)) STORED;
-- back
-- may fail on rows: values of `item.note` that do not fit its new type
-- breaks running code: what still uses `item.note` as what it was before
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.note`
ALTER TABLE "item"
  ALTER COLUMN "note" DROP EXPRESSION,
  ALTER COLUMN "note" TYPE varchar(50);

-- # compute a generated column otherwise, with what hangs on it
-- there
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
ALTER TABLE "item"
  DROP COLUMN "shout",
  ADD COLUMN "shout" text GENERATED ALWAYS AS (upper(name) || '!') STORED,
  ADD CONSTRAINT "uq_shout" UNIQUE ("shout"),
  ADD CONSTRAINT "ck_shout" CHECK (shout <> '');
-- blocks writes: `item` until the index is built
CREATE INDEX "ix_shout" ON "item" ("shout", "note");
-- back
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
ALTER TABLE "item"
  DROP COLUMN "shout",
  ADD COLUMN "shout" text GENERATED ALWAYS AS (upper(name)) STORED,
  ADD CONSTRAINT "uq_shout" UNIQUE ("shout"),
  ADD CONSTRAINT "ck_shout" CHECK (shout <> '');
-- blocks writes: `item` until the index is built
CREATE INDEX "ix_shout" ON "item" ("shout", "note");

-- # number a column, always and as serial
-- there
ALTER TABLE "item" ALTER COLUMN "id" ADD GENERATED ALWAYS AS IDENTITY;
SELECT setval(pg_get_serial_sequence('"item"', 'id'), GREATEST(max("id"), 0) + 1, false) FROM "item";
-- back
-- breaks running code: what inserts into `item` without `id`
ALTER TABLE "item" ALTER COLUMN "id" DROP IDENTITY;

-- # from by default to always
-- there
ALTER TABLE "item" ALTER COLUMN "id" SET GENERATED ALWAYS;
-- back
ALTER TABLE "item" ALTER COLUMN "id" SET GENERATED BY DEFAULT;

-- # from serial to identity, of another type
-- there
DO $$
DECLARE sequence text := pg_get_serial_sequence('"item"', 'id');
BEGIN
  ALTER TABLE "item" ALTER COLUMN "id" DROP DEFAULT;
  EXECUTE 'DROP SEQUENCE ' || sequence;
END
$$;
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.id`
ALTER TABLE "item"
  ALTER COLUMN "id" TYPE bigint,
  ALTER COLUMN "id" ADD GENERATED BY DEFAULT AS IDENTITY;
SELECT setval(pg_get_serial_sequence('"item"', 'id'), GREATEST(max("id"), 0) + 1, false) FROM "item";
-- back
-- may fail on rows: values of `item.id` that do not fit its new type
-- breaks running code: what still uses `item.id` as what it was before
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.id`
ALTER TABLE "item"
  ALTER COLUMN "id" DROP IDENTITY,
  ALTER COLUMN "id" TYPE integer;
CREATE SEQUENCE "item_id_seq" AS integer;
ALTER SEQUENCE "item_id_seq" OWNED BY "item"."id";
ALTER TABLE "item" ALTER COLUMN "id" SET DEFAULT nextval('"item_id_seq"');
SELECT setval(pg_get_serial_sequence('"item"', 'id'), GREATEST(max("id"), 0) + 1, false) FROM "item";

-- # widen an identity column
-- there
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.id`
ALTER TABLE "item" ALTER COLUMN "id" TYPE integer;
-- back
DO $$
BEGIN
  IF pg_sequence_last_value(pg_get_serial_sequence('"item"', 'id')::regclass) > 32767 THEN
    EXECUTE 'ALTER SEQUENCE ' || pg_get_serial_sequence('"item"', 'id') || ' RESTART ' ||
      (SELECT GREATEST(max("id"), 0) + 1 FROM "item");
  END IF;
END
$$;
-- may fail on rows: values of `item.id` that do not fit its new type
-- breaks running code: what still uses `item.id` as what it was before
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.id`
ALTER TABLE "item" ALTER COLUMN "id" TYPE smallint;

-- # widen a serial column
-- there
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.id`
ALTER TABLE "item" ALTER COLUMN "id" TYPE bigint;
DO $$
BEGIN
  EXECUTE 'ALTER SEQUENCE ' || pg_get_serial_sequence('"item"', 'id') || ' AS bigint';
END
$$;
-- back
-- may fail on rows: values of `item.id` that do not fit its new type
-- breaks running code: what still uses `item.id` as what it was before
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.id`
ALTER TABLE "item" ALTER COLUMN "id" TYPE integer;
DO $$
BEGIN
  IF pg_sequence_last_value(pg_get_serial_sequence('"item"', 'id')::regclass) > 2147483647 THEN
    EXECUTE 'ALTER SEQUENCE ' || pg_get_serial_sequence('"item"', 'id') || ' RESTART ' ||
      (SELECT GREATEST(max("id"), 0) + 1 FROM "item");
  END IF;
END
$$;
DO $$
BEGIN
  EXECUTE 'ALTER SEQUENCE ' || pg_get_serial_sequence('"item"', 'id') || ' AS integer';
END
$$;

-- # change types
-- there
-- may fail on rows: values of `item.name` that do not fit its new type
-- breaks running code: what still uses `item.name` as what it was before
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.name`
-- invalidates prepared plans: what reads `item.note`
-- invalidates prepared plans: what reads `item.owner_id`
ALTER TABLE "item"
  ALTER COLUMN "name" TYPE varchar(20),
  ALTER COLUMN "note" TYPE varchar(60),
  ALTER COLUMN "owner_id" TYPE bigint;
-- back
-- may fail on rows: values of `item.note` that do not fit its new type
-- may fail on rows: values of `item.owner_id` that do not fit its new type
-- breaks running code: what still uses `item.note` as what it was before
-- breaks running code: what still uses `item.owner_id` as what it was before
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.name`
-- invalidates prepared plans: what reads `item.note`
-- invalidates prepared plans: what reads `item.owner_id`
ALTER TABLE "item"
  ALTER COLUMN "owner_id" TYPE integer,
  ALTER COLUMN "note" TYPE varchar(50),
  ALTER COLUMN "name" TYPE text;

-- # from text to a number and from an enum to text
-- there
-- may fail on rows: values of `item.name` that do not fit its new type
-- not reversible: `downgrade` does not bring back how values of `item.name` were written
-- breaks running code: what still uses `item.name` as what it was before
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.mood`
-- invalidates prepared plans: what reads `item.name`
ALTER TABLE "item"
  ALTER COLUMN "name" TYPE integer USING "name"::integer,
  ALTER COLUMN "mood" TYPE text;
-- back
-- may fail on rows: values of `item.mood` that do not fit its new type
-- breaks running code: what still uses `item.mood` as what it was before
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.mood`
-- invalidates prepared plans: what reads `item.name`
ALTER TABLE "item"
  ALTER COLUMN "mood" TYPE "mood" USING "mood"::"mood",
  ALTER COLUMN "name" TYPE text;

-- # change a type with a default, views and a computed column
-- there
DROP RULE keep ON item;
DROP VIEW public.u;
DROP VIEW public.w;
DROP VIEW public.v;
-- may fail on rows: values of `item.note` that do not fit its new type
-- not reversible: `downgrade` does not bring back how values of `item.note` were written
-- breaks running code: what still uses `item.note` as what it was before
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.note`
ALTER TABLE "item"
  ALTER COLUMN "note" DROP DEFAULT,
  DROP COLUMN "shout",
  ALTER COLUMN "note" TYPE integer USING "note"::integer,
  ALTER COLUMN "note" SET DEFAULT 5,
  ADD COLUMN "shout" text GENERATED ALWAYS AS (upper((note)::text)) STORED;
-- blocks writes: `item` until the index is built
CREATE INDEX "ix_shout" ON "item" ("shout");
CREATE VIEW public.v AS SELECT item.id, item.note FROM item;
CREATE VIEW public.w AS SELECT v.id FROM v;
CREATE VIEW public.u AS SELECT w.id FROM w;
CREATE RULE keep AS
    ON DELETE TO item
   WHERE old.note = '' DO INSTEAD NOTHING;
-- back
DROP RULE keep ON item;
DROP VIEW public.u;
DROP VIEW public.w;
DROP VIEW public.v;
-- may fail on rows: values of `item.note` that do not fit its new type
-- breaks running code: what still uses `item.note` as what it was before
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.note`
ALTER TABLE "item"
  ALTER COLUMN "note" DROP DEFAULT,
  DROP COLUMN "shout",
  ALTER COLUMN "note" TYPE varchar(50),
  ALTER COLUMN "note" SET DEFAULT '5',
  ADD COLUMN "shout" text GENERATED ALWAYS AS (upper((note)::text)) STORED;
-- blocks writes: `item` until the index is built
CREATE INDEX "ix_shout" ON "item" ("shout");
CREATE VIEW public.v AS SELECT item.id, item.note FROM item;
CREATE VIEW public.w AS SELECT v.id FROM v;
CREATE VIEW public.u AS SELECT w.id FROM w;
CREATE RULE keep AS
    ON DELETE TO item
   WHERE old.note = '' DO INSTEAD NOTHING;

-- # change a type, and what is computed from it with it
-- there
DROP INDEX "ix_name";
-- may fail on rows: rows of `item` for which `name > 0` is false
-- may fail on rows: values of `item.name` that do not fit its new type
-- not reversible: `downgrade` does not bring back how values of `item.name` were written
-- breaks running code: what still uses `item.name` as what it was before
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.name`
ALTER TABLE "item"
  ALTER COLUMN "name" TYPE integer USING "name"::integer,
  DROP CONSTRAINT "ck_name",
  ADD CONSTRAINT "ck_name" CHECK (name > 0);
-- blocks writes: `item` until the index is built
CREATE INDEX "ix_name" ON "item" ("id") WHERE name > 0;
-- back
DROP INDEX "ix_name";
-- may fail on rows: rows of `item` for which `name <> ''` is false
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.name`
ALTER TABLE "item"
  DROP CONSTRAINT "ck_name",
  ADD CONSTRAINT "ck_name" CHECK (name <> ''),
  ALTER COLUMN "name" TYPE text;
-- blocks writes: `item` until the index is built
CREATE INDEX "ix_name" ON "item" ("id") WHERE name <> '';

-- # change a key and what refers to it
-- there
ALTER TABLE "item" DROP CONSTRAINT "fk_item_owner";
-- rewrites the table: every row of `parent`
-- blocks reads: `parent` until then
-- invalidates prepared plans: what reads `parent.id`
ALTER TABLE "parent" ALTER COLUMN "id" TYPE text;
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.owner_id`
ALTER TABLE "item" ALTER COLUMN "owner_id" TYPE text;
ALTER TABLE "item" ADD CONSTRAINT "fk_item_owner" FOREIGN KEY ("owner_id") REFERENCES "parent" ("id");
-- back
ALTER TABLE "item" DROP CONSTRAINT "fk_item_owner";
-- may fail on rows: values of `item.owner_id` that do not fit its new type
-- not reversible: `downgrade` does not bring back how values of `item.owner_id` were written
-- breaks running code: what still uses `item.owner_id` as what it was before
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.owner_id`
ALTER TABLE "item" ALTER COLUMN "owner_id" TYPE integer USING "owner_id"::integer;
-- may fail on rows: values of `parent.id` that do not fit its new type
-- not reversible: `downgrade` does not bring back how values of `parent.id` were written
-- breaks running code: what still uses `parent.id` as what it was before
-- rewrites the table: every row of `parent`
-- blocks reads: `parent` until then
-- invalidates prepared plans: what reads `parent.id`
ALTER TABLE "parent" ALTER COLUMN "id" TYPE integer USING "id"::integer;
ALTER TABLE "item" ADD CONSTRAINT "fk_item_owner" FOREIGN KEY ("owner_id") REFERENCES "parent" ("id");

-- # add an index beside writers
-- there
-- not transactional: a failed build leaves an invalid index behind
CREATE INDEX CONCURRENTLY "ix_note" ON "item" ("note"); -- alone
-- back
DROP INDEX CONCURRENTLY "ix_note"; -- alone

-- # alter and rename an index
-- there
DROP INDEX "ix_note";
-- may fail on rows: rows of `item` with equal `note`, `name`
-- blocks writes: `item` until the index is built
CREATE UNIQUE INDEX "ix_note" ON "item" ("note", "name");
ALTER INDEX "ix_note" RENAME TO "ix_n";
-- back
ALTER INDEX "ix_n" RENAME TO "ix_note";
DROP INDEX "ix_note";
-- blocks writes: `item` until the index is built
CREATE INDEX "ix_note" ON "item" ("note");

-- # alter a foreign key
-- there
-- scans the table: every row of `item`, for its row in `parent`
-- blocks reads: `item` until then
-- blocks writes: `parent` until then
ALTER TABLE "item"
  DROP CONSTRAINT "fk_item_owner",
  ADD CONSTRAINT "fk_item_owner" FOREIGN KEY ("owner_id") REFERENCES "parent" ("id") ON DELETE CASCADE;
-- back
-- scans the table: every row of `item`, for its row in `parent`
-- blocks reads: `item` until then
-- blocks writes: `parent` until then
ALTER TABLE "item"
  DROP CONSTRAINT "fk_item_owner",
  ADD CONSTRAINT "fk_item_owner" FOREIGN KEY ("owner_id") REFERENCES "parent" ("id");

-- # defer a foreign key
-- there
ALTER TABLE "item" ALTER CONSTRAINT "fk_item_owner" DEFERRABLE INITIALLY DEFERRED;
-- back
ALTER TABLE "item" ALTER CONSTRAINT "fk_item_owner" NOT DEFERRABLE;

-- # change the primary key, and let its old column be NULL
-- there
-- may fail on rows: rows of `item` with equal or NULL `name`
-- blocks reads: `item` until the index is built
ALTER TABLE "item"
  DROP CONSTRAINT "item_pkey",
  ALTER COLUMN "id" DROP NOT NULL,
  ADD PRIMARY KEY ("name");
-- back
-- may fail on rows: rows of `item` with equal or NULL `id`
-- blocks reads: `item` until the index is built
ALTER TABLE "item"
  DROP CONSTRAINT "item_pkey",
  ADD PRIMARY KEY ("id");

-- # change a primary key that another table refers to
-- there
ALTER TABLE "item" DROP CONSTRAINT "fk_item_owner";
-- blocks reads: `parent` until the index is built
ALTER TABLE "parent"
  DROP CONSTRAINT "parent_pkey",
  ADD CONSTRAINT "uq_parent" UNIQUE ("id");
ALTER TABLE "item" ADD CONSTRAINT "fk_item_owner" FOREIGN KEY ("owner_id") REFERENCES "parent" ("id");
-- back
ALTER TABLE "item" DROP CONSTRAINT "fk_item_owner";
-- blocks reads: `parent` until the index is built
ALTER TABLE "parent"
  DROP CONSTRAINT "uq_parent",
  ADD PRIMARY KEY ("id");
ALTER TABLE "item" ADD CONSTRAINT "fk_item_owner" FOREIGN KEY ("owner_id") REFERENCES "parent" ("id");

-- # rename a constraint, drop one, comment on the table
-- there
ALTER TABLE "item" RENAME CONSTRAINT "fk_item_owner" TO "fk_o";
ALTER TABLE "item" DROP CONSTRAINT "item_pkey";
COMMENT ON TABLE "item" IS 'it''s';
-- back
-- may fail on rows: rows of `item` with equal or NULL `id`
-- blocks reads: `item` until the index is built
ALTER TABLE "item" ADD PRIMARY KEY ("id");
COMMENT ON TABLE "item" IS NULL;
ALTER TABLE "item" RENAME CONSTRAINT "fk_o" TO "fk_item_owner";

-- # create and rename an enum type
-- there
CREATE SCHEMA IF NOT EXISTS "other";
CREATE TYPE "other"."size" AS ENUM ('it''s');
ALTER TYPE "mood" RENAME TO "temper";
-- back
ALTER TYPE "temper" RENAME TO "mood";
DROP TYPE "other"."size";

-- # add values to an enum type
-- there
ALTER TYPE "mood" ADD VALUE 'glad' BEFORE 'happy';
ALTER TYPE "mood" ADD VALUE 'calm' AFTER 'happy';
ALTER TYPE "mood" ADD VALUE 'mad';
-- back
ALTER TYPE "mood" RENAME TO "aludel_old_mood";
CREATE TYPE "mood" AS ENUM ('happy', 'sad');
-- may fail on rows: rows that hold `calm` of `mood`
-- may fail on rows: rows that hold `glad` of `mood`
-- may fail on rows: rows that hold `mad` of `mood`
-- breaks running code: what still writes `calm` of `mood`
-- breaks running code: what still writes `glad` of `mood`
-- breaks running code: what still writes `mad` of `mood`
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.mood`
ALTER TABLE "item" ALTER COLUMN "mood" TYPE "mood" USING "mood"::text::"mood";
DROP TYPE "aludel_old_mood";

-- # add a value that is needed at once
-- there
ALTER TYPE "mood" RENAME TO "aludel_old_mood";
CREATE TYPE "mood" AS ENUM ('happy', 'sad', 'mad');
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.mood`
ALTER TABLE "item" ALTER COLUMN "mood" TYPE "mood" USING "mood"::text::"mood";
DROP TYPE "aludel_old_mood";
ALTER TABLE "item" ALTER COLUMN "mood" SET DEFAULT 'mad';
-- back
ALTER TABLE "item" ALTER COLUMN "mood" DROP DEFAULT;
ALTER TYPE "mood" RENAME TO "aludel_old_mood";
CREATE TYPE "mood" AS ENUM ('happy', 'sad');
-- may fail on rows: rows that hold `mad` of `mood`
-- breaks running code: what still writes `mad` of `mood`
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.mood`
ALTER TABLE "item" ALTER COLUMN "mood" TYPE "mood" USING "mood"::text::"mood";
DROP TYPE "aludel_old_mood";

-- # take a value away that much hangs on
-- there
ALTER TABLE "item" DROP CONSTRAINT "ck_mood";
DROP INDEX "ix_mood";
ALTER TYPE "mood" RENAME TO "aludel_old_mood";
CREATE TYPE "mood" AS ENUM ('sad', 'calm', 'happy');
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.mood`
-- invalidates prepared plans: what reads `item.moods`
ALTER TABLE "item"
  ALTER COLUMN "mood" DROP DEFAULT,
  ALTER COLUMN "mood" TYPE "mood" USING "mood"::text::"mood",
  ALTER COLUMN "mood" SET DEFAULT 'happy',
  ALTER COLUMN "moods" TYPE "mood"[] USING "moods"::text[]::"mood"[];
-- scans the table: every row of `item`, for the check
-- blocks reads: `item` until then
ALTER TABLE "item" ADD CONSTRAINT "ck_mood" CHECK ((mood = 'happy'::mood) OR (mood = 'sad'::mood));
-- blocks writes: `item` until the index is built
CREATE INDEX "ix_mood" ON "item" ("mood") WHERE mood = 'happy'::mood;
DROP TYPE "aludel_old_mood";
-- back
ALTER TABLE "item" DROP CONSTRAINT "ck_mood";
DROP INDEX "ix_mood";
ALTER TYPE "mood" RENAME TO "aludel_old_mood";
CREATE TYPE "mood" AS ENUM ('happy', 'sad');
-- may fail on rows: rows that hold `calm` of `mood`
-- breaks running code: what still writes `calm` of `mood`
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.mood`
-- invalidates prepared plans: what reads `item.moods`
ALTER TABLE "item"
  ALTER COLUMN "mood" DROP DEFAULT,
  ALTER COLUMN "mood" TYPE "mood" USING "mood"::text::"mood",
  ALTER COLUMN "mood" SET DEFAULT 'happy',
  ALTER COLUMN "moods" TYPE "mood"[] USING "moods"::text[]::"mood"[];
-- scans the table: every row of `item`, for the check
-- blocks reads: `item` until then
ALTER TABLE "item" ADD CONSTRAINT "ck_mood" CHECK ((mood = 'happy'::mood) OR (mood = 'sad'::mood));
-- blocks writes: `item` until the index is built
CREATE INDEX "ix_mood" ON "item" ("mood") WHERE mood = 'happy'::mood;
DROP TYPE "aludel_old_mood";

-- # take a value away that stands beside a key which others refer to
-- there
ALTER TABLE "item" DROP CONSTRAINT "fk_note";
ALTER TYPE "mood" RENAME TO "aludel_old_mood";
CREATE TYPE "mood" AS ENUM ('sad', 'happy');
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.mood`
ALTER TABLE "item" ALTER COLUMN "mood" TYPE "mood" USING "mood"::text::"mood";
DROP TYPE "aludel_old_mood";
ALTER TABLE "item" ADD CONSTRAINT "fk_note" FOREIGN KEY ("note") REFERENCES "item" ("name");
-- back
ALTER TABLE "item" DROP CONSTRAINT "fk_note";
ALTER TYPE "mood" RENAME TO "aludel_old_mood";
CREATE TYPE "mood" AS ENUM ('happy', 'sad');
-- rewrites the table: every row of `item`
-- blocks reads: `item` until then
-- invalidates prepared plans: what reads `item.mood`
ALTER TABLE "item" ALTER COLUMN "mood" TYPE "mood" USING "mood"::text::"mood";
DROP TYPE "aludel_old_mood";
ALTER TABLE "item" ADD CONSTRAINT "fk_note" FOREIGN KEY ("note") REFERENCES "item" ("name");

