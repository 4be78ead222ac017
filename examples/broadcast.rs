//! What anybody says goes to everybody: made into frames once, however many they are.
//! Run: cargo run --features tokio --example broadcast -- 127.0.0.1:8080

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::{Receiver, Sender, channel, error::RecvError};
use ws4wasm::deflate::Parameters;
use ws4wasm::handshake::ServerOptions;
use ws4wasm::tokio::{Incoming, Message, Options, Prepared, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8080")).await?;
    println!("ws://{}", listener.local_addr()?);
    let (all, _) = channel(1000);
    loop {
        let (socket, _) = listener.accept().await?;
        let (all, news) = (all.clone(), all.subscribe());
        tokio::spawn(async move {
            if let Err(error) = member(socket, all, news).await {
                eprintln!("{error}");
            }
        });
    }
}

async fn member(
    socket: TcpStream,
    all: Sender<Prepared>,
    mut news: Receiver<Prepared>,
) -> Result<()> {
    socket.set_nodelay(true)?;
    // Without a past of its own, a compressed frame fits every connection.
    let alone = Parameters {
        server_no_context_takeover: true,
        ..Parameters::default()
    };
    let server = ServerOptions {
        deflate: Some(alone),
        ..ServerOptions::default()
    };
    let incoming = Incoming::read(socket, &server, Options::default()).await?;
    let mut ws = incoming.accept(&[]).await?;
    loop {
        tokio::select! {
            said = ws.next() => match said.transpose()? {
                Some(Message::Text(text)) => {
                    let _ = all.send(Prepared::text(&text));
                }
                Some(_) => {}
                None => return Ok(()),
            },
            news = news.recv() => match news {
                Ok(message) => ws.send_prepared(&message).await?,
                // Who does not keep up misses some.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(()),
            },
        }
    }
}
