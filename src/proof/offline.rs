//! What can be said of a log by reading it, without its key and its hashes.

use super::{
    Checkpoint, Evidence, Inclusion, ProofError, Tree, keeper::SignedCheckpoint, leaf_hash,
};
use crate::{base::Seq, wal::WalReader};

/// Whether a log begins with what these checkpoints say, each with as many events as it has.
pub fn holds_all(log: &dyn WalReader, checkpoints: &[Checkpoint]) -> Result<(), ProofError> {
    let mut wanted: Vec<_> = checkpoints.iter().map(|it| (it.size, it.root)).collect();
    wanted.sort_by_key(|(size, _)| *size);
    let (mut tree, mut records) = (Tree::default(), log.read_from(Seq(1)));
    for (size, root) in wanted {
        while tree.leaves() < size {
            let record = records.next().ok_or(ProofError::Differs { size })?;
            tree.push(leaf_hash(&record?));
        }
        if tree.root() != root {
            return Err(ProofError::Differs { size });
        }
    }
    Ok(())
}

/// The proof that a log holds an event, by a checkpoint that was signed before. Reads the log up to there.
pub fn prove_from_log(
    log: &dyn WalReader,
    seq: Seq,
    signed: &SignedCheckpoint,
) -> Result<Evidence, ProofError> {
    let (Checkpoint { size, root, .. }, note) = signed;
    let absent = || ProofError::Absent { head: log.head(), what: format!("event {seq}") };
    let index = seq.0.checked_sub(1).ok_or_else(absent)?;
    let parts = Inclusion::parts(index, *size).ok_or_else(absent)?;
    let record = log.read(seq)?;
    let mut trees = vec![Tree::default(); parts.len()];
    let last = usize::try_from(*size).unwrap_or(usize::MAX);
    for record in log.read_from(Seq(1)).take(last) {
        let record = record?;
        let mut beside = parts.iter().zip(&mut trees);
        if let Some((_, tree)) = beside.find(|(part, _)| part.contains(&(record.seq.0 - 1))) {
            tree.push(leaf_hash(&record));
        }
    }
    let path = trees.iter().map(Tree::root).collect();
    let proof = Inclusion { index, leaves: *size, path };
    if !proof.holds(&leaf_hash(&record), root) {
        return Err(ProofError::Differs { size: *size });
    }
    Ok(Evidence::of(&record, proof.path, note.clone()))
}
