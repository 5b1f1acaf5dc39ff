//! Requests to a cluster: which member is asked, how long, and what is done when one fails.

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
use crate::domain::secret::SecretText;
use crate::port::{PortError, PortResult};

/// The largest answer: a page of a thousand events, or of some hundred records.
const MAX_ANSWER: usize = 64 << 20;

/// How long to wait before all members are asked again for want of a leader.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) struct Client {
    channels: Vec<Channel>,
    /// The member that is asked first: the one that answered last.
    current: AtomicUsize,
    login: Option<(String, Arc<SecretText>)>,
    token: RwLock<Option<Token>>,
    renewing: tokio::sync::Mutex<()>,
    timeout: Duration,
}

type Token = Arc<MetadataValue<Ascii>>;

impl Client {
    pub(super) fn new(options: &EtcdOptions) -> PortResult<Self> {
        let ways = options.ways()?;
        Ok(Self {
            channels: ways.iter().map(tonic::transport::Endpoint::connect_lazy).collect(),
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

    /// Sent once: it may have happened whenever the answer is lost.
    pub(super) async fn write(&self, request: TxnRequest) -> PortResult<TxnResponse> {
        request.check()?;
        self.call("/etcdserverpb.KV/Txn", request, true).await
    }

    pub(super) const fn members(&self) -> usize {
        self.channels.len()
    }

    /// What one member says about itself.
    pub(super) async fn status(&self, member: usize) -> PortResult<StatusResponse> {
        let token = self.token().await?;
        let path = "/etcdserverpb.Maintenance/Status";
        let answer = self.ask(member, path, StatusRequest {}, token, self.share()).await;
        answer.map_err(|status| failed(classify(&status), false, status))
    }

    async fn call<Q, A>(&self, path: &'static str, request: Q, writes: bool) -> PortResult<A>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let work = self.attempts(path, request, writes);
        let late = |_| PortError::new(Failure::Unknown.kind(writes)).because("no answer in time");
        tokio::time::timeout(self.timeout, work).await.map_err(late)?
    }

    /// Asks one member after the other, and again. Only what surely did not happen is asked twice,
    /// unless it only reads.
    async fn attempts<Q, A>(&self, path: &'static str, request: Q, writes: bool) -> PortResult<A>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let (mut tried, mut leaderless, mut renewed) = (0, false, false);
        loop {
            let token = self.token().await?;
            let member = self.current.load(Ordering::Relaxed);
            let share = if writes { self.once() } else { self.share() };
            let status = match self.ask(member, path, request.clone(), token.clone(), share).await {
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
                Failure::ElsewherePerhaps => {}
                Failure::Unknown if !writes => {}
                Failure::Unknown => {
                    self.avoid(member);
                    return Err(failed(failure, writes, status));
                }
                _ => return Err(failed(failure, writes, status)),
            }
            leaderless |= status.message().contains("leader");
            self.avoid(member);
            tried += 1;
            if tried < self.members() {
                continue;
            }
            if !leaderless {
                return Err(failed(failure, writes, status));
            }
            // An election is on: until one is over, nothing has been proposed.
            (tried, leaderless) = (0, false);
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn ask<Q, A>(
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
        // A member without a leader then says so at once instead of taking what it cannot do.
        metadata.insert("hasleader", MetadataValue::from_static("true"));
        if let Some(token) = token {
            metadata.insert("token", MetadataValue::clone(&token));
        }
        let channel = self.channels.get(member).or(self.channels.first()).cloned();
        let channel = channel.ok_or_else(|| Status::failed_precondition("no endpoint"))?;
        let work = async {
            let mut grpc = Grpc::new(channel).max_decoding_message_size(MAX_ANSWER);
            grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
            let path = PathAndQuery::from_static(path);
            grpc.unary(request, path, ProstCodec::default()).await
        };
        match tokio::time::timeout(patience, work).await {
            Ok(answer) => answer.map(tonic::Response::into_inner),
            Err(_) => Err(Status::deadline_exceeded("no answer in time")),
        }
    }

    /// How long one member is waited for where another may be asked after it.
    fn share(&self) -> Duration {
        self.timeout / u32::try_from(self.members()).unwrap_or(1)
    }

    /// How long a member is waited for that is asked once: short of the whole, so that the call
    /// still lives to pass it over next time.
    fn once(&self) -> Duration {
        self.timeout * 9 / 10
    }

    /// The next call begins with another member, unless somebody has moved on already.
    fn avoid(&self, member: usize) {
        let next = (member + 1) % self.members();
        let seen = Ordering::Relaxed;
        // If another call has moved on, its choice stands.
        let _ = self.current.compare_exchange(member, next, seen, seen);
    }

    fn known_token(&self) -> Option<Token> {
        self.token.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn forget(&self, void: Option<&Token>) {
        let mut token = self.token.write().unwrap_or_else(PoisonError::into_inner);
        // Another call may have renewed it meanwhile.
        if let (Some(known), Some(void)) = (&*token, void)
            && Arc::ptr_eq(known, void)
        {
            *token = None;
        }
    }

    /// The token, got by the password if there is none. One call asks, the others wait for it.
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

    /// A token more than is used harms nobody, so all members may be asked.
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
            match self.ask(member, path, request.clone(), None, self.share()).await {
                Ok(AuthenticateResponse { token }) => {
                    let bad = |_| PortError::corrupt().because("a token that is no header");
                    return token.parse().map_err(bad);
                }
                Err(status) => {
                    let failure = classify(&status);
                    last = failed(failure, false, status);
                    if !matches!(failure, Failure::ElsewherePerhaps | Failure::Unknown) {
                        break;
                    }
                    self.avoid(member);
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
    fn a_member_is_given_up_before_the_call_is() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let _entered = runtime.enter();
        let client = Client::new(&EtcdOptions::new(["http://127.0.0.1:1"])).expect("sound");
        assert!(client.once() < client.timeout);
    }
}
