//! The type table.
