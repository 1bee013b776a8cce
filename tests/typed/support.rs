//! What the tests of typed views are written with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use holdall::{Options, Store, Typed, Value, decode, encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A clock that is set by hand.
#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn set(&self, now: u64) {
        self.0.store(now, Ordering::Relaxed);
    }
}

pub(crate) fn timed(options: Options) -> (Typed, Clock) {
    let clock = Clock::default();
    let read = clock.clone();
    (Typed::new(options, move || read.0.load(Ordering::Relaxed)).unwrap(), clock)
}

pub(crate) fn typed() -> Typed {
    timed(Options::default()).0
}

/// A value as it is stored: the number of its encoding, and its bytes as text.
pub(crate) fn stored<T: Serialize + ?Sized>(value: &T) -> (u8, String) {
    let value = encode(value).unwrap();
    (value.encoding, String::from_utf8(value.bytes.to_vec()).unwrap())
}

/// What is read from stored text.
pub(crate) fn read<T: DeserializeOwned>(encoding: u8, text: &str) -> Result<T, holdall::Error> {
    decode(Value { encoding, bytes: text.as_bytes() })
}

/// The code of the refusal to read stored text as a type.
pub(crate) fn refusal<T: DeserializeOwned>(encoding: u8, text: &str) -> &'static str {
    read::<T>(encoding, text).map(drop).unwrap_err().code()
}

/// A value comes back from its bytes as it was.
pub(crate) fn assert_comes_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let bytes = encode(value).unwrap();
    assert_eq!(&decode::<T>(bytes.as_value()).unwrap(), value);
}

pub(crate) fn code<T>(result: Result<T, holdall::Error>) -> &'static str {
    result.map(drop).unwrap_err().code()
}

/// Everything a store holds, as bytes.
pub(crate) fn picture(store: &Store) -> Vec<u8> {
    store.clone().snapshot("", 0)
}
