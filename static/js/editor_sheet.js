// The coloured text under the editor's textarea, and its line numbers. Only lines that changed are
// drawn again, so that long files stay quick; a mark on a line moves with the line.
import { tokenizer } from "./other_tokens.js";
import { tokens } from "./python_tokens.js";

const plain = (line) => ({ pieces: line ? [["", line]] : [], state: "" });

function draw(line, before, tokenize) {
  const { pieces, state } = tokenize(line.text, before);
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
  return { text, before: "", after: "", node: document.createElement("span") };
}

export class Sheet {
  /** `paint` and `gutter` are the elements that are filled; both belong to the sheet alone. */
  constructor(paint, gutter, language) {
    this.tokenize = language === "python" ? tokens : (tokenizer(language) ?? plain);
    this.paint = paint;
    this.gutter = gutter;
    this.lines = [];
    this.numbers = [];
    this.marked = [];
    this.current = 1;
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
      draw(line, state, this.tokenize);
      state = line.after;
    }
    this.number();
  }

  number() {
    const { gutter, lines, numbers } = this;
    while (numbers.length > lines.length) numbers.pop().remove();
    while (numbers.length < lines.length) {
      const span = document.createElement("span");
      numbers.push(span);
      span.textContent = String(numbers.length);
      gutter.append(span);
    }
    const width = Math.max(2, String(lines.length).length) + 2;
    if (width !== this.width) gutter.parentElement.style.inlineSize = `${width}ch`;
    this.width = width;
    for (const span of gutter.querySelectorAll(".is-error")) span.classList.remove("is-error");
    this.marked = this.marked.filter((line) => line.node.isConnected);
    for (const line of this.marked) numbers[lines.indexOf(line)]?.classList.add("is-error");
    this.stand(this.current);
  }

  /** Line numbers count from 1. */
  mark(wanted) {
    for (const line of this.marked) line.node.classList.remove("is-error");
    this.marked = wanted.map((number) => this.lines[number - 1]).filter(Boolean);
    for (const line of this.marked) line.node.classList.add("is-error");
    this.number();
  }

  /** The line with the caret. */
  stand(number) {
    this.standing?.classList.remove("is-current");
    this.current = number;
    this.standing = this.numbers[number - 1];
    this.standing?.classList.add("is-current");
  }
}
