//! What becomes of a classifier's scores: probabilities, an order, names.

/// What becomes of a classifier's scores, as the model records it.
///
/// ```
/// use tilewright_runtime::Postprocess;
///
/// let how = Postprocess { softmax: true, top: 2, labels: &["cat", "dog", "fox"] };
/// let best = how.apply(&[0.0, 9.0, 1.0]);
/// assert_eq!((best.len(), best[0].class, best[0].label), (2, 1, Some("dog")));
/// assert!(best[0].probability > 0.99);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Postprocess {
    /// True where scores become probabilities by softmax, false where they are probabilities already.
    pub softmax: bool,
    /// How many classes are worth telling.
    pub top: usize,
    /// Name of each class; none where no one gave any.
    pub labels: &'static [&'static str],
}

/// A class and how likely it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ranked<'a> {
    /// Index among the scores.
    pub class: usize,
    /// Its name, where there is one.
    pub label: Option<&'a str>,
    /// The score, as the model computed it.
    pub score: f32,
    /// The score as a probability.
    pub probability: f64,
}

impl Postprocess {
    /// A classifier's logits, without names.
    pub const LOGITS: Postprocess = Postprocess { softmax: true, top: 5, labels: &[] };

    /// The [`top`](Postprocess::top) best classes, the best first, of the scores of one input.
    pub fn apply(&self, scores: &[f32]) -> Vec<Ranked<'static>> {
        let mut ranking = rank(scores, self.softmax, self.labels);
        ranking.truncate(self.top);
        ranking
    }

    /// The probability of each class, in the order of the scores of one input.
    pub fn probabilities(&self, scores: &[f32]) -> Vec<f64> {
        let scores = scores.iter().map(|&score| f64::from(score));
        if !self.softmax {
            return scores.collect();
        }
        // Subtracting the greatest keeps the powers in range and cancels out.
        let greatest = scores.clone().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = scores.map(|score| (score - greatest).exp()).collect();
        let sum: f64 = powers.iter().sum();
        powers.iter().map(|power| power / sum).collect()
    }
}

impl Default for Postprocess {
    fn default() -> Self {
        Postprocess::LOGITS
    }
}

/// All classes, the best first, of equal ones the first; classes beyond the labels have none.
pub fn rank<'a, L: AsRef<str>>(scores: &[f32], softmax: bool, labels: &'a [L]) -> Vec<Ranked<'a>> {
    let probabilities = Postprocess { softmax, ..Postprocess::LOGITS }.probabilities(scores);
    let ranked = |(class, (&score, probability))| {
        let label = labels.get(class).map(AsRef::as_ref);
        Ranked { class, label, score, probability }
    };
    let mut ranking: Vec<Ranked> = scores.iter().zip(probabilities).enumerate().map(ranked).collect();
    ranking.sort_by(|a, b| b.score.total_cmp(&a.score));
    ranking
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_logits_by_softmax() {
        let how = Postprocess { softmax: true, top: 3, labels: &["a", "b", "c"] };
        let ranking = how.apply(&[0.0, 3f32.ln(), -1000.0]);
        let classes: Vec<_> = ranking.iter().map(|ranked| (ranked.class, ranked.label)).collect();
        assert_eq!(classes, [(1, Some("b")), (0, Some("a")), (2, Some("c"))]);
        let [first, second, third] = [0, 1, 2].map(|i| ranking[i].probability);
        assert!((first - 0.75).abs() < 1e-6 && (second - 0.25).abs() < 1e-6 && third == 0.0);
    }

    #[test]
    fn keeps_probabilities_and_counts() {
        let how = Postprocess { softmax: false, top: 2, labels: &[] };
        let best: Vec<_> = how.apply(&[0.25, 0.5, 0.25]).iter().map(|r| (r.class, r.probability)).collect();
        assert_eq!(best, [(1, 0.5), (0, 0.25)]);
        assert_eq!(how.apply(&[1.0]).len(), 1);
    }

    #[test]
    fn survives_what_is_no_number() {
        for softmax in [false, true] {
            let how = Postprocess { softmax, ..Postprocess::LOGITS };
            assert_eq!(how.apply(&[f32::NAN, 1.0, f32::INFINITY]).len(), 3);
            assert!(how.apply(&[]).is_empty());
        }
    }
}
