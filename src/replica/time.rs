//! The backend's time, as a replica estimates it.
//!
//! An answer that left at the backend's time `t` arrives at most a round trip after the question: so the backend is ahead of the replica by
//! something between `t - received` and `t - sent`. The middle of the shortest round trip of late is the estimate; an old one ages, since clocks
//! drift.

use crate::expiry::Millis;

/// How many milliseconds a round trip that was measured a second ago is taken to be longer: a drift of one in a thousand, and then some.
const AGING: f64 = 1.0;

/// How far the backend's clock is ahead.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Offset {
    millis: f64,
    round_trip: f64,
    measured_at: Millis,
    is_known: bool,
}

impl Offset {
    /// Notes that the backend's clock showed `time` between two readings of the replica's own.
    pub(super) fn note(&mut self, sent: Millis, received: Millis, time: Millis) {
        let round_trip = received.saturating_sub(sent) as f64;
        let age = received.saturating_sub(self.measured_at) as f64 / 1000.0;
        if !self.is_known || round_trip <= self.round_trip + age * AGING {
            let middle = sent as f64 + round_trip / 2.0;
            *self = Self { millis: time as f64 - middle, round_trip, measured_at: received, is_known: true };
        }
    }

    /// By how many milliseconds the backend's clock is ahead; negative when it is behind.
    pub(super) fn millis(&self) -> f64 {
        self.millis
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_round_trip_of_late_tells_the_offset() {
        let mut offset = Offset::default();
        offset.note(1_000, 1_100, 6_050);
        assert!((offset.millis() - 5_000.0).abs() < f64::EPSILON);
        offset.note(2_000, 4_000, 6_500); // too slow to tell more
        assert!((offset.millis() - 5_000.0).abs() < f64::EPSILON);
        offset.note(5_000, 5_002, 10_003);
        assert!((offset.millis() - 5_002.0).abs() < f64::EPSILON);
    }
}
