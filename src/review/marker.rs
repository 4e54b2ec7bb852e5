//! The hidden first line of a comment at a line, by which a later run knows which hazard it is about.

/// What such a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// The hazard's fingerprint.
    pub fingerprint: String,
    /// A run said of it that it is mended.
    pub mended: bool,
}

impl Mark {
    /// The line.
    pub fn line(&self) -> String {
        let mended = if self.mended { " mended" } else { "" };
        format!("<!-- safestep: {}{mended} -->\n", self.fingerprint)
    }

    /// Reads the first line of a comment.
    pub fn of(body: &str) -> Option<Mark> {
        let words = body.lines().next()?.trim_end().strip_prefix("<!-- safestep: ")?.strip_suffix(" -->")?;
        let (fingerprint, mended) = match words.strip_suffix(" mended") {
            Some(fingerprint) => (fingerprint, true),
            None => (words, false),
        };
        let is_one = fingerprint.len() == 32 && fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_one.then(|| Mark { fingerprint: fingerprint.to_owned(), mended })
    }
}

/// A comment without that line.
pub(super) fn unmarked(body: &str) -> &str {
    match (Mark::of(body), body.split_once('\n')) {
        (Some(_), Some((_, rest))) => rest,
        _ => body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        for mended in [false, true] {
            let mark = Mark { fingerprint: "0123456789abcdef".repeat(2), mended };
            let body = mark.line() + "text";
            assert_eq!(Mark::of(&body.replace('\n', "\r\n")), Some(mark.clone()));
            assert_eq!((Mark::of(&body), unmarked(&body)), (Some(mark), "text"));
        }
        for other in ["text", "<!-- safestep -->\nx", "<!-- safestep: 12 -->", "x\n<!-- safestep: 0 -->"] {
            assert_eq!((Mark::of(other), unmarked(other)), (None, other));
        }
    }
}
