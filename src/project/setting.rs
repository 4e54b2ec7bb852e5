//! The kinds of values that `safestep.toml` holds, each with what it expects when it refuses one.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// A duration in milliseconds, written and shown as PostgreSQL's settings take it: `100ms`, `2s`, `1min`, `1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Millis {
    /// The largest value of a PostgreSQL timeout: a 32-bit integer of milliseconds, about 24 days.
    pub const MAX: Millis = Millis(i32::MAX as u64);

    const UNITS: [(&'static str, u64); 4] = [("ms", 1), ("min", 60_000), ("s", 1_000), ("h", 3_600_000)];

    /// The same time for the standard library.
    pub fn as_duration(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0)
    }
}

impl std::str::FromStr for Millis {
    type Err = String;

    /// Reads a whole number with a unit: `ms`, `s`, `min` or `h`.
    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("expected a duration such as \"100ms\", \"2s\" or \"1min\", not \"{text}\"");
        let digits_end = text.find(|character: char| !character.is_ascii_digit()).ok_or_else(expected)?;
        let (number, unit) = text.split_at(digits_end);
        let number: u64 = number.parse().map_err(|_| expected())?;
        let (_, factor) =
            Millis::UNITS.into_iter().find(|(name, _)| *name == unit.trim_start()).ok_or_else(expected)?;
        number
            .checked_mul(factor)
            .map(Millis)
            .filter(|millis| *millis <= Millis::MAX)
            .ok_or_else(|| format!("\"{text}\" is longer than PostgreSQL's limit of 2147483647ms (24 days)"))
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("0ms"),
            n if n % 60_000 == 0 => write!(f, "{}min", n / 60_000),
            n if n % 1_000 == 0 => write!(f, "{}s", n / 1_000),
            n => write!(f, "{n}ms"),
        }
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Expecting {
            what: "a duration such as \"100ms\", \"2s\" or \"1min\"",
            read: |value| match value {
                Scalar::Text(text) => text.parse(),
                Scalar::Whole(number) => Err(format!("a duration needs quotes and a unit: \"{number}ms\"")),
            },
        })
    }
}

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// How a rule reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Not at all, and nothing is rewritten for it.
    Off,
    /// Reported, without failing `check`.
    Warn,
    /// Reported, and `check` fails.
    Error,
}

/// `lock_timeout`: a duration above zero, or `"off"` for none.
pub(super) fn duration_or_off<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Millis>, D::Error> {
    from.deserialize_any(Expecting {
        what: "a duration such as \"100ms\", or \"off\"",
        read: |value| match value {
            Scalar::Text("off") => Ok(None),
            Scalar::Text(text) => match text.parse()? {
                Millis(0) => Err("zero means no timeout to PostgreSQL; write \"off\" for that".to_owned()),
                millis => Ok(Some(millis)),
            },
            Scalar::Whole(number) => Err(format!("a duration needs quotes and a unit: \"{number}ms\"")),
        },
    })
}

/// A duration, or `"off"` for none: what [`duration_or_off`] reads.
pub(super) fn or_off<S: Serializer>(timeout: &Option<Millis>, to: S) -> Result<S::Ok, S::Error> {
    match timeout {
        Some(millis) => millis.serialize(to),
        None => to.serialize_str("off"),
    }
}

/// `postgres`: a supported major version.
pub(super) fn postgres_version<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let version = u32::deserialize(from)?;
    if (12..=18).contains(&version) {
        return Ok(version);
    }
    Err(D::Error::custom(format!(
        "`postgres` is the oldest major version the migrations must run on, 12 to 18, not {version}"
    )))
}

/// A count of at least one.
pub(super) fn at_least_one<'de, D, N>(from: D) -> Result<N, D::Error>
where
    D: Deserializer<'de>,
    N: Deserialize<'de> + PartialOrd + From<u8>,
{
    let count = N::deserialize(from)?;
    if count >= N::from(1) {
        return Ok(count);
    }
    Err(D::Error::custom("expected a number of at least 1"))
}

/// A number of rows a second.
pub(super) fn rate<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    at_least_one(from).map(Some)
}

/// A number of comments, at most 100.
pub(super) fn at_most_100<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    let count = usize::deserialize(from)?;
    if count <= 100 {
        return Ok(count);
    }
    Err(D::Error::custom("expected a number of comments, at most 100"))
}

