//! A page that is hidden may never run again: what is queued is handed to the browser while it still can be.

use std::sync::Arc;

use super::batch_exporter::Exporter;
use super::encode::Room;
use super::pump::Shared;
use super::queue::Job;
use crate::SpanExporter;
use crate::exporter::{Delivery, unload};
use crate::platform;
use crate::platform::PageEvent;

/// Acts on an event of the page's life. Nothing here waits: while a page is left, what is not done at once is never done.
pub(super) fn on_event(shared: &Arc<Shared>, event: PageEvent) {
    match event {
        PageEvent::Hidden => {
            let mut state = shared.state();
            state.is_hidden = true;
            // Engines differ in whether this comes before `pagehide` or after it.
            let is_left = state.is_left;
            drop(state);
            if !is_left {
                hide(shared);
            }
        }
        PageEvent::PageHide { .. } => {
            shared.state().is_left = true;
            leave(shared);
            // Afterwards, so that it counts for what was sent in it.
            unload::depart();
        }
        PageEvent::Visible => shared.state().is_hidden = false,
        PageEvent::Leaving => shared.state().leaving_since = Some(platform::clock::uptime()),
        PageEvent::PageShow => {
            shared.reap();
            shared.reap_left();
            let mut state = shared.state();
            state.is_left = false;
            state.leaving_since = None;
            state.is_hidden = platform::lifecycle::is_hidden();
            if state.unsettled() > 0 {
                shared.start_pump(&mut state);
            }
        }
    }
}

/// The page may live on: what cannot be handed over now stays queued, with a copy outside of the page.
fn hide(shared: &Arc<Shared>) {
    // To a receiver that cannot be reached nothing can be handed over either.
    if !shared.is_failing() {
        if let Exporter::Ours(exporter) = &shared.exporter {
            hand_over(shared, exporter, false);
        }
        shared.export_soon();
    }
    interrupt_compression(shared, 0);
    shared.protect();
}

/// The page is left: what the browser does not take goes to the spool.
fn leave(shared: &Arc<Shared>) {
    let Exporter::Ours(exporter) = &shared.exporter else {
        shared.export_soon();
        return;
    };
    shared.reap();
    shared.state().safety.armed = None;
    if !shared.is_failing() || shared.spool.is_none() {
        hand_over(shared, exporter, true);
        leave_to_browser(shared, exporter);
    }
    interrupt_compression(shared, 0);
    if let Some(spool) = &shared.spool {
        let left = spool.leave(|| shared.spool_rest(exporter));
        platform::spawn(shared.clone().confirm(left));
    }
}

/// Takes the request that is being compressed: there may be no turn in which that would end. It is sent as it is if there is room
/// for it, and waits for the spool or for the pump if not.
fn interrupt_compression(shared: &Shared, room: usize) -> Option<Job> {
    let mut state = shared.state();
    let job = state.compressing.take()?;
    if job.payload.body.len() <= room {
        return Some(job);
    }
    state.park(job);
    None
}

/// Sends as requests that outlive the page, cut at span boundaries, as much as the browser allows.
fn hand_over(shared: &Arc<Shared>, exporter: &SpanExporter, is_leaving: bool) {
    loop {
        let room = unload::available();
        if room == 0 {
            interrupt_compression(shared, room);
            return;
        }
        let job = interrupt_compression(shared, room);
        let job = job.or_else(|| shared.encode(exporter, usize::MAX, Room::at_once(room, exporter)));
        let Some(job) = job else { return };
        if is_leaving && job.payload.body.len() > room {
            // As a plain request it would end with the page.
            shared.state().park(job);
            continue;
        }
        shared.before_sending(job.range);
        let sending = exporter.send(&job.payload, Delivery::Handover);
        let shared = shared.clone();
        platform::spawn(async move {
            let outcome = sending.await;
            shared.conclude_handover(job, outcome);
        });
    }
}

/// Leaves more of it to the browser, to be sent when the page is gone for good: `fetchLater` has a budget of its own.
fn leave_to_browser(shared: &Arc<Shared>, exporter: &SpanExporter) {
    let mut room = unload::MAX_BYTES;
    while platform::fetch_later::is_supported() {
        let Some(job) = shared.encode(exporter, usize::MAX, Room::at_once(room, exporter)) else { return };
        if job.payload.body.len() > room {
            shared.state().park(job);
            continue;
        }
        let Some(deferred) = exporter.defer(&job.payload) else {
            shared.state().park(job);
            return;
        };
        room -= job.payload.body.len();
        shared.before_sending(job.range);
        shared.state().safety.left.push((job, deferred));
    }
}
