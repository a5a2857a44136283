import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, inject, it } from "vitest";
import type { billOfMaterials } from "../../lib/cdk/build/bill-of-materials.ts";
import { PROJECT_ROOT } from "../../lib/local/run-folder.ts";
import { Packed, run } from "./packed.ts";

const { folder, tarball } = inject("orders").packed;
const packed = new Packed(folder, tarball);
const exec = promisify(execFile);

describe("the tarball", () => {
  let files: readonly string[];

  beforeAll(async () => {
    const { stdout } = await exec("tar", ["-tzf", tarball]);
    files = stdout.trim().split("\n");
  });

  it.each(["cdk", "client", "consumer", "testing"])(
    "holds the entry %s as CommonJS and as an ES module, each with its types",
    (entry) => {
      for (const kind of ["commonjs", "module"]) {
        expect(files).toContain(`package/dist/${kind}/${entry}/index.js`);
        expect(files).toContain(`package/dist/${kind}/${entry}/index.d.ts`);
      }
    },
  );

  it.each(["relay", "requeuer"])("holds the bundles of the %s", (name) => {
    for (const target of ["eventbridge", "sqs"]) {
      expect(files).toContain(`package/dist/lambdas/${name}-${target}/index.js`);
      expect(files).toContain(`package/dist/lambdas/${name}-${target}/package.json`);
    }
  });

  it("holds the schema, the vectors and the documents", () => {
    for (const file of [
      "schema/outbox-item.schema.json",
      "schema/golden-vectors.json",
      "docs/consumers.md",
      "README.md",
      "CHANGELOG.md",
      "LICENSE",
    ]) {
      expect(files).toContain(`package/${file}`);
    }
  });

  it("holds the licences of what is bundled in it", async () => {
    const { stdout } = await exec("tar", ["-xzOf", tarball, "package/dist/THIRD-PARTY-NOTICES.txt"]);
    for (const name of [
      "commander",
      "amqplib",
      "@aws-sdk/client-dynamodb",
      "@nats-io/nats-core",
      "@platformatic/kafka",
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${name} \\d`, "m"));
    }
    expect(stdout).toContain("Permission is hereby granted, free of charge");
    expect(stdout).toContain("Apache License");
  });

  it("holds a bill of materials of what is bundled in it", async () => {
    const { stdout } = await exec("tar", ["-xzOf", tarball, "package/dist/sbom.cdx.json"], { maxBuffer: 10_000_000 });
    const { bomFormat, specVersion, components } = JSON.parse(stdout) as ReturnType<typeof billOfMaterials>;
    expect({ bomFormat, specVersion }).toEqual({ bomFormat: "CycloneDX", specVersion: "1.6" });
    expect(components.map(({ purl }) => purl)).toContainEqual(
      expect.stringMatching(/^pkg:npm\/%40nats-io\/transport-node@/),
    );
  });

  it("holds no test, no source and nothing of how it is made", () => {
    const rest = files.filter(
      (file) =>
        !/^package\/(dist|schema|docs)\/|^package\/(package\.json|README\.md|CHANGELOG\.md|LICENSE|bin\/outbox-relay\.js)$/.test(
          file,
        ),
    );
    expect(rest).toEqual([]);
    expect(files.filter((file) => /\.ts$/.test(file) && !file.endsWith(".d.ts"))).toEqual([]);
    expect(files.filter((file) => /test\.|dist\/(?:commonjs|module)\/(?:aws|operator|local)\//.test(file))).toEqual([]);
  });
});

/** A stranger's project: nothing is installed but the package, the DynamoDB client and a compiler. */
describe("a fresh project", () => {
  let project: string;

  beforeAll(async () => {
    const packages = ["@aws-sdk/client-dynamodb@3.1162.0", "@types/node@20", "typescript@7.0.2"];
    project = await packed.project("fresh", "examples/consumers", packages);
    await writeFile(join(project, "readme.ts"), await readmeExamples());
    await writeFile(join(project, "tests.ts"), OWN_TEST);
    const compilerOptions = {
      ...{ target: "ES2023", module: "nodenext", types: ["node"], outDir: "out", strict: true },
      ...{
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: true,
        noPropertyAccessFromIndexSignature: false,
      },
      // The declarations themselves must be sound.
      skipLibCheck: false,
    };
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    const manifest = JSON.parse(await readFile(join(project, "package.json"), "utf8"));
    await writeFile(join(project, "package.json"), JSON.stringify({ ...manifest, type: "module" }));
  });

  it("type-checks in strict mode, the examples of the README and of the consumers with it", async () => {
    await run(folder, "fresh-types", "npx", ["--no-install", "tsc", "-p", "."], project);
  });

  it("runs, without the CDK", async () => {
    const { stdout } = await exec("node", ["out/tests.js"], { cwd: project });
    expect(JSON.parse(stdout)).toMatchObject([{ type: "order.placed", data: { orderId: "42" } }]);
    await expect(exec("ls", ["node_modules/aws-cdk-lib"], { cwd: project })).rejects.toThrow("No such file");
  });

  it("gets few packages", async () => {
    const { stdout } = await exec("npm", ["ls", "--all", "--parseable", "--omit=dev", "--omit=peer"], { cwd: project });
    console.log(
      `package: ${stdout.trim().split("\n").length} packages in a fresh project with the DynamoDB client and a compiler`,
    );
    expect(stdout).not.toMatch(/aws-cdk-lib|powertools|client-sqs/);
  });
});

/** An operator's folder: nothing is installed but the package. */
describe("the operator's command", () => {
  let project: string;
  const command = (...args: readonly string[]) =>
    exec("npx", ["--no-install", "outbox-relay", ...args], {
      cwd: project,
      env: { ...process.env, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "us-east-1" },
    });

  beforeAll(async () => {
    project = await packed.project("command", undefined);
  });

  it("tells what there is", async () => {
    expect((await command("--help")).stdout).toContain("  status ");
  });

  it("looks at a stack that somebody else deployed", async () => {
    const { endpoint, outputs } = inject("orders");
    // After the other tests the deployment is healthy or not, and the exit code says which.
    const looked = await command("--stack", "Orders", "--endpoint-url", endpoint, "--json", "status").catch(
      (failed: { readonly code: number; readonly stdout: string }) => failed,
    );
    expect("code" in looked ? looked.code : 0).toBeLessThanOrEqual(1);
    expect(JSON.parse(looked.stdout)).toMatchObject({ relay: { on: true }, requeuer: { on: true } });
    const listed = await command("--stack", "Orders", "--endpoint-url", endpoint, "doctor");
    expect(listed.stdout).toContain(`the bus ${outputs["BusName"]} exists`);
  });

  it("says in one line, with its exit code, what it cannot do", async () => {
    const { endpoint } = inject("orders");
    await expect(command("--stack", "Nothing", "--endpoint-url", endpoint, "status")).rejects.toMatchObject({
      code: 3,
      stderr: expect.stringContaining("There is no stack Nothing in us-east-1"),
    });
  });
});

const OWN_TEST = `
import { inMemoryOutbox } from "dynamodb-outbox-relay/testing";
import type { CloudEvent } from "dynamodb-outbox-relay/consumer";
interface ShopEvents { "order.placed": { orderId: string } }
const { outbox, table } = inMemoryOutbox<ShopEvents>({ source: "/shop" });
await outbox.put({ type: "order.placed", data: { orderId: "42" } });
// @ts-expect-error the data is not that of the type
outbox.put({ type: "order.placed", data: { orderId: 42 } }).catch(() => {});
const seen: CloudEvent[] = [];
await table.deliver(async (event) => { seen.push(event); });
console.log(JSON.stringify(seen));
`;

/** The README's examples for services, unchanged, in one module. */
async function readmeExamples(): Promise<string> {
  const readme = await readFile(join(PROJECT_ROOT, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code);
  const [write, consume] = ["dynamodb-outbox-relay/client", "dynamodb-outbox-relay/consumer"].map((entry) => {
    const block = blocks.find((code) => code.includes(entry));
    if (block === undefined) throw new Error(`README.md shows no use of ${entry}`);
    return block;
  });
  const imported = /^import \{ DynamoDBClient \}.*\n/m;
  return `const outboxTableName = "outbox";\n${write}\n${consume?.replace(imported, "")}`;
}
