//! The promises, one a test.

use std::{
    future::Future as _,
    pin::pin,
    sync::Arc,
    task::{Context as TaskContext, Waker},
};

use shuttle::future::block_on;

use super::{CLIENTS, Context, ExecuteError, RUNS, Stage, batch, open, reader};
use crate::base::{
    disk::faulty::{Failure, Fault},
    sync::{
        schedules::{draw, explore},
        thread,
    },
};

/// Batches that each client sends.
const BATCHES: u64 = 2;

/// Looks of each reader.
const LOOKS: usize = 4;

/// Runs `client` for each client beside two readers, and ends the engine.
fn play(stage: Stage, client: impl Fn(&Stage, usize) + Clone + Send + 'static) {
    let stage = Arc::new(stage);
    let mut threads = Vec::new();
    for number in 0..CLIENTS {
        let (stage, client) = (stage.clone(), client.clone());
        threads.push(thread::spawn(move || client(&stage, number)));
    }
    for _ in 0..2 {
        let stage = stage.clone();
        threads.push(thread::spawn(move || {
            let mut reader = reader::Reader::default();
            (0..LOOKS).for_each(|_| reader.look(&stage));
        }));
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let Ok(stage) = Arc::try_unwrap(stage) else { panic!("all threads have ended") };
    stage.end();
}

/// One of the next calls to the disk fails, once.
fn fail_soon(stage: &Stage, failure: Failure) {
    let call = 1 + usize::try_from(draw(12)).unwrap();
    stage.faulty.plan(call, Fault::Once(failure));
}

#[test]
fn what_is_acknowledged_is_durable_and_in_every_view() {
    explore(400, || {
        play(Stage::new(), |stage, client| {
            let mut reader = reader::Reader::default();
            for _ in 0..BATCHES {
                stage.send(client).unwrap();
                reader.look(stage);
            }
        });
    });
}

#[test]
fn after_a_failed_sync_nobody_is_acknowledged_and_reads_go_on() {
    explore(400, || {
        let stage = Stage::new();
        fail_soon(&stage, Failure::Io);
        play(stage, |stage, client| {
            let mut reader = reader::Reader::default();
            for _ in 0..BATCHES {
                let ended = stage.engine.is_poisoned();
                match stage.send(client) {
                    Ok(()) => assert!(!ended, "a batch was acknowledged after a failed sync"),
                    Err(ExecuteError::Poisoned) => {
                        block_on(stage.engine.failed());
                        assert!(stage.engine.is_poisoned());
                    }
                    Err(error) => panic!("{error}"),
                }
                reader.look(stage);
            }
        });
    });
}

#[test]
fn a_full_disk_refuses_and_later_takes() {
    explore(400, || {
        let stage = Stage::new();
        fail_soon(&stage, Failure::Full);
        play(stage, |stage, client| {
            let mut reader = reader::Reader::default();
            for _ in 0..BATCHES {
                match stage.send(client) {
                    Ok(()) => {}
                    // The disk was full while it synced.
                    Err(ExecuteError::Poisoned) => assert!(stage.engine.is_poisoned()),
                    Err(ExecuteError::Full) => match stage.send(client) {
                        Ok(()) | Err(ExecuteError::Full | ExecuteError::Poisoned) => {}
                        Err(error) => panic!("{error}"),
                    },
                    Err(error) => panic!("{error}"),
                }
                reader.look(stage);
            }
        });
    });
}

#[test]
fn a_command_whose_asker_hung_up_is_recorded_by_the_end() {
    explore(400, || {
        let stage = Arc::new(Stage::new());
        let threads = (0..CLIENTS).map(|client| {
            let stage = stage.clone();
            thread::spawn(move || {
                for number in 1..=BATCHES {
                    let command = batch(RUNS[client], number);
                    let mut asked = pin!(stage.engine.execute(Context::default(), command));
                    let _ = asked.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
                }
            })
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let Ok(stage) = Arc::try_unwrap(stage) else { panic!("all threads have ended") };
        let disk = stage.disk.clone();
        stage.end();
        let (wal, _) = open(&disk.after_power_cut(0, 0.0));
        for client in 0..CLIENTS {
            assert_eq!(reader::logged(&wal.local_reader(), client).unwrap(), BATCHES);
        }
    });
}
