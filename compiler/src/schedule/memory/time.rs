//! What is alive when, for any number of buffers: two structures whose questions take logarithmic time.

/// Intervals of time, all known from the start, that are entered one after the other.
pub struct Intervals {
    /// First step, last step, and the number that the caller has for it; by first step.
    sorted: Vec<((usize, usize), usize)>,
    /// Where a number is in `sorted`.
    rank: Vec<usize>,
    /// A tree over `sorted`: the last step of any entered interval below a node, plus one.
    latest: Vec<usize>,
    leaves: usize,
}

impl Intervals {
    /// None is entered yet; their numbers are their places in the list.
    pub fn new(lives: &[(usize, usize)]) -> Self {
        let mut sorted: Vec<_> = lives.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let mut rank = vec![0; lives.len()];
        sorted.iter().enumerate().for_each(|(at, &(_, number))| rank[number] = at);
        let leaves = lives.len().next_power_of_two();
        Intervals { sorted, rank, latest: vec![0; 2 * leaves], leaves }
    }

    /// Enters the interval of this number.
    pub fn enter(&mut self, number: usize) {
        let at = self.rank[number];
        let end = self.sorted[at].0.1 + 1;
        let mut node = self.leaves + at;
        while node > 0 {
            self.latest[node] = self.latest[node].max(end);
            node /= 2;
        }
    }

    /// Appends the numbers of all entered intervals that have a step in common with `live`, in no order.
    pub fn meeting(&self, live: (usize, usize), found: &mut Vec<usize>) {
        let starting = self.sorted.partition_point(|&((first, _), _)| first <= live.1);
        let mut open = vec![(1, 0, self.leaves)];
        while let Some((node, from, count)) = open.pop() {
            if from >= starting || self.latest[node] <= live.0 {
                continue;
            }
            match count {
                1 => found.push(self.sorted[from].1),
                _ => open.extend([(2 * node, from, count / 2), (2 * node + 1, from + count / 2, count / 2)]),
            }
        }
    }
}

/// For each step a height, that of everything which was put there so far.
pub struct Skyline {
    /// A tree over the steps: the greatest height at any of a node's steps.
    highest: Vec<usize>,
    /// What all of a node's steps have at least.
    floor: Vec<usize>,
    leaves: usize,
}

impl Skyline {
    /// Nothing at all over so many steps.
    pub fn new(steps: usize) -> Self {
        let leaves = steps.next_power_of_two();
        Skyline { highest: vec![0; 2 * leaves], floor: vec![0; 2 * leaves], leaves }
    }

    /// Greatest height between two steps, both included.
    pub fn over(&self, live: (usize, usize)) -> usize {
        self.walk(1, (0, self.leaves), live)
    }

    fn walk(&self, node: usize, (from, to): (usize, usize), live: (usize, usize)) -> usize {
        if live.1 < from || to <= live.0 {
            return 0;
        }
        if live.0 <= from && to <= live.1 + 1 {
            return self.highest[node];
        }
        let middle = from.midpoint(to);
        let halves = [(2 * node, (from, middle)), (2 * node + 1, (middle, to))];
        let below = halves.map(|(half, range)| self.walk(half, range, live));
        below.into_iter().fold(self.floor[node], usize::max)
    }

    /// Raises every step between two, both included, to at least this height.
    pub fn raise(&mut self, live: (usize, usize), height: usize) {
        self.lift(1, (0, self.leaves), live, height);
    }

    fn lift(&mut self, node: usize, (from, to): (usize, usize), live: (usize, usize), height: usize) {
        if live.1 < from || to <= live.0 {
            return;
        }
        self.highest[node] = self.highest[node].max(height);
        if live.0 <= from && to <= live.1 + 1 {
            self.floor[node] = self.floor[node].max(height);
            return;
        }
        let middle = from.midpoint(to);
        self.lift(2 * node, (from, middle), live, height);
        self.lift(2 * node + 1, (middle, to), live, height);
    }
}

#[cfg(test)]
mod tests {
    use super::{Intervals, Skyline};

    /// Intervals over 40 steps, as a simple rule makes them.
    fn lives() -> Vec<(usize, usize)> {
        (0..60).map(|i| (i * 7 % 40, (i * 7 % 40 + i * i % 9).min(39))).collect()
    }

    #[test]
    fn intervals_that_meet_are_found() {
        let lives = lives();
        let mut entered = Intervals::new(&lives);
        for number in 0..lives.len() {
            let mut found = Vec::new();
            entered.meeting(lives[number], &mut found);
            found.sort_unstable();
            let meets =
                |&other: &usize| lives[other].0 <= lives[number].1 && lives[number].0 <= lives[other].1;
            assert_eq!(found, (0..number).filter(meets).collect::<Vec<_>>());
            entered.enter(number);
        }
    }

    #[test]
    fn the_skyline_is_the_highest_of_all() {
        let mut skyline = Skyline::new(40);
        let mut heights = [0; 40];
        for (number, live) in lives().into_iter().enumerate() {
            let expected = heights[live.0..=live.1].iter().copied().max();
            assert_eq!(Some(skyline.over(live)), expected);
            let height = number * 13 % 50;
            skyline.raise(live, height);
            heights[live.0..=live.1].iter_mut().for_each(|at| *at = height.max(*at));
        }
    }
}
