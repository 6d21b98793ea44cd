// <input type="hidden" name="zone" data-zone> gets the time zone of the browser, so that a time is
// meant as the person reads it on their own clock; every data-zone-name shows which one that is.
// Without JavaScript both stay UTC, and the page says so.
import { ready } from "../js/ready.js";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

ready("[data-zone]", (field) => {
  if (zone) field.value = zone;
});

ready("[data-zone-name]", (element) => {
  if (zone) element.textContent = zone.replaceAll("_", " ");
});

// What belongs to something that is switched off is out of the way: data-needs="id of a checkbox".
ready("[data-needs]", (element) => {
  const box = document.getElementById(element.dataset.needs);
  if (!box) return;
  const show = () => {
    element.hidden = !box.checked;
  };
  box.addEventListener("change", show);
  show();
});
