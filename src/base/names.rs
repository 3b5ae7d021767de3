//! Readable names for runs that nobody named: `adjective-animal-number`, the shape MLflow uses.

use rand::{Rng, seq::IndexedRandom};

const ADJECTIVES: &[&str] = &[
    "able", "amber", "bold", "brave", "breezy", "bright", "brisk", "calm", "careful", "cheerful",
    "clever", "cosmic", "crisp", "curious", "daring", "eager", "early", "fair", "fancy", "fleet",
    "fond", "frosty", "gentle", "glad", "golden", "grand", "happy", "hardy", "honest", "humble",
    "jolly", "keen", "kind", "lively", "loyal", "lucky", "mellow", "merry", "mighty", "modest",
    "neat", "nimble", "noble", "patient", "placid", "plucky", "proud", "quick", "quiet", "rapid",
    "ready", "rugged", "serene", "sharp", "shiny", "silent", "smooth", "steady", "stormy", "sunny",
    "swift", "tidy", "upbeat", "vivid", "warm", "wise", "witty", "young", "zesty",
];

const ANIMALS: &[&str] = &[
    "ant", "badger", "bear", "beaver", "bee", "bird", "bison", "bug", "carp", "cat", "cod", "colt",
    "crab", "crane", "crow", "deer", "dog", "dove", "duck", "eel", "elk", "falcon", "fawn",
    "finch", "fish", "fowl", "fox", "frog", "gnat", "goat", "goose", "grouse", "gull", "hare",
    "hawk", "hen", "heron", "horse", "ibis", "jay", "kite", "koala", "lamb", "lark", "lynx",
    "mare", "mink", "mole", "moose", "mouse", "newt", "otter", "owl", "ox", "panda", "pig",
    "quail", "ram", "rat", "raven", "robin", "seal", "shad", "sheep", "shrew", "shrike", "skunk",
    "slug", "snail", "sow", "squid", "stag", "steed", "stoat", "stork", "swan", "tern", "toad",
    "trout", "vole", "wasp", "whale", "wolf", "wren", "yak", "zebra",
];

/// A new run name such as `lucky-otter-417`; not unique.
pub fn random_run_name() -> String {
    let mut rng = rand::rng();
    let adjective = ADJECTIVES.choose(&mut rng).copied().unwrap_or("plain");
    let animal = ANIMALS.choose(&mut rng).copied().unwrap_or("run");
    format!("{adjective}-{animal}-{}", rng.random_range(0..1000))
}
