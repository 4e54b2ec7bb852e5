//! The change of a file as git shows it, coloured. For a patch that can be applied see [`crate::output::patch`].

use super::columns::harmless;
use super::style::{Role, Style};
use crate::output::patch;
use crate::output::summary::plural;
use crate::report::FileReport;

/// Machine-made files (snapshots, journals) with more lines of diff than this are only counted.
const MACHINE_MADE_LINES: usize = 40;

/// The diff of one file, each line ending in a newline. `whole` shows machine-made files too.
pub(super) fn render(file: &FileReport, style: Style, whole: bool) -> String {
    let patch = patch::file(file);
    let is_machine_made = file.path.ends_with(".json");
    let hunk_lines = patch.lines().skip_while(|line| !line.starts_with("@@")).count();
    let fold = !whole && is_machine_made && hunk_lines > MACHINE_MADE_LINES;
    let hides_return = ends_lines_with_return(file);

    let mut out = String::new();
    let mut in_hunks = false;
    for line in patch.split_terminator('\n') {
        in_hunks |= line.starts_with("@@");
        if in_hunks && fold {
            let count = format!("{} of diff, shown with -v\n", plural(hunk_lines, "line"));
            return out + &style.paint(Role::Dim, &count);
        }
        let line = if hides_return { line.strip_suffix('\r').unwrap_or(line) } else { line };
        let line = harmless(line, style);
        out += &match role(&line, in_hunks) {
            Some(role) => style.paint(role, &line),
            None => line.into_owned(),
        };
        out.push('\n');
    }
    out
}

fn role(line: &str, in_hunks: bool) -> Option<Role> {
    match line.as_bytes().first() {
        Some(b'd') if line.starts_with("diff --git") => Some(Role::Path),
        _ if !in_hunks => Some(Role::Dim),
        Some(b'+') => Some(Role::Safe),
        Some(b'-') => Some(Role::Danger),
        Some(b'@' | b'\\') => Some(Role::Dim),
        _ => None,
    }
}

/// True when every line ends in `\r\n` before and after, so that showing the `\r` would tell nothing.
fn ends_lines_with_return(file: &FileReport) -> bool {
    let consistent =
        |text: &String| text.split_inclusive('\n').all(|line| !line.ends_with('\n') || line.ends_with("\r\n"));
    file.before.iter().chain(&file.after).all(consistent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::example::{created, modified};

    #[test]
    fn a_return_is_shown_only_when_it_tells_something() {
        let same = render(&modified("a", "x\r\ny\r\n", "x\r\nz\r\n"), Style::PLAIN, false);
        assert!(same.ends_with("@@ -1,2 +1,2 @@\n x\n-y\n+z\n"), "{same}");
        let differs = render(&modified("a", "x\r\n", "x\n"), Style::PLAIN, false);
        assert!(differs.ends_with("-x\u{fffd}\n+x\n"), "{differs}");
    }

    #[test]
    fn a_large_snapshot_is_counted() {
        let snapshot = created("meta/0001_snapshot.json", &"{}\n".repeat(1_500));
        assert_eq!(
            render(&snapshot, Style::PLAIN, false),
            "diff --git a/meta/0001_snapshot.json b/meta/0001_snapshot.json\nnew file mode 100644\n\
             --- /dev/null\n+++ b/meta/0001_snapshot.json\n1,501 lines of diff, shown with -v\n"
        );
        assert_eq!(render(&snapshot, Style::PLAIN, true).lines().count(), 1_505);
    }

    #[test]
    fn colours_follow_the_sign() {
        let diff = render(&modified("a", "-- x\n", "-- y\n"), Style::new(true, true), false);
        assert!(diff.starts_with("\u{1b}[36mdiff --git a/a b/a\u{1b}[0m\n\u{1b}[2m--- a/a\u{1b}[0m\n"), "{diff:?}");
        assert!(diff.ends_with("\u{1b}[31m--- x\u{1b}[0m\n\u{1b}[32m+-- y\u{1b}[0m\n"), "{diff:?}");
    }
}
