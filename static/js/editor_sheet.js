// The coloured text under the editor's textarea, and its line numbers. Only lines that changed are
// drawn again, so that long files stay quick; a mark on a line moves with the line.
import { tokens } from "./python_tokens.js";

function draw(line, before) {
  const { pieces, state } = tokens(line.text, before);
  line.before = before;
  line.after = state;
  const nodes = pieces.map(([kind, text]) => {
    if (!kind) return document.createTextNode(text);
    const span = document.createElement("span");
    span.className = kind;
    span.textContent = text;
    return span;
  });
  line.node.replaceChildren(...nodes);
}

function newLine(text) {
  return { text, before: "", after: "", error: false, node: document.createElement("span") };
}

export class Sheet {
  /** `paint` and `gutter` are the elements that are filled; both belong to the sheet alone. */
  constructor(paint, gutter) {
    this.paint = paint;
    this.gutter = gutter;
    this.lines = [];
    this.current = 0;
  }

  update(value) {
    const texts = value.split("\n");
    const old = this.lines;
    let head = 0;
    while (head < texts.length && head < old.length && old[head].text === texts[head]) head += 1;
    let tail = 0;
    const most = Math.min(texts.length, old.length) - head;
    while (tail < most && old.at(-1 - tail).text === texts.at(-1 - tail)) tail += 1;
    const fresh = texts.slice(head, texts.length - tail).map(newLine);
    const kept = old.slice(old.length - tail);
    for (const line of old.slice(head, old.length - tail)) line.node.remove();
    const anchor = kept[0]?.node ?? null;
    for (const line of fresh) this.paint.insertBefore(line.node, anchor);
    this.lines = [...old.slice(0, head), ...fresh, ...(tail ? kept : [])];
    let state = this.lines[head - 1]?.after ?? "";
    for (let at = head; at < this.lines.length; at += 1) {
      const line = this.lines[at];
      // From here on nothing changed: neither the text nor an open string before it.
      if (at >= head + fresh.length && line.before === state) break;
      draw(line, state);
      state = line.after;
    }
    this.number();
  }

  number() {
    const { gutter, lines } = this;
    while (gutter.children.length > lines.length) gutter.lastChild.remove();
    while (gutter.children.length < lines.length) {
      const span = document.createElement("span");
      span.textContent = String(gutter.children.length + 1);
      gutter.append(span);
    }
    gutter.parentElement.style.inlineSize = `${Math.max(2, String(lines.length).length) + 2}ch`;
    lines.forEach((line, at) => {
      line.node.classList.toggle("is-error", line.error);
      gutter.children[at].classList.toggle("is-error", line.error);
      gutter.children[at].classList.toggle("is-current", at === this.current);
    });
  }

  /** Line numbers count from 1. */
  mark(numbers) {
    this.lines.forEach((line, at) => {
      line.error = numbers.includes(at + 1);
    });
    this.number();
  }

  stand(number) {
    if (number - 1 === this.current) return;
    this.gutter.children[this.current]?.classList.remove("is-current");
    this.current = number - 1;
    this.gutter.children[this.current]?.classList.add("is-current");
  }
}
