//! Terminal columns: how wide a text is, where it breaks, what of it fits, and what of it may reach a terminal.

use std::borrow::Cow;

use super::style::Style;
use crate::source::is_hostile;

/// A tab is shown as this.
const TAB: &str = "    ";

/// Columns that a character takes: none for combining marks, two for East Asian wide characters and emoji.
/// The ranges are the large blocks of Unicode Standard Annex 11, not every exception of it.
pub(super) fn char_width(character: char) -> usize {
    match u32::from(character) {
        0..=0x7f => 1,
        0x0300..=0x036f | 0x0483..=0x0489 | 0x0591..=0x05bd | 0x064b..=0x065f => 0,
        0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f => 0,
        0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff => 2,
        0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 => 2,
        0x1f300..=0x1f64f | 0x1f680..=0x1f6ff | 0x1f900..=0x1faff | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Columns that a text of one line takes.
pub(in crate::output) fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// The text with every hostile character but tab and newline replaced.
pub(super) fn harmless(text: &str, style: Style) -> Cow<'_, str> {
    let replaced = |character| is_hostile(character) && !matches!(character, '\t' | '\n');
    if !text.contains(replaced) {
        return Cow::Borrowed(text);
    }
    let replacement = style.replacement();
    Cow::Owned(text.chars().map(|character| if replaced(character) { replacement } else { character }).collect())
}

/// Breaks a text at its spaces so that it fits, and indents what follows the first line.
///
/// `used` columns of the first line are taken already. Gaps of several spaces are kept when everything fits in one
/// line and are the first places to break when not. A word that is wider than the terminal stays whole.
pub(super) fn wrap(text: &str, used: usize, indent: usize, limit: usize) -> String {
    if used.saturating_add(width(text)) <= limit {
        return text.to_owned();
    }
    let line_break = format!("\n{}", " ".repeat(indent));
    let mut out = String::new();
    let mut column = used;
    for (index, part) in text.split("  ").map(str::trim).filter(|part| !part.is_empty()).enumerate() {
        if index > 0 {
            out.push_str(&line_break);
            column = indent;
        }
        for (index, word) in part.split_whitespace().enumerate() {
            let space = usize::from(index > 0);
            if index > 0 && column + space + width(word) > limit {
                out.push_str(&line_break);
                column = indent;
            } else if index > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += width(word);
        }
    }
    out
}

/// One line of source, one cell for each of its characters: what is shown of it and how many columns that takes.
pub(super) struct Cells {
    cells: Vec<(char, usize)>,
}

/// The part of a line that is shown.
pub(super) struct Excerpt {
    pub text: String,
    /// Columns before the marked part, and columns of it.
    pub mark: (usize, usize),
}

impl Cells {
    pub fn of(line: &str, style: Style) -> Self {
        let cell = |character| match character {
            '\t' => ('\t', TAB.len()),
            hostile if is_hostile(hostile) => (style.replacement(), 1),
            character => (character, char_width(character)),
        };
        Self { cells: line.chars().map(cell).collect() }
    }

    fn columns(&self, from: usize, to: usize) -> usize {
        self.cells[from..to].iter().map(|(_, width)| width).sum()
    }

    /// The line cut to `limit` columns so that the start of the marked characters (from 0, end excluded) is seen.
    pub fn excerpt(&self, start: usize, end: usize, limit: usize, style: Style) -> Excerpt {
        let count = self.cells.len();
        let start = start.min(count);
        let end = end.clamp(start, count);
        let ellipsis = style.ellipsis();
        let cut = width(ellipsis);
        if self.columns(0, count) <= limit {
            return self.window(0..count, (start, end), "", "");
        }

        let mut first = 0;
        if self.columns(0, end).saturating_add(cut) > limit {
            // At most a quarter of the room for what stands before the mark, and only what the mark does not need.
            let spare = limit.saturating_sub(self.columns(start, end) + 2 * cut).min(limit / 4);
            first = start;
            while first > 0 && self.columns(first - 1, start) <= spare {
                first -= 1;
            }
        }
        let lead = if first > 0 { ellipsis } else { "" };
        let room = limit.saturating_sub(width(lead));
        let fits = |last: usize, room: usize| self.columns(first, last) <= room;
        if fits(count, room) {
            return self.window(first..count, (start, end), lead, "");
        }
        let mut last = first;
        while last < count && fits(last + 1, room.saturating_sub(cut)) {
            last += 1;
        }
        self.window(first..last, (start, end), lead, ellipsis)
    }

    fn window(&self, shown: std::ops::Range<usize>, mark: (usize, usize), lead: &str, tail: &str) -> Excerpt {
        let start = mark.0.clamp(shown.start, shown.end);
        let end = mark.1.clamp(start, shown.end);
        let text: String = self.cells[shown.clone()].iter().map(|(character, _)| character).collect();
        Excerpt {
            text: format!("{lead}{}{tail}", text.replace('\t', TAB)),
            mark: (width(lead) + self.columns(shown.start, start), self.columns(start, end)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(line: &str, start: usize, end: usize, limit: usize) -> String {
        let style = Style::new(false, true);
        let excerpt = Cells::of(line, style).excerpt(start, end, limit, style);
        assert!(width(&excerpt.text) <= limit, "{}", excerpt.text);
        format!("{}\n{}{}", excerpt.text, " ".repeat(excerpt.mark.0), "─".repeat(excerpt.mark.1))
    }

    #[test]
    fn a_line_that_fits_is_whole() {
        assert_eq!(excerpt("ALTER TABLE a;", 6, 11, 20), "ALTER TABLE a;\n      ─────");
    }

    #[test]
    fn a_long_line_is_cut_after_the_mark_or_around_it() {
        assert_eq!(excerpt("ALTER TABLE a ADD b int;", 0, 5, 12), "ALTER TABLE…\n─────");
        assert_eq!(excerpt("ALTER TABLE a ADD b int;", 14, 23, 12), "… ADD b int;\n  ─────────");
        assert_eq!(excerpt(&"x".repeat(10_000), 5_000, 9_000, 12), "…xxxxxxxxxx…\n ──────────");
    }

    #[test]
    fn tabs_wide_and_combining_characters_keep_the_mark_in_place() {
        assert_eq!(excerpt("\tDROP a", 1, 5, 20), "    DROP a\n    ────");
        assert_eq!(excerpt("表 DROP", 2, 6, 20), "表 DROP\n   ────");
        assert_eq!(excerpt("e\u{301} DROP", 3, 7, 20), "e\u{301} DROP\n  ────");
    }

    #[test]
    fn what_could_steer_a_terminal_does_not_reach_it() {
        assert_eq!(excerpt("a\u{1b}[2Jb\u{202e}c", 0, 0, 20), "a\u{fffd}[2Jb\u{fffd}c\n");
        assert_eq!(harmless("a\tb\n\u{7}", Style::new(false, false)), "a\tb\n?");
    }

    #[test]
    fn text_wraps_at_wide_gaps_first() {
        assert_eq!(wrap("one two      three", 0, 2, 18), "one two      three");
        assert_eq!(wrap("one two      three", 0, 2, 17), "one two\n  three");
        assert_eq!(wrap("one two three", 4, 2, 8), "one\n  two\n  three");
        assert_eq!(wrap("unbreakable", 4, 2, 8), "unbreakable");
    }
}
