import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const BIOME = join(ROOT, "node_modules", ".bin", "biome");

/** One import that each room forbids, and one that it allows. Whatever else may be imported stands in `import-graph.test.ts`. */
const ROOMS: readonly (readonly [path: string, forbidden: string, allowed: string])[] = [
  ["lib/contract/planted.ts", "../core/ports.ts", "node:zlib"],
  ["lib/core/delivery/planted.ts", "@aws-sdk/client-sqs", "../../contract/event.ts"],
  ["lib/aws/planted.ts", "../targets/sqs/publisher.ts", "@aws-sdk/client-sqs"],
  ["lib/targets/sqs/publisher.ts", "./construct.ts", "../shared/run/call-deadline.ts"],
  ["lib/targets/nakadi/planted.ts", "aws-cdk-lib", "../shared/http-connection.ts"],
  ["lib/targets/sqs/doctor.ts", "./publisher.ts", "@aws-sdk/client-sqs"],
  ["lib/targets/kafka/planted.ts", "./doctor.ts", "../shared/run/call-deadline.ts"],
  ["lib/targets/shared/doctor/planted.ts", "../../../core/ports.ts", "../directory.ts"],
  ["lib/targets/shared/run/planted.ts", "../synth/target-secret.ts", "../../../core/ports.ts"],
  ["lib/targets/shared/planted.ts", "../../core/ports.ts", "../../contract/event.ts"],
  ["lib/targets/sqs/construct.ts", "./publisher.ts", "aws-cdk-lib/aws-sqs"],
  ["lib/targets/sqs/factory.ts", "@aws-sdk/client-sqs", "./construct.ts"],
  ["lib/targets/shared/synth/planted.ts", "../run/call-deadline.ts", "../../../synth/arns.ts"],
  ["lib/synth/planted.ts", "../cdk/outbox-relay.ts", "aws-cdk-lib"],
  ["lib/cdk/monitoring/planted.ts", "../../core/ports.ts", "../../contract/telemetry/metrics.ts"],
  ["lib/cdk/planted.ts", "../targets/sqs/publisher.ts", "../targets/sqs/construct.ts"],
  ["lib/operator/core/planted.ts", "../aws/clients.ts", "../../core/ports.ts"],
  ["lib/operator/core/planted-too.ts", "../cli/session.ts", "../../core/ports.ts"],
  ["lib/operator/aws/planted.ts", "../cli/session.ts", "../../aws/aws-clients.ts"],
  ["lib/operator/cli/planted.ts", "aws-cdk-lib", "../core/act.ts"],
  ["lib/operator/cli/commands/planted.ts", "@aws-sdk/client-sqs", "../../core/act.ts"],
  ["lib/client/planted.ts", "../consumer/inbox.ts", "../contract/event.ts"],
  ["lib/consumer/planted.ts", "../testing/index.ts", "../client/errors.ts"],
  ["lib/testing/planted.ts", "../aws/aws-clients.ts", "../consumer/inbox.ts"],
  ["lib/cloudwatch/planted.ts", "../contract/metrics.ts", "./metric-store.ts"],
  ["lib/local/planted.ts", "../core/ports.ts", "../contract/deployment/live-alias.ts"],
  ["lambdas/planted.ts", "../lib/cdk/outbox-relay.ts", "../lib/aws/aws-clients.ts"],
  ["lambdas/relay.ts", "../lib/operator/aws/journal.ts", "../lib/aws/aws-clients.ts"],
  ["lambdas/audit.ts", "../lib/operator/cli/session.ts", "../lib/operator/aws/journal.ts"],
  ["dev/demo/planted.ts", "../../lib/core/ports.ts", "../../lib/local/clients.ts"],
];

/** The files in which the linter finds a forbidden import. The tree has only these imports, and the project's rules. */
function refusedIn(imports: ReadonlyMap<string, string>): ReadonlySet<string> {
  const folder = mkdtempSync(join(tmpdir(), "rooms-"));
  try {
    cpSync(join(ROOT, "biome.json"), join(folder, "biome.json"));
    for (const [path, imported] of imports) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `import { planted } from "${imported}";\nconsole.log(planted);\n`);
    }
    const args = [
      "lint",
      "--vcs-enabled=false",
      "--only=style/noRestrictedImports",
      "--reporter=json",
      "--max-diagnostics=none",
    ];
    const { stdout } = spawnSync(BIOME, args, { cwd: folder, encoding: "utf8" });
    const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly Diagnostic[] };
    return new Set(diagnostics.map(({ location }) => location.path));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Diagnostic {
  readonly location: { readonly path: string };
}

describe("the linter knows the rooms", () => {
  it("refuses what a room may not import", () => {
    const planted = new Map(ROOMS.map(([path, forbidden]) => [path, forbidden]));
    expect([...refusedIn(planted)].sort()).toEqual([...planted.keys()].sort());
  });

  it("allows what it may", () => {
    expect([...refusedIn(new Map(ROOMS.map(([path, , allowed]) => [path, allowed])))]).toEqual([]);
  });

  it("lets each file match one set of rules only: a later one would replace an earlier one", () => {
    const { overrides } = JSON.parse(readFileSync(join(ROOT, "biome.json"), "utf8"));
    const restricting = overrides.filter((each: object) => JSON.stringify(each).includes("noRestrictedImports"));
    for (const [path] of ROOMS) {
      const matching = restricting.filter(({ includes }: { readonly includes: readonly string[] }) =>
        includes.reduce(
          (matches, glob) =>
            glob.startsWith("!") ? matches && !isMatch(path, glob.slice(1)) : matches || isMatch(path, glob),
          false,
        ),
      );
      expect(matching, path).toHaveLength(1);
    }
  });
});

const isMatch = (path: string, glob: string): boolean =>
  new RegExp(
    `^${glob.replaceAll(".", "\\.").replaceAll("**", "\0").replaceAll("*", "[^/]*").replaceAll("\0", ".*")}$`,
  ).test(path);
