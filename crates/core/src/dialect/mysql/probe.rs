//! To be written.

use crate::dialect::{Probe, TextRow};
use crate::diff::Question;
use crate::schema::Expression;

pub(super) fn probe(_on: super::MySql, _question: &Question) -> Option<Probe> {
    None
}

pub(super) fn answer(
    _on: super::MySql,
    _question: &Question,
    _rows: &[TextRow],
) -> Option<Expression> {
    None
}
