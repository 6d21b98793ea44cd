// Storage that may not be there: a frame of another site can be refused it, with a SecurityError
// on the mere mention of `localStorage`. Then reading gives null and keeping says false.

function open(kind) {
  try {
    return window[kind];
  } catch {
    return null;
  }
}

export function read(key, kind = "localStorage") {
  try {
    return JSON.parse(open(kind)?.getItem(`cograde.${key}`) ?? "null");
  } catch {
    return null;
  }
}

/** True when the value will still be there later. */
export function keep(key, value, kind = "localStorage") {
  try {
    const store = open(kind);
    store?.setItem(`cograde.${key}`, JSON.stringify(value));
    return store !== null;
  } catch {
    return false;
  }
}

export function forget(key, kind = "localStorage") {
  try {
    open(kind)?.removeItem(`cograde.${key}`);
  } catch {
    // Nothing was kept, so there is nothing to forget.
  }
}

/** The keys that begin so, without the product's own prefix. */
export function keys(prefix, kind = "localStorage") {
  try {
    return Object.keys(open(kind) ?? {})
      .filter((key) => key.startsWith(`cograde.${prefix}`))
      .map((key) => key.slice("cograde.".length));
  } catch {
    return [];
  }
}
