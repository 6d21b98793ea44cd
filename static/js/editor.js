// A code editor on <textarea data-editor="python"> (or the code of another language): the textarea stays the field that is typed in and
// sent, transparent over a coloured copy. Tab indents, Shift-Tab dedents, Enter keeps the indentation,
// Ctrl-/ comments; Escape then Tab leaves. data-editor-errors="7,9" marks lines.
// Events on the textarea: editor:goto {line, error}, editor:errors {lines}. A link with
// data-goto="id of the textarea" data-goto-line="7" jumps there.
import { edit } from "./editor_keys.js";
import { Sheet } from "./editor_sheet.js";
import { ready } from "./ready.js";
import { word } from "./words.js";

const LEAST_LINES = 12;

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function build(area) {
  const box = make("div", "editor");
  const gutter = make("div", "editor__lines");
  const paint = make("pre", "editor__paint");
  const numbers = make("div", "editor__sheet");
  const sheet = make("div", "editor__sheet");
  const hint = make("p", "editor__hint", word("editor"));
  const voice = make("span", "sr-only");
  gutter.ariaHidden = "true";
  paint.ariaHidden = "true";
  voice.role = "status";
  hint.id = `${area.id || area.name}-keys`;
  gutter.append(numbers);
  paint.append(sheet);
  area.before(box);
  box.append(gutter, paint, area, hint, voice);
  area.wrap = "off";
  area.spellcheck = false;
  for (const name of ["autocapitalize", "autocorrect", "autocomplete"]) area.setAttribute(name, "off");
  const described = area.getAttribute("aria-describedby");
  area.setAttribute("aria-describedby", [described, hint.id].filter(Boolean).join(" "));
  return { box, numbers, sheet, hint, voice };
}

ready("textarea[data-editor]", (area) => {
  const { box, numbers, sheet, hint, voice } = build(area);
  const lines = new Sheet(sheet, numbers, area.dataset.editor);
  let leaving = false;
  let composing = false;
  let height = 0; // of a line, in pixels

  const lineAt = (at) => area.value.slice(0, at).split("\n").length;

  function scroll() {
    sheet.style.transform = `translate(${-area.scrollLeft}px, ${-area.scrollTop}px)`;
    numbers.style.transform = `translateY(${-area.scrollTop}px)`;
  }

  function fit(fresh = true) {
    // Asking for it lays the page out, which is too slow for every key press in a long file.
    if (fresh) height = parseFloat(getComputedStyle(area).lineHeight);
    const wanted = Math.max(LEAST_LINES, lines.lines.length + 1) * height + 40;
    const size = `${Math.min(wanted, Math.max(260, window.innerHeight * 0.7))}px`;
    if (area.style.blockSize !== size) area.style.blockSize = size;
  }

  function render() {
    if (composing) return;
    lines.current = lineAt(area.selectionEnd);
    lines.update(area.value);
    fit(!height);
    scroll();
  }

  function leave(state) {
    leaving = state;
    hint.textContent = word(state ? "editor-leave" : "editor");
    voice.textContent = state ? word("editor-leave") : "";
  }

  function goTo({ line, error = false }) {
    const at = Math.min(Math.max(1, Number(line) || 1), lines.lines.length);
    const before = lines.lines.slice(0, at - 1).reduce((sum, { text }) => sum + text.length + 1, 0);
    if (error) lines.mark([at]);
    area.focus({ preventScroll: true });
    area.setSelectionRange(before, before + lines.lines[at - 1].text.length);
    area.scrollTop = Math.max(0, (at - 1) * height - area.clientHeight / 2);
    area.scrollLeft = 0;
    box.scrollIntoView({ block: "nearest" });
    lines.stand(at);
    scroll();
    voice.textContent = word(error ? "line-error" : "line", { n: at });
  }

  area.addEventListener("input", render);
  area.addEventListener("scroll", scroll, { passive: true });
  area.addEventListener("compositionstart", () => {
    composing = true;
    box.classList.add("is-composing");
  });
  area.addEventListener("compositionend", () => {
    composing = false;
    box.classList.remove("is-composing");
    render();
  });
  area.addEventListener("keydown", (event) => {
    // 229 is what older browsers report while an input method has the key.
    if (composing || event.isComposing || event.keyCode === 229 || area.readOnly) return;
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    if (event.key === "Escape") return leave(true);
    if (leaving && event.key === "Tab") return;
    if (leaving) leave(false);
    if (edit(area, event)) event.preventDefault();
  });
  area.addEventListener("blur", () => leave(false));
  area.addEventListener("editor:goto", (event) => goTo(event.detail));
  area.addEventListener("editor:errors", (event) => lines.mark(event.detail.lines));
  area.form?.addEventListener("reset", () => window.setTimeout(render));
  window.addEventListener("resize", () => fit());
  document.addEventListener("selectionchange", () => {
    if (document.activeElement === area) lines.stand(lineAt(area.selectionEnd));
  });

  render();
  const marked = (area.dataset.editorErrors ?? "").split(",").map(Number).filter(Boolean);
  if (marked.length) lines.mark(marked);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-goto]");
  const area = link && document.getElementById(link.dataset.goto);
  if (!area) return;
  event.preventDefault();
  const detail = { line: Number(link.dataset.gotoLine), error: link.dataset.gotoError !== "no" };
  area.dispatchEvent(new CustomEvent("editor:goto", { detail }));
});
