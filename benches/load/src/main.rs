//! Loads an echo server and prints what it did as JSON.
//!
//! One thread, ready sockets only, frames made beforehand: what is measured is the server, so
//! nothing is parsed beyond the header of each echo, whose length is known.

mod connection;
mod deflate;

use connection::{Connection, Plan, Protocol};
use hdrhistogram::Histogram;
use mio::{Events, Interest, Poll, Token};
use std::error::Error;
use std::time::{Duration, Instant};

const USAGE: &str = "ws4wasm-load PORT CONNECTIONS IN_FLIGHT BYTES text|binary \
     ws|tcp|deflate|deflate-alone WARM_UP_MS MS";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [
        port,
        connections,
        in_flight,
        bytes,
        kind,
        protocol,
        warm_up,
        time,
    ] = &args[..]
    else {
        return Err(USAGE.into());
    };
    let protocol = match &protocol[..] {
        "ws" => Protocol::Ws,
        "tcp" => Protocol::Tcp,
        "deflate" => Protocol::Deflate(deflate::OFFER),
        "deflate-alone" => Protocol::Deflate(deflate::OFFER_ALONE),
        _ => return Err(USAGE.into()),
    };
    let plan = Plan::new(in_flight.parse()?, bytes.parse()?, kind == "text", protocol);
    let address = format!("127.0.0.1:{port}").parse()?;
    let mut all = Vec::new();
    for _ in 0..connections.parse()? {
        all.push(Connection::open(address, &plan)?);
    }

    let mut poll = Poll::new()?;
    for (index, connection) in all.iter_mut().enumerate() {
        let both = Interest::READABLE | Interest::WRITABLE;
        poll.registry()
            .register(connection.socket(), Token(index), both)?;
    }
    let mut events = Events::with_capacity(1024);
    let mut buffer = vec![0; 256 * 1024];
    // To 0.1 %, from a microsecond to a minute.
    let mut latency = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3)?;

    let begun = Instant::now();
    let measure_from = begun + Duration::from_millis(warm_up.parse()?);
    let time = Duration::from_millis(time.parse()?);
    // Many connections are answered in bursts: there must be some of them.
    let enough = 8 * plan.in_flight() as u64 * all.len() as u64;
    let mut messages = 0;
    for connection in &mut all {
        connection.start(&plan)?;
    }
    let seconds = loop {
        let measured = Instant::now().saturating_duration_since(measure_from);
        if measured >= time && (messages >= enough || measured >= 5 * time) {
            break measured.as_secs_f64();
        }
        poll.poll(&mut events, Some(Duration::from_millis(20)))?;
        for event in &events {
            let Token(index) = event.token();
            all[index].ready(&plan, &mut buffer, |now, took| {
                if now >= measure_from {
                    messages += 1;
                    latency.saturating_record(took.as_micros() as u64);
                }
            })?;
        }
    };

    let at = |quantile| latency.value_at_quantile(quantile);
    println!(
        r#"{{"messages":{messages},"seconds":{seconds:.6},"p50":{},"p90":{},"p99":{},"max":{}}}"#,
        at(0.5),
        at(0.9),
        at(0.99),
        latency.max(),
    );
    Ok(())
}
