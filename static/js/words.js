// What scripts say, translated: texts live in <template id="words"> of base.html.

/** The text `name` with its {placeholders} filled in; the name itself where the text is missing. */
export function word(name, values = {}) {
  const template = document.getElementById("words");
  const found = template?.content.querySelector(`[data-word="${name}"]`);
  const text = found ? found.textContent : name;
  return text.replace(/\{(\w+)\}/g, (all, key) => (key in values ? String(values[key]) : all));
}
