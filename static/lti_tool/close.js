// Tells the LMS that opened this page that it is done (LTI Dynamic Registration 1.0).
// The message says nothing secret; it still goes only to the addresses that the LMS named.
const done = document.querySelector("[data-close-origins]");
const lms = window.opener ?? (window.parent === window ? null : window.parent);

function close() {
  for (const origin of done.dataset.closeOrigins.split(" ")) {
    lms.postMessage({ subject: "org.imsglobal.lti.close" }, origin);
  }
}

if (done && lms) {
  const button = done.querySelector("[data-close]");
  button.hidden = false;
  button.addEventListener("click", () => {
    close();
    if (window.opener) window.close();
  });
  close();
}
