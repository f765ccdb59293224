//! Which instrumentations there are: a list comes in, a handle to switch them goes out.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use opentelemetry_browser::Telemetry;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::http::config::Http;

#[wasm_bindgen]
extern "C" {
    /// Undoes what an instrumentation's script has done to the page.
    #[derive(Clone)]
    pub(crate) type Undo;
}

#[cfg(feature = "scripts")]
#[cfg_attr(feature = "bundle", wasm_bindgen(module = "/js/bundle.js"))]
#[cfg_attr(not(feature = "bundle"), wasm_bindgen(module = "/js/page.js"))]
extern "C" {
    // Every script imports page.js, and wasm-bindgen only takes those along that Rust imports: whatever is enabled, this does.
    fn quietly(undo: &Undo);
}

#[cfg(feature = "scripts")]
impl Undo {
    pub(crate) fn call(&self) {
        quietly(self);
    }
}

thread_local! {
    /// Those that run, by name: none is put around itself.
    static RUNNING: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Whether an instrumentation of this name runs.
pub(crate) fn runs(name: &str) -> bool {
    RUNNING.with_borrow(|running| running.contains(&name))
}

/// How many events are recorded of one page, from its load until it is left. Those beyond are [counted](Installed::left_out).
///
/// ```
/// use opentelemetry_browser_instrumentation::{Instrumentations, Limits};
///
/// let mut limits = Limits::default();
/// limits.events_per_page = 200;
/// let instrumentations = Instrumentations::recommended().with_limits(limits);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Of all instrumentations together. Default: 2,000.
    pub events_per_page: u32,
    /// Of each one. Default: 500.
    pub events_per_instrumentation: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { events_per_page: 2_000, events_per_instrumentation: 500 }
    }
}

/// What an instrumentation works with.
#[derive(Clone)]
#[non_exhaustive]
pub struct Setup {
    /// The pipeline that it records into.
    pub telemetry: Telemetry,
    /// What is to be done with requests.
    pub http: Http,
    state: Rc<State>,
    room: Rc<Room>,
}

/// What is known of one instrumentation while it runs.
struct State {
    name: &'static str,
    is_on: Cell<bool>,
    /// How many events it has recorded, and left out.
    recorded: Cell<u32>,
    left_out: Cell<u64>,
}

/// How many events all instrumentations may record.
#[derive(Default)]
struct Room {
    limits: Limits,
    recorded: Cell<u32>,
}

impl Setup {
    fn new(name: &'static str, telemetry: Telemetry, http: Http, room: Rc<Room>) -> Self {
        let state = State { name, is_on: Cell::new(true), recorded: Cell::default(), left_out: Cell::default() };
        Self { telemetry, http, state: Rc::new(state), room }
    }

    /// For one that runs by itself.
    #[cfg(feature = "fetch")]
    pub(crate) fn alone(name: &'static str, telemetry: Telemetry) -> Self {
        Self::new(name, telemetry, Http::new(), Rc::default())
    }

    /// By which name it is switched.
    pub fn name(&self) -> &'static str {
        self.state.name
    }

    /// Whether it may record one more event; counts it in either case. For instrumentations whose events cost nothing until they are made.
    pub fn takes_room(&self) -> bool {
        let (mine, all) = (self.state.recorded.get(), self.room.recorded.get());
        let has_room = mine < self.room.limits.events_per_instrumentation && all < self.room.limits.events_per_page;
        if has_room {
            self.state.recorded.set(mine + 1);
            self.room.recorded.set(all + 1);
        } else {
            self.leave_out();
        }
        has_room
    }

    /// Counts an event that is not recorded.
    pub fn leave_out(&self) {
        self.state.left_out.set(self.state.left_out.get() + 1);
    }

    /// Whether it shall record now: see [`Installed::set_enabled`].
    pub fn is_enabled(&self) -> bool {
        self.state.is_on.get()
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup").field("is_enabled", &self.is_enabled()).finish_non_exhaustive()
    }
}

/// What undoes an instrumentation.
pub struct Stop(Box<dyn FnOnce()>);

impl Stop {
    /// Calls this function when the instrumentation is uninstalled.
    pub fn new(undo: impl FnOnce() + 'static) -> Self {
        Self(Box::new(undo))
    }

    /// Of a script that was started; an error where it found nothing to instrument.
    #[cfg(feature = "scripts")]
    pub(crate) fn script(undo: Option<Undo>, lack: &str) -> Result<Self, String> {
        undo.map(|undo| Self::new(move || undo.call())).ok_or_else(|| lack.to_owned())
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stop")
    }
}

/// Something that records what a page does.
///
/// ```
/// use opentelemetry_browser_instrumentation::{Instrumentation, Instrumentations, Setup, Stop};
///
/// /// Counts nothing, and is there to be switched.
/// struct Nothing;
///
/// impl Instrumentation for Nothing {
///     fn name(&self) -> &'static str {
///         "nothing"
///     }
///     fn start(self: Box<Self>, _setup: Setup) -> Result<Stop, String> {
///         Ok(Stop::new(|| {}))
///     }
/// }
///
/// let instrumentations = Instrumentations::new().with(Nothing);
/// ```
pub trait Instrumentation {
    /// By which name it is switched.
    fn name(&self) -> &'static str;

    /// Starts it.
    ///
    /// # Errors
    /// Says what the page or the browser lacks.
    fn start(self: Box<Self>, setup: Setup) -> Result<Stop, String>;
}

