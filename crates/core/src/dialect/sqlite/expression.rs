//! Whether two expressions mean the same.

pub(super) fn same(a: &str, b: &str) -> bool {
    a == b
}
