//! What is told about pictures: as text for people, JSON or CSV for programs.

use super::args::Format;
use super::json;
use super::table::{Align, Table};
use crate::{Error, Ranked};
use csv_core::Writer;
use std::io::{self, Write};

/// Columns of CSV.
const COLUMNS: [&str; 6] = ["picture", "rank", "class", "label", "score", "probability"];

/// Writes what is found out about one picture after another.
pub(super) struct Report<'a> {
    out: &'a mut dyn Write,
    format: Format,
    pictures: usize,
}

impl<'a> Report<'a> {
    /// Begins.
    pub fn begin(out: &'a mut dyn Write, format: Format) -> io::Result<Self> {
        match format {
            Format::Text => {}
            Format::Json => write!(out, "[")?,
            Format::Csv => out.write_all(&record(COLUMNS))?,
        }
        Ok(Report { out, format, pictures: 0 })
    }

    /// The best classes of a picture.
    pub fn picture(&mut self, name: &str, best: &[Ranked]) -> io::Result<()> {
        match self.format {
            Format::Text => write!(self.out, "{name}\n{}", table(best))?,
            Format::Json => {
                let classes = json::array(best.iter().map(class));
                self.item(&json::object([("picture", json::string(name)), ("classes", classes)]))?;
            }
            Format::Csv => {
                for (rank, ranked) in best.iter().enumerate() {
                    let Ranked { class, label, score, probability } = ranked;
                    let [rank, class] = [rank + 1, *class].map(|number| number.to_string());
                    let (score, probability) = (score.to_string(), probability.to_string());
                    let label = label.unwrap_or_default();
                    self.out.write_all(&record([name, &rank, &class, label, &score, &probability]))?;
                }
            }
        }
        self.pictures += 1;
        Ok(())
    }

    /// A picture about which nothing is known; text and CSV have no place for it.
    pub fn failure(&mut self, name: &str, error: &Error) -> io::Result<()> {
        if self.format == Format::Json {
            let error = json::string(&error.to_string());
            self.item(&json::object([("picture", json::string(name)), ("error", error)]))?;
            self.pictures += 1;
        }
        Ok(())
    }

    /// Ends.
    pub fn end(self) -> io::Result<()> {
        match (self.format, self.pictures) {
            (Format::Json, 0) => writeln!(self.out, "]"),
            (Format::Json, _) => writeln!(self.out, "\n]"),
            _ => Ok(()),
        }
    }

    /// An item of the array, on a line of its own.
    fn item(&mut self, json: &str) -> io::Result<()> {
        let comma = if self.pictures > 0 { "," } else { "" };
        write!(self.out, "{comma}\n{json}")
    }
}

fn table(best: &[Ranked]) -> Table {
    let mut table = Table::new([Align::Right, Align::Right, Align::Left, Align::Right, Align::Right]);
    for (rank, ranked) in best.iter().enumerate() {
        table.row([
            (rank + 1).to_string(),
            ranked.class.to_string(),
            ranked.label.unwrap_or_default().to_owned(),
            format!("{:.4}", ranked.score),
            format!("{:.2} %", ranked.probability * 100.0),
        ]);
    }
    table
}

fn class(ranked: &Ranked) -> String {
    json::object([
        ("class", json::number(ranked.class as f64)),
        ("label", ranked.label.map_or_else(|| "null".to_owned(), json::string)),
        ("score", json::number(ranked.score)),
        ("probability", json::number(ranked.probability)),
    ])
}

/// A line of CSV (RFC 4180), its fields in quotes where they have to be.
fn record<'f>(fields: impl IntoIterator<Item = &'f str>) -> Vec<u8> {
    let mut writer = Writer::new();
    let mut line = Vec::new();
    for (index, field) in fields.into_iter().enumerate() {
        // Enough for a separator and for every byte as a quote that is doubled, between quotes.
        let mut bytes = vec![0; 2 * field.len() + 4];
        let separator = if index > 0 { writer.delimiter(&mut bytes).1 } else { 0 };
        let length = bytes.get_mut(separator..).map_or(0, |rest| writer.field(field.as_bytes(), rest).2);
        bytes.truncate(separator + length);
        line.append(&mut bytes);
    }
    let mut end = [0; 8];
    let length = writer.terminator(&mut end).1;
    line.extend(end.into_iter().take(length));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_quote_what_they_must() {
        let line = record(["a b.png", "tench, Tinca", "say \"ah\"", "two\nlines", "", "\""]);
        let want = "a b.png,\"tench, Tinca\",\"say \"\"ah\"\"\",\"two\nlines\",,\"\"\"\"\n";
        assert_eq!(String::from_utf8(line).unwrap(), want);
    }
}
