//! Schedules of which a part is given: the cost rule chooses the rest, and what is impossible is refused.

use super::depthwise;
use super::tile::{self, Search, Sums};
use crate::base::target::Isa;
use crate::kernel::Schedule;
use crate::kernel::spec::{ConvSpec, KernelSpec, MOST_BLOCKS, WinogradSpec};
use crate::kernel::tile::{ConvSchedule, LoopOrder};
use crate::kernel::winograd::WinogradSchedule;

/// What a schedule is to be; what is `None` is left to the rule.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Wanted {
    /// Blocks of 16 output channels side by side.
    pub blocks: Option<usize>,
    /// The register tile.
    pub tile: Option<Tile>,
    /// Loop order of a direct convolution.
    pub order: Option<LoopOrder>,
    /// How far ahead weights are asked for; 0 for never.
    pub prefetch: Option<usize>,
}

/// A register tile.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tile {
    /// Of a direct convolution: rows and columns of positions.
    Positions([usize; 2]),
    /// Of a Winograd convolution: tiles.
    Tiles(usize),
}

/// Most sweeps ahead of a direct convolution: what is asked for earlier has left the cache again.
pub const MOST_SWEEPS: usize = 2;

/// Most blocks of input channels ahead of a Winograd convolution: 16 KiB, half of an L1.
pub const MOST_AHEAD: usize = 16;

/// The schedule of a kernel that is as wanted.
///
/// # Errors
/// The reason, in words, why there is none.
pub fn schedule(spec: &KernelSpec, isa: &Isa, wanted: &Wanted) -> Result<Schedule, String> {
    match spec {
        KernelSpec::Conv(spec) => direct(spec, isa, wanted).map(Schedule::Conv),
        KernelSpec::Winograd(spec) => winograd(spec, isa, wanted).map(Schedule::Winograd),
        KernelSpec::Banded(spec) => banded(spec, isa, wanted).map(Schedule::Conv),
        KernelSpec::Depthwise(spec) => depthwise(spec, 1, isa, wanted).map(Schedule::Depthwise),
        KernelSpec::Grouped(spec) => {
            depthwise(spec, spec.x.c / spec.groups, isa, wanted).map(Schedule::Depthwise)
        }
        _ => Err("kernels of its kind have one schedule only".to_owned()),
    }
}

/// A direct convolution that is as wanted.
fn direct(spec: &ConvSpec, isa: &Isa, wanted: &Wanted) -> Result<ConvSchedule, String> {
    let sums = Sums::direct(spec);
    let orders = match wanted.order {
        Some(order) => vec![(possible(order, spec)?, 1.0)],
        None => sums.orders(),
    };
    let schedule = tiled(&sums, isa, wanted, &orders)?;
    match (wanted.prefetch, schedule.order) {
        (None, _) => Ok(schedule),
        (Some(0), _) => Ok(ConvSchedule { prefetch: 0, ..schedule }),
        (Some(_), LoopOrder::RowsOutside(_)) => {
            Err("with rows outside every sweep reads the same weights, so there is nothing to prefetch"
                .to_owned())
        }
        (Some(prefetch), _) if prefetch <= MOST_SWEEPS => Ok(ConvSchedule { prefetch, ..schedule }),
        (Some(_), _) => Err(format!("weights are asked for {MOST_SWEEPS} sweeps ahead at most")),
    }
}

/// A convolution in groups that fill no blocks that is as wanted.
fn banded(spec: &ConvSpec, isa: &Isa, wanted: &Wanted) -> Result<ConvSchedule, String> {
    if wanted.blocks.is_some_and(|blocks| blocks != 1) || wanted.prefetch.is_some_and(|ahead| ahead > 0) {
        return Err("a convolution in groups of its size has a tile and an order only".to_owned());
    }
    let sums = Sums::banded(spec);
    let orders = match wanted.order {
        Some(order) => vec![(bands(order, spec)?, 1.0)],
        None => sums.orders(),
    };
    tiled(&sums, isa, wanted, &orders)
}

/// The cheapest in one of these orders with the wanted tile and blocks.
fn tiled(
    sums: &Sums,
    isa: &Isa,
    wanted: &Wanted,
    orders: &[(LoopOrder, f64)],
) -> Result<ConvSchedule, String> {
    let spec = sums.spec;
    let blocks = match wanted.blocks {
        Some(blocks) => vec![divides(blocks, sums.blocks)?],
        None => sums.side_by_side(),
    };
    let tile = match wanted.tile {
        Some(Tile::Positions(tile)) => Some(tile),
        Some(Tile::Tiles(_)) => return Err("a direct convolution has a `tile RxC`, no `tiles`".to_owned()),
        None => None,
    };
    let Some((_, schedule)) = tile::cheapest(sums, isa, &blocks, orders, tile) else {
        let most = |&blocks: &usize| Search::new(sums, isa, blocks).map_or(0, |search| search.most());
        let (h, w) = (orders.iter().map(|(order, _)| order.rows(spec)).max().unwrap_or(0), spec.y.w);
        let list: Vec<String> = blocks
            .iter()
            .map(|blocks| format!("{} positions with `blocks {blocks}`", most(blocks)))
            .collect();
        return Err(format!(
            "the registers hold at most {}, and a tile lies inside of {h}x{w}",
            list.join(", ")
        ));
    };
    Ok(schedule)
}

