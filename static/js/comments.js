// A press on [data-put="id"] puts its text into that field: behind what is typed there already, on a
// line of its own. The form hears of it as of something typed.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-put]");
  const field = button && document.getElementById(button.dataset.put);
  if (!field || field.disabled) return;
  const text = button.textContent.trim();
  const before = field.value.trimEnd();
  field.value = before ? `${before}\n${text}` : text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

// An open [data-preview] beside a comment asks anew when the comment or the level changes.
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const criterion = event.target.closest?.("[data-criterion]");
    for (const preview of criterion?.querySelectorAll("details[open] [data-preview]") ?? []) {
      preview.dispatchEvent(new Event("preview"));
    }
  });
}
