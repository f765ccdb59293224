// Wires the page: clicks go to the wasm module, its results, spans, events and counts to the page.

import { Activity } from "./activity.js";
import { showActivity } from "./activity-view.js";
import { parseId } from "./id.js";
import { language, preferredLanguage, rememberLanguage, setLanguage, text } from "./language.js";
import { inspectFiles, loadModule } from "./load.js";
import { Lookups } from "./lookups.js";
import {
  actionProblem, fetchProblem, initProblem, loadProblem, messageOf, sendingProblem, undeliveredProblem,
} from "./problem.js";
import { SendingWatch, statusLine } from "./sending.js";
import { defaultSettings, initOptions, loadSettings, parseSettings, saveSettings } from "./settings.js";
import { Telemetry } from "./telemetry.js";
import { page as chinese } from "./texts/zh.js";
import { translate } from "./translate.js";
import { fillSettings, readSettings, say, sayAgain, setText, showAnswer, showProblems, showTrace, showViewer } from "./view.js";
import { showLookups } from "./waterfall.js";

const STATUS_INTERVAL_MS = 500;
const INSTRUMENTATIONS = ["errors", "navigation-timing", "user-action", "web-vitals"];

const element = (id) => document.getElementById(id);
const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;
const storage = () => localStorage;

const viewer = { url: meta("viewer-url"), name: meta("viewer-name") };
const usersUrl = meta("users-url");
const defaults = defaultSettings(meta);
const logsEndpoint = meta("otlp-logs");
const problems = new Map();
const [lookups, activity] = [new Lookups(), new Activity()];
let watch = new SendingWatch();
let status = () => text("status.loading");
let endpoint = defaults.endpoint;
// What is to be drawn in the next frame: what is drawn anew loses the focus.
const undrawn = new Set();
let timer;

element("stalled").remove();
speak(preferredLanguage(navigator.languages ?? [], storage));
element("language").addEventListener("click", () => {
  const other = element("language").lang;
  rememberLanguage(other, storage);
  speak(other);
});
showViewer(viewer);
fillSettings(loadSettings(defaults, storage));

const module = await loadModule().catch(async (error) => {
  const findings = await inspectFiles();
  showStatus(() => text("status.stopped"));
  setProblem("load", () => loadProblem(error, findings));
});
if (module) {
  run(new Telemetry(module, optionsOf));
}

/** All of the page in a language, what the scripts have said included. */
function speak(name) {
  setLanguage(name);
  document.documentElement.lang = language();
  translate(document, language() === "zh" ? chinese : null);
  showStatus(status);
  sayAgain();
  showProblemsNow();
  drawSoon(drawLookups);
  drawSoon(drawActivity);
}

// What the module tells is drawn in the next frame: no lookup waits for that.
function drawSoon(part) {
  if (undrawn.size === 0) {
    requestAnimationFrame(() => {
      const parts = [...undrawn];
      undrawn.clear();
      parts.forEach((draw) => draw());
    });
  }
  undrawn.add(part);
}

function drawLookups() {
  const all = lookups.list();
  if (all.length > 0) {
    showTrace(all[0], viewer);
  }
  showLookups(all, viewer);
}

function drawActivity() {
  showActivity(activity.summary(), { endpoint, areSent: endpoint === logsEndpoint });
}

function optionsOf(settings) {
  return {
    ...initOptions(settings, logsEndpoint),
    instrumentations: INSTRUMENTATIONS,
    onSpan: (span) => lookups.add(span) && drawSoon(drawLookups),
    onEvent: (event) => activity.add(event) && drawSoon(drawActivity),
  };
}

