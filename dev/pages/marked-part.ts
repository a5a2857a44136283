/** What stands before and behind the part of a page that a command writes. */
export interface Marks {
  readonly begin: string;
  readonly end: string;
}

/** @throws Error when the page lacks the marks. */
export function markedPart(page: string, marks: Marks): string {
  return page.slice(...placeIn(page, marks));
}

/** @throws Error when the page lacks the marks. */
export function withMarkedPart(page: string, marks: Marks, part: string): string {
  const [from, to] = placeIn(page, marks);
  return page.slice(0, from) + part + page.slice(to);
}

function placeIn(page: string, { begin, end }: Marks): readonly [from: number, to: number] {
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from + begin.length);
  if (from < 0 || to < 0) {
    throw new Error(`The page has no place for what is written: it needs "${begin.trim()}" and "${end.trim()}"`);
  }
  return [from + begin.length, to];
}

/** A line of a table. */
export const tableLine = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
