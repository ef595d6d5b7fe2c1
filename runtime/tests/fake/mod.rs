//! Networks so small that their results are known by heart, and one that takes much memory.
#![allow(dead_code)] // Each test program uses a part of it.

use tilewright_runtime::{
    Arena, Error, Isa, LoadOptions, ModelInfo, Network, Place, Postprocess, Preprocess, Probe, StepInfo,
    TensorInfo, network,
};

/// Sums the channels of a 4 x 4 picture of bytes: doubles in step 0, sums in step 1.
pub struct Sums {
    isa: Isa,
    threads: usize,
}

const DOUBLED: Place =
    Place { offset: 16, dims: [1, 3, 4, 4], shape: &[1, 3, 4, 4], blocked: false, halo: [0; 4] };
const SUMS: Place = Place { offset: 0, dims: [1, 3, 1, 1], shape: &[1, 3], blocked: false, halo: [0; 4] };

static SUMS_INFO: ModelInfo = ModelInfo {
    name: "sums",
    graph_sha256: "00",
    tool_version: "0.0.0",
    flops: 96,
    arena_bytes: 64 * 4,
    scratch_bytes: 0,
    weight_bytes: 0,
    inputs: &[TensorInfo { name: "data", shape: &[1, 3, 4, 4] }],
    outputs: &[TensorInfo { name: "sums", shape: &[1, 3] }],
    steps: &[
        StepInfo {
            name: "double",
            value: "twice",
            nodes: &["Add_0"],
            algorithm: "direct",
            tiles: &["tile 1x2", "tile 1x4"],
            flops: 48,
            bytes: 384,
            output: DOUBLED,
        },
        StepInfo {
            name: "sum",
            value: "sums",
            nodes: &["Sum_1", "Mul_2"],
            algorithm: "",
            tiles: &[],
            flops: 0,
            bytes: 204,
            output: SUMS,
        },
    ],
    isas: &[Isa::Portable, Isa::Avx2],
    preprocess: Preprocess {
        resize_short: 4,
        crop: 4,
        mean: [0.0; 3],
        std: [1.0 / 255.0; 3],
        ..Preprocess::IMAGENET
    },
    postprocess: Postprocess { softmax: true, top: 3, labels: &["rouge", "vert, clair", "\"bleu\""] },
};

impl Network for Sums {
    const INFO: &'static ModelInfo = &SUMS_INFO;

    fn load(options: &LoadOptions) -> Result<Self, Error> {
        if let Some(path) = &options.weights {
            return Err(Error::new(format!("{}: there are no weights to read", path.display())));
        }
        let threads = options.executor()?.threads();
        Ok(Sums { isa: Isa::select(options.isa, SUMS_INFO.isas)?, threads })
    }

    fn isa(&self) -> Isa {
        self.isa
    }

    fn threads(&self) -> usize {
        self.threads
    }

    fn run_probed<P: Probe + ?Sized>(
        &self,
        arena: &mut [f32],
        inputs: &[&[f32]],
        probe: &mut P,
    ) -> Result<(), Error> {
        let data: &[f32; 48] = network::input(inputs, SUMS_INFO.inputs, 0)?;
        let arena = Arena::try_new(arena, SUMS_INFO.arena_floats(self.threads))?;
        // SAFETY: 16 + 48 <= 64 and 0 + 3 <= 64; each step reads what no one writes in it.
        unsafe {
            probe.before(0);
            let twice = arena.write::<48>(16);
            data.iter().enumerate().for_each(|(i, x)| twice.set(i, 2.0 * x));
            probe.after(0, arena.view());
            probe.before(1);
            let sums = arena.write::<3>(0);
            let planes = arena.read::<48>(16).chunks(16);
            planes.enumerate().for_each(|(i, plane)| sums.set(i, plane.iter().sum::<f32>() / 2.0));
            probe.after(1, arena.view());
        }
        Ok(())
    }

    fn output<'a>(&self, arena: &'a [f32], _index: usize) -> &'a [f32] {
        &arena[..3]
    }
}

/// Swaps its two inputs of two and of three numbers.
pub struct Swap;

static SWAP_INFO: ModelInfo = ModelInfo {
    name: "swap",
    inputs: &[TensorInfo { name: "a", shape: &[2] }, TensorInfo { name: "b", shape: &[1, 3] }],
    outputs: &[TensorInfo { name: "first", shape: &[1, 3] }, TensorInfo { name: "second", shape: &[2] }],
    steps: &[],
    isas: &[Isa::Portable],
    ..SUMS_INFO
};

impl Network for Swap {
    const INFO: &'static ModelInfo = &SWAP_INFO;

    fn load(_options: &LoadOptions) -> Result<Self, Error> {
        Ok(Swap)
    }

    fn isa(&self) -> Isa {
        Isa::Portable
    }

    fn threads(&self) -> usize {
        1
    }

    fn run_probed<P: Probe + ?Sized>(
        &self,
        arena: &mut [f32],
        inputs: &[&[f32]],
        _probe: &mut P,
    ) -> Result<(), Error> {
        arena[..3].copy_from_slice(network::input::<3>(inputs, SWAP_INFO.inputs, 1)?);
        arena[16..18].copy_from_slice(network::input::<2>(inputs, SWAP_INFO.inputs, 0)?);
        Ok(())
    }

    fn output<'a>(&self, arena: &'a [f32], index: usize) -> &'a [f32] {
        if index == 0 { &arena[..3] } else { &arena[16..18] }
    }
}

/// A model whose runs take a gigabyte.
pub struct Huge;

static HUGE_INFO: ModelInfo = ModelInfo { name: "huge", arena_bytes: 1 << 30, ..SUMS_INFO };

impl Network for Huge {
    const INFO: &'static ModelInfo = &HUGE_INFO;

    fn load(_options: &LoadOptions) -> Result<Self, Error> {
        Ok(Huge)
    }

    fn isa(&self) -> Isa {
        Isa::Portable
    }

    fn threads(&self) -> usize {
        1
    }

    fn run_probed<P: Probe + ?Sized>(
        &self,
        _arena: &mut [f32],
        _inputs: &[&[f32]],
        _probe: &mut P,
    ) -> Result<(), Error> {
        Ok(())
    }

    fn output<'a>(&self, arena: &'a [f32], _index: usize) -> &'a [f32] {
        &arena[..3]
    }
}
