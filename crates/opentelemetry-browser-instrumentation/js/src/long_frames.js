// Frames and tasks of more than 50 ms, with the script that they blame.
import { observe, redact, starting } from "./page.js";

const script = (longest) =>
  longest && {
    "browser.script.url": longest.sourceURL ? redact(longest.sourceURL) : undefined,
    "browser.script.function": longest.sourceFunctionName || undefined,
    "browser.script.invoker": longest.invokerType,
    "browser.script.duration": longest.duration,
    "browser.script.forced_layout_duration": longest.forcedStyleAndLayoutDuration,
  };

/** Watches; the first takes frames, or where the engine has none of them the second takes tasks. */
export const watchLongFrames = (frame, task) => starting((undo) => {
  const observer =
    observe("long-animation-frame", (entries) => {
      for (const entry of entries) {
        const longest = [...(entry.scripts ?? [])].sort((a, b) => b.duration - a.duration)[0];
        frame(
          {
            "browser.long_animation_frame.duration": entry.duration,
            "browser.long_animation_frame.blocking_duration": entry.blockingDuration,
            "browser.long_animation_frame.render_start": entry.renderStart,
            "browser.long_animation_frame.style_and_layout_start": entry.styleAndLayoutStart,
            "browser.long_animation_frame.script_count": entry.scripts?.length,
            ...script(longest),
          },
          entry.startTime,
        );
      }
    }) ??
    observe("longtask", (entries) => {
      for (const entry of entries) task({ "browser.long_task.duration": entry.duration }, entry.startTime);
    });
  if (!observer) return false;
  undo.push(observer.flush, observer.stop);
});
