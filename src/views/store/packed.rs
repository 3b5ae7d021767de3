//! Blocks of numbers, packed column by column: delta and bit packing by the `pco` crate.

use pco::{ChunkConfig, standalone};

/// Level 4 of 12 packs blocks of a few hundred numbers in tens of microseconds.
fn config() -> ChunkConfig {
    ChunkConfig::default().with_compression_level(4)
}

fn pack<T: pco::data_types::Number>(numbers: &[T]) -> Result<Vec<u8>, String> {
    standalone::simple_compress(numbers, &config()).map_err(|error| error.to_string())
}

fn unpack<T: pco::data_types::Number>(bytes: &[u8]) -> Result<Vec<T>, String> {
    standalone::simple_decompress(bytes).map_err(|error| error.to_string())
}

/// Metric points as three packed columns. Values travel as bit patterns of `f64`, so every NaN
/// comes back as it was.
pub(super) mod points {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

    use super::{pack, unpack};
    use crate::domain::entity::Point;

    pub(in super::super) fn serialize<S: Serializer>(
        points: &Arc<Vec<Point>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let timestamps: Vec<i64> = points.iter().map(|point| point.timestamp).collect();
        let steps: Vec<i64> = points.iter().map(|point| point.step).collect();
        let values: Vec<f64> = points.iter().map(|point| point.value).collect();
        let columns = (|| Ok((pack(&timestamps)?, pack(&steps)?, pack(&values)?)))();
        columns.map_err(|error: String| ser::Error::custom(error))?.serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Vec<Point>>, D::Error> {
        let (timestamps, steps, values): (Vec<u8>, Vec<u8>, Vec<u8>) =
            Deserialize::deserialize(deserializer)?;
        let columns = (|| Ok((unpack(&timestamps)?, unpack(&steps)?, unpack(&values)?)))();
        let (timestamps, steps, values): (Vec<i64>, Vec<i64>, Vec<f64>) =
            columns.map_err(|error: String| de::Error::custom(error))?;
        if timestamps.len() != steps.len() || steps.len() != values.len() {
            return Err(de::Error::custom("columns of different lengths"));
        }
        let rows = timestamps.into_iter().zip(steps).zip(values);
        Ok(Arc::new(
            rows.map(|((timestamp, step), value)| Point { timestamp, step, value }).collect(),
        ))
    }
}

/// Ascending positions as one packed column.
pub(super) mod positions {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

    use super::{pack, unpack};

    pub(in super::super) fn serialize<S: Serializer>(
        positions: &Arc<Vec<u64>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        pack(positions).map_err(ser::Error::custom)?.serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Vec<u64>>, D::Error> {
        let bytes = Vec::<u8>::deserialize(deserializer)?;
        unpack(&bytes).map(Arc::new).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::Value;
    use crate::domain::entity::Point;

    #[test]
    fn blocks_come_back_to_the_bit() {
        let values = [0.0, -0.0, 1.5, f64::NAN, -f64::NAN, f64::INFINITY, f64::MIN, 5e-324];
        let points: Vec<Point> = (0..1024)
            .zip(values.iter().cycle())
            .map(|(i, value)| Point { timestamp: i * 7 - 3, step: -i, value: *value })
            .collect();
        let bytes = Value::Points(Arc::new(points.clone())).encode();
        let Ok(Value::Points(back)) = Value::decode(&bytes) else { panic!("no block") };
        assert_eq!(back.len(), points.len());
        for (a, b) in points.iter().zip(back.iter()) {
            assert_eq!((a.timestamp, a.step), (b.timestamp, b.step));
            assert_eq!(a.value.to_bits(), b.value.to_bits());
        }
    }

    #[test]
    fn a_regular_series_takes_little_room() {
        let points: Vec<Point> = (0..1024)
            .map(|i| Point { timestamp: 1_700_000_000_000 + i * 1000, step: i, value: 0.5 })
            .collect();
        let bytes = Value::Points(Arc::new(points)).encode();
        assert!(bytes.len() < 1024, "{} bytes for 1024 points", bytes.len());
    }
}
