// A person's folds stay as they left them for this sitting: <details class="fold" data-remember="name">.
import { ready } from "./ready.js";
import { keep, read } from "./storage.js";

ready("details[data-remember]", (fold) => {
  const name = `fold.${fold.dataset.remember}`;
  const kept = read(name, "sessionStorage");
  if (typeof kept === "boolean") fold.open = kept;
  fold.addEventListener("toggle", () => keep(name, fold.open, "sessionStorage"));
});
