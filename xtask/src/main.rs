//! The commands of aludel on the example application, and this repository's own chores.

fn main() {}
