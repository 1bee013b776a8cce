//! What commits do, read from the bytes in which they travel. Written from the description in `ts/backends/operations.ts`, apart from the engine's
//! own reader.

use std::ops::Range;

use holdall::{MetadataPatch, Operation, OwnedValue, Properties, Ttl};

/// One operation of a commit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Put { key: String, value: OwnedValue, ttl: Ttl, patch: MetadataPatch },
    Delete { key: String },
    Clear { prefix: String },
    Touch { key: String, ttl: Ttl },
    Annotate { key: String, patch: MetadataPatch },
    Expire { key: String, version: u64 },
}

impl Action {
    /// The key that it names, or the prefix.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Put { key, .. }
            | Self::Delete { key }
            | Self::Touch { key, .. }
            | Self::Annotate { key, .. }
            | Self::Expire { key, .. } => key,
            Self::Clear { prefix } => prefix,
        }
    }

    pub(crate) fn is_clear(&self) -> bool {
        matches!(self, Self::Clear { .. })
    }

    /// Whether it says something about a key.
    pub(crate) fn names(&self, key: &str) -> bool {
        if self.is_clear() { key.starts_with(self.key()) } else { self.key() == key }
    }

    /// The same on keys that begin with a scope.
    pub(crate) fn within(&self, scope: &str) -> Self {
        self.renamed(format!("{scope}{}", self.key()))
    }

    /// What it does within a scope, on keys without it.
    pub(crate) fn seen_from(&self, scope: &str) -> Option<Self> {
        match self.key().strip_prefix(scope) {
            Some(short) => Some(self.renamed(short.into())),
            None if self.is_clear() && scope.starts_with(self.key()) => Some(self.renamed(String::new())),
            None => None,
        }
    }

    /// The same with the default time to live where it gives none, which is how it is sent.
    pub(crate) fn resolved(&self, default: Option<u64>) -> Self {
        let mut resolved = self.clone();
        if let Self::Put { ttl, .. } | Self::Touch { ttl, .. } = &mut resolved
            && *ttl == Ttl::Default
        {
            *ttl = default.map_or(Ttl::Never, Ttl::Span);
        }
        resolved
    }

    fn renamed(&self, name: String) -> Self {
        let mut renamed = self.clone();
        match &mut renamed {
            Self::Put { key, .. }
            | Self::Delete { key }
            | Self::Touch { key, .. }
            | Self::Annotate { key, .. }
            | Self::Expire { key, .. } => *key = name,
            Self::Clear { prefix } => *prefix = name,
        }
        renamed
    }

    /// The same as the engine's operation.
    pub(crate) fn operation(&self) -> Operation<'_> {
        match self {
            Self::Put { key, value, ttl, patch } => {
                let metadata = Some(patch).filter(|patch| **patch != MetadataPatch::default());
                Operation::Put { key, value: value.as_value(), ttl: *ttl, metadata }
            }
            Self::Delete { key } => Operation::Delete { key },
            Self::Clear { prefix } => Operation::DeletePrefix { prefix },
            Self::Touch { key, ttl } => Operation::Touch { key, ttl: *ttl },
            Self::Annotate { key, patch } => Operation::Annotate { key, metadata: patch },
            Self::Expire { .. } => panic!("no caller can ask for the removal of what has expired"),
        }
    }
}

/// The operations in some bytes, and where each of them lies.
pub(crate) fn decode(bytes: &[u8]) -> Vec<(Action, Range<usize>)> {
    let mut reader = Reader { bytes, at: 0 };
    let mut actions = Vec::new();
    while reader.at < bytes.len() {
        let start = reader.at;
        let action = reader.action();
        actions.push((action, start..reader.at));
    }
    actions
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        self.at += length;
        &self.bytes[self.at - length..self.at]
    }

    fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    fn count(&mut self) -> usize {
        u32::from_le_bytes(self.take(4).try_into().unwrap()) as usize
    }

    fn number(&mut self) -> f64 {
        f64::from_le_bytes(self.take(8).try_into().unwrap())
    }

    fn text(&mut self) -> String {
        let length = self.count();
        String::from_utf8(self.take(length).to_vec()).unwrap()
    }

    fn value(&mut self) -> OwnedValue {
        let encoding = self.byte();
        let length = self.count();
        OwnedValue { encoding, bytes: self.take(length).into() }
    }

    fn ttl(&mut self) -> Ttl {
        let number = self.number();
        if number == 0.0 {
            Ttl::Never
        } else if number > 0.0 {
            Ttl::Span(number as u64)
        } else if number < -2.0 {
            Ttl::Until((-number) as u64)
        } else {
            Ttl::Keep
        }
    }

    fn properties(&mut self) -> Properties {
        (0..self.count()).map(|_| (self.text().into(), self.value())).collect()
    }

    fn patch(&mut self) -> MetadataPatch {
        let bits = self.byte();
        let mut patch = MetadataPatch::default();
        for bit in (0..7).map(|bit| 1u8 << bit).filter(|bit| bits & bit != 0) {
            match bit {
                1 => patch.tags = Some((0..self.count()).map(|_| self.text().into()).collect()),
                2 => patch.properties = Some(self.properties()),
                4 => patch.description = Some(if self.byte() == 0 { None } else { Some(self.text().into()) }),
                8 => patch.add_tag = Some(self.text().into()),
                16 => patch.remove_tag = Some(self.text().into()),
                32 => patch.set_property = Some((self.text().into(), self.value())),
                _ => patch.remove_property = Some(self.text().into()),
            }
        }
        patch
    }

    fn action(&mut self) -> Action {
        let kind = self.byte();
        let key = self.text();
        match kind {
            0 => Action::Put { key, value: self.value(), ttl: self.ttl(), patch: self.patch() },
            1 => Action::Delete { key },
            2 => Action::Clear { prefix: key },
            3 => Action::Touch { key, ttl: self.ttl() },
            4 => Action::Annotate { key, patch: self.patch() },
            5 => Action::Expire { key, version: self.number() as u64 },
            other => panic!("no operation has the number {other}"),
        }
    }
}
