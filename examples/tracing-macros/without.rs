//! This app with a subscriber that nothing leaves: what `cargo xtask size kits` weighs it beside.

use tracing::{Instrument, info, info_span, instrument, warn};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub fn start() -> Result<(), JsError> {
    let filter = Targets::new().with_default(LevelFilter::INFO).with_target("chatty", LevelFilter::WARN);
    tracing_subscriber::registry().with(filter).try_init()?;
    Ok(())
}

#[wasm_bindgen]
pub async fn checkout(items: u32) -> u32 {
    let span = info_span!("checkout", cart.items = i64::from(items));
    async move {
        let total = price(items) + shipping(items).await;
        info!(total, "checked out");
        total
    }
    .instrument(span)
    .await
}

#[instrument]
fn price(items: u32) -> u32 {
    info_span!(target: "chatty", "each item").in_scope(|| items * 10)
}

#[instrument]
async fn shipping(items: u32) -> u32 {
    if items < 5 {
        warn!("a small parcel");
    }
    4
}
