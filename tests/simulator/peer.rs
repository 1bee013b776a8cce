//! A replica with all that surrounds it: a clock of its own, a connection to the backend, and beside it what it ought to hold.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use holdall::{Answer, Detail, Logged, NEVER, Operation, Options, Origin, OwnedValue, Replica, ReplicaOptions, Request, Store};

use super::actions::{Action, decode};
use super::backend::{BEGINNING, Backend, CommitRequest, LoggedCommit, RangeCondition};
use super::choices::KEYS;
use super::drafts::{Draft, Reads};
use super::items::{Items, encode};
use crate::random::Random;

/// A commit that its replica waits for.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) counter: u64,
    pub(crate) made: u64,
    pub(crate) actions: Vec<Action>,
    /// What it was decided upon, where it is conditional.
    pub(crate) reads: Option<Reads>,
    /// The counter of the batch that it was sent in.
    pub(crate) batch: Option<u64>,
    /// A batch with it was refused: it is to be sent alone.
    pub(crate) is_apart: bool,
    /// The number that it was acknowledged with.
    pub(crate) number: Option<u64>,
}

/// How the clock of a host differs from the backend's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    /// In milliseconds.
    pub(crate) ahead: i64,
    /// Millionths by which it is too fast.
    pub(crate) drift: i64,
}

impl Clock {
    fn read(self, time: u64) -> u64 {
        let drifted = time.saturating_sub(BEGINNING).cast_signed() * self.drift / 1_000_000;
        time.saturating_add_signed(self.ahead + drifted)
    }
}

/// An answer on its way, with the times at which it was asked for and given.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) counter: u64,
    pub(crate) attempt: u64,
    pub(crate) answer: Answer,
    pub(crate) sent: u64,
    pub(crate) time: u64,
}

/// A part of the log on its way.
#[derive(Debug)]
pub(crate) struct News {
    pub(crate) commits: Vec<LoggedCommit>,
    pub(crate) through: u64,
}

/// The contents of the backend on their way: keys are read one by one, while others commit.
#[derive(Debug)]
pub(crate) struct Loading {
    pub(crate) store: u64,
    head: u64,
    sent: u64,
    time: u64,
    left: VecDeque<String>,
    items: Items,
}

impl Loading {
    pub(crate) fn begin(backend: &Backend, scope: &str, clock: Clock) -> Self {
        let (head, time, store, sent) = (backend.head(), backend.time, backend.id, clock.read(backend.time));
        let left = KEYS.iter().filter(|key| key.starts_with(scope)).map(ToString::to_string).collect();
        Self { store, head, sent, time, left, items: Items::new() }
    }

    /// The last commit when it began.
    pub(crate) fn head(&self) -> u64 {
        self.head
    }

    /// Reads one more key; false at the end.
    pub(crate) fn step(&mut self, backend: &Backend) -> bool {
        let Some(key) = self.left.pop_front() else { return false };
        if let Some(item) = backend.items.get(&key) {
            self.items.insert(key, item.clone());
        }
        true
    }
}

#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) id: u64,
    pub(crate) options: ReplicaOptions,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) replica: Replica,
    /// The latest time that it was given.
    pub(crate) now: u64,
    ahead: f64,
    /// The store of the backend that it holds.
    pub(crate) held: u64,
    /// Whether that is gone, and the one that is there not loaded yet.
    pub(crate) is_adrift: bool,
    /// The confirmed entries as they ought to be, up to a commit.
    pub(crate) confirmed: Items,
    pub(crate) applied: u64,
    /// The last commit that may be in what was loaded.
    pub(crate) scanned: u64,
    pub(crate) pending: Vec<Pending>,
    /// Commits of its own that ask for the removal of what has expired.
    pub(crate) removals: BTreeSet<u64>,
    /// What those know who only listen.
    pub(crate) heard: BTreeMap<String, OwnedValue>,
    pub(crate) fed: BTreeMap<String, OwnedValue>,
    pub(crate) out: Option<CommitRequest>,
    attempts: u64,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) requests: VecDeque<(CommitRequest, u64)>,
    pub(crate) answers: VecDeque<Answered>,
    pub(crate) news: VecDeque<News>,
    /// Up to where the backend has sent the log, while it does.
    pub(crate) followed: Option<u64>,
    pub(crate) loading: Option<Loading>,
}

