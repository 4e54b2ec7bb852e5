//! What a new revision's file is called, as `file_template` says it.

use super::config::Configuration;
use crate::framework::seconds;

/// The path of a new file below the folder of its revisions, which is made at a time (seconds since 1970, UTC).
pub(super) fn file_name(configuration: Option<&Configuration>, id: &str, words: &str, at: i64) -> String {
    let default = format!("{id}_{}.py", shortened(words, SLUG_LENGTH));
    let Some(Configuration { file_template, slug_length, .. }) = configuration else { return default };
    let digits = seconds::text(at);
    let slug = shortened(words, *slug_length);
    let value = |name: &str| {
        Some(match name {
            "rev" => id.to_owned(),
            "slug" => slug.clone(),
            "epoch" => at.to_string(),
            "year" => digits[0..4].to_owned(),
            "month" => digits[4..6].to_owned(),
            "day" => digits[6..8].to_owned(),
            "hour" => digits[8..10].to_owned(),
            "minute" => digits[10..12].to_owned(),
            "second" => digits[12..14].to_owned(),
            _ => return None,
        })
    };
    filled(file_template, value).map_or(default, |name| name + ".py")
}

/// The time as Alembic writes it into a new file.
pub(super) fn date(at: i64) -> String {
    let digits = seconds::text(at);
    let part = |from: usize, to: usize| &digits[from..to];
    let date = [part(0, 4), part(4, 6), part(6, 8)].join("-");
    format!("{date} {}", [part(8, 10), part(10, 12), part(12, 14)].join(":"))
}

/// How long Alembic lets the words be where nothing else is said.
const SLUG_LENGTH: usize = 40;

/// As Alembic cuts the words of a message.
fn shortened(words: &str, most: usize) -> String {
    match words.char_indices().nth(most) {
        None => words.to_owned(),
        Some((end, _)) => {
            let cut = &words[..end];
            format!("{}_", cut.rsplit_once('_').map_or(cut, |(whole, _)| whole))
        }
    }
}

/// A template of Python's `%` operator with values by name: `%(rev)s`, `%(year)d`, `%(month).2d`; `None` where it has anything else.
fn filled(template: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        out += &rest[..at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (name, after) = rest.strip_prefix('(')?.split_once(')')?;
        let end = after.find(['s', 'd'])?;
        let (width, is_number) = (&after[..end], after[end..].starts_with('d'));
        let text = value(name)?;
        out += &match is_number {
            true => {
                let number: i64 = text.parse().ok()?;
                let width = width.trim_start_matches(['.', '0']);
                let width: usize = if width.is_empty() { 0 } else { width.parse().ok()? };
                format!("{number:0width$}")
            }
            false if width.is_empty() => text,
            false => return None,
        };
        rest = &after[end + 1..];
    }
    Some(out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(template: &str, words: &str) -> String {
        let configuration = Configuration {
            file: None,
            script_location: "m".into(),
            version_locations: vec!["m/versions".into()],
            is_recursive: false,
            file_template: template.into(),
            slug_length: 12,
        };
        file_name(Some(&configuration), "0123456789ab", words, 1_800_000_000)
    }

    #[test]
    fn a_file_is_named_as_the_template_says() {
        for (template, expected) in [
            ("%(rev)s_%(slug)s", "0123456789ab_drop_name.py"),
            (
                "%(year)d_%(month).2d_%(day)02d_%(hour).2d%(minute).2d-%(rev)s_%(slug)s",
                "2027_01_15_0800-0123456789ab_drop_name.py",
            ),
            ("%(year)d/%(epoch)s%%", "2027/1800000000%.py"),
            ("%(whoever)s", "0123456789ab_drop_name.py"),
        ] {
            assert_eq!(named(template, "drop_name"), expected);
        }
        assert_eq!(named("%(slug)s", "drop_name_of_the_user"), "drop_name_.py");
        assert_eq!(date(1_800_000_000), "2027-01-15 08:00:00");
    }
}
