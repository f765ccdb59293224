// A question in; it is asked again and again while somebody looks at the page. Nothing is held open meanwhile: a browser has six
// connections to a server for all its pages, and streams would take them from those that load.

/**
 * Calls `ask(signal)` at once, and again so many milliseconds after it has ended as it gives; not while the page is hidden, and at once
 * when it is shown again. Gives the function that ends this.
 */
export function whileSeen(ask) {
  let asking = null;
  let timer = 0;

  async function run() {
    const mine = new AbortController();
    asking = mine;
    const pause = await ask(mine.signal);
    if (asking === mine) {
      timer = setTimeout(run, pause);
    }
  }

  function stop() {
    clearTimeout(timer);
    asking?.abort();
    asking = null;
  }

  function onVisibility() {
    stop();
    if (!document.hidden) {
      run();
    }
  }

  document.addEventListener("visibilitychange", onVisibility);
  onVisibility();
  return () => {
    document.removeEventListener("visibilitychange", onVisibility);
    stop();
  };
}
