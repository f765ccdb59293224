//! What was kept by an earlier run, read once at the start: the index is in memory only.

use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use super::{
    Limits,
    block::arrival,
    blocks::{Blocks, Failed, Stored},
    commit::Committed,
    kept::Kept,
    signature::Hasher,
    unindexed::Unindexed,
};
use crate::model::TraceId;

/// How many blocks are read ahead of each that is decoded.
const AHEAD: usize = 16;
const DECODERS: usize = 2;

enum Read {
    Gone(TraceId, u64),
    Block(u64, Vec<u8>),
}

/// What is there, with what is known of a block once it is decoded.
pub enum Loaded<T> {
    Gone(TraceId, u64),
    Block(T, Committed),
}

/// The index of traces, and the number of the next block.
pub fn load(blocks: &dyn Blocks, hasher: &Hasher, limits: &Limits) -> Result<(Kept, u64), Failed> {
    let mut kept = Kept::default();
    let last = blocks.last()?;
    kept.live.load(last);
    // Beyond all that is known, gone or not: a number never means another block.
    let mut next = last.map_or(0, |last| last + 1);
    each(
        blocks,
        |bytes| Unindexed::read(bytes, hasher),
        |loaded| match loaded {
            Loaded::Gone(id, up_to) => {
                kept.live.known_gone(id, up_to);
                next = next.max(up_to + 1);
            }
            Loaded::Block(new, committed) => {
                kept.index(&new, committed, limits);
            }
        },
    )?;
    kept.live.loaded(next);
    Ok((kept, next))
}

/// Calls back with all that is there, in order, each block decoded on other threads.
pub fn each<T: Send>(
    blocks: &dyn Blocks,
    decode: impl Fn(&[u8]) -> Option<T> + Sync,
    mut take: impl FnMut(Loaded<T>),
) -> Result<(), Failed> {
    let decode = &decode;
    thread::scope(|scope| {
        // They take turns, and so the order stays.
        let (mut encoded, mut decoded) = (Vec::new(), Vec::new());
        for _ in 0..DECODERS {
            let (read, to_decode) = sync_channel(AHEAD);
            let (done, indexed) = sync_channel(AHEAD);
            scope.spawn(move || decode_all(&to_decode, &done, decode));
            encoded.push(read);
            decoded.push(indexed);
        }
        let reader = scope.spawn(move || read(blocks, &encoded));
        for result in decoded.iter().cycle().map_while(|decoder| decoder.recv().ok()) {
            take(result?);
        }
        drop(decoded);
        reader.join().unwrap_or_else(|_| Err(Failed("reading it failed".into())))
    })
}

fn read(blocks: &dyn Blocks, decoders: &[SyncSender<Read>]) -> Result<(), Failed> {
    let mut turn = decoders.iter().cycle();
    blocks.load(&mut |stored| {
        let read = match stored {
            Stored::Gone(id, up_to) => Read::Gone(id, up_to),
            Stored::Block(sequence, bytes) => Read::Block(sequence, bytes.to_vec()),
        };
        let sent = turn.next().is_some_and(|decoder| decoder.send(read).is_ok());
        // Who decodes has ended, and said why.
        if sent { Ok(()) } else { Err(Failed("it is damaged".into())) }
    })
}

fn decode_all<T>(
    to_decode: &Receiver<Read>,
    done: &SyncSender<Result<Loaded<T>, Failed>>,
    decode: impl Fn(&[u8]) -> Option<T>,
) {
    for read in to_decode {
        let decoded = match read {
            Read::Gone(id, up_to) => Ok(Loaded::Gone(id, up_to)),
            Read::Block(sequence, bytes) => decoded(sequence, &bytes, &decode)
                .ok_or_else(|| Failed(format!("it is damaged: block {sequence} cannot be read"))),
        };
        if done.send(decoded).is_err() {
            break;
        }
    }
}

fn decoded<T>(sequence: u64, bytes: &[u8], decode: impl Fn(&[u8]) -> Option<T>) -> Option<Loaded<T>> {
    let wall = arrival(bytes)?;
    let arrival = i64::try_from(wall).unwrap_or(i64::MAX);
    let committed = Committed { sequence, arrival, wall, size: bytes.len() };
    Some(Loaded::Block(decode(bytes)?, committed))
}
