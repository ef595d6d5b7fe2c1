//! Packed weights: the numbers of a model in the order and layout in which its kernels read them.

pub mod pack;
