//! Rows as a Parquet file: each field of a row is a column, whose type is the one that the row's schema
//! names; times in milliseconds (`..._at`) are timestamps. Written a row group at a time.

use std::{collections::HashMap, fs::File, marker::PhantomData, path::Path, sync::Arc};

use parquet::{
    basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical},
    data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::types::Type,
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{super::failure::Failure, text_of};

/// Rows of a row group, unless its texts fill it before.
const GROUP_ROWS: usize = 50_000;
/// Bytes of text in a row group, but for the last row.
const GROUP_BYTES: usize = 16 << 20;

/// A file of rows that are flat.
pub(in super::super) struct ParquetFile<R> {
    writer: SerializedFileWriter<File>,
    columns: Vec<Column>,
    rows: usize,
    bytes: usize,
    of: PhantomData<R>,
}

/// A field of the rows that wait to be written.
struct Column {
    name: String,
    cells: Cells,
    /// For each row 1 if it has a value, else 0.
    present: Vec<i16>,
}

/// The values that are there.
enum Cells {
    Integers(Vec<i64>),
    Numbers(Vec<f64>),
    Truths(Vec<bool>),
    Texts(Vec<ByteArray>),
}

impl<R: Serialize + ToSchema> ParquetFile<R> {
    /// Creates the file, or empties it.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let cannot = |error: &dyn std::fmt::Display| {
            Failure::usage(format!("cannot write {}: {error}", path.display()))
        };
        let file = File::create(path).map_err(|error| cannot(&error))?;
        let columns = columns::<R>();
        let fields = columns.iter().map(Column::field).collect::<Result<Vec<_>, _>>();
        let schema = fields.and_then(|fields| {
            Type::group_type_builder("row").with_fields(fields).build().map(Arc::new)
        });
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = schema
            .and_then(|schema| SerializedFileWriter::new(file, schema, Arc::new(properties)))
            .map_err(|error| cannot(&error))?;
        Ok(Self { writer, columns, rows: 0, bytes: 0, of: PhantomData })
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: &R) -> Result<(), ParquetError> {
        let row =
            serde_json::to_value(row).map_err(|error| ParquetError::External(error.into()))?;
        for column in &mut self.columns {
            let value = row.get(&column.name).unwrap_or(&Value::Null);
            self.bytes += value.as_str().map_or(0, str::len);
            column.push(value);
        }
        self.rows += 1;
        if self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES {
            self.write_group()?;
        }
        Ok(())
    }

    /// Writes what waits, and the end of the file.
    pub(super) fn finish(mut self) -> Result<(), ParquetError> {
        self.write_group()?;
        self.writer.close().map(|_| ())
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for column in &mut self.columns {
            if let Some(mut writer) = group.next_column()? {
                column.write(&mut writer)?;
                writer.close()?;
            }
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

impl Column {
    fn field(&self) -> Result<Arc<Type>, ParquetError> {
        let (physical, logical) = match self.cells {
            Cells::Integers(_) if self.name.ends_with("_at") => {
                (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS)))
            }
            Cells::Integers(_) => (Physical::INT64, None),
            Cells::Numbers(_) => (Physical::DOUBLE, None),
            Cells::Truths(_) => (Physical::BOOLEAN, None),
            Cells::Texts(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let builder = Type::primitive_type_builder(&self.name, physical);
        let builder = builder.with_repetition(Repetition::OPTIONAL).with_logical_type(logical);
        builder.build().map(Arc::new)
    }

    fn push(&mut self, value: &Value) {
        let known = match &mut self.cells {
            Cells::Integers(cells) => value.as_i64().map(|it| cells.push(it)),
            Cells::Numbers(cells) => value.as_f64().map(|it| cells.push(it)),
            Cells::Truths(cells) => value.as_bool().map(|it| cells.push(it)),
            Cells::Texts(cells) => text_of(value).map(|it| cells.push(it.as_str().into())),
        };
        self.present.push(i16::from(known.is_some()));
    }

    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let present = std::mem::take(&mut self.present);
        match &mut self.cells {
            Cells::Integers(cells) => write::<Int64Type>(writer, cells, &present),
            Cells::Numbers(cells) => write::<DoubleType>(writer, cells, &present),
            Cells::Truths(cells) => write::<BoolType>(writer, cells, &present),
            Cells::Texts(cells) => write::<ByteArrayType>(writer, cells, &present),
        }
    }
}

fn write<T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    cells: &mut Vec<T::T>,
    present: &[i16],
) -> Result<(), ParquetError> {
    writer.typed::<T>().write_batch(&std::mem::take(cells), Some(present), None).map(|_| ())
}