/// A list of instrumentations, and how to install them.
///
/// ```no_run
/// use opentelemetry_browser_instrumentation::Instrumentations;
///
/// let telemetry = opentelemetry_browser::Telemetry::builder().install()?;
/// let installed = Instrumentations::recommended().install(&telemetry);
/// for (name, lack) in installed.unavailable() {
///     println!("{name} is not instrumented: {lack}");
/// }
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Default)]
pub struct Instrumentations {
    list: Vec<Box<dyn Instrumentation>>,
    http: Http,
    limits: Limits,
}

impl Instrumentations {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// All that are recommended, of those whose cargo features are enabled.
    pub fn recommended() -> Self {
        let list = Self::new();
        #[cfg(feature = "panic")]
        let list = list.with(crate::Panics::new());
        #[cfg(feature = "errors")]
        let list = list.with(crate::Errors::new());
        #[cfg(feature = "navigation")]
        let list = list.with(crate::Navigation::new());
        #[cfg(feature = "navigation-timing")]
        let list = list.with(crate::NavigationTiming::new());
        #[cfg(feature = "resource-timing")]
        let list = list.with(crate::ResourceTiming::new());
        #[cfg(feature = "web-vitals")]
        let list = list.with(crate::WebVitals::new());
        #[cfg(feature = "long-frames")]
        let list = list.with(crate::LongFrames::new());
        #[cfg(feature = "user-action")]
        let list = list.with(crate::UserActions::new());
        #[cfg(feature = "fetch")]
        let list = list.with(crate::Fetch::new());
        #[cfg(feature = "xhr")]
        let list = list.with(crate::Xhr::new());
        list
    }

    /// Adds one, in the place of one of the same name.
    #[must_use]
    pub fn with(mut self, instrumentation: impl Instrumentation + 'static) -> Self {
        self.add(Box::new(instrumentation));
        self
    }

    fn add(&mut self, instrumentation: Box<dyn Instrumentation>) {
        let name = instrumentation.name();
        self.list.retain(|listed| listed.name() != name);
        self.list.push(instrumentation);
    }

    /// Takes one out of the list.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.list.retain(|listed| listed.name() != name);
        self
    }

    /// The names of those in the list: what [`without`](Self::without) takes out, and [`Installed::set_enabled`] switches.
    ///
    /// ```
    /// use opentelemetry_browser_instrumentation::Instrumentations;
    ///
    /// assert!(Instrumentations::recommended().names().any(|name| name == "web-vitals"));
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.list.iter().map(|listed| listed.name())
    }

    /// What is to be done with requests, be they made by `fetch` or by `XMLHttpRequest`.
    #[must_use]
    pub fn with_http(mut self, http: Http) -> Self {
        self.http = http;
        self
    }

    /// How many events they may record.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds [`Panics`](crate::Panics), which [`recommended`](Self::recommended) has.
    #[cfg(feature = "panic")]
    #[must_use]
    pub fn with_panic_hook(self) -> Self {
        self.with(crate::Panics::new())
    }

    /// Starts them. One that the page or the browser has nothing for is left out, and [told](Installed::unavailable).
    pub fn install(self, telemetry: &Telemetry) -> Installed {
        let room = Rc::new(Room { limits: self.limits, recorded: Cell::default() });
        let mut installed = Installed { running: Vec::new(), unavailable: Vec::new() };
        for instrumentation in self.list {
            let name = instrumentation.name();
            if runs(name) {
                installed.unavailable.push((name, "it is installed already".to_owned()));
                continue;
            }
            let setup = Setup::new(name, telemetry.clone(), self.http.clone(), room.clone());
            let state = setup.state.clone();
            match instrumentation.start(setup) {
                Ok(stop) => {
                    RUNNING.with_borrow_mut(|running| running.push(name));
                    installed.running.push(Running { state, stop });
                }
                Err(lack) => installed.unavailable.push((name, lack)),
            }
        }
        installed
    }
}

impl fmt::Debug for Instrumentations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

struct Running {
    state: Rc<State>,
    stop: Stop,
}

/// Instrumentations that run. Dropping this changes nothing: they go on.
pub struct Installed {
    running: Vec<Running>,
    unavailable: Vec<(&'static str, String)>,
}

impl Installed {
    /// Switches one on or off, now; what it has begun it ends. False, if none of this name runs.
    pub fn set_enabled(&self, name: &str, enabled: bool) -> bool {
        let found = self.running.iter().find(|running| running.state.name == name);
        found.inspect(|running| running.state.is_on.set(enabled)).is_some()
    }

    /// How many events each has left out: for want of [room](Limits), or because they were the same again.
    pub fn left_out(&self) -> Vec<(&'static str, u64)> {
        let count = |running: &Running| (running.state.name, running.state.left_out.get());
        self.running.iter().map(count).filter(|(_, count)| *count > 0).collect()
    }

    /// Those that could not be started, and what the page or the browser lacks for them.
    pub fn unavailable(&self) -> &[(&'static str, String)] {
        &self.unavailable
    }

    /// Ends all of them. What they have put into the page is taken out of it; where others have put something around it, it stays, and
    /// does nothing any more.
    pub fn uninstall(self) {
        for running in self.running.into_iter().rev() {
            running.state.is_on.set(false);
            (running.stop.0)();
            RUNNING.with_borrow_mut(|names| names.retain(|name| *name != running.state.name));
        }
    }
}

impl fmt::Debug for Installed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.running.iter().map(|running| running.state.name).collect();
        f.debug_struct("Installed").field("running", &names).field("unavailable", &self.unavailable).finish()
    }
}
