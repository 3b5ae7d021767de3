//! Strings by number: each distinct string is kept once.

use std::{collections::HashMap, sync::Arc};

/// A string by its number. 0 means "none".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(u32);

impl Symbol {
    /// No string.
    pub const NONE: Symbol = Symbol(0);

    /// Whether there is a string.
    pub fn is_some(self) -> bool {
        self != Self::NONE
    }

    /// Its place in a table of all symbols.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// All strings seen.
#[derive(Default)]
pub struct Symbols {
    numbers: HashMap<Arc<str>, Symbol>,
    texts: Vec<Arc<str>>,
}

impl Symbols {
    /// The number of `text`, given now if it has none.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.numbers.get(text) {
            return *symbol;
        }
        let text: Arc<str> = Arc::from(text);
        self.texts.push(text.clone());
        let number = u32::try_from(self.texts.len()).expect("fewer than 2^32 distinct strings");
        self.numbers.insert(text, Symbol(number));
        Symbol(number)
    }

    /// What they take in memory, about.
    pub fn bytes(&self) -> usize {
        const EACH: usize =
            2 * size_of::<Arc<str>>() + size_of::<Symbol>() + 3 * size_of::<usize>();
        self.texts.iter().map(|text| text.len() + EACH).sum()
    }

    /// The text of a symbol.
    pub fn text(&self, symbol: Symbol) -> Option<&str> {
        self.texts.get(symbol.index().checked_sub(1)?).map(AsRef::as_ref)
    }
}
