//! Parts of the log on their own, and bounds that whole logs rarely meet: names, salts, lengths, windows,
//! and what is durable while a writer is at work.

use std::io;

use super::{
    super::{
        LocalReader, durable,
        format::{
            GROUP_BYTES_MAX, GroupPlace, LEADER_BYTES, LEADER_LEN, SEGMENT_HEADER_BYTES,
            encode_group, leader_salt, parse_file_name, stored_bytes,
        },
        frames::Frames,
        hold,
        segment::{CHUNK_BYTES, SPARE, capacity_for},
    },
    *,
};
use crate::base::{
    digest::Sha256Digest,
    disk::{
        DiskError, Open,
        faulty::{Failure, Fault, FaultyDisk},
    },
    limits::PAYLOAD_BYTES_MAX,
};

#[test]
fn only_names_of_segments_are_taken_for_one() {
    let name = "seg-000000000000000a-00000000000000ff.runlog";
    assert_eq!(parse_file_name(name), Some((10, Seq(255))));
    for other in [
        "seg-000000000000000A-00000000000000ff.runlog",
        "seg-00000000000000a-00000000000000ff.runlog",
        "seg-000000000000000a-0000000000000ff.runlog",
        "seg-+00000000000000a-00000000000000ff.runlog",
        "seg-000000000000000a-00000000000000ff.runlog.tmp",
    ] {
        assert_eq!(parse_file_name(other), None, "{other}");
    }
}

#[test]
fn a_salt_is_found_in_leaders_alone() {
    let place = GroupPlace { salt: 0x5a17_0001, first: Seq(7), not_before: TimestampMs(3) };
    let record = NewRecord {
        recorded_at: TimestampMs(5),
        event_type: 9,
        event_version: 1,
        codec: 1,
        batch_more: false,
        payload: &[1; 16],
    };
    let mut bytes = Vec::new();
    encode_group(&mut bytes, place, &[record]);
    let (leader, event) = bytes.split_at(LEADER_LEN);
    let leader: [u8; LEADER_LEN] = leader.try_into().unwrap();
    assert_eq!(leader_salt(&leader), Some(place.salt));
    assert_eq!(leader_salt(event.try_into().unwrap()), None, "an event is as long, and no leader");
    for byte in (0..4).chain(24..LEADER_LEN) {
        let mut damaged = leader;
        damaged[byte] ^= 1;
        assert_eq!(leader_salt(&damaged), None, "byte {byte}");
    }
}

#[test]
fn a_segment_has_room_for_its_group_and_a_mark() {
    let full = 4096 - SEGMENT_HEADER_BYTES - LEADER_BYTES;
    assert_eq!(capacity_for(4096, full), 4096);
    assert_eq!(capacity_for(4096, full + 1), 8192);
    assert_eq!(capacity_for(12_288, full + 1), 12_288);
}

#[test]
fn a_group_may_fill_its_segment_to_the_last_byte() {
    let room = 4096 - SEGMENT_HEADER_BYTES - 2 * LEADER_BYTES;
    let payload_len = usize::try_from(room - stored_bytes(0)).unwrap();
    for (more, segments) in [(0, 1), (1, 2)] {
        let disk = MemoryDisk::default();
        let (mut wal, _) = open(&disk, options()).unwrap();
        append_payloads(&mut wal, &[vec![7; payload_len + more]]).unwrap();
        Box::new(wal).close().unwrap();
        let (_, report) = open(&disk, options()).unwrap();
        assert_eq!((report.head, report.segments), (Seq(1), segments));
    }
}

#[test]
fn the_next_segment_is_made_ahead_once_three_quarters_are_full() {
    let room = 3072 - SEGMENT_HEADER_BYTES - LEADER_BYTES;
    let payload_len = usize::try_from(room - stored_bytes(0)).unwrap();
    for (more, made) in [(0, false), (1, true)] {
        let disk = MemoryDisk::default();
        let (mut wal, _) = open(&disk, options()).unwrap();
        append_payloads(&mut wal, &[vec![7; payload_len + more]]).unwrap();
        let spare = Path::new(DIR).join(SPARE);
        assert_eq!(disk.look(&spare).is_ok(), made);
        let before = disk.look(&spare).ok().map(|meta| meta.inode);
        append_payloads(&mut wal, &[vec![7]]).unwrap();
        assert!(before.is_none_or(|inode| disk.look(&spare).unwrap().inode == inode));
    }
}

#[test]
fn a_group_that_is_too_long_is_refused() {
    let payload = vec![7; PAYLOAD_BYTES_MAX];
    let record = NewRecord {
        recorded_at: TimestampMs(1),
        event_type: 9,
        event_version: 1,
        codec: 1,
        batch_more: false,
        payload: &payload,
    };
    let group = vec![record; GROUP_BYTES_MAX / PAYLOAD_BYTES_MAX + 1];
    let (mut wal, _) = open(&MemoryDisk::default(), options()).unwrap();
    let refused = wal.append(Seq(1), &group);
    let last = group.len() - 1;
    assert!(matches!(refused, Err(WalError::Unfit { index, .. }) if index == last), "{refused:?}");
    append(&mut wal, 1).unwrap();
}

#[test]
fn any_record_is_found_where_each_is_longer_than_the_steps_of_the_index() {
    let disk = MemoryDisk::default();
    let (mut wal, _) = open(&disk, Options { segment_bytes: 1 << 20, ..options() }).unwrap();
    let payload = |seq: u64| vec![u8::try_from(seq).unwrap(); 70_000];
    for seq in 1..=9 {
        append_payloads(&mut wal, &[payload(seq)]).unwrap();
    }
    for seq in 1..=9 {
        assert_eq!(wal.local_reader().read(Seq(seq)).unwrap().payload, payload(seq));
    }
}

