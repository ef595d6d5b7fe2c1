//! Points of a few coordinates as nests of loops: what makes a list of element numbers affine again.

/// Loops around a point; `N` addresses advance together.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Nest<const N: usize> {
    /// Where it starts.
    pub at: [usize; N],
    /// Count and steps of each loop, outermost first.
    pub loops: Vec<(usize, [usize; N])>,
}

/// Loops deeper than this are not looked for.
const DEEPEST: usize = 4;

impl<const N: usize> Nest<N> {
    /// A single point.
    pub fn point(at: [usize; N]) -> Self {
        Nest { at, loops: Vec::new() }
    }

    /// A nest with this loop around it, unless that runs once.
    #[must_use]
    pub fn times(mut self, count: usize, step: [usize; N]) -> Self {
        if count != 1 {
            self.loops.insert(0, (count, step));
        }
        self
    }
}

/// The same points in as few nests as a greedy search finds: neighbours that are alike become a loop, again and again.
pub fn join<const N: usize>(mut nests: Vec<Nest<N>>) -> Vec<Nest<N>> {
    for _ in 0..DEEPEST {
        let before = nests.len();
        nests = once(nests);
        if nests.len() == before {
            break;
        }
    }
    nests
}

fn once<const N: usize>(nests: Vec<Nest<N>>) -> Vec<Nest<N>> {
    let mut joined: Vec<Nest<N>> = Vec::new();
    let mut rest = nests.into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut count = 1;
        let mut step = [0; N];
        while let Some(next) = rest.peek()
            && next.loops == first.loops
            && let Some(by) = distance(&first, next, count)
            && (count == 1 || by == step)
        {
            step = by;
            count += 1;
            rest.next();
        }
        joined.push(first.times(count, step));
    }
    joined
}

/// The step that leads from `first` to `next` in `count` equal steps.
fn distance<const N: usize>(first: &Nest<N>, next: &Nest<N>, count: usize) -> Option<[usize; N]> {
    let mut step = [0; N];
    for (step, (&to, &from)) in step.iter_mut().zip(next.at.iter().zip(&first.at)) {
        let whole = to.checked_sub(from).filter(|whole| whole.is_multiple_of(count))?;
        *step = whole / count;
    }
    Some(step)
}

/// Drops loops that run once and joins those that all addresses walk as one.
pub fn coalesce<const N: usize>(loops: Vec<(usize, [usize; N])>) -> Vec<(usize, [usize; N])> {
    let mut out: Vec<(usize, [usize; N])> = Vec::new();
    for (count, step) in loops.into_iter().filter(|(count, _)| *count != 1) {
        match out.last_mut() {
            Some((outer, by)) if by.iter().zip(&step).all(|(&by, &step)| by == step * count) => {
                (*outer, *by) = (*outer * count, step);
            }
            _ => out.push((count, step)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(list: &[usize]) -> Vec<Nest<2>> {
        list.iter().enumerate().map(|(to, &from)| Nest::point([to, from])).collect()
    }

    /// Every point of the nests, in the order of the first coordinate.
    fn spread(nests: &[Nest<2>]) -> Vec<usize> {
        let mut all = Vec::new();
        for nest in nests {
            let mut at = vec![nest.at];
            for &(count, [to, from]) in &nest.loops {
                at = at
                    .iter()
                    .flat_map(|&[t, f]| (0..count).map(move |i| [t + i * to, f + i * from]))
                    .collect();
            }
            all.extend(at);
        }
        all.sort_unstable();
        assert!(all.iter().enumerate().all(|(index, [to, _])| *to == index));
        all.into_iter().map(|[_, from]| from).collect()
    }

    #[test]
    fn lists_become_few_nests() {
        let cases: [(&[usize], usize); 6] = [
            (&[3, 4, 5, 6], 1),
            (&[0, 0, 1, 1, 2, 2], 1),
            (&[0, 3, 6, 1, 4, 7, 2, 5, 8], 1),
            (&[0, 0, 1, 2, 2, 3, 4, 4, 5], 4),
            (&[2, 1, 0, 1, 2, 3], 3),
            (&[7], 1),
        ];
        for (list, count) in cases {
            let nests = join(points(list));
            assert_eq!(spread(&nests), list);
            assert_eq!(nests.len(), count, "{list:?}: {nests:?}");
        }
    }

    #[test]
    fn loops_that_walk_as_one_are_one() {
        assert_eq!(coalesce(vec![(2, [12, 12]), (1, [5, 5]), (3, [4, 4]), (4, [1, 1])]), [(24, [1, 1])]);
        assert_eq!(coalesce(vec![(3, [4, 8]), (4, [1, 1])]), [(3, [4, 8]), (4, [1, 1])]);
    }
}
