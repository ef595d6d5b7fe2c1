//! Tuning files as text: what [`super::parse`] reads back.

use super::{Algorithm, Line, MAGIC, Tuning, VERSION};
use crate::kernel::tile::LoopOrder;
use crate::schedule::constrain::{Tile, Wanted};
use std::fmt;

impl fmt::Display for Tuning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{MAGIC} {VERSION}")?;
        for (word, text) in [("tool", &self.tool), ("cpu", &self.cpu)] {
            // On one line and without what would begin a comment.
            let text = text.replace('#', " ");
            let words: Vec<&str> = text.split_whitespace().collect();
            if !words.is_empty() {
                writeln!(f, "{word} {}", words.join(" "))?;
            }
        }
        let note = |line: &Line| match line.note.as_str() {
            "" => String::new(),
            note => format!(" # {note}"),
        };
        let width = self.lines.iter().map(|line| line.kernel.len()).max().unwrap_or(0);
        for line in &self.lines {
            let (of, words) = line.setting.words();
            writeln!(f, "{:width$} {of:9} {words}{}", line.kernel, note(line))?;
        }
        Ok(())
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Algorithm::Direct => f.write_str("direct"),
            Algorithm::Grouped => f.write_str("grouped"),
            Algorithm::Banded => f.write_str("banded"),
            Algorithm::Winograd { tile: [m, n], band: None } => write!(f, "winograd {m}x{n}"),
            Algorithm::Winograd { tile: [m, n], band: Some(band) } => {
                write!(f, "winograd {m}x{n} band {band}")
            }
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tile = self.tile.map(|tile| match tile {
            Tile::Positions([rows, columns]) => format!("tile {rows}x{columns}"),
            Tile::Tiles(count) => format!("tiles {count}"),
        });
        let order = self.order.map(|order| match order {
            LoopOrder::ChannelsOutside => "order channels".to_owned(),
            LoopOrder::RowsOutside(rows) => format!("order rows {rows}"),
        });
        let blocks = self.blocks.map(|blocks| format!("blocks {blocks}"));
        let prefetch = self.prefetch.map(|distance| format!("prefetch {distance}"));
        let words: Vec<String> = [blocks, tile, order, prefetch].into_iter().flatten().collect();
        f.write_str(&words.join(" "))
    }
}
