// Keyboard shortcuts: registered with a group and a label, run when pressed, listed for the help.

const groups = [];

/**
 * `shortcuts` are { keys, label, run }: keys as KeyboardEvent.key has them, with "Shift+" in front where a letter or a named key
 * needs it; `shown`, if the help is to say something else; `when`, if they do not always apply. Gives a function that takes them
 * back.
 */
export function addShortcuts(title, shortcuts) {
  const group = { title, shortcuts };
  groups.push(group);
  return () => groups.splice(groups.indexOf(group), 1);
}

export const shortcutGroups = () => groups;

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || busy(event)) {
    return;
  }
  const key = nameOf(event);
  for (const { shortcuts } of groups.toReversed()) {
    const found = shortcuts.find(({ keys, when }) => keys.includes(key) && (when?.(event) ?? true));
    if (found) {
      event.preventDefault();
      found.run(event);
      return;
    }
  }
});

/** "e", "Shift+E", "?": signs that need Shift on some keyboards are named for themselves. With Caps Lock a letter is the one that is meant. */
function nameOf(event) {
  const { key, shiftKey } = event;
  if (key.length > 1) {
    return shiftKey ? `Shift+${key}` : key;
  }
  const isUpper = key !== key.toLowerCase();
  const isShifted = event.getModifierState("CapsLock") ? shiftKey && key.toLowerCase() !== key.toUpperCase() : isUpper;
  return isShifted ? `Shift+${key.toUpperCase()}` : key.toLowerCase();
}

/** Fields take their own keys, and so does an open dialog; buttons and links take Enter and the space bar. */
function busy({ target, key }) {
  if (document.querySelector("dialog[open]")) {
    return true;
  }
  if (!(target instanceof Element)) {
    return false;
  }
  const field = target.closest("input, select, textarea, [contenteditable], [data-keys=own]");
  const control = target.closest("button, a[href], summary");
  return Boolean(field) || (Boolean(control) && (key === "Enter" || key === " "));
}
