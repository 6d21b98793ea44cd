// Short messages at the corner, read aloud politely. From anywhere:
//   document.dispatchEvent(new CustomEvent("toast", {detail: {text, tone: "good|attention|bad"}}))
//   detail.action = {text, run} adds a button (undo). A server answers htmx with the header
//   HX-Trigger: {"toast": {"text": "…"}}. Failed htmx requests say so by themselves.
import { word } from "./words.js";

const SECONDS = 8;

function show({ text, tone = "", action = null }) {
  const region = document.querySelector("[data-toasts]");
  if (!region || !text) return;
  const toast = document.createElement("div");
  toast.className = `toast${tone ? ` toast--${tone}` : ""}`;
  const sentence = document.createElement("p");
  sentence.textContent = text;
  toast.append(sentence);
  if (action) {
    toast.append(button(action.text, "btn btn--small", () => {
      toast.remove();
      action.run();
    }));
  }
  const close = button("×", "btn btn--icon", () => toast.remove());
  close.setAttribute("aria-label", word("close"));
  toast.append(close);
  region.append(toast);
  if (tone !== "bad") leaveLater(toast);
}

function button(text, className, run) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = text;
  made.addEventListener("click", run);
  return made;
}

/** It stays while a pointer or the focus is on it: nobody has to read against a clock. */
function leaveLater(toast) {
  let timer = 0;
  const start = () => {
    timer = window.setTimeout(() => toast.remove(), SECONDS * 1000);
  };
  const stop = () => window.clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, start);
  start();
}

document.addEventListener("toast", (event) => show(event.detail ?? {}));
document.addEventListener("htmx:sendError", () => show({ text: word("offline"), tone: "bad" }));
document.addEventListener("htmx:responseError", (event) => {
  const reference = event.detail?.xhr?.getResponseHeader("X-Reference") ?? "";
  show({ text: word("failed", { reference }), tone: "bad" });
});
