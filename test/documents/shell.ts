/** One command of a script: its program and arguments, without quotes. */
export type Command = readonly string[];

const KEYWORDS = new Set(["if", "then", "else", "fi", "do", "done", "while", "until", "!"]);
const ASSIGNMENT = /^[A-Za-z_]\w*=/;
const PLACEHOLDER = /<[A-Za-z][\w -]*>/g;
const HERE_DOCUMENT = /<<-?\s*(['"]?)(\w+)\1(.*)\n[\s\S]*?\n\s*\2(?=\n|$)/g;

/** What a reader puts in place of `<name>`, so that a shell can read the line. */
export const withPlaceholders = (script: string): string => script.replace(PLACEHOLDER, "placeholder");

/**
 * The commands of a script, in the shell's words: enough of its grammar for what pages show. Variables and `$(...)` stay
 * in their words as they are.
 */
export function commandsIn(script: string): readonly Command[] {
  const commands: string[][] = [[]];
  for (const token of tokensOf(withPlaceholders(script).replace(HERE_DOCUMENT, "$3"))) {
    if (token.kind === "end") commands.push([]);
    else commands.at(-1)?.push(token.word);
  }
  return commands.map(withoutPrefix).filter((words) => words.length > 0);
}

function withoutPrefix(words: readonly string[]): Command {
  const first = words.findIndex((word) => !KEYWORDS.has(word) && !ASSIGNMENT.test(word));
  return first < 0 ? [] : words.slice(first);
}

type Token = { readonly kind: "word"; readonly word: string } | { readonly kind: "end" };

const PARTS =
  /(?<skip>[ \t]+|\\\n|#[^\n]*)|(?<end>&&|\|\||[\n;|&])|(?<redirect>\d?>{1,2}&?\s*[^\s;&|]+|<\s*[^\s;&|]+)|(?<word>(?:'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\$\((?:[^()]|\([^()]*\))*\)|\\[^\n]|[^\s'"\\;&|<>])+)/y;

function* tokensOf(script: string): Generator<Token> {
  PARTS.lastIndex = 0;
  while (PARTS.lastIndex < script.length) {
    const at = PARTS.lastIndex;
    const { groups } = PARTS.exec(script) ?? {};
    if (groups === undefined) throw new Error(`The shell's words end at: ${script.slice(at, at + 40)}`);
    if (groups["end"] !== undefined) yield { kind: "end" };
    if (groups["word"] !== undefined) yield { kind: "word", word: unquoted(groups["word"]) };
  }
}

const unquoted = (word: string): string =>
  word.replace(/'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])/g, (_all, single, double, escaped) =>
    single !== undefined ? single : double !== undefined ? double.replace(/\\(["\\$`])/g, "$1") : escaped,
  );
