// The page after this one is fetched while this one is read: <form data-ahead="URL">. URL names the
// next response ({"next": address}, or 204 when there is none). On save the form is sent in the
// background; when the answer leads to the page that is here already, it takes the place of this one
// without another request. Without a network the form stays as it is, and says so.
import { ready } from "./ready.js";
import { word } from "./words.js";

const PAUSE = 600; // first the page at hand
const PARTS = [".page", ".crumbs", "[data-left]"];

const here = () => window.location.pathname + window.location.search;
let shown = here();
let fetched = null; // {address, text}: the page after this one

const headers = (form) => ({
  "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value,
  Accept: "application/json",
});

async function fetchAhead(form) {
  fetched = null;
  try {
    const answer = await fetch(form.dataset.ahead, { method: "POST", headers: headers(form) });
    if (answer.status !== 200 || !form.isConnected) return;
    const { next } = await answer.json();
    const page = await fetch(next, { headers: { Accept: "text/html", "Ahead-Of": form.dataset.response } });
    if (page.ok && !page.redirected) fetched = { address: next, text: await page.text() };
  } catch {
    // The network: then the next page comes as it always does.
  }
}

function show({ address, text }, said) {
  const page = new DOMParser().parseFromString(text, "text/html");
  if (PARTS.some((part) => !page.querySelector(part))) return window.location.assign(address);
  if (address !== window.location.href) history.pushState({ ahead: true }, "", address);
  shown = here();
  document.title = page.title;
  document.querySelector(".messages")?.remove();
  for (const part of PARTS) document.querySelector(part).replaceWith(page.querySelector(part));
  const place = document.querySelector("[data-said]");
  if (place && said !== undefined) place.innerHTML = said;
  const main = document.querySelector(".page");
  window.htmx?.process(main);
  main.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: main } }));
  if (main.querySelector("[data-first]")) return; // what has to be filled in has the focus
  document.getElementById("main")?.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

function stay(form) {
  form.dispatchEvent(new CustomEvent("autosave:stay"));
  document.dispatchEvent(new CustomEvent("toast", { detail: { text: word("offline"), tone: "attention" } }));
}

async function save(form) {
  const body = new URLSearchParams(new FormData(form));
  const ahead = fetched;
  let response = null;
  let text = "";
  try {
    response = await fetch(form.action, { method: "POST", body, headers: headers(form) });
    text = await response.text();
  } catch {
    return stay(form);
  }
  if (response.redirected) return window.location.assign(response.url);
  if (!response.headers.get("Content-Type")?.startsWith("application/json")) {
    if (response.status >= 500) return stay(form);
    return show({ address: window.location.href, text }); // why it was refused, and what was typed
  }
  const answer = JSON.parse(text);
  fetched = null;
  if (ahead?.address === answer.next) return show(ahead, answer.said);
  return window.location.assign(answer.whole);
}

ready("form[data-ahead]", (form) => {
  window.setTimeout(() => form.isConnected && fetchAhead(form), PAUSE);
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    form.dispatchEvent(new CustomEvent("autosave:leave"));
    save(form);
  });
});

// Back and forward through pages that took each other's place are asked for anew.
// A step to another place of the same page is none.
window.addEventListener("popstate", () => {
  if (here() !== shown) window.location.reload();
});
