//! A connection to a server that can be cut: before the request, or between it and its reply.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Listens on a loopback port and passes bytes on.
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

struct State {
    target: String,
    refuses: AtomicBool,
    /// The requests that are still answered; negative for all.
    answered: AtomicI64,
    /// Whether every reply is lost, with its connection.
    loses: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
    requests: AtomicI64,
}

impl Proxy {
    /// Before the server at this address.
    pub fn before(target: String) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let state = Arc::new(State {
            target,
            refuses: AtomicBool::new(false),
            answered: AtomicI64::new(-1),
            loses: AtomicBool::new(false),
            open: Mutex::default(),
            requests: AtomicI64::new(0),
        });
        let own = Arc::clone(&state);
        spawn(move || {
            for client in listener.incoming().flatten() {
                if !own.refuses.load(Ordering::SeqCst) {
                    own.pass(client);
                }
            }
        });
        Self { port, state }
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Closes all connections and accepts no more, or accepts them again.
    pub fn refuse(&self, refuses: bool) {
        self.state.refuses.store(refuses, Ordering::SeqCst);
        if refuses {
            self.state.close();
        }
    }

    /// Passes on this many requests and their replies, and the request after them; its reply is lost,
    /// with the connection. Then everything is passed on again.
    pub fn lose_reply_after(&self, answered: i64) {
        self.state.answered.store(answered, Ordering::SeqCst);
    }

    /// Loses each reply from now on, with its connection, or passes them on again.
    pub fn lose_replies(&self, loses: bool) {
        self.state.loses.store(loses, Ordering::SeqCst);
    }

    /// The requests so far.
    pub fn requests(&self) -> i64 {
        self.state.requests.load(Ordering::SeqCst)
    }
}

impl State {
    fn pass(self: &Arc<Self>, client: TcpStream) {
        let Ok(server) = TcpStream::connect(&self.target) else { return };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.extend([&client, &server].map(|stream| stream.try_clone().expect("cloned")));
        drop(open);
        let cut = Arc::new(AtomicBool::new(false));
        let (from, to) = (client.try_clone().expect("cloned"), server.try_clone().expect("cloned"));
        let (own, cutting) = (Arc::clone(self), Arc::clone(&cut));
        spawn(move || {
            copy(from, to, |_| {
                own.requests.fetch_add(1, Ordering::SeqCst);
                let left = own.answered.load(Ordering::SeqCst);
                if left >= 0 {
                    own.answered.store(left - 1, Ordering::SeqCst);
                    cutting.store(left == 0, Ordering::SeqCst);
                }
                true
            });
        });
        let own = Arc::clone(self);
        let passes = move || !own.loses.load(Ordering::SeqCst) && !cut.load(Ordering::SeqCst);
        spawn(move || copy(server, client, |_| passes()));
    }

    fn close(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for stream in open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Copies until the end, or until `each` returns false for what was read.
fn copy(mut from: TcpStream, mut to: TcpStream, each: impl Fn(&[u8]) -> bool) {
    let mut bytes = [0; 16_384];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if !each(&bytes[..read]) || to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// The threads end with their connections, or with the process.
fn spawn(work: impl FnOnce() + Send + 'static) {
    thread::Builder::new().name("proxy".to_owned()).spawn(work).expect("a thread");
}
