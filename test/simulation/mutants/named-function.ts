/** Where a function stands in its file: from its declaration to its end, in characters. */
export interface Extent {
  readonly begin: number;
  readonly end: number;
}

const escaped = (name: string): string => name.replace(/[$#]/g, "\\$&");

/** A declaration, a constant or a property that holds a function, or a method. */
const declarationOf = (name: string): RegExp => {
  const arrow = "(?:async )?(?:<.*>)?\\((?:$|.*(?:=>|\\($))";
  const forms = [
    `(?:export )?(?:async )?function\\*? ${escaped(name)}\\b`,
    `(?:export )?const ${escaped(name)} =(?: ${arrow}|$)`,
    `(?:readonly )?${escaped(name)}: ${arrow}`,
    `(?:async |get )?\\*?${escaped(name)}\\(.*\\{$`,
  ];
  return new RegExp(`^ *(?:${forms.join("|")})`, "gm");
};

/** How far a line is indented. */
const indentOf = (line: string): number => line.length - line.trimStart().length;

/**
 * Finds a function of a formatted file by its name. The function ends at the first closing line with the indentation of its
 * first line, or before the next declaration with that indentation.
 *
 * @throws when the file has no such function, or several.
 */
export function extentOf(source: string, name: string, file: string): Extent {
  const found = [...source.matchAll(declarationOf(name))];
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(`A patch must name exactly one function of ${file}, and ${name} is ${found.length} of them`);
  }
  const begin = first.index;
  const [head = "", ...lines] = source.slice(begin).split("\n");
  let end = begin + head.length;
  for (const line of lines) {
    const isAbove = line.trim() !== "" && indentOf(line) <= indentOf(head);
    // The end of the parameters is not the end of the function.
    const goesOn = isAbove && /^\s*(?:\)|\}\)?:|\} ?=|\}, )/.test(line) && /(?:\{|=>|\()$/.test(line);
    const closesIt = indentOf(line) === indentOf(head) && /^\s*[)\]}]/.test(line);
    if (isAbove && !goesOn) return { begin, end: closesIt ? end + 1 + line.length : end };
    end += 1 + line.length;
  }
  return { begin, end };
}

/** Where a function's parameters end: before its block, or behind its arrow. Undefined if it has neither. */
export function bodyOf(text: string): { readonly kind: "block" | "expression"; readonly at: number } | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    const isArrow = depth === 0 && text.startsWith("=>", at);
    const block = isArrow ? /^=>\s*\{\n/.exec(text.slice(at))?.[0] : undefined;
    if (block !== undefined) return { kind: "block", at: at + block.length };
    if (isArrow) return { kind: "expression", at: at + 2 };
    if (depth === 0 && text.startsWith("{\n", at)) return { kind: "block", at: at + 2 };
    if ("([{".includes(character)) depth += 1;
    else if (")]}".includes(character)) depth -= 1;
  }
  return undefined;
}
