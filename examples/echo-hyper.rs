//! An echo server on hyper, with permessage-deflate where the client offers it.
//! Run: cargo run --features tokio,http --example echo-hyper -- 127.0.0.1:8080

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use tokio::net::TcpListener;
use ws4wasm::handshake::ServerOptions;
use ws4wasm::tokio::{Agreed, Options, Result, Role, WebSocketStream};

#[tokio::main]
async fn main() -> Result<()> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8080")).await?;
    println!("ws://{}", listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept().await?;
        let connection = http1::Builder::new()
            .serve_connection(TokioIo::new(socket), service_fn(answer))
            .with_upgrades();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("{error}");
            }
        });
    }
}

async fn answer(mut request: Request<Incoming>) -> Result<Response<String>, Infallible> {
    let options = ServerOptions {
        deflate: Some(Default::default()),
        ..Default::default()
    };
    Ok(match ws4wasm::http::accept(&request, &options) {
        Ok((response, agreed)) => {
            tokio::spawn(echo(hyper::upgrade::on(&mut request), agreed));
            response.map(|()| String::new())
        }
        Err(error) => (&error).into(),
    })
}

async fn echo(upgrade: hyper::upgrade::OnUpgrade, agreed: Agreed) {
    let Ok(io) = upgrade.await.map(TokioIo::new) else {
        return;
    };
    let mut ws = WebSocketStream::new(io, Role::Server, &agreed, Options::default());
    while let Some(Ok(message)) = ws.next().await {
        if message.is_data() && ws.feed(message).await.is_err() {
            break;
        }
    }
}
