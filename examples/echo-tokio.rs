//! An echo server on tokio, with permessage-deflate (RFC 7692) where the client offers it.
//! Run: cargo run --features tokio --example echo-tokio -- 127.0.0.1:8080

use tokio::net::{TcpListener, TcpStream};
use ws4wasm::tokio::{Result, accept};

#[tokio::main]
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

async fn serve(socket: TcpStream) -> Result<()> {
    socket.set_nodelay(true)?;
    let mut ws = accept(socket).await?;
    while let Some(message) = ws.next().await {
        let message = message?;
        if message.is_data() {
            // It leaves when there is nothing more to read.
            ws.feed(message).await?;
        }
    }
    Ok(())
}
