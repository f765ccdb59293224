// What the page was served with, what its user changed, and what the form says: in and out of plain settings objects
// { endpoint, serviceName, sampleRatio }, which are also options of init.

import { text } from "./language.js";

const KEY = "inprocess.settings";
const VERSION = 1;

/** The defaults: the server's meta tags, and the options of init for the rest. */
export function defaultSettings(meta) {
  return { endpoint: meta("otlp-endpoint"), serviceName: "inprocess", sampleRatio: 1 };
}

/** The options of init for some settings. Logs go to an endpoint that is known to take them, and to no other. */
export function initOptions(settings, logsEndpoint) {
  return { ...settings, logs: logsEndpoint !== "" && settings.endpoint === logsEndpoint };
}

/** The defaults with what was remembered on top. What is of another form, or cannot be read, is ignored. */
export function loadSettings(defaults, storage) {
  const settings = { ...defaults };
  const remembered = read(storage);
  for (const [name, value] of Object.entries(defaults)) {
    if (Object.hasOwn(remembered, name) && typeof remembered[name] === typeof value) {
      settings[name] = remembered[name];
    }
  }
  return settings;
}

/** Remembers only what differs from the defaults, so that a server that moves to another port is followed. */
export function saveSettings(settings, defaults, storage) {
  const changed = Object.entries(settings).filter(([name, value]) => value !== defaults[name]);
  try {
    if (changed.length === 0) {
      storage().removeItem(KEY);
    } else {
      storage().setItem(KEY, JSON.stringify({ version: VERSION, ...Object.fromEntries(changed) }));
    }
  } catch {
    // Storage is denied or full: the settings hold for as long as the page lives.
  }
}

/** The texts of the form as settings. What a text says about its value is checked by init; that it is a number, here. */
export function parseSettings({ endpoint, serviceName, sampleRatio }) {
  const ratio = sampleRatio.trim();
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(ratio)) {
    const given = ratio === "" ? text("settings.ratio.empty") : text("settings.ratio.no-number", { text: ratio });
    throw new Error(text("settings.ratio", { given }));
  }
  return { endpoint: endpoint.trim(), serviceName: serviceName.trim(), sampleRatio: Number(ratio) };
}

// `storage` is a function because the mere look at `localStorage` throws where it is denied.
function read(storage) {
  try {
    const remembered = JSON.parse(storage().getItem(KEY));
    return remembered?.version === VERSION ? remembered : {};
  } catch {
    return {};
  }
}
