//! Spelling of numbers and digests in JSON, where the bytes differ: NaN and the infinities as
//! words, digests and other bytes in hexadecimal. The binary form is untouched.

use serde::{Serialize, Serializer, ser::SerializeSeq};

/// Floats that survive JSON: `"NaN"`, `"Infinity"`, `"-Infinity"`.
pub(super) fn floats<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    if !serializer.is_human_readable() {
        return values.serialize(serializer);
    }
    let mut seq = serializer.serialize_seq(Some(values.len()))?;
    for value in values {
        match value {
            v if v.is_nan() => seq.serialize_element("NaN")?,
            v if v.is_infinite() && *v > 0.0 => seq.serialize_element("Infinity")?,
            v if v.is_infinite() => seq.serialize_element("-Infinity")?,
            v => seq.serialize_element(v)?,
        }
    }
    seq.end()
}

/// A digest or a log id in hexadecimal.
pub(super) fn hex<const N: usize, S: Serializer>(
    bytes: &[u8; N],
    serializer: S,
) -> Result<S::Ok, S::Error>
where
    [u8; N]: Serialize,
{
    if !serializer.is_human_readable() {
        return bytes.serialize(serializer);
    }
    serializer.serialize_str(&spelled(bytes))
}

/// Any bytes in hexadecimal.
pub(super) fn hex_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    if !serializer.is_human_readable() {
        return bytes.serialize(serializer);
    }
    serializer.serialize_str(&spelled(bytes))
}

fn spelled(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
