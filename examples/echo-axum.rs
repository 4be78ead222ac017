//! An echo server behind axum's router, with permessage-deflate where the client offers it.
//! Run: cargo run --features tokio,http --example echo-axum -- 127.0.0.1:8080

use axum::{Router, extract::Request, response::IntoResponse, routing::get};
use hyper_util::rt::TokioIo;
use ws4wasm::handshake::ServerOptions;
use ws4wasm::tokio::{Options, Role, WebSocketStream};

async fn echo(mut request: Request) -> axum::response::Response {
    let options = ServerOptions {
        deflate: Some(Default::default()),
        ..Default::default()
    };
    let (response, agreed) = match ws4wasm::http::accept(&request, &options) {
        Ok(accepted) => accepted,
        Err(error) => return http::Response::<String>::from(&error).into_response(),
    };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(io) = upgrade.await.map(TokioIo::new) else {
            return;
        };
        let mut ws = WebSocketStream::new(io, Role::Server, &agreed, Options::default());
        while let Some(Ok(message)) = ws.next().await {
            if message.is_data() && ws.feed(message).await.is_err() {
                break;
            }
        }
    });
    response.map(|()| axum::body::Body::empty())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:8080");
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("ws://{}", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/", get(echo))).await
}
