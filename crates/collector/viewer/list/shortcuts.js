// What the list can do in, its keyboard shortcuts out.

import { mapPath } from "../shared/base.js";
import { addShortcuts } from "../shared/keys.js";

export function listShortcuts({ walk, toggle, search, compare, pause, reload, upload, download }) {
  const anyRow = () => walk.current() !== null;
  addShortcuts("List", [
    { keys: ["j", "ArrowDown"], label: "Next trace", run: () => walk.move(1), when: anyRow },
    { keys: ["k", "ArrowUp"], label: "Previous trace", run: () => walk.move(-1), when: anyRow },
    { keys: ["Home"], label: "First trace", run: () => walk.move(-Infinity), when: anyRow },
    { keys: ["End"], label: "Last trace", run: () => walk.move(Infinity), when: anyRow },
    // Its link does it: this is for the help.
    { keys: ["Enter"], label: "Open the trace", run() {}, when: () => false },
    { keys: ["x"], label: "Select the trace", run: () => toggle(walk.current()), when: anyRow },
    { keys: ["c"], label: "Compare two selected traces", run: compare },
    { keys: ["d"], label: "Download the selected traces, or all that are shown", run: download },
    { keys: ["u"], label: "Upload files", run: upload },
    { keys: ["p"], label: "Pause, or resume", run: pause },
    { keys: ["r"], label: "Ask for the list anew", run: reload },
    { keys: ["/"], label: "Search", run: search },
    { keys: ["m"], label: "Map of services", run: () => location.assign(mapPath()) },
  ]);
}
