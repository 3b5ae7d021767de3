//! How far behind the log those are that follow it: clients log metrics over HTTP at a steady rate, and followers
//! of the event stream compare when an event reached them with when the server recorded it.
//!
//! `cargo bench --bench follow` prints one line for each follower; 10,000 events a second for ten seconds
//! (`RUNLOG_BENCH_RATE` for another rate). Clients, followers and server share the machine.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "a benchmark")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// How long clients log.
const SPAN: Duration = Duration::from_secs(10);
/// Connections that log.
const CLIENTS: u32 = 16;
/// Connections that follow.
const FOLLOWERS: usize = 4;

/// A server of its own, on an empty directory.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(dir: &std::path::Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_runlog"))
            .args(["serve", "--port", "0", "--data-dir"])
            .arg(dir.join("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(',').next());
        Self { address: address.unwrap().to_owned(), child }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A connection that is kept, over which one request at a time is answered.
struct Client(TcpStream);

impl Client {
    fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    fn post(&mut self, path: &str, body: &str) -> String {
        let head = format!(
            "POST /api/2.0/mlflow/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        self.0.write_all(&[head.as_bytes(), body.as_bytes()].concat()).unwrap();
        let mut answer = Vec::new();
        let mut part = [0; 4096];
        loop {
            let length = self.0.read(&mut part).unwrap();
            assert!(length > 0, "the server went away");
            answer.extend_from_slice(&part[..length]);
            let text = std::str::from_utf8(&answer).unwrap();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head
                .to_lowercase()
                .split("content-length: ")
                .nth(1)
                .map(|rest| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
            if body.len() >= length.unwrap() {
                assert!(head.starts_with("HTTP/1.1 200"), "{text}");
                return body.to_owned();
            }
        }
    }
}

/// Logs one point at a time, as often as `interval` says.
fn log(address: &str, run: &str, number: u32, interval: Duration) {
    let mut client = Client::to(address);
    let begin = Instant::now();
    for step in 0.. {
        let due = interval * step;
        if due > SPAN {
            return;
        }
        thread::sleep(due.saturating_sub(begin.elapsed()));
        let body = format!(
            r#"{{"run_id":"{run}","key":"k{number}","value":0.5,"timestamp":{step},"step":{step}}}"#
        );
        client.post("runs/log-metric", &body);
    }
}

/// Reads `count` events from the stream; how long after its recording each came, in milliseconds.
fn follow(stream: TcpStream, count: usize) -> Vec<i64> {
    let mut lags = Vec::with_capacity(count);
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap();
        let Some(rest) = line.split(r#""recorded_at":"#).nth(1) else { continue };
        let recorded_at: i64 = rest.split(',').next().unwrap().parse().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        lags.push(i64::try_from(now).unwrap() - recorded_at);
        if lags.len() == count {
            break;
        }
    }
    lags
}

fn main() {
    let rate: u32 = std::env::var("RUNLOG_BENCH_RATE").map_or(10_000, |it| it.parse().unwrap());
    let interval = Duration::from_secs(1) * CLIENTS / rate;
    let each = SPAN.as_nanos() / interval.as_nanos() + 1;
    let count = usize::try_from(each).unwrap() * CLIENTS as usize;
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let created = Client::to(&server.address).post("runs/create", r#"{"experiment_id":"0"}"#);
    let run = created.split(r#""run_id""#).nth(1).unwrap().split('"').nth(1).unwrap();
    let streams: Vec<TcpStream> = (0..FOLLOWERS)
        .map(|_| {
            let mut stream = TcpStream::connect(&server.address).unwrap();
            let path = "/api/runlog/1/events/stream?type=MetricsLogged";
            write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
            stream
        })
        .collect();
    thread::sleep(Duration::from_millis(500));
    thread::scope(|scope| {
        let followers: Vec<_> =
            streams.into_iter().map(|stream| scope.spawn(move || follow(stream, count))).collect();
        let begin = Instant::now();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let address = &server.address;
                scope.spawn(move || log(address, run, number, interval))
            })
            .collect();
        clients.into_iter().for_each(|client| client.join().unwrap());
        let logged = count as f64 / begin.elapsed().as_secs_f64();
        println!("{count} events, {logged:.0} a second");
        for follower in followers {
            let mut lags = follower.join().unwrap();
            lags.sort_unstable();
            let at = |share: usize| lags[(lags.len() - 1) * share / 1000];
            let (half, most, last) = (at(500), at(990), at(1000));
            println!(
                "a follower is behind by {half} ms (median), {most} ms (99 %), {last} ms (most)"
            );
        }
    });
}
