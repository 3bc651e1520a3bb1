//! The table rebuild.
