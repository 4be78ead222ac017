//! Echo servers on tokio, for the load generator: `ws4wasm-echo NAME` prints its port.
//! Each is written as its own examples are, with what lets answers leave together where it has it.

use futures_util::{SinkExt, StreamExt};
use std::error::Error;
use tokio::net::{TcpListener, TcpStream};

type Done = Result<(), Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done {
    let name = std::env::args().nth(1).unwrap_or_default();
    if !NAMES.contains(&&name[..]) {
        return Err(format!("ws4wasm-echo {}", NAMES.join("|")).into());
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async move {
            loop {
                let (socket, _) = listener.accept().await?;
                socket.set_nodelay(true)?;
                let name = name.clone();
                tokio::task::spawn_local(async move {
                    // A client that hangs up is no news.
                    let _ = match &name[..] {
                        "ws4wasm" => ws4wasm(socket).await,
                        "tokio-tungstenite" => tungstenite(socket).await,
                        "tokio-websockets" => websockets(socket).await,
                        _ => fast(socket).await,
                    };
                });
            }
        })
        .await
}

const NAMES: [&str; 4] = [
    "ws4wasm",
    "tokio-tungstenite",
    "tokio-websockets",
    "fastwebsockets",
];

async fn ws4wasm(socket: TcpStream) -> Done {
    let mut ws = ws4wasm::tokio::accept(socket).await?;
    while let Some(message) = ws.next().await {
        let message = message?;
        if message.is_data() {
            ws.feed(message).await?;
        }
    }
    Ok(())
}

async fn tungstenite(socket: TcpStream) -> Done {
    let (sink, stream) = tokio_tungstenite::accept_async(socket).await?.split();
    let data = stream.filter(|message| {
        let data = message
            .as_ref()
            .is_ok_and(|message| message.is_text() || message.is_binary());
        std::future::ready(data)
    });
    Ok(data.forward(sink).await?)
}

async fn websockets(socket: TcpStream) -> Done {
    let (_, mut ws) = tokio_websockets::ServerBuilder::new()
        .accept(socket)
        .await?;
    while let Some(message) = ws.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            ws.send(message).await?;
        }
    }
    Ok(())
}

/// Its own handshake needs hyper; ours takes nothing of what is measured.
async fn fast(socket: TcpStream) -> Done {
    use fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket};
    let server = ws4wasm::handshake::ServerOptions::default();
    let options = ws4wasm::tokio::Options::default();
    let incoming = ws4wasm::tokio::Incoming::read(socket, &server, options).await?;
    let socket = incoming.accept(&[]).await?.into_inner();
    let mut ws = WebSocket::after_handshake(socket, Role::Server);
    ws.set_auto_close(true);
    ws.set_auto_pong(true);
    let mut ws = FragmentCollector::new(ws);
    loop {
        let frame = ws.read_frame().await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => ws.write_frame(frame).await?,
            _ => {}
        }
    }
}
