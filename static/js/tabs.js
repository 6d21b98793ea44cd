// <div class="tabs" data-tabs aria-label="…"><a class="tab" href="#text">…</a>…</div> and the
// sections that the links name. Without JavaScript they stay links down the page.
import { ready } from "./ready.js";

ready("[data-tabs]", (list) => {
  const tabs = [...list.querySelectorAll("a[href^='#']")];
  const panels = tabs.map((tab) => document.getElementById(tab.hash.slice(1)));
  if (!tabs.length || panels.includes(null)) return;
  list.setAttribute("role", "tablist");

  function choose(index, focus = true) {
    tabs.forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === index));
      tab.tabIndex = i === index ? 0 : -1;
      panels[i].hidden = i !== index;
    });
    if (focus) tabs[index].focus();
  }

  tabs.forEach((tab, index) => {
    tab.id ||= `tab-${panels[index].id}`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panels[index].id);
    panels[index].setAttribute("role", "tabpanel");
    panels[index].setAttribute("aria-labelledby", tab.id);
    tab.addEventListener("click", (event) => {
      event.preventDefault();
      choose(index, false);
    });
    tab.addEventListener("keydown", (event) => {
      const forward = getComputedStyle(list).direction === "rtl" ? -1 : 1;
      const step = { ArrowRight: forward, ArrowLeft: -forward }[event.key];
      if (event.key === " ") choose(index);
      else if (event.key === "Home") choose(0);
      else if (event.key === "End") choose(tabs.length - 1);
      else if (step) choose((index + step + tabs.length) % tabs.length);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  });

  const named = tabs.findIndex((tab) => tab.hash === location.hash);
  const marked = tabs.findIndex((tab) => tab.hasAttribute("data-tab-first"));
  choose(Math.max(0, named, marked), false);
});

// Of many steps, the open one is in sight; only the row scrolls, never the page.
ready(".steps [aria-current]", (step) => {
  const row = step.closest("ol");
  if (!row) return;
  const [inner, outer] = [step.getBoundingClientRect(), row.getBoundingClientRect()];
  row.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
});
