// <p class="timer" data-timer-end="ISO time" data-timer-now="ISO time of the server"
//    data-timer-warn="300">42 min left</p>
// The server ends the attempt; this only tells. Gentle: minutes, one announcement, no red flashing.
import { ready } from "./ready.js";
import { word } from "./words.js";

function words(seconds) {
  if (seconds <= 0) return word("time-over");
  if (seconds < 60) return word("seconds-left");
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return word("minutes-left", { n: minutes });
  return word("hours-left", { h: Math.floor(minutes / 60), n: minutes % 60 });
}

ready("[data-timer-end]", (element) => {
  const end = Date.parse(element.dataset.timerEnd);
  if (Number.isNaN(end)) return;
  // A device's clock may be wrong; the difference to the server's is what counts.
  const now = Date.parse(element.dataset.timerNow ?? "");
  const skew = Number.isNaN(now) ? 0 : now - Date.now();
  const warn = Number(element.dataset.timerWarn ?? 300);
  const text = element.querySelector("[data-timer-text]") ?? element;
  let told = false;

  function tick() {
    if (!element.isConnected) return;
    const seconds = (end - (Date.now() + skew)) / 1000;
    const now = words(seconds);
    if (text.textContent !== now) text.textContent = now;
    element.classList.toggle("timer--soon", seconds > 0 && seconds <= warn);
    element.classList.toggle("timer--over", seconds <= 0);
    if (seconds > 0 && seconds <= warn && !told) {
      told = true;
      const detail = { text: word("time-soon", { n: Math.ceil(seconds / 60) }), tone: "attention" };
      document.dispatchEvent(new CustomEvent("toast", { detail }));
    }
    if (seconds <= 0) {
      element.dispatchEvent(new CustomEvent("timer:over", { bubbles: true }));
      return;
    }
    window.setTimeout(tick, seconds < 90 ? 1000 : 5000);
  }

  tick();
});
