import type { Notifications } from "./day.ts";

/** What one day told, by its story. */
export type Days = ReadonlyMap<string, ReadonlyMap<string, Notifications>>;

const BEGIN = "<!-- The table of pages: npm run docs:pages writes it. -->\n";
const END = "<!-- The table ends. -->\n";

/** The table as it stands in the page. */
export const tableIn = (page: string): string => page.slice(...placeIn(page));

export function withTable(page: string, table: string): string {
  const [from, to] = placeIn(page);
  return page.slice(0, from) + table + page.slice(to);
}

function placeIn(page: string): readonly [from: number, to: number] {
  const [begin, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || to < begin) throw new Error(`The page has no place for the table: ${BEGIN}`);
  return [begin + BEGIN.length, to];
}

/** The notifications of each day: how many said ALARM, and how many said OK. */
export function tableOf(days: Days): string {
  const rows = [...days].map(([story, told]) => `| ${story} | ${textOf(told)} |\n`);
  return `| a day | ALARM + OK of each alarm that told anything |\n|---|---|\n${rows.join("")}`;
}

function textOf(told: ReadonlyMap<string, Notifications>): string {
  if (told.size === 0) return "nothing";
  const ofNewAlarms = [...told.values()].every(({ alarm, ok }) => alarm === 0 && ok === 1);
  if (ofNewAlarms) return `0 + 1 of ${told.size} alarms: CloudWatch says once of a new alarm that it is OK`;
  return [...told]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, { alarm, ok }]) => `[${name}](#${name.toLowerCase()}) ${alarm} + ${ok}`)
    .join(", ");
}
