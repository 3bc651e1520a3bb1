-- add age
--
-- Revision ID: 2222bbbb0002
-- Revises: 1111aaaa0001
-- Create Date: 2026-11-20T18:30:13Z
-- Dialect: sqlite

-- upgrade
ALTER TABLE node ADD COLUMN age INTEGER;

-- downgrade
ALTER TABLE node DROP COLUMN age;
