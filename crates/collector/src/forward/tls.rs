//! Whose certificates are trusted where requests go by TLS: those that this system trusts, or those of a file.

use std::{fs, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

#[derive(Debug, Clone, Default)]
pub enum Roots {
    #[default]
    System,
    These(Arc<RootCertStore>),
}

impl Roots {
    /// The certificates of a file in PEM, which are trusted instead of the system's.
    pub fn of_file(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let pem = fs::read(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let added = certificate
                .map_err(|error| error.to_string())
                .and_then(|certificate| store.add(certificate).map_err(|error| error.to_string()));
            added.map_err(|error| format!("{shown} has a certificate that cannot be read: {error}"))?;
        }
        if store.is_empty() {
            return Err(format!("{shown} has no certificate; give the CA's in PEM (-----BEGIN CERTIFICATE-----)"));
        }
        Ok(Self::These(Arc::new(store)))
    }

    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::System, Self::System) => true,
            (Self::These(these), Self::These(others)) => these.roots == others.roots,
            _ => false,
        }
    }

    fn store(&self) -> Result<Arc<RootCertStore>, String> {
        if let Self::These(store) = self {
            return Ok(Arc::clone(store));
        }
        let found = rustls_native_certs::load_native_certs();
        let mut store = RootCertStore::empty();
        // Old systems have some that nobody can read any more.
        store.add_parsable_certificates(found.certs);
        if store.is_empty() {
            let why = found.errors.first().map_or("there are none".to_owned(), ToString::to_string);
            return Err(format!(
                "this system's certificates of authorities cannot be had ({why}): install ca-certificates, or name a file of \
                 them by --forward-ca"
            ));
        }
        Ok(Arc::new(store))
    }
}

/// The configuration of connections that trust these.
pub fn client(roots: &Roots) -> Result<ClientConfig, String> {
    Ok(builder()?.with_root_certificates(roots.store()?).with_no_client_auth())
}

/// The same for connections without TLS, whose connector needs one all the same.
pub fn none() -> Result<ClientConfig, String> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, String> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())
}
