//! One test a row of the recovery table in `recover.rs`, by the row's letter.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::{DIR, append, closed_log, open, options, payload, read_all};
use crate::{
    base::{
        Seq, TimestampMs,
        digest::crc32_ieee,
        disk::{Disk as _, DiskError, memory::MemoryDisk},
    },
    wal::{
        Damage, NewRecord, Options, Wal as _, WalError,
        local::{
            LocalWal, RecoveryReport,
            format::{GroupPlace, SegmentHeader, encode_group},
        },
    },
};

/// Groups that fill more than one segment: 45 records.
const TWO_SEGMENTS: [u64; 5] = [9, 9, 9, 9, 9];

fn segment(disk: &MemoryDisk, number: usize) -> PathBuf {
    let files = disk.files().into_keys();
    let mut segments = files.filter(|path| path.extension().is_some_and(|e| e == "runlog"));
    segments.nth(number - 1).unwrap()
}

/// The same disk after a change to one file.
fn edited(disk: &MemoryDisk, path: &Path, edit: impl FnOnce(&mut Vec<u8>)) -> MemoryDisk {
    MemoryDisk::with_files(disk.edited(path, edit).files())
}

/// The same disk after a change to a segment's header, which stays sound.
fn with_header(
    disk: &MemoryDisk,
    number: usize,
    edit: impl FnOnce(&mut SegmentHeader),
) -> MemoryDisk {
    edited(disk, &segment(disk, number), |bytes| {
        let mut header = SegmentHeader::decode(bytes).unwrap();
        edit(&mut header);
        bytes[..128].copy_from_slice(&header.encode());
    })
}

/// Opens, expecting a refusal that has changed no file but the lock's.
fn refusal(disk: &MemoryDisk, options: Options) -> WalError {
    let but_lock = |disk: &MemoryDisk| {
        let mut files = disk.files();
        files.remove(&Path::new(DIR).join("LOCK"));
        files
    };
    let before = but_lock(disk);
    let error = open(disk, options).map(|(_, report)| report).expect_err("must refuse");
    assert_eq!(before, but_lock(disk), "a refusal changed a file");
    error
}

/// Opens, expecting success; returns the last record, after reading all of them.
fn opened(disk: &MemoryDisk) -> (LocalWal, RecoveryReport) {
    let (wal, report) = open(disk, options()).unwrap();
    assert_eq!(read_all(&wal.local_reader()).unwrap(), report.head);
    (wal, report)
}

/// A log of groups of 2, 3 and 4 records whose writer died, with the offset of each group's end.
fn dropped_log() -> (MemoryDisk, PathBuf, Vec<usize>) {
    let disk = MemoryDisk::default();
    let (mut wal, _) = open(&disk, options()).unwrap();
    let mut ends = Vec::new();
    for count in [2, 3, 4] {
        append(&mut wal, count).unwrap();
        let bytes = &disk.files()[&segment(&disk, 1)];
        // A payload may end in padding.
        ends.push((bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1).next_multiple_of(8));
    }
    (disk.clone(), segment(&disk, 1), ends)
}

#[test]
fn row_a_an_empty_directory_becomes_an_empty_log() {
    let disk = MemoryDisk::default();
    let (_, report) = opened(&disk);
    assert!(report.created && report.clean && report.head == Seq::ZERO);
    assert!(!opened(&disk).1.created);
}

#[test]
fn row_b_a_log_that_is_gone_is_not_begun_anew() {
    let witnessed = Options { witnessed: Seq(1), ..options() };
    assert!(matches!(refusal(&MemoryDisk::default(), witnessed), WalError::Missing { .. }));
    let torn = Path::new(DIR).join("seg-0000000000000001-0000000000000001.runlog.torn-7");
    let disk = MemoryDisk::with_files([(torn, vec![1])]);
    assert!(matches!(refusal(&disk, options()), WalError::Missing { .. }));
}

#[test]
fn row_c_unfinished_files_are_removed() {
    let mut files = closed_log(&[3]).files();
    for name in ["spare.tmp", "rewrite.tmp"] {
        files.insert(Path::new(DIR).join(name), vec![7; 100]);
    }
    let disk = MemoryDisk::with_files(files);
    assert_eq!(opened(&disk).1.removed, ["rewrite.tmp", "spare.tmp"]);
    assert!(disk.files().into_keys().all(|path| path.extension().is_none_or(|e| e != "tmp")));
}

