// A Chromium of its own, driven through its DevTools protocol: the program's path in, functions out. Nothing is installed for it.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ARGUMENTS = ["--headless=new", "--no-sandbox", "--no-first-run", "--remote-debugging-port=0", "--window-size=1280,900", "about:blank"];

/** { send, waitFor, close }: commands to one page, and the next event of a name. */
export async function startChromium(program) {
  const profile = await mkdtemp(join(tmpdir(), "viewer-bench-"));
  const process = spawn(program, [`--user-data-dir=${profile}`, ...ARGUMENTS], { stdio: ["ignore", "ignore", "pipe"] });
  const socket = new WebSocket(await debuggerUrl(process));
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error("Chromium refuses the connection to its DevTools.")));
  });
  const answers = new Map();
  const events = new Map();
  let last = 0;
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    if (message.id) {
      answers.get(message.id)(message);
      answers.delete(message.id);
    } else {
      events.get(message.method)?.(message.params);
      events.delete(message.method);
    }
  });
  const call = async (method, params, sessionId) => {
    const id = ++last;
    const answer = new Promise((resolve) => answers.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params, sessionId }));
    const { result, error } = await answer;
    if (error) {
      throw new Error(`${method}: ${error.message}`);
    }
    return result;
  };
  const { targetId } = await call("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
  return {
    send: (method, params = {}) => call(method, params, sessionId),
    waitFor: (event) => new Promise((resolve) => events.set(event, resolve)),
    async close() {
      const ended = new Promise((resolve) => process.once("exit", resolve));
      await call("Browser.close").catch(() => process.kill());
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

function debuggerUrl(process) {
  return new Promise((resolve, reject) => {
    let text = "";
    process.stderr.on("data", (piece) => {
      text += piece;
      const found = /DevTools listening on (\S+)/.exec(text);
      if (found) {
        resolve(found[1]);
      }
    });
    process.on("error", reject);
    process.on("exit", () => reject(new Error(`Chromium ended:\n${text}`)));
  });
}
