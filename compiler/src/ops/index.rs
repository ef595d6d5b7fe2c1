//! Which elements of an axis a result takes, as a few arithmetic progressions: a slice is one, a repeated or
//! interleaved axis is one of two levels, a mirrored border is one more.

use std::fmt;
use std::str::FromStr;

/// `times` rows of `count` numbers: `start + row * stride + i * step`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Piece {
    pub start: usize,
    pub count: usize,
    pub step: isize,
    pub times: usize,
    pub stride: isize,
}

/// A list of element numbers of an axis; none is negative.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Index(Vec<Piece>);

impl Piece {
    /// The smallest and the largest number; `None` where one is negative or overflows.
    fn bounds(&self) -> Option<(usize, usize)> {
        let reach =
            |count: usize, step: isize| isize::try_from(count.checked_sub(1)?).ok()?.checked_mul(step);
        let start = isize::try_from(self.start).ok()?;
        let (a, b) = (reach(self.count, self.step)?, reach(self.times, self.stride)?);
        let low = start.checked_add(a.min(0))?.checked_add(b.min(0))?;
        let high = start.checked_add(a.max(0))?.checked_add(b.max(0))?;
        Some((usize::try_from(low).ok()?, usize::try_from(high).ok()?))
    }

    /// Its numbers in order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let rows = 0..self.times;
        rows.flat_map(move |row| {
            let first = self.start.wrapping_add_signed((row as isize).wrapping_mul(self.stride));
            (0..self.count).map(move |i| first.wrapping_add_signed((i as isize).wrapping_mul(self.step)))
        })
    }

    /// One form for what means the same.
    fn canonical(self) -> Self {
        let step = if self.count == 1 { 1 } else { self.step };
        let stride = if self.times == 1 { 0 } else { self.stride };
        Piece { step, stride, ..self }
    }

    /// The number that would follow the last of the first row.
    fn next(&self) -> Option<usize> {
        let reach = isize::try_from(self.count).ok()?.checked_mul(self.step)?;
        self.start.checked_add_signed(reach)
    }
}

impl Index {
    /// An index of pieces; `None` where a number is negative or the count overflows.
    pub fn new(pieces: Vec<Piece>) -> Option<Self> {
        let some = pieces.into_iter().filter(|piece| piece.count > 0 && piece.times > 0);
        let pieces: Vec<Piece> = some.map(Piece::canonical).collect();
        pieces.iter().try_fold(0usize, |sum, p| {
            p.bounds()?;
            sum.checked_add(p.count.checked_mul(p.times)?)
        })?;
        Some(Index(pieces))
    }

    /// `count` numbers from `start` on.
    pub fn run(start: usize, step: isize, count: usize) -> Option<Self> {
        Index::new(vec![Piece { start, count, step, times: 1, stride: 0 }])
    }

    /// The list `0..extent`, `times` times.
    pub fn repeated(extent: usize, times: usize) -> Option<Self> {
        Index::new(vec![Piece { start: 0, count: extent, step: 1, times, stride: 0 }])
    }

    /// These numbers, in as few pieces as a greedy search finds.
    pub fn of(numbers: &[usize]) -> Option<Self> {
        let mut runs: Vec<Piece> = Vec::new();
        for &number in numbers {
            match runs.last_mut() {
                Some(run) if run.count == 1 => {
                    run.step = isize::try_from(number).ok()?.checked_sub_unsigned(run.start)?;
                    run.count = 2;
                }
                Some(run) if run.next() == Some(number) => run.count += 1,
                _ => runs.push(Piece { start: number, count: 1, step: 1, times: 1, stride: 0 }),
            }
        }
        Index::new(join(runs)?)
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.0.iter().map(|piece| piece.count * piece.times).sum()
    }

    /// True for a list of nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The largest number; `None` of an empty list.
    pub fn max(&self) -> Option<usize> {
        self.0.iter().filter_map(|piece| piece.bounds()).map(|(_, high)| high).max()
    }

    /// The pieces, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The numbers in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().flat_map(|piece| piece.iter())
    }

    /// True for `0..extent`.
    pub fn is_whole(&self, extent: usize) -> bool {
        self.contiguous() == Some((0, extent))
    }

    /// The first number and the count, of numbers one behind the other.
    pub fn contiguous(&self) -> Option<(usize, usize)> {
        match self.0.as_slice() {
            [piece] if piece.times == 1 && (piece.step == 1 || piece.count == 1) => {
                Some((piece.start, piece.count))
            }
            _ => None,
        }
    }

    /// One list behind the other.
    #[must_use]
    pub fn then(mut self, other: Index) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// Joins neighbouring runs that are alike and at equal distances into pieces of two levels.
