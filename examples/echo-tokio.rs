//! An echo server on tokio, with permessage-deflate (RFC 7692) where the client offers it.
//! Run: cargo run --example echo-tokio -- 127.0.0.1:8080

use std::io::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use ws4wasm::Message;
use ws4wasm::deflate::{Compression, Parameters};
use ws4wasm::handshake::{Extension, ServerHandshake, ServerOptions};
use ws4wasm::stream::{Event, Role, Stream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8080")).await?;
    println!("ws://{}", listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept().await?;
        tokio::spawn(async move {
            if let Err(error) = serve(socket).await {
                eprintln!("{error}");
            }
        });
    }
}

async fn serve(mut socket: TcpStream) -> Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    let mut handshake = ServerHandshake::new(ServerOptions::default());
    let request = loop {
        match socket.read(&mut buffer).await? {
            0 => return Ok(()),
            length => match handshake.receive(&buffer[..length]) {
                Ok(None) => {}
                Ok(Some(request)) => break request,
                Err(error) => return socket.write_all(&error.reply()).await,
            },
        }
    };
    let agreed = Parameters::default().select(&request.extensions);
    let extensions = agreed.map(|agreed| Extension::format_list(&[agreed.answer()]));
    let reply = request.accept(None, &[], extensions.as_deref());
    socket.write_all(&reply.expect("what was offered")).await?;

    let mut stream = Stream::new(Role::Server);
    if let Some(agreed) = agreed {
        stream = stream.with_deflate(agreed, Compression::default());
    }
    let mut out = Vec::new();
    let mut open = answer(&mut stream, handshake.rest(), &mut out);
    while open {
        socket.write_all(&out).await?;
        out.clear();
        match socket.read(&mut buffer).await? {
            0 => return Ok(()),
            length => open = answer(&mut stream, &buffer[..length], &mut out),
        }
    }
    socket.write_all(&out).await
}

/// What the bytes are answered with; false when the connection is over.
fn answer(stream: &mut Stream, bytes: &[u8], out: &mut Vec<u8>) -> bool {
    for event in stream.receive(bytes) {
        let (reply, open) = match event {
            Event::Message(Message::Ping(data)) => (Message::Pong(data), true),
            Event::Message(Message::Pong(_)) => continue,
            Event::Message(close @ Message::Close { .. }) => (close, false),
            Event::Error { close, .. } => (close, false),
            Event::Message(message) => (message, true),
            _ => continue,
        };
        // Only what follows a close could be refused.
        let _ = stream.send(&reply, out);
        if !open {
            return false;
        }
    }
    true
}
