//! One connection to one server: requests and their replies, one at a time.
//!
//! The reply to StartTLS is read to its last byte and no further. Bytes that an attacker injects after it
//! stay in the stream, where TLS finds them instead of the server's handshake, and the connection fails.
//! The buffer of a connection begins after TLS does: one that had read them would later take them for sent
//! under TLS.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader, ReadBuf};

use super::ber;
use super::fault::{LdapCause, LdapFault, LdapReply, LdapStage};
use super::filter::Filter;
use super::message::{self, Control, Entry, Incoming, OperationResult, Replacement};
use super::message::{Search, SearchScope};
use super::outcome::code;
use crate::SecretText;

/// The longest message. Entries of users take some kilobytes, with a photo some hundred.
const MAX_MESSAGE: usize = 16 << 20;

/// The longest message before TLS: the reply to StartTLS.
const MAX_CLEAR_MESSAGE: usize = 16 << 10;

/// A stream to a server.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// An open connection.
pub(super) struct LdapConnection {
    stream: BufReader<Box<dyn Stream>>,
    last_id: u32,
    /// Whether a request was begun and its result not read. The connection cannot be used again.
    busy: bool,
}

impl LdapConnection {
    /// A connection over this stream, which is encrypted if it is to be.
    pub(super) fn new(stream: impl Stream + 'static) -> Self {
        Self { stream: BufReader::new(Box::new(stream)), last_id: 0, busy: false }
    }

    /// Whether it has been idle and still is: the server has neither closed it nor sent a notice.
    pub(super) async fn is_quiet(&mut self) -> bool {
        if self.busy {
            return false;
        }
        let stream = &mut self.stream;
        poll_fn(|cx| {
            let mut byte = [0];
            let polled = Pin::new(&mut *stream).poll_read(cx, &mut ReadBuf::new(&mut byte));
            Poll::Ready(polled.is_pending())
        })
        .await
    }

    pub(super) const fn is_reusable(&self) -> bool {
        !self.busy
    }

    fn next_id(&mut self) -> u32 {
        self.last_id = self.last_id % 0x7fff_ffff + 1;
        self.last_id
    }

    async fn send(&mut self, bytes: &[u8], stage: LdapStage) -> LdapReply<()> {
        self.busy = true;
        write_message(&mut self.stream, bytes, stage).await
    }

    /// Reads replies up to the result, and passes the entries before it to `each`.
    async fn receive(
        &mut self,
        id: u32,
        stage: LdapStage,
        each: &mut (dyn FnMut(Entry) + Send),
    ) -> LdapReply<OperationResult> {
        loop {
            let bytes = read_message(&mut self.stream, stage, MAX_MESSAGE).await?;
            let (replied, incoming) = message::read(&bytes).map_err(LdapFault::malformed(stage))?;
            match incoming {
                Incoming::Result(result) if replied == 0 => {
                    let notice = format!("the server closes it: {}", result.text);
                    return Err(LdapFault::new(stage, LdapCause::Lost(notice)));
                }
                _ if replied != id => return Err(LdapFault::new(stage, LdapCause::Malformed)),
                Incoming::Entry(entry) => each(entry),
                Incoming::Reference => {}
                Incoming::Result(result) => {
                    self.busy = false;
                    return Ok(result);
                }
            }
        }
    }

    pub(super) async fn bind(
        &mut self,
        name: &str,
        password: &SecretText,
    ) -> LdapReply<OperationResult> {
        let id = self.next_id();
        let request = message::bind(id, name, password.expose_secret());
        self.send(&request, LdapStage::Bind).await?;
        self.receive(id, LdapStage::Bind, &mut |_| {}).await
    }

    /// Runs a search and passes each entry to `each`. A result that is not a success is returned too.
    pub(super) async fn search_each(
        &mut self,
        search: &Search<'_>,
        controls: &[Control],
        each: &mut (dyn FnMut(Entry) + Send),
    ) -> LdapReply<OperationResult> {
        let id = self.next_id();
        self.send(&message::search(id, search, controls), LdapStage::Read).await?;
        self.receive(id, LdapStage::Read, each).await
    }

