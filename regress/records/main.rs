// records: talks to a relay by rustls, for regress/e2e/records_test.sh: each
// suite of TLS 1.3, key updates of either side, short records.
//
//	records HOST:PORT NAME [UPDATES]
//
// For each suite it sends requests on one connection.  UPDATES is how many key
// updates of the server must come meanwhile, and as many answers of ours go.
// It exits 1 with the reason when something fails.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use rustls::crypto::{ring, verify_tls13_signature, CryptoProvider};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CipherSuite, ClientConfig, ClientConnection, DigitallySignedStruct,
    SignatureScheme, StreamOwned, SupportedCipherSuite,
};

const REQUESTS: usize = 30;
const OURS: usize = 4; // key updates that we begin, each asks for an answer
// The length in the header of a record with a KeyUpdate: message, type, tag.
const UPDATE: usize = 5 + 1 + 16;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

// Anyone accepts a self-signed certificate: records are tested, not names.
#[derive(Debug)]
struct AnyName(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

// Finds the records in the bytes of one direction.
#[derive(Default)]
struct Counter {
    head: Vec<u8>,
    skip: usize,
    updates: usize,
}

impl Counter {
    fn see(&mut self, mut p: &[u8]) {
        while !p.is_empty() {
            if self.skip > 0 {
                let n = self.skip.min(p.len());
                self.skip -= n;
                p = &p[n..];
                continue;
            }
            self.head.push(p[0]);
            p = &p[1..];
            if self.head.len() == 5 {
                self.skip =
                    usize::from(self.head[3]) << 8 | usize::from(self.head[4]);
                if self.head[0] == 23 && self.skip == UPDATE {
                    self.updates += 1;
                }
                self.head.clear();
            }
        }
    }
}

// A socket that counts the key updates in its records.
struct Counted {
    tcp: TcpStream,
    sent: Counter,
    got: Counter,
}

impl Read for Counted {
    fn read(&mut self, p: &mut [u8]) -> std::io::Result<usize> {
        let n = self.tcp.read(p)?;
        self.got.see(&p[..n]);
        Ok(n)
    }
}

impl Write for Counted {
    fn write(&mut self, p: &[u8]) -> std::io::Result<usize> {
        let n = self.tcp.write(p)?;
        self.sent.see(&p[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.tcp.flush()
    }
}

type Stream = StreamOwned<ClientConnection, Counted>;

fn connect(
    addr: &str,
    name: &str,
    suite: SupportedCipherSuite,
    fragment: Option<usize>,
) -> Result<Stream> {
    let provider = Arc::new(CryptoProvider {
        cipher_suites: vec![suite],
        ..ring::default_provider()
    });
    let mut config = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyName(provider)))
        .with_no_client_auth();
    config.max_fragment_size = fragment;
    let tcp = TcpStream::connect(addr)?;
    tcp.set_read_timeout(Some(Duration::from_secs(20)))?;
    tcp.set_nodelay(true)?;
    let conn = ClientConnection::new(
        Arc::new(config),
        ServerName::try_from(name.to_owned())?,
    )?;
    let counted =
        Counted { tcp, sent: Counter::default(), got: Counter::default() };
    Ok(StreamOwned::new(conn, counted))
}

// Send one request, in records of one byte each if `slow'.
fn ask(s: &mut Stream, name: &str, slow: bool, filler: usize) -> Result<()> {
    let text = format!(
        "GET /derp/probe HTTP/1.1\r\nHost: {name}\r\nX-Filler: {}\r\n\r\n",
        "x".repeat(filler)
    );
    if slow {
        for b in text.as_bytes() {
            s.write_all(&[*b])?;
            s.flush()?;
        }
    } else {
        s.write_all(text.as_bytes())?;
    }
    s.flush()?;
    Ok(())
}

// Read one answer, which has no body.
fn answer(s: &mut Stream) -> Result<()> {
    let mut head = Vec::new();
    let mut b = [0u8];
    while !head.ends_with(b"\r\n\r\n") {
        s.read_exact(&mut b)?;
        head.push(b[0]);
    }
    if !head.starts_with(b"HTTP/1.1 200 ") {
        return Err(String::from_utf8_lossy(&head).into());
    }
    Ok(())
}

fn talk(
    addr: &str,
    name: &str,
    suite: SupportedCipherSuite,
    fragment: Option<usize>,
    least: usize,
) -> Result<String> {
    let mut s = connect(addr, name, suite, fragment)?;
    for i in 0..REQUESTS {
        let began = s.sock.got.updates;
        let ours = i % (REQUESTS / OURS) == 1;
        if ours {
            s.conn.refresh_traffic_keys()?;
        }
        ask(&mut s, name, i % 10 == 3, i * 50)?;
        answer(&mut s)?;
        if ours && s.sock.got.updates == began {
            return Err("our key update got no answer".into());
        }
    }
    let used = s.conn.negotiated_cipher_suite().map(|c| c.suite());
    if used != Some(suite.suite()) {
        return Err(format!("another suite: {used:?}").into());
    }
    let (got, sent) = (s.sock.got.updates, s.sock.sent.updates);
    if got < least || sent < least {
        return Err(format!("{got} key updates came, {sent} went").into());
    }
    s.conn.send_close_notify();
    s.flush()?;
    Ok(format!("{got} key updates came, {sent} went"))
}

fn run() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    if args.len() < 3 {
        return Err("usage: records HOST:PORT NAME [UPDATES]".into());
    }
    let least = match args.get(3) {
        Some(text) => text.parse()?,
        None => OURS,
    };
    for suite in ring::ALL_CIPHER_SUITES {
        let id: CipherSuite = suite.suite();
        if suite.tls13().is_none() {
            continue;
        }
        for fragment in [None, Some(64)] {
            let said = talk(&args[1], &args[2], *suite, fragment, least)
                .map_err(|e| format!("{id:?}, {fragment:?}: {e}"))?;
            println!("{id:?}, {fragment:?}: {said}");
        }
    }
    Ok(())
}

fn main() {
    if let Err(e) = run() {
        eprintln!("records: {e}");
        std::process::exit(1);
    }
}
