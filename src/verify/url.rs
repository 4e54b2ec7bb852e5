//! A `DATABASE_URL` as frameworks write it.

use postgres::Config;

use super::VerifyError;

/// What libpq knows and the client library understands; frameworks add words of their own, such as `connection_limit`.
const KNOWN: [&str; 9] = [
    "sslmode",
    "connect_timeout",
    "application_name",
    "options",
    "host",
    "port",
    "keepalives",
    "target_session_attrs",
    "channel_binding",
];

/// Reads a URL: Prisma's `schema` becomes the search path, other words of a framework's own are left out.
///
/// # Errors
/// [`VerifyError::Refused`] when it is no URL of a PostgreSQL database.
pub fn config(url: &str) -> Result<Config, VerifyError> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let known: Vec<String> =
        pairs.iter().filter(|(name, _)| KNOWN.contains(name)).map(|(name, value)| format!("{name}={value}")).collect();
    let cleaned = if known.is_empty() { base.to_owned() } else { format!("{base}?{}", known.join("&")) };
    let mut config: Config =
        cleaned.parse().map_err(|error| VerifyError::Refused(format!("--database-url: {error}")))?;
    if let Some(schema) = schema(url) {
        let options = config.get_options().map(|options| format!("{options} ")).unwrap_or_default();
        config.options(&format!("{options}-c search_path=\"{schema}\""));
    }
    Ok(config)
}

/// The schema that the URL names, as Prisma does.
pub fn schema(url: &str) -> Option<&str> {
    let (_, query) = url.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("schema="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_framework_are_no_hindrance() {
        let config = config("postgresql://me@h:5433/db?schema=app&connection_limit=5&connect_timeout=3").unwrap();
        assert_eq!((config.get_user(), config.get_dbname()), (Some("me"), Some("db")));
        assert_eq!(config.get_options(), Some("-c search_path=\"app\""));
        assert_eq!(config.get_connect_timeout().map(std::time::Duration::as_secs), Some(3));
        assert!(super::config("mysql://h/db").is_err());
    }
}
