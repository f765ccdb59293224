//! Sorting of short lists. The standard library's is made for long ones: it takes some 5 KB of WebAssembly for each kind of list.

/// Sorts a list that is short, or nearly sorted already: it takes time proportional to what is out of order. Stable.
pub(crate) fn insertion_sort<T>(list: &mut [T], is_before: impl Fn(&T, &T) -> bool) {
    for end in 1..list.len() {
        let mut at = end;
        while at > 0 && is_before(&list[at], &list[at - 1]) {
            list.swap(at, at - 1);
            at -= 1;
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_does_what_the_standard_librarys_does(list in prop::collection::vec((0..20_u8, any::<u8>()), 0..60)) {
            let (mut ours, mut theirs) = (list.clone(), list);
            insertion_sort(&mut ours, |left, right| left.0 < right.0);
            theirs.sort_by_key(|pair| pair.0);
            prop_assert_eq!(ours, theirs);
        }
    }
}
