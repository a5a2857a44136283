import { markedPart, withMarkedPart } from "../../../../dev/pages/marked-part.ts";
import type { Notifications } from "./day.ts";

/** What one day told, by its story. */
export type Days = ReadonlyMap<string, ReadonlyMap<string, Notifications>>;

const MARKS = {
  begin: "<!-- The table of pages: npm run docs:pages writes it. -->\n",
  end: "<!-- The table ends. -->\n",
};

/** The table as it stands in the page. */
export const tableIn = (page: string): string => markedPart(page, MARKS);

export const withTable = (page: string, table: string): string => withMarkedPart(page, MARKS, table);

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
