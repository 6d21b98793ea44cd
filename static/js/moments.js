// <time datetime data-moment>27 Nov, 16:05 UTC</time> in the time of who reads it.
import { ready } from "./ready.js";

const day = { day: "numeric", month: "short" };
const clock = { hour: "2-digit", minute: "2-digit" };

ready("time[data-moment]", (element) => {
  const at = new Date(element.dateTime);
  const year = at.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { ...day, ...year, ...clock });
  element.title = element.textContent;
  element.textContent = format.format(at);
});
