//! Serves compiled models over HTTP:
//!
//! ```console
//! cargo run --release -p tilewright-server -- --listen 127.0.0.1:8000
//! ```

use clap::Parser;
use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;
use tilewright_runtime::LoadOptions;
use tilewright_server::http::{Limits, Server};
use tilewright_server::models;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Compiled models behind the Open Inference Protocol v2.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Address and port; port 0 takes a free one.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// Requests that run at once; as many as there are cores otherwise.
    #[arg(long, env = "CONCURRENCY", value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: Option<u16>,
    /// Requests that may wait; more are answered by 503.
    #[arg(long, env = "QUEUE", default_value_t = 64)]
    queue: u16,
    /// Most inputs of a request, one behind the other.
    #[arg(long, env = "MAX_BATCH", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    max_batch: u16,
    /// Seconds for a request to arrive.
    #[arg(long, env = "BODY_SECONDS", default_value_t = 30)]
    body_seconds: u16,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let limits = Limits {
        concurrency: args.concurrency.map_or(cores, usize::from),
        queue: args.queue.into(),
        batch: args.max_batch.into(),
        body: Duration::from_secs(args.body_seconds.into()),
    };
    // One thread a run: requests share the cores, not layers.
    let models = models::all(&LoadOptions::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(limits.concurrency)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(args.listen).await?;
        println!("listening on {}", listener.local_addr()?);
        let router = Server::new(models, limits).router();
        axum::serve(listener, router).with_graceful_shutdown(asked_to_stop()?).await?;
        Ok(())
    })
}

/// Ends when the system or a terminal asks the program to stop; requests that were accepted are still answered.
fn asked_to_stop() -> std::io::Result<impl Future<Output = ()> + Send> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
