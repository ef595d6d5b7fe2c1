//! What can watch a run step by step without regenerating its code.

use crate::StepInfo;
use std::time::{Duration, Instant};

/// Called around each step of a run.
pub trait Probe {
    /// Before step number `step`.
    fn before(&mut self, step: usize);

    /// After step number `step`; its value lies in `arena` where [`StepInfo::output`] says.
    fn after(&mut self, step: usize, arena: &[f32]);
}

/// Watches nothing and costs nothing.
#[derive(Clone, Copy, Default, Debug)]
pub struct NoProbe;

impl Probe for NoProbe {
    #[inline(always)]
    fn before(&mut self, _step: usize) {}

    #[inline(always)]
    fn after(&mut self, _step: usize, _arena: &[f32]) {}
}

/// Times each step, over any number of runs.
#[derive(Clone, Debug)]
pub struct Timer {
    started: Instant,
    runs: Vec<Vec<Duration>>,
}

impl Timer {
    /// A timer for a model of so many steps.
    pub fn new(steps: usize) -> Self {
        Timer { started: Instant::now(), runs: vec![Vec::new(); steps] }
    }

    /// The durations of each step, one per run.
    pub fn durations(&self) -> &[Vec<Duration>] {
        &self.runs
    }
}

impl Probe for Timer {
    fn before(&mut self, _step: usize) {
        self.started = Instant::now();
    }

    fn after(&mut self, step: usize, _arena: &[f32]) {
        let took = self.started.elapsed();
        if let Some(step) = self.runs.get_mut(step) {
            step.push(took);
        }
    }
}

/// Hands the value of each step, unpacked to row-major, to a callback with the step's number and description.
pub struct Dump<F> {
    steps: &'static [StepInfo],
    take: F,
}

impl<F: FnMut(usize, &StepInfo, Vec<f32>)> Dump<F> {
    /// A dump of the steps of a model.
    pub fn new(steps: &'static [StepInfo], take: F) -> Self {
        Dump { steps, take }
    }
}

impl<F: FnMut(usize, &StepInfo, Vec<f32>)> Probe for Dump<F> {
    fn before(&mut self, _step: usize) {}

    fn after(&mut self, step: usize, arena: &[f32]) {
        if let Some(info) = self.steps.get(step) {
            (self.take)(step, info, info.output.unpack(arena));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    const PLACE: Place = Place { offset: 1, dims: [1, 2, 1, 1], shape: &[2], blocked: false, halo: [0; 4] };
    const STEPS: &[StepInfo] = &[StepInfo {
        name: "kernel",
        value: "y",
        nodes: &["node"],
        algorithm: "",
        tiles: &[],
        flops: 4,
        bytes: 8,
        output: PLACE,
    }];

    fn run(probe: &mut impl Probe) {
        probe.before(0);
        std::thread::sleep(Duration::from_millis(2));
        probe.after(0, &[0.0, 5.0, 6.0, 0.0]);
    }

    #[test]
    fn the_timer_keeps_each_run() {
        let mut timer = Timer::new(1);
        run(&mut timer);
        run(&mut timer);
        assert_eq!(timer.durations()[0].len(), 2);
        assert!(timer.durations()[0].iter().all(|&took| took >= Duration::from_millis(2)));
    }

    #[test]
    fn the_dump_unpacks() {
        let mut seen = Vec::new();
        run(&mut Dump::new(STEPS, |step, info, value| seen.push((step, info.value, value))));
        assert_eq!(seen, [(0, "y", vec![5.0, 6.0])]);
    }
}