impl Peer {
    /// Opens a replica from what was loaded.
    pub(crate) fn open(id: u64, options: ReplicaOptions, clock: Clock, loading: &Loading, backend: &mut Backend) -> Self {
        backend.register(id);
        let mut store = Store::new(Options { seed: id, ..Options::default() }).unwrap();
        store.observe(Detail::Changes, Detail::Changes);
        install(&mut store, &options.scope, &loading.items);
        let mut replica = Replica::new(options.clone(), &mut store, loading.head);
        replica.record();
        let (confirmed, pending, heard, fed, requests, answers, news, drafts) = Default::default();
        let (held, applied, scanned) = (loading.store, loading.head, backend.head());
        let mut peer = Self {
            id,
            options,
            clock,
            store,
            replica,
            now: 0,
            ahead: 0.0,
            held,
            is_adrift: false,
            confirmed,
            applied,
            scanned,
            pending,
            removals: BTreeSet::new(),
            heard,
            fed,
            out: None,
            attempts: 0,
            drafts,
            requests,
            answers,
            news,
            followed: Some(loading.head),
            loading: None,
        };
        peer.take_over(loading, backend);
        peer.check(backend, &[Origin::Load, Origin::Local]);
        peer
    }

    fn take_over(&mut self, loading: &Loading, backend: &Backend) {
        let short = |(key, item): (&String, &_)| Some((key.strip_prefix(&*self.options.scope)?.into(), Clone::clone(item)));
        self.confirmed = loading.items.iter().filter_map(short).collect();
        self.fed = self.confirmed.iter().map(|(key, item)| (key.clone(), item.value.clone())).collect();
        (self.applied, self.scanned, self.held) = (loading.head, backend.head(), loading.store);
        self.note_time(loading.sent, loading.time, backend.time);
    }

    fn note_time(&mut self, sent: u64, time: u64, real: u64) {
        self.ahead = self.replica.note_time(sent, self.clock.read(real), time);
    }

    /// The backend's time as this replica estimates it, which never goes back.
    pub(crate) fn estimate(&self, real: u64) -> u64 {
        self.now.max((self.clock.read(real) as f64 + self.ahead) as u64)
    }

    /// The time that the replica is told now.
    pub(crate) fn tell_time(&mut self, real: u64) -> u64 {
        self.now = self.estimate(real);
        self.now
    }

    /// Writes unconditionally.
    pub(crate) fn write(&mut self, actions: &[Action], backend: &Backend) {
        let now = self.tell_time(backend.time);
        let operations: Vec<Operation<'_>> = actions.iter().map(Action::operation).collect();
        match self.replica.apply(&mut self.store, &operations, now) {
            Ok(_) => self.wait_for(actions, None),
            Err(error) => assert!(matches!(error.code(), "COMMIT_TOO_LARGE" | "BACKLOG_FULL"), "{error}"),
        }
        self.check(backend, &[Origin::Local]);
    }

    /// Notes that a commit was taken.
    pub(crate) fn wait_for(&mut self, actions: &[Action], reads: Option<Reads>) {
        let actions = actions.iter().map(|action| action.resolved(self.options.default_ttl)).collect();
        let (counter, made) = (self.replica.counter(), self.now);
        self.pending.push(Pending { counter, made, actions, reads, batch: None, is_apart: false, number: None });
    }