function run(telemetry) {
  start(telemetry);
  const refresh = () => showSending(telemetry);

  const act = (action) => {
    try {
      action();
      setProblem("action", null);
    } catch (error) {
      setProblem("action", () => actionProblem(error));
    }
    refresh();
  };
  const show = (asked, answer, result) => {
    console.info(`${asked} trace ${result.traceId}${result.sampled ? "" : " (not sampled)"}`);
    showAnswer(asked, answer);
    showTrace(result, viewer);
    lookups.answered({ asked, ...result });
    drawSoon(drawLookups);
  };
  // Of requests that are under way together only the last one's answer is shown.
  let latest;
  const overHttp = async (asked, promise, answerOf) => {
    latest = promise;
    const [result, failure] = await promise.then((found) => [found, null], (error) => [error, error]);
    if (latest === promise) {
      show(asked, failure ? null : answerOf(result), result);
      setProblem("action", failure && (() => fetchProblem(failure)));
      refresh();
    }
  };
  const isOverHttp = () => element("over-http").checked;
  const lookUp = (id) => {
    latest = null;
    if (isOverHttp()) {
      overHttp(`GET /api/users/${id}`, module.fetchUser(usersUrl, id), ({ user }) => user);
    } else {
      const result = module.getUser(id);
      show(`GetUser(${id})`, result.user, result);
    }
  };

  element("lookup-100").addEventListener("click", () => act(() => lookUp(100)));
  element("lookup-1").addEventListener("click", () => act(() => lookUp(1)));
  element("lookup-form").addEventListener("submit", (event) => {
    event.preventDefault();
    act(() => {
      markIdField(true);
      lookUp(parseId(element("id").value));
      markIdField(false);
    });
  });
  element("run-main").addEventListener("click", () => act(() => {
    latest = null;
    if (isOverHttp()) {
      overHttp("main (HTTP)", module.fetchMain(usersUrl), ({ users }) => users);
    } else {
      const result = module.runMain();
      show("main", result.users, result);
    }
  }));

  const flush = async () => {
    // The settings, and with them the watch, may change meanwhile.
    const watched = watch;
    try {
      await module.flush();
    } catch (error) {
      watched.failed(messageOf(error));
    }
    refresh();
  };
  element("flush").addEventListener("click", flush);
  // Who follows a link wants to find the trace there.
  for (const id of ["trace", "earlier"]) {
    element(id).addEventListener("click", (event) => event.target.closest("a") && flush());
  }

  const apply = (settings) => {
    changeSettings(telemetry, settings);
    refresh();
  };
  element("settings").addEventListener("submit", (event) => {
    event.preventDefault();
    try {
      apply(parseSettings(readSettings()));
    } catch (error) {
      refuseSettings(error);
    }
  });
  element("reset").addEventListener("click", () => apply(defaults));

  const follow = () => {
    clearInterval(timer);
    if (!document.hidden) {
      refresh();
      timer = setInterval(refresh, STATUS_INTERVAL_MS);
    }
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}

// Remembered settings that init refuses, perhaps those of an older version, give way to the defaults.
function start(telemetry) {
  const remembered = loadSettings(defaults, storage);
  try {
    try {
      telemetry.start(remembered);
    } catch (error) {
      telemetry.start(defaults);
      fillSettings(defaults);
      saveSettings(defaults, defaults, storage);
      refuseSettings(error, "settings.gave-way");
    }
  } catch (error) {
    showStatus(() => text("status.stopped"));
    setProblem("load", () => initProblem(error));
  }
  setReady(telemetry);
}

function changeSettings(telemetry, settings) {
  const { refused, undelivered } = telemetry.change(settings);
  setProblem("undelivered", null);
  undelivered.then((error) => error && setProblem("undelivered", () => undeliveredProblem(error)));
  watch = new SendingWatch();
  if (refused) {
    refuseSettings(refused, telemetry.running ? "settings.previous" : null);
  } else {
    setProblem("load", null);
    fillSettings(settings);
    saveSettings(settings, defaults, storage);
    say("settings-problem");
    say("settings-note", () => text("settings.in-use", { service: settings.serviceName, endpoint: settings.endpoint }));
  }
  setReady(telemetry);
}

function refuseSettings(error, addition = null) {
  say("settings-note");
  say("settings-problem", () => messageOf(error) + (addition ? `\n${text(addition)}` : ""));
}

// A wrong id is described by the problem shown for it.
function markIdField(wrong) {
  element("id").setAttribute("aria-invalid", String(wrong));
  element("id").setAttribute("aria-describedby", wrong ? "problem" : "");
}

function setReady({ running, settings }) {
  endpoint = settings?.endpoint ?? endpoint;
  drawSoon(drawActivity);
  document.documentElement.dataset.ready = String(running);
  element("actions").disabled = !running;
  element("flush").disabled = !running;
  element("settings-fields").disabled = false;
}

function showStatus(make) {
  status = make;
  setText("status", make());
}

function showSending(telemetry) {
  if (!telemetry.running) {
    return;
  }
  const stats = module.stats();
  showStatus(() => statusLine(stats));
  const { failure, delivered } = watch.observe(stats);
  if (delivered) {
    setProblem("undelivered", null);
  }
  const place = { endpoint: telemetry.settings.endpoint, origin: location.origin };
  setProblem("sending", failure && (() => sendingProblem(failure, place)));
}

function setProblem(kind, make) {
  problems.set(kind, make);
  showProblemsNow();
}

function showProblemsNow() {
  showProblems([...problems.values()].filter((make) => make).map((make) => make()));
}
