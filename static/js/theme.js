// Light, dark or like the device. A plain script in <head>, so that the page is never drawn in the
// wrong one first. Buttons: data-theme-choice="" | "light" | "dark", in [data-theme-menu]. Of a
// person whom the tool knows, <html data-theme> says it already; else the device does.
(() => {
  const root = document.documentElement;

  function stored() {
    try {
      return localStorage.getItem("cograde.theme")?.replaceAll('"', "") ?? "";
    } catch {
      return "";
    }
  }

  function mark() {
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      const chosen = button.dataset.themeChoice === (root.dataset.theme ?? "");
      button.setAttribute("aria-pressed", String(chosen));
    }
  }

  root.dataset.theme ??= stored();

  document.addEventListener("DOMContentLoaded", () => {
    for (const menu of document.querySelectorAll("[data-theme-menu]")) menu.hidden = false;
    mark();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-theme-choice]");
    if (!button) return;
    root.dataset.theme = button.dataset.themeChoice;
    mark();
    button.closest("details")?.removeAttribute("open");
    document.dispatchEvent(new CustomEvent("prefer", { detail: ["theme", root.dataset.theme] }));
  });
})();
