//! A page that is hidden may never run again: what is queued is handed to the browser while it still can be.

use std::sync::Arc;

use super::batch_exporter::Exporter;
use super::pump::Shared;
use crate::SpanExporter;
use crate::exporter::{Delivery, unload};
use crate::platform;
use crate::platform::PageEvent;

/// Acts on an event of the page's life. Nothing here waits: while a page is left, what is not done at once is never done.
pub(super) fn on_event(shared: &Arc<Shared>, event: PageEvent) {
    match event {
        PageEvent::Hidden => {
            shared.state().is_hidden = true;
            hand_over_or_export(shared, false);
        }
        PageEvent::PageHide { .. } => hand_over_or_export(shared, true),
        PageEvent::Visible => shared.state().is_hidden = false,
        PageEvent::PageShow => {
            let mut state = shared.state();
            state.is_hidden = platform::lifecycle::is_hidden();
            if state.unsettled() > 0 {
                shared.start_pump(&mut state);
            }
        }
    }
}

fn hand_over_or_export(shared: &Arc<Shared>, is_leaving: bool) {
    if let Exporter::Ours(exporter) = &shared.exporter {
        hand_over(shared, exporter, is_leaving);
    }
    shared.export_soon();
}

/// Sends as requests that outlive the page, cut at span boundaries, as much as the browser allows.
fn hand_over(shared: &Arc<Shared>, exporter: &SpanExporter, is_leaving: bool) {
    loop {
        let room = unload::available();
        if room == 0 {
            return;
        }
        let Some(job) = shared.encode(exporter, room) else { return };
        let sending = exporter.send(&job.payload, Delivery::Handover);
        let shared = shared.clone();
        platform::spawn(async move {
            let outcome = sending.await;
            shared.conclude_handover(job, outcome, is_leaving);
        });
    }
}
