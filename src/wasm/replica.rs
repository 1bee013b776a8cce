//! Replicas, for JavaScript: a store whose commits a backend decides. `ts/replica` drives it.

use wasm_bindgen::prelude::wasm_bindgen;

use super::exchange::{self, Exchange};
use super::records::{write_f64, write_u32};
use super::store::RawStore;
use super::{FAILED, fail, memory};
use crate::error::Error;
use crate::expiry::{Millis, NEVER};
use crate::replica::{Answer, Decided, Logged, Replica, ReplicaOptions, write_key};

const REFUSED: u8 = 2;

#[wasm_bindgen]
impl RawStore {
    /// Puts entries of a loading, which the host wrote as a value, into a store that is not a replica yet. `FAILED` for bytes that are none.
    pub fn install(&mut self, scope: &str, length: u32) -> i32 {
        let done = exchange::with(|exchange| Replica::install(&mut self.store, scope, exchange.value(length)));
        memory::grow_ahead();
        done.map_or_else(|error| fail(&error), |()| 0)
    }

    /// Makes the store a replica of what was loaded into it, up to a number.
    pub fn attach(&mut self, scope: &str, default_ttl: f64, max_commit_bytes: f64, max_backlog_bytes: f64, spread: f64, applied: f64) {
        let options = ReplicaOptions {
            scope: scope.into(),
            default_ttl: (default_ttl > 0.0).then_some(default_ttl as Millis),
            max_commit_bytes: max_commit_bytes as usize,
            max_backlog_bytes: max_backlog_bytes as usize,
            spread: spread as Millis,
        };
        self.replica = Some(Box::new(Replica::new(options, &mut self.store, applied as u64)));
    }

    /// Goes on counting behind a counter, where an engine that failed has sent commits of the same replica.
    #[wasm_bindgen(js_name = countFrom)]
    pub fn count_from(&mut self, counter: f64) {
        if let Some(replica) = &mut self.replica {
            replica.count_from(&mut self.store, counter as u64);
        }
    }

    /// Hands in what is staged, with its conditions, to be decided. Returns its counter, or `FAILED`.
    pub fn submit(&mut self, now: f64) -> f64 {
        let staged = match self.take_staged() {
            Ok(staged) => staged,
            Err(error) => return f64::from(fail(&error)),
        };
        let Some(replica) = &mut self.replica else { return f64::from(FAILED) };
        let conditions = staged.conditions().iter().map(|condition| (condition.key.into(), condition.version)).collect();
        let seen = (replica.seen(), self.store.version());
        counter(replica.submit(&mut self.store, conditions, Vec::new(), seen, &staged.operations(), now as Millis))
    }

    /// Hands in what a fork noted, or what is staged here in its place, to be decided. Returns its counter, or `FAILED`.
    #[wasm_bindgen(js_name = submitFork)]
    pub fn submit_fork(&mut self, fork: RawStore, is_replaced: bool, now: f64) -> f64 {
        let staged = match self.take_staged() {
            Ok(staged) => staged,
            Err(error) => return f64::from(fail(&error)),
        };
        let (Some(replica), Some(journal)) = (&mut self.replica, fork.journal) else { return f64::from(FAILED) };
        // Given up first: what it shares need not be copied then.
        drop(fork.store);
        counter(replica.commit_journal(&mut self.store, *journal, fork.seen, is_replaced.then_some(&staged), now as Millis))
    }

    /// Writes the next commit to be sent as a record, when none is out: `f64` counter, `u32` count of conditions, each a key and an `f64` version, `u32`
    /// count of ranges, each a prefix, `u8` 1 and a key or `u8` 0, `u8` reverse, then `f64` since and `f64` own, and the operations. `false` for none.
    #[wasm_bindgen(js_name = nextRequest)]
    pub fn next_request(&mut self, now: f64) -> bool {
        let Some(replica) = &mut self.replica else { return false };
        let scope = replica.scope();
        exchange::with(|exchange| {
            let Some(request) = replica.next(&mut self.store, now as Millis) else { return false };
            exchange.clear_out();
            let out = &mut exchange.out;
            write_f64(out, request.counter as f64);
            write_u32(out, request.conditions.len());
            for (key, version) in request.conditions {
                write_key(out, &scope, key);
                write_f64(out, *version as f64);
            }
            write_u32(out, request.ranges.len());
            for range in request.ranges {
                write_key(out, &scope, &range.prefix);
                out.push(u8::from(range.after.is_some()));
                if let Some(after) = &range.after {
                    write_key(out, &scope, after);
                }
                out.push(u8::from(range.reverse));
            }
            write_f64(out, request.since as f64);
            write_f64(out, request.own as f64);
            out.extend_from_slice(request.operations);
            exchange.answer_out();
            true
        })
    }

    /// Notes that a commit that was sent is committed.
    #[wasm_bindgen(js_name = answerCommitted)]
    pub fn answer_committed(&mut self, counter: f64, number: f64, time: f64, after: f64, changed: bool, now: f64) -> f64 {
        let answer = Answer::Committed { number: number as u64, time: time as Millis, after: after as u64, changed };
        self.answer_with(counter, answer, now)
    }

