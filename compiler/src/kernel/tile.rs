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

/// How a convolution runs on one instruction set.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ConvSchedule {
    /// Loop order.
    pub order: LoopOrder,
    /// Output blocks of 16 channels computed side by side.
    pub blocks: usize,
    /// Regions that cover the output, or one band of it, exactly.
    pub regions: Vec<Region>,
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
        ConvSchedule { order: LoopOrder::ChannelsOutside, blocks: 1, regions: vec![region] }
    }
}
