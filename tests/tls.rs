//! `--database-url` over TLS: a server that speaks nothing else is reached, and its certificate is checked when that is asked for.

#[allow(dead_code, reason = "each test uses a part of the bench")]
mod bench;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, version};

use bench::folder::Folder;
use bench::prisma::Sample;

/// A door to the server of the tests that opens to TLS only.
struct Door {
    port: u16,
    /// Its certificate, as PEM.
    certificate: String,
}

impl Door {
    fn open() -> Result<Door> {
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).context("a certificate")?;
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(anyhow::Error::msg)?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)?;
        let server = bench::variable("SAFESTEP_TEST_PG15")?;
        let server: SocketAddr = server.split(['@', '/']).nth(3).context("host and port")?.parse()?;
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        std::thread::spawn(move || runtime.block_on(serve(listener, acceptor, server)));
        Ok(Door { port, certificate: made.cert.pem() })
    }

    fn url(&self, query: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/postgres?{query}", self.port)
    }
}

async fn serve(listener: std::net::TcpListener, acceptor: TlsAcceptor, server: SocketAddr) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (client, _) = listener.accept().await?;
        let session = session(client, acceptor.clone(), server);
        tokio::spawn(async { drop(session.await) }); // a client that breaks off is no concern of the door
    }
}

/// PostgreSQL's way into TLS: the client asks with eight bytes, the server answers `S`.
async fn session(mut client: TcpStream, acceptor: TlsAcceptor, server: SocketAddr) -> std::io::Result<()> {
    let mut request = [0; 8];
    client.read_exact(&mut request).await?;
    if request != [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f] {
        return Ok(()); // in plain text: the door stays shut
    }
    client.write_all(b"S").await?;
    let mut client = acceptor.accept(client).await?;
    let mut server = TcpStream::connect(server).await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

#[test]
fn tls_is_spoken_and_certificates_are_checked() -> Result<()> {
    let door = Door::open()?;
    let folder = Folder::of(&Sample::named("index_add"))?;
    folder.write("root.pem", &door.certificate)?;
    let verify = ["verify", "--all", "--rows", "10", "--database-url", &door.url("sslmode=require")];
    let ended = folder.safestep(&verify)?;
    ensure!(ended.status == 0 && ended.out.contains("1 proved"), "{}{}", ended.out, ended.err);
    for (query, answer) in [
        ("sslmode=verify-full&sslrootcert=root.pem", "error: --database-url: no migration ever ran there"),
        ("schema=public&sslaccept=accept_invalid_certs", "error: --database-url: no migration ever ran there"),
        ("sslmode=disable", "error: --database-url: "),
        ("sslmode=verify-full", "error: --database-url: error performing TLS handshake"),
        ("sslmode=verify-ca&sslrootcert=nowhere.pem", "error: --database-url: nowhere.pem: "),
    ] {
        let ended = folder.safestep(&["adopt", "--database-url", &door.url(query)])?;
        ensure!(ended.status == 2 && ended.err.starts_with(answer), "{query}: {}{}", ended.out, ended.err);
    }
    Ok(())
}
