//! Texts of files: string literals that came out of a language's, and what is made of them; a text with other parts.

use crate::source::ByteSpan;

/// A text that came out of a file, with the place of each of its parts there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The value.
    pub value: String,
    pieces: Vec<Piece>,
    is_final: bool,
}

/// A part of a value, up to the next piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    /// Where it begins in the value.
    at: usize,
    /// Where it stands in the file.
    source: ByteSpan,
    /// It stands there as it is, so that its bytes can be counted.
    is_verbatim: bool,
}

impl Text {
    /// A text that stands for what `source` covers in the file.
    pub fn standing_for(value: impl Into<String>, source: ByteSpan) -> Self {
        let mut text = Text::default();
        text.push(&value.into(), source, false);
        text
    }

    /// The same, which no naming convention changes: `op.f("…")`.
    #[must_use]
    pub fn as_final(self) -> Self {
        Text { is_final: true, ..self }
    }

    /// It is a name that no naming convention changes.
    pub fn is_final(&self) -> bool {
        self.is_final
    }

    /// Puts more behind it, which stands at `source`. `is_verbatim`: as it is, so that its bytes can be counted.
    pub fn push(&mut self, value: &str, source: ByteSpan, is_verbatim: bool) {
        if value.is_empty() {
            return;
        }
        let at = self.value.len();
        let goes_on = self.pieces.last().is_some_and(|last| {
            last.is_verbatim && is_verbatim && last.source.end == source.start && at - last.at == last.source.len()
        });
        match self.pieces.last_mut().filter(|_| goes_on) {
            Some(last) => last.source.end = source.end,
            None => self.pieces.push(Piece { at, source, is_verbatim }),
        }
        self.value += value;
    }

    /// Puts another text behind it.
    pub fn append(&mut self, other: &Text) {
        let by = self.value.len();
        self.value += &other.value;
        self.pieces.extend(other.pieces.iter().map(|piece| Piece { at: piece.at + by, ..*piece }));
    }

    /// A part of it, with its places.
    pub fn part(&self, range: std::ops::Range<usize>) -> Text {
        let mut part = Text::default();
        let mut at = range.start;
        while at < range.end {
            let index = self.pieces.partition_point(|piece| piece.at <= at);
            let end = self.pieces.get(index).map_or(self.value.len(), |next| next.at).min(range.end);
            let (source, is_verbatim) = match self.pieces.get(index.wrapping_sub(1)) {
                Some(piece) if piece.is_verbatim => {
                    let start = piece.source.start + (at - piece.at);
                    (ByteSpan::new(start, start + (end - at)), true)
                }
                Some(piece) => (piece.source, false),
                None => (ByteSpan::new(0, 0), false),
            };
            part.push(&self.value[at..end], source, is_verbatim);
            at = end;
        }
        part
    }

    /// What stands in the file for a part of the value: from its first byte's place to behind its last one's.
    pub fn place(&self, part: ByteSpan) -> ByteSpan {
        let of = |at: usize| {
            let index = self.pieces.partition_point(|piece| piece.at <= at).max(1) - 1;
            self.pieces.get(index).map(|piece| match piece.is_verbatim {
                true => {
                    let start = piece.source.start + (at - piece.at).min(piece.source.len());
                    ByteSpan::new(start, (start + 1).min(piece.source.end.max(start)))
                }
                false => piece.source,
            })
        };
        let (Some(first), Some(last)) = (of(part.start), of(part.end.saturating_sub(1).max(part.start))) else {
            return ByteSpan::new(0, 0);
        };
        // Pieces of a text that was put together may stand in any order.
        ByteSpan::new(first.start.min(last.start), first.end.max(last.end))
    }
}

/// A text with its parts replaced; they do not overlap.
pub(super) fn edited(text: &str, mut edits: Vec<(ByteSpan, String)>) -> String {
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let (mut out, mut at) = (String::new(), 0);
    for (span, new) in edits {
        out += &text[at..span.start];
        out += &new;
        at = span.end;
    }
    out + &text[at..]
}
