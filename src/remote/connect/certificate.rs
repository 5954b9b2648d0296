//! A server's certificate, looked at by ourselves: fingerprints, and the name it stands for. The one file that knows
//! OpenSSL's certificates; native-tls shows their bytes alone.

use std::net::{IpAddr, TcpStream};

use native_tls::TlsStream;
use openssl::error::ErrorStack;
use openssl::sha::sha256;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509CheckFlags, X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509NameRef, X509StoreContext, X509VerifyResult};

use crate::channel::certificate::Certificate;
use crate::mail::fingerprint::Fingerprint;
use crate::mail::safe_text::SafeText;

/// Characters of a name, an issuer or a list of names that are shown.
const MAX_CHARS: usize = 200;

/// The certificate that a server showed.
pub(crate) struct Peer(X509);

impl Peer {
    /// What the other side of a stream showed; `None` where that is no certificate that can be read.
    pub(crate) fn of(stream: &TlsStream<TcpStream>) -> Option<Self> {
        let shown = stream.peer_certificate().ok()??;
        X509::from_der(&shown.to_der().ok()?).ok().map(Self)
    }

    /// SHA-256 of the public key; `None` for a key of an unknown kind.
    pub(crate) fn key(&self) -> Option<Fingerprint> {
        let key = self.0.public_key().ok()?.public_key_to_der().ok()?;
        Some(Fingerprint::new(sha256(&key)))
    }

    /// Whether it stands for this host now, whoever vouches for it: its `subjectAltName`, never its common name (RFC 9525
    /// §2; OpenSSL's own check during the handshake falls back to that), and its time.
    pub(crate) fn stands_for(&self, host: &str) -> Result<(), SafeText> {
        let verdict = self.verdict(host);
        match verdict {
            Ok(X509VerifyResult::OK) => Ok(()),
            Ok(problem) => Err(SafeText::line(problem.error_string())),
            Err(error) => Err(SafeText::line(&error.to_string())),
        }
    }

    fn verdict(&self, host: &str) -> Result<X509VerifyResult, ErrorStack> {
        let mut wanted = X509VerifyParam::new()?;
        wanted.set_hostflags(
            X509CheckFlags::NEVER_CHECK_SUBJECT | X509CheckFlags::NO_PARTIAL_WILDCARDS,
        );
        match host.parse::<IpAddr>() {
            Ok(address) => wanted.set_ip(address)?,
            Err(_) => wanted.set_host(host)?,
        }
        // The certificate vouches for itself here: who else does is for the handshake, or for a pin.
        wanted.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
        let mut store = X509StoreBuilder::new()?;
        store.add_cert(self.0.clone())?;
        store.set_param(&wanted)?;
        let (store, chain) = (store.build(), Stack::new()?);
        X509StoreContext::new()?.init(&store, &self.0, &chain, |context| {
            context.verify_cert()?;
            Ok(context.error())
        })
    }

    /// What there is to show of it.
    pub(crate) fn describe(&self) -> Option<Certificate> {
        let Self(certificate) = self;
        Some(Certificate {
            sha256: Fingerprint::new(sha256(&certificate.to_der().ok()?)),
            key: self.key(),
            names: SafeText::line_up_to(&self.names().join(", "), MAX_CHARS),
            issuer: name(certificate.issuer_name()),
            from: SafeText::line(&certificate.not_before().to_string()),
            until: SafeText::line(&certificate.not_after().to_string()),
        })
    }

    fn names(&self) -> Vec<String> {
        let names = self.0.subject_alt_names();
        let shown = names.iter().flatten().filter_map(|name| {
            let address = name.ipaddress().and_then(|bytes| match bytes.len() {
                4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
                _ => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
            });
            let host = name.dnsname().map(str::to_owned);
            host.or_else(|| Some(address?.to_string()))
        });
        shown.collect()
    }
}

/// A distinguished name as people write it: `CN=Example CA, O=Example`.
fn name(name: &X509NameRef) -> SafeText {
    let parts: Vec<String> = name
        .entries()
        .filter_map(|entry| {
            let kind = entry.object().nid().short_name().unwrap_or("?");
            Some(format!("{kind}={}", entry.data().to_string().ok()?))
        })
        .collect();
    SafeText::line_up_to(&parts.join(", "), MAX_CHARS)
}
