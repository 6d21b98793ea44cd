// Light, dark or like the device. A plain script in <head>, so that the page is never drawn in the
// wrong one first. Buttons: data-theme-choice="" | "light" | "dark", in [data-theme-menu].
(() => {
  const root = document.documentElement;

  function stored() {
    try {
      return localStorage.getItem("cograde.theme") || "";
    } catch {
      return "";
    }
  }

  function apply(choice) {
    if (choice === "light" || choice === "dark") root.dataset.theme = choice;
    else delete root.dataset.theme;
  }

  function mark() {
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      const chosen = button.dataset.themeChoice === (root.dataset.theme ?? "");
      button.setAttribute("aria-pressed", String(chosen));
    }
  }

  apply(stored());

  document.addEventListener("DOMContentLoaded", () => {
    for (const menu of document.querySelectorAll("[data-theme-menu]")) menu.hidden = false;
    mark();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-theme-choice]");
    if (!button) return;
    apply(button.dataset.themeChoice);
    mark();
    button.closest("details")?.removeAttribute("open");
    try {
      localStorage.setItem("cograde.theme", button.dataset.themeChoice);
    } catch {
      // The choice then holds for this page only.
    }
  });
})();
