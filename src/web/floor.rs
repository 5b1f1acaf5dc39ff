//! The reply floor as a layer of tower. Feature `tower`.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::{Engine, Timestamp};

/// Holds every response of a service back until the engine's reply floor, errors included: otherwise the
/// time of a response would tell which accounts exist.
///
/// `wait` is the runtime's sleep, such as `tokio::time::sleep`. The floor counts from the call of the
/// service, so make this the outermost layer. Only a layer that limits the time of a request may be
/// outside it, with a limit longer than the floor. The head of the response is held back; a body that is
/// computed while it is sent is not covered.
///
/// ```
/// use std::time::Duration;
///
/// use sspr::Engine;
/// use sspr::web::ReplyFloorLayer;
/// use tower_layer::Layer as _;
///
/// fn held<S>(engine: &Engine, routes: S) -> impl Sized {
///     ReplyFloorLayer::new(engine.clone(), tokio::time::sleep).layer(routes)
/// }
/// ```
#[derive(Clone)]
pub struct ReplyFloorLayer<W> {
    engine: Engine,
    wait: W,
}

impl<W> ReplyFloorLayer<W> {
    /// A layer that waits with this function.
    pub const fn new(engine: Engine, wait: W) -> Self {
        Self { engine, wait }
    }
}

impl<W> fmt::Debug for ReplyFloorLayer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyFloorLayer").finish_non_exhaustive()
    }
}

impl<S, W: Clone> Layer<S> for ReplyFloorLayer<W> {
    type Service = ReplyFloor<S, W>;

    fn layer(&self, inner: S) -> Self::Service {
        ReplyFloor { inner, engine: self.engine.clone(), wait: self.wait.clone() }
    }
}

/// A service whose responses are held back: see [`ReplyFloorLayer`].
#[derive(Clone)]
pub struct ReplyFloor<S, W> {
    inner: S,
    engine: Engine,
    wait: W,
}

impl<S: fmt::Debug, W> fmt::Debug for ReplyFloor<S, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyFloor").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, W, D, R> Service<R> for ReplyFloor<S, W>
where
    S: Service<R>,
    W: Fn(Duration) -> D + Clone,
    D: Future,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = HeldReply<S::Future, W, D>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        // Read before `call`, in which a service may already do its work.
        let arrived = self.engine.now();
        HeldReply {
            engine: self.engine.clone(),
            arrived,
            wait: self.wait.clone(),
            state: State::Running { reply: self.inner.call(request) },
        }
    }
}

pin_project! {
    /// The response of a [`ReplyFloor`].
    pub struct HeldReply<F: Future, W, D> {
        engine: Engine,
        arrived: Timestamp,
        wait: W,
        #[pin]
        state: State<F, D>,
    }
}

impl<F: Future, W, D> fmt::Debug for HeldReply<F, W, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldReply").finish_non_exhaustive()
    }
}

pin_project! {
    #[project = Projected]
    enum State<F: Future, D> {
        Running { #[pin] reply: F },
        // The response, until it is returned.
        Held { #[pin] wait: D, response: Option<F::Output> },
    }
}

impl<F, W, D> Future for HeldReply<F, W, D>
where
    F: Future,
    W: Fn(Duration) -> D,
    D: Future,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut held = self.project();
        loop {
            match held.state.as_mut().project() {
                Projected::Running { reply } => {
                    let response = Some(ready!(reply.poll(context)));
                    let wait = (held.wait)(held.engine.floor_left(*held.arrived));
                    held.state.set(State::Held { wait, response });
                }
                Projected::Held { wait, response } => {
                    ready!(wait.poll(context));
                    // A future is not polled after it has ended.
                    return response.take().map_or(Poll::Pending, Poll::Ready);
                }
            }
        }
    }
}
