//! Reading tuning files: every fault is found, none stops the reading, but for a file that is longer than any or has nothing
//! but faults.

use super::{Algorithm, Line, MAGIC, Setting, Tuning, VERSION};
use crate::base::diag::Problem;
use crate::base::target::{ISAS, Isa, isa};
use crate::kernel::name;
use crate::kernel::tile::LoopOrder;
use crate::schedule::constrain::{Tile, Wanted};
use std::collections::HashMap;
use std::str::SplitWhitespace;

/// Lines that are read: twice as many as there are kernels, on every instruction set and with an algorithm.
const MOST_LINES: usize = 1 << 15;

/// Faults after which nothing more is read.
const MOST_FAULTS: usize = 1000;

/// The number of the line that overrides something: of a kernel, what it has on an instruction set, or its algorithm.
type Seen = HashMap<(String, Option<Isa>), usize>;

/// A reason and a remedy.
type Fault = (String, String);

impl Tuning {
    /// Reads a file's text; `file` is its name in messages. Faults are reported by the plan that the tuning is for.
    pub fn parse(file: &str, text: &str) -> Tuning {
        let mut tuning = Tuning { file: file.to_owned(), ..Tuning::default() };
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
        let first = lines.find(|(_, line)| !code(line).is_empty()).unwrap_or((1, ""));
        if let Err(fault) = version(code(first.1)) {
            // What is no tuning file at all has no other faults worth a line.
            tuning.fault(first.0, fault);
            return tuning;
        }
        let mut seen = Seen::new();
        for (number, line) in lines.filter(|(_, line)| !code(line).is_empty()) {
            if tuning.lines.len() == MOST_LINES || tuning.faults.len() == MOST_FAULTS {
                let reason =
                    format!("{} lines and {} faults are read", tuning.lines.len(), tuning.faults.len());
                let remedy = "keep the lines of kernels that networks have, and see to the faults so far";
                tuning.fault(number, (reason, remedy.to_owned()));
                break;
            }
            let note = line.split_once('#').map_or("", |(_, note)| note.trim());
            if let Err(fault) = tuning.line(number, code(line), note, &mut seen) {
                tuning.fault(number, fault);
            }
        }
        tuning
    }

    fn fault(&mut self, number: usize, (reason, remedy): Fault) {
        let problem = Problem::new(self.place(number), reason, remedy);
        self.faults.push((number, problem));
    }

    fn line(&mut self, number: usize, line: &str, note: &str, seen: &mut Seen) -> Result<(), Fault> {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        let of_header = match first {
            "tool" => Some(&mut self.tool),
            "cpu" => Some(&mut self.cpu),
            _ => None,
        };
        if let Some(field) = of_header {
            *field = words.collect::<Vec<_>>().join(" ");
            return Ok(());
        }
        let (kernel, setting) = match words.next() {
            Some("algorithm") => (name::as_direct(first), Setting::Algorithm(algorithm(&mut words)?)),
            Some(word) => {
                let names = ISAS.map(|isa| isa.name).join(", ");
                let isa = isa(word).ok_or_else(|| {
                    let reason = format!("`{word}` is no instruction set");
                    (reason, format!("say one of {names} behind the kernel's name, or `algorithm`"))
                })?;
                (first.to_owned(), Setting::Schedule(isa, schedule(words)?))
            }
            None => {
                let reason = format!("nothing follows `{first}`");
                let remedy = "say a kernel, an instruction set or `algorithm`, and what is overridden";
                return Err((reason, remedy.to_owned()));
            }
        };
        if let Some(earlier) = seen.get(&(kernel.clone(), setting.isa())) {
            let reason = format!("it overrides what line {earlier} has overridden");
            return Err((reason, "keep one of them".to_owned()));
        }
        seen.insert((kernel.clone(), setting.isa()), number);
        self.lines.push(Line { number, kernel, setting, note: note.to_owned() });
        Ok(())
    }
}

/// A line without its comment.
fn code(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
}

