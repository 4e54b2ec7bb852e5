//! The text of a file.

use std::sync::OnceLock;

use camino::Utf8PathBuf;

use super::error::{MAX_BYTES, SourceError};
use super::file::{read_as_named, read_bytes};
use super::span::{ByteSpan, Position};

const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";
const UTF16_BOMS: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];

/// One file's text with the offsets of its lines.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Where the text comes from, as it was given.
    pub path: Utf8PathBuf,
    /// The text, byte for byte.
    pub text: String,
    /// Offset of the first byte of each line; the first is 0. Of most files nobody asks for a line.
    line_starts: OnceLock<Vec<usize>>,
}

impl SourceFile {
    /// Reads a file of the project.
    ///
    /// # Errors
    /// Any [`SourceError`]: unreadable, no regular file, a link out of the project, too large, with a byte order mark,
    /// binary, not UTF-8.
    pub fn read(path: impl Into<Utf8PathBuf>) -> Result<SourceFile, SourceError> {
        let path = path.into();
        let bytes = read_bytes(&path)?;
        SourceFile::from_bytes(path, bytes)
    }

    /// Reads a file that a person named, which may be a pipe, and a link to anywhere.
    ///
    /// # Errors
    /// Any [`SourceError`] that is about what it holds.
    pub fn read_as_named(path: impl Into<Utf8PathBuf>) -> Result<SourceFile, SourceError> {
        let path = path.into();
        let bytes = read_as_named(&path)?;
        SourceFile::from_bytes(path, bytes)
    }

    /// Takes bytes that were read elsewhere (standard input, git); `path` names them in messages.
    ///
    /// # Errors
    /// Any [`SourceError`] but `Unreadable`.
    pub fn from_bytes(path: impl Into<Utf8PathBuf>, bytes: Vec<u8>) -> Result<SourceFile, SourceError> {
        let path = path.into();
        if bytes.len() as u64 > MAX_BYTES {
            return Err(SourceError::TooLarge { path });
        }
        if let Some(encoding) = byte_order_mark(&bytes) {
            return Err(SourceError::ByteOrderMark { path, encoding });
        }
        if let Some(offset) = bytes.iter().position(|byte| *byte == 0) {
            let position = position_in_bytes(&bytes, offset);
            return Err(SourceError::Binary { path, position, offset });
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(SourceFile::new(path, text)),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                let bytes = error.as_bytes();
                Err(SourceError::NotUtf8 {
                    path,
                    position: position_in_bytes(bytes, offset),
                    offset,
                    byte: bytes.get(offset).copied().unwrap_or_default(),
                })
            }
        }
    }

    /// Takes text that is already known to be good, such as a statement inside another file.
    pub fn new(path: impl Into<Utf8PathBuf>, text: impl Into<String>) -> SourceFile {
        SourceFile { path: path.into(), text: text.into(), line_starts: OnceLock::new() }
    }

    fn line_starts(&self) -> &[usize] {
        self.line_starts.get_or_init(|| {
            let line_ends = self.text.match_indices('\n').map(|(offset, _)| offset + 1);
            std::iter::once(0).chain(line_ends).collect()
        })
    }

    /// Line and column of a byte offset. An offset inside a character counts as its first byte, one behind the text
    /// as the end of the text. The line is found in O(log lines).
    pub fn position(&self, byte: usize) -> Position {
        let byte = byte.min(self.text.len());
        let line = self.line_starts().partition_point(|start| *start <= byte);
        let line_start = self.line_starts()[line - 1];
        let mut end = byte;
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let characters_before = self.text[line_start..end].chars().count();
        Position { line, column: characters_before + 1 }
    }

    /// The text of a line (from 1) without its line end; empty for a line that does not exist.
    pub fn line_text(&self, line: usize) -> &str {
        let Some(start) = line.checked_sub(1).and_then(|index| self.line_starts().get(index)) else {
            return "";
        };
        let end = self.line_starts().get(line).copied().unwrap_or(self.text.len());
        let text = &self.text[*start..end];
        let text = text.strip_suffix('\n').unwrap_or(text);
        text.strip_suffix('\r').unwrap_or(text)
    }

    /// How many lines there are; a text that ends in a line end has an empty last line.
    pub fn line_count(&self) -> usize {
        self.line_starts().len()
    }

    /// The text a span covers.
    ///
    /// # Panics
    /// When the span is not one of this file, see [`ByteSpan::slice`].
    pub fn slice(&self, span: ByteSpan) -> &str {
        span.slice(&self.text)
    }
}

