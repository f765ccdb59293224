//! The way to the committer: what is submitted is written by a thread, and whoever submits it is told when it is durable.
//!
//! In: the blocks of requests, for an index. Out: tickets, and why nothing can be kept any more if that happens.

use std::{
    any::Any,
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Sender},
    },
    thread::{self, JoinHandle},
};

use tokio::sync::{oneshot, watch};

use super::{
    blocks::Failed,
    clock::Clock,
    commit::{Committer, Index, Submission},
    directory::Directory,
    trouble::Trouble,
};

#[derive(Debug)]
pub struct Submit<I: Index> {
    /// None once it is closed.
    submit: Mutex<Option<Sender<Submission<I>>>>,
    committer: Mutex<Option<JoinHandle<()>>>,
    /// Why nothing can be kept any more.
    lost: watch::Receiver<Option<Failed>>,
    /// Held as long as the database is.
    directory: Mutex<Option<Arc<Directory>>>,
}

/// Tells when the blocks of a request are durable, or that they could not be kept.
#[derive(Debug)]
pub struct Ticket<T> {
    answer: oneshot::Receiver<Result<T, Failed>>,
    lost: watch::Receiver<Option<Failed>>,
}

impl<I: Index> Submit<I> {
    /// `next` is the number of the next block, `what` is kept in it and `place` where, both in words.
    pub fn start(
        index: Arc<I>,
        next: u64,
        clock: Clock,
        what: &'static str,
        place: String,
        directory: Option<Arc<Directory>>,
    ) -> Result<Self, Failed> {
        let committer = Committer { index, next, tried: next, clock, trouble: Trouble::new(what, place), next_look: 0 };
        let (submit, submissions) = mpsc::channel();
        let (tell, lost) = watch::channel(None);
        let work = move || {
            let ended = catch_unwind(AssertUnwindSafe(|| committer.run(&submissions)));
            if let Err(why) = ended.unwrap_or_else(|panic| Err(panicked(what, &*panic))) {
                tell.send_replace(Some(why));
            }
        };
        let thread = thread::Builder::new().name(format!("{what} committer")).spawn(work);
        let thread = thread.map_err(|error| Failed(error.to_string()))?;
        let (submit, committer) = (Mutex::new(Some(submit)), Mutex::new(Some(thread)));
        Ok(Self { submit, committer, lost, directory: Mutex::new(directory) })
    }

    /// From here on the blocks are on their way; they are durable when the ticket says so.
    pub fn submit(&self, blocks: Vec<(Vec<u8>, I::New)>) -> Ticket<I::Outcome> {
        let (answer, ticket) = oneshot::channel();
        let submit = self.submit.lock().unwrap_or_else(PoisonError::into_inner);
        // Without a committer the answer is dropped, and the ticket fails.
        let _ = submit.as_ref().map(|submit| submit.send(Submission { blocks, answer }));
        Ticket { answer: ticket, lost: self.lost.clone() }
    }

    /// Ends when nothing can be kept any more, whatever comes, and tells why; never, once it is closed.
    pub fn lost(&self) -> impl Future<Output = Failed> + use<I> {
        let mut lost = self.lost.clone();
        async move {
            match lost.wait_for(Option::is_some).await.map(|why| why.clone()) {
                Ok(Some(why)) => why,
                _ => pending().await,
            }
        }
    }

    /// Writes what has come, and lets others have the directory; nothing comes or is read from then on.
    pub fn close(&self) {
        drop(self.submit.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(committer) = self.committer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = committer.join();
        }
        drop(self.directory.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl<I: Index> Drop for Submit<I> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<T> Ticket<T> {
    pub async fn done(mut self) -> Result<T, Failed> {
        match self.answer.await {
            Ok(answer) => answer,
            // Nobody is there to answer: because it was closed, unless there is another reason.
            Err(_) => {
                let why = self.lost.wait_for(Option::is_some).await.map(|why| why.clone());
                Err(why.ok().flatten().unwrap_or_else(|| Failed("the collector is ending".into())))
            }
        }
    }
}

fn panicked(what: &str, panic: &(dyn Any + Send)) -> Failed {
    let words = panic.downcast_ref::<&str>().copied().or_else(|| Some(panic.downcast_ref::<String>()?));
    Failed(format!("the thread that writes {what} failed: {}", words.unwrap_or("it panicked")))
}
