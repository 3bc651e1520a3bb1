//! Operations and the SQL that they become.
