//! The client under the Autobahn TestSuite: echoes in every case of a fuzzing server.
//! `autobahn-client URL AT_ONCE`; tests/autobahn/crate.mjs runs it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use ws4wasm::tokio::{Error, Result, connect};

const AGENT: &str = "agent=ws4wasm";

#[tokio::main]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let base = Arc::new(args[1].clone());
    let (mut ws, _) = connect(&format!("{base}/getCaseCount")).await?;
    let count = ws.next().await.ok_or(Error::Unfinished)??;
    let count: usize = count.to_text().unwrap_or_default().parse().unwrap_or(0);
    while ws.next().await.is_some() {}

    let next = Arc::new(AtomicUsize::new(1));
    let at_once = args[2].parse().unwrap_or(1);
    let lanes: Vec<_> = (0..at_once)
        .map(|_| {
            let (base, next) = (Arc::clone(&base), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let case = next.fetch_add(1, Ordering::Relaxed);
                    if case > count {
                        return;
                    }
                    // What goes wrong is for the suite to judge.
                    let _ = converse(&format!("{base}/runCase?case={case}&{AGENT}")).await;
                }
            })
        })
        .collect();
    for lane in lanes {
        let _ = lane.await;
    }
    // Without the second parameter the suite would never end; with it, it does not wait for us.
    let _ = converse(&format!(
        "{base}/updateReports?{AGENT}&shutdownOnComplete=true"
    ))
    .await;
    Ok(())
}

async fn converse(url: &str) -> Result<()> {
    let (mut ws, _) = connect(url).await?;
    while let Some(message) = ws.next().await {
        let message = message?;
        if message.is_data() {
            ws.feed(message).await?;
        }
    }
    Ok(())
}
