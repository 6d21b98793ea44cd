// 1EdTech LTI Client Side postMessages 1.0 and Platform Storage 1.0: what the LMS answers.

const ENTRIES = 64;
const LENGTH = 4096;
const STORAGE = ["lti.put_data", "lti.get_data"];

export function subject(data) {
  return data && typeof data === "object" ? data.subject : undefined;
}

// Answers to the messages of tools. `stores`: this window keeps values itself. `frame`: the name
// of the frame that does, if another one; `capabilities` tell tools of it.
export function answering({ stores, frame }) {
  const stored = new Map();

  function put({ key, value }, origin) {
    const place = JSON.stringify([origin, key]);
    if (value === null || value === undefined) stored.delete(place);
    else if (String(value).length > LENGTH) return { error: { code: "storage_exhausted", message: "the value is too long" } };
    else if (stored.size >= ENTRIES && !stored.has(place)) return { error: { code: "storage_exhausted", message: "too many values" } };
    else stored.set(place, value);
    return { key, value };
  }

  const offered = stores || frame ? STORAGE.map((name) => (frame ? { subject: name, frame } : { subject: name })) : [];
  const answers = {
    "lti.capabilities": () => ({
      supported_messages: [{ subject: "lti.capabilities" }, { subject: "lti.frameResize" }, ...offered],
    }),
    "lti.put_data": (data, origin) => put(data, origin),
    "lti.get_data": ({ key }, origin) => ({ key, value: stored.get(JSON.stringify([origin, key])) ?? null }),
  };

  return (event) => {
    const asked = subject(event.data);
    const storage = STORAGE.includes(asked);
    if (!Object.hasOwn(answers, asked ?? "") || (storage && !stores)) return;
    const { message_id: id, key } = event.data;
    let body;
    if (!id || (storage && !key)) body = { error: { code: "bad_request", message: "message_id or key is missing" } };
    else body = answers[asked](event.data, event.origin);
    event.source.postMessage({ subject: `${asked}.response`, message_id: id, ...body }, event.origin);
  };
}
