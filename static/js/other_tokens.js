// A tokenizer for colouring C, C++, Java, JavaScript and shell one line at a time, with the classes
// of Pygments. Like that of Python it colours and does not parse.

const C_WORDS =
  "auto break case char const continue default do double else enum extern float for goto if inline " +
  "int long register return short signed sizeof static struct switch typedef union unsigned void " +
  "volatile while";
const KEYWORDS = {
  c: C_WORDS,
  cpp:
    `${C_WORDS} alignas bool catch class constexpr const_cast decltype delete dynamic_cast explicit ` +
    "false friend namespace new noexcept nullptr operator override private protected public " +
    "static_cast template this throw true try typename using virtual",
  java:
    "abstract boolean break byte case catch char class const continue default do double else enum " +
    "extends false final finally float for if implements import instanceof int interface long new null " +
    "package private protected public record return short static super switch this throw throws true " +
    "try var void volatile while",
  javascript:
    "async await break case catch class const continue default delete do else export extends false " +
    "finally for function if import in instanceof let new null of return static super switch this throw " +
    "true try typeof undefined var void while yield",
  shell:
    "case do done elif else esac exit export fi for function if in local read return set shift then " +
    "trap until while",
};
const NAME = "(?<name>[\\p{L}_$][\\p{L}\\p{N}_$]*)";
const STRING = "(?<string>\"(?:\\\\.|[^\"\\\\])*\"?|'(?:\\\\.|[^'\\\\])*'?|`(?:\\\\.|[^`\\\\])*`?)";
const NUMBER = "(?<number>(?:0x[0-9a-f']+|\\d[\\d_']*\\.?\\d*(?:e[+-]?\\d+)?)[uflndb]*(?![\\w]))";

function pieceOf(language) {
  const comments =
    language === "shell"
      ? "(?<comment>(?<=^|\\s)#.*)"
      : "(?<comment>//.*)|(?<open>/\\*)|(?<directive>^\\s*#\\s*\\w+)";
  return new RegExp(`(?<space>\\s+)|${comments}|${STRING}|${NUMBER}|${NAME}|(?<other>.)`, "giuy");
}

/** The tokenizer of a language, null for one that has none: (line, state) → {pieces, state}. */
export function tokenizer(language) {
  if (!(language in KEYWORDS)) return null;
  const words = new Set(KEYWORDS[language].split(" "));
  const piece = pieceOf(language);

  return (line, state = "") => {
    const pieces = [];
    let at = 0;
    let from = 0; // where the end of an open comment is looked for
    while (at < line.length) {
      if (state) {
        const end = line.indexOf(state, from);
        const stop = end < 0 ? line.length : end + state.length;
        pieces.push(["cm", line.slice(at, stop)]);
        at = stop;
        if (end < 0) return { pieces, state };
        state = "";
        continue;
      }
      piece.lastIndex = at;
      const match = piece.exec(line);
      if (!match) break;
      const found = match.groups;
      if (found.open) {
        state = "*/";
        from = at + 2;
        continue;
      }
      pieces.push([kindOf(found, words), match[0]]);
      at += match[0].length;
    }
    return { pieces, state };
  };
}

function kindOf(found, words) {
  if (found.comment) return "c1";
  if (found.directive) return "cp";
  if (found.string) return "s";
  if (found.number) return "mi";
  return found.name && words.has(found.name) ? "k" : "";
}
