// Sends a form that only carries something on to the next page; its button serves without scripts.
document.querySelector("form[data-submit-at-once]")?.submit();
