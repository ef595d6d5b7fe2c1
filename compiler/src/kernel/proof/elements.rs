//! Sets of the elements of an array.

use std::ops::Range;

/// A set of the elements of an array, one bit each.
pub struct Elements {
    len: usize,
    words: Vec<u64>,
}

impl Elements {
    /// None of so many.
    pub fn none(len: usize) -> Self {
        Elements { len, words: vec![0; len.div_ceil(64)] }
    }

    /// Elements of the array.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The bits of a range in the word of this number.
    fn bits(word: usize, range: &Range<usize>) -> u64 {
        let below = |end: usize| match end.saturating_sub(64 * word) {
            0 => 0,
            bits @ 1..64 => (1 << bits) - 1,
            _ => u64::MAX,
        };
        below(range.end) & !below(range.start)
    }

    /// The first element of the range that is, or is not, in the set.
    pub fn first(&self, range: &Range<usize>, present: bool) -> Option<usize> {
        (range.start / 64..range.end.div_ceil(64)).find_map(|word| {
            let bits = self.words.get(word)? ^ if present { 0 } else { u64::MAX };
            let bits = bits & Self::bits(word, range);
            (bits != 0).then(|| 64 * word + bits.trailing_zeros() as usize)
        })
    }

    /// Adds a range.
    ///
    /// # Errors
    /// Its first element that is there already, or is none of the array; nothing is added then.
    pub fn add(&mut self, range: &Range<usize>) -> Result<(), usize> {
        if range.end > self.len {
            return Err(self.len.max(range.start));
        }
        self.first(range, true).map_or(Ok(()), Err)?;
        self.put(range, true);
        Ok(())
    }

    /// Puts what the array has of a range into the set, or out of it.
    pub fn put(&mut self, range: &Range<usize>, present: bool) {
        for word in range.start / 64..range.end.min(self.len).div_ceil(64) {
            if let Some(slot) = self.words.get_mut(word) {
                let bits = Self::bits(word, range);
                *slot = if present { *slot | bits } else { *slot & !bits };
            }
        }
    }

    /// Adds all of another set; true when some were there already.
    pub fn add_all(&mut self, other: &Elements) -> bool {
        let mut both = 0;
        for (slot, other) in self.words.iter_mut().zip(&other.words) {
            both |= *slot & other;
            *slot |= other;
        }
        both != 0
    }

    /// Its runs, in order.
    pub fn runs(&self) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut at = 0;
        while let Some(first) = self.first(&(at..self.len), true) {
            at = self.first(&(first..self.len), false).unwrap_or(self.len);
            runs.push(first..at);
        }
        runs
    }
}

/// A set that is emptied again and again, in the time that it took to fill it.
pub struct Own {
    set: Elements,
    added: Vec<Range<usize>>,
}

impl Own {
    /// None of so many.
    pub fn none(len: usize) -> Self {
        Own { set: Elements::none(len), added: Vec::new() }
    }

    /// Adds a range, of which some may be there already.
    pub fn put(&mut self, range: &Range<usize>) {
        self.set.put(range, true);
        self.added.push(range.clone());
    }

    /// The first element of the range that is, or is not, in the set.
    pub fn first(&self, range: &Range<usize>, present: bool) -> Option<usize> {
        self.set.first(range, present)
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        for range in self.added.drain(..) {
            self.set.put(&range, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Elements, Own};

    #[test]
    fn ranges_go_in_once_and_come_out_as_runs() {
        let mut set = Elements::none(200);
        for range in [3..64, 64..65, 127..130, 199..200] {
            assert_eq!(set.add(&range), Ok(()), "{range:?}");
        }
        assert_eq!(set.runs(), [3..65, 127..130, 199..200]);
        assert_eq!(set.add(&(100..129)), Err(127));
        assert_eq!(set.add(&(199..201)), Err(200));
        assert_eq!(set.first(&(3..200), false), Some(65));
        assert_eq!(set.first(&(65..127), true), None);
        assert_eq!(set.runs().len(), 3, "nothing was added where a range was refused");
    }

    #[test]
    fn what_was_filled_is_emptied() {
        let mut own = Own::none(100);
        [0..70, 60..80].iter().for_each(|range| own.put(range));
        assert_eq!(own.first(&(0..100), false), Some(80));
        own.clear();
        assert_eq!(own.first(&(0..100), true), None);
    }
}
