//! What the layers promise their readers while changes are published and moved into the base, under
//! drawn schedules.

use std::sync::Arc;

use super::{
    Position, Views,
    keys::{self, table},
    store::{
        Read as _, Value,
        memory::{Content, MemoryBase},
    },
};
use crate::base::{
    Seq,
    sync::{
        schedules::{draw, explore},
        thread,
    },
};

const ROUNDS: u64 = 4;

/// Publishes round `number`: two values that change with every round, and a third that comes and goes.
fn publish(views: &Views, number: u64) {
    let mut changes = views.changes();
    changes.put(keys::counter("a"), Value::Number(number));
    changes.put(keys::counter("b"), Value::Number(number));
    match number % 2 {
        1 => changes.put(keys::counter("c"), Value::Number(number)),
        _ => changes.delete(keys::counter("c")),
    }
    let payload_crc = u32::try_from(number).unwrap();
    views.publish(changes, Position { seq: Seq(number), payload_crc });
}

/// The round that these entries show, which must be one.
fn round(entries: &Content) -> u64 {
    let number = |name| match entries.get(&keys::counter(name)) {
        Some(Value::Number(number)) => *number,
        _ => 0,
    };
    let (a, b, c) = (number("a"), number("b"), number("c"));
    assert_eq!(a, b, "a part of a round is seen");
    assert_eq!(c, if a % 2 == 1 { a } else { 0 }, "a part of a round is seen");
    a
}

/// Looks once, in one of the ways there are.
fn look(views: &Views) -> u64 {
    let (view, counters) = (views.view(), [table::COUNTER]);
    match draw(4) {
        0 => round(&view.prefix(&counters).into_iter().collect()),
        1 => match view.get(&keys::counter("a")) {
            Some(Value::Number(number)) => number,
            _ => 0,
        },
        2 => match view.last(&counters, &keys::counter("d")) {
            Some((key, Value::Number(number))) => {
                let last = if number % 2 == 1 { "c" } else { "b" };
                assert_eq!(key, keys::counter(last), "a part of a round is seen");
                number
            }
            _ => 0,
        },
        _ => views.position().seq.0,
    }
}

#[test]
fn readers_see_whole_rounds_in_order_while_layers_move() {
    explore(4000, || {
        let (views, base) = (Arc::new(Views::in_memory([0; 16])), Arc::new(MemoryBase::default()));
        views.attach_base(base.clone());
        let mut threads = Vec::new();
        for _ in 0..2 {
            let (views, flushed) = (views.clone(), views.clone());
            threads.push(thread::spawn(move || {
                let mut seen = 0;
                for _ in 0..4 {
                    let now = look(&views);
                    assert!(now >= seen, "round {seen} was seen, then {now}");
                    seen = now;
                }
            }));
            // Two threads that flush: only one may at a time.
            threads.push(thread::spawn(move || (0..3).for_each(|_| flushed.flush().unwrap())));
        }
        for number in 1..=ROUNDS {
            publish(&views, number);
            assert_eq!(look(&views), number, "the writer does not see what it published");
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        views.flush().unwrap();
        let durable = base.durable();
        assert_eq!(durable.last().map(|(cursor, _)| cursor.seq), Some(Seq(ROUNDS)));
        for (cursor, content) in durable {
            assert_eq!(Seq(round(&content)), cursor.seq, "content and cursor are of two moments");
            assert_eq!(u64::from(cursor.payload_crc), cursor.seq.0);
        }
    });
}
