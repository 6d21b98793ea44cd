// <button data-copies="id" data-copied="Copied"> copies the text of that element; for the
// administration, which does not load the modules of our own pages.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copies]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copies);
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    // Without leave for the clipboard: selected text can be copied by hand.
    window.getSelection()?.selectAllChildren(source);
    if (!document.execCommand("copy")) return;
  }
  button.textContent = button.dataset.copied;
});
