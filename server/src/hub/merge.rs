//! Ways through sorted lists of numbers.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque, vec_deque::Iter},
};

use smallvec::SmallVec;

/// Where the items begin that are not before something. Whoever asks is mostly close to the end, so the search begins there.
pub(super) fn start_of<T>(items: &VecDeque<T>, is_before: impl Fn(&T) -> bool) -> usize {
    let (mut high, mut step) = (items.len(), 1);
    let mut low = loop {
        let low = high.saturating_sub(step);
        match items.get(low) {
            Some(item) if high > 0 && !is_before(item) => (high, step) = (low, step * 2),
            Some(_) if high > 0 => break low + 1,
            _ => return high,
        }
    };
    while low < high {
        let middle = low.midpoint(high);
        match items.get(middle) {
            Some(item) if is_before(item) => low = middle + 1,
            _ => high = middle,
        }
    }
    low
}

/// What is left of each list. Most have one or two.
pub(super) type Rests<'a> = SmallVec<[Iter<'a, u64>; 2]>;

/// The numbers of several lists, each once, in order.
pub(super) struct Merge<'a> {
    rests: Rests<'a>,
    next: BinaryHeap<Reverse<(u64, usize)>>,
    last: Option<u64>,
}

impl<'a> Merge<'a> {
    pub(super) fn of(mut rests: Rests<'a>) -> Self {
        let mut next = BinaryHeap::new();
        // One list needs no comparing.
        if rests.len() > 1 {
            let heads = rests.iter_mut().enumerate();
            next.extend(heads.filter_map(|(at, rest)| rest.next().map(|number| Reverse((*number, at)))));
        }
        Self { rests, next, last: None }
    }
}

impl Iterator for Merge<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        if let [only] = self.rests.as_mut_slice() {
            return only.next().copied();
        }
        loop {
            let Reverse((number, at)) = self.next.pop()?;
            if let Some(follower) = self.rests.get_mut(at).and_then(Iterator::next) {
                self.next.push(Reverse((*follower, at)));
            }
            if self.last.replace(number) != Some(number) {
                return Some(number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_start_is_where_a_search_from_the_front_finds_it(mut items in prop::collection::vec(0_u8..50, 0..60), of in 0_u8..51) {
            items.sort_unstable();
            let items: VecDeque<u8> = items.into();

            prop_assert_eq!(start_of(&items, |item| *item < of), items.partition_point(|item| *item < of));
        }

        #[test]
        fn lists_become_one_without_repeats(lists in prop::collection::vec(prop::collection::btree_set(0_u64..30, 0..20), 0..4)) {
            let queues: Vec<VecDeque<u64>> = lists.iter().map(|list| list.iter().copied().collect()).collect();
            let all: std::collections::BTreeSet<u64> = lists.into_iter().flatten().collect();

            let merged: Vec<u64> = Merge::of(queues.iter().map(VecDeque::iter).collect()).collect();

            prop_assert_eq!(merged, all.into_iter().collect::<Vec<_>>());
        }
    }
}
