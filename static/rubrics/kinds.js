// Shows, of the fields for all kinds, those of the chosen kind. Without it all of them are there.
"use strict";

const KINDS = 'select[name="kind"], select[name$="-kind"]';

// A check stands in a form of its own on the page of its item, and has kinds of its own.
function scopeOf(element) {
  return element.closest(".form-group") || element.closest("form") || document;
}

function show(select) {
  const scope = scopeOf(select);
  for (const part of scope.querySelectorAll(".for-kind")) {
    const parent = part.parentElement;
    if (parent && scopeOf(parent) !== scope) continue;
    part.hidden = !part.classList.contains(`kind-${select.value}`);
  }
}

function showAll(root) {
  for (const select of root.querySelectorAll(KINDS)) show(select);
}

document.addEventListener("change", (event) => {
  if (event.target.matches(KINDS)) show(event.target);
});
document.addEventListener("formset:added", (event) => {
  showAll(event.target);
  // A new row comes folded like the others, but its author wants to write in it. Alpine makes it
  // foldable only after this event.
  const title = event.target.querySelector("h3.cursor-pointer strong");
  if (title) setTimeout(() => title.click(), 0);
});
if (document.readyState === "loading") {
  document.addEventListener("DOMContentLoaded", () => showAll(document));
} else {
  showAll(document);
}
