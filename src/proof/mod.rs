//! Evidence that a log has not been rewritten: plain RFC 6962 hashing over its records, nothing added.
//!
//! ```text
//!   root = H(1, left, right)
//!          ╱            ╲
//!     H(1, 0, 1)     H(1, 2, 3)        leaf n = H(0, leaf data of the record with sequence n + 1)
//!      ╱     ╲        ╱     ╲
//!   leaf 0  leaf 1  leaf 2  leaf 3
//! ```
//!
//! One number, the root, stands for the whole log up to a sequence. A [`Checkpoint`] is such a root with
//! a signature; the [`Notary`] makes them, each proved to go on from the last, and proves events under
//! them. [`Evidence`] is such a proof in a file. Forms are those of c2sp.org, so that others' tools read them.
//!
//! Knows record bytes and hashes; does not know what a payload means, nor who asks.

mod answer;
mod checkpoint;
mod clerk;
mod consistency;
mod error;
mod evidence;
mod hashes;
mod inclusion;
mod keeper;
mod key;
mod leaf;
mod ledger;
mod notary;
mod note;
mod offline;
mod parts;
mod rotation;
mod tree;
mod witness;

#[cfg(test)]
mod tests;

pub use answer::{Growth, PublicKey};
pub use checkpoint::{Checkpoint, base64};
pub use clerk::Clerk;
pub use consistency::Consistency;
pub use error::ProofError;
pub use evidence::{EVIDENCE_BYTES_MAX, Evidence, Proved, Unproved};
pub use inclusion::Inclusion;
pub use keeper::{SignedCheckpoint, last_signed, public_key, witnessed};
pub use key::{Algorithm, BadKey, SigningKey, VerifierKey};
pub use leaf::{LEAF_DATA_BYTES, LeafData, leaf_data, leaf_hash};
pub use notary::Notary;
pub use note::{BadNote, Note, Signature, Signed};
pub use offline::{holds_all, prove_from_log};
pub use rotation::{Anew, Rotation};
pub use tree::{Tree, hash_leaf, hash_node};
pub use witness::{Unwitnessed, Witness, request};
