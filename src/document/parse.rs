//! Reads JSON as JavaScript's `JSON.parse` does: lone surrogates are kept, numbers are doubles, of two properties of one name the later counts.

use super::{Document, Fields, MAX_NESTING, Refusal, Text, in_order};

const NOT_JSON: Refusal = Refusal::new("is not JSON");

/// The document that a whole text stands for. A number beyond all doubles is refused: it has no finite value.
pub(crate) fn parse(text: &str) -> Result<Document, Refusal> {
    let mut parser = Parser { rest: text.as_bytes() };
    let document = parser.value(0)?;
    parser.skip_space();
    if parser.rest.is_empty() { Ok(document) } else { Err(NOT_JSON) }
}

struct Parser<'a> {
    rest: &'a [u8],
}

impl Parser<'_> {
    fn skip_space(&mut self) {
        let space = self.rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.rest = self.rest.get(space..).unwrap_or_default();
    }

    fn take(&mut self, token: &[u8]) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest;
        true
    }

    fn byte(&mut self) -> Result<u8, Refusal> {
        let (first, rest) = self.rest.split_first().ok_or(NOT_JSON)?;
        self.rest = rest;
        Ok(*first)
    }

    fn value(&mut self, depth: usize) -> Result<Document, Refusal> {
        self.skip_space();
        match self.rest.first() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Document::Text(self.text()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.take(b"null") => Ok(Document::Null),
            _ if self.take(b"true") => Ok(Document::Bool(true)),
            _ if self.take(b"false") => Ok(Document::Bool(false)),
            _ => Err(NOT_JSON),
        }
    }

    fn enter(&mut self, depth: usize) -> Result<(), Refusal> {
        self.byte()?;
        self.skip_space();
        if depth < MAX_NESTING { Ok(()) } else { Err(Refusal::new("is nested too deep")) }
    }

    /// Whether another element follows; else the container is closed.
    fn goes_on(&mut self, close: &[u8]) -> Result<bool, Refusal> {
        self.skip_space();
        if self.take(b",") {
            return Ok(true);
        }
        if self.take(close) { Ok(false) } else { Err(NOT_JSON) }
    }

    fn array(&mut self, depth: usize) -> Result<Document, Refusal> {
        self.enter(depth)?;
        let mut items = Vec::new();
        let mut goes_on = !self.take(b"]");
        while goes_on {
            items.push(self.value(depth + 1)?);
            goes_on = self.goes_on(b"]")?;
        }
        Ok(Document::Array(items))
    }

    fn object(&mut self, depth: usize) -> Result<Document, Refusal> {
        self.enter(depth)?;
        let mut fields = Fields::default();
        let mut goes_on = !self.take(b"}");
        while goes_on {
            self.skip_space();
            if self.rest.first() != Some(&b'"') {
                return Err(NOT_JSON);
            }
            let name = self.text()?;
            self.skip_space();
            if !self.take(b":") {
                return Err(NOT_JSON);
            }
            fields.insert(name, self.value(depth + 1)?);
            goes_on = self.goes_on(b"}")?;
        }
        Ok(Document::Object(in_order(fields)))
    }

    fn digits(&mut self) -> Result<(), Refusal> {
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.rest = self.rest.get(count..).unwrap_or_default();
        if count > 0 { Ok(()) } else { Err(NOT_JSON) }
    }

    fn number(&mut self) -> Result<Document, Refusal> {
        let whole = self.rest;
        self.take(b"-");
        if !self.take(b"0") {
            self.digits()?;
        }
        if self.take(b".") {
            self.digits()?;
        }
        if self.take(b"e") || self.take(b"E") {
            let _ = self.take(b"+") || self.take(b"-");
            self.digits()?;
        }
        let token = whole.get(..whole.len() - self.rest.len()).and_then(|token| std::str::from_utf8(token).ok()).unwrap_or_default();
        match token.parse::<f64>() {
            // A sum with zero has no negative zero.
            Ok(number) if number.is_finite() => Ok(Document::Number(number + 0.0)),
            _ => Err(Refusal::new("is not a finite number")),
        }
    }

    /// A string, from its quote to the next.
    fn text(&mut self) -> Result<Text, Refusal> {
        self.byte()?;
        let mut text = Vec::new();
        loop {
            match self.byte()? {
                b'"' => return Ok(Text(text)),
                b'\\' => self.escape(&mut text)?,
                0..=0x1f => return Err(NOT_JSON),
                byte => text.push(byte),
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), Refusal> {
        let byte = match self.byte()? {
            byte @ (b'"' | b'\\' | b'/') => byte,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let unit = self.unit()?;
                push_code(text, self.joined(unit)?);
                return Ok(());
            }
            _ => return Err(NOT_JSON),
        };
        text.push(byte);
        Ok(())
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, Refusal> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | char::from(self.byte()?).to_digit(16).ok_or(NOT_JSON)?;
        }
        Ok(unit)
    }

    /// The code point of a unit, and of the one behind it where the two are a pair.
    fn joined(&mut self, unit: u32) -> Result<u32, Refusal> {
        let rest = self.rest;
        if (0xD800..0xDC00).contains(&unit) && self.take(b"\\u") {
            let low = self.unit()?;
            if (0xDC00..0xE000).contains(&low) {
                return Ok(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
            }
            self.rest = rest;
        }
        Ok(unit)
    }
}

fn push_code(text: &mut Vec<u8>, code: u32) {
    match char::from_u32(code) {
        Some(letter) => text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        // A lone surrogate, by the same rule as its neighbours.
        None => text.extend([0xE0 | (code >> 12) as u8, 0x80 | (code >> 6 & 63) as u8, 0x80 | (code & 63) as u8]),
    }
}
