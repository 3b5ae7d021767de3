//! How an answer is printed: as a table for people, as JSON, CSV or Parquet for programs.

mod events;
mod parquet;

use std::path::PathBuf;

use serde_json::Value;
use utoipa::ToSchema;

use self::parquet::ParquetFile;
use super::{
    answer::{print, print_json, shown},
    failure::Failure,
};

pub(super) use events::EventsOutput;

/// In which form.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub(super) struct Output {
    /// Print one line of JSON instead of a table, as the server answers it.
    #[arg(long)]
    json: bool,

    /// Print CSV with every field instead of a table.
    #[arg(long)]
    csv: bool,

    /// Write a Parquet file with every field instead of a table.
    #[arg(long, value_name = "FILE")]
    parquet: Option<PathBuf>,
}

/// A column of a table: its head, and what stands in a row of it.
pub(super) type Column<R> = (&'static str, fn(&R) -> String);

impl Output {
    /// Prints an answer whose rows are `rows`, which are flat; of the table's columns, an empty cell is
    /// shown as a dash.
    pub(super) fn print<R: serde::Serialize + ToSchema>(
        &self,
        answer: &impl serde::Serialize,
        rows: &[R],
        columns: &[Column<R>],
    ) -> Result<(), Failure> {
        if self.json {
            print_json(answer)
        } else if self.csv {
            print(&csv(rows))
        } else if let Some(path) = &self.parquet {
            let mut file = ParquetFile::create(path)?;
            rows.iter().try_for_each(|row| file.push(row)).and_then(|()| file.finish())?;
            Ok(())
        } else {
            print(&table(rows, columns))
        }
    }
}

/// RFC 4180, with a head.
fn csv<R: serde::Serialize>(rows: &[R]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for (at, row) in rows.iter().enumerate() {
        let row = serde_json::to_value(row).expect("plain data always serializes");
        let fields = row.as_object().into_iter().flatten();
        if at == 0 {
            writer.write_record(fields.clone().map(|(name, _)| name)).expect("memory takes all");
        }
        let cells = fields.map(|(_, value)| text_of(value).unwrap_or_default());
        writer.write_record(cells).expect("memory takes all");
    }
    let bytes = writer.into_inner().expect("memory takes all");
    String::from_utf8(bytes).expect("all of it was text")
}

/// A field of a row as text, if it has a value; a list with commas.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(list) => Some(list.iter().filter_map(text_of).collect::<Vec<_>>().join(", ")),
        other => Some(other.to_string()),
    }
}

fn table<R>(rows: &[R], columns: &[Column<R>]) -> String {
    let head = columns.iter().map(|(head, _)| (*head).to_owned()).collect();
    let body = rows.iter().map(|row| columns.iter().map(|(_, cell)| cell_of(&cell(row))).collect());
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(body).collect();
    let mut widths = vec![0; columns.len()];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let aligned = lines.iter().map(|line| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    });
    aligned.collect()
}

fn cell_of(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { shown(text) }
}
