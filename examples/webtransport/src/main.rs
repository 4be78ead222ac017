//! An echo server: WebSocket frames on WebTransport streams, with ws4wasm on both ends, native
//! here and WebAssembly in the page. `node serve.mjs` starts it and serves the page.
//!
//! Every bidirectional stream that the page opens is a WebSocket connection of its own. There
//! is no opening handshake on it: the session was opened by an HTTP request already, with a
//! path and an Origin to judge, and so a stream begins where a WebSocket is after the 101.
//!
//! Prints one line, `{"port":50123,"sha256":"0a1b…"}`: where it listens on 127.0.0.1, and the
//! hash by which a page trusts its certificate. Stops on Ctrl-C and at the end of its input.

mod echo;

use std::error::Error;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use wtransport::endpoint::IncomingSession;
use wtransport::{Endpoint, Identity, ServerConfig, VarInt};

type AnyError = Box<dyn Error + Send + Sync>;

/// How long the peers have to answer our close when the server stops.
const GOODBYE: Duration = Duration::from_secs(2);
/// A session without any packet for this long is dead.
const IDLE: Duration = Duration::from_secs(30);
/// Keeps a session that has nothing to say from looking dead.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// The argument, if there is one, is the only Origin whose pages may open sessions.
#[tokio::main]
async fn main() -> Result<(), AnyError> {
    let origin = std::env::args().nth(1);
    // Browsers take a certificate by its hash only when it is valid for 14 days at most; this
    // one is made anew each time.
    let identity = Identity::self_signed(["localhost", "127.0.0.1", "::1"])?;
    let hash = identity.certificate_chain().as_slice()[0].hash();
    let config = ServerConfig::builder()
        .with_bind_address((Ipv4Addr::LOCALHOST, 0).into())
        .with_identity(identity)
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_idle_timeout(Some(IDLE))?
        .build();
    let server = Endpoint::server(config)?;
    let sha256: String = hash.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    println!(
        r#"{{"port":{},"sha256":"{sha256}"}}"#,
        server.local_addr()?.port()
    );

    let (stop, stopping) = watch::channel(false);
    let mut sessions = JoinSet::new();
    let mut told = std::pin::pin!(told_to_stop());
    loop {
        tokio::select! {
            incoming = server.accept() => {
                sessions.spawn(session(incoming, origin.clone(), stopping.clone()));
            }
            Some(ended) = sessions.join_next() => {
                if let Ok(Err(error)) = ended {
                    eprintln!("session: {error}");
                }
            }
            () = &mut told => break,
        }
    }

    stop.send_replace(true);
    let farewell = async {
        while sessions.join_next().await.is_some() {}
        server.close(VarInt::from_u32(0), b"the server stops");
        server.wait_idle().await;
    };
    // A peer that keeps silent is not waited for.
    let _ = timeout(GOODBYE, farewell).await;
    Ok(())
}

/// One page: takes its streams until it leaves or the server stops, then waits for them.
async fn session(
    incoming: IncomingSession,
    origin: Option<String>,
    mut stopping: watch::Receiver<bool>,
) -> Result<(), AnyError> {
    let request = incoming.await?;
    if origin.is_some() && request.origin() != origin.as_deref() {
        request.forbidden().await;
        return Ok(());
    }
    let connection = request.accept().await?;
    let mut streams = JoinSet::new();
    while !*stopping.borrow_and_update() {
        tokio::select! {
            opened = connection.accept_bi() => {
                let Ok((send, recv)) = opened else { break };
                streams.spawn(echo::run(send, recv, stopping.clone()));
            }
            Some(ended) = streams.join_next() => log(ended?),
            _ = stopping.changed() => {}
        }
    }
    while let Some(ended) = streams.join_next().await {
        log(ended?);
    }
    Ok(())
}

fn log(ended: echo::Ended) {
    // The reason is a peer's: quoted, so that it cannot play with the terminal.
    eprintln!("WebSocket closed with {} {:?}", ended.code, ended.reason);
}

/// Ctrl-C, or the end of standard input: whoever started the server is gone.
async fn told_to_stop() {
    let (tell, told) = oneshot::channel();
    // A thread of its own, because a blocked read would keep the runtime from ending.
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = tell.send(());
    });
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = told => {}
    }
}
