// Copies of unsaved forms on this device: written while something is not saved, gone once it is.
import { forget, keep, keys, read } from "./storage.js";
import { word } from "./words.js";

const DAYS = 14;
// What a page says about itself is new each time it is opened, and nobody typed it.
const OF_THE_PAGE = new Set(["page", "revision", "stage"]);

/** True when the copy is really there. */
export function hold(url, fields) {
  const typed = fields.filter(([name]) => !OF_THE_PAGE.has(name));
  return keep(`draft:${url}`, { at: Date.now(), fields: typed });
}

export function drop(url) {
  forget(`draft:${url}`);
}

/** Copies that nobody came back for do not stay on a shared computer. */
export function sweep(now = Date.now()) {
  for (const key of keys("draft:")) {
    const draft = read(key);
    if (!draft || now - draft.at > DAYS * 86_400_000) forget(key);
  }
}

/** Where a copy differs from what the page shows, ask which one is meant; never overwrite alone. */
export function offer(form, url, shown) {
  const draft = read(`draft:${url}`);
  if (!draft) return;
  // A page may meanwhile have fields that the copy never had; what it has must agree, in its order.
  const valuesOf = (fields, name) => JSON.stringify(fields.filter((field) => field[0] === name));
  const agrees = ([name]) => valuesOf(shown, name) === valuesOf(draft.fields, name);
  if (draft.fields.every(agrees)) {
    drop(url);
    return;
  }
  const notice = document.createElement("div");
  notice.className = "notice notice--attention";
  notice.setAttribute("role", "status");
  const text = document.createElement("div");
  const time = new Date(draft.at).toLocaleString(document.documentElement.lang, {
    dateStyle: "medium",
    timeStyle: "short",
  });
  text.textContent = word("draft", { time });
  const buttons = document.createElement("div");
  buttons.className = "btns";
  buttons.append(
    button(word("restore"), () => {
      restore(form, draft.fields);
      notice.remove();
    }),
    button(word("discard"), () => {
      drop(url);
      notice.remove();
    }),
  );
  notice.append(text, buttons);
  form.prepend(notice);
}

function button(text, run) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn--small";
  made.textContent = text;
  made.addEventListener("click", run);
  return made;
}

function restore(form, fields) {
  for (const control of form.elements) {
    if (!control.name || control.type === "hidden") continue;
    const values = fields.filter(([name]) => name === control.name).map(([, value]) => value);
    if (control.type === "radio" || control.type === "checkbox") {
      control.checked = values.includes(control.value);
    } else if (control.type !== "file" && values.length) {
      control.value = values[0];
    } else {
      continue;
    }
    control.dispatchEvent(new Event("input", { bubbles: true }));
  }
  form.dispatchEvent(new CustomEvent("draft:restored", { detail: fields }));
}
