/** A fenced block of a page. */
export interface Snippet {
  readonly page: string;
  /** The nearest heading above it, without its marks. */
  readonly heading: string;
  /** The number of its first line in the page. */
  readonly line: number;
  /** What stands behind the fence; empty where nothing does. */
  readonly language: string;
  readonly text: string;
}

/** A command within a sentence, in backticks. */
export interface InlineCommand {
  readonly page: string;
  readonly line: number;
  readonly text: string;
}

const FENCE = /^(\s*)```(\w*)\s*$/;
const HEADING = /^#{1,6} (.*)$/;

/** The fenced blocks of a page, each without the indentation of its fence. */
export function snippetsIn(page: string, text: string): readonly Snippet[] {
  const snippets: Snippet[] = [];
  let heading = "";
  let open: { indent: number; language: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const [, indent = "", language = ""] = FENCE.exec(line) ?? [undefined];
    const isFence = FENCE.test(line);
    if (open !== undefined && isFence) {
      const { line: begin, language: written, lines } = open;
      snippets.push({ page, heading, line: begin, language: written, text: lines.join("\n") });
      open = undefined;
    } else if (open !== undefined) open.lines.push(line.slice(open.indent));
    else if (isFence) open = { indent: indent.length, language, line: index + 2, lines: [] };
    else heading = HEADING.exec(line)?.[1] ?? heading;
  }
  if (open !== undefined) throw new Error(`${page}:${open.line - 1}: this block has no end`);
  return snippets;
}

const INLINE = /`((?:npx |npm |outbox-relay |aws )[^`]+)`/g;

/** The commands in the sentences of a page. */
export function inlineCommandsIn(page: string, text: string): readonly InlineCommand[] {
  let inBlock = false;
  return text.split("\n").flatMap((line, index) => {
    if (FENCE.test(line)) inBlock = !inBlock;
    if (inBlock) return [];
    // A table's cell escapes the bars of a choice.
    return [...line.matchAll(INLINE)].map(([, command = ""]) => ({
      page,
      line: index + 1,
      text: command.replaceAll("\\|", "|"),
    }));
  });
}
