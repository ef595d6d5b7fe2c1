//! Random numbers for weights: SplitMix64 (Steele et al. 2014) and the transform of Box and Muller (1958).
//!
//! Each tensor has a generator of its own, seeded with the user's seed and the tensor's name, so that its numbers do not
//! depend on the other tensors. They are computed in f64 and rounded to f32, so hosts agree but for a rare last bit.

use std::f64::consts::TAU;

/// The generator of one tensor.
#[derive(Clone, Debug)]
pub struct Numbers {
    state: u64,
}

impl Numbers {
    /// The generator of the tensor `name` under `seed`.
    pub fn new(seed: u64, name: &str) -> Self {
        // FNV-1a of the name, so that similar names start far apart once mixed.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut numbers = Numbers { state: seed };
        numbers.state = numbers.next() ^ hash;
        numbers
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in (0, 1].
    fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    /// `count` numbers of a normal distribution around 0.
    pub fn normal(&mut self, count: usize, deviation: f64) -> Vec<f32> {
        let mut numbers = Vec::with_capacity(count + 1);
        while numbers.len() < count {
            let radius = deviation * (-2.0 * self.uniform().ln()).sqrt();
            let (sin, cos) = (TAU * self.uniform()).sin_cos();
            numbers.extend([(radius * cos) as f32, (radius * sin) as f32]);
        }
        numbers.truncate(count);
        numbers
    }

    /// Filters of a layer: normal numbers of which each row, the weights of one output, sums to about zero. What all
    /// inputs have in common then cancels, as it does in a trained network: with plain normal weights every picture
    /// would get nearly the same logits.
    pub fn filters(&mut self, rows: usize, row: usize, deviation: f64) -> Vec<f32> {
        let mut numbers = self.normal(rows * row, deviation);
        for filter in numbers.chunks_mut(row.max(1)) {
            let mean = filter.iter().map(|&x| f64::from(x)).sum::<f64>() / filter.len() as f64;
            filter.iter_mut().for_each(|x| *x -= mean as f32);
        }
        numbers
    }

    /// `count` numbers uniform in (`low`, `high`].
    pub fn between(&mut self, count: usize, low: f64, high: f64) -> Vec<f32> {
        (0..count).map(|_| (low + (high - low) * self.uniform()) as f32).collect()
    }
}
