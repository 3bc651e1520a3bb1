//! To be written.

pub(super) fn same(a: &str, b: &str) -> bool {
    a == b
}
