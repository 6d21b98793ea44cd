// What keys do in the editor. Changes go through insertText, so that the browser's undo knows them.

const INDENT = "    ";
const HASH = new Set(["python", "shell"]); // begin comments so; the others with //
const PAIRS = { "(": ")", "[": "]", "{": "}", '"': '"', "'": "'" };

/** Replace [start, end) by `text` and select [from, to) afterwards. */
function replace(area, start, end, text, from, to = from) {
  area.setSelectionRange(start, end);
  const done = text
    ? document.execCommand("insertText", false, text)
    : start === end || document.execCommand("delete");
  if (!done) {
    area.setRangeText(text, start, end, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  area.setSelectionRange(from, to);
}

const lineStart = (text, at) => text.lastIndexOf("\n", at - 1) + 1;

function lineEnd(text, at) {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** Change every line that the selection touches, and keep those lines selected. */
function eachLine(area, change) {
  const { value, selectionStart, selectionEnd } = area;
  const start = lineStart(value, selectionStart);
  // A selection that ends before the first letter of a line does not mean that line.
  const last = selectionEnd > selectionStart && value[selectionEnd - 1] === "\n" ? 1 : 0;
  const end = lineEnd(value, selectionEnd - last);
  const lines = value.slice(start, end).split("\n");
  const changed = lines.map(change);
  const text = changed.join("\n");
  if (text === value.slice(start, end)) return;
  const shift = changed[0].length - lines[0].length;
  if (selectionStart === selectionEnd) {
    replace(area, start, end, text, Math.max(start, selectionStart + shift));
  } else {
    replace(area, start, end, text, Math.max(start, selectionStart + shift), start + text.length);
  }
}

function indent(area) {
  const { value, selectionStart, selectionEnd } = area;
  if (value.slice(selectionStart, selectionEnd).includes("\n")) {
    eachLine(area, (line) => (line ? INDENT + line : line));
    return;
  }
  const column = selectionStart - lineStart(value, selectionStart);
  const text = " ".repeat(INDENT.length - (column % INDENT.length));
  replace(area, selectionStart, selectionEnd, text, selectionStart + text.length);
}

const dedent = (area) => eachLine(area, (line) => line.replace(/^(?: {1,4}|\t)/, ""));

function newline(area) {
  const { value, selectionStart, selectionEnd } = area;
  const line = value.slice(lineStart(value, selectionStart), selectionStart);
  const depth = line.match(/^[ \t]*/)[0];
  const code = line.replace(/\s*(?:#[^'"]*)?$/, "");
  const deeper = /[:([{]$/.test(code) ? depth + INDENT : depth;
  // Between brackets, the closing one goes on a line of its own.
  const closes = /[([{]$/.test(code) && PAIRS[code.at(-1)] === value[selectionEnd];
  const text = `\n${deeper}${closes ? `\n${depth}` : ""}`;
  replace(area, selectionStart, selectionEnd, text, selectionStart + 1 + deeper.length);
}

/** Backspace in the indentation takes one step of it. */
function backspace(area) {
  const { value, selectionStart, selectionEnd } = area;
  const start = lineStart(value, selectionStart);
  const before = value.slice(start, selectionStart);
  if (selectionStart !== selectionEnd || !/^ {2,}$/.test(before)) return false;
  const size = before.length % INDENT.length || INDENT.length;
  replace(area, selectionStart - size, selectionStart, "", selectionStart - size);
  return true;
}

function comment(area) {
  const { value, selectionStart, selectionEnd } = area;
  const text = value.slice(lineStart(value, selectionStart), lineEnd(value, selectionEnd));
  const sign = HASH.has(area.dataset.editor) ? "#" : "//";
  const begins = (line) => !line.trim() || line.trimStart().startsWith(sign);
  const all = text.split("\n").every(begins);
  eachLine(area, (line) => {
    if (!line.trim()) return line;
    if (!all) return line.replace(/^(\s*)/, `$1${sign} `);
    const at = line.indexOf(sign);
    const rest = line.slice(at + sign.length);
    return line.slice(0, at) + (rest.startsWith(" ") ? rest.slice(1) : rest);
  });
}

function surround(area, key) {
  const { value, selectionStart, selectionEnd } = area;
  const inner = value.slice(selectionStart, selectionEnd);
  replace(area, selectionStart, selectionEnd, key + inner + PAIRS[key], selectionStart + 1, selectionEnd + 1);
}

/** True when the key was an editing command and has been carried out. */
export function edit(area, event) {
  if (event.ctrlKey || event.metaKey) {
    if (event.key !== "/" || event.altKey) return false;
    comment(area);
    return true;
  }
  if (event.altKey) return false;
  if (event.key === "Tab") {
    if (event.shiftKey) dedent(area);
    else indent(area);
    return true;
  }
  if (event.key === "Enter" && !event.shiftKey) {
    newline(area);
    return true;
  }
  if (event.key === "Backspace") return backspace(area);
  if (event.key in PAIRS && area.selectionStart !== area.selectionEnd) {
    surround(area, event.key);
    return true;
  }
  return false;
}
