//! Colour and line drawing: five roles and two alphabets. Neither carries meaning that the words do not.

use anstyle::{AnsiColor, Style as Ansi};

/// What a coloured piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::output) enum Role {
    Danger,
    Caution,
    Safe,
    Path,
    Dim,
}

impl Role {
    fn ansi(self) -> Ansi {
        match self {
            Role::Danger => AnsiColor::Red.on_default(),
            Role::Caution => AnsiColor::Yellow.on_default(),
            Role::Safe => AnsiColor::Green.on_default(),
            Role::Path => AnsiColor::Cyan.on_default(),
            Role::Dim => Ansi::new().dimmed(),
        }
    }
}

/// How to draw on this terminal.
#[derive(Debug, Clone, Copy)]
pub(in crate::output) struct Style {
    color: bool,
    unicode: bool,
}

impl Style {
    /// Without colour, on a UTF-8 terminal: what tests and Markdown want.
    pub const PLAIN: Self = Self { color: false, unicode: true };

    pub fn new(color: bool, unicode: bool) -> Self {
        Self { color, unicode }
    }

    /// The text in the colour of its role, line by line: pagers forget a colour at the end of a line.
    pub fn paint(self, role: Role, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let ansi = role.ansi();
        let line = |line: &str| match line {
            "" => String::new(),
            line => format!("{ansi}{line}{ansi:#}"),
        };
        text.split('\n').map(line).collect::<Vec<_>>().join("\n")
    }

    /// Before the place of a diagnostic.
    pub fn opens(self) -> &'static str {
        if self.unicode { "╭─" } else { "-->" }
    }

    /// Between a line number and its source.
    pub fn bar(self) -> &'static str {
        if self.unicode { "│" } else { "|" }
    }

    /// Before the help of a diagnostic.
    pub fn closes(self) -> &'static str {
        if self.unicode { "╰─" } else { "=" }
    }

    /// Under the source that a diagnostic is about.
    pub fn underline(self) -> &'static str {
        if self.unicode { "─" } else { "^" }
    }

    /// Where something is left out.
    pub fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// Before a count of repetitions.
    pub fn times(self) -> &'static str {
        if self.unicode { "×" } else { "x" }
    }

    /// In the place of a character that must not reach a terminal.
    pub fn replacement(self) -> char {
        if self.unicode { '\u{fffd}' } else { '?' }
    }
}
