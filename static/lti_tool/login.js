// The first step of a launch inside a frame: see which rung of the ladder holds, then go on.
import { ask } from "./platform_storage.js";

const page = document.querySelector("[data-launch-login]");
const { continue: next, storageKey: key, secret, ticket, windowUrl } = page.dataset;
// At first a choice may come any moment; a window that stands open for long is asked about rarely.
const LONGEST_WAIT = 20000;
let patience = 1500;

function show(step) {
  for (const part of page.querySelectorAll("[data-step]")) part.hidden = part.dataset.step !== step;
}

// Whether a cookie like ours is kept here. It is tried and not asked: browsers say yes too easily.
function cookieSticks() {
  const name = "__Host-lti-try";
  const rest = "; Path=/; Secure; SameSite=None; Partitioned";
  try {
    document.cookie = `${name}=1${rest}`;
    const kept = document.cookie.includes(`${name}=1`);
    document.cookie = `${name}=; Max-Age=0${rest}`;
    return kept;
  } catch {
    return false;
  }
}

async function storageKeeps() {
  if (!page.dataset.storage) return false;
  const answer = await ask("lti.put_data", { key, value: secret }, page.dataset);
  return Boolean(answer) && answer.value === secret;
}

// The choice that a teacher makes in the other window goes to the LMS from this frame.
async function look() {
  try {
    const answer = await fetch(windowUrl, { method: "POST", body: new URLSearchParams({ ticket }) });
    const found = answer.ok ? await answer.json() : {};
    if (found.token) {
      const form = page.querySelector("[data-answer]");
      form.action = found.action;
      form.elements.JWT.value = found.token;
      return form.submit();
    }
  } catch {
    // The next look may succeed.
  }
  patience = Math.min(patience * 1.3, LONGEST_WAIT);
  setTimeout(look, patience);
}

// The other window asks for its ticket where cookies are refused everywhere.
window.addEventListener("message", ({ data, origin, source }) => {
  if (origin !== location.origin || !data || data.subject !== "lti.get_data") return;
  source.postMessage({ subject: "lti.get_data.response", message_id: data.message_id, key: data.key, value: ticket }, origin);
});

page.querySelector("[data-open-window]").addEventListener("submit", () => {
  setTimeout(() => {
    show("opened");
    page.querySelector("[data-step=opened] h1").focus();
  });
  setTimeout(look, patience);
});

if (cookieSticks() || (await storageKeeps())) location.replace(next);
else show("window");
