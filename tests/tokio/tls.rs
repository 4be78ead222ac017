//! wss URLs.

use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use ws4wasm::handshake::Address;
use ws4wasm::tokio::{Error, MaybeTlsStream, Message, Options, accept, connect, connect_with};

#[tokio::test]
async fn a_certificate_is_asked_for() {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let provider = Arc::new(default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        // Who does not trust us is gone.
        let (socket, _) = listener.accept().await.unwrap();
        assert!(acceptor.accept(socket).await.is_err());
        let (socket, _) = listener.accept().await.unwrap();
        let mut ws = accept(acceptor.accept(socket).await.unwrap())
            .await
            .unwrap();
        while let Some(message) = ws.next().await {
            let message = message.unwrap();
            if message.is_data() {
                ws.send(message).await.unwrap();
            }
        }
    });

    let url = format!("wss://localhost:{port}/");
    let error = connect(&url).await.unwrap_err();
    assert!(matches!(error, Error::Io(_)), "{error}");

    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let options = Options {
        tls: Some(Arc::new(config)),
        ..Options::default()
    };
    let address = Address::parse(&url).unwrap();
    let request = address.clone().into();
    let (mut ws, _) = connect_with(&address, request, options).await.unwrap();
    ws.with_io(|io| assert!(matches!(io, MaybeTlsStream::Rustls(_))));
    let text = "over TLS ".repeat(10_000);
    ws.send(&text).await.unwrap();
    assert_eq!(ws.next().await.unwrap().unwrap(), Message::text(text));
    ws.close(None).await.unwrap();
    serving.await.unwrap();
}
