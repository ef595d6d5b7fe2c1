//! Tables of the instruction sets and of the kinds of multiply-accumulate.

/// What a kernel builder and the emitter must know of an instruction set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Isa {
    /// Name on the command line and in reports.
    pub name: &'static str,
    /// Module of `tilewright_runtime::simd`, and of the generated kernels.
    pub module: &'static str,
    /// Value of the `#[target_feature(enable = ..)]` attribute; empty for the portable set.
    pub features: &'static str,
    /// f32 lanes of one vector register.
    pub lanes: usize,
    /// Architectural vector registers.
    pub registers: usize,
    /// Fused multiply-adds issued per cycle (Zen 4).
    pub fma_per_cycle: usize,
    /// True when an FMA takes a broadcast memory operand, so that a broadcast used once needs no register.
    pub broadcast_operand: bool,
}

/// Baseline of any architecture: plain arrays of four lanes, no fused multiply-add.
pub const PORTABLE: Isa = Isa {
    name: "portable",
    module: "portable",
    features: "",
    lanes: 4,
    registers: 16,
    fma_per_cycle: 1,
    broadcast_operand: false,
};

/// AVX2 with FMA (Haswell, Zen).
pub const AVX2: Isa = Isa {
    name: "avx2",
    module: "avx2",
    features: "avx2,fma",
    lanes: 8,
    registers: 16,
    fma_per_cycle: 2,
    broadcast_operand: false,
};

/// AVX-512 Foundation (Skylake-X, Zen 4).
pub const AVX512: Isa = Isa {
    name: "avx512",
    module: "avx512",
    features: "avx512f",
    lanes: 16,
    registers: 32,
    fma_per_cycle: 1,
    broadcast_operand: true,
};

/// Every instruction set, the slowest first. A row added here is compiled, tested and listed.
pub const ISAS: [Isa; 3] = [PORTABLE, AVX2, AVX512];

/// The row with this name.
pub fn isa(name: &str) -> Option<Isa> {
    ISAS.into_iter().find(|isa| isa.name == name)
}