fn byte_order_mark(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(UTF8_BOM) {
        Some("UTF-8")
    } else if UTF16_BOMS.iter().any(|bom| bytes.starts_with(bom)) {
        Some("UTF-16")
    } else {
        None
    }
}

/// The position of an offset in bytes of which only those before the offset need to be UTF-8.
fn position_in_bytes(bytes: &[u8], offset: usize) -> Position {
    let before = String::from_utf8_lossy(&bytes[..offset]);
    let last_line = before.rsplit('\n').next().unwrap_or_default();
    Position { line: before.matches('\n').count() + 1, column: last_line.chars().count() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        match SourceFile::from_bytes("m.sql", bytes.to_vec()) {
            Ok(file) => panic!("accepted {:?}", file.text),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let file = SourceFile::new("m.sql", "ab\nçé x\r\n\nend");
        let at = |needle| file.position(file.text.find(needle).unwrap()).to_string();
        assert_eq!(at("ab"), "1:1");
        assert_eq!(at("\n"), "1:3");
        assert_eq!(at("é"), "2:2");
        assert_eq!(at("x"), "2:4");
        assert_eq!(at("end"), "4:1");
        assert_eq!(file.position(file.text.len()).to_string(), "4:4");
        assert_eq!(file.position(usize::MAX).to_string(), "4:4");
    }

    #[test]
    fn an_offset_inside_a_character_counts_as_its_first_byte() {
        let file = SourceFile::new("m.sql", "aé");
        assert_eq!(file.position(1).to_string(), "1:2");
        assert_eq!(file.position(2).to_string(), "1:2");
    }

    #[test]
    fn lines_come_without_their_line_end() {
        let file = SourceFile::new("m.sql", "one\r\ntwo\n");
        assert_eq!(file.line_text(1), "one");
        assert_eq!(file.line_text(2), "two");
        assert_eq!(file.line_text(3), "");
        assert_eq!((file.line_text(0), file.line_text(9)), ("", ""));
        assert_eq!(file.line_count(), 3);
        assert_eq!(SourceFile::new("empty.sql", "").line_count(), 1);
    }

    #[test]
    fn spans_slice_and_join() {
        let text = "ALTER TABLE users";
        let (alter, users) = (ByteSpan::new(0, 5), ByteSpan::from(12..17));
        assert_eq!((alter.slice(text), alter.len()), ("ALTER", 5));
        assert_eq!(users.join(alter).slice(text), text);
        assert!(ByteSpan::new(3, 3).is_empty());
    }

    #[test]
    fn what_cannot_be_kept_exactly_is_refused() {
        assert_eq!(
            refused(b"SELECT 1;\nSELECT '\xE9';"),
            "m.sql:2:9: byte 0xe9 at offset 18 is not UTF-8; convert the file to UTF-8"
        );
        assert_eq!(
            refused(b"\xEF\xBB\xBFSELECT 1;"),
            "m.sql:1:1: starts with a UTF-8 byte order mark; save the file as UTF-8 without BOM"
        );
        assert_eq!(
            refused(b"\xFF\xFES\0"),
            "m.sql:1:1: starts with a UTF-16 byte order mark; save the file as UTF-8 without BOM"
        );
        assert_eq!(
            refused(b"a\nb\0"),
            "m.sql:2:2: holds a NUL byte at offset 3, so it is not text; save the file as UTF-8"
        );
        assert!(refused(&vec![b' '; MAX_BYTES as usize + 1]).starts_with("m.sql: has more than"));
    }

    #[test]
    fn text_is_read_byte_for_byte() {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(dir.path().join("m é.sql")).unwrap();
        std::fs::write(&path, "-- naïve\r\nSELECT 1;").unwrap();
        assert_eq!(SourceFile::read(&path).unwrap().text, "-- naïve\r\nSELECT 1;");
        let folder = path.parent().unwrap().to_owned();
        assert!(matches!(SourceFile::read(folder), Err(SourceError::NotAFile { what: "a folder", .. })));
    }
}
