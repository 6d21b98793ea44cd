// Storage that may not be there: a frame of another site can be refused it, with a SecurityError
// on the mere mention of `localStorage`. Then reading gives null and keeping says false.

const PREFIX = "cograde.";

function open() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

export function read(key) {
  try {
    return JSON.parse(open()?.getItem(PREFIX + key) ?? "null");
  } catch {
    return null;
  }
}

/** True when the value will still be there later. */
export function keep(key, value) {
  try {
    const store = open();
    store?.setItem(PREFIX + key, JSON.stringify(value));
    return store !== null;
  } catch {
    return false;
  }
}

export function forget(key) {
  try {
    open()?.removeItem(PREFIX + key);
  } catch {
    // Nothing was kept, so there is nothing to forget.
  }
}

/** The keys that begin so, without the product's own prefix. */
export function keys(prefix) {
  try {
    return Object.keys(open() ?? {})
      .filter((key) => key.startsWith(PREFIX + prefix))
      .map((key) => key.slice(PREFIX.length));
  } catch {
    return [];
  }
}
