//! Migration files as a graph.
