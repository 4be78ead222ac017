//! An echo server over TCP with nothing but the standard library: a thread for each connection.
//! Run: cargo run --example echo -- 127.0.0.1:8080

use std::io::{Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use ws4wasm::Message;
use ws4wasm::handshake::{ServerHandshake, ServerOptions};
use ws4wasm::stream::{Event, Role, Stream};

fn main() -> Result<()> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8080"))?;
    println!("ws://{}", listener.local_addr()?);
    for socket in listener.incoming() {
        std::thread::spawn(move || {
            if let Err(error) = socket.and_then(serve) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

fn serve(mut socket: TcpStream) -> Result<()> {
    let mut buffer = [0; 16 * 1024];
    let mut handshake = ServerHandshake::new(ServerOptions::default());
    loop {
        let length = socket.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        match handshake.receive(&buffer[..length]) {
            Ok(None) => {}
            Ok(Some(request)) => {
                let reply = request.accept(None, &[], None);
                socket.write_all(&reply.expect("nothing of ours is in it"))?;
                break;
            }
            Err(error) => return socket.write_all(&error.reply()),
        }
    }

    let mut stream = Stream::new(Role::Server);
    let mut out = Vec::new();
    let mut open = answer(&mut stream, handshake.rest(), &mut out);
    while open {
        socket.write_all(&out)?;
        out.clear();
        match socket.read(&mut buffer)? {
            0 => return Ok(()),
            length => open = answer(&mut stream, &buffer[..length], &mut out),
        }
    }
    socket.write_all(&out)
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
