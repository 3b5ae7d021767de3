//! Ed25519 keys as notes name them (c2sp.org/signed-note): who signs, with which algorithm, and a short
//! id of both. Spelled as Go's `golang.org/x/mod/sumdb/note` spells them.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

/// Bytes of a seed and of a public key.
const KEY_BYTES: usize = 32;
/// What a signing key begins with.
const PRIVATE: &str = "PRIVATE+KEY+";

/// What a signature by a key says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// The text, by the log that it is about.
    Signature = 1,
    /// That a witness has seen the log grow consistently to what the text says (c2sp.org/tlog-cosignature).
    Cosignature = 4,
}

impl Algorithm {
    fn of(byte: u8) -> Option<Self> {
        [Self::Signature, Self::Cosignature].into_iter().find(|it| *it as u8 == byte)
    }
}

/// A text that is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no key of the form name+hash+base64: {0}")]
pub struct BadKey(pub &'static str);

/// A public key with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    algorithm: Algorithm,
    public: [u8; KEY_BYTES],
}

impl VerifierKey {
    /// Who signs with it; for a log, its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its signatures say.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The short id that stands in signatures.
    pub fn id(&self) -> [u8; 4] {
        key_id(&self.name, self.algorithm, &self.public)
    }

    /// Whether `signature` is one of `message` by this key.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public).verify(message, signature).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        spell(f, &self.name, self.id(), self.algorithm, &self.public)
    }
}

impl FromStr for VerifierKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let (name, id, algorithm, public) = parse(text)?;
        let key = Self { name, algorithm, public };
        if key.id() == id { Ok(key) } else { Err(BadKey("its hash is another")) }
    }
}

/// A private key with its name.
pub struct SigningKey {
    verifier: VerifierKey,
    seed: [u8; KEY_BYTES],
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// The key that a seed of random bytes makes. A name has neither spaces nor a plus.
    pub fn from_seed(name: &str, algorithm: Algorithm, seed: [u8; KEY_BYTES]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("every seed makes a key");
        let mut public = [0; KEY_BYTES];
        public.copy_from_slice(pair.public_key().as_ref());
        Self { verifier: VerifierKey { name: name.to_owned(), algorithm, public }, seed, pair }
    }

    /// The public key.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }

    /// The text that is kept of it; a secret.
    pub(super) fn secret_text(&self) -> String {
        struct Spelled<'a>(&'a SigningKey);
        impl fmt::Display for Spelled<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let VerifierKey { name, algorithm, .. } = &self.0.verifier;
                spell(f, name, self.0.verifier.id(), *algorithm, &self.0.seed)
            }
        }
        format!("{PRIVATE}{}\n", Spelled(self))
    }

    /// The key that [`SigningKey::secret_text`] spelled.
    pub(super) fn from_secret_text(text: &str) -> Result<Self, BadKey> {
        let text = text.strip_prefix(PRIVATE).ok_or(BadKey("it is not a private one"))?;
        let (name, id, algorithm, seed) = parse(text.trim_end())?;
        let key = Self::from_seed(&name, algorithm, seed);
        if key.verifier.id() == id { Ok(key) } else { Err(BadKey("its hash is another")) }
    }
}

fn key_id(name: &str, algorithm: Algorithm, public: &[u8; KEY_BYTES]) -> [u8; 4] {
    let hash = Sha256::new().chain_update(name).chain_update([b'\n', algorithm as u8]);
    let [a, b, c, d, ..] = <[u8; 32]>::from(hash.chain_update(public).finalize());
    [a, b, c, d]
}

fn spell(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    id: [u8; 4],
    algorithm: Algorithm,
    key: &[u8; KEY_BYTES],
) -> fmt::Result {
    let id = u32::from_be_bytes(id);
    let data = [&[algorithm as u8][..], key].concat();
    write!(f, "{name}+{id:08x}+{}", STANDARD.encode(data))
}

type Parsed = (String, [u8; 4], Algorithm, [u8; KEY_BYTES]);

fn parse(text: &str) -> Result<Parsed, BadKey> {
    let mut fields = text.splitn(3, '+');
    let (Some(name), Some(id), Some(data)) = (fields.next(), fields.next(), fields.next()) else {
        return Err(BadKey("it has fewer than three parts"));
    };
    if !is_name(name) {
        return Err(BadKey("its name is empty, or has spaces"));
    }
    let id = Some(id).filter(|id| id.len() == 8 && !id.starts_with('+'));
    let id =
        id.and_then(|id| u32::from_str_radix(id, 16).ok()).ok_or(BadKey("its hash is none"))?;
    let data = STANDARD.decode(data).map_err(|_| BadKey("its last part is not base64"))?;
    let [algorithm, key @ ..] = data.as_slice() else { return Err(BadKey("it is empty")) };
    let algorithm = Algorithm::of(*algorithm).ok_or(BadKey("it is of another algorithm"))?;
    let key = key.try_into().map_err(|_| BadKey("it has not 32 bytes"))?;
    Ok((name.to_owned(), id.to_be_bytes(), algorithm, key))
}

/// Whether a key, and so an origin, may have this name.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}