    /// Asks for the next batch, and sends it.
    pub(crate) fn send(&mut self, backend: &Backend) {
        let now = self.tell_time(backend.time);
        let scope = self.options.scope.clone();
        let full = |key: &str| format!("{scope}{key}");
        let request = self.replica.next(&mut self.store, now).map(|Request { counter, conditions, ranges, since, own, operations }| {
            let range = |range: &holdall::RangeRead| RangeCondition {
                prefix: full(&range.prefix),
                after: range.after.as_deref().map(full),
                reverse: range.reverse,
            };
            CommitRequest {
                store: self.held,
                replica: self.id,
                counter,
                attempt: 0,
                is_retry: false,
                conditions: conditions.iter().map(|(key, version)| (full(key), *version)).collect(),
                ranges: ranges.iter().map(range).collect(),
                since,
                own,
                bytes: operations.to_vec(),
            }
        });
        // Decisions that cannot hold any more are given up on the way to the batch.
        self.check_outcomes(backend);
        if let Some(request) = request {
            // The log may have told what became of a batch before its answer came.
            let is_out = |out: &CommitRequest| self.pending.iter().any(|it| it.batch == Some(out.counter) && it.number.is_none());
            assert!(!self.out.as_ref().is_some_and(is_out), "a batch while one is out");
            self.check_batch(&request);
            self.out = Some(request);
            self.transmit(backend.time);
        }
        self.check(backend, &[Origin::Local, Origin::Rollback]);
    }

    /// Panics unless a batch is made of whole, adjacent commits, in their order.
    fn check_batch(&mut self, request: &CommitRequest) {
        assert!(request.bytes.len() <= self.options.max_commit_bytes, "a batch is too large");
        let sent: Vec<Action> = decode(&request.bytes).into_iter().map(|(action, _)| action).collect();
        let first = self.pending.iter().position(|pending| pending.batch.is_none()).unwrap_or(self.pending.len());
        if self.pending[first..].first().is_none_or(|pending| pending.counter > request.counter)
            || sent.iter().any(|action| matches!(action, Action::Expire { .. }))
        {
            assert!(sent.iter().all(|action| matches!(action, Action::Expire { .. })), "nobody wrote {sent:?}");
            assert!(self.pending.iter().all(|pending| pending.counter != request.counter));
            self.removals.insert(request.counter);
            return;
        }
        let scope = self.options.scope.clone();
        let count = self.pending[first..].iter().take_while(|pending| pending.counter <= request.counter).count();
        let batch = &mut self.pending[first..first + count];
        let expected: Vec<Action> = batch.iter().flat_map(|pending| &pending.actions).map(|action| action.within(&scope)).collect();
        assert_eq!(sent, expected, "a batch is not what was written");
        assert_eq!(batch.last().map(|pending| pending.counter), Some(request.counter), "a batch names another commit");
        let is_alone = |pending: &Pending| pending.is_apart || pending.reads.is_some();
        assert!(count == 1 || !batch.iter().any(is_alone), "a batch of commits that have to be sent alone");
        assert!(request.conditions.is_empty() && request.ranges.is_empty() || batch[0].reads.is_some());
        for pending in &mut *batch {
            pending.batch = Some(request.counter);
        }
        let is_applied = |pending: &Pending| pending.number.is_some_and(|number| number <= self.replica.applied());
        let is_decision = self.pending[first].reads.is_some();
        assert!(
            !is_decision || self.pending[..first].iter().all(is_applied),
            "a decision was sent before what it may have seen was applied"
        );
    }

    /// Sends what is out once more.
    pub(crate) fn send_again(&mut self, real: u64) {
        if let Some(request) = &mut self.out {
            (request.is_retry, request.store) = (true, self.held);
            self.transmit(real);
        }
    }

    /// Puts what is out on its way. Only the answer to this attempt counts from now on.
    fn transmit(&mut self, real: u64) {
        if let Some(request) = &mut self.out {
            self.attempts += 1;
            request.attempt = self.attempts;
            self.requests.push_back((request.clone(), self.clock.read(real)));
        }
    }

