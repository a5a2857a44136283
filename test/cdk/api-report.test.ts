import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { PACKAGE_ROOT } from "../../lib/cdk/functions/bundles.ts";
import { apiReport } from "./api-report.ts";
import { createFolder } from "./fixtures.ts";

/** A folder with declaration files. */
function declarations(files: Readonly<Record<string, string>>): string {
  const folder = createFolder("declarations-");
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return join(folder, "index.d.ts");
}

describe("the public surface", () => {
  let folder: string;

  beforeAll(() => {
    folder = createFolder("declarations-");
    const tsc = join(PACKAGE_ROOT, "node_modules", ".bin", "tsc");
    execFileSync(tsc, ["-p", "tsconfig.commonjs.json", "--emitDeclarationOnly", "--outDir", folder], {
      cwd: PACKAGE_ROOT,
    });
  });

  // After an intended change `npm run api` rewrites the reports, and the review sees what changed.
  test.each(["cdk", "client", "consumer", "testing"])("of the entry %s is as api/ has it", async (entry) => {
    const report = apiReport(join(folder, entry, "index.d.ts"));
    await expect(report).toMatchFileSnapshot(join(PACKAGE_ROOT, "api", `${entry}.api.md`));
  });
});

describe("apiReport", () => {
  test("has what is exported, what that mentions, and nothing else", () => {
    const index = declarations({
      "index.d.ts": 'export { open, type Options as OpenOptions } from "./open.ts";\n',
      "open.d.ts": `import type { Client } from "@aws-sdk/client-dynamodb";
import { type Level } from "./deep/level.ts";
/** A comment; with a semicolon, and a brace {. */
export declare function open(options: Options): Client;
export declare function open(options: Options, url: "https://example.com/{id}"): Client;
export interface Options {
    // Nobody's.
    readonly level: Level;
}
export type Unused = string;
`,
      "deep/level.d.ts": 'export type Level = "low" | Private;\ntype Private = { a: 1; b: 2 };\n',
    });
    expect(apiReport(index)).toBe(`# 2 exports

\`\`\`ts
// exported as OpenOptions
interface Options {
    readonly level: Level;
}

declare function open(options: Options): Client;
declare function open(options: Options, url: "https://example.com/{id}"): Client;
\`\`\`

# 2 declarations that they mention

\`\`\`ts
type Level = "low" | Private;

type Private = { a: 1; b: 2 };
\`\`\`

# 1 types of other packages

- @aws-sdk/client-dynamodb: Client
`);
  });

  test("does not change when a file moves", () => {
    const level = 'export type Level = "low";\n';
    const here = declarations({ "index.d.ts": 'export type { Level } from "./level.ts";\n', "level.d.ts": level });
    const there = declarations({
      "index.d.ts": 'export type { Level } from "./deep/level.ts";\n',
      "deep/level.d.ts": level,
    });
    expect(apiReport(here)).toBe(apiReport(there));
  });

  test.each([
    ['export * from "./level.ts";\n', "cannot follow"],
    ['export type { Missing } from "./level.ts";\n', "exports Missing, which it does not declare"],
    ['export type { Level } from "./other.ts";\n', "There are no declarations"],
    ["export interface Open {\n", "ends inside a statement"],
  ])("refuses what it cannot read: %j", (source, message) => {
    const index = declarations({ "index.d.ts": source, "level.d.ts": "export type Level = 1;\n" });
    expect(() => apiReport(index)).toThrow(message);
  });
});
