// Times of day as the person's own clock shows them. The server writes them in its own time zone, for
// pages without JavaScript.
import { ready } from "./ready.js";

export const clock = (date = new Date()) =>
  date.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

ready("time[data-clock]", (element) => {
  const date = new Date(element.dateTime);
  if (!Number.isNaN(date.getTime())) element.textContent = clock(date);
});