#[test]
fn a_follower_looks_twice_before_it_tells_of_damage() {
    let disk = FaultyDisk::over(MemoryDisk::default());
    let (mut wal, _) = open(&disk, options()).unwrap();
    append(&mut wal, 1).unwrap();
    for call in 1.. {
        let follower = LocalReader::open_read_only(Arc::new(disk.clone()), Path::new(DIR)).unwrap();
        let head = append(&mut wal, 2).and_then(|_| append(&mut wal, 2)).unwrap();
        disk.plan(call, Fault::Misread);
        let looked = follower.refresh();
        if disk.failed().len() < call {
            assert!(call > 2, "nothing was read wrongly");
            break;
        }
        looked.unwrap();
        assert_eq!(follower.refresh().unwrap(), head, "call {call}");
    }
}

#[test]
fn the_last_byte_is_found_in_any_window() {
    for last in [0, 1, 15, 16, 17, 99, 127] {
        let mut bytes = vec![0; 128];
        bytes[last] = 1;
        let disk = MemoryDisk::with_files([("/log/f".into(), bytes)]);
        let file = Arc::from(disk.open(Path::new("/log/f"), Open::Read).unwrap());
        let mut frames = Frames::new(file, 0, 128, 16);
        assert_eq!(frames.last_nonzero(0).unwrap(), Some(last as u64 + 1));
        assert_eq!(frames.last_nonzero(last as u64 + 1).unwrap(), None);
    }
}

#[test]
fn a_segment_of_many_chunks_is_written_anew() {
    let disk = MemoryDisk::default();
    let chunk = CHUNK_BYTES as u64;
    let large = Options { segment_bytes: 8 * chunk, ..options() };
    let (mut wal, _) = open(&disk, large).unwrap();
    let mut head = Seq::ZERO;
    while head.0 * 70 < 3 * chunk {
        head = append(&mut wal, 1000).unwrap();
    }
    drop(wal);
    let (mut wal, report) = open(&disk, large).unwrap();
    assert!(!report.clean && report.torn.is_none());
    assert_eq!((report.head, report.segments), (head, 1));
    append(&mut wal, 1).unwrap();
    assert_eq!(read_all(&wal.local_reader()).unwrap(), head.next());
}

#[test]
fn a_log_without_a_lock_file_has_no_writer_and_one_that_cannot_be_looked_at_is_an_error() {
    let disk = FaultyDisk::over(MemoryDisk::default());
    assert!(hold(&disk, Path::new(DIR)).unwrap().is_none());
    disk.plan(1, Fault::Once(Failure::Io));
    let failed = hold(&disk, Path::new(DIR)).err();
    assert!(
        matches!(failed, Some(DiskError::Io { source, .. }) if source.kind() != io::ErrorKind::NotFound)
    );
}

/// The extents are those of the files, each begins where the last ended, and the last ends at `proven`.
fn check_durable(disk: &MemoryDisk, proven: u64, seen: u64) {
    let (extents, last) = durable(disk, Path::new(DIR)).unwrap();
    let files = disk.files();
    assert_eq!(last, Seq(seen));
    assert_eq!(extents.last().unwrap().head, Seq(proven));
    assert_eq!(
        extents.len(),
        files.keys().filter(|path| path.extension().is_some_and(|end| end == "runlog")).count()
    );
    let mut head = 0;
    for extent in &extents {
        assert_eq!(parse_file_name(&extent.name).unwrap().1, Seq(head + 1));
        head = extent.head.0;
        let bytes = &files[&Path::new(DIR).join(&extent.name)];
        assert_eq!(bytes.len() as u64, extent.capacity);
        let proven = &bytes[..usize::try_from(extent.bytes).unwrap()];
        assert_eq!(Sha256Digest::of(proven), extent.sha256);
    }
}

#[test]
fn what_is_durable_is_known_beside_a_writer() {
    let disk = MemoryDisk::default();
    let (mut wal, _) = open(&disk, options()).unwrap();
    check_durable(&disk, 0, 0);
    let (mut before, mut head) = (Seq::ZERO, Seq::ZERO);
    for count in [3, 1, 8, 2, 12, 30, 5] {
        (before, head) = (head, append(&mut wal, count).unwrap());
        let (extents, seen) = durable(&disk, Path::new(DIR)).unwrap();
        // The group that was written last is not yet told by another to be durable.
        assert_eq!((extents.last().unwrap().head, seen), (before, head));
    }
    check_durable(&disk, before.0, head.0);
    wal.mark().unwrap();
    check_durable(&disk, head.0, head.0);
    let (extents, files) = (durable(&disk, Path::new(DIR)).unwrap().0, disk.files());
    let last = extents.last().unwrap();
    let rest = &files[&Path::new(DIR).join(&last.name)][usize::try_from(last.bytes).unwrap()..];
    assert!(rest.iter().all(|byte| *byte == 0), "the mark itself is durable, too");
}

#[test]
fn damage_in_a_sealed_segment_hides_nothing_before_it() {
    let disk = closed_log(&[1; 100]);
    let path = disk.files().into_keys().find(|path| path.extension().is_some()).unwrap();
    let disk = disk.edited(&path, |bytes| bytes[2000] ^= 1);
    let (wal, _) = open(&disk, options()).unwrap();
    let reader = wal.local_reader();
    let readable: Vec<_> = (1..=100).map(|seq| reader.read(Seq(seq)).is_ok()).collect();
    let first_lost = readable.iter().position(|is| !is).unwrap();
    assert!(first_lost > 5, "{readable:?}");
    assert!(readable[99], "{readable:?}");
}
