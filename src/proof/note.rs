//! Signed notes (c2sp.org/signed-note): a text, an empty line, and who signed it.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::key::{Algorithm, SigningKey, VerifierKey, is_name};
use crate::base::TimestampMs;

/// Bytes that a note may have.
pub const NOTE_BYTES_MAX: usize = 64 << 10;
/// Signatures that a note may have.
const SIGNATURES_MAX: usize = 64;
/// What a line with a signature begins with.
const DASH: &str = "\u{2014} ";

/// A text with its signatures, of which none has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text, which ends in a newline.
    pub text: String,
    /// The signatures, in their order.
    pub signatures: Vec<Signature>,
}

/// A line with a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    name: String,
    id: [u8; 4],
    bytes: Vec<u8>,
}

/// A text that is no signed note.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no signed note: {0}")]
pub struct BadNote(pub &'static str);

/// What a known key says of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// Nothing.
    No,
    /// A signature in its name is not by it.
    Wrongly,
    /// It has signed; a cosignature says when (seconds since 1970).
    Well(Option<u64>),
}

impl Note {
    /// The note that these bytes spell.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadNote> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(BadNote("it is too long"));
        }
        let note = std::str::from_utf8(bytes).map_err(|_| BadNote("it is not UTF-8"))?;
        if note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(BadNote("it has control characters"));
        }
        let split = note.rfind("\n\n").ok_or(BadNote("it has no signatures"))?;
        let (text, lines) = note.split_at(split + 1);
        let lines = lines.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n'));
        let lines = lines.ok_or(BadNote("its last line does not end"))?;
        let signatures = lines.split('\n').map(Signature::parse).collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > SIGNATURES_MAX {
            return Err(BadNote("it has too many signatures"));
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The notes in a file to which each was appended with an empty line behind it, or in one of a single note.
    pub fn parse_all(bytes: &[u8]) -> Result<Vec<Self>, BadNote> {
        let text = std::str::from_utf8(bytes).map_err(|_| BadNote("it is not UTF-8"))?;
        let parts: Vec<&str> = text.trim_end_matches('\n').split("\n\n").collect();
        let note = |parts: &[&str]| Self::parse(format!("{}\n", parts.join("\n\n")).as_bytes());
        parts.chunks(2).map(note).collect()
    }

    /// A text, which ends in a newline, signed by these keys.
    pub fn signed(text: String, keys: &[&SigningKey]) -> Self {
        let signatures = keys.iter().map(|key| Signature::of(&text, key)).collect();
        Self { text, signatures }
    }

    /// What a key says of it.
    pub fn signed_by(&self, key: &VerifierKey) -> Signed {
        let mine = |it: &&Signature| it.name == key.name() && it.id == key.id();
        let said = self.signatures.iter().filter(mine).map(|it| it.check(&self.text, key));
        said.fold(Signed::No, |all, this| match (all, this) {
            (Signed::Wrongly, _) | (_, Signed::Wrongly) => Signed::Wrongly,
            (_, this) => this,
        })
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl Signature {
    fn of(text: &str, key: &SigningKey) -> Self {
        Self::by(key, key.sign(text.as_bytes()))
    }

    /// A cosignature at a time, for a key of a witness.
    pub fn cosign(text: &str, key: &SigningKey, at: TimestampMs) -> Self {
        let seconds = u64::try_from(at.0 / 1000).unwrap_or_default();
        let signature = key.sign(cosigned(text, seconds).as_bytes());
        Self::by(key, [&seconds.to_be_bytes()[..], &signature].concat())
    }

    fn by(key: &SigningKey, bytes: Vec<u8>) -> Self {
        Self { name: key.verifier().name().to_owned(), id: key.verifier().id(), bytes }
    }

    /// The signature in a line, without its newline.
    pub fn parse(line: &str) -> Result<Self, BadNote> {
        let wrong = BadNote("a signature is not of the form `— name base64`");
        let fields = line.strip_prefix(DASH).and_then(|line| line.split_once(' '));
        let Some((name, data)) = fields.filter(|(name, _)| is_name(name)) else {
            return Err(wrong);
        };
        let data = STANDARD.decode(data).map_err(|_| wrong.clone())?;
        let Some((id, bytes)) = data.split_first_chunk::<4>() else { return Err(wrong) };
        Ok(Self { name: name.to_owned(), id: *id, bytes: bytes.to_vec() })
    }

    fn check(&self, text: &str, key: &VerifierKey) -> Signed {
        let (message, signature, at) = match key.algorithm() {
            Algorithm::Signature => (text.to_owned(), self.bytes.as_slice(), None),
            Algorithm::Cosignature => {
                let Some((seconds, signature)) = self.bytes.split_first_chunk::<8>() else {
                    return Signed::Wrongly;
                };
                let seconds = u64::from_be_bytes(*seconds);
                (cosigned(text, seconds), signature, Some(seconds))
            }
        };
        let holds = key.verifies(message.as_bytes(), signature);
        if holds { Signed::Well(at) } else { Signed::Wrongly }
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let data = [&self.id[..], &self.bytes].concat();
        write!(f, "{DASH}{} {}", self.name, STANDARD.encode(data))
    }
}

/// What a witness signs (c2sp.org/tlog-cosignature).
fn cosigned(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}
