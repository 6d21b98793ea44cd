// [data-order] puts its rows [data-step] in another order: by the arrows of each row, or by dragging
// where there is a mouse. The value of the attribute is what is said after a move. The form hears of
// it as of something typed.
import { ready } from "./ready.js";

class Order {
  constructor(list) {
    this.list = list;
    this.held = null;
    this.said = list.parentElement?.querySelector("[data-order-said]");
    list.addEventListener("click", (event) => this.press(event));
    list.closest("form")?.addEventListener("draft:restored", (event) => this.arrange(event.detail));
    for (const row of this.rows) row.draggable = true;
    list.addEventListener("dragstart", (event) => this.lift(event));
    list.addEventListener("dragover", (event) => this.over(event));
    list.addEventListener("drop", (event) => event.preventDefault());
    list.addEventListener("dragend", () => this.put());
    this.limit();
  }

  get rows() {
    return [...this.list.querySelectorAll("[data-step]")];
  }

  press(event) {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest("[data-step]");
    const up = button.dataset.move === "up";
    const other = up ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (up) other.before(row);
    else other.after(row);
    this.limit();
    // At the end of the list this arrow leads nowhere any more; the other one still does.
    const usable = button.ariaDisabled === "true" ? this.arrow(row, up ? "down" : "up") : button;
    usable.focus();
    this.moved(row);
  }

  arrow(row, way) {
    return row.querySelector(`[data-move="${way}"]`);
  }

  limit() {
    const rows = this.rows;
    for (const [place, row] of rows.entries()) {
      this.arrow(row, "up").ariaDisabled = String(place === 0);
      this.arrow(row, "down").ariaDisabled = String(place === rows.length - 1);
    }
  }

  moved(row) {
    const rows = this.rows;
    const text = row.querySelector(".step-row__text").textContent.trim();
    const drawn = this.list.parentElement?.querySelector("[data-order-drawn]");
    if (drawn) drawn.hidden = true; // from now on it is the learner's order
    if (this.said) {
      this.said.textContent = this.list.dataset.order
        .replace("{text}", text)
        .replace("{n}", rows.indexOf(row) + 1)
        .replace("{of}", rows.length);
    }
    this.list.dispatchEvent(new Event("input", { bubbles: true }));
  }

  lift(event) {
    this.held = event.target.closest("[data-step]");
    if (!this.held) return;
    this.from = this.rows.indexOf(this.held);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
    this.held.classList.add("step-row--held");
  }

  over(event) {
    if (!this.held) return;
    event.preventDefault();
    const row = event.target.closest("[data-step]");
    if (!row || row === this.held) return;
    const box = row.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) row.before(this.held);
    else row.after(this.held);
  }

  put() {
    const row = this.held;
    this.held = null;
    if (!row) return;
    row.classList.remove("step-row--held");
    this.limit();
    if (this.rows.indexOf(row) !== this.from) this.moved(row);
  }

  /** As a copy on this device has it: fields as [name, value]. */
  arrange(fields) {
    const values = fields.filter(([name]) => name === "step").map(([, value]) => value);
    const rows = this.rows;
    const valueOf = (row) => row.querySelector("[name=step]").value;
    if (values.length !== rows.length) return;
    rows.sort((one, other) => values.indexOf(valueOf(one)) - values.indexOf(valueOf(other)));
    this.list.append(...rows);
    this.limit();
    this.list.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

ready("[data-order]", (list) => new Order(list));
