// A tokenizer for colouring Python one line at a time. Classes are those of Pygments, so that editor
// and viewer look alike. It colours; it does not parse: an f-string is one string to it.

const KEYWORDS = new Set(
  ("and as assert async await break class continue def del elif else except finally for from " +
    "global if import in is lambda nonlocal not or pass raise return try while with yield match case").split(" "),
);
const CONSTANTS = new Set(["True", "False", "None"]);
const BUILTINS = new Set(
  ("abs all any bool bytearray bytes callable chr dict dir divmod enumerate filter float format " +
    "frozenset getattr hasattr hash hex id input int isinstance issubclass iter len list map max min " +
    "next object oct open ord pow print range repr reversed round set setattr slice sorted str sum " +
    "super tuple type vars zip Exception ValueError TypeError KeyError IndexError ZeroDivisionError " +
    "StopIteration RuntimeError AttributeError").split(" "),
);
const SOFT = new Set(["match", "case"]);

const PIECE = new RegExp(
  [
    "(?<space>\\s+)",
    "(?<comment>#.*)",
    "(?<open>(?:[rbfu]|rb|br|rf|fr)?(?:\"\"\"|'''))",
    "(?<string>(?:[rbfu]|rb|br|rf|fr)?(?:\"(?:\\\\.|[^\"\\\\])*\"?|'(?:\\\\.|[^'\\\\])*'?))",
    "(?<number>(?:0[xob][0-9a-f_]+|(?:\\d[\\d_]*\\.?[\\d_]*|\\.\\d[\\d_]*)(?:e[+-]?\\d+)?j?)(?![\\w]))",
    "(?<decorator>(?<=^\\s*)@[\\w.]+)",
    "(?<name>[\\p{L}_][\\p{L}\\p{N}\\p{M}_]*)",
    "(?<other>.)",
  ].join("|"),
  "giuy",
);

function classOf(name, before, after) {
  if (before === "def") return "nf";
  if (before === "class") return "nc";
  if (CONSTANTS.has(name)) return "kc";
  if (SOFT.has(name)) return /^\s*[=.,)(\]:]/.test(after) ? "" : before === "" ? "k" : "";
  if (KEYWORDS.has(name)) return "k";
  if (before === ".") return "";
  if (name === "self" || name === "cls") return "bp";
  return BUILTINS.has(name) ? "nb" : "";
}

/** Where a triple-quoted string ends in `text` from `from`, after its quotes; -1 when it does not. */
function endOf(text, quotes, from) {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text.startsWith(quotes, at)) return at + 3;
  }
  return -1;
}

/**
 * One line in, its pieces and the state after it out.
 * @param {string} line without its newline
 * @param {string} state "" or the triple quotes that are still open from the lines before
 * @returns {{pieces: [string, string][], state: string}} class ("" for none) and text of each piece
 */
export function tokens(line, state = "") {
  const pieces = [];
  const add = (kind, text) => {
    const last = pieces.at(-1);
    if (last && last[0] === kind) last[1] += text;
    else pieces.push([kind, text]);
  };
  let at = 0;
  let before = "";
  if (state) {
    const end = endOf(line, state, 0);
    if (end < 0) return { pieces: line ? [["s", line]] : [], state };
    add("s", line.slice(0, end));
    at = end;
  }
  while (at < line.length) {
    PIECE.lastIndex = at;
    const match = PIECE.exec(line);
    if (!match) break;
    const { space, comment, open, string, number, decorator, name } = match.groups;
    let text = match[0];
    if (open) {
      const quotes = open.slice(-3);
      const end = endOf(line, quotes, at + open.length);
      if (end < 0) {
        add("s", line.slice(at));
        return { pieces, state: quotes };
      }
      text = line.slice(at, end);
      add("s", text);
    } else if (comment) add("c1", comment);
    else if (string) add("s", string);
    else if (number) add("mi", number);
    else if (decorator) add("nd", decorator);
    else if (name) add(classOf(name, before, line.slice(at + name.length)), name);
    else add("", text);
    if (!space) before = text;
    at += text.length;
  }
  return { pieces, state: "" };
}
