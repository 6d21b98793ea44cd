// <form data-autosave="URL"> sends itself as it is typed. Where it stands is written into the form's
// [data-autosave-state] (or the one whose value is the form's id). The server answers 2xx: saved;
// 401, 403 or a redirect: the session ended; 408, 429, 5xx or nothing: tried again; any other 4xx:
// refused, with the reason from JSON {"error": "…"}. Until the server has confirmed, a copy is kept
// on the device where it allows that, and leaving the page asks first.
import { clock } from "./clock.js";
import { drop, hold, offer, sweep } from "./drafts.js";
import { ready } from "./ready.js";
import { word } from "./words.js";

const PAUSE = 1200;
const FIRST_RETRY = 2000;
const LAST_RETRY = 60_000;
const AGAIN = new Set([408, 425, 429]);

/** Names and values of a form, without files and the token. */
export function fields(form) {
  return [...new FormData(form)].filter(
    ([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken",
  );
}

class Autosave {
  constructor(form) {
    this.form = form;
    this.url = form.dataset.autosave;
    this.typed = 0; // how many changes were made …
    this.confirmed = 0; // … and up to which one the server has confirmed
    this.sending = false;
    this.leaving = false;
    this.retry = FIRST_RETRY;
    this.timer = 0;
    // Files send themselves (files.js), or with the form; a search in it belongs to no form.
    const typed = ({ target }) => {
      if (target.type !== "file" && (target.form ?? form) === form && target.type !== "search") this.change();
    };
    form.addEventListener("input", typed);
    form.addEventListener("change", typed);
    form.addEventListener("autosave:now", () => this.send());
    window.addEventListener("online", () => this.send());
    window.addEventListener("submit", (event) => {
      // A submit that a script took over (htmx) does not leave the page.
      if (event.target !== form || event.defaultPrevented) return;
      this.leaving = true;
      // What is under way is older than what the form now sends, and must not arrive after it.
      this.flight?.abort();
    });
    // As a submit, for a script that sends the form by itself (ahead.js).
    form.addEventListener("autosave:leave", () => {
      this.leaving = true;
      this.flight?.abort();
    });
    form.addEventListener("autosave:stay", () => {
      this.leaving = false;
      this.typed += 1; // what was on its way may not have arrived
      this.later(PAUSE);
    });
    window.addEventListener("pageshow", () => {
      this.leaving = false; // back from the next page, or the form was stopped
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.dirty && !this.leaving && form.isConnected) event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.send(true);
    });
    offer(form, this.url, fields(form));
  }

  get dirty() {
    return this.typed > this.confirmed;
  }

  change() {
    this.typed += 1;
    this.kept = hold(this.url, fields(this.form));
    if (this.ended) return;
    if (!this.sending && this.retry === FIRST_RETRY) this.show("unsaved");
    this.later(PAUSE);
  }

  later(milliseconds) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.send(), milliseconds);
  }

  async send(keepalive = false) {
    window.clearTimeout(this.timer);
    if (!this.dirty || this.sending || this.ended || this.leaving || !this.form.isConnected) return;
    this.sending = true;
    const upTo = this.typed;
    const body = new URLSearchParams(fields(this.form));
    if (this.retry === FIRST_RETRY) this.show("saving");
    let response = null;
    this.flight = new AbortController();
    try {
      response = await fetch(this.url, {
        signal: this.flight.signal,
        method: "POST",
        body,
        // Browsers refuse to keep more than 64 KiB alive.
        keepalive: keepalive && body.toString().length < 60_000,
        redirect: "manual",
        credentials: "same-origin",
        headers: { "X-CSRFToken": this.token(), Accept: "application/json" },
      });
    } catch {
      // No answer at all: the network, which is tried again below.
    }
    this.sending = false;
    await this.settle(response, upTo);
  }

  token() {
    const field = this.form.querySelector("[name=csrfmiddlewaretoken]");
    return field?.value ?? document.body.dataset.csrf ?? "";
  }

  async settle(response, upTo) {
    if (response?.ok) {
      this.confirmed = upTo;
      this.retry = FIRST_RETRY;
      if (this.dirty) return this.later(PAUSE);
      drop(this.url);
      return this.show("saved", { time: clock() });
    }
    if (response && (response.type === "opaqueredirect" || [401, 403].includes(response.status))) {
      this.ended = true;
      return this.show(this.kept ? "ended-kept" : "ended");
    }
    if (response && response.status < 500 && !AGAIN.has(response.status)) {
      const answer = await response.json().catch(() => ({}));
      if (answer.error) return this.show("refused-because", { reason: answer.error });
      return this.show("refused");
    }
    this.show(this.kept ? "retrying-kept" : "retrying");
    this.later(this.retry);
    this.retry = Math.min(LAST_RETRY, this.retry * 2);
    return undefined;
  }

  show(state, values = {}) {
    const place =
      (this.form.id && document.querySelector(`[data-autosave-state="${this.form.id}"]`)) ||
      this.form.querySelector("[data-autosave-state]");
    if (place) {
      const bad = /^(ended|refused)/.test(state);
      // Only what needs the person is read aloud; "saved" every few seconds would be noise.
      place.setAttribute("aria-live", bad || state.startsWith("retrying") ? "polite" : "off");
      place.className = `saved${bad ? " saved--bad" : ""}`;
      place.classList.toggle("saved--pending", state.startsWith("retrying"));
      place.textContent = word(state, values);
    }
    this.form.dispatchEvent(new CustomEvent("autosave:state", { bubbles: true, detail: { state } }));
  }
}

sweep();
ready("form[data-autosave]", (form) => new Autosave(form));
