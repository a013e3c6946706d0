//! `signalbox serve`: the web server, and a worker in the same process.

use std::{io::Write, net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use server::{
    AppState, Cookies, auth,
    http::{
        self,
        headers::Transport,
        listener::{
            Port,
            tls::{self, Tls},
        },
        viewer::TrustedProxies,
    },
    hub::Hub,
    jobs::{Registry, Worker, keep_house},
};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{config::Config, installation, shutdown, tls_pair, worker};

/// How long everything may take to come to an end once the process was asked to stop.
const GRACE: Duration = Duration::from_millis(4_500);

/// How long the database may take for its own end, beyond that.
const CLOSING: Duration = Duration::from_millis(300);

/// What is said of an address where anybody on the way could listen in.
const OPEN: &str = "is open to the network, and what is sent there is not encrypted. Listen on 127.0.0.1, or name a certificate and its key in \
                    SIGNALBOX_TLS_CERT and SIGNALBOX_TLS_KEY, or put a proxy with TLS in front and name it in SIGNALBOX_TRUSTED_PROXIES";

/// Serves pages and API, and runs a worker in the same process.
///
/// Example: signalbox serve --addr 127.0.0.1:8080
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Where to listen; port 0 takes a free one. Instead of `SIGNALBOX_ADDR`
    #[arg(long)]
    addr: Option<SocketAddr>,
    /// Runs no worker in this process: start others with `signalbox worker`
    #[arg(long)]
    no_worker: bool,
}

/// Serves until the process is asked to stop.
pub(crate) async fn run(args: Args, config: Config) -> anyhow::Result<ExitCode> {
    let addr = args.addr.unwrap_or(config.addr);
    let is_behind_proxy = config.trusted_proxies != TrustedProxies::default();
    if !addr.ip().is_loopback() && !is_behind_proxy && config.tls.is_none() {
        bail!("{addr} {OPEN}");
    }
    let tls = match config.tls.clone() {
        Some(files) => Some(tls_pair::blamed(Tls::open(files).await)?),
        None => None,
    };
    let stopping = shutdown::token()?;
    open_many();
    let parts = installation::open(&config).await?;
    let hub = Hub::start(parts.backplane.clone(), config.hub, stopping.clone()).await?;
    // A server without a worker keeps house as well: delayed jobs become ready, and schedules are fired, whether or not a worker is there.
    let background = if args.no_worker {
        tokio::spawn(keep_house(parts.clone(), stopping.clone()))
    } else {
        let worker = Worker::new(worker::embedded(), Registry::all(), parts.clone());
        tokio::spawn(worker.run(stopping.clone()))
    };

    let listener = http::listener::bind(addr).with_context(|| format!("can't listen on {addr}"))?;
    let addr = listener.local_addr()?;
    let database = parts.database.clone();
    let cookies = if is_behind_proxy || tls.is_some() { Cookies::Secure } else { Cookies::Plain };
    let (transport, scheme) = if tls.is_some() { (Transport::Tls, "https") } else { (Transport::Plain, "http") };
    let state = AppState::new(parts, Arc::clone(&hub), config.limits);
    let state = state.behind(config.trusted_proxies).with_cookies(cookies).over(transport);
    let accounts = state.accounts.clone();
    // Beside the rest: nobody waits for it but who signs in first.
    drop(tokio::task::spawn_blocking(auth::password::Passwords::prepare));
    tokio::spawn(auth::watch::watch(accounts.clone(), hub, stopping.clone()));
    let router = http::router(state);
    tracing::info!(%addr, "listening");
    say(&format!("Signalbox is at {scheme}://{addr}"));
    if let Some(link) = accounts.setup_link().await? {
        say(&format!("Set up the first admin: {scheme}://{addr}/setup?token={}", link.reveal()));
    }

    let serving = tokio::spawn(http::listener::serve(port(listener, tls, &stopping), router, stopping.clone()));
    let closing = database.clone();
    let ending = async {
        serving.await.context("the listener broke")??;
        background.await.context("the background broke")?;
        database.close().await;
        anyhow::Ok(())
    };
    tokio::select! {
        ended = ending => ended?,
        () = out_of_time(&stopping) => {
            tracing::warn!("some requests or jobs did not end in time; jobs will be taken back");
            // Whatever hangs on a connection of it is not waited for.
            let _ = timeout(CLOSING, closing.close()).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Where clients come in. What they are encrypted by is looked at as long as they may.
fn port(listener: TcpListener, tls: Option<Tls>, stopping: &CancellationToken) -> Port {
    let Some(tls) = tls else { return Port::from(listener) };
    tokio::spawn(tls.clone().keep_current(tls::LOOKED_AT_EVERY, stopping.clone()));
    Port::encrypted(listener, tls)
}

/// Says it to whoever started this. Who does not listen any more is no reason to end.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Asks for as many open connections as the system allows: each is a file, and by habit few are allowed to who does not ask.
fn open_many() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the system did not say how many connections may be open");
    }
}

async fn out_of_time(stopping: &CancellationToken) {
    stopping.cancelled().await;
    tokio::time::sleep(GRACE).await;
}
