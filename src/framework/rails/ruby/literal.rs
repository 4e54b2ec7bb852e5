//! Literals with quotes: their values, and where each character of a value stands in the file.

use super::lexer::Lexer;
use super::tokens::{LexedPart, Literal, LiteralKind, RubyError, Token, TokenKind, Word};
use super::tree::QuotedKind;
use crate::framework::text::Text;
use crate::source::ByteSpan;

/// How a backslash is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escapes {
    /// All of them.
    All,
    /// Only before a delimiter and another backslash.
    Delimiters,
    /// It stays.
    Kept,
}

/// How the text of a literal is read.
#[derive(Debug, Clone, Copy)]
struct Style {
    escapes: Escapes,
    has_fields: bool,
    /// Blanks part words.
    is_words: bool,
    open: Option<char>,
    close: Option<char>,
    /// Columns that are taken from the begin of each line.
    indent: usize,
    end: usize,
}

impl Literal {
    /// A string in which nothing is written in another way, with its quotes.
    pub(super) fn plain(file: &str, span: ByteSpan) -> Literal {
        let inner = ByteSpan::new(span.start + 1, span.end - 1);
        let mut text = Text::default();
        text.push(inner.slice(file), inner, true);
        let parts = if inner.is_empty() { Vec::new() } else { vec![LexedPart::Text(text)] };
        Literal { kind: LiteralKind::One(QuotedKind::String), words: vec![Word { span, parts }], heredoc: None }
    }

    /// A literal between two of the same quotes; the lexer stands behind the first one.
    pub(super) fn quoted(lexer: &mut Lexer<'_>, quote: char) -> Result<Literal, RubyError> {
        let kind = match quote {
            '`' => QuotedKind::Command,
            '/' => QuotedKind::Regex,
            _ => QuotedKind::String,
        };
        let escapes = match quote {
            '\'' => Escapes::Delimiters,
            '/' => Escapes::Kept,
            _ => Escapes::All,
        };
        Literal::delimited(lexer, LiteralKind::One(kind), escapes, quote != '\'', quote)
    }

    /// `%w[…]` and the like: the letter, and the delimiter that opens it. The lexer stands behind that.
    pub(super) fn percent(lexer: &mut Lexer<'_>, letter: char, open: char) -> Result<Literal, RubyError> {
        let kind = match letter {
            'w' | 'W' => LiteralKind::Words(QuotedKind::String),
            'i' | 'I' => LiteralKind::Words(QuotedKind::Symbol),
            'r' => LiteralKind::One(QuotedKind::Regex),
            's' => LiteralKind::One(QuotedKind::Symbol),
            'x' => LiteralKind::One(QuotedKind::Command),
            _ => LiteralKind::One(QuotedKind::String),
        };
        let has_fields = matches!(letter, 'Q' | 'W' | 'I' | 'r' | 'x');
        let escapes = match letter {
            'r' => Escapes::Kept,
            _ if has_fields => Escapes::All,
            _ => Escapes::Delimiters,
        };
        Literal::delimited(lexer, kind, escapes, has_fields, open)
    }

    fn delimited(
        lexer: &mut Lexer<'_>,
        kind: LiteralKind,
        escapes: Escapes,
        has_fields: bool,
        open: char,
    ) -> Result<Literal, RubyError> {
        let close = match open {
            '(' => ')',
            '[' => ']',
            '{' => '}',
            '<' => '>',
            other => other,
        };
        let style = Style {
            escapes,
            has_fields,
            is_words: matches!(kind, LiteralKind::Words(_)),
            open: (open != close).then_some(open),
            close: Some(close),
            indent: 0,
            end: lexer.file.len(),
        };
        let words = Reader::new(lexer, style).read()?;
        if kind == LiteralKind::One(QuotedKind::Regex) {
            let flags = lexer.rest().bytes().take_while(u8::is_ascii_lowercase).count();
            lexer.at += flags;
        }
        Ok(Literal { kind, words, heredoc: None })
    }