#[test]
fn row_d_a_missing_segment_is_refused() {
    let whole = closed_log(&[9, 9, 9, 9, 9, 9, 9, 9]);
    assert!(whole.files().len() >= 4, "three segments and the lock");
    for number in [1, 2] {
        let mut files = whole.files();
        files.remove(&segment(&whole, number));
        let disk = MemoryDisk::with_files(files);
        assert!(matches!(refusal(&disk, options()), WalError::Missing { .. }), "{number}");
    }
}

#[test]
fn row_e_a_segment_header_at_odds_is_refused() {
    let disk = closed_log(&TWO_SEGMENTS);
    let flipped = edited(&disk, &segment(&disk, 2), |bytes| bytes[90] ^= 1);
    let magic = edited(&disk, &segment(&disk, 2), |bytes| bytes[0] = b'X');
    let renamed = with_header(&disk, 2, |header| header.base = Seq(99));
    let no_prev = with_header(&disk, 2, |header| header.prev.data_bytes = 0);
    let long_prev = with_header(&disk, 2, |header| header.prev.data_bytes = 1 << 40);
    let first = with_header(&disk, 1, |header| header.prev.tail_crc = 1);
    for (disk, number) in
        [(flipped, 2), (magic, 2), (renamed, 2), (no_prev, 2), (long_prev, 2), (first, 1)]
    {
        let error = refusal(&disk, options());
        let WalError::Damaged { segment: named, offset: 0, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(named, segment(&disk, number));
    }
}

#[test]
fn row_e_a_sound_segment_header_at_odds_is_told_why() {
    let disk = closed_log(&TWO_SEGMENTS);
    let capacity = SegmentHeader::decode(&disk.files()[&segment(&disk, 1)]).unwrap().capacity;
    // Under the name that goes with the header.
    let with = |number: usize, edit: &dyn Fn(&mut SegmentHeader)| {
        let path = segment(&disk, number);
        let mut files = with_header(&disk, number, edit).files();
        let bytes = files.remove(&path).unwrap();
        let name = SegmentHeader::decode(&bytes).unwrap().file_name();
        files.insert(Path::new(DIR).join(name), bytes);
        MemoryDisk::with_files(files)
    };
    let begins = "it is the first, and does not begin with record 1";
    let long = "it says that the one before is longer than it can be";
    for (disk, expected) in [
        (with(1, &|header| header.base = Seq(2)), begins),
        (with(2, &|header| header.base = Seq(0)), "its base runs backwards"),
        (with(2, &|header| header.prev.data_bytes = capacity + 8), long),
    ] {
        match refusal(&disk, options()) {
            WalError::Damaged { damage: Damage::Chain(told), .. } => assert_eq!(told, expected),
            error => panic!("{expected}: {error:?}"),
        }
    }
    // A mark may fill a segment to its end; whether it did is for a check of the whole log to tell.
    open(&with(2, &|header| header.prev.data_bytes = capacity), options()).unwrap();
}

#[test]
fn row_f_a_newer_format_is_refused() {
    let disk = closed_log(&[3]);
    let newer = edited(&disk, &segment(&disk, 1), |bytes| {
        bytes[8] = 2;
        let crc = crc32_ieee(&bytes[..124]);
        bytes[124..128].copy_from_slice(&crc.to_le_bytes());
    });
    let error = refusal(&newer, options());
    assert!(matches!(error, WalError::Newer { found: 2, supported: 1, .. }), "{error:?}");
    let flipped = edited(&disk, &segment(&disk, 1), |bytes| bytes[8] = 3);
    let error = refusal(&flipped, options());
    assert!(matches!(error, WalError::Damaged { offset: 0, .. }), "{error:?}");
}

#[test]
fn row_g_a_segment_of_another_log_is_refused() {
    let disk = closed_log(&TWO_SEGMENTS);
    let disk = with_header(&disk, 2, |header| header.log_id = Uuid::from_u128(5));
    let error = refusal(&disk, options());
    assert!(matches!(error, WalError::Foreign { .. }), "{error:?}");
}

#[test]
fn row_h_a_shortened_file_is_refused() {
    let disk = closed_log(&[3]);
    let disk = edited(&disk, &segment(&disk, 1), |bytes| bytes.truncate(4095));
    let error = refusal(&disk, options());
    let damage = Damage::Short { expected: 4096, actual: 4095 };
    assert!(matches!(error, WalError::Damaged { damage: d, .. } if d == damage), "{error:?}");
}

#[test]
fn row_i_damage_in_a_sealed_segment_is_refused() {
    let disk = closed_log(&TWO_SEGMENTS);
    let damaged = edited(&disk, &segment(&disk, 1), |bytes| bytes[300] ^= 1);
    // After a clean close, sealed segments are checked as they are read.
    let (wal, _) = open(&damaged, options()).unwrap();
    let error = read_all(&wal.local_reader()).unwrap_err();
    assert!(matches!(error, WalError::Damaged { .. }), "{error:?}");
    drop(wal);
    // After a crash, before anything else.
    let error = refusal(&damaged, options());
    let WalError::Damaged { segment: named, .. } = error else { panic!("{error:?}") };
    assert_eq!(named, segment(&disk, 1));
    // The next segment may also be the one that is wrong about the end.
    let cut = with_header(&disk, 2, |header| header.prev.tail_crc ^= 1);
    drop(open(&cut, options()).unwrap());
    let error = refusal(&cut, options());
    assert!(matches!(error, WalError::Damaged { damage: Damage::Chain(_), .. }), "{error:?}");
}

#[test]
fn row_j_groups_and_zeros_are_accepted() {
    let disk = closed_log(&[2, 3, 4]);
    let before = disk.files();
    let (wal, report) = opened(&disk);
    assert!(report.clean && report.torn.is_none());
    assert_eq!((report.head, wal.next()), (Seq(9), Seq(10)));
    assert_eq!(before[&segment(&disk, 1)], disk.files()[&segment(&disk, 1)]);
}

#[test]
fn row_k_damage_before_a_leader_is_refused() {
    let (disk, path, ends) = dropped_log();
    // The second group: its leader, its first record's header, its last payload.
    for offset in [ends[0] + 3, ends[0] + 50, ends[1] - 9] {
        let disk = edited(&disk, &path, |bytes| bytes[offset] ^= 0x40);
        let error = refusal(&disk, options());
        let WalError::Damaged { segment, offset: at, seq, damage } = error else {
            panic!("{error:?}")
        };
        assert_eq!(segment, path);
        assert!((3..=5).contains(&seq.0), "{seq}: {damage}");
        assert!((ends[0] as u64..=offset as u64).contains(&at), "{at}: {damage}");
    }
    // A mark is a leader too: it makes damage to the last group certain.
    let closed = closed_log(&[2, 3, 4]);
    let disk = edited(&closed, &path, |bytes| bytes[ends[2] - 9] ^= 0x40);
    assert!(matches!(refusal(&disk, options()), WalError::Damaged { .. }));
}

#[test]
fn row_l_a_torn_last_group_is_cut_and_kept_aside() {
    let (disk, path, ends) = dropped_log();
    let whole = disk.files()[&path].clone();
    for offset in [ends[1] + 3, ends[1] + 50, ends[2] - 9] {
        let disk = edited(&disk, &path, |bytes| bytes[offset] ^= 0x40);
        let (mut wal, report) = opened(&disk);
        let torn = report.torn.unwrap();
        assert_eq!((torn.seq, torn.offset, report.head), (Seq(6), ends[1] as u64, Seq(5)));
        let name = torn.kept.file_name().unwrap().to_str().unwrap();
        assert_eq!(name, "seg-0000000000000001-0000000000000001.runlog.torn-6");
        let kept = &disk.files()[&torn.kept];
        let differing = kept.iter().zip(&whole[ends[1]..]).filter(|(a, b)| a != b).count();
        assert_eq!((kept.len() as u64, differing), (torn.bytes, 1));
        // The place is used again; a second tear there leaves the first one's bytes alone.
        append(&mut wal, 4).unwrap();
        drop(wal);
        // Behind the mark that recovery wrote.
        let disk = edited(&disk, &path, |bytes| bytes[ends[1] + 48 + 60] ^= 0x40);
        let again = opened(&disk).1.torn.unwrap();
        assert_eq!(again.kept.extension().unwrap(), "2");
        assert!(disk.files().contains_key(&torn.kept));
    }
}

#[test]
fn row_m_a_sound_record_in_a_wrong_place_is_refused() {
    let (disk, path, ends) = dropped_log();
    let salt = SegmentHeader::decode(&disk.files()[&path]).unwrap().salt;
    let payload = payload(1);
    let sound = NewRecord {
        recorded_at: TimestampMs(2_000_000_000_000),
        event_type: 1,
        event_version: 1,
        codec: 1,
        batch_more: false,
        payload: &payload,
    };
    let late = TimestampMs(0);
    let unfinished = NewRecord { batch_more: true, ..sound };
    let early = NewRecord { recorded_at: TimestampMs(1), ..sound };
    let short = NewRecord { payload: b"short", ..sound };
    for (first, record, skip) in [
        (Seq(11), sound, 0),      // a gap
        (Seq(9), sound, 0),       // a repetition
        (Seq(10), unfinished, 0), // a batch that goes on past its group
        (Seq(10), early, 0),      // a time before the last one
        (Seq(10), sound, 48),     // an event without a leader
        (Seq(10), short, 48),     // one with less in it than a leader has
    ] {
        let mut group = Vec::new();
        encode_group(&mut group, GroupPlace { salt, first, not_before: late }, &[record]);
        let disk = edited(&disk, &path, |bytes| {
            let group = &group[skip..];
            bytes[ends[2]..ends[2] + group.len()].copy_from_slice(group);
        });
        let error = refusal(&disk, options());
        assert!(
            matches!(error, WalError::Damaged { damage: Damage::Misplaced(_), .. }),
            "{error:?}"
        );
    }
}

#[test]
fn row_m_a_sound_record_in_a_wrong_group_is_refused() {
    let (disk, path, ends) = dropped_log();
    let salt = SegmentHeader::decode(&disk.files()[&path]).unwrap().salt;
    let group = |first: u64, time: i64, lengths: &[usize]| {
        let payloads: Vec<_> = lengths.iter().map(|length| vec![7; *length]).collect();
        let records = payloads.iter().map(|payload| NewRecord {
            recorded_at: TimestampMs(time),
            event_type: 1,
            event_version: 1,
            codec: 1,
            batch_more: false,
            payload,
        });
        let records: Vec<_> = records.collect();
        let (mut bytes, not_before) = (Vec::new(), TimestampMs(0));
        encode_group(&mut bytes, GroupPlace { salt, first: Seq(first), not_before }, &records);
        bytes
    };
    let time = 2_000_000_000_000;
    // A leader and an event of 16 bytes take 48 each.
    let whole = group(10, time, &[16, 16]);
    let event_of = |first, time, length| group(first, time, &[length]).split_off(48);
    for (second, why) in [
        (event_of(12, time, 16), "sequence does not follow"),
        (event_of(11, time - 1, 16), "time runs backwards"),
        (event_of(11, time, 17), "it runs past its group"),
        (event_of(11, time, 8), "its group is not as long as the leader says"),
        (group(11, time, &[16])[..48].to_vec(), "an event belongs here"),
    ] {
        let group = [&whole[..96], &second].concat();
        let disk = edited(&disk, &path, |bytes| {
            bytes[ends[2]..ends[2] + group.len()].copy_from_slice(&group);
        });
        match refusal(&disk, options()) {
            WalError::Damaged { damage: Damage::Misplaced(told), .. } => assert_eq!(told, why),
            error => panic!("{why}: {error:?}"),
        }
    }
}

#[test]
fn row_n_a_log_shorter_than_its_witness_is_refused() {
    let disk = closed_log(&[2, 3]);
    let witnessed = |seq| Options { witnessed: Seq(seq), ..options() };
    drop(open(&disk, witnessed(5)).unwrap());
    let lost = |error| matches!(error, WalError::Damaged { damage: Damage::Lost(_), .. });
    assert!(lost(refusal(&disk, witnessed(6))));
    // A tail that would be cut, too.
    let (disk, path, ends) = dropped_log();
    let disk = edited(&disk, &path, |bytes| bytes[ends[1] + 50] ^= 1);
    assert!(lost(refusal(&disk, witnessed(6))));
    drop(open(&disk, witnessed(5)).unwrap());
}

#[test]
fn row_o_after_a_crash_the_last_segment_is_written_anew() {
    let (disk, path, ends) = dropped_log();
    let before = disk.look(&path).unwrap().inode;
    let (_, report) = opened(&disk);
    assert!(!report.clean && report.torn.is_none() && report.head == Seq(9));
    assert_ne!(disk.look(&path).unwrap().inode, before, "nothing was written");
    // The same groups, and now a mark.
    let bytes = &disk.files()[&path];
    assert!(bytes[ends[2]..ends[2] + 48].iter().any(|&byte| byte != 0));
    assert!(bytes[ends[2] + 48..].iter().all(|&byte| byte == 0));
    // A copy of a closed log without its lock file is not trusted to be closed.
    let mut files = closed_log(&[3]).files();
    files.remove(&Path::new(DIR).join("LOCK"));
    assert!(!opened(&MemoryDisk::with_files(files)).1.clean);
}

#[test]
fn row_p_a_second_writer_is_told_who_has_the_lock() {
    let disk = MemoryDisk::default();
    let (wal, _) = open(&disk, options()).unwrap();
    let error = open(&disk, options()).map(|(_, report)| report).unwrap_err();
    let WalError::Disk(DiskError::Locked { holder, .. }) = error else { panic!("{error:?}") };
    assert_eq!(holder, "pid 7 boot memory");
    drop(wal);
    opened(&disk);
}
