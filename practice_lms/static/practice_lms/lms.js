// Practice LMS: forms that send themselves, and the messages that tools in a frame may post.
import { answering, subject } from "./postmessages.js";

const frame = document.querySelector("iframe.tool");

// A tool may ask for its values at once, so the frame that keeps them must be there first.
function loaded(other) {
  return new Promise((done) => {
    const { contentDocument: page } = other;
    if (page?.URL !== "about:blank" && page?.readyState === "complete") done();
    other.addEventListener("load", done);
    setTimeout(done, 3000);
  });
}


// After deep linking the tool's frame shows our page: leave the frame when all went well.
const leaving = document.querySelector("[data-leave]");
if (leaving && window.top !== window.self) window.top.location.assign(leaving.dataset.leave);

// While a tool registers itself in another window, look whether it has arrived.
const waiting = document.querySelector("[data-wait]");
async function look() {
  try {
    const answer = await fetch(waiting.dataset.wait);
    if (answer.ok && (await answer.json()).arrived) return location.reload();
  } catch {
    // The next look may succeed; the page says that reloading helps too.
  }
  setTimeout(look, 2000);
}
if (waiting) {
  setTimeout(look, 2000);
  window.addEventListener("message", (event) => {
    if (subject(event.data) === "org.imsglobal.lti.close") location.reload();
  });
}

if (frame) {
  const { storage, height } = frame.dataset;
  const named = storage && storage !== "_parent" ? storage : undefined;
  const answer = answering({ stores: storage === "_parent", frame: named });
  const origins = frame.dataset.origins.split(" ");
  if (Number(height) > 0) resize(height);
  window.addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || !origins.includes(event.origin)) return;
    if (subject(event.data) === "lti.frameResize") resize(event.data.height);
    else answer(event);
  });
}

function resize(height) {
  if (Number(height) > 0) frame.style.height = `${Math.min(Math.max(Number(height), 320), 20000)}px`;
}

const keeper = document.querySelector('iframe[src="/storage-frame"]');
if (keeper) await loaded(keeper);
for (const form of document.querySelectorAll("form[data-auto]")) form.submit();