/// `rows`: table → number of rows.
pub(super) fn row_counts<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, u64>, D::Error> {
    struct Rows(u64);
    impl<'de> Deserialize<'de> for Rows {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            from.deserialize_any(Expecting {
                what: "a number of rows",
                read: |value| match value {
                    Scalar::Whole(rows) => u64::try_from(rows)
                        .map(Rows)
                        .map_err(|_| "expected a number of rows, not a negative one".to_owned()),
                    Scalar::Text(_) => Err("expected a number of rows without quotes".to_owned()),
                },
            })
        }
    }
    let rows = BTreeMap::<String, Rows>::deserialize(from)?;
    Ok(rows.into_iter().map(|(table, Rows(n))| (table, n)).collect())
}

/// `values`: `"table.column"` → text.
pub(super) fn by_column<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    texts(from, 2, "\"table.column\" or \"schema.table.column\"")
}

/// `renames`: `"table.column"` or `table` → text.
pub(super) fn by_column_or_table<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    texts(from, 1, "\"table\", \"table.column\" or \"schema.table.column\"")
}

/// Texts by names of so many parts at least.
fn texts<'de, D: Deserializer<'de>>(from: D, least: usize, names: &str) -> Result<BTreeMap<String, String>, D::Error> {
    struct Text(String);
    impl<'de> Deserialize<'de> for Text {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            from.deserialize_any(Expecting {
                what: "text in quotes",
                read: |value| match value {
                    Scalar::Text(text) if text.trim().is_empty() => {
                        Err("expected text, not an empty string".to_owned())
                    }
                    Scalar::Text(text) => Ok(Text(text.to_owned())),
                    Scalar::Whole(number) => Err(format!("expected SQL or a name in quotes: \"{number}\"")),
                },
            })
        }
    }
    let texts = BTreeMap::<String, Text>::deserialize(from)?;
    if let Some(key) = texts.keys().find(|key| !has_parts(key, least)) {
        return Err(D::Error::custom(format!("expected a key {names}, not \"{key}\"")));
    }
    Ok(texts.into_iter().map(|(key, Text(text))| (key, text)).collect())
}

fn has_parts(key: &str, least: usize) -> bool {
    let parts: Vec<&str> = key.split('.').collect();
    (least..=3).contains(&parts.len()) && parts.iter().all(|part| !part.is_empty())
}

/// What a value can be written as.
enum Scalar<'a> {
    Text(&'a str),
    Whole(i64),
}

/// Reads one scalar and names what was expected otherwise. An inner table means that a key with dots lacks its quotes.
struct Expecting<T> {
    what: &'static str,
    read: fn(Scalar<'_>) -> Result<T, String>,
}

impl<'de, T> Visitor<'de> for Expecting<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.read)(Scalar::Text(text)).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        (self.read)(Scalar::Whole(number)).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let inner: String = map.next_key()?.unwrap_or_default();
        Err(A::Error::custom(format!(
            "expected {}, found a table with the key `{inner}`; a name with a dot needs quotes: \"table.{inner}\"",
            self.what
        )))
    }
}

/// A command that says where it takes the revision, or the version.
pub(super) fn command<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let command = String::deserialize(from)?;
    match ["{revision}", "{version}"].iter().any(|place| command.contains(place)) {
        true => Ok(Some(command)),
        false => Err(D::Error::custom("the command must say where it takes {revision} or {version}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_show_as_postgresql_takes_them() {
        let shown = |text: &str| text.parse::<Millis>().map(|millis| millis.to_string());
        assert_eq!(shown("100ms").as_deref(), Ok("100ms"));
        assert_eq!(shown("2000ms").as_deref(), Ok("2s"));
        assert_eq!(shown("2 s").as_deref(), Ok("2s"));
        assert_eq!(shown("1h").as_deref(), Ok("60min"));
        assert_eq!(shown("0ms").as_deref(), Ok("0ms"));
        assert_eq!(
            shown("2 minutes").unwrap_err(),
            "expected a duration such as \"100ms\", \"2s\" or \"1min\", not \"2 minutes\""
        );
        for wrong in ["", "5", "s", "-1s", "1.5s", "99999999999999999999ms"] {
            assert!(shown(wrong).is_err(), "{wrong}");
        }
        assert!(shown("597h").unwrap_err().contains("24 days"));
    }
}
