// One page, one main thread, and for each of the compared a frame: its globals, and what it patches, are its own.
const frames = new Map();

/** Opens the frame of one of the compared. */
async function open(name) {
    const frame = document.createElement("iframe");
    frame.src = `frame.html?peer=${name}`;
    document.body.append(frame);
    await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
    await frame.contentWindow.ready;
    frames.set(name, frame.contentWindow);
    return frame.contentWindow.peer.features;
}

/** Calls one of a frame's measurements. */
const run = (name, measurement, ...args) => frames.get(name).measurements[measurement](...args);

window.bench = { open, run, featuresOf: (name) => frames.get(name).peer.features };
document.documentElement.dataset.ready = "true";
