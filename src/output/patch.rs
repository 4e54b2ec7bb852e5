//! The file changes as a patch that `git apply` takes: git's own extended headers, hunks with three lines of context.

use std::fmt::Write;
use std::ops::Range;

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use crate::report::{FileAction, FileReport, Report};

const CONTEXT_LINES: usize = 3;

/// All file changes of the report, in its order. Empty when nothing changes.
///
/// Paths are those of the report; run in a subdirectory of a repository, `git apply` wants
/// `--directory="$(git rev-parse --show-prefix)"`.
pub fn render(report: &Report) -> String {
    report.migrations.iter().flat_map(|migration| &migration.files).map(file).collect()
}

/// One file change; empty for a modification that changes nothing.
pub fn file(change: &FileReport) -> String {
    let before = lines(change.before.as_deref());
    let after = lines(change.after.as_deref());
    let hunks = hunks(&before, &after);
    if hunks.is_empty() && change.action == FileAction::Modify {
        return String::new();
    }

    let path = change.path.trim_start_matches('/'); // a file outside the working directory
    let old = quoted("a/", path);
    let new = quoted("b/", path);
    let mut patch = format!("diff --git {old} {new}\n");
    patch += match change.action {
        FileAction::Create => "new file mode 100644\n",
        FileAction::Delete => "deleted file mode 100644\n",
        FileAction::Modify => "",
    };
    if hunks.is_empty() {
        return patch;
    }
    let (from, to) = match change.action {
        FileAction::Create => ("/dev/null".to_owned(), terminated(new)),
        FileAction::Delete => (terminated(old), "/dev/null".to_owned()),
        FileAction::Modify => (terminated(old), terminated(new)),
    };
    patch + &format!("--- {from}\n+++ {to}\n{hunks}")
}

/// Lines with their `\n`. A `\r` is content, as it is for git.
fn lines(text: Option<&str>) -> Vec<&str> {
    text.unwrap_or_default().split_inclusive('\n').collect()
}

fn hunks(before: &[&str], after: &[&str]) -> String {
    let mut out = String::new();
    for operations in group_diff_ops(capture_diff_slices(Algorithm::Myers, before, after), CONTEXT_LINES) {
        let (Some(first), Some(last)) = (operations.first(), operations.last()) else {
            continue;
        };
        if operations.iter().all(|operation| operation.tag() == DiffTag::Equal) {
            continue;
        }
        let old = first.old_range().start..last.old_range().end;
        let new = first.new_range().start..last.new_range().end;
        let _ = writeln!(out, "@@ -{} +{} @@", extent(&old), extent(&new));
        for operation in &operations {
            write_operation(&mut out, operation, before, after);
        }
    }
    out
}

/// `first line,count` as in a hunk's header; an empty range names the line before it.
fn extent(range: &Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        count => format!("{},{count}", range.start + 1),
    }
}

fn write_operation(out: &mut String, operation: &DiffOp, before: &[&str], after: &[&str]) {
    if operation.tag() == DiffTag::Equal {
        write_lines(out, ' ', &before[operation.old_range()]);
    } else {
        write_lines(out, '-', &before[operation.old_range()]);
        write_lines(out, '+', &after[operation.new_range()]);
    }
}

fn write_lines(out: &mut String, sign: char, lines: &[&str]) {
    for line in lines {
        out.push(sign);
        out.push_str(line);
        if !line.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// A path as git prints it: in C quotes with octal escapes when it holds anything but printable ASCII, or `"` or `\`.
fn quoted(prefix: &str, path: &str) -> String {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    if path.bytes().all(plain) {
        return format!("{prefix}{path}");
    }
    let mut out = format!("\"{prefix}");
    for byte in path.bytes() {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            byte if plain(byte) => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "\\{byte:03o}");
            }
        }
    }
    out.push('"');
    out
}

/// git ends an unquoted name that holds a space with a tab on the `---` and `+++` lines, so that its end is known.
fn terminated(name: String) -> String {
    if name.contains(' ') && !name.starts_with('"') { name + "\t" } else { name }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::output::example;

    #[test]
    fn a_modification_has_context_and_one_hunk_per_place() {
        let before: String = (1..=20).map(|n| format!("line {n}\n")).collect();
        let after = before.replace("line 2\n", "line two\n").replace("line 20\n", "line 20");
        assert_eq!(
            file(&example::modified("a.sql", &before, &after)),
            "diff --git a/a.sql b/a.sql\n--- a/a.sql\n+++ b/a.sql\n\
             @@ -1,5 +1,5 @@\n line 1\n-line 2\n+line two\n line 3\n line 4\n line 5\n\
             @@ -17,4 +17,4 @@\n line 17\n line 18\n line 19\n-line 20\n+line 20\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn a_modification_that_changes_nothing_is_no_patch() {
        assert_eq!(file(&example::modified("a.sql", "x\n", "x\n")), "");
    }

    #[test]
    fn names_are_quoted_as_git_quotes_them() {
        assert_eq!(quoted("a/", "db/a b.sql"), "a/db/a b.sql");
        assert_eq!(quoted("a/", "größe.sql"), r#""a/gr\303\266\303\237e.sql""#);
        assert_eq!(quoted("b/", "a\"b\\c\t.sql"), r#""b/a\"b\\c\t.sql""#);
    }

    #[test]
    fn git_apply_takes_it() {
        let changes = [
            example::created("new dir/a b.sql", "SELECT 1;\n"),
            example::created("größe/数.sql", "SELECT '…'"),
            example::created("tab\tand\"quote\".sql", "\n"),
            example::created("empty.sql", ""),
            example::deleted("old one.sql", "DROP TABLE a;\r\nDROP TABLE b;"),
            example::deleted("void.sql", ""),
            example::modified("crlf.sql", "a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n"),
            example::modified("bare-cr.sql", "a\rb\nc\n", "a\rb\nd\n"),
            example::modified("newline gone.sql", "a\nb\n", "a\nb"),
            example::modified("newline come.sql", "-- a\n++ b", "-- a\n++ b\n"),
            example::modified("filled.sql", "", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n"),
            example::modified("emptied.sql", "x\n", ""),
        ];
        let directory = std::env::temp_dir().join(format!("safestep-patch-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        git(&directory, &["init", "--quiet"]);
        for change in &changes {
            if let Some(before) = &change.before {
                fs::write(directory.join(&change.path), before).unwrap();
            }
        }

        let patch: String = changes.iter().map(file).collect();
        fs::write(directory.join(".git/it.patch"), &patch).unwrap();
        git(&directory, &["-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", ".git/it.patch"]);

        for change in &changes {
            let after = fs::read_to_string(directory.join(&change.path)).ok();
            assert_eq!(after, change.after, "{}\n{patch}", change.path);
        }
        fs::remove_dir_all(&directory).unwrap();
    }

    fn git(directory: &Path, arguments: &[&str]) {
        let output = Command::new("git").args(arguments).current_dir(directory).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