    /// `?a`; the lexer stands behind the question mark.
    pub(super) fn character(lexer: &mut Lexer<'_>) -> Result<Literal, RubyError> {
        let from = lexer.at;
        let style = Style {
            escapes: Escapes::All,
            has_fields: false,
            is_words: false,
            open: None,
            close: None,
            indent: 0,
            end: lexer.file.len(),
        };
        let mut reader = Reader::new(lexer, style);
        match reader.rest().chars().next() {
            Some('\\') => reader.backslash(),
            Some(other) => reader.push(other.encode_utf8(&mut [0; 4]), other.len_utf8(), true),
            None => {}
        }
        reader.end_text();
        let parts = std::mem::take(&mut reader.parts);
        let word = Word { span: ByteSpan::new(from, lexer.at), parts };
        Ok(Literal { kind: LiteralKind::One(QuotedKind::String), words: vec![word], heredoc: None })
    }

    /// `<<~SQL`, when one begins here; the lexer stands behind that word then.
    pub(super) fn heredoc(lexer: &mut Lexer<'_>) -> Result<Option<Literal>, RubyError> {
        let from = lexer.at;
        let rest = &lexer.rest()[2..];
        let sign = rest.chars().next().filter(|sign| matches!(sign, '~' | '-'));
        let rest = &rest[sign.map_or(0, char::len_utf8)..];
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`'));
        let word = match quote {
            Some(quote) => {
                rest[1..].split([quote, '\n']).next().filter(|word| rest[1 + word.len()..].starts_with(quote))
            }
            None => {
                let is_word = |c: char| c.is_alphanumeric() || c == '_';
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                Some(&rest[..end]).filter(|word| !word.starts_with(|c: char| c.is_ascii_digit()))
            }
        };
        let Some(word) = word.filter(|word| !word.is_empty()) else { return Ok(None) };
        let word_start = lexer.file.len() - rest.len() + usize::from(quote.is_some());
        let behind = word_start + word.len() + usize::from(quote.is_some());
        let never_ends = RubyError { at: from, what: "this heredoc never ends" };
        let line = lexer.file[behind..].find('\n').map(|at| behind + at + 1).ok_or(never_ends)?;
        // Several heredocs that one line begins follow each other.
        let (line, start) = lexer.heredocs.take().unwrap_or((line, line));
        let (mut end, mut after) = (start, start);
        let is_last = |text: &str| {
            let text = text.strip_suffix('\n').unwrap_or(text);
            let text = text.strip_suffix('\r').unwrap_or(text);
            (if sign.is_some() { text.trim_start_matches([' ', '\t']) } else { text }) == word
        };
        let has_ended = lexer.file[start..].split_inclusive('\n').any(|text| {
            (end, after) = (after, after + text.len());
            is_last(text)
        });
        if !has_ended {
            return Err(never_ends);
        }
        let is_raw = quote == Some('\'');
        let style = Style {
            escapes: if is_raw { Escapes::Kept } else { Escapes::All },
            has_fields: !is_raw,
            is_words: false,
            open: None,
            close: None,
            indent: if sign == Some('~') { common_indent(&lexer.file[start..end]) } else { 0 },
            end,
        };
        lexer.at = start;
        let words = Reader::new(lexer, style).read()?;
        lexer.at = behind;
        lexer.heredocs = Some((line, after));
        let kind = if quote == Some('`') { QuotedKind::Command } else { QuotedKind::String };
        Ok(Some(Literal { kind: LiteralKind::One(kind), words, heredoc: Some(ByteSpan::new(start, after)) }))
    }

    pub(super) fn into_symbol(self) -> Literal {
        Literal { kind: LiteralKind::One(QuotedKind::Symbol), ..self }
    }

    pub(super) fn may_be_label(&self) -> bool {
        self.kind == LiteralKind::One(QuotedKind::String)
    }
}

/// How far all lines are indented that hold more than blanks; a tab reaches to the next multiple of eight.
fn common_indent(lines: &str) -> usize {
    let filled = lines.split('\n').filter(|line| !line.trim_matches([' ', '\t', '\r']).is_empty());
    filled.map(|line| columns(line, usize::MAX).1).min().unwrap_or(0)
}

