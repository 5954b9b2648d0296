//! Authorities and certificates, made when a test wants them.

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name, X509NameBuilder};

const DAY: i64 = 86_400;

/// A certificate with its key, and the certificates between it and a root.
#[derive(Clone)]
pub struct Identity {
    pub certificate: X509,
    pub key: PKey<Private>,
    pub chain: Vec<X509>,
}

/// What a certificate says.
#[derive(Clone, Copy)]
pub struct Order {
    pub common_name: &'static str,
    /// The subjectAltName; `None` leaves it out.
    pub host: Option<&'static str>,
    pub is_authority: bool,
    /// Days from now.
    pub valid: (i64, i64),
}

pub const GOOD: Order = Order {
    common_name: "Sterna test server",
    host: Some("localhost"),
    is_authority: false,
    valid: (-1, 10),
};

pub const AUTHORITY: Order = Order {
    common_name: "Sterna test authority",
    host: None,
    is_authority: true,
    valid: (-1, 10),
};

/// Days from now of what was good until yesterday.
const EXPIRED: (i64, i64) = (-20, -1);

pub fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// A certificate that vouches for itself.
pub fn self_signed(order: Order, key: &PKey<Private>) -> Identity {
    make(order, key, None)
}

impl Identity {
    /// A certificate that this one vouches for.
    pub fn issue(&self, order: Order) -> Self {
        make(order, &key(), Some(self))
    }

    pub fn issue_expired(&self) -> Self {
        self.issue(Order {
            valid: EXPIRED,
            ..GOOD
        })
    }

    /// A good one that an expired certificate in between vouches for.
    pub fn issue_through_expired(&self) -> Self {
        let middle = self.issue(Order {
            common_name: "In between",
            valid: EXPIRED,
            ..AUTHORITY
        });
        middle.issue(GOOD)
    }

    pub fn issue_for(&self, host: &'static str) -> Self {
        self.issue(Order {
            host: Some(host),
            ..GOOD
        })
    }

    /// One with the host as its common name, which stands for nothing.
    pub fn issue_by_common_name(&self) -> Self {
        self.issue(Order {
            common_name: "localhost",
            host: None,
            ..GOOD
        })
    }

    pub fn pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    /// SHA-256 of the certificate, as Sterna shows it.
    pub fn sha256(&self) -> String {
        let digest = self.certificate.digest(MessageDigest::sha256()).unwrap();
        let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        pairs.join(":")
    }
}

fn make(order: Order, key: &PKey<Private>, issuer: Option<&Identity>) -> Identity {
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial
        .rand(120, openssl::bn::MsbOption::MAYBE_ZERO, false)
        .unwrap();
    let serial = serial.to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    let subject = name(order.common_name);
    builder.set_subject_name(&subject).unwrap();
    let issuer_name = issuer.map_or(subject.as_ref(), |issuer| issuer.certificate.subject_name());
    builder.set_issuer_name(issuer_name).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&at(order.valid.0)).unwrap();
    builder.set_not_after(&at(order.valid.1)).unwrap();
    let mut basic = BasicConstraints::new();
    if order.is_authority {
        basic.ca();
    }
    builder
        .append_extension(basic.critical().build().unwrap())
        .unwrap();
    if let Some(host) = order.host {
        let names = SubjectAlternativeName::new()
            .dns(host)
            .build(&builder.x509v3_context(None, None))
            .unwrap();
        builder.append_extension(names).unwrap();
    }
    let signer = issuer.map_or(key, |issuer| &issuer.key);
    builder.sign(signer, MessageDigest::sha256()).unwrap();
    let mut chain = Vec::new();
    if let Some(issuer) = issuer {
        chain.push(issuer.certificate.clone());
        chain.extend(issuer.chain.clone());
    }
    Identity {
        certificate: builder.build(),
        key: key.clone(),
        chain,
    }
}

fn at(days: i64) -> Asn1Time {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    Asn1Time::from_unix(i64::try_from(now.as_secs()).unwrap() + days * DAY).unwrap()
}

fn name(common_name: &str) -> X509Name {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", common_name).unwrap();
    name.append_entry_by_text("O", "Sterna").unwrap();
    name.build()
}
