import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { compilerOf, nodeOf, printed } from "./installed.ts";
import { APP_NAMES, COMPILER_CELLS, type CompilerCell, RESOLUTIONS } from "./matrix.ts";

const installed = inject("installed");
const STRICT = ["--strict", "--target", "es2022", "--types", "node"];

const outOf = ({ compiler, resolution }: CompilerCell): string => `out-${compiler}-${resolution}`;

async function compile(cell: CompilerCell): Promise<void> {
  const { module, sources } = RESOLUTIONS[cell.resolution];
  const ways = ["--module", module, "--moduleResolution", cell.resolution, "--skipLibCheck", "--esModuleInterop"];
  // Its last release: TypeScript 6 asks whether one knows.
  const known = cell.compiler === "6.0" && cell.resolution === "node10" ? ["--ignoreDeprecations", "6.0"] : [];
  const args = [
    compilerOf(installed, cell.compiler),
    ...STRICT,
    ...ways,
    ...known,
    "--outDir",
    outOf(cell),
    ...sources,
  ];
  await printed(process.execPath, args, installed.apps[cell.app]);
}

const USE = `
const use = await import(process.argv[1]);
const told = await use.roundTrip();
console.log(JSON.stringify({ told, types: use.resourceTypes() }));`;

describe("an app that is compiled", () => {
  it.each(COMPILER_CELLS)(
    "by TypeScript $compiler, resolving as $resolution, runs on Node $node with the $app of everything",
    async (cell) => {
      await compile(cell);
      for (const file of RESOLUTIONS[cell.resolution].runs) {
        const place = join(installed.apps[cell.app], outOf(cell), file);
        const told = await printed(
          nodeOf(installed, cell.node),
          ["--input-type=module", "--eval", USE, place],
          installed.apps[cell.app],
        );
        const { told: text, types } = JSON.parse(told);
        expect(text).toBe("42,42 customer-7");
        expect(types).toContain("AWS::Lambda::EventSourceMapping");
      }
    },
  );

  it.each(APP_NAMES)("with the %s of everything finds the package's declarations sound themselves", async (app) => {
    const args = [...STRICT, "--module", "nodenext", "--noEmit", "use.mts", "use.cts"];
    await printed(process.execPath, [compilerOf(installed, "7.0"), ...args], installed.apps[app]);
  });
});
