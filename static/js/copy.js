// <button data-copy="#selector"> copies that element's text or value; data-copy-text="…" a text.
import { word } from "./words.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy], [data-copy-text]");
  if (!button) return;
  const source = button.dataset.copy ? document.querySelector(button.dataset.copy) : null;
  const text = button.dataset.copyText ?? source?.value ?? source?.innerText ?? "";
  let detail = { text: word("copied"), tone: "good" };
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A frame needs the LMS's leave for the clipboard; selecting always works.
    if (source) window.getSelection()?.selectAllChildren(source);
    if (!document.execCommand("copy")) {
      detail = { text: word("copy-failed"), tone: "attention" };
    }
  }
  document.dispatchEvent(new CustomEvent("toast", { detail }));
});
