// How a person wants their pages. Of a person whom the tool knows they come with the page
// (#preferences) and go to the server (<body data-preferences>), because the frame of an LMS may be
// refused storage; of anybody else they stay on the device, where it allows that.
import { keep, read } from "./storage.js";

const PAUSE = 300; // dragging a pane changes its width many times
const address = document.body.dataset.preferences;
const given = JSON.parse(document.getElementById("preferences")?.textContent ?? "{}");
const changed = {};
let waiting = null;

/** What the person chose, or null. */
export const preference = (name) => (address ? (given[name] ?? null) : read(name));

export function prefer(name, value) {
  if (!address) return void keep(name, value);
  given[name] = value;
  changed[name] = value;
  window.clearTimeout(waiting);
  waiting = window.setTimeout(queue, PAUSE);
}

async function send() {
  const sent = { ...changed };
  if (!Object.keys(sent).length) return;
  for (const name of Object.keys(sent)) delete changed[name];
  const headers = { "Content-Type": "application/json", "X-CSRFToken": document.body.dataset.csrf };
  const body = JSON.stringify(sent);
  try {
    const answer = await fetch(address, { method: "POST", keepalive: true, headers, body });
    if (answer.status < 500) return;
  } catch {
    // The network: it goes with the next change. Until then the choice holds for this page.
  }
  for (const [name, value] of Object.entries(sent)) changed[name] ??= value;
}

// One after another, so that the newest choice is the last that arrives.
let sending = Promise.resolve();
const queue = () => (sending = sending.then(send));

window.addEventListener("pagehide", send);
document.addEventListener("prefer", (event) => prefer(...event.detail));