fn version(line: &str) -> Result<(), Fault> {
    let wanted = format!("{MAGIC} {VERSION}");
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        [MAGIC, version] if version.parse() == Ok(VERSION) => Ok(()),
        [MAGIC, version] => Err((
            format!("it is of version {version}, and this tilewright reads version {VERSION}"),
            "use the tilewright that wrote it, or tune again".to_owned(),
        )),
        _ => Err(("it is no tuning file".to_owned(), format!("begin it with the line `{wanted}`"))),
    }
}

fn algorithm(words: &mut SplitWhitespace) -> Result<Algorithm, Fault> {
    let algorithm = match words.next() {
        Some("direct") => Algorithm::Direct,
        Some("grouped") => Algorithm::Grouped,
        Some("banded") => Algorithm::Banded,
        Some("winograd") => {
            let tile = pair("winograd", words.next())?;
            let band = match words.next() {
                None => None,
                Some("band") => Some(count("band", words.next(), 1)?),
                Some(other) => return Err(unknown(other, "`band`")),
            };
            Algorithm::Winograd { tile, band }
        }
        other => {
            return Err(unknown(
                other.unwrap_or_default(),
                "`direct`, `grouped`, `banded` or `winograd 4x4`",
            ));
        }
    };
    match words.next() {
        None => Ok(algorithm),
        Some(other) => Err(unknown(other, "nothing more")),
    }
}

fn schedule(mut words: SplitWhitespace) -> Result<Wanted, Fault> {
    let mut wanted = Wanted::default();
    let mut first = true;
    while let Some(word) = words.next() {
        let twice = match word {
            "blocks" => wanted.blocks.replace(count(word, words.next(), 1)?).is_some(),
            "tile" => wanted.tile.replace(Tile::Positions(pair(word, words.next())?)).is_some(),
            "tiles" => wanted.tile.replace(Tile::Tiles(count(word, words.next(), 1)?)).is_some(),
            "order" => wanted.order.replace(order(&mut words)?).is_some(),
            "prefetch" => wanted.prefetch.replace(count(word, words.next(), 0)?).is_some(),
            "algorithm" => {
                let remedy = "leave out the instruction set: an algorithm counts for all of them";
                return Err(("an algorithm belongs to no instruction set".to_owned(), remedy.to_owned()));
            }
            _ => return Err(unknown(word, "`blocks`, `tile`, `tiles`, `order` or `prefetch`")),
        };
        if twice {
            return Err((format!("`{word}` is said twice"), "say it once".to_owned()));
        }
        first = false;
    }
    match first {
        true => Err(unknown("", "`blocks`, `tile`, `tiles`, `order` or `prefetch`")),
        false => Ok(wanted),
    }
}

fn order(words: &mut SplitWhitespace) -> Result<LoopOrder, Fault> {
    match words.next() {
        Some("channels") => Ok(LoopOrder::ChannelsOutside),
        Some("rows") => Ok(LoopOrder::RowsOutside(count("rows", words.next(), 1)?)),
        other => Err(unknown(other.unwrap_or_default(), "`channels` or `rows N`")),
    }
}

fn unknown(word: &str, wanted: &str) -> Fault {
    let reason = if word.is_empty() { "the line ends".to_owned() } else { format!("`{word}` is not known") };
    (reason, format!("{wanted} can stand here"))
}

/// A number from `least` on.
fn count(of: &str, word: Option<&str>, least: usize) -> Result<usize, Fault> {
    let number = word.and_then(|word| word.parse().ok()).filter(|&number| number >= least);
    number.ok_or_else(|| {
        let reason = format!("`{of} {}` has no number", word.unwrap_or_default());
        (reason, format!("say `{of} N` with a number from {least} on"))
    })
}

/// `RxC`.
fn pair(of: &str, word: Option<&str>) -> Result<[usize; 2], Fault> {
    let parts = word.and_then(|word| word.split_once('x'));
    let number = |text: &str| text.parse().ok().filter(|&number: &usize| number > 0);
    let pair = parts.and_then(|(rows, columns)| Some([number(rows)?, number(columns)?]));
    pair.ok_or_else(|| {
        let reason = format!("`{of} {}` is no pair of numbers", word.unwrap_or_default());
        (reason, format!("say `{of} RxC`, for example `{of} 4x4`"))
    })
}
