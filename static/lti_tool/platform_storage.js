// 1EdTech LTI Client Side postMessages 1.0 and Platform Storage 1.0: the page of the LMS around our
// frame keeps a value for us where the browser keeps no cookie. A window that a frame of ours opened
// asks that frame in the same way.

const PATIENCE = 2000;

// The frame that keeps things: the page of the LMS, one that it named, or our own opener.
function keeper(name) {
  if (name === "_opener") return window.opener;
  const page = window.parent === window ? window.opener : window.parent;
  if (!page || name === "_parent") return page;
  try {
    return page.frames[name] || page;
  } catch {
    return page;
  }
}

// The answer's body, or undefined when none comes in time. Only `origin` is asked and believed.
export function ask(subject, body, { storage, storageOrigin: origin }) {
  const target = keeper(storage);
  if (!target || !origin) return Promise.resolve(undefined);
  const id = crypto.getRandomValues(new Uint32Array(4)).join("-");
  return new Promise((resolve) => {
    const done = (answer) => {
      window.removeEventListener("message", listen);
      clearTimeout(timer);
      resolve(answer);
    };
    const listen = ({ data, origin: from }) => {
      if (from !== origin || !data || data.subject !== `${subject}.response` || data.message_id !== id) return;
      done(data.error ? undefined : data);
    };
    const timer = setTimeout(done, PATIENCE);
    window.addEventListener("message", listen);
    target.postMessage({ subject, message_id: id, ...body }, origin);
  });
}
