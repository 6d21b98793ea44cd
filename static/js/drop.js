// A file dropped on <… data-drop> goes where its field would have put it: as text into an editor, or
// to files.js. What is typed there already is replaced only after a question.
import { ready } from "./ready.js";
import { word } from "./words.js";

const LONGEST = 100_000;

const say = (text) =>
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, tone: "attention" } }));

async function intoEditor(area, file) {
  const text = await file.text();
  if (text.length > LONGEST || text.includes("\0")) return say(word("drop-no-text", { name: file.name }));
  if (area.value.trim() && area.value !== text && !window.confirm(word("drop-replace", { name: file.name }))) return;
  area.value = text.replace(/\r\n?/g, "\n");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
}

ready("[data-drop]", (place) => {
  const field = place.querySelector("textarea") ?? place.querySelector("input[type=file]");
  if (!field) return;
  const mark = (on) => place.classList.toggle("drop--over", on);
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  place.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    mark(true);
  });
  place.addEventListener("dragleave", (event) => {
    if (!place.contains(event.relatedTarget)) mark(false);
  });
  place.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    mark(false);
    if (!field.matches("textarea")) {
      // The entries must be taken now: they are gone when this has returned. files.js goes on.
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry());
      const detail = entries.filter(Boolean);
      place.dispatchEvent(new CustomEvent("files:dropped", { detail }));
      return;
    }
    const [file] = event.dataTransfer.files;
    if (file) intoEditor(field, file);
  });
  // The same for who does not drag: a file field beside the editor.
  const chooser = place.querySelector("[data-drop-choose]");
  chooser?.addEventListener("change", () => {
    if (chooser.files[0]) intoEditor(field, chooser.files[0]);
    chooser.value = "";
  });
});
