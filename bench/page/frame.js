// The measurements of one of the compared. Times are in milliseconds.
const name = new URLSearchParams(location.search).get("peer");

/**
 * The longest time for which the event loop did not come round while `work` was under way. A message that is answered by
 * the next one comes round at once, unless a task keeps it; so no task was longer than this.
 */
async function longestPause(work) {
    const { port1, port2 } = new MessageChannel();
    let [last, longest, ended] = [performance.now(), 0, false];
    port2.onmessage = () => {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
        if (!ended) port1.postMessage(null);
    };
    port1.postMessage(null);
    await work();
    ended = true;
    port1.close();
    return longest;
}

window.ready = (async () => {
    const peer = await import(`./${name}.js`);
    await peer.load();
    window.peer = peer;
    window.measurements = {
        start: (options) => peer.start(options),
        stop: () => peer.stop(),
        flush: () => peer.flush(),
        record: (trees) => {
            const begun = performance.now();
            peer.record(trees);
            return performance.now() - begun;
        },
        longestPauseOfFlush: () => longestPause(() => peer.flush()),
        memoryBytes: () => peer.memoryBytes?.() ?? 0,
        ...peer.measurements,
    };
})();
