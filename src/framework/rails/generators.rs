//! What an application tells its generators of primary keys: the migrations that come with Rails and with gems look there for the
//! type of their own.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use camino::{Utf8Path, Utf8PathBuf};

use super::value::Value;
use crate::source::read_text;

const SETTING: &str = "primary_key_type";

/// What is known of applications.
static KNOWN: LazyLock<Mutex<HashMap<Utf8PathBuf, Option<Value>>>> = LazyLock::new(Mutex::default);

/// The type: a symbol, or `nil` where nothing is said; `None` where it is not plain, or the application's settings are not there.
pub(super) fn primary_key_type(root: &Utf8Path) -> Option<Value> {
    let mut known = KNOWN.lock().ok()?;
    known.entry(root.to_owned()).or_insert_with(|| read(root)).clone()
}

fn read(root: &Utf8Path) -> Option<Value> {
    let application = read_text(&root.join("config/application.rb"))?;
    let initializers = root.join("config/initializers").read_dir_utf8().into_iter().flatten().flatten();
    let mut files: Vec<Utf8PathBuf> = initializers.map(|entry| entry.into_path()).collect();
    files.sort();
    let texts = files.iter().filter_map(|file| read_text(file));
    let said: Vec<Option<Value>> = std::iter::once(application).chain(texts).flat_map(|text| said(&text)).collect();
    match &said[..] {
        [] => Some(Value::Nil),
        [one] => one.clone(),
        _ => None,
    }
}

/// What the lines of a file that name the setting say; `None` for one that is not plain.
fn said(text: &str) -> Vec<Option<Value>> {
    let code = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
    let behind = code.filter_map(|line| Some(line.split_once(SETTING)?.1));
    let symbol = |rest: &str| {
        let rest = rest.trim_start_matches([':', ' ', '=', '>']);
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let is_whole = rest[name.len()..].trim().is_empty() || rest[name.len()..].starts_with([',', ' ', '}']);
        (!name.is_empty() && is_whole).then_some(Value::Symbol(name))
    };
    behind.map(symbol).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_is_found_where_it_is_plain() {
        let uuid = Some(Value::Symbol("uuid".to_owned()));
        assert_eq!(said("g.orm :active_record, primary_key_type: :uuid\n"), std::slice::from_ref(&uuid));
        assert_eq!(said("  config.generators { |g| g.orm :x, :primary_key_type => :uuid }"), [uuid]);
        assert_eq!(said("# primary_key_type: :uuid\nprimary_key_type: ENV['X']"), [None]);
        assert_eq!(said("config.load_defaults 7.2"), []);
    }
}
