// A file dropped on <… data-drop> goes where its field would have put it: into a file field, or as
// text into an editor. What is typed there already is replaced only after a question.
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

function intoField(field, files) {
  const carried = new DataTransfer();
  carried.items.add(files[0]);
  field.files = carried.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
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
    const files = [...event.dataTransfer.files];
    if (!files.length) return;
    if (field.matches("textarea")) intoEditor(field, files[0]);
    else intoField(field, files);
  });
  // The same for who does not drag: a file field beside the editor.
  const chooser = place.querySelector("[data-drop-choose]");
  chooser?.addEventListener("change", () => {
    if (chooser.files[0]) intoEditor(field, chooser.files[0]);
    chooser.value = "";
  });
});
