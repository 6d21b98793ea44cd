// A page of ours leads to the pages of this tab, and the address of this step is not gone back to.
location.replace(document.querySelector("[data-launch-arrive]").href);
