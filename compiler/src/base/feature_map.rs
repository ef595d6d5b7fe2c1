//! How a 4-d tensor lies in memory: NCHW or NCHWc with blocks of 16 channels, with a physical halo.
//!
//! All pitches and lengths are in elements (f32).

/// Channels per block of the blocked layout: one 64-byte line of f32.
pub const BLOCK: usize = 16;

/// Rounds up to a whole number of blocks.
pub const fn round_up(n: usize) -> usize {
    n.div_ceil(BLOCK) * BLOCK
}

/// Positions of zeros stored around each plane, so that a padded convolution needs no masks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[allow(missing_docs)]
pub struct Halo {
    pub top: usize,
    pub left: usize,
    pub bottom: usize,
    pub right: usize,
}

impl Halo {
    /// No halo.
    pub const NONE: Halo = Halo { top: 0, left: 0, bottom: 0, right: 0 };

    /// The smallest halo that serves both.
    pub fn union(self, other: Halo) -> Halo {
        Halo {
            top: self.top.max(other.top),
            left: self.left.max(other.left),
            bottom: self.bottom.max(other.bottom),
            right: self.right.max(other.right),
        }
    }
}

/// The order of the axes in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Order {
    /// Row-major as ONNX has it; for 4-d tensors NCHW.
    #[default]
    Planar,
    /// NCHWc: `[n][c/16][h][w][16]`, the last block filled up with channels that no one reads.
    Blocked,
}

/// How a value lies in memory. Only 4-d values may be blocked or have a halo.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Layout {
    /// Order of the axes.
    pub order: Order,
    /// Halo around each plane.
    pub halo: Halo,
}

impl Layout {
    /// Row-major, no halo.
    pub const PLANAR: Layout = Layout { order: Order::Planar, halo: Halo::NONE };
    /// Blocked, no halo.
    pub const BLOCKED: Layout = Layout { order: Order::Blocked, halo: Halo::NONE };

    /// The same order with a halo.
    pub const fn with_halo(self, halo: Halo) -> Layout {
        Layout { order: self.order, halo }
    }
}

/// A 4-d tensor in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct FeatureMap {
    pub n: usize,
    pub c: usize,
    pub h: usize,
    pub w: usize,
    pub layout: Layout,
}

impl FeatureMap {
    /// Elements at one position: a block of channels, or one.
    pub const fn pitch_x(&self) -> usize {
        match self.layout.order {
            Order::Planar => 1,
            Order::Blocked => BLOCK,
        }
    }

    /// From one row to the next, halo included.
    pub const fn pitch_y(&self) -> usize {
        (self.w + self.layout.halo.left + self.layout.halo.right) * self.pitch_x()
    }

    /// From one plane (a channel, or a block of channels) to the next.
    pub const fn pitch_plane(&self) -> usize {
        (self.h + self.layout.halo.top + self.layout.halo.bottom) * self.pitch_y()
    }

    /// Planes of one image: channels, or blocks of channels.
    pub const fn planes(&self) -> usize {
        match self.layout.order {
            Order::Planar => self.c,
            Order::Blocked => self.c.div_ceil(BLOCK),
        }
    }

    /// From one image of the batch to the next.
    pub const fn pitch_n(&self) -> usize {
        self.planes() * self.pitch_plane()
    }

    /// Offset of position (0, 0) of plane 0 of image 0: behind the halo.
    pub const fn origin(&self) -> usize {
        self.layout.halo.top * self.pitch_y() + self.layout.halo.left * self.pitch_x()
    }

    /// Elements in all, halo and channel padding included.
    pub const fn len(&self) -> usize {
        self.n * self.pitch_n()
    }

    /// True when there is nothing in it.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Offset of one element of the logical tensor.
    pub const fn offset(&self, n: usize, c: usize, y: usize, x: usize) -> usize {
        let (plane, lane) = match self.layout.order {
            Order::Planar => (c, 0),
            Order::Blocked => (c / BLOCK, c % BLOCK),
        };
        self.origin()
            + n * self.pitch_n()
            + plane * self.pitch_plane()
            + y * self.pitch_y()
            + x * self.pitch_x()
            + lane
    }
}

/// How a layout is written in text: nothing for row-major, else ` nchw16` and the halo.
pub fn describe(layout: &Layout) -> String {
    let order = match layout.order {
        Order::Planar => "",
        Order::Blocked => " nchw16",
    };
    let Halo { top, left, bottom, right } = layout.halo;
    let halo = if layout.halo == Halo::NONE {
        String::new()
    } else {
        format!(" halo={top},{left},{bottom},{right}")
    };
    format!("{order}{halo}")
}
