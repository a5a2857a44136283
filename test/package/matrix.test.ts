import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PROJECT_ROOT } from "../../lib/local/run-folder.ts";
import {
  APP_NAMES,
  APPS,
  COMPILER_CELLS,
  COMPILERS,
  exists,
  NODES,
  RESOLUTION_NAMES,
  RUNNER_CELLS,
  RUNNERS,
} from "./matrix.ts";

const { peerDependencies, engines } = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8"));
const readme = readFileSync(join(PROJECT_ROOT, "README.md"), "utf8");

describe("the matrix", () => {
  it.each(Object.keys(peerDependencies))("has the floor of %s, and it stands in README", (name) => {
    const [, floor] = /^\^(\d+\.\d+\.\d+)$/.exec(peerDependencies[name]) ?? [];
    expect(APPS.floor).toContain(`${name}@${floor}`);
    expect(readme).toContain(`\`${name}\` ${floor}`);
  });

  it("has the floor of Node.js", () => {
    expect(engines.node).toMatch(new RegExp(`^>=${Object.keys(NODES)[0]}\\.`));
  });

  it.each([
    {
      cells: COMPILER_CELLS,
      factors: {
        ...{ compiler: Object.keys(COMPILERS), resolution: RESOLUTION_NAMES },
        ...{ node: Object.keys(NODES), app: APP_NAMES },
      },
    },
    { cells: RUNNER_CELLS, factors: { runner: RUNNERS, node: Object.keys(NODES), app: APP_NAMES } },
  ])("has a cell for every pair that exists, of $cells.length", ({ cells, factors }) => {
    const values = Object.entries(factors);
    const missing = values.flatMap(([one, given], index) =>
      values.slice(index + 1).flatMap(([other, others]) =>
        given.flatMap((a) =>
          others.flatMap((b) => {
            const met = (cells as readonly Readonly<Record<string, string>>[]).some(
              (cell) => cell[one] === a && cell[other] === b,
            );
            return met || !exists(a, b) ? [] : [`${a} ${b}`];
          }),
        ),
      ),
    );
    expect(missing).toEqual([]);
  });
});