    /// Notes that a commit that was sent is not: 1 for a conflict seen by who has applied `number`, 2 for a refusal, 3 for an unknown outcome.
    #[wasm_bindgen(js_name = answerOtherwise)]
    pub fn answer_otherwise(&mut self, counter: f64, kind: u8, number: f64, now: f64) -> f64 {
        let answer = match kind {
            1 => Answer::Conflict { number: number as u64 },
            REFUSED => Answer::Refused,
            _ => Answer::Unknown,
        };
        self.answer_with(counter, answer, now)
    }

    /// Applies a commit of the log, whose operations the host wrote as a value; `own` is its counter where this replica sent it, else 0.
    /// `FAILED` for bytes that are none.
    pub fn receive(&mut self, number: f64, time: f64, own: f64, length: u32, now: f64) -> f64 {
        let Some(replica) = &mut self.replica else { return 0.0 };
        let store = &mut self.store;
        let done = exchange::with(|exchange: &mut Exchange| {
            let own = (own > 0.0).then_some(own as u64);
            let commit = Logged { number: number as u64, time: time as Millis, own, operations: exchange.value(length) };
            replica.receive(store, &commit, now as Millis)
        });
        memory::grow_ahead();
        done.map_or_else(|error| f64::from(fail(&error)), |()| 0.0)
    }

    /// Notes that every commit up to a number has been told.
    #[wasm_bindgen(js_name = receivedThrough)]
    pub fn received_through(&mut self, number: f64, now: f64) -> f64 {
        if let Some(replica) = &mut self.replica {
            replica.received_through(&mut self.store, number as u64, now as Millis);
        }
        0.0
    }

    /// Notes that the backend's store is another: numbers of the former one mean nothing, until it is reloaded.
    #[wasm_bindgen(js_name = forgetNumbers)]
    pub fn forget_numbers(&mut self, now: f64) -> f64 {
        if let Some(replica) = &mut self.replica {
            replica.forget_numbers(&mut self.store, now as Millis);
        }
        0.0
    }

    /// Takes over what was loaded into a store, up to a number.
    pub fn reload(&mut self, fresh: RawStore, applied: f64, now: f64) -> f64 {
        if let Some(replica) = &mut self.replica {
            replica.reload(&mut self.store, &fresh.store, applied as u64, now as Millis);
        }
        memory::grow_ahead();
        0.0
    }

    /// Writes what was decided since the last call as a record: for each first and last counter, `f64` kind (0 committed, 1 conflict, 2 refused, 3
    /// unknown) and `f64` number, all of them `f64`. Returns how many.
    #[wasm_bindgen(js_name = takeOutcomes)]
    pub fn take_outcomes(&mut self) -> u32 {
        let outcomes = self.replica.as_mut().map(|replica| replica.take_outcomes()).unwrap_or_default();
        exchange::with(|exchange| {
            exchange.clear_out();
            for outcome in &outcomes {
                let (kind, number) = match outcome.decided {
                    Decided::Committed(number) => (0.0, number),
                    Decided::Conflict(number) => (1.0, number),
                    Decided::Refused => (2.0, 0),
                    Decided::Unknown => (3.0, 0),
                };
                for number in [outcome.first as f64, outcome.last as f64, kind, number as f64] {
                    write_f64(&mut exchange.out, number);
                }
            }
            exchange.answer_out();
        });
        outcomes.len() as u32
    }

    /// The number that is applied, the bytes that are pending, the last counter, and when it wants to be asked for a request (infinite: never).
    #[wasm_bindgen(js_name = replicaState)]
    pub fn replica_state(&self) -> Vec<f64> {
        let Some(replica) = &self.replica else { return Vec::new() };
        let wake_at = replica.wake_at();
        let wake_at = if wake_at == NEVER { f64::INFINITY } else { wake_at as f64 };
        vec![replica.applied() as f64, replica.backlog() as f64, replica.counter() as f64, wake_at]
    }

    /// Whether a write to a key is pending.
    #[wasm_bindgen(js_name = isPending)]
    pub fn is_pending(&self, from: u32, to: u32) -> bool {
        exchange::with(|exchange| self.replica.as_ref().is_some_and(|replica| replica.is_pending(exchange.key(from, to))))
    }

    /// Notes that the backend's clock showed `time` between two readings of the host's; returns how far it is ahead, in milliseconds.
    #[wasm_bindgen(js_name = noteTime)]
    pub fn note_time(&mut self, sent: f64, received: f64, time: f64) -> f64 {
        let note = |replica: &mut Box<Replica>| replica.note_time(sent as Millis, received as Millis, time as Millis);
        self.replica.as_mut().map_or(0.0, note)
    }

    /// From now on, confirmed commits are told by `drain`.
    pub fn record(&mut self) {
        if let Some(replica) = &mut self.replica {
            replica.record();
        }
    }

    fn answer_with(&mut self, counter: f64, answer: Answer, now: f64) -> f64 {
        if let Some(replica) = &mut self.replica {
            replica.answer(&mut self.store, counter as u64, answer, now as Millis);
        }
        memory::grow_ahead();
        0.0
    }
}

fn counter(done: Result<u64, Error>) -> f64 {
    memory::grow_ahead();
    done.map_or_else(|error| f64::from(fail(&error)), |counter| counter as f64)
}
