// Practice LMS: forms that send themselves, and the messages that tools in a frame may post.

for (const form of document.querySelectorAll("form[data-auto]")) form.submit();

// After deep linking the tool's frame shows our page: leave the frame when all went well.
const leaving = document.querySelector("[data-leave]");
if (leaving && window.top !== window.self) window.top.location.assign(leaving.dataset.leave);

// While a tool registers itself in another window, look whether it has arrived.
const waiting = document.querySelector("[data-wait]");
async function look() {
  try {
    const answer = await fetch(waiting.dataset.wait);
    if (answer.ok && (await answer.json()).arrived) return location.reload();
  } catch {
    // The next look may succeed; the page says that reloading helps too.
  }
  setTimeout(look, 2000);
}
if (waiting) {
  setTimeout(look, 2000);
  window.addEventListener("message", (event) => {
    if (subject(event.data) === "org.imsglobal.lti.close") location.reload();
  });
}

// 1EdTech LTI Client Side postMessages 1.0 and Platform Storage 1.0.
const frame = document.querySelector("iframe.tool");
const ENTRIES = 64;
const LENGTH = 4096;
const stored = new Map();

function subject(data) {
  return data && typeof data === "object" ? data.subject : undefined;
}

function put({ key, value }, origin) {
  const place = JSON.stringify([origin, key]);
  if (value === null || value === undefined) stored.delete(place);
  else if (String(value).length > LENGTH) return { error: { code: "storage_exhausted", message: "the value is too long" } };
  else if (stored.size >= ENTRIES && !stored.has(place)) return { error: { code: "storage_exhausted", message: "too many values" } };
  else stored.set(place, value);
  return { key, value };
}

const answers = {
  "lti.capabilities": () => ({
    supported_messages: [
      { subject: "lti.capabilities" },
      { subject: "lti.frameResize" },
      ...("storage" in frame.dataset ? [{ subject: "lti.put_data" }, { subject: "lti.get_data" }] : []),
    ],
  }),
  "lti.put_data": (data, origin) => put(data, origin),
  "lti.get_data": ({ key }, origin) => ({ key, value: stored.get(JSON.stringify([origin, key])) ?? null }),
};

function answer(event) {
  const asked = subject(event.data);
  const storage = asked === "lti.put_data" || asked === "lti.get_data";
  if (!(asked in answers) || (storage && !("storage" in frame.dataset))) return;
  const { message_id: id, key } = event.data;
  let body;
  if (!id || (storage && !key)) body = { error: { code: "bad_request", message: "message_id or key is missing" } };
  else body = answers[asked](event.data, event.origin);
  event.source.postMessage({ subject: `${asked}.response`, message_id: id, ...body }, event.origin);
}

if (frame) {
  const origins = frame.dataset.origins.split(" ");
  window.addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || !origins.includes(event.origin)) return;
    if (subject(event.data) === "lti.frameResize") {
      const height = Number(event.data.height);
      if (height > 0) frame.style.height = `${Math.min(Math.max(height, 320), 20000)}px`;
    } else answer(event);
  });
}
