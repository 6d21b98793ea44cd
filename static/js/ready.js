// Parts that a page has when it loads, and parts that htmx brings later, are set up alike, once.

/** Call `setup(element)` once for every element that matches, now and after each htmx swap. */
export function ready(selector, setup) {
  const seen = new WeakSet();

  function visit(root) {
    const found = [...root.querySelectorAll(selector)];
    if (root instanceof Element && root.matches(selector)) found.unshift(root);
    for (const element of found) {
      if (seen.has(element)) continue;
      seen.add(element);
      setup(element);
    }
  }

  visit(document);
  document.addEventListener("htmx:load", (event) => visit(event.target));
}
