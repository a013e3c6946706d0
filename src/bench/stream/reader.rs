//! A thread that reads all clients' sockets.
//!
//! One thread, one buffer, and nothing kept for a client but the piece of an event that has not come whole: the clients share the machine
//! with the server, so whatever they do for each event is added to the time of the next one.

use std::{
    io::{self, Read},
    net,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use mio::{Events, Interest, Poll, Token, Waker, net::TcpStream};

use super::streams::Deliveries;
use crate::bench::pickup::now_us;

/// Bytes that are read at once, and sockets that are heard of at once.
const AT_ONCE_READ: usize = 64 * 1024;
const AT_ONCE: usize = 1_024;
/// The end of an event.
const END: &[u8] = b"\n\n";
/// What stands before the moment at which an event was sent.
const SENT: &[u8] = b"\"sentUs\":";
/// By which the thread is told to end.
const STOP: Token = Token(usize::MAX);

/// An open stream.
pub(super) struct Line {
    pub(super) socket: net::TcpStream,
    /// What came and has not been looked at, or is not yet a whole event.
    pub(super) rest: Vec<u8>,
}

/// What all have heard.
#[derive(Default)]
pub(super) struct Heard {
    /// How long each event took, in microseconds.
    pub(super) took_us: Vec<u64>,
    /// How many events each has heard.
    pub(super) each: Vec<usize>,
}

/// Reads for as long as it lives.
pub(super) struct Reader {
    heard: Arc<Mutex<Heard>>,
    stop: Waker,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// Begins to read.
    pub(super) fn start(lines: Vec<Line>, deliveries: Arc<Deliveries>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let stop = Waker::new(poll.registry(), STOP)?;
        let heard = Arc::new(Mutex::new(Heard { each: vec![0; lines.len()], ..Heard::default() }));
        let mut clients = Vec::with_capacity(lines.len());
        for (place, line) in lines.into_iter().enumerate() {
            let mut socket = TcpStream::from_std(line.socket);
            poll.registry().register(&mut socket, Token(place), Interest::READABLE)?;
            clients.push(Client { socket, rest: line.rest });
        }
        let desk = Desk { clients, heard: Arc::clone(&heard), deliveries };
        let thread = std::thread::Builder::new().name("clients".to_owned()).spawn(move || desk.read(poll))?;
        Ok(Self { heard, stop, thread: Some(thread) })
    }

    pub(super) fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if self.stop.wake().is_ok()
            && let Some(thread) = self.thread.take()
        {
            // It ends by itself; a panic of it was printed.
            let _ = thread.join();
        }
    }
}

struct Client {
    socket: TcpStream,
    rest: Vec<u8>,
}

/// What the thread holds.
struct Desk {
    clients: Vec<Client>,
    heard: Arc<Mutex<Heard>>,
    deliveries: Arc<Deliveries>,
}

impl Desk {
    fn look_at_beginnings(&mut self) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = &mut *heard;
        let begin = |(client, heard_by): (&mut Client, &mut usize)| {
            *heard_by = client.begin(&mut heard.took_us);
            *heard_by
        };
        let more = self.clients.iter_mut().zip(&mut heard.each).map(begin).sum();
        self.deliveries.add(more);
    }

    fn read(mut self, mut poll: Poll) {
        let mut events = Events::with_capacity(AT_ONCE);
        let mut buffer = vec![0; AT_ONCE_READ];
        self.look_at_beginnings();
        loop {
            match poll.poll(&mut events, None) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                told => drop(told),
            }
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            let before = heard.took_us.len();
            for event in &events {
                if event.token() == STOP {
                    return;
                }
                let place = event.token().0;
                if let Some(client) = self.clients.get_mut(place) {
                    let more = client.take_in(&mut buffer, &mut heard.took_us);
                    heard.each[place] += more;
                }
            }
            let more = heard.took_us.len() - before;
            drop(heard);
            self.deliveries.add(more);
        }
    }
}

impl Client {
    /// Notes what came with the head of the answer; says how many events.
    fn begin(&mut self, took_us: &mut Vec<u64>) -> usize {
        let (before, now) = (took_us.len(), now_us());
        let whole = whole(&self.rest);
        took_us.extend(moments(&self.rest[..whole]).map(|sent| now.saturating_sub(sent)));
        self.rest.drain(..whole);
        took_us.len() - before
    }

    /// Reads what is there, and notes how long each whole event took; says how many came.
    fn take_in(&mut self, buffer: &mut [u8], took_us: &mut Vec<u64>) -> usize {
        let before = took_us.len();
        while let Ok(read @ 1..) = self.socket.read(buffer) {
            let now = now_us();
            let mut note = |text: &[u8]| took_us.extend(moments(text).map(|sent| now.saturating_sub(sent)));
            let new = &buffer[..read];
            if self.rest.is_empty() {
                let (whole, rest) = new.split_at(whole(new));
                note(whole);
                self.rest.extend_from_slice(rest);
            } else {
                self.rest.extend_from_slice(new);
                let whole = whole(&self.rest);
                note(&self.rest[..whole]);
                self.rest.drain(..whole);
            }
            // Less than there was room for: the next bytes are told of (epoll(7), question 9).
            if read < buffer.len() {
                break;
            }
        }
        took_us.len() - before
    }
}

/// How many bytes of a text are whole events.
fn whole(text: &[u8]) -> usize {
    memchr::memmem::rfind(text, END).map_or(0, |end| end + END.len())
}

/// The moments at which the events of a text were sent.
fn moments(text: &[u8]) -> impl Iterator<Item = u64> {
    memchr::memmem::find_iter(text, SENT).filter_map(|at| {
        let digits = &text[at + SENT.len()..];
        let end = digits.iter().position(|letter| !letter.is_ascii_digit()).unwrap_or(digits.len());
        std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moments_of_all_events_of_a_text_are_found() {
        let text = b"data: {\"sentUs\":12,\"text\":\"\"}\n\n: nothing\n\ndata: {\"data\":{\"sentUs\":345}}\n\n";

        assert_eq!(moments(text).collect::<Vec<_>>(), [12, 345]);
    }
}
