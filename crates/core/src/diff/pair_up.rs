//! The one routine that finds out which things of two lists belong together.

use crate::change::Pair;

/// Two lists, matched.
#[derive(Debug)]
pub(super) struct PairedUp<T> {
    /// What is in both.
    pub(super) both: Vec<Pair<T>>,
    /// What is only in the first.
    pub(super) from: Vec<T>,
    /// What is only in the second.
    pub(super) to: Vec<T>,
}

/// A way in which two things can belong together.
pub(super) type Alike<'a, T> = &'a dyn Fn(&T, &T) -> bool;

/// Matches two lists, each thing at most once. The ways are tried one after the
/// other, the surest first; within a way, the first that fits is taken. What
/// comes out is in the order of the second list.
pub(super) fn pair_up<T>(lists: Pair<Vec<T>>, ways: &[Alike<'_, T>]) -> PairedUp<T> {
    let mut from: Vec<Option<T>> = lists.from.into_iter().map(Some).collect();
    let mut to: Vec<(Option<T>, Option<T>)> =
        lists.to.into_iter().map(|b| (Some(b), None)).collect();
    for alike in ways {
        // Lists are mostly alike, so the first one left is mostly the one.
        let mut first_left = 0;
        for (wanted, partner) in to.iter_mut().filter(|(_, partner)| partner.is_none()) {
            while from.get(first_left).is_some_and(Option::is_none) {
                first_left += 1;
            }
            let left = from.get_mut(first_left..).unwrap_or_default();
            *partner = left
                .iter_mut()
                .find(
                    |a| matches!((a.as_ref(), wanted.as_ref()), (Some(a), Some(b)) if alike(a, b)),
                )
                .and_then(Option::take);
        }
    }
    let mut paired = PairedUp {
        both: Vec::new(),
        from: from.into_iter().flatten().collect(),
        to: Vec::new(),
    };
    for (wanted, partner) in to {
        match (partner, wanted) {
            (Some(a), Some(b)) => paired.both.push(Pair::new(a, b)),
            (None, Some(b)) => paired.to.push(b),
            (_, None) => {}
        }
    }
    paired
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_way_is_tried_first() {
        let same = |a: &i32, b: &i32| a == b;
        let near = |a: &i32, b: &i32| a.abs_diff(*b) < 10;
        let paired = pair_up(Pair::new(vec![1, 50, 2], vec![3, 2, 70]), &[&same, &near]);
        assert_eq!(paired.both, [Pair::new(1, 3), Pair::new(2, 2)]);
        assert_eq!((paired.from, paired.to), (vec![50], vec![70]));
    }

    #[test]
    fn each_thing_is_taken_once() {
        let paired = pair_up(Pair::new(vec!['a'], vec!['a', 'a']), &[&|a, b| a == b]);
        assert_eq!(paired.both.len(), 1);
        assert_eq!(paired.to, ['a']);
    }
}
