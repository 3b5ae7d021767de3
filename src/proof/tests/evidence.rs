//! Files that prove an event, and all that can be done to them.

use super::notary::Signing;
use crate::{
    base::{Seq, TimestampMs},
    proof::{
        Algorithm, Evidence, Note, Signature, SigningKey, Unproved, VerifierKey, last_signed,
        prove_from_log,
    },
};

fn check(bytes: &[u8], key: &VerifierKey) -> Result<crate::proof::Proved, Unproved> {
    Evidence::parse(bytes).and_then(|evidence| evidence.check(key, &[]))
}

#[test]
fn an_event_is_proved_with_its_content() {
    let signing = Signing::with(300);
    for seq in [1, 2, 128, 256, 257, 300] {
        let text = signing.notary.prove(Seq(seq)).unwrap().to_string();
        let proved = check(text.as_bytes(), signing.notary.key()).unwrap();
        let record = signing.log().read(Seq(seq)).unwrap();
        assert_eq!((proved.leaf.seq, proved.payload), (record.seq, Some(record.payload)));
        assert_eq!(proved.checkpoint, signing.notary.last().0);
        // From the log alone it is the same.
        let signed =
            last_signed(&signing.disk, Signing::KEYS.as_ref(), &*signing.log()).unwrap().unwrap();
        let offline = prove_from_log(&*signing.log(), Seq(seq), &signed).unwrap();
        assert_eq!(offline.to_string(), text);
    }
    for seq in [0, 301] {
        signing.notary.prove(Seq(seq)).unwrap_err();
    }
}

#[test]
fn every_changed_bit_is_refused() {
    let signing = Signing::with(9);
    let bytes = signing.notary.prove(Seq(4)).unwrap().to_string().into_bytes();
    check(&bytes, signing.notary.key()).unwrap();
    for (at, bit) in (0..bytes.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut bent = bytes.clone();
        bent[at] ^= 1 << bit;
        let refused = check(&bent, signing.notary.key());
        assert!(refused.is_err(), "bit {bit} of byte {at}: {refused:?}");
    }
    for at in 0..bytes.len() {
        let (before, after) = bytes.split_at(at);
        assert!(check(before, signing.notary.key()).is_err(), "cut at {at}");
        let longer = [before, b"A", after].concat();
        assert!(check(&longer, signing.notary.key()).is_err(), "longer at {at}");
    }
}

#[test]
fn an_event_whose_content_was_destroyed_is_still_proved() {
    let signing = Signing::with(9);
    let evidence = signing.notary.prove(Seq(4)).unwrap();
    let without = Evidence { payload: None, ..evidence.clone() }.to_string();
    let proved = check(without.as_bytes(), signing.notary.key()).unwrap();
    assert_eq!((proved.leaf.seq, proved.payload), (Seq(4), None));
    let other = Evidence { payload: Some(b"something else".to_vec()), ..evidence };
    check(other.to_string().as_bytes(), signing.notary.key()).unwrap_err();
}

#[test]
fn a_witness_that_is_asked_for_must_have_signed() {
    let signing = Signing::with(9);
    let witness = SigningKey::from_seed("w.example", Algorithm::Cosignature, [8; 32]);
    let mut evidence = signing.notary.prove(Seq(4)).unwrap();
    let witnesses = [witness.verifier().clone()];
    let key = signing.notary.key();
    let refused = evidence.clone().check(key, &witnesses).unwrap_err();
    assert_eq!(refused, Unproved::Unsigned(witness.verifier().to_string()));
    let at = TimestampMs(1_700_000_000_999);
    let text = evidence.note.text.clone();
    evidence.note.signatures.push(Signature::cosign(&text, &witness, at));
    let proved = Evidence::parse(evidence.to_string().as_bytes()).unwrap().check(key, &witnesses);
    assert_eq!(proved.unwrap().witnessed, [1_700_000_000]);
    // A cosignature is no signature of the log, and the other way round.
    let swapped = SigningKey::from_seed("w.example", Algorithm::Signature, [8; 32]);
    let refused = evidence.clone().check(key, &[swapped.verifier().clone()]).unwrap_err();
    assert_eq!(refused, Unproved::Unsigned(swapped.verifier().to_string()));
}

/// The example of c2sp.org/signed-note's text, signed by the key of RFC 8032's first vector: key, id
/// and signature are what another implementation makes of them.
#[test]
fn keys_and_notes_are_spelled_as_others_spell_them() {
    let key = SigningKey::from_seed("example.com/log", Algorithm::Signature, [1; 32]);
    let text = key.verifier().to_string();
    assert_eq!(text.parse::<VerifierKey>().unwrap(), *key.verifier());
    let note = Note::signed("one\n\ntwo\n".to_owned(), &[&key]);
    let theirs = signed_note::StandardVerifier::new(&text).unwrap();
    let known = signed_note::VerifierList::new(vec![Box::new(theirs)]);
    let parsed = signed_note::Note::from_bytes(note.to_string().as_bytes()).unwrap();
    assert_eq!(parsed.verify(&known).unwrap().0.len(), 1);
    assert_eq!(Note::parse(note.to_string().as_bytes()).unwrap(), note);
    let strange = ["", "a", "a+b", "a+0+c", "a b+00000000+AQ==", &text.replace("com", "org")];
    for wrong in strange {
        wrong.parse::<VerifierKey>().unwrap_err();
    }
}
