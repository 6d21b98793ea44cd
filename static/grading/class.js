// [data-keeps] refreshes itself by htmx without being felt: what was unfolded stays so, what was
// scrolled stays there, and while somebody is choosing in it or cannot see it nothing is asked.
// (htmx itself gives the focus back to what has an id.)

let unfolded = [];
let scrolled = [];

const part = () => document.querySelector("[data-keeps]");

function busy(element) {
  const focused = document.activeElement;
  return document.hidden || (focused?.matches("select, input") && element.contains(focused));
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  if (elt === part() && requestConfig?.verb === "get" && busy(elt)) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", () => {
  const old = part();
  if (!old) return;
  unfolded = [...old.querySelectorAll("details[open][id]")].map((each) => each.id);
  scrolled = [...old.querySelectorAll(".table-wrap[id], .tabs")].map((each) => each.scrollLeft);
});

document.addEventListener("htmx:afterSwap", () => {
  const fresh = part();
  if (!fresh) return;
  for (const id of unfolded) fresh.querySelector(`details[id="${id}"]`)?.setAttribute("open", "");
  [...fresh.querySelectorAll(".table-wrap[id], .tabs")].forEach((each, index) => {
    each.scrollLeft = scrolled[index] ?? 0;
  });
});
