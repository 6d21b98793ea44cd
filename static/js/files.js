// [data-files] hands in several files: chosen, dropped, or as a folder with everything in it. The file
// field sends itself (htmx); the paths inside a folder, which browsers keep to themselves, go along in
// [data-files-paths]. What is under way shows in [data-files-progress].
import { ready } from "./ready.js";
import { word } from "./words.js";

const MOST = 250; // more than that the server does not read
// What systems and tools leave beside the files that are meant; the server leaves it out as well.
const LEFT_OUT = /(^|\/)(__MACOSX|__pycache__|node_modules|\.[^/]+)(\/|$)|\.pyc$/;

async function entriesOf(folder) {
  const reader = folder.createReader();
  const found = [];
  for (;;) {
    // It gives some at a time, and none when there are no more.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    found.push(...some);
  }
}

async function walk(entry, found) {
  if (found.length > MOST || LEFT_OUT.test(entry.fullPath)) return;
  if (entry.isDirectory) {
    for (const each of await entriesOf(entry)) await walk(each, found);
  } else {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push([entry.fullPath.replace(/^\//, ""), file]);
  }
}

ready("[data-files]", (place) => {
  const field = place.querySelector("input[name=file]");
  const paths = place.querySelector("[data-files-paths]");
  const progress = place.querySelector("[data-files-progress]");
  const folder = place.querySelector("[data-files-folder]");

  function send(all) {
    const found = all.filter(([path]) => !LEFT_OUT.test(path));
    if (found.length > MOST) {
      const text = word("files-many", { n: MOST });
      document.dispatchEvent(new CustomEvent("toast", { detail: { text, tone: "attention" } }));
      return;
    }
    const carried = new DataTransfer();
    for (const [, file] of found) carried.items.add(file);
    field.files = carried.files;
    paths.value = JSON.stringify(found.map(([path]) => path));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  place.addEventListener("files:dropped", async (event) => {
    const found = [];
    for (const entry of event.detail) await walk(entry, found);
    if (found.length) send(field.multiple ? found : found.slice(0, 1));
  });
  if (folder) {
    const chooser = folder.querySelector("input");
    folder.hidden = !("webkitdirectory" in chooser);
    chooser.addEventListener("change", (event) => {
      event.stopPropagation();
      const files = [...chooser.files];
      if (files.length) send(files.map((file) => [file.webkitRelativePath || file.name, file]));
      chooser.value = "";
    });
  }
  // The field's own event, so that choosing files one by one sends no paths of a folder before.
  field.addEventListener("click", () => {
    paths.value = "";
  });
  field.addEventListener("htmx:xhr:progress", (event) => {
    progress.hidden = false;
    if (event.detail.lengthComputable) progress.value = (100 * event.detail.loaded) / event.detail.total;
  });
  field.addEventListener("htmx:afterRequest", () => {
    progress.hidden = true;
    field.value = "";
    paths.value = "";
  });
});
