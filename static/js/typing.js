// Is the person typing? Then a single key is a letter and not a command.

const NOT_TEXT = new Set(["radio", "checkbox", "button", "submit", "reset", "range", "color", "file"]);

export function typing(element) {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable) return true;
  if (element instanceof HTMLInputElement) return !NOT_TEXT.has(element.type);
  return element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
}

/** A plain key press that may be a command: keys are on, nobody types, no dialog is open. */
export function command(event) {
  return !(
    event.defaultPrevented ||
    event.isComposing ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    document.documentElement.dataset.keys === "off" ||
    typing(event.target) ||
    document.querySelector("dialog[open]")
  );
}
