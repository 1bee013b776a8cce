//! JSON lines: the contents of a store, or of a scope, as text that people and other programs read. **A durable format**, the same as that of
//! JavaScript's `export` and `import`.
//!
//! One JSON object a line, in the order of keys, each with a line feed at its end. Its fields, in this order, absent where there is nothing to say:
//!
//! | field | what |
//! | --- | --- |
//! | `key` | the key, relative to the scope |
//! | `value` | the value |
//! | `tagged` | `true` when `value` and `properties` are tagged JSON (`ts/store/values/encoding.ts`), since one of them holds a date, a bigint or bytes |
//! | `deadline` | milliseconds since 1970-01-01T00:00Z |
//! | `tags` | a list of texts, in code-point order |
//! | `properties` | an object, in the entry's order |
//! | `description` | a text |
//!
//! A lone surrogate in a value is kept, as the escape that JSON has for it; in a key, a tag, a name or a description it is refused, as everywhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::batch::Batch;
use crate::commit::Operation;
use crate::document::{Document, Fields, Refusal, Text, decode, encode, needs_tags, parse, quote, untag, write};
use crate::entry::{Entry, MetadataPatch, OwnedValue, Properties};
use crate::error::Error;
use crate::expiry::{LAST_DEADLINE, Millis, NEVER, Ttl};
use crate::key::MAX_KEY_BYTES;
use crate::listing::Range;
use crate::merge::{Merged, Source, Strategy};
use crate::store::{Options, Store};

impl Store {
    /// The live entries whose keys begin with `prefix`, under their short keys, as JSON lines that [`import`](Self::import) reads. Costs by their
    /// bytes.
    ///
    /// # Errors
    /// `INVALID_VALUE` where a stored value is damaged.
    ///
    /// ```
    /// use holdall::{Options, Strategy, Typed};
    ///
    /// let mut store = Typed::new(Options::default(), || 0)?;
    /// store.set("a", &vec![1, 2])?;
    /// store.set("b", &(1_u64 << 60))?;
    /// let lines = store.export()?;
    /// assert_eq!(lines, "{\"key\":\"a\",\"value\":[1,2]}\n{\"key\":\"b\",\"value\":\"~n1152921504606846976\",\"tagged\":true}\n");
    ///
    /// let mut other = Typed::new(Options::default(), || 0)?;
    /// other.import(&lines, Strategy::Error)?;
    /// assert_eq!(other.get("b")?, Some(1_u64 << 60));
    /// # Ok::<(), holdall::Error>(())
    /// ```
    pub fn export(&mut self, prefix: &str, now: Millis) -> Result<String, Error> {
        let mut out = Vec::new();
        let mut listing = self.list(Range { prefix, ..Range::default() }, now);
        while let Some(entry) = listing.next() {
            write_line(&mut out, &entry, prefix.len()).map_err(|refusal| Error::DamagedValue { reason: refusal.reason })?;
        }
        Ok(String::from_utf8(out).unwrap_or_default())
    }

    /// Merges JSON lines into the entries whose keys begin with `prefix`, as one commit: all of it, or nothing. Lines may come in any order; one whose
    /// deadline has passed is left out. Of two fields of one name in a line the later counts, as in any JSON.
    ///
    /// # Errors
    /// `INVALID_LINES`, naming the line, for what is no such object, has other fields or a key that came before; and those of
    /// [`merge`](Self::merge).
    pub fn import(&mut self, prefix: &str, lines: &str, strategy: Strategy, now: Millis) -> Result<Merged, Error> {
        let now = self.advance(now);
        let mut keys = BTreeSet::new();
        let mut batch = Batch::default();
        let ended = lines.strip_suffix('\n').unwrap_or(lines);
        // No text is no line; a line feed alone is an empty one.
        for (at, text) in ended.split('\n').enumerate().take_while(|_| !lines.is_empty()) {
            let refused = |refusal: Refusal| Error::InvalidLines { line: at + 1, reason: refusal.reason };
            let Line { key, value, deadline, metadata } = Line::of(text).map_err(refused)?;
            if prefix.len() + key.len() > MAX_KEY_BYTES {
                return Err(refused(Refusal::new("has a key that is too long")));
            }
            if now < deadline {
                batch.push(&Operation::Put { key: &key, value: value.as_value(), ttl: Ttl::Until(deadline), metadata: metadata.as_ref() });
            }
            if !keys.insert(key) {
                return Err(refused(Refusal::new("has the key of a line before it")));
            }
        }
        let mut read = Self::new(Options::default())?;
        read.apply(&[], &batch.operations(), now)?;
        self.merge(prefix, Source { store: &read, prefix: "" }, None, strategy, now)
    }
}

