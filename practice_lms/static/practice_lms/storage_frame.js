// The frame that keeps values for tools, as Canvas' post_message_forwarding does.
import { answering } from "./postmessages.js";

const origins = document.querySelector("[data-origins]").dataset.origins.split(" ");
const answer = answering({ stores: true });
window.addEventListener("message", (event) => {
  if (origins.includes(event.origin)) answer(event);
});
