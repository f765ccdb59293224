//! Waiting for what another process does. The limit only ends a test that would hang; no test depends on how long a wait took.

use std::fmt::Debug;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

/// Asks until the answer is `Ok`, and gives that. The `Err` of the last answer says what was seen instead.
pub async fn until<T, E: Debug>(what: &str, mut ask: impl AsyncFnMut() -> Result<T, E>) -> T {
    let begun = Instant::now();
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(seen) if begun.elapsed() > LIMIT => panic!("waited in vain for {what}; last seen: {seen:?}"),
            Err(_) => sleep(PAUSE).await,
        }
    }
}
