//! The part of a convolution's schedule that differs between instruction sets: tiles, loop order, prefetch.

/// A rectangle of output positions, walked in tiles of one shape.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Region {
    /// First output row and column.
    pub origin: [usize; 2],
    /// Tiles down and across.
    pub tiles: [usize; 2],
    /// Rows and columns of a tile.
    pub tile: [usize; 2],
}

impl Region {
    /// Tiles in all.
    pub const fn count(&self) -> usize {
        self.tiles[0] * self.tiles[1]
    }
}

/// Which loop is outside, and so what the tasks of a kernel are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LoopOrder {
    /// Output channels outside: the weights of a task stay in L2 while it sweeps the map.
    ChannelsOutside,
    /// Bands of this many output rows outside: a band of input stays in L1 while all weights pass.
    RowsOutside(usize),
}

impl LoopOrder {
    /// Output rows that one sweep covers.
    pub const fn rows(self, spec: &super::spec::ConvSpec) -> usize {
        match self {
            LoopOrder::ChannelsOutside => spec.y.h,
            LoopOrder::RowsOutside(rows) => rows,
        }
    }

    /// How many sweeps ahead weights are asked for where nothing else is said: a band of rows outside reads the same
    /// weights as the band before it, so there is nothing to ask for.
    pub const fn prefetch(self) -> usize {
        match self {
            LoopOrder::ChannelsOutside => 1,
            LoopOrder::RowsOutside(_) => 0,
        }
    }
}

/// How a convolution runs on one instruction set.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ConvSchedule {
    /// Loop order.
    pub order: LoopOrder,
    /// Output blocks of 16 channels computed side by side.
    pub blocks: usize,
    /// Regions that cover the output, or one band of it, exactly.
    pub regions: Vec<Region>,
    /// How many sweeps ahead of their use weights are asked for; 0 for never, and where rows are outside.
    pub prefetch: usize,
}

impl ConvSchedule {
    /// `14x2`: positions by blocks of the tile that does most of the work.
    pub fn label(&self) -> String {
        let main = self.regions.iter().max_by_key(|r| r.count() * r.tile[0] * r.tile[1]);
        main.map_or_else(String::new, |r| format!("{}x{}", r.tile[0] * r.tile[1], self.blocks))
    }
}

impl ConvSchedule {
    /// One position and one block at a time: right for every spec.
    pub fn simplest(spec: &super::spec::ConvSpec) -> Self {
        let region = Region { origin: [0, 0], tiles: [spec.y.h, spec.y.w], tile: [1, 1] };
        let order = LoopOrder::ChannelsOutside;
        ConvSchedule { order, blocks: 1, regions: vec![region], prefetch: order.prefetch() }
    }
}

/// Most columns of a depthwise window whose weights are in registers at a time.
const MOST_TAPS: usize = 7;

/// Columns of a depthwise window that are done at a time, and what that leaves over.
pub const fn taps_at_once(columns: usize) -> (usize, usize) {
    let rounds = columns.div_ceil(MOST_TAPS);
    let each = columns.div_ceil(rounds);
    (each, columns % each)
}
