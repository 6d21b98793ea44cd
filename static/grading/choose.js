// <input data-filter="id"> narrows the .choice elements of #id down to those that have every word;
// what is chosen stays. data-filter-count on an element: it says how many are shown.
// Without JavaScript the button beside the field asks the server.
import { ready } from "../js/ready.js";

ready("[data-filter]", (field) => {
  const list = document.getElementById(field.dataset.filter);
  if (!list) return;
  const choices = [...list.querySelectorAll(".choice")];
  const texts = choices.map((choice) => choice.textContent.toLowerCase());
  const counts = document.querySelector("[data-filter-count]");
  const none = document.querySelector("[data-filter-none]");
  const button = document.querySelector("[data-filter-button]");
  if (button) button.hidden = true;

  function narrow() {
    const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    choices.forEach((choice, index) => {
      const fits = wanted.every((one) => texts[index].includes(one));
      choice.hidden = !fits && !choice.querySelector("input").checked;
      if (!choice.hidden) shown += 1;
    });
    if (counts) counts.textContent = counts.dataset.filterCount.replace("{n}", String(shown));
    if (none) none.hidden = shown > 0;
  }

  field.addEventListener("input", narrow);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // it is narrowed down already
  });
});
