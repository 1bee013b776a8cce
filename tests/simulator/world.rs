//! One history: what happens next is drawn at random, until the network heals and everyone has to agree.

use std::collections::BTreeMap;

use holdall::{Answer, ReplicaOptions};

use super::backend::{BEGINNING, Backend, CommitRequest};
use super::check::agree;
use super::choices::{self, SCOPES};
use super::items::Items;
use super::peer::{Answered, Clock, Loading, News, Peer};
use crate::random::Random;

/// A replica, or one that is being loaded.
#[derive(Debug)]
struct Seat {
    options: ReplicaOptions,
    clock: Clock,
    peer: Option<Peer>,
    opening: Option<Loading>,
}

#[derive(Debug)]
pub(crate) struct World {
    random: Random,
    backend: Backend,
    seats: Vec<Seat>,
    replicas: u64,
    /// Whether a restart of the backend loses what it committed last.
    is_forgetful: bool,
    /// What was committed, by its replica and counter.
    committed: BTreeMap<(u64, u64), u64>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let most = if random.once_in(3) { 4 + random.below(8) as usize } else { usize::MAX };
        let seats = (0..=random.below(4)).map(|_| seat(&mut random)).collect();
        let is_forgetful = random.once_in(4);
        let (replicas, committed) = Default::default();
        Self { random, backend: Backend::new(BEGINNING, most), seats, replicas, is_forgetful, committed }
    }

    /// Takes some steps, then lets everything settle.
    pub(crate) fn run(mut self, steps: u64) {
        for _ in 0..steps {
            self.pass_time();
            let at = self.random.below(self.seats.len() as u64) as usize;
            if self.random.once_in(60) {
                self.disturb(at);
            } else {
                self.act(at);
            }
        }
        self.settle();
    }

    fn pass_time(&mut self) {
        self.backend.time += match self.random.below(100) {
            0 => self.random.below(2_000),
            1..20 => self.random.below(30),
            20..60 => 1,
            _ => 0,
        };
    }

    /// Something that a host does, or that arrives.
    fn act(&mut self, at: usize) {
        let Self { random, backend, .. } = self;
        let Some(peer) = &mut self.seats[at].peer else { return self.open(at) };
        let scope = peer.options.scope.clone();
        match random.below(100) {
            0..18 => {
                let actions = choices::actions(random, &scope, peer.estimate(backend.time));
                peer.write(&actions, backend);
            }
            18..22 => {
                let keys: Vec<String> = (0..=random.below(2)).map(|_| choices::key(random, &scope)).collect();
                let actions = choices::actions(random, &scope, peer.estimate(backend.time));
                peer.compare(&keys, &actions, backend);
            }
            22..25 if peer.drafts.len() < 3 => peer.begin(backend),
            25..32 if !peer.drafts.is_empty() => self.draft(at),
            32..36 if !peer.drafts.is_empty() => {
                let draft = random.below(peer.drafts.len() as u64) as usize;
                peer.commit(draft, backend);
            }
            36..40 => {
                let now = peer.tell_time(backend.time);
                peer.replica.advance(&mut peer.store, now);
                peer.check(backend, &[holdall::Origin::Local]);
            }
            40..55 => peer.send(backend),
            55..57 => peer.send_again(backend.time),
            57..70 => self.serve(at),
            70..80 => peer.hear_answer(random, backend),
            80..90 => peer.hear_news(backend),
            _ => self.follow(at),
        }
    }

    /// A transaction goes on.
    fn draft(&mut self, at: usize) {
        let Self { random, backend, seats, .. } = self;
        let Some(peer) = &mut seats[at].peer else { return };
        let scope = peer.options.scope.clone();
        let now = peer.estimate(backend.time);
        let chosen = random.below(peer.drafts.len() as u64) as usize;
        let draft = &mut peer.drafts[chosen];
        match random.below(5) {
            0 => draft.read(&choices::key(random, &scope), now),
            1 | 2 => {
                let prefix = choices::prefix(random, &scope);
                let after = random.once_in(2).then(|| choices::key(random, &scope));
                draft.list(&prefix, after.as_deref(), random.once_in(2), now);
            }
            _ => draft.stage(choices::action(random, &scope, now), now),
        }
    }

    /// What goes wrong.
    fn disturb(&mut self, at: usize) {
        let Self { random, backend, .. } = self;
        match random.below(12) {
            0 => backend.trimmed = backend.trimmed.max(backend.head().saturating_sub(random.below(10))),
            1 if self.is_forgetful => self.crash(),
            2 => self.seats.iter_mut().filter_map(|seat| seat.peer.as_mut()).for_each(Peer::cut),
            3 => self.restart(at),
            4 => backend.most = if backend.most == usize::MAX { backend.items.len() } else { usize::MAX },
            _ => {
                let Some(peer) = &mut self.seats[at].peer else { return };
                match random.below(6) {
                    0 => peer.cut(),
                    1 => drop(peer.requests.pop_back()),
                    2 => peer.requests.clear(),
                    3 => drop(peer.answers.pop_front()),
                    4 => {
                        peer.news.clear();
                        peer.followed = None;
                    }
                    _ if peer.requests.is_empty() => backend.forget(peer.id),
                    _ => {}
                }
            }
        }
    }

    /// A replica ends, and with it what it had not been told to be committed; another takes its place.
    fn restart(&mut self, at: usize) {
        while self.random.once_in(2) && self.seats[at].peer.as_ref().is_some_and(|peer| !peer.requests.is_empty()) {
            self.serve(at);
        }
        self.seats[at].peer = None;
    }

    /// The backend restarts without what it committed last.
    fn crash(&mut self) {
        let kept = self.backend.head().saturating_sub(self.random.below(6));
        self.backend.lose(kept);
        let log = &self.backend.log;
        self.committed.retain(|name, _| log.iter().any(|commit| (commit.replica, commit.counter) == *name));
        self.seats.iter_mut().filter_map(|seat| seat.peer.as_mut()).for_each(Peer::cut);
    }

    /// A replica that is being opened goes on.
    fn open(&mut self, at: usize) {
        let Self { backend, seats, random, replicas, .. } = self;
        let seat = &mut seats[at];
        let mut loading = match seat.opening.take() {
            Some(loading) if loading.store == backend.id => loading,
            _ => Loading::begin(backend, &seat.options.scope, seat.clock),
        };
        if (0..=random.below(12)).all(|_| loading.step(backend)) {
            seat.opening = Some(loading);
        } else {
            *replicas += 1;
            seat.peer = Some(Peer::open(*replicas, seat.options.clone(), seat.clock, &loading, backend));
        }
    }

    /// The backend takes the first request of a replica.
    fn serve(&mut self, at: usize) {
        let Self { backend, seats, committed, .. } = self;
        let Some(peer) = &mut seats[at].peer else { return };
        let Some((request, sent)) = peer.requests.pop_front() else { return };
        if request.store != backend.id {
            return;
        }
        let pending = peer.pending.iter().find(|pending| pending.counter == request.counter);
        let reads = pending.and_then(|pending| pending.reads.as_ref());
        let would_hold = reads.is_none_or(|reads| reads.hold(&peer.options.scope, backend));
        let answer = backend.answer(&request);
        if let Answer::Committed { number, .. } = answer {
            let name = (peer.id, request.counter);
            let is_new = !committed.contains_key(&name);
            assert!(!is_new || would_hold, "a decision was accepted upon what is not so any more: {request:?} {reads:?}");
            assert_eq!(*committed.entry(name).or_insert(number), number, "committed twice");
        }
        let CommitRequest { counter, attempt, .. } = request;
        peer.answers.push_back(Answered { counter, attempt, answer, sent, time: backend.time });
    }

    /// The backend sends a part of the log, or what a replica needs that cannot follow it.
    fn follow(&mut self, at: usize) {
        let Self { random, backend, seats, .. } = self;
        let Some(peer) = &mut seats[at].peer else { return };
        if let Some(mut loading) = peer.loading.take().filter(|loading| loading.store == backend.id) {
            if (0..=random.below(12)).all(|_| loading.step(backend)) {
                peer.loading = Some(loading);
            } else if loading.head() >= peer.applied {
                peer.reload(&loading, backend);
            }
            return;
        }
        let followed = peer.followed.unwrap_or(peer.applied);
        if peer.held != backend.id || followed < backend.trimmed || random.once_in(200) {
            peer.news.clear();
            if peer.held != backend.id {
                peer.leave(backend);
            }
            peer.loading = Some(Loading::begin(backend, &peer.options.scope, peer.clock));
            return;
        }
        let through = backend.head().min(followed + random.below(4));
        let mut commits: Vec<_> = (followed + 1..=through).map(|number| backend.logged(number).clone()).collect();
        if random.once_in(2) {
            for commit in &mut commits {
                let concerns = |action: &super::actions::Action| action.seen_from(&peer.options.scope).is_some();
                let kept = commit.operations.iter().filter(|(action, _)| concerns(action));
                commit.bytes = kept.flat_map(|(_, place)| commit.bytes[place.clone()].to_vec()).collect();
            }
            commits.retain(|commit| !commit.bytes.is_empty());
        }
        peer.news.push_back(News { commits, through });
        peer.followed = Some(through);
    }

    /// The network heals, nobody writes any more, and time goes on: everyone comes to hold the same.
    fn settle(&mut self) {
        for round in 0.. {
            for at in 0..self.seats.len() {
                if self.seats[at].peer.is_none() {
                    self.open(at);
                    continue;
                }
                self.follow(at);
                self.serve(at);
                let Self { random, backend, seats, .. } = self;
                let Some(peer) = &mut seats[at].peer else { continue };
                peer.drafts.clear();
                peer.hear_news(backend);
                peer.hear_answer(random, backend);
                peer.send(backend);
                if peer.requests.is_empty() && peer.answers.is_empty() {
                    peer.send_again(backend.time);
                }
            }
            self.backend.time += 200;
            if round > 8 && self.is_settled() {
                break;
            }
            assert!(round < 3_000, "replicas do not come to rest: {self:#?}");
        }
        self.compare();
    }

    fn is_settled(&self) -> bool {
        let is_settled = |peer: &Peer| peer.is_idle() && peer.applied == self.backend.head() && peer.held == self.backend.id;
        self.seats.iter().all(|seat| seat.peer.as_ref().is_some_and(is_settled))
    }

    fn compare(&self) {
        for peer in self.seats.iter().filter_map(|seat| seat.peer.as_ref()) {
            let short = |(key, item): (&String, &_)| Some((key.strip_prefix(&*peer.options.scope)?.into(), Clone::clone(item)));
            let held: Items = self.backend.items.iter().filter_map(short).collect();
            let live: Items = peer.confirmed.iter().map(|(key, item)| (key.clone(), item.clone())).collect();
            agree(&live, &held, format_args!("a replica at rest differs from the backend"));
            assert!(held.values().all(|item| peer.now < item.deadline), "what has expired was not removed: {held:?}");
        }
    }
}

fn seat(random: &mut Random) -> Seat {
    let options = ReplicaOptions {
        scope: (*random.pick(&SCOPES)).into(),
        default_ttl: random.once_in(4).then(|| 50 + random.below(500)),
        max_commit_bytes: 200 + random.below(600) as usize,
        max_backlog_bytes: 400 + random.below(3_000) as usize,
        spread: random.below(300),
    };
    let clock = Clock { ahead: random.below(7_200_000).cast_signed() - 3_600_000, drift: random.below(2_000).cast_signed() - 1_000 };
    Seat { options, clock, peer: None, opening: None }
}
