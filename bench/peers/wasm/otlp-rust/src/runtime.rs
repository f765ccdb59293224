//! What the SDK's batch processor needs of an async runtime, on a page: tasks, timers and a queue.
//!
//! The processor's `force_flush` and `shutdown` send its task a message and block the thread until that has answered; on
//! a page both are the same thread, so the answer would never come. They do not block if sending fails. Here they are
//! called such that the queue takes the message and says that it has not; when the task is done with the message is seen
//! from it asking for the next one.

use std::{
    fmt::Debug,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use futures_channel::{mpsc, oneshot};
use futures_util::{Stream, StreamExt};
use gloo_timers::future::sleep;
use opentelemetry_sdk::runtime::{Runtime, RuntimeChannel, TrySend, TrySendError};
use send_wrapper::SendWrapper;
use wasm_bindgen_futures::spawn_local;

/// Dropped or sent when the processor is done with a message.
type Done = oneshot::Sender<()>;

#[derive(Clone, Debug, Default)]
pub struct Page {
    /// For the next message, if it is one that must not be waited for.
    done: Arc<Mutex<Option<Done>>>,
}

impl Page {
    /// Calls `send`, which sends the processor a message, or none; ends when the processor is done with that.
    pub fn without_blocking(&self, send: &dyn Fn()) -> impl Future<Output = ()> + use<> {
        let (done, receiver) = oneshot::channel();
        *self.done.lock().unwrap() = Some(done);
        send();
        self.done.lock().unwrap().take();
        async move {
            let _ = receiver.await;
        }
    }
}

impl Runtime for Page {
    fn spawn<F: Future<Output = ()> + Send + 'static>(&self, future: F) {
        spawn_local(future);
    }

    fn delay(&self, duration: Duration) -> impl Future<Output = ()> + Send + 'static {
        SendWrapper::new(sleep(duration))
    }
}

impl RuntimeChannel for Page {
    type Receiver<T: Debug + Send> = Receiver<T>;
    type Sender<T: Debug + Send> = Sender<T>;

    fn batch_message_channel<T: Debug + Send>(&self, capacity: usize) -> (Sender<T>, Receiver<T>) {
        let (sender, receiver) = mpsc::unbounded();
        (Sender { queue: sender, capacity, page: self.clone() }, Receiver { queue: receiver, in_hand: None })
    }
}

#[derive(Debug)]
pub struct Sender<T> {
    queue: mpsc::UnboundedSender<(T, Option<Done>)>,
    capacity: usize,
    page: Page,
}

impl<T: Send> TrySend for Sender<T> {
    type Message = T;

    fn try_send(&self, message: T) -> Result<(), TrySendError> {
        let done = self.page.done.lock().unwrap().take();
        let must_not_wait = done.is_some();
        if !must_not_wait && self.queue.len() >= self.capacity {
            return Err(TrySendError::ChannelFull);
        }
        self.queue.unbounded_send((message, done)).map_err(|_| TrySendError::ChannelClosed)?;
        if must_not_wait { Err(TrySendError::Other("the message is on its way".into())) } else { Ok(()) }
    }
}

pub struct Receiver<T> {
    queue: mpsc::UnboundedReceiver<(T, Option<Done>)>,
    /// Of the message that the processor is at.
    in_hand: Option<Done>,
}

impl<T> Stream for Receiver<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if let Some(done) = self.in_hand.take() {
            let _ = done.send(());
        }
        self.queue.poll_next_unpin(cx).map(|item| {
            item.map(|(message, done)| {
                self.in_hand = done;
                message
            })
        })
    }
}
