//! The end of the line: what Alertmanager would send to a pager and a tracker.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use day90::clock::{Clock, SystemClock};
use day90::event::Timestamp;
use serde_json::Value;

/// One alert of a notification, and the path that it was sent to.
#[derive(Clone, Debug)]
pub struct Notified {
    pub path: String,
    pub at: Timestamp,
    pub alert: Value,
}

impl Notified {
    pub fn label(&self, name: &str) -> &str {
        self.alert["labels"][name].as_str().unwrap_or_default()
    }

    pub fn annotation(&self, name: &str) -> &str {
        self.alert["annotations"][name].as_str().unwrap_or_default()
    }

    pub fn is_firing(&self) -> bool {
        self.alert["status"] == "firing"
    }
}

/// Listens on loopback as long as the tests run.
pub struct Webhook {
    pub address: SocketAddr,
    notified: Arc<Mutex<Vec<Notified>>>,
}

impl Webhook {
    pub fn start() -> Webhook {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let notified = Arc::new(Mutex::new(Vec::new()));
        let kept = notified.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if let Some((path, body)) = receive(stream) {
                    let at = SystemClock.now();
                    let alerts = body["alerts"].as_array().cloned().unwrap_or_default();
                    let alerts = alerts.into_iter().map(|alert| Notified { path: path.clone(), at, alert });
                    kept.lock().expect("no panic").extend(alerts);
                }
            }
        });
        Webhook { address, notified }
    }

    pub fn notified(&self) -> Vec<Notified> {
        self.notified.lock().expect("no panic").clone()
    }
}

fn receive(stream: TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    reader.get_mut().write_all(answer).ok()?;
    Some((path, serde_json::from_slice(&body).ok()?))
}
