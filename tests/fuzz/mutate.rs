//! Inputs like those of a corpus: a few random changes to one of them.

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

/// Words that a change may put in; libFuzzer reads the same file.
const WORDS: &str = include_str!("words.dict");

const CHANGES_MAX: u32 = 6;
const INPUT_BYTES_MAX: usize = 1 << 16;

/// Bytes at which things begin to be different.
const EDGES: [u8; 8] = [0, 1, 0x7f, 0x80, 0xff, b'%', b'/', b'"'];

/// An endless sequence of inputs, the same for the same seed and corpus.
pub struct Mutator {
    corpus: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    random: StdRng,
}

impl Mutator {
    pub fn new(corpus: Vec<Vec<u8>>, random: StdRng) -> Self {
        let lines = WORDS.lines().filter(|line| line.starts_with('"'));
        let words = lines.map(|line| unquoted(&line[1..line.len() - 1])).collect();
        Self { corpus, words, random }
    }

    pub fn next(&mut self) -> Vec<u8> {
        let mut input = self.corpus.choose(&mut self.random).cloned().unwrap_or_default();
        for _ in 0..self.random.random_range(1..=CHANGES_MAX) {
            self.change(&mut input);
        }
        input.truncate(INPUT_BYTES_MAX);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let random = &mut self.random;
        let at = random.random_range(0..=input.len());
        let end = random.random_range(at..=input.len()).min(at + 64);
        match random.random_range(0..8) {
            0 if at < input.len() => input[at] ^= 1 << random.random_range(0..8),
            1 if at < input.len() => input[at] = random.random(),
            2 if at < input.len() => input[at] = *EDGES.choose(random).unwrap(),
            3 => drop(input.drain(at..end)),
            4 => drop(input.splice(at..at, input[at..end].to_vec())),
            5 => drop(input.splice(at..end, random.random_iter().take(end - at))),
            6 => {
                let word = self.words.choose(random).unwrap();
                input.splice(at..end, word.iter().copied());
            }
            _ => {
                let other = self.corpus.choose(random).unwrap();
                let from = random.random_range(0..=other.len());
                let until = random.random_range(from..=other.len());
                input.splice(at..end, other[from..until].iter().copied());
            }
        }
    }
}

/// A word of libFuzzer's: `\\`, `\"` and `\xAB` stand for one byte.
fn unquoted(word: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), word.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let (byte, len) = match (first, after) {
            (b'\\', [b'x', high, low, ..]) => {
                let digits = [*high, *low];
                (u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap(), 4)
            }
            (b'\\', [escaped, ..]) => (*escaped, 2),
            _ => (*first, 1),
        };
        bytes.push(byte);
        rest = &rest[len..];
    }
    bytes
}
