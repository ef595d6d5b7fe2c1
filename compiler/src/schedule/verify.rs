//! Faults of a plan that a user can not cause. The generated `unsafe` rests on this, [`memory`] and the proofs of kernels.

use super::memory;
use super::plan::{BufferId, Place, Plan, Step};
use crate::base::feature_map::BLOCK;
use crate::kernel::ir::Role;
use crate::kernel::spec::KernelSpec;

impl Plan {
    /// Buffers that overlap, arguments that do not fit, memory that is too small; empty when the plan is sound.
    pub fn verify(&self) -> Vec<String> {
        let mut faults = memory::verify(&self.buffers, self.arena);
        for (number, step) in self.steps.iter().enumerate() {
            let found = self.verify_step(step).into_iter().chain(self.verify_lives(number, step));
            faults.extend(found.map(|fault| format!("step {number}: {fault}")));
        }
        let written: Vec<BufferId> = self.steps.iter().filter_map(|step| step.args.last()).copied().collect();
        faults.extend(memory::verify_parts(&self.buffers, &written));
        faults.extend(memory::verify_weights(&self.weights, self.weight_floats));
        let last = self.steps.len().saturating_sub(1);
        for output in self.outputs.iter().map(|&id| self.buffer(id)) {
            if output.live.1 < last {
                faults.push(format!("the output {} does not live to the end", output.name));
            }
            if !matches!(output.place, Place::Arena(_)) {
                faults.push(format!("the output {} is memory of the caller", output.name));
            }
        }
        if !self.scratch.is_multiple_of(BLOCK) || !self.arena.is_multiple_of(BLOCK) {
            faults.push(format!("scratch memory of {} behind {} is off the grid", self.scratch, self.arena));
        }
        faults
    }

    /// Memory is disjoint only between buffers that are alive, and between different ones.
    fn verify_lives(&self, number: usize, step: &Step) -> Vec<String> {
        let mut faults = Vec::new();
        let roles = roles(&self.kernel(step).spec);
        for (at, (id, role)) in step.args.iter().zip(&roles).enumerate() {
            let buffer = self.buffer(*id);
            if !(buffer.live.0..=buffer.live.1).contains(&number) {
                faults.push(format!("it uses {}, which lives in steps {:?}", buffer.name, buffer.live));
            }
            let others = step.args.iter().enumerate().filter(|(other, _)| role.writable() && *other != at);
            for (_, other) in others {
                if memory::intersect(buffer, self.buffer(*other)) {
                    faults.push(format!("it reads and writes {}", buffer.name));
                }
            }
        }
        faults
    }

    fn verify_step(&self, step: &Step) -> Vec<String> {
        let spec = &self.kernel(step).spec;
        let mut args = step.args.iter();
        let mut faults = Vec::new();
        for param in spec.params() {
            let len = match param.role {
                Role::Weights => step.weights.map(|id| self.weights[id.0].len),
                _ => args.next().map(|id| self.buffer(*id).len),
            };
            if len != Some(param.len) {
                faults.push(format!("{} takes {} floats and gets {len:?}", param.name, param.len));
            }
            if param.role == Role::Scratch && param.len > self.scratch {
                faults.push(format!(
                    "a thread has {} floats of scratch memory, not {}",
                    self.scratch, param.len
                ));
            }
        }
        let roles = roles(spec);
        if args.next().is_some() {
            faults.push("it gets more than it takes".to_owned());
        }
        let caller = |id: &BufferId| !matches!(self.buffer(*id).place, Place::Arena(_));
        if step.args.iter().zip(&roles).any(|(id, role)| role.writable() && caller(id)) {
            faults.push("it writes to an input of the caller".to_owned());
        }
        faults
    }
}

/// What a kernel does with each of its arguments but weights.
fn roles(spec: &KernelSpec) -> Vec<Role> {
    spec.params().iter().map(|param| param.role).filter(|role| *role != Role::Weights).collect()
}
