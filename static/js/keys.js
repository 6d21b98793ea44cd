// Single keys for the page's own actions. <button data-key="s">Save <kbd class="key">S</kbd></button>
// is clicked by S, a field with data-key is focused. The help dialog (?) is built from what the page
// has: its label is data-key-label, aria-label or the text. data-keys-note="0–9: choose a level|…"
// adds lines for keys that other scripts handle. Every key can be changed, and all can be switched
// off (WCAG 2.1.4); both are remembered.
import { prefer, preference } from "./preferences.js";
import { command, typing } from "./typing.js";
import { word } from "./words.js";

const root = document.documentElement;
const settings = { off: false, map: {}, ...preference("keys") };
root.dataset.keys = settings.off ? "off" : "on";

const keyOf = (element) => settings.map[element.dataset.key] ?? element.dataset.key;
const shown = (key) => (key.length === 1 ? key.toUpperCase() : key);

function actions() {
  const found = new Map();
  // Where several have one key, that of the criterion being marked comes first.
  const active = document.querySelectorAll(".criterion--active [data-key]");
  for (const element of [...active, ...document.querySelectorAll("[data-key]")]) {
    const usable = !element.disabled && element.getAttribute("aria-disabled") !== "true";
    const visible = element.checkVisibility?.() ?? element.offsetParent !== null;
    if (usable && visible && !found.has(element.dataset.key)) found.set(element.dataset.key, element);
  }
  return [...found.values()];
}

function label(element) {
  const named = element.dataset.keyLabel || element.getAttribute("aria-label");
  if (named) return named;
  if (typing(element) && element.labels?.[0]) return element.labels[0].textContent.trim();
  const copy = element.cloneNode(true);
  for (const key of copy.querySelectorAll("kbd, .sr-only")) key.remove();
  return copy.textContent.replace(/\s+/g, " ").trim();
}

function save() {
  prefer("keys", settings);
  root.dataset.keys = settings.off ? "off" : "on";
  drawHints();
}

/** The caps on the buttons show the keys as this person has them. */
function drawHints() {
  for (const element of document.querySelectorAll("[data-key]")) {
    const cap = element.querySelector("kbd.key");
    if (cap) {
      cap.textContent = shown(keyOf(element));
      cap.hidden = settings.off;
    }
    if (settings.off) element.removeAttribute("aria-keyshortcuts");
    else element.setAttribute("aria-keyshortcuts", shown(keyOf(element)));
  }
  const any = document.querySelector("[data-key], [data-keys-note]") !== null;
  for (const button of document.querySelectorAll("[data-keys-open]")) button.hidden = !any;
}

function row(key, text, changeable) {
  const tr = document.createElement("tr");
  const cap = document.createElement("td");
  const kbd = document.createElement("kbd");
  kbd.className = "key";
  kbd.textContent = shown(key);
  cap.append(kbd);
  const what = Object.assign(document.createElement("th"), { scope: "row", textContent: text });
  const change = document.createElement("td");
  if (changeable) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn--quiet btn--small";
    button.textContent = word("change");
    button.setAttribute("aria-label", word("change-key", { action: text }));
    button.addEventListener("click", () => listen(changeable, kbd));
    change.append(button);
  }
  tr.append(cap, what, change);
  return tr;
}

function say(text) {
  const state = document.querySelector("[data-keys-state]");
  if (state) state.textContent = text;
}

/** The next key press becomes the key of `element`'s action; Escape keeps the old one. */
function listen(element, kbd) {
  say(word("press", { key: shown(keyOf(element)) }));
  window.addEventListener("keydown", function take(event) {
    if (["Shift", "Control", "Alt", "Meta", "Tab"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    window.removeEventListener("keydown", take, true);
    say("");
    const key = event.key.toLowerCase();
    if (key === "escape" || key.length !== 1) return;
    const taken = actions().some((other) => other !== element && keyOf(other) === key);
    const usable = /^[\p{L}\p{P}\p{S}]$/u.test(key) && key !== "?";
    if (taken || !usable) return say(word("taken", { key: shown(key) }));
    settings.map[element.dataset.key] = key;
    save();
    kbd.textContent = shown(key);
  }, true);
}

function open() {
  const dialog = document.getElementById("keys-help");
  if (!dialog) return;
  const notes = [...document.querySelectorAll("[data-keys-note]")]
    .flatMap((element) => element.dataset.keysNote.split("|"))
    .map((note) => note.split(/:(.*)/s))
    .map(([keys, text]) => row(keys.trim(), (text ?? "").trim(), null));
  const own = actions().map((element) => row(keyOf(element), label(element), element));
  dialog.querySelector("[data-keys-list]").replaceChildren(...notes, ...own, row("?", word("help"), null));
  dialog.querySelector("[data-keys-on]").checked = !settings.off;
  say("");
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  // Escape gives the page its keys back from a field that a key had led into.
  if (event.key === "Escape" && typing(event.target) && event.target.matches("[data-key]")) {
    event.target.blur();
  }
  if (!command(event) || event.repeat) return;
  const key = event.key.toLowerCase();
  if (key === "?") {
    event.preventDefault();
    return open();
  }
  const element = actions().find((action) => keyOf(action) === key);
  if (!element) return;
  event.preventDefault();
  if (typing(element)) element.focus();
  else element.click();
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-keys-open]")) open();
  if (event.target.closest?.("[data-keys-reset]")) {
    settings.map = {};
    save();
    document.getElementById("keys-help")?.close();
    open();
  }
});

document.addEventListener("change", (event) => {
  if (!event.target.matches?.("[data-keys-on]")) return;
  settings.off = !event.target.checked;
  save();
});

// In the frame of an LMS the page hears keys only after a click, and cannot take the focus by itself.
function drawAway() {
  const away = !document.hasFocus() && !settings.off && document.querySelector("[data-key]") !== null;
  for (const button of document.querySelectorAll("[data-keys-away]")) button.hidden = !away;
}
window.addEventListener("focus", drawAway);
window.addEventListener("blur", drawAway);

document.addEventListener("htmx:load", () => {
  drawHints();
  drawAway();
});
drawHints();
drawAway();
