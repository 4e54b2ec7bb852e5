//! The boxes of a checklist that somebody ticked, when its comment is written anew.

use std::collections::HashSet;

/// The new text with the ticks that the same lines have in the old one.
pub(super) fn kept(new: &str, old: &str) -> String {
    let ticked = |line: &str| line.strip_prefix("- [x] ").or_else(|| line.strip_prefix("- [X] ")).map(str::to_owned);
    let ticked: HashSet<String> = old.lines().filter_map(ticked).collect();
    let line = |line: &str| match line.strip_prefix("- [ ] ") {
        Some(rest) if ticked.contains(rest.trim_end_matches(['\r', '\n'])) => format!("- [x] {rest}"),
        _ => line.to_owned(),
    };
    new.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_stays_while_its_line_does() {
        let old = "- [x] one\r\n- [X] two\r\n- [x] gone\r\n- [ ] three\r\n";
        assert_eq!(
            kept("- [ ] one\n- [ ] two\n- [ ] three\n- [ ] gone further\n", old),
            "- [x] one\n- [x] two\n- [ ] three\n- [ ] gone further\n"
        );
    }
}