    /// The entries of a search. An entry to begin with that does not exist is a fault, as any refusal.
    pub(super) async fn search(&mut self, search: &Search<'_>) -> LdapReply<Vec<Entry>> {
        let mut found = Vec::new();
        let result = self.search_each(search, &[], &mut |entry| found.push(entry)).await?;
        match result.code {
            code::SUCCESS => Ok(found),
            // The search's own limit: there are as many as were asked for.
            code::SIZE_LIMIT if search.limit > 0 && found.len() >= search.limit as usize => {
                Ok(found)
            }
            _ => Err(LdapFault::refused(LdapStage::Read, result)),
        }
    }

    /// The entry of this name, if it exists and the filter holds for it.
    pub(super) async fn entry(
        &mut self,
        name: &str,
        filter: &Filter,
        attributes: &[&str],
    ) -> LdapReply<Option<Entry>> {
        let search = Search { base: name, scope: SearchScope::Base, filter, attributes, limit: 0 };
        let mut found = None;
        let result = self.search_each(&search, &[], &mut |entry| found = Some(entry)).await?;
        match result.code {
            code::SUCCESS => Ok(found),
            code::NO_SUCH_OBJECT => Ok(None),
            _ => Err(LdapFault::refused(LdapStage::Read, result)),
        }
    }

    pub(super) async fn modify(
        &mut self,
        name: &str,
        replaced: &[Replacement<'_>],
        controls: &[Control],
    ) -> LdapReply<OperationResult> {
        let id = self.next_id();
        self.send(&message::modify(id, name, replaced, controls), LdapStage::Write).await?;
        self.receive(id, LdapStage::Write, &mut |_| {}).await
    }

    pub(super) async fn modify_password(
        &mut self,
        name: &str,
        password: &SecretText,
    ) -> LdapReply<OperationResult> {
        let id = self.next_id();
        let request = message::modify_password(id, name, password.expose_secret());
        self.send(&request, LdapStage::Write).await?;
        self.receive(id, LdapStage::Write, &mut |_| {}).await
    }
}

async fn write_message(
    stream: &mut (impl Stream + ?Sized),
    bytes: &[u8],
    stage: LdapStage,
) -> LdapReply<()> {
    let lost = |error| LdapFault::io(stage, &error);
    stream.write_all(bytes).await.map_err(lost)?;
    stream.flush().await.map_err(lost)
}

async fn read_message(
    stream: &mut (impl Stream + ?Sized),
    stage: LdapStage,
    most: usize,
) -> LdapReply<Vec<u8>> {
    let malformed = LdapFault::malformed(stage);
    let lost = |error| LdapFault::io(stage, &error);
    let mut bytes = vec![0; 2];
    stream.read_exact(&mut bytes).await.map_err(lost)?;
    let more = ber::length_bytes(bytes[1]).map_err(&malformed)?;
    bytes.resize(2 + more, 0);
    stream.read_exact(&mut bytes[2..]).await.map_err(lost)?;
    let length = if more == 0 { usize::from(bytes[1]) } else { ber::big_endian(&bytes[2..]) };
    if bytes[0] != ber::SEQUENCE || length > most {
        return Err(malformed(ber::Malformed));
    }
    let head = bytes.len();
    // Grows with what arrives: the length that a server names is not believed before.
    stream.take(length as u64).read_to_end(&mut bytes).await.map_err(lost)?;
    if bytes.len() != head + length {
        return Err(LdapFault::new(stage, LdapCause::Lost("it ended in a reply".to_owned())));
    }
    Ok(bytes)
}

/// Asks for TLS, in clear. Afterwards the stream is ready for the handshake.
pub(super) async fn start_tls(stream: &mut impl Stream) -> LdapReply<()> {
    let stage = LdapStage::Tls;
    write_message(stream, &message::start_tls(1), stage).await?;
    let bytes = read_message(stream, stage, MAX_CLEAR_MESSAGE).await?;
    match message::read(&bytes).map_err(LdapFault::malformed(stage))? {
        (1, Incoming::Result(result)) if result.code == code::SUCCESS => Ok(()),
        (_, Incoming::Result(result)) => Err(LdapFault::refused(stage, result)),
        _ => Err(LdapFault::new(stage, LdapCause::Malformed)),
    }
}