/// A depthwise convolution that is as wanted, or one in groups of so many inputs.
fn depthwise(spec: &ConvSpec, inputs: usize, isa: &Isa, wanted: &Wanted) -> Result<ConvSchedule, String> {
    if wanted.blocks.is_some() || wanted.prefetch.is_some() {
        return Err("a depthwise convolution, or one in small groups, has a tile and an order only".into());
    }
    let order = match wanted.order {
        Some(order) => bands(order, spec)?,
        None => depthwise::order(spec),
    };
    let most = depthwise::most(spec, inputs, isa);
    match wanted.tile {
        None => {
            let columns = depthwise::schedule(spec, inputs, isa);
            let columns = columns.regions.first().map_or(1, |region| region.tile[1]);
            Ok(depthwise::tiled(spec, order, columns))
        }
        Some(Tile::Positions([1, columns])) if (1..=most).contains(&columns) => {
            Ok(depthwise::tiled(spec, order, columns))
        }
        Some(_) => Err(format!("its tiles are `tile 1xN` with at most {most} columns")),
    }
}

/// A Winograd convolution that is as wanted.
fn winograd(spec: &WinogradSpec, isa: &Isa, wanted: &Wanted) -> Result<WinogradSchedule, String> {
    if wanted.order.is_some() {
        return Err(
            "a Winograd convolution has one loop order only; its band is part of the algorithm".into()
        );
    }
    let blocks = match wanted.blocks {
        Some(blocks) if blocks > MOST_BLOCKS => {
            return Err(format!("at most {MOST_BLOCKS} blocks are computed side by side"));
        }
        Some(blocks) => Some(divides(blocks, spec.conv.out_blocks())?),
        None => None,
    };
    let sums = Sums::direct(&spec.conv);
    let options = blocks.map_or_else(|| sums.side_by_side(), |blocks| vec![blocks]);
    let options = options.into_iter().filter_map(|blocks| Search::new(&sums, isa, blocks));
    let schedules = options.map(|search| match wanted.tile {
        None => Ok(search.products(spec, search.most())),
        Some(Tile::Tiles(count)) if count <= search.most() => Ok(search.products(spec, count)),
        Some(Tile::Tiles(_)) => Err(format!("the registers hold {} tiles at most", search.most())),
        Some(Tile::Positions(_)) => Err("a Winograd convolution has `tiles N`, no `tile`".to_owned()),
    });
    let mut best: Result<(f64, WinogradSchedule), String> = Err("the registers do not hold one tile".into());
    for found in schedules {
        best = match (best, found) {
            (Ok(best), Ok(next)) if best.0 <= next.0 => Ok(best),
            (_, Ok(next)) => Ok(next),
            (Ok(best), Err(_)) => Ok(best),
            (Err(_), Err(reason)) => Err(reason),
        };
    }
    let (_, schedule) = best?;
    match wanted.prefetch {
        None => Ok(schedule),
        Some(prefetch) if prefetch <= MOST_AHEAD => Ok(WinogradSchedule { prefetch, ..schedule }),
        Some(_) => Err(format!("weights are asked for {MOST_AHEAD} blocks of input channels ahead at most")),
    }
}

/// `blocks`, when the output consists of groups of so many.
fn divides(blocks: usize, all: usize) -> Result<usize, String> {
    let fits = |n: &usize| all.is_multiple_of(*n);
    if blocks > 0 && fits(&blocks) {
        return Ok(blocks);
    }
    let list: Vec<String> = (1..=all).filter(fits).map(|n| n.to_string()).collect();
    Err(format!("its {all} blocks of output channels can be taken {} at a time", list.join(", ")))
}

/// The order, when a kernel can be built in it.
fn possible(order: LoopOrder, spec: &ConvSpec) -> Result<LoopOrder, String> {
    match order {
        LoopOrder::RowsOutside(_) if spec.groups > 1 => {
            Err("a grouped convolution has its groups outside".into())
        }
        order => bands(order, spec),
    }
}

/// The order, when its bands are whole ones.
fn bands(order: LoopOrder, spec: &ConvSpec) -> Result<LoopOrder, String> {
    match order {
        LoopOrder::RowsOutside(rows) if rows == 0 || !spec.y.h.is_multiple_of(rows) => {
            Err(format!("its {} output rows are no bands of {rows}", spec.y.h))
        }
        order => Ok(order),
    }
}
