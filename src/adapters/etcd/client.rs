//! Requests to a cluster: the choice of a member, timeouts, and what follows a failure.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use prost::Message;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_prost::ProstCodec;

use super::error::{Failure, classify, failed};
use super::options::EtcdOptions;
use super::proto::{
    AuthenticateRequest, AuthenticateResponse, RangeRequest, RangeResponse, StatusRequest,
    StatusResponse, TxnRequest, TxnResponse,
};
use crate::SecretText;
use crate::port::{PortError, PortResult};

/// The largest response: a page of a thousand events, or of some hundred records.
const MAX_RESPONSE: usize = 64 << 20;

/// The pause before all members are tried again while no leader is elected.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) struct Client {
    channels: Vec<Channel>,
    /// The member that is tried first: the one that replied last.
    current: AtomicUsize,
    login: Option<(String, Arc<SecretText>)>,
    token: RwLock<Option<Token>>,
    renewing: tokio::sync::Mutex<()>,
    timeout: Duration,
}

type Token = Arc<MetadataValue<Ascii>>;

impl Client {
    pub(super) fn new(options: &EtcdOptions) -> PortResult<Self> {
        Ok(Self {
            channels: options.channels()?,
            current: AtomicUsize::new(0),
            login: options.login.clone(),
            token: RwLock::new(None),
            renewing: tokio::sync::Mutex::new(()),
            timeout: options.timeout,
        })
    }

    pub(super) async fn range(&self, request: RangeRequest) -> PortResult<RangeResponse> {
        self.call("/etcdserverpb.KV/Range", request, false).await
    }

    /// Several reads at one revision.
    pub(super) async fn read(&self, request: TxnRequest) -> PortResult<TxnResponse> {
        self.call("/etcdserverpb.KV/Txn", request, false).await
    }

    /// Sent once. If the reply is lost, the write may have happened.
    pub(super) async fn write(&self, request: TxnRequest) -> PortResult<TxnResponse> {
        request.check()?;
        self.call("/etcdserverpb.KV/Txn", request, true).await
    }

    pub(super) const fn members(&self) -> usize {
        self.channels.len()
    }

    /// The status that one member reports.
    pub(super) async fn status(&self, member: usize) -> PortResult<StatusResponse> {
        let token = self.token().await?;
        let path = "/etcdserverpb.Maintenance/Status";
        self.send(member, path, StatusRequest {}, token, self.member_timeout())
            .await
            .map_err(|status| failed(classify(&status), false, status))
    }

    async fn call<Q, A>(&self, path: &'static str, request: Q, writes: bool) -> PortResult<A>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let work = self.attempts(path, request, writes);
        let late = |_| {
            PortError::new(Failure::Unknown.kind(writes)).because("no reply within the timeout")
        };
        tokio::time::timeout(self.timeout, work).await.map_err(late)?
    }

