//! Echo servers on tokio, for the load generator: `ws4wasm-echo NAME` prints its port.
//! Each is written as its own examples are, with what lets answers leave together where it has it.

use futures_util::{SinkExt, StreamExt};
use std::error::Error;
use tokio::net::{TcpListener, TcpStream};

use ws4wasm::deflate::Parameters;
use ws4wasm::handshake::ServerOptions;
use ws4wasm::tokio::{Incoming, Options, WebSocketStream};

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
                        "ws4wasm" => ws4wasm(socket, None, false).await,
                        "ws4wasm, level 1" => ws4wasm(socket, Some(1), false).await,
                        "ws4wasm, dedicated" => ws4wasm(socket, Some(1), true).await,
                        "tokio-tungstenite" => tungstenite(socket).await,
                        "tokio-websockets" => websockets(socket).await,
                        "fastwebsockets" => fast(socket).await,
                        "yawc" => yawc(socket).await,
                        _ => ratchet(socket).await,
                    };
                });
            }
        })
        .await
}

/// The last two have permessage-deflate as ws4wasm has.
const NAMES: [&str; 8] = [
    "ws4wasm",
    "ws4wasm, level 1",
    "ws4wasm, dedicated",
    "tokio-tungstenite",
    "tokio-websockets",
    "fastwebsockets",
    "yawc",
    "ratchet_rs",
];

async fn ws4wasm(socket: TcpStream, level: Option<u8>, dedicated: bool) -> Done {
    let mut ws = accept(socket, level, dedicated).await?;
    while let Some(message) = ws.next().await {
        let message = message?;
        if message.is_data() {
            ws.feed(message).await?;
        }
    }
    Ok(())
}

/// As `ws4wasm::tokio::accept`, but however short a message is, it is compressed where that was
/// agreed on: the others do so.
async fn accept(
    socket: TcpStream,
    level: Option<u8>,
    dedicated: bool,
) -> ws4wasm::tokio::Result<WebSocketStream<TcpStream>> {
    let server = ServerOptions {
        deflate: Some(Parameters::default()),
        ..ServerOptions::default()
    };
    let mut options = Options::default();
    options.compression.threshold = Some(0);
    options.compression.level = level;
    options.compression.dedicated = dedicated;
    Incoming::read(socket, &server, options)
        .await?
        .accept(&[])
        .await
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
    let incoming =
        Incoming::read(socket, &ServerOptions::default(), Options::default()).await?;
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

/// Its own handshake needs hyper, too. Answers leave together as its own benchmark has it.
async fn yawc(socket: TcpStream) -> Done {
    use futures_util::FutureExt;
    use yawc::{OpCode, Options as YawcOptions, Role, WebSocket};
    let server = ServerOptions {
        deflate: Some(Parameters::default()),
        ..ServerOptions::default()
    };
    let mut incoming = Incoming::read(socket, &server, Options::default()).await?;
    let deflate = incoming.agreed_mut().deflate;
    let agreed = deflate.map(|agreed| match agreed.server_no_context_takeover {
        true => "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        false => "permessage-deflate",
    });
    let socket = incoming.accept(&[]).await?.into_inner();
    let mut options = YawcOptions::default().with_utf8();
    if deflate.is_some() {
        options = options.with_low_latency_compression();
        options = match deflate.is_some_and(|agreed| agreed.server_no_context_takeover) {
            true => options
                .server_no_context_takeover()
                .client_no_context_takeover(),
            false => options,
        };
    }
    let mut ws = WebSocket::from_stream_with_extensions(socket, Role::Server, agreed, options)?;
    loop {
        let mut next = Some(ws.next_frame().await?);
        for _ in 0..32 {
            match next {
                Some(frame) if frame.opcode() == OpCode::Close => return Ok(()),
                Some(frame) if matches!(frame.opcode(), OpCode::Text | OpCode::Binary) => {
                    ws.feed(frame).await?;
                }
                Some(_) => {}
                None => break,
            }
            next = ws.next_frame().now_or_never().transpose()?;
        }
        ws.flush().await?;
    }
}

async fn ratchet(socket: TcpStream) -> Done {
    use ratchet_rs::deflate::{DeflateConfig, DeflateExtProvider};
    use ratchet_rs::{Message, PayloadType, SubprotocolRegistry, WebSocketConfig};
    let deflate = DeflateExtProvider::with_config(DeflateConfig {
        request_server_no_context_takeover: false,
        request_client_no_context_takeover: false,
        ..DeflateConfig::default()
    });
    let upgrader = ratchet_rs::accept_with(
        socket,
        WebSocketConfig::default(),
        deflate,
        SubprotocolRegistry::default(),
    )
    .await?;
    let mut ws = upgrader.upgrade().await?.websocket;
    let mut message = bytes::BytesMut::new();
    loop {
        let kind = match ws.read(&mut message).await? {
            Message::Text => PayloadType::Text,
            Message::Binary => PayloadType::Binary,
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => return Ok(()),
        };
        ws.write(&mut message, kind).await?;
        message.clear();
    }
}
