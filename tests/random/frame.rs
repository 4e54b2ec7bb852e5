//! A migration that begins with what the session is set to, as authors write it.

use super::chance::Chance;

/// One of so many seeds has a frame; `SAFESTEP_TEST_FRAMES=1` gives one to all.
const EVERY: u64 = 10;

/// The migration behind one or two `SET`s, some of them taken back at its end.
pub fn framed(seed: u64, before: &[String], migration: Vec<String>) -> Vec<String> {
    let all = std::env::var_os("SAFESTEP_TEST_FRAMES").is_some();
    if migration.is_empty() || !(all || seed % EVERY == EVERY - 1) {
        return migration;
    }
    let mut chance = Chance::new(seed ^ 0xf7a3e);
    let has_app = before.iter().any(|statement| statement == "CREATE SCHEMA app");
    let path = if has_app { "app, public" } else { "public" };
    let of_session = [
        ("search_path", format!("SET search_path TO {path}")),
        ("search_path", format!("SELECT pg_catalog.set_config('search_path', '{path}', false)")),
        ("search_path", "SET search_path = public".to_owned()),
        ("timezone", "SET TIME ZONE 'Asia/Tokyo'".to_owned()),
        ("session_replication_role", "SET session_replication_role = replica".to_owned()),
        ("default_tablespace", "SET default_tablespace = pg_default".to_owned()),
        ("datestyle", "SET DateStyle TO 'SQL, DMY'".to_owned()),
        ("check_function_bodies", "SET check_function_bodies = off".to_owned()),
    ];
    let first = chance.below(of_session.len());
    let second = chance.below(of_session.len());
    let mut framed = vec![of_session[first].1.clone()];
    framed.extend((second != first && chance.is(40)).then(|| of_session[second].1.clone()));
    framed.extend(migration);
    framed.extend(chance.is(50).then(|| format!("RESET {}", of_session[first].0)));
    framed
}
