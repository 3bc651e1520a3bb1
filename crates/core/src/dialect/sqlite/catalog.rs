//! The bulk catalogue query and what its rows mean.
