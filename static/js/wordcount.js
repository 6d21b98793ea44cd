// <textarea data-words data-words-min="20" data-words-max="120" aria-describedby="c1"> writes the
// count into the element that data-words names ("#c1"), or else the described-by one with .words.
import { ready } from "./ready.js";
import { word } from "./words.js";

/** Words as a person counts them: runs of letters or digits, with inner apostrophes and hyphens. */
export function count(text) {
  return text.match(/[\p{L}\p{N}\p{M}]+(?:['’\-_.][\p{L}\p{N}\p{M}]+)*/gu)?.length ?? 0;
}

function outputOf(field) {
  if (field.dataset.words) return document.querySelector(field.dataset.words);
  const ids = (field.getAttribute("aria-describedby") ?? "").split(/\s+/);
  return ids.map((id) => document.getElementById(id)).find((e) => e?.matches(".words")) ?? null;
}

function sentence(n, min, max) {
  if (max && n > max) return word("words-over", { n, over: n - max });
  if (min && n < min) return word("words-short", { n, min });
  if (min && max) return word("words-within", { n, min, max });
  if (max) return word("words-of", { n, max });
  return word("words", { n });
}

ready("[data-words]", (field) => {
  const output = outputOf(field);
  if (!output) return;
  const min = Number(field.dataset.wordsMin ?? 0);
  const max = Number(field.dataset.wordsMax ?? 0);

  function update() {
    const n = count(field.value);
    output.textContent = sentence(n, min, max);
    output.classList.toggle("words--over", max > 0 && n > max);
    output.classList.toggle("words--within", n > 0 && n >= min && (!max || n <= max));
  }

  field.addEventListener("input", update);
  update();
});