fn write_line(out: &mut Vec<u8>, entry: &Entry<'_>, scope_bytes: usize) -> Result<(), Refusal> {
    let metadata = entry.metadata.map(|metadata| &**metadata);
    let value = decode(entry.value)?;
    let properties = metadata.iter().flat_map(|metadata| &metadata.properties);
    let properties: Fields =
        properties.map(|(name, value)| Ok((Text::from(&**name), decode(value.as_value())?))).collect::<Result<_, _>>()?;
    let properties = Document::Object(properties);
    let tagged = needs_tags(&value) || needs_tags(&properties);

    out.extend_from_slice(b"{\"key\":");
    quote(out, entry.key.as_bytes().get(scope_bytes..).unwrap_or_default());
    write_field(out, "value", &value, tagged);
    if tagged {
        write_field(out, "tagged", &Document::Bool(true), false);
    }
    if entry.deadline != NEVER {
        write_field(out, "deadline", &Document::Number(entry.deadline as f64), false);
    }
    if let Some(metadata) = metadata {
        if !metadata.tags.is_empty() {
            let tags = metadata.tags.iter().map(|tag| Document::Text(Text::from(&**tag))).collect();
            write_field(out, "tags", &Document::Array(tags), false);
        }
        if !metadata.properties.is_empty() {
            write_field(out, "properties", &properties, tagged);
        }
        if let Some(description) = &metadata.description {
            write_field(out, "description", &Document::Text(Text::from(&**description)), false);
        }
    }
    out.extend_from_slice(b"}\n");
    Ok(())
}

fn write_field(out: &mut Vec<u8>, name: &str, value: &Document, tagged: bool) {
    out.push(b',');
    quote(out, name.as_bytes());
    out.push(b':');
    write(out, value, tagged);
}

/// What a line says.
struct Line {
    key: String,
    value: OwnedValue,
    deadline: Millis,
    metadata: Option<MetadataPatch>,
}

impl Line {
    fn of(text: &str) -> Result<Self, Refusal> {
        let Document::Object(mut fields) = parse(text)? else { return Err(Refusal::new("is no JSON object")) };
        let mut take = |name: &str| fields.shift_remove(&Text::from(name));
        let ill_typed = |reason| Refusal::new(reason);

        let key = take("key").and_then(text_of).ok_or(ill_typed("has no key that is a well-formed text"))?;
        let value = take("value").ok_or(ill_typed("has no value"))?;
        let is_tagged = match take("tagged") {
            None => false,
            Some(Document::Bool(is_tagged)) => is_tagged,
            Some(_) => return Err(ill_typed("has a field `tagged` that is no boolean")),
        };
        let untagged = |document: Document| if is_tagged { untag(document) } else { Ok(document) };
        let deadline = take("deadline").map_or(Some(NEVER), |time| time_of(&time)).ok_or(ill_typed("has a deadline that is no time"))?;
        let tags = take("tags").map_or(Some(Vec::new()), tags_of).ok_or(ill_typed("has tags that are no well-formed texts"))?;
        let properties = match take("properties") {
            None => Properties::default(),
            Some(Document::Object(fields)) => properties_of(fields, untagged)?,
            Some(_) => return Err(ill_typed("has properties that are no object")),
        };
        let description = match take("description") {
            None => None,
            Some(text) => Some(text_of(text).ok_or(ill_typed("has a description that is no well-formed text"))?.into_boxed_str()),
        };
        if !fields.is_empty() {
            return Err(ill_typed("has a field that is not known"));
        }
        let has_metadata = !tags.is_empty() || !properties.is_empty() || description.is_some();
        let patch =
            || MetadataPatch { tags: Some(tags), properties: Some(properties), description: Some(description), ..Default::default() };
        let metadata = has_metadata.then(patch);
        Ok(Self { key, value: encode(untagged(value)?), deadline, metadata })
    }
}

fn text_of(document: Document) -> Option<String> {
    match document {
        Document::Text(Text(text)) => String::from_utf8(text).ok(),
        _ => None,
    }
}

fn time_of(document: &Document) -> Option<Millis> {
    match document {
        Document::Number(time) if time.fract() == 0.0 && (0.0..=LAST_DEADLINE as f64).contains(time) => Some(*time as Millis),
        _ => None,
    }
}

fn tags_of(document: Document) -> Option<Vec<Arc<str>>> {
    match document {
        Document::Array(tags) => tags.into_iter().map(|tag| text_of(tag).map(Into::into)).collect(),
        _ => None,
    }
}

fn properties_of(fields: Fields, untagged: impl Fn(Document) -> Result<Document, Refusal>) -> Result<Properties, Refusal> {
    let read = fields.into_iter().map(|(name, value)| {
        let name = name.as_str().ok_or(Refusal::new("has a property whose name is no well-formed text"))?.into();
        Ok((name, encode(untagged(value)?)))
    });
    read.collect()
}
