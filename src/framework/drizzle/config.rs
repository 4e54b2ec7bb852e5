//! `out`, `schema` and `migrations` of a `drizzle.config`, read without running it.

use camino::{Utf8Path, Utf8PathBuf};
use ignore::WalkBuilder;
use ignore::overrides::OverrideBuilder;

use crate::framework::config_file::{Config, SCRIPT_ENDINGS, below};
use crate::source::read_text;

/// The folders that the `drizzle*.config.*` files of a folder name in plain words, `drizzle.config.*` first.
pub(super) fn out_folders(root: &Utf8Path) -> Vec<Utf8PathBuf> {
    texts(root).iter().filter_map(|text| out(text)).map(|out| below(root, &out)).collect()
}

/// The `drizzle*.config.*` files of a folder.
fn texts(root: &Utf8Path) -> Vec<String> {
    let Ok(entries) = root.read_dir_utf8() else { return Vec::new() };
    let mut files: Vec<Utf8PathBuf> =
        entries.flatten().filter(|e| is_config(e.file_name())).map(|e| e.path().to_owned()).collect();
    files.sort_by_key(|file| (!file.file_name().is_some_and(|name| name.starts_with("drizzle.config.")), file.clone()));
    files.iter().filter_map(|file| read_text(file)).collect()
}

/// `migrations: { table, schema }`, as far as they are plain strings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LedgerPlace {
    pub table: Option<String>,
    pub schema: Option<String>,
}

/// Where the nearest configuration above a migrations folder that names this folder keeps its ledger.
pub(super) fn ledger(folder: &Utf8Path) -> LedgerPlace {
    nearest(folder).map(|(_, text)| ledger_place(&text)).unwrap_or_default()
}

/// The files with the tables of the same configuration, in the order of their paths.
pub(super) fn schema_files(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let Some((root, text)) = nearest(folder) else { return Vec::new() };
    let mut files: Vec<Utf8PathBuf> =
        Config::of(&text).strings("schema").iter().flat_map(|pattern| matching(root, pattern)).collect();
    files.sort();
    files.dedup();
    files
}

/// The nearest configuration above a migrations folder that names this folder, with its own folder.
fn nearest(folder: &Utf8Path) -> Option<(&Utf8Path, String)> {
    let is_its = |root: &Utf8Path, text: &str| below(root, &out(text).unwrap_or_else(|| "drizzle".into())) == *folder;
    folder.ancestors().find_map(|root| Some((root, texts(root).into_iter().find(|text| is_its(root, text))?)))
}

/// A file, the files of a folder, or those that a pattern with `*` names.
fn matching(root: &Utf8Path, pattern: &str) -> Vec<Utf8PathBuf> {
    let place = below(root, pattern);
    let is_script = |path: &Utf8Path| path.extension().is_some_and(|ending| SCRIPT_ENDINGS.contains(&ending));
    if !pattern.contains('*') {
        return match place.is_dir() {
            true => files_in(&place).into_iter().filter(|path| is_script(path)).collect(),
            false => vec![place],
        };
    }
    let above = place.ancestors().find(|above| !above.as_str().contains('*')).unwrap_or(root);
    let mut only = OverrideBuilder::new(above);
    let inside = place.strip_prefix(above).unwrap_or(&place);
    let Ok(only) = only.add(&format!("/{inside}")).and_then(|only| only.build()) else { return Vec::new() };
    let walk = WalkBuilder::new(above).overrides(only).build().flatten();
    let files = walk.filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    files
        .filter_map(|entry| Utf8PathBuf::from_path_buf(entry.into_path()).ok())
        .filter(|path| is_script(path))
        .collect()
}

/// The files in a folder.
fn files_in(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    entries.map(|entry| entry.path().to_owned()).filter(|path| path.is_file()).collect()
}

fn ledger_place(text: &str) -> LedgerPlace {
    let config = Config::of(text);
    let string = |key| config.string_in("migrations", key);
    LedgerPlace { table: string("table"), schema: string("schema") }
}

/// The folder that a configuration names.
fn out(text: &str) -> Option<String> {
    Config::of(text).string("out")
}

/// `drizzle.config.ts`, `drizzle-admin.config.ts`, `drizzle.dev.config.js`, `drizzle.config.json`.
fn is_config(name: &str) -> bool {
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    let is_script = SCRIPT_ENDINGS.contains(&ending) && stem.ends_with("config");
    name.starts_with("drizzle") && (is_script || (ending == "json" && stem == "drizzle.config"))
}

#[cfg(test)]
mod tests {
    use super::{LedgerPlace, is_config, ledger_place};

    #[test]
    fn the_ledger_is_where_plain_strings_say() {
        let place = |table: Option<&str>, schema: Option<&str>| LedgerPlace {
            table: table.map(str::to_owned),
            schema: schema.map(str::to_owned),
        };
        for (text, expected) in [
            (
                "{ schema: './s.ts', migrations: { table: 'done', schema: \"public\" } }",
                place(Some("done"), Some("public")),
            ),
            ("{ migrations: { prefix: 'unix', table: `m` }, schema: './s.ts' }", place(Some("m"), None)),
            ("{ migrations: { table: name } }", place(None, None)),
            ("{ table: 'x', migrations, schema: 'y' }", place(None, None)),
        ] {
            assert_eq!(ledger_place(text), expected, "{text}");
        }
    }

    #[test]
    fn configs_have_many_names() {
        for name in ["drizzle.config.ts", "drizzle-admin.config.mjs", "drizzle.dev.config.cts", "drizzle.config.json"] {
            assert!(is_config(name), "{name}");
        }
        assert!(!is_config("vite.config.ts") && !is_config("drizzle.ts") && !is_config("drizzle.json"));
    }
}