fn join(runs: Vec<Piece>) -> Option<Vec<Piece>> {
    let mut joined: Vec<Piece> = Vec::new();
    for run in runs {
        let distance = |to: &Piece| isize::try_from(run.start).ok()?.checked_sub_unsigned(to.start);
        let rows = |piece: &Piece| isize::try_from(piece.times).ok()?.checked_mul(piece.stride);
        match joined.last_mut() {
            Some(last) if last.count == run.count && last.step == run.step && last.times == 1 => {
                last.stride = distance(last)?;
                last.times = 2;
            }
            Some(last)
                if last.count == run.count && last.step == run.step && distance(last)? == rows(last)? =>
            {
                last.times += 1;
            }
            _ => joined.push(run),
        }
    }
    Some(joined)
}

impl fmt::Display for Index {
    /// `16:32` for 32 numbers from 16 on; a step other than 1 behind `/`, rows behind `*` with their stride behind `/`;
    /// pieces are joined by `+`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, piece) in self.0.iter().enumerate() {
            write!(f, "{}{}:{}", if at > 0 { "+" } else { "" }, piece.start, piece.count)?;
            if piece.step != 1 {
                write!(f, "/{}", piece.step)?;
            }
            if piece.times > 1 {
                write!(f, "*{}/{}", piece.times, piece.stride)?;
            }
        }
        Ok(())
    }
}

impl FromStr for Index {
    type Err = ();

    /// The inverse of `Display`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let piece = |text: &str| {
            let (row, rows) = text.split_once('*').map_or((text, None), |(row, rows)| (row, Some(rows)));
            let (start, rest) = row.split_once(':')?;
            let (count, step) = rest.split_once('/').unwrap_or((rest, "1"));
            let (times, stride) = rows.map_or(Some(("1", "0")), |rows| rows.split_once('/'))?;
            Some(Piece {
                start: start.parse().ok()?,
                count: count.parse().ok()?,
                step: step.parse().ok()?,
                times: times.parse().ok()?,
                stride: stride.parse().ok()?,
            })
        };
        let pieces: Option<Vec<Piece>> = text.split('+').filter(|part| !part.is_empty()).map(piece).collect();
        pieces.and_then(Index::new).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(numbers: &[usize], text: &str) {
        let index = Index::of(numbers).unwrap();
        assert_eq!(index.to_string(), text);
        assert_eq!(index.iter().collect::<Vec<_>>(), numbers);
        assert_eq!(index.len(), numbers.len());
        assert_eq!(index.max(), numbers.iter().copied().max());
        assert_eq!(text.parse(), Ok(index));
    }

    #[test]
    fn lists_become_few_pieces() {
        check(&[], "");
        check(&[5], "5:1");
        check(&[2, 3, 4], "2:3");
        check(&[0, 0, 1, 1, 2, 2], "0:2/0*3/1");
        check(&[0, 4, 1, 5, 2, 6], "0:2/4*3/1");
        check(&[0, 1, 2, 0, 1, 2], "0:3*2/0");
        check(&[2, 1, 0, 1, 2, 3, 4], "2:3/-1+1:4");
        check(&[7, 7, 7, 9], "7:3/0+9:1");
        check(&[0, 0, 1, 2, 2, 3], "0:2/0+1:2*2/1");
    }

    #[test]
    fn what_leaves_the_numbers_is_no_index() {
        assert_eq!(Index::run(2, -1, 4), None);
        assert_eq!(Index::run(0, isize::MAX, 3), None);
        assert_eq!(Index::run(usize::MAX, 1, 1), None);
        assert_eq!(Index::repeated(usize::MAX, 2), None);
        assert_eq!("3:5/-1".parse::<Index>(), Err(()));
        assert_eq!("3;5".parse::<Index>(), Err(()));
        assert_eq!(Index::run(9, -4, 3).and_then(|index| index.max()), Some(9));
        assert!(Index::run(0, 1, 7).is_some_and(|index| index.is_whole(7) && !index.is_whole(8)));
    }
}
