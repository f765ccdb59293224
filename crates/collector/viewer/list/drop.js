// Files that are dragged over the page in; out the files that are dropped, and a sign that they can be.

/** Takes what is dropped anywhere; `overlay` is shown while files are over the page. Gives a function that ends it. */
export function takeDrops(overlay, onFiles) {
  // Each element on the way tells of its own: the page is left when as many were left as entered.
  let depth = 0;
  const listeners = {
    dragenter(event) {
      if (hasFiles(event)) {
        event.preventDefault();
        depth += 1;
        overlay.hidden = false;
      }
    },
    dragover(event) {
      if (hasFiles(event)) {
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
      }
    },
    dragleave(event) {
      if (hasFiles(event)) {
        depth = Math.max(0, depth - 1);
        overlay.hidden = depth === 0;
      }
    },
    drop(event) {
      depth = 0;
      overlay.hidden = true;
      if (hasFiles(event)) {
        // Otherwise the browser would leave the page to show the file.
        event.preventDefault();
        onFiles([...event.dataTransfer.files]);
      }
    },
  };
  for (const [name, listener] of Object.entries(listeners)) {
    window.addEventListener(name, listener);
  }
  return () => Object.entries(listeners).forEach(([name, listener]) => window.removeEventListener(name, listener));
}

function hasFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
