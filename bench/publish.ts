import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pageWith } from "./report/page.ts";
import { picture } from "./report/picture.ts";
import type { Result } from "./report/result.ts";

const DOCS = join(import.meta.dirname, "..", "docs");
export const PAGE = join(DOCS, "performance.md");
export const RESULT = join(DOCS, "performance.json");
export const PICTURE = join(DOCS, "images", "performance.svg");

/** Writes the page's table, its picture, and the result from which both are made. */
export async function publish(result: Result): Promise<void> {
  await writeFile(PAGE, pageWith(await readFile(PAGE, "utf8"), result));
  await writeFile(PICTURE, picture(result));
  await writeFile(RESULT, `${JSON.stringify(result, undefined, 2)}\n`);
}
