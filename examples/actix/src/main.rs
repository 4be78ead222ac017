//! An echo server behind actix-web, with permessage-deflate where the client offers it.
//! Run: cargo run -p ws4wasm-actix -- 127.0.0.1:8080

use actix_web::http::StatusCode;
use actix_web::web::{self, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use futures_util::TryStreamExt;
use std::io;
use tokio::io::{join, simplex};
use tokio_util::io::{ReaderStream, StreamReader};
use ws4wasm::handshake::ServerOptions;
use ws4wasm::tokio::{Options, Role, WebSocketStream};

async fn echo(request: HttpRequest, payload: Payload) -> HttpResponse {
    let options = ServerOptions {
        deflate: Some(Default::default()),
        ..Default::default()
    };
    let (response, agreed) = match ws4wasm::http::accept(&asked(&request), &options) {
        Ok(accepted) => accepted,
        Err(error) => {
            let refusal = http::Response::<String>::from(&error);
            return answer(&refusal).body(refusal.into_body());
        }
    };
    // actix keeps the connection: what comes is the request's body, what goes is the answer's.
    let received = StreamReader::new(payload.map_err(io::Error::other));
    let (to_send, sent) = simplex(64 * 1024);
    let io = join(received, sent);
    actix_web::rt::spawn(async move {
        let mut ws = WebSocketStream::new(io, Role::Server, &agreed, Options::default());
        while let Some(Ok(message)) = ws.next().await {
            if message.is_data() && ws.feed(message).await.is_err() {
                break;
            }
        }
    });
    answer(&response)
        .upgrade("websocket")
        .streaming(ReaderStream::new(to_send))
}

/// The request in the types of `http` 1; those of actix are of 0.2.
fn asked(request: &HttpRequest) -> http::Request<()> {
    let mut asked = http::Request::new(());
    *asked.method_mut() = request.method().as_str().parse().unwrap_or_default();
    *asked.uri_mut() = request.uri().to_string().parse().unwrap_or_default();
    for (name, value) in request.headers() {
        let name = http::HeaderName::from_bytes(name.as_str().as_bytes());
        let value = http::HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            asked.headers_mut().append(name, value);
        }
    }
    asked
}

/// And the other way round.
fn answer<B>(response: &http::Response<B>) -> actix_web::HttpResponseBuilder {
    let status = StatusCode::from_u16(response.status().as_u16());
    let mut answer = HttpResponse::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    for (name, value) in response.headers() {
        answer.append_header((name.as_str(), value.as_bytes()));
    }
    answer
}

#[actix_web::main]
async fn main() -> io::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:8080");
    let server = HttpServer::new(|| App::new().route("/", web::get().to(echo)))
        .workers(1)
        .bind(address)?;
    println!("ws://{}", server.addrs()[0]);
    server.run().await
}
