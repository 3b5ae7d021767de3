//! Readers beside the writer, under drawn schedules.

use std::sync::Arc;

use super::{DIR, append, open, options, read_all};
use crate::{
    base::{
        Seq,
        disk::{Disk, memory::MemoryDisk},
        sync::{
            schedules::{draw, explore},
            thread,
        },
    },
    wal::{LocalReader, WalReader as _},
};

/// Sizes of the groups: the last ones begin a segment.
const GROUPS: [u64; 5] = [3, 14, 1, 20, 2];

/// Where the groups end.
fn ends() -> Vec<Seq> {
    GROUPS
        .iter()
        .scan(0, |end, size| {
            *end += size;
            Some(Seq(*end))
        })
        .collect()
}

fn assert_whole(head: Seq) {
    assert!(head == Seq::ZERO || ends().contains(&head), "{head} is inside a group");
}

#[test]
fn readers_see_whole_durable_groups_in_order() {
    explore(400, || {
        let disk = MemoryDisk::default();
        let (mut wal, _) = open(&disk, options()).unwrap();
        let readers = (0..2).map(|_| {
            let (reader, disk) = (wal.local_reader(), disk.clone());
            thread::spawn(move || {
                let mut seen = Seq::ZERO;
                for _ in 0..3 {
                    let head = match draw(2) {
                        0 => read_all(&reader).unwrap(),
                        _ => reader.head(),
                    };
                    assert!(head >= seen, "a reader went backwards");
                    let left = disk.after_power_cut(0, 0.0);
                    assert_whole(head);
                    let (left, _) = open(&left, options()).unwrap();
                    assert!(left.local_reader().head() >= head, "what was seen is not durable");
                    if head > Seq::ZERO {
                        let seq = Seq(1 + draw(head.0));
                        assert_eq!(reader.read(seq).unwrap().seq, seq);
                    }
                    seen = head;
                }
            })
        });
        let readers: Vec<_> = readers.collect();
        for group in GROUPS {
            append(&mut wal, group).unwrap();
        }
        assert!(wal.local_reader().shared.segment_count() > 1, "no segment began");
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
}

#[test]
fn a_follower_beside_the_writer_sees_whole_groups_in_order() {
    explore(400, || {
        let disk = MemoryDisk::default();
        let (mut wal, _) = open(&disk, options()).unwrap();
        let followed: Arc<dyn Disk> = Arc::new(disk);
        let follower = thread::spawn(move || {
            let reader = LocalReader::open_read_only(followed, DIR.as_ref()).unwrap();
            let mut seen = Seq::ZERO;
            for _ in 0..4 {
                let head = reader.refresh().unwrap();
                assert!(head >= seen, "a follower went backwards");
                assert_whole(head);
                assert_eq!(read_all(&reader).unwrap(), head);
                seen = head;
            }
        });
        for group in GROUPS {
            append(&mut wal, group).unwrap();
        }
        follower.join().unwrap();
    });
}
