import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PAGE, PICTURE, RESULT } from "../../../bench/publish.ts";
import { pageWith } from "../../../bench/report/page.ts";
import { picture } from "../../../bench/report/picture.ts";
import type { Result } from "../../../bench/report/result.ts";
import { result } from "../sample-result.ts";

const page = [
  "before",
  "<!-- measured: begin (npm run bench -- --write) -->",
  "old figures",
  "<!-- measured: end -->",
  "after",
].join("\n");

describe("the page of results", () => {
  it("gets the table between its markers, and keeps everything else", () => {
    const written = pageWith(page, result);
    expect(written).toContain("| relay-unordered | x 2 (1.9-2.4) | <= 2 | met | 200 (190-260) ms |");
    expect(written).toContain("| relay-vs-others | x 4 (3-5) | >= 5 | missed |");
    expect(written).toContain("`npm run bench -- --write`: Node v24.0.0, 2 cores of Some CPU");
    expect(written.startsWith("before\n") && written.endsWith("\nafter")).toBe(true);
    expect(written).not.toContain("old figures");
    expect(pageWith(written, result)).toBe(written);
  });

  it("must have markers", () => {
    expect(() => pageWith("no place", result)).toThrow("The page has no place for what is written");
  });
});

describe("docs/performance.md", () => {
  it("shows what docs/performance.json holds, and so does the picture", () => {
    const measured = JSON.parse(readFileSync(RESULT, "utf8")) as Result;
    const text = readFileSync(PAGE, "utf8");
    expect(pageWith(text, measured)).toBe(text);
    expect(picture(measured)).toBe(readFileSync(PICTURE, "utf8"));
  });
});
