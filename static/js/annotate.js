// A remark on selected words: N (a [data-annotate] summary) opens the form [data-annotation], and what
// is selected in [data-annotates] goes with it as characters of the text; without a selection the
// lines that the form names. Numbers in front of lines and of remarks are not part of the text.
import { word } from "./words.js";

const APART = ".linenos, sup";

function length(node) {
  if (node.nodeType === Node.TEXT_NODE) return [...node.data].length;
  if (node.nodeType !== Node.ELEMENT_NODE && node.nodeType !== Node.DOCUMENT_FRAGMENT_NODE) return 0;
  if (node.nodeType === Node.ELEMENT_NODE && node.matches(APART)) return 0;
  return [...node.childNodes].reduce((sum, child) => sum + length(child), 0);
}

/** Characters of `source` before a place in it, counted as the server counts. */
function offset(source, node, place) {
  const range = document.createRange();
  range.setStart(source, 0);
  range.setEnd(node, place);
  return length(range.cloneContents());
}

function selected(form) {
  const source = form.closest(".split__pane, main")?.querySelector("[data-annotates] [data-source]");
  const selection = window.getSelection();
  if (!source || !selection?.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!source.contains(range.startContainer) || !source.contains(range.endContainer)) return null;
  const [start, end] = [
    offset(source, range.startContainer, range.startOffset),
    offset(source, range.endContainer, range.endOffset),
  ];
  return start < end ? { start, end, words: selection.toString().trim() } : null;
}

function put(form, found) {
  for (const name of ["start", "end"]) form.querySelector(`[name="${name}"]`)?.remove();
  const lines = form.querySelectorAll('[name="line"], [name="to"]');
  for (const field of lines) field.disabled = Boolean(found);
  const told = form.querySelector("[data-selected]");
  told.dataset.asked ??= told.textContent;
  told.textContent = found ? word("selected", { words: found.words.slice(0, 120) }) : told.dataset.asked;
  if (!found) return;
  for (const name of ["start", "end"]) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value: found[name] }));
  }
}

// A press on the summary takes the selection away in some browsers, so it is read before.
let last = null;
document.addEventListener("selectionchange", () => {
  const form = document.querySelector("[data-annotation]");
  const found = form && selected(form);
  if (found) last = found;
  else if (window.getSelection()?.anchorNode?.parentElement?.closest?.("[data-annotates]")) last = null;
});

document.addEventListener("toggle", (event) => {
  const form = event.target.open && event.target.querySelector?.("[data-annotation]");
  if (!form) return;
  put(form, selected(form) ?? last); // a selection made in this very moment has not been told of yet
  last = null;
  form.querySelector("textarea")?.focus();
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("[data-annotation]");
  if (form?.reportValidity()) form.requestSubmit();
});
