//! Where a server is, and how to reach it: a `DATABASE_URL` as frameworks write it.

use std::sync::Arc;

use postgres::config::{Host, SslMode};
use postgres::{Client, Config, Error, NoTls};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::VerifyError;

/// A database of a server.
#[derive(Clone)]
pub(crate) struct Address {
    config: Config,
    /// Absent where no connection leaves the machine.
    tls: Option<MakeRustlsConnect>,
}

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

impl Address {
    /// A server on this machine.
    pub fn local(config: Config) -> Address {
        Address { config, tls: None }
    }

    /// Reads a URL: Prisma's `schema` becomes the search path, other words of a framework's own are left out.
    ///
    /// `sslmode` means what it means to libpq: `verify-ca` and `verify-full` check the certificate (both with the host's
    /// name), against `sslrootcert` or the certificates of the system; the others encrypt and check nothing. Prisma's
    /// `sslaccept=strict` checks as well.
    ///
    /// # Errors
    /// [`VerifyError::Refused`] when it is no URL of a PostgreSQL database, or certificates cannot be read.
    pub fn of(url: &str) -> Result<Address, VerifyError> {
        let refused = |why: String| VerifyError::Refused(format!("--database-url: {why}"));
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let value = |wanted: &str| pairs.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
        let verify =
            matches!(value("sslmode"), Some("verify-ca" | "verify-full")) || value("sslaccept") == Some("strict");
        let known = pairs.iter().filter(|(name, _)| KNOWN.contains(name)).map(|(name, value)| match (*name, *value) {
            ("sslmode", "verify-ca" | "verify-full") => "sslmode=require".to_owned(),
            ("sslmode", "allow") => "sslmode=prefer".to_owned(),
            (name, value) => format!("{name}={value}"),
        });
        let known: Vec<String> = known.collect();
        let cleaned = if known.is_empty() { base.to_owned() } else { format!("{base}?{}", known.join("&")) };
        let mut config: Config = cleaned.parse().map_err(|error: Error| refused(error.to_string()))?;
        if let Some(schema) = schema(url) {
            let options = config.get_options().map(|options| format!("{options} ")).unwrap_or_default();
            config.options(&format!("{options}-c search_path=\"{schema}\""));
        }
        let roots = if verify { Some(roots(value("sslrootcert")).map_err(refused)?) } else { None };
        let tls = client_config(roots).map_err(|error| refused(error.to_string()))?;
        Ok(Address { config, tls: Some(MakeRustlsConnect::new(tls)) })
    }

    /// Another database of the same server.
    pub fn database(&self, name: &str) -> Address {
        let mut other = self.clone();
        other.config.dbname(name);
        other
    }

    /// The database as a URL that libpq and its kin read.
    pub fn url(&self) -> String {
        let config = &self.config;
        let user = config.get_user().map(percent).unwrap_or_default();
        let password =
            config.get_password().map(|password| format!(":{}", percent(&String::from_utf8_lossy(password))));
        let at = if user.is_empty() { "" } else { "@" };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let (host, mut words) = match config.get_hosts().first() {
            Some(Host::Tcp(host)) if host.contains(':') => (format!("[{host}]:{port}"), Vec::new()),
            Some(Host::Tcp(host)) => (format!("{host}:{port}"), Vec::new()),
            #[cfg(unix)]
            Some(Host::Unix(folder)) => {
                (String::new(), vec![format!("host={}", percent(&folder.to_string_lossy())), format!("port={port}")])
            }
            None => (format!("localhost:{port}"), Vec::new()),
        };
        if config.get_ssl_mode() == SslMode::Require {
            words.push("sslmode=require".to_owned());
        }
        let words = if words.is_empty() { String::new() } else { format!("?{}", words.join("&")) };
        let database = config.get_dbname().map(percent).unwrap_or_default();
        format!("postgresql://{user}{}{at}{host}/{database}{words}", password.unwrap_or_default())
    }

    /// A new session.
    pub fn connect(&self) -> Result<Client, Error> {
        match &self.tls {
            Some(tls) => self.config.connect(tls.clone()),
            None => self.config.connect(NoTls),
        }
    }
}

/// Text as a part of a URL.
fn percent(text: &str) -> String {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(letter).collect()
}

/// The schema that the URL names, as Prisma does.
pub(crate) fn schema(url: &str) -> Option<&str> {
    let (_, query) = url.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("schema="))
}

/// The certificates of a file, or of the system.
fn roots(file: Option<&str>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    match file.filter(|file| *file != "system") {
        Some(file) => {
            let certificates = CertificateDer::pem_file_iter(file).map_err(|error| format!("{file}: {error}"))?;
            for certificate in certificates {
                let added = certificate.map_err(|error| error.to_string());
                added
                    .and_then(|c| roots.add(c).map_err(|error| error.to_string()))
                    .map_err(|why| format!("{file}: {why}"))?;
            }
        }
        None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    match roots.is_empty() {
        true => Err("there is no certificate to check the server's against; name one with sslrootcert".to_owned()),
        false => Ok(roots),
    }
}

fn client_config(roots: Option<RootCertStore>) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    Ok(match roots {
        Some(roots) => builder.with_root_certificates(roots).with_no_client_auth(),
        None => {
            let verifier = Arc::new(AnyCertificate(provider));
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
    })
}

/// What `sslmode=require` means: whoever answers has the key of its certificate, whosever that is.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_url_again() {
        for url in [
            "postgresql://me:p%40ss%2F@h:5433/db?sslmode=require",
            "postgresql://me@[::1]:5432/db",
            "postgresql://me@/db?host=%2Ftmp%2Fa%20b&port=5433",
        ] {
            let address = Address::of(url).unwrap();
            assert_eq!(Address::of(&address.url()).unwrap().config.get_hosts(), address.config.get_hosts());
            assert_eq!(address.url(), url);
        }
    }

    #[test]
    fn words_of_a_framework_are_no_hindrance() {
        let config = Address::of("postgresql://me@h:5433/db?schema=app&connection_limit=5&connect_timeout=3&sslmode=verify-full&sslrootcert=system").unwrap().config;
        assert_eq!((config.get_user(), config.get_dbname()), (Some("me"), Some("db")));
        assert_eq!(config.get_options(), Some("-c search_path=\"app\""));
        assert_eq!(config.get_connect_timeout().map(std::time::Duration::as_secs), Some(3));
        assert_eq!(config.get_ssl_mode(), SslMode::Require);
        assert!(Address::of("mysql://h/db").is_err());
        assert!(Address::of("postgresql://h/db?sslmode=verify-ca&sslrootcert=/nowhere").is_err());
    }
}
