// What a page does while instrumentations look on.
const wait = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** Requests, one after the other, each read to its end; and what is done about them afterwards. */
export async function fetches(count) {
    for (let i = 0; i < count; i++) await (await fetch(`frame.html?${i}`)).text();
    await wait(500);
}

let button;

/** A button with a listener that does nothing. It is there before it counts: others put something around each listener. */
export function prepare() {
    button = document.createElement("button");
    button.id = "button";
    document.body.append(button);
    button.addEventListener("click", () => {});
}

/** Clicks, each in a task of its own; and what is done about them afterwards. */
export async function clicks(count) {
    for (let i = 0; i < count; i++) {
        button.click();
        await wait(0);
    }
    await wait(500);
}
