// Marking by keyboard in [data-rubric]: digits choose the level of the active criterion, up and down
// move between criteria, [data-accept-machine] takes the machine's levels where they are shown, and
// the total runs along. The markup is at the top of rubric.css.
import { ready } from "./ready.js";
import { command } from "./typing.js";

let current = null; // the rubric that the keys speak to: the last one touched

const criteriaOf = (rubric) => [...rubric.querySelectorAll("[data-criterion]")];
const chosen = (criterion) => criterion.querySelector(".level__you:checked")?.closest(".level");

/** As rubrics.points: item points × Σ w·p/m ÷ Σ w, half up to 0.01. Criteria not yet marked give 0. */
export function total(itemPoints, criteria) {
  let weights = 0;
  let sum = 0;
  for (const { weight, points, maximum } of criteria) {
    weights += weight;
    if (points !== null && maximum > 0) sum += (weight * points) / maximum;
  }
  if (!weights) return 0;
  // The epsilon outweighs binary noise such as 1.005, and no mark is that close to a half otherwise.
  return Math.floor(((itemPoints * sum) / weights) * 100 + 0.5 + 1e-7) / 100;
}

function update(rubric) {
  const criteria = criteriaOf(rubric);
  const facts = criteria.map((criterion) => {
    const level = chosen(criterion);
    const machine = criterion.querySelector(".level--machine");
    const differs = Boolean(level && machine && level !== machine);
    criterion.classList.toggle("criterion--differs", differs);
    return {
      weight: Number(criterion.dataset.weight ?? 1),
      maximum: Number(criterion.dataset.max ?? 0),
      points: level ? Number(level.dataset.points) : null,
    };
  });
  const sum = total(Number(rubric.dataset.itemPoints ?? 0), facts);
  const missing = facts.filter((fact) => fact.points === null).length;
  for (const output of rubric.querySelectorAll("[data-rubric-total]")) {
    output.textContent = missing === facts.length ? "–" : String(sum);
  }
  for (const output of rubric.querySelectorAll("[data-rubric-missing]")) {
    output.textContent = String(missing);
    const line = output.closest("[data-rubric-missing-line]");
    if (line) line.hidden = missing === 0;
  }
}

function activate(rubric, criterion, focus) {
  current = rubric;
  for (const other of criteriaOf(rubric)) {
    other.classList.toggle("criterion--active", other === criterion);
  }
  if (!focus || !criterion) return;
  criterion.tabIndex = -1;
  criterion.focus({ preventScroll: true });
  criterion.scrollIntoView({ block: "nearest" });
}

function choose(level) {
  const radio = level?.querySelector(".level__you");
  if (!radio || radio.disabled || radio.checked) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  level.scrollIntoView({ block: "nearest" });
}

// Arrows on a radio button belong to the browser, unless a pointer put the focus there: who has just
// clicked a level means the next criterion by "down". (:focus-visible cannot tell: it becomes true
// with the very key press.)
let pointed = false;
document.addEventListener("pointerdown", () => {
  pointed = true;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Tab") pointed = false;
}, true);
const radioHasArrows = (element) => !pointed && Boolean(element.matches?.(".level__you"));

document.addEventListener("keydown", (event) => {
  if (!current?.isConnected || !command(event) || event.shiftKey) return;
  const criteria = criteriaOf(current);
  const at = criteria.findIndex((criterion) => criterion.matches(".criterion--active"));
  if (/^[0-9]$/.test(event.key) && at >= 0) {
    const level = criteria[at].querySelector(`.level[data-digit="${event.key}"]`);
    if (!level) return;
    event.preventDefault();
    choose(level);
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || radioHasArrows(event.target) || event.target.closest?.(".codebox, .tabs")) return;
  const next = criteria[at + step];
  event.preventDefault();
  if (next) activate(current, next, true);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-accept-machine]");
  if (!button) return;
  const rubric = button.closest("[data-rubric]") ?? current;
  for (const criterion of rubric ? criteriaOf(rubric) : []) {
    choose(criterion.querySelector(".level--machine"));
  }
  if (button.dataset.acceptMachine === "save") rubric?.requestSubmit?.();
  // After the reveal a changed mark needs its reason.
  else if (rubric?.querySelector(".level__you:checked")) rubric.querySelector("#reason")?.focus();
});

// Undo goes back through what was chosen on this page before it offers what the page itself undoes.
const chosenBefore = [];

function remember(event) {
  const level = event.target;
  if (!level.matches?.(".level__you")) return;
  const criterion = level.closest("[data-criterion]");
  chosenBefore.push({ criterion, level: criterion.lastChosen ?? null });
  criterion.lastChosen = level;
}

document.addEventListener("click", (event) => {
  const undo = event.target.closest?.("[data-undo]");
  // A press of the key (keys.js) goes back here first; the button itself means what it says.
  if (!undo || !chosenBefore.length || (event.isTrusted && !undo.matches("[data-undo='choice']"))) return;
  event.preventDefault();
  const { criterion, level } = chosenBefore.pop();
  for (const radio of criterion.querySelectorAll(".level__you")) radio.checked = radio === level;
  criterion.lastChosen = level;
  const rubric = criterion.closest("[data-rubric]");
  activate(rubric, criterion, true);
  update(rubric);
  rubric.dispatchEvent(new Event("input", { bubbles: true }));
}, true);

ready("[data-rubric]", (rubric) => {
  const follow = (event) => {
    const criterion = event.target.closest?.("[data-criterion]");
    if (criterion) activate(rubric, criterion, false);
  };
  rubric.addEventListener("focusin", follow);
  rubric.addEventListener("click", follow);
  rubric.addEventListener("change", (event) => {
    remember(event);
    update(rubric);
  });
  chosenBefore.length = 0; // what was chosen on the page before cannot be undone here
  for (const criterion of criteriaOf(rubric)) {
    criterion.lastChosen = criterion.querySelector(".level__you:checked");
  }
  rubric.addEventListener("reset", () => window.setTimeout(() => update(rubric)));
  // The last rubric that came is the one on the screen; it starts at what is not marked yet.
  const criteria = criteriaOf(rubric);
  const asked = criteria.filter((criterion) => !criterion.matches(".criterion--aside"));
  const first = asked.find((criterion) => !chosen(criterion)) ?? asked[0] ?? criteria[0];
  activate(rubric, first, false);
  if (first && first !== criteria[0] && first === asked[0]) first.scrollIntoView({ block: "start" });
  rubric.querySelector("[data-first]")?.focus();
  update(rubric);
});
