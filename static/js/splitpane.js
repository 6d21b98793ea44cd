// .split[data-split="name"]: a separator between two panes, by pointer or by keyboard (arrows,
// Home, End, Enter for the usual width). The width is remembered under the name.
import { prefer, preference } from "./preferences.js";
import { ready } from "./ready.js";
import { word } from "./words.js";

// The rubric's table needs its width first, where there is little.
const usual = ({ clientWidth }) => (clientWidth < 920 ? 48 : clientWidth < 1200 ? 50 : 56);
const LEAST = 25;
const MOST = 75;
const STEP = 2;

ready("[data-split]", (split) => {
  const [first, second] = split.querySelectorAll(":scope > .split__pane");
  if (!first || !second) return;
  const name = `split.${split.dataset.split}`;
  const bar = document.createElement("div");
  bar.className = "split__bar";
  bar.tabIndex = 0;
  first.id ||= `split-${split.dataset.split}-first`;
  const facts = {
    role: "separator",
    "aria-orientation": "vertical",
    "aria-label": split.dataset.splitLabel || word("split"),
    "aria-controls": first.id,
    "aria-valuemin": LEAST,
    "aria-valuemax": MOST,
  };
  for (const [key, value] of Object.entries(facts)) bar.setAttribute(key, String(value));
  first.after(bar);

  let width = usual(split);

  function set(value, remember = true) {
    width = Math.min(MOST, Math.max(LEAST, Math.round(value * 10) / 10));
    split.style.setProperty("--split", `${width}%`);
    bar.setAttribute("aria-valuenow", String(Math.round(width)));
    if (remember) prefer(name, width);
  }

  const rtl = () => getComputedStyle(split).direction === "rtl";
  const kept = preference(name);
  set(typeof kept === "number" ? kept : width, false);

  bar.addEventListener("keydown", (event) => {
    const forward = rtl() ? "ArrowLeft" : "ArrowRight";
    const back = rtl() ? "ArrowRight" : "ArrowLeft";
    const target = {
      [forward]: width + STEP,
      [back]: width - STEP,
      Home: LEAST,
      End: MOST,
      Enter: usual(split),
    }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    set(target);
  });

  // Folding one pane gives the other the whole width. Both names are in data-folds="first|second".
  const names = (split.dataset.folds ?? "").split("|");
  const folds = names.length === 2 ? [first, second].map((pane, at) => foldButton(pane, at)) : [];

  function foldButton(pane, at) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn--icon split__fold";
    button.addEventListener("click", () => foldPane(split.dataset.folded === String(at) ? "" : String(at)));
    return button;
  }

  function foldPane(which, remember = true) {
    split.dataset.folded = which;
    folds.forEach((button, at) => {
      const folded = which === String(at);
      button.textContent = folded === (at === 0) ? "⟩" : "⟨";
      button.setAttribute("aria-label", word(folded ? "unfold" : "fold", { pane: names[at] }));
      button.setAttribute("aria-expanded", String(!folded));
      button.hidden = which !== "" && !folded;
    });
    bar.hidden = which !== "";
    if (remember) prefer(`${name}.folded`, which);
  }

  if (folds.length) {
    const edge = Object.assign(document.createElement("div"), { className: "split__edge" });
    bar.replaceWith(edge);
    edge.append(folds[0], bar, folds[1]);
    foldPane(preference(`${name}.folded`) ?? "", false);
  }

  bar.addEventListener("dblclick", () => set(usual(split)));

  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    bar.classList.add("is-dragging");
  });

  bar.addEventListener("pointermove", (event) => {
    if (!bar.hasPointerCapture(event.pointerId)) return;
    const box = split.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    set((rtl() ? 1 - share : share) * 100);
  });

  bar.addEventListener("lostpointercapture", () => bar.classList.remove("is-dragging"));
});