    /// Tries one member after the other, in rounds while there is no leader. A write is repeated
    /// only if it certainly did not happen; a read may always be repeated.
    async fn attempts<Q, A>(&self, path: &'static str, request: Q, writes: bool) -> PortResult<A>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let (mut tried, mut leaderless, mut renewed) = (0, false, false);
        loop {
            let token = self.token().await?;
            let member = self.current.load(Ordering::Relaxed);
            let patience = if writes { self.write_timeout() } else { self.member_timeout() };
            let status =
                match self.send(member, path, request.clone(), token.clone(), patience).await {
                    Ok(answer) => return Ok(answer),
                    Err(status) => status,
                };
            let failure = classify(&status);
            match failure {
                Failure::Token if self.login.is_some() && !renewed => {
                    renewed = true;
                    self.forget(token.as_ref());
                    continue;
                }
                Failure::TryAnotherMember => {}
                Failure::Unknown if !writes => {}
                Failure::Unknown => {
                    self.leave(member);
                    return Err(failed(failure, writes, status));
                }
                _ => return Err(failed(failure, writes, status)),
            }
            leaderless |= status.message().contains("leader");
            self.leave(member);
            tried += 1;
            if tried < self.members() {
                continue;
            }
            if !leaderless {
                return Err(failed(failure, writes, status));
            }
            // An election is under way; nothing was proposed without a leader.
            (tried, leaderless) = (0, false);
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn send<Q, A>(
        &self,
        member: usize,
        path: &'static str,
        request: Q,
        token: Option<Token>,
        patience: Duration,
    ) -> Result<A, Status>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let mut request = Request::new(request);
        let metadata = request.metadata_mut();
        // With `hasleader`, a member without a leader refuses at once.
        metadata.insert("hasleader", MetadataValue::from_static("true"));
        if let Some(token) = token {
            metadata.insert("token", MetadataValue::clone(&token));
        }
        let channel = self
            .channels
            .get(member)
            .or(self.channels.first())
            .cloned()
            .ok_or_else(|| Status::failed_precondition("no endpoint"))?;
        let work = async {
            let mut grpc = Grpc::new(channel).max_decoding_message_size(MAX_RESPONSE);
            grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
            let path = PathAndQuery::from_static(path);
            grpc.unary(request, path, ProstCodec::default()).await
        };
        match tokio::time::timeout(patience, work).await {
            Ok(answer) => answer.map(tonic::Response::into_inner),
            Err(_) => Err(Status::deadline_exceeded("no reply within the timeout")),
        }
    }

    /// How long to wait for one member while others may still be tried.
    fn member_timeout(&self) -> Duration {
        self.timeout / u32::try_from(self.members()).unwrap_or(1)
    }

    /// How long to wait for the one member that gets a write: shorter than the call's timeout, so
    /// that the call can still mark the member to be tried last.
    fn write_timeout(&self) -> Duration {
        self.timeout * 9 / 10
    }

    /// Lets the next call begin with another member.
    fn leave(&self, member: usize) {
        let next = (member + 1) % self.members();
        let relaxed = Ordering::Relaxed;
        // If another call has already left this member, its choice stands.
        let _ = self.current.compare_exchange(member, next, relaxed, relaxed);
    }

    fn known_token(&self) -> Option<Token> {
        self.token.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn forget(&self, expired: Option<&Token>) {
        let mut token = self.token.write().unwrap_or_else(PoisonError::into_inner);
        // Another call may already have renewed it.
        if let (Some(known), Some(expired)) = (&*token, expired)
            && Arc::ptr_eq(known, expired)
        {
            *token = None;
        }
    }

    /// The token, obtained with the password if there is none. One call authenticates, others wait.
    async fn token(&self) -> PortResult<Option<Token>> {
        let Some((user, password)) = &self.login else {
            return Ok(None);
        };
        if let Some(token) = self.known_token() {
            return Ok(Some(token));
        }
        let _renewing = self.renewing.lock().await;
        if let Some(token) = self.known_token() {
            return Ok(Some(token));
        }
        let token = Arc::new(self.authenticate(user, password).await?);
        *self.token.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&token));
        Ok(Some(token))
    }

    /// An unused token does no harm, so all members may be tried.
    async fn authenticate(
        &self,
        user: &str,
        password: &SecretText,
    ) -> PortResult<MetadataValue<Ascii>> {
        let (name, password) = (user.to_owned(), password.expose_secret().to_owned());
        let request = AuthenticateRequest { name, password };
        let path = "/etcdserverpb.Auth/Authenticate";
        let mut last = PortError::unavailable();
        for _ in 0..self.members() {
            let member = self.current.load(Ordering::Relaxed);
            match self.send(member, path, request.clone(), None, self.member_timeout()).await {
                Ok(AuthenticateResponse { token }) => {
                    let bad =
                        |_| PortError::corrupt().because("the token is not a valid header value");
                    return token.parse().map_err(bad);
                }
                Err(status) => {
                    let failure = classify(&status);
                    last = failed(failure, false, status);
                    if !matches!(failure, Failure::TryAnotherMember | Failure::Unknown) {
                        break;
                    }
                    self.leave(member);
                }
            }
        }
        Err(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_gives_up_on_its_member_before_the_call_ends() {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build().expect("a runtime");
        let _entered = runtime.enter();
        let client = Client::new(&EtcdOptions::new(["http://127.0.0.1:1"])).expect("sound");
        assert!(client.write_timeout() < client.timeout);
    }
}
