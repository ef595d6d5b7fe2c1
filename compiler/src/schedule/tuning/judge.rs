//! Whether a measured candidate is faster: pairs of times, their medians and spreads. Nothing here measures.
//!
//! Clock rates drift and other programs come and go, so a candidate's time counts only beside the default's right before
//! and right after it. A candidate wins when it is clearly faster in the median of its rounds, by more than the default
//! differs from itself, and in three of four rounds at all.

/// Rounds below which nothing is said.
pub const LEAST_ROUNDS: usize = 5;

/// A kernel's candidate wins below this ratio to the default.
const KERNEL_MARGIN: f64 = 0.97;

/// A whole program is faster below this ratio to the default.
const PROGRAM_MARGIN: f64 = 0.995;

/// Largest spread of the default's times at which anything is said.
pub const QUIET: f64 = 0.03;

/// The times of one round, in any unit: the default, the candidate, the default again.
#[derive(Clone, Copy, PartialEq, Debug)]
#[allow(missing_docs)]
pub struct Round {
    pub before: f64,
    pub candidate: f64,
    pub after: f64,
}

impl Round {
    /// The candidate's time in units of the default's.
    pub fn ratio(&self) -> f64 {
        2.0 * self.candidate / (self.before + self.after)
    }

    /// The default's time in units of its own.
    pub fn drift(&self) -> f64 {
        self.after / self.before
    }
}

/// What the rounds of one candidate say.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Verdict {
    /// Median of the ratios to the default.
    pub ratio: f64,
    /// True when it is faster beyond doubt.
    pub faster: bool,
}

/// Judges a candidate of a kernel.
pub fn kernel(rounds: &[Round]) -> Verdict {
    judge(rounds, KERNEL_MARGIN)
}

/// Judges a whole program.
pub fn program(rounds: &[Round]) -> Verdict {
    judge(rounds, PROGRAM_MARGIN)
}

fn judge(rounds: &[Round], margin: f64) -> Verdict {
    let ratios: Vec<f64> = rounds.iter().map(Round::ratio).collect();
    let drifts: Vec<f64> = rounds.iter().map(Round::drift).collect();
    let ratio = quantile(&ratios, 0.5);
    let clear = ratio < margin && 1.0 - ratio > spread(&drifts);
    let faster = rounds.len() >= LEAST_ROUNDS && clear && quantile(&ratios, 0.75) < 1.0;
    Verdict { ratio, faster }
}

/// The candidate that wins by most, with its ratio; `candidates` are the rounds of each.
pub fn best(candidates: &[Vec<Round>]) -> Option<(usize, f64)> {
    let verdicts = candidates.iter().map(|rounds| kernel(rounds)).enumerate();
    let faster = verdicts.filter(|(_, verdict)| verdict.faster);
    faster.map(|(index, verdict)| (index, verdict.ratio)).min_by(|a, b| a.1.total_cmp(&b.1))
}

/// Half of what lies between the 10th and the 90th percentile, in units of the median: 0 for equal numbers, infinite for
/// none.
pub fn spread(numbers: &[f64]) -> f64 {
    let middle = quantile(numbers, 0.5);
    let half = (quantile(numbers, 0.9) - quantile(numbers, 0.1)) / 2.0;
    if middle > 0.0 { half / middle } else { f64::INFINITY }
}

/// The number that a share of the numbers does not exceed, interpolated; 0 where there are none.
pub fn quantile(numbers: &[f64], share: f64) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = share * sorted.len().saturating_sub(1) as f64;
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    match (sorted.get(low), sorted.get(high)) {
        (Some(a), Some(b)) => a + (b - a) * at.fract(),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounds of a candidate with these ratios, where the default's own times differ by `noise` up and down.
    fn rounds(ratios: &[f64], noise: f64) -> Vec<Round> {
        let round = |(index, ratio): (usize, &f64)| {
            let sign = if index % 2 == 0 { noise } else { -noise };
            let (before, after) = (1.0 - sign / 2.0, 1.0 + sign / 2.0);
            Round { before, candidate: *ratio, after }
        };
        ratios.iter().enumerate().map(round).collect()
    }

    #[test]
    fn a_clear_win_wins() {
        let verdict = kernel(&rounds(&[0.9, 0.91, 0.89, 0.9, 0.92], 0.01));
        assert!(verdict.faster && (verdict.ratio - 0.9).abs() < 1e-12, "{verdict:?}");
    }

    #[test]
    fn doubtful_wins_do_not() {
        let doubtful: [(&str, Vec<Round>); 6] = [
            ("too little", rounds(&[0.98; 9], 0.0)),
            ("too few rounds", rounds(&[0.5; 4], 0.0)),
            ("no rounds", Vec::new()),
            ("less than the default differs from itself", rounds(&[0.93; 9], 0.1)),
            (
                "slower in three of ten rounds",
                rounds(&[0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 1.1, 1.1, 1.1], 0.0),
            ),
            ("slower", rounds(&[1.2; 9], 0.0)),
        ];
        for (why, rounds) in doubtful {
            assert!(!kernel(&rounds).faster, "{why}");
        }
    }

    #[test]
    fn one_outlier_decides_nothing() {
        assert!(kernel(&rounds(&[0.9, 0.9, 3.0, 0.9, 0.9, 0.9, 0.9], 0.0)).faster);
        assert!(!kernel(&rounds(&[1.0, 1.0, 0.1, 1.0, 1.0, 1.0, 1.0], 0.0)).faster);
    }

    /// Everything gets slower by 2 % from run to run; the candidate is the default.
    #[test]
    fn drift_is_no_win() {
        let time = |run: i32| 1.02f64.powi(run);
        let round = |run| Round { before: time(run), candidate: time(run + 1), after: time(run + 2) };
        let rounds: Vec<Round> = (0..20).map(|index| round(2 * index)).collect();
        let verdict = kernel(&rounds);
        assert!(!verdict.faster && (verdict.ratio - 1.0).abs() < 1e-3, "{verdict:?}");
    }

    #[test]
    fn the_best_of_several_is_taken() {
        let of = |ratio: f64| rounds(&[ratio; 6], 0.0);
        assert_eq!(best(&[of(0.95), of(0.8), of(0.9), of(1.1)]).map(|(index, _)| index), Some(1));
        assert_eq!(best(&[of(0.99), of(1.0)]), None);
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn a_program_wins_by_less_than_a_kernel() {
        let few = rounds(&[0.99; 7], 0.0);
        assert!(program(&few).faster && !kernel(&few).faster);
        assert!(!program(&rounds(&[0.999; 7], 0.0)).faster);
    }

    #[test]
    fn spreads_and_quantiles() {
        let numbers: Vec<f64> = (0..=10).rev().map(f64::from).collect();
        for (share, want) in [(0.0, 0.0), (0.25, 2.5), (0.5, 5.0), (0.9, 9.0), (1.0, 10.0)] {
            assert!((quantile(&numbers, share) - want).abs() < 1e-12, "{share}");
        }
        assert!((spread(&numbers) - 0.8).abs() < 1e-12);
        assert_eq!((spread(&[2.0; 5]), spread(&[]), quantile(&[], 0.5)), (0.0, f64::INFINITY, 0.0));
    }
}