/// The blanks at the begin of a line that take no more than so many columns: how many bytes, how many columns.
fn columns(line: &str, most: usize) -> (usize, usize) {
    let (mut bytes, mut columns) = (0, 0);
    for blank in line.bytes() {
        let next = match blank {
            b' ' => columns + 1,
            b'\t' => (columns / 8 + 1) * 8,
            _ => break,
        };
        if next > most {
            break;
        }
        (bytes, columns) = (bytes + 1, next);
    }
    (bytes, columns)
}

struct Reader<'l, 'a> {
    lexer: &'l mut Lexer<'a>,
    style: Style,
    words: Vec<Word>,
    word_start: usize,
    parts: Vec<LexedPart>,
    text: Text,
    open: usize,
}

impl<'l, 'a> Reader<'l, 'a> {
    fn new(lexer: &'l mut Lexer<'a>, style: Style) -> Self {
        let word_start = lexer.at;
        Reader { lexer, style, words: Vec::new(), word_start, parts: Vec::new(), text: Text::default(), open: 0 }
    }

    fn rest(&self) -> &'a str {
        &self.lexer.file[self.lexer.at..self.style.end]
    }

    fn push(&mut self, value: &str, length: usize, is_verbatim: bool) {
        let at = self.lexer.at;
        self.text.push(value, ByteSpan::new(at, at + length), is_verbatim);
        self.lexer.at += length;
    }

    fn end_text(&mut self) {
        let text = std::mem::take(&mut self.text);
        if !text.value.is_empty() {
            self.parts.push(LexedPart::Text(text));
        }
    }

    fn end_word(&mut self) {
        self.end_text();
        let parts = std::mem::take(&mut self.parts);
        if !self.style.is_words || self.lexer.at > self.word_start {
            self.words.push(Word { span: ByteSpan::new(self.word_start, self.lexer.at), parts });
        }
    }

    /// Reads up to the end; the lexer stands behind the closing delimiter then.
    fn read(mut self) -> Result<Vec<Word>, RubyError> {
        let from = self.lexer.at;
        let style = self.style;
        self.begin_line();
        loop {
            let rest = self.rest();
            let is_special = |c: char| {
                matches!(c, '\\' | '#' | '\r' | '\n')
                    || Some(c) == style.close
                    || Some(c) == style.open
                    || (style.is_words && c.is_ascii_whitespace())
            };
            let plain = rest.find(is_special).unwrap_or(rest.len());
            if plain > 0 {
                self.push(&rest[..plain], plain, true);
                continue;
            }
            let Some(next) = rest.chars().next() else {
                if style.close.is_some() {
                    return Err(RubyError { at: from, what: "this string never ends" });
                }
                self.end_word();
                return Ok(self.words);
            };
            if Some(next) == style.close && self.open == 0 {
                self.end_word();
                self.lexer.at += next.len_utf8();
                return Ok(self.words);
            }
            if style.is_words && next.is_ascii_whitespace() {
                self.end_word();
                self.lexer.at += 1;
                self.word_start = self.lexer.at;
                continue;
            }
            match next {
                '#' if style.has_fields && rest.starts_with("#{") => self.field()?,
                '#' if style.has_fields && rest[1..].starts_with(['@', '$']) => self.variable(),
                '\\' => self.backslash(),
                '\r' if rest.starts_with("\r\n") => {
                    self.push("\n", 2, false);
                    self.begin_line();
                }
                '\n' => {
                    self.push("\n", 1, true);
                    if let Some((_, end)) = self.lexer.heredocs.take_if(|(line, _)| *line == self.lexer.at) {
                        self.lexer.at = end;
                    }
                    self.begin_line();
                }
                other => {
                    if Some(other) == style.close {
                        self.open -= 1;
                    } else if Some(other) == style.open {
                        self.open += 1;
                    }
                    self.push(other.encode_utf8(&mut [0; 4]), other.len_utf8(), true);
                }
            }
        }
    }

    fn begin_line(&mut self) {
        if self.style.indent > 0 {
            self.lexer.at += columns(self.rest(), self.style.indent).0;
        }
    }

    /// `#{…}`
    fn field(&mut self) -> Result<(), RubyError> {
        self.end_text();
        let from = self.lexer.at;
        self.lexer.at += 2;
        let tokens = self.lexer.field()?;
        self.lexer.at += 1;
        // A word in it may have been cut where the lines of a heredoc end.
        self.style.end = self.style.end.max(self.lexer.at);
        self.parts.push(LexedPart::Field(ByteSpan::new(from, self.lexer.at), tokens));
        Ok(())
    }

    /// `#@name`
    fn variable(&mut self) {
        let rest = self.rest();
        let signs = rest[1..].bytes().take_while(|byte| matches!(byte, b'@' | b'$')).count();
        let name = rest[1 + signs..].find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len() - 1 - signs);
        let from = self.lexer.at;
        if name == 0 || rest[1 + signs..].starts_with(|c: char| c.is_ascii_digit()) {
            self.push("#", 1, true);
            return;
        }
        self.end_text();
        self.lexer.at += 1 + signs + name;
        let token = Token { kind: TokenKind::Variable, span: ByteSpan::new(from + 1, self.lexer.at) };
        self.parts.push(LexedPart::Field(ByteSpan::new(from, self.lexer.at), vec![token]));
    }

    /// A backslash and what follows it.
    fn backslash(&mut self) {
        let rest = self.rest();
        let Some(next) = rest[1..].chars().next() else {
            self.push("\\", 1, true);
            return;
        };
        let is_delimiter = Some(next) == self.style.close || Some(next) == self.style.open;
        let length = 1 + next.len_utf8();
        let is_plain = is_delimiter || (self.style.is_words && next.is_ascii_whitespace());
        match self.style.escapes {
            Escapes::Kept if !(is_delimiter && next == '/') => {
                // What follows is no delimiter.
                let kept = if self.style.close.is_some() { length } else { 1 };
                self.push(&rest[..kept], kept, true);
            }
            Escapes::All if !is_plain => self.escape(next),
            Escapes::Delimiters if !is_plain && next != '\\' => self.push("\\", 1, true),
            _ => self.push(next.encode_utf8(&mut [0; 4]), length, false),
        }
    }

    fn escape(&mut self, next: char) {
        let rest = self.rest();
        let simple = match next {
            'n' => "\n",
            't' => "\t",
            's' => " ",
            'r' => "\r",
            'e' => "\u{1B}",
            'a' => "\u{07}",
            'b' => "\u{08}",
            'f' => "\u{0C}",
            'v' => "\u{0B}",
            '\n' => "",
            '\r' if rest[1..].starts_with("\r\n") => {
                self.lexer.at += 3;
                return self.begin_line();
            }
            'u' => return self.unicode(),
            'x' | '0'..='7' => return self.bytes(),
            // Any other character stands for itself.
            other => return self.push(other.encode_utf8(&mut [0; 4]), 1 + other.len_utf8(), false),
        };
        match simple {
            "" => {
                self.lexer.at += 2;
                self.begin_line();
            }
            simple => self.push(simple, 2, false),
        }
    }

    /// `\u00e9`, `\u{e9 41}`
    fn unicode(&mut self) {
        let rest = &self.rest()[2..];
        let (codes, length) = match rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((codes, _)) => (codes, 2 + codes.len() + 2),
            None => {
                let digits = rest.bytes().take(4).take_while(u8::is_ascii_hexdigit).count();
                (&rest[..digits], 2 + digits)
            }
        };
        let character = |code: &str| u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
        let value: String = codes.split_ascii_whitespace().filter_map(character).collect();
        self.push(&value, length, false);
    }

    /// Bytes in hexadecimal or octal digits; several may make one character.
    fn bytes(&mut self) {
        let rest = self.rest();
        let (mut bytes, mut length) = (Vec::new(), 0);
        while let Some(code) = rest[length..].strip_prefix('\\') {
            let (radix, skip, most) = if code.starts_with('x') { (16, 1, 2) } else { (8, 0, 3) };
            let is_digit = |byte: &u8| char::from(*byte).is_digit(radix);
            let digits = code[skip..].bytes().take(most).take_while(is_digit).count();
            let Ok(value) = u32::from_str_radix(&code[skip..skip + digits], radix) else { break };
            bytes.push((value & 0xFF) as u8);
            length += 1 + skip + digits;
        }
        if length == 0 {
            return self.push("x", 2, false);
        }
        let value = String::from_utf8_lossy(&bytes).into_owned();
        self.push(&value, length, false);
    }
}