/// The columns of a row, in the order of its fields.
fn columns<R: ToSchema>() -> Vec<Column> {
    let mut named = Vec::new();
    R::schemas(&mut named);
    let named = named
        .into_iter()
        .filter_map(|(name, schema)| Some((name, serde_json::to_value(schema).ok()?)));
    let named: HashMap<String, Value> = named.collect();
    let schema = serde_json::to_value(R::schema()).unwrap_or_default();
    let fields = schema.get("properties").and_then(Value::as_object);
    let none = Map::new();
    let columns = fields.unwrap_or(&none).iter().map(|(name, schema)| Column {
        name: name.clone(),
        cells: cells(schema, &named),
        present: Vec::new(),
    });
    columns.collect()
}

/// Cells for the values of a schema; whatever is not a number or a truth is text.
fn cells(schema: &Value, named: &HashMap<String, Value>) -> Cells {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next().unwrap_or_default();
        return named.get(name).map_or(Cells::Texts(Vec::new()), |schema| cells(schema, named));
    }
    if let Some(kinds) = schema.get("oneOf").and_then(Value::as_array) {
        let some = kinds.iter().find(|kind| kind.get("type") != Some(&"null".into()));
        return some.map_or(Cells::Texts(Vec::new()), |schema| cells(schema, named));
    }
    let types = match schema.get("type") {
        Some(Value::Array(types)) => types.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    match types.iter().filter_map(Value::as_str).find(|name| *name != "null") {
        Some("integer") => Cells::Integers(Vec::new()),
        Some("number") => Cells::Numbers(Vec::new()),
        Some("boolean") => Cells::Truths(Vec::new()),
        _ => Cells::Texts(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use parquet::{
        file::reader::{FileReader, SerializedFileReader},
        record::Field,
    };

    use super::*;
    use crate::event::Stage;

    #[derive(Serialize, ToSchema)]
    struct Flat {
        seq: crate::base::Seq,
        moved_at: i64,
        to: Option<Stage>,
        share: f64,
        deleted: bool,
        version: Option<u32>,
    }

    fn written(rows: &[Flat]) -> SerializedFileReader<File> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.parquet");
        let mut file = ParquetFile::create(&path).unwrap();
        rows.iter().for_each(|row| file.push(row).unwrap());
        file.finish().unwrap();
        SerializedFileReader::new(File::open(path).unwrap()).unwrap()
    }

    fn flat(seq: u64, to: Option<Stage>) -> Flat {
        let version = to.map(|_| 3);
        Flat { seq: crate::base::Seq(seq), moved_at: 1000, to, share: 0.5, deleted: true, version }
    }

    #[test]
    fn columns_have_the_types_of_their_fields() {
        let reader = written(&[flat(1, Some(Stage::Production)), flat(2, None)]);
        let rows: Vec<Vec<(String, Field)>> =
            reader.get_row_iter(None).unwrap().map(|row| row.unwrap().into_columns()).collect();
        let first = [
            ("seq", Field::Long(1)),
            ("moved_at", Field::TimestampMillis(1000)),
            ("to", Field::Str("Production".to_owned())),
            ("share", Field::Double(0.5)),
            ("deleted", Field::Bool(true)),
            ("version", Field::Long(3)),
        ];
        let first: Vec<_> = first.map(|(name, field)| (name.to_owned(), field)).into();
        assert_eq!(rows[0], first);
        let nulls: Vec<_> = rows[1].iter().filter(|cell| cell.1 == Field::Null).collect();
        assert_eq!(nulls.iter().map(|cell| cell.0.as_str()).collect::<Vec<_>>(), ["to", "version"]);
    }

    #[test]
    fn rows_are_written_in_groups_and_none_make_a_file_too() {
        let none = written(&[]);
        assert_eq!(none.metadata().file_metadata().schema_descr().num_columns(), 6);
        let rows: Vec<Flat> = (0..GROUP_ROWS as u64 + 1).map(|seq| flat(seq, None)).collect();
        let reader = written(&rows);
        let groups: Vec<_> =
            reader.metadata().row_groups().iter().map(|it| it.num_rows()).collect();
        assert_eq!(groups, [GROUP_ROWS as i64, 1]);
    }
}
