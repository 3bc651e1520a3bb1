//! A stored `CREATE TABLE`, read and edited without losing a token.
