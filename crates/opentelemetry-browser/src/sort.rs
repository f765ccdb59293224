//! Sorting of lists. The standard library's is made for long ones: it takes some 5 KB of WebAssembly for each kind of list. This one is
//! for all kinds: it only knows the items' places.

/// The places of `len` items in their order; equal items stay in the order in which they were. It merges runs, so it takes as long as
/// the standard library's within a small factor.
pub(crate) fn sorted(len: usize, is_before: &dyn Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    let mut run = 1;
    while run < len {
        let mut merged = Vec::with_capacity(len);
        for both in order.chunks(run * 2) {
            let (mut left, mut right) = both.split_at(run.min(both.len()));
            while let Some(first) = left.first() {
                let next = right.first().filter(|next| is_before(**next, *first));
                merged.push(*next.unwrap_or(first));
                let from = if next.is_some() { &mut right } else { &mut left };
                *from = from.get(1..).unwrap_or_default();
            }
            merged.extend_from_slice(right);
        }
        order = merged;
        run *= 2;
    }
    order
}

/// Sorts a list.
pub(crate) fn sort<T>(list: Vec<T>, is_before: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let order = sorted(list.len(), &|left, right| match (list.get(left), list.get(right)) {
        (Some(left), Some(right)) => is_before(left, right),
        _ => false,
    });
    let mut list: Vec<Option<T>> = list.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| list.get_mut(at)?.take()).collect()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_does_what_the_standard_librarys_does(list in prop::collection::vec((0..20_u8, any::<u8>()), 0..60)) {
            let ours = sort(list.clone(), |left, right| left.0 < right.0);
            let mut theirs = list;
            theirs.sort_by_key(|pair| pair.0);
            prop_assert_eq!(ours, theirs);
        }
    }
}
