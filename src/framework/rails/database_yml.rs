//! `migrations_paths` and `adapter` of a `config/database.yml`, where they are plain: no ERB, no flow mappings.

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DatabaseYml {
    /// The folders of each database, by its name; those of the only or first one have none.
    pub migrations_paths: Vec<(String, Vec<String>)>,
    /// The adapters, each once.
    pub adapters: Vec<String>,
}

/// What an environment is called, where a project has no more than the usual ones. Keys in it are of its only database.
const ENVIRONMENTS: [&str; 8] =
    ["development", "test", "production", "staging", "default", "shared", "defaults", "primary"];

impl DatabaseYml {
    /// Reads a file.
    pub(super) fn read(text: &str) -> DatabaseYml {
        let mut found = DatabaseYml::default();
        // The keys that are open, each with its indentation.
        let mut keys: Vec<(usize, &str)> = Vec::new();
        let mut lines = text.lines().filter(|line| !is_empty(line)).peekable();
        while let Some(line) = lines.next() {
            let indent = line.len() - line.trim_start().len();
            let Some((key, value)) = key_and_value(line) else { continue };
            keys.retain(|(open, _)| *open < indent);
            match key {
                "adapter" if is_plain(value) && !found.adapters.iter().any(|own| own == unquoted(value)) => {
                    found.adapters.push(unquoted(value).to_owned());
                }
                "migrations_paths" => {
                    let mut paths = list(value);
                    while let Some(item) = lines.peek().and_then(|line| line.trim().strip_prefix("- ")) {
                        paths.extend(list(item));
                        lines.next();
                    }
                    let parent = keys.last().map_or("", |(_, key)| *key);
                    let name = if ENVIRONMENTS.contains(&parent) { "" } else { parent };
                    found.add(name, paths);
                }
                _ => {}
            }
            keys.push((indent, key));
        }
        found
    }

    fn add(&mut self, name: &str, paths: Vec<String>) {
        let paths: Vec<String> = paths.into_iter().filter(|path| is_plain(path)).collect();
        let own = self.migrations_paths.iter().position(|(own, _)| own == name);
        // Another environment may have another name for the same.
        let is_known = || self.migrations_paths.iter().any(|(_, own)| *own == paths);
        match own {
            _ if paths.is_empty() => {}
            Some(at) => {
                let own = &mut self.migrations_paths[at].1;
                let more: Vec<String> = paths.into_iter().filter(|path| !own.contains(path)).collect();
                own.extend(more);
            }
            None if is_known() => {}
            None => self.migrations_paths.push((name.to_owned(), paths)),
        }
    }
}

fn is_empty(line: &str) -> bool {
    let words = line.trim_start();
    words.is_empty() || words.starts_with('#')
}

fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let value = value.split(" #").next().unwrap_or_default().trim();
    Some((key.trim().trim_matches(['"', '\'']), value))
}

fn list(value: &str) -> Vec<String> {
    let inside = value.trim().trim_start_matches('[').trim_end_matches(']');
    inside.split(',').map(unquoted).filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

fn unquoted(value: &str) -> &str {
    value.trim().trim_matches(['"', '\''])
}

fn is_plain(value: &str) -> bool {
    !value.is_empty() && !value.contains(['<', '%', '{', '*', '&'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_with_their_database() {
        let text = "
default: &default
  adapter: postgresql # the only one
  pool: <%= ENV.fetch('POOL') { 5 } %>

development:
  primary:
    <<: *default
    database: dev
  animals:
    <<: *default
    migrations_paths: db/animals_migrate
  plants:
    adapter: \"mysql2\"
    migrations_paths: [\"db/plants\", 'engines/plants/db/migrate']
production:
  animals:
    migrations_paths:
      - db/animals_migrate
      - db/<%= more %>
  url: <%= ENV['DATABASE_URL'] %>
";
        let paths = |name: &str, paths: &[&str]| (name.to_owned(), paths.iter().map(|&path| path.to_owned()).collect());
        assert_eq!(
            DatabaseYml::read(text),
            DatabaseYml {
                migrations_paths: vec![
                    paths("animals", &["db/animals_migrate"]),
                    paths("plants", &["db/plants", "engines/plants/db/migrate"]),
                ],
                adapters: vec!["postgresql".to_owned(), "mysql2".to_owned()],
            }
        );
        let one = "production:\n  adapter: postgis\n  migrations_paths: [db/migrate, db/post_migrate]\n";
        assert_eq!(DatabaseYml::read(one).migrations_paths, [paths("", &["db/migrate", "db/post_migrate"])]);
    }
}