    /// Hears one of the answers that are on their way, not always the first: each came by a connection of its own, perhaps.
    ///
    /// What else is on its way keeps its order, as the contract of backends has it: a replica's commits arrive in turn, and the log is told in order.
    pub(crate) fn hear_answer(&mut self, random: &mut Random, backend: &Backend) {
        let at = random.below(self.answers.len().max(1) as u64) as usize;
        let Some(Answered { counter, attempt, answer, sent, time }) = self.answers.remove(at) else { return };
        self.note_time(sent, time, backend.time);
        if self.out.take_if(|request| request.attempt == attempt).is_none() {
            return;
        }
        let now = self.tell_time(backend.time);
        if let Answer::Committed { time, .. } = answer {
            self.now = self.now.max(time);
        }
        if answer == Answer::Refused {
            let batch = self.pending.iter_mut().filter(|pending| pending.batch == Some(counter)).collect::<Vec<_>>();
            if batch.len() > 1 {
                for pending in batch {
                    (pending.batch, pending.is_apart) = (None, true);
                }
            }
        }
        self.replica.answer(&mut self.store, counter, answer, now);
        let is_taken_back = !matches!(answer, Answer::Committed { .. });
        self.check(backend, if is_taken_back { &[Origin::Local, Origin::Rollback] } else { &[Origin::Local] });
    }

    /// Hears the first part of the log that is on its way.
    pub(crate) fn hear_news(&mut self, backend: &Backend) {
        let Some(News { commits, through }) = self.news.pop_front() else { return };
        for commit in &commits {
            let now = self.tell_time(backend.time);
            self.replica.advance(&mut self.store, now);
            if commit.number > self.applied {
                self.now = self.now.max(commit.time);
            }
            let own = (commit.replica == self.id).then_some(commit.counter);
            let logged = Logged { number: commit.number, time: commit.time, own, operations: &commit.bytes };
            self.replica.receive(&mut self.store, &logged, now).unwrap();
            assert!(self.replica.applied() >= commit.number, "a commit was told and not applied");
            self.check(backend, &[Origin::Remote, Origin::Local]);
        }
        let now = self.tell_time(backend.time);
        self.replica.advance(&mut self.store, now);
        self.replica.received_through(&mut self.store, through, now);
        assert!(self.replica.applied() >= through);
        self.check(backend, &[Origin::Local]);
    }

    /// Hears that the backend's store is another.
    pub(crate) fn leave(&mut self, backend: &Backend) {
        let now = self.tell_time(backend.time);
        self.replica.forget_numbers(&mut self.store, now);
        (self.applied, self.is_adrift) = (0, true);
        self.check(backend, &[Origin::Local]);
        self.pending.iter_mut().filter(|pending| pending.number.is_some()).for_each(|pending| pending.number = Some(0));
        let is_given_up = |out: &mut CommitRequest| !out.conditions.is_empty() || !out.ranges.is_empty();
        self.out.take_if(is_given_up);
    }

    /// Takes over what was loaded anew.
    pub(crate) fn reload(&mut self, loading: &Loading, backend: &Backend) {
        let now = self.tell_time(backend.time);
        let mut fresh = Store::new(Options::default()).unwrap();
        install(&mut fresh, &self.options.scope, &loading.items);
        self.replica.reload(&mut self.store, &fresh, loading.head, now);
        self.pending.retain(|pending| pending.number.is_none_or(|number| number > loading.head));
        self.is_adrift = false;
        self.take_over(loading, backend);
        self.followed = Some(loading.head);
        self.check(backend, &[Origin::Load, Origin::Local]);
    }

    /// The connection breaks: what is on its way is lost.
    pub(crate) fn cut(&mut self) {
        self.requests.clear();
        self.answers.clear();
        self.news.clear();
        self.followed = None;
        self.loading = None;
    }

    /// Whether it has nothing to do but for what the backend may send.
    pub(crate) fn is_idle(&self) -> bool {
        self.pending.is_empty()
            && self.removals.is_empty()
            && self.out.is_none()
            && self.replica.backlog() == 0
            && self.replica.wake_at() == NEVER
    }
}

fn install(store: &mut Store, scope: &str, items: &Items) {
    let parts: Vec<Vec<u8>> = items.iter().map(|(key, item)| encode(key, item)).collect();
    for part in parts.chunks(5) {
        Replica::install(store, scope, &part.concat()).unwrap();
    }
}
