// Wires the page: clicks go to the wasm module, its results and counts to the page.

import { parseId } from "./id.js";
import { inspectFiles, loadModule } from "./load.js";
import {
  actionProblem, fetchProblem, initProblem, loadProblem, messageOf, sendingProblem, undeliveredProblem,
} from "./problem.js";
import { SendingWatch, statusLine } from "./sending.js";
import { defaultSettings, initOptions, loadSettings, parseSettings, saveSettings } from "./settings.js";
import { Telemetry } from "./telemetry.js";
import { fillSettings, readSettings, setMessage, setText, showProblems, showResult, showViewer } from "./view.js";

const STATUS_INTERVAL_MS = 500;

const element = (id) => document.getElementById(id);
const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;
const storage = () => localStorage;

const viewer = { url: meta("viewer-url"), name: meta("viewer-name") };
const usersUrl = meta("users-url");
const defaults = defaultSettings(meta);
const logsEndpoint = meta("otlp-logs");
const problems = new Map();
let watch = new SendingWatch();
let timer;

element("stalled").remove();
showViewer(viewer);
fillSettings(loadSettings(defaults, storage));

const module = await loadModule().catch(async (error) => {
  setText("status", "Not running.");
  setProblem("load", loadProblem(error, await inspectFiles()));
});
if (module) {
  run(new Telemetry(module, (settings) => initOptions(settings, logsEndpoint)));
}

function run(telemetry) {
  start(telemetry);
  const refresh = () => showSending(telemetry);

  const act = (action) => {
    try {
      action();
      setProblem("action", null);
    } catch (error) {
      setProblem("action", actionProblem(error));
    }
    refresh();
  };
  const show = (asked, answer, result) => {
    console.info(`${asked} trace ${result.traceId}${result.sampled ? "" : " (not sampled)"}`);
    showResult(asked, answer, result, viewer);
  };
  // Of requests that are under way together only the last one's answer is shown.
  let latest;
  const overHttp = async (asked, promise, answerOf) => {
    latest = promise;
    const [result, problem] = await promise.then((found) => [found, null], (error) => [error, fetchProblem(error)]);
    if (latest === promise) {
      show(asked, problem ? null : answerOf(result), result);
      setProblem("action", problem);
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
      overHttp("main over HTTP", module.fetchMain(usersUrl), ({ users }) => users);
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
  // Who follows the link wants to find the trace there.
  element("trace").addEventListener("click", (event) => event.target.closest("a") && flush());

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
      refuseSettings(error, "\nThe remembered settings gave way to the defaults.");
    }
  } catch (error) {
    setText("status", "Not running.");
    setProblem("load", initProblem(error));
  }
  setReady(telemetry);
}

function changeSettings(telemetry, settings) {
  const { refused, undelivered } = telemetry.change(settings);
  setProblem("undelivered", null);
  undelivered.then((error) => error && setProblem("undelivered", undeliveredProblem(error)));
  watch = new SendingWatch();
  if (refused) {
    refuseSettings(refused, telemetry.running ? "\nThe previous settings stay in use." : "");
  } else {
    setProblem("load", null);
    fillSettings(settings);
    saveSettings(settings, defaults, storage);
    setMessage("settings-problem", "");
    setText("settings-note", `In use: spans of “${settings.serviceName}” go to ${settings.endpoint}.`);
  }
  setReady(telemetry);
}

function refuseSettings(error, addition = "") {
  setText("settings-note", "");
  setMessage("settings-problem", messageOf(error) + addition);
}

// A wrong id is described by the problem shown for it.
function markIdField(wrong) {
  element("id").setAttribute("aria-invalid", String(wrong));
  element("id").setAttribute("aria-describedby", wrong ? "problem" : "");
}

function setReady({ running }) {
  document.documentElement.dataset.ready = String(running);
  element("actions").disabled = !running;
  element("flush").disabled = !running;
  element("settings-fields").disabled = false;
}

function showSending(telemetry) {
  if (!telemetry.running) {
    return;
  }
  const stats = module.stats();
  setText("status", statusLine(stats));
  const { failure, delivered } = watch.observe(stats);
  if (delivered) {
    setProblem("undelivered", null);
  }
  const place = { endpoint: telemetry.settings.endpoint, origin: location.origin };
  setProblem("sending", failure && sendingProblem(failure, place));
}

function setProblem(kind, problem) {
  problems.set(kind, problem);
  showProblems([...problems.values()].filter((each) => each !== null));
}
