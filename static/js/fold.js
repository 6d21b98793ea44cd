// Folds: <details class="fold" data-remember="name"> stays as a person left it. The key of a
// <summary data-key="p" data-leads="id"> opens its fold and goes on to the field; a pointer opens
// and closes it as ever.
import { prefer, preference } from "./preferences.js";
import { ready } from "./ready.js";

ready("details[data-remember]", (fold) => {
  const name = `fold.${fold.dataset.remember}`;
  const kept = preference(name);
  if (typeof kept === "boolean") fold.open = kept;
  let open = fold.open; // the event also tells of a fold that was open from the start
  fold.addEventListener("toggle", () => {
    if (fold.open !== open) prefer(name, (open = fold.open));
  });
});

document.addEventListener("click", (event) => {
  const summary = event.target.closest?.("summary[data-leads]");
  if (!summary || event.isTrusted) return;
  event.preventDefault();
  const fold = summary.closest("details");
  const opened = !fold.open;
  fold.open = true;
  // A field that is brought to life by opening (annotate.js) takes the focus itself.
  if (!opened) fold.dispatchEvent(new Event("toggle"));
  const field = document.getElementById(summary.dataset.leads);
  field?.scrollIntoView({ block: "center" });
  field?.focus();
});
