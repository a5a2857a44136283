import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { billOfMaterials } from "../../../lib/cdk/build/bill-of-materials.ts";
import { buildBundles } from "../../../lib/cdk/build/bundler.ts";
import { buildCommand } from "../../../lib/cdk/build/command-bundle.ts";
import { bundledPackages, readTerms, thirdPartyNotices } from "../../../lib/cdk/build/third-party.ts";
import { PACKAGE_ROOT } from "../../../lib/cdk/functions/bundles.ts";
import type { TargetKind } from "../../../lib/contract/deployment/target-kind.ts";
import { createFolder } from "../fixtures.ts";

function writeFiles(files: Readonly<Record<string, string>>): string {
  const root = createFolder("notices-");
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const manifest = (name: string, license: string) =>
  JSON.stringify({ name, version: "1.2.3", license, main: "index.js", type: "module", sideEffects: false });

/** A package with one export, which is the package's name. */
const packaged = (folder: string, name: string, license: string, licenceFiles: Readonly<Record<string, string>>) => ({
  [`${folder}/package.json`]: manifest(name, license),
  [`${folder}/index.js`]: `export const ${name.replace(/\W/g, "")} = "code of ${name}";\n`,
  ...Object.fromEntries(Object.entries(licenceFiles).map(([file, text]) => [`${folder}/${file}`, text])),
});

describe("the packages of a bundle", () => {
  test("are those whose code is in it, at any depth, and not those that were read and left out", async () => {
    const root = writeFiles({
      "main.js": 'import { deep } from "outer"; import { unused } from "unused"; console.log(deep);\n',
      ...packaged("node_modules/unused", "unused", "MIT", {}),
      ...packaged("node_modules/outer", "outer", "MIT", {}),
      "node_modules/outer/index.js": 'export { scopedinner as deep } from "@scoped/inner"; console.log("outer");\n',
      ...packaged("node_modules/outer/node_modules/@scoped/inner", "@scoped/inner", "MIT", {}),
    });
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: ["main.js"],
      bundle: true,
      write: false,
      metafile: true,
      logLevel: "silent",
    });
    expect(bundledPackages(metafile, root)).toEqual(
      ["node_modules/outer", "node_modules/outer/node_modules/@scoped/inner"].map((folder) => join(root, folder)),
    );
  });
});

describe("the notices", () => {
  const APACHE = "Apache License\nVersion 2.0";

  test("have each package with its licence, and a text that several share once", async () => {
    const root = writeFiles({
      ...packaged("b", "bravo", "Apache-2.0", { LICENSE: `${APACHE}\n`, NOTICE: "Bravo is by Bravo Ltd." }),
      ...packaged("a", "alpha", "Apache-2.0", { "LICENSE.txt": APACHE.replace("\n", "\r\n") }),
      ...packaged("c", "charlie", "MIT", { "license.md": "Permission is hereby granted" }),
    });
    const notices = thirdPartyNotices(await readTerms(["a", "b", "c", "a"].map((name) => join(root, name))));
    expect(notices).toContain("\n  alpha 1.2.3 (Apache-2.0)\n  bravo 1.2.3 (Apache-2.0)\n  charlie 1.2.3 (MIT)\n");
    expect(notices.split(APACHE)).toHaveLength(2);
    expect(notices).toContain(`alpha 1.2.3\nbravo 1.2.3\n\n${APACHE}\n`);
    expect(notices).toContain("bravo 1.2.3\n\nBravo is by Bravo Ltd.\n");
    expect(notices).toContain("charlie 1.2.3\n\nPermission is hereby granted\n");
  });

  test("list a package without a licence file where another one has the text, or none is asked for", async () => {
    const root = writeFiles({
      ...packaged("a", "alpha", "Apache-2.0", { LICENSE: APACHE }),
      ...packaged("b", "bravo", "Apache-2.0", {}),
      ...packaged("c", "charlie", "MIT-0", {}),
    });
    const notices = thirdPartyNotices(await readTerms(["a", "b", "c"].map((name) => join(root, name))));
    expect(notices).toContain("bravo 1.2.3 (Apache-2.0)\n  charlie 1.2.3 (MIT-0)\n");
  });

  test.each(["MIT", "SEE LICENSE IN terms.html"])(
    "are refused for a package that says %j and shows no text",
    async (licence) => {
      const root = writeFiles(packaged("a", "alpha", licence, { "terms.html": "<p>" }));
      const terms = await readTerms([join(root, "a")]);
      expect(() => thirdPartyNotices(terms)).toThrow(
        `alpha 1.2.3 is bundled, has no licence file, and its package.json says "${licence}"`,
      );
    },
  );
});

describe("the bill of materials", () => {
  const terms = (name: string, version: string, licence: string) => ({ name, version, licence, texts: [] });
  const subject = terms("outbox", "0.1.0", "MIT");

  test("has all that CycloneDX 1.6 asks for, and each version of a package once, in one order", () => {
    const alpha = terms("alpha", "1.2.3+b", "MIT");
    const bravo = terms("@scoped/bravo", "2.0.0", "(MIT OR Apache-2.0)");
    const bill = billOfMaterials(subject, [alpha, bravo, alpha, terms("alpha", "1.0.0", "SEE LICENSE IN terms")]);
    expect(bill).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 });
    expect(bill.metadata.component).toMatchObject({ type: "application", purl: "pkg:npm/outbox@0.1.0" });
    expect(bill.components).toEqual([
      {
        ...{ type: "library", "bom-ref": "pkg:npm/%40scoped/bravo@2.0.0", purl: "pkg:npm/%40scoped/bravo@2.0.0" },
        ...{ group: "@scoped", name: "bravo", version: "2.0.0", licenses: [{ expression: "(MIT OR Apache-2.0)" }] },
      },
      {
        ...{ type: "library", "bom-ref": "pkg:npm/alpha@1.0.0", purl: "pkg:npm/alpha@1.0.0" },
        ...{ name: "alpha", version: "1.0.0", licenses: [{ license: { name: "SEE LICENSE IN terms" } }] },
      },
      {
        ...{ type: "library", "bom-ref": "pkg:npm/alpha@1.2.3%2Bb", purl: "pkg:npm/alpha@1.2.3%2Bb" },
        ...{ name: "alpha", version: "1.2.3+b", licenses: [{ license: { id: "MIT" } }] },
      },
    ]);
  });

  test("is the same for the same packages, in whatever order they come", () => {
    const [alpha, bravo] = [terms("alpha", "1.0.0", "MIT"), terms("bravo", "1.0.0", "MIT")];
    expect(JSON.stringify(billOfMaterials(subject, [alpha, bravo]))).toBe(
      JSON.stringify(billOfMaterials(subject, [bravo, alpha])),
    );
  });
});

/** One package that each target's functions hold for that target. */
const CLIENTS: Readonly<Record<TargetKind, string>> = {
  eventbridge: "@aws-sdk/client-eventbridge",
  sqs: "@aws-sdk/client-sqs",
  sns: "@aws-sdk/client-sns",
  kinesis: "@aws-sdk/client-kinesis",
  lambda: "@aws-sdk/client-lambda",
  http: "@aws-sdk/client-secrets-manager",
  nakadi: "@aws-sdk/client-secrets-manager",
  rabbitmq: "amqplib",
  nats: "@nats-io/transport-node",
  kafka: "@platformatic/kafka",
};

describe("the notices of this package", () => {
  let notices: string;
  let bill: ReturnType<typeof billOfMaterials>;
  let bundles: Awaited<ReturnType<typeof buildBundles>>;
  let command: Awaited<ReturnType<typeof buildCommand>>;

  beforeAll(async () => {
    const folder = createFolder("bundles-");
    bundles = await buildBundles({ outputFolder: folder });
    command = await buildCommand(join(folder, "outbox-relay.js"));
    const terms = await readTerms([...bundles, command].flatMap(({ packages }) => packages));
    const [subject] = await readTerms([PACKAGE_ROOT]);
    if (subject === undefined) throw new Error("This is a package");
    notices = thirdPartyNotices(terms);
    bill = billOfMaterials(subject, terms);
  });

  test("name the client of each target, and what the files beside the bundle hold, in both functions", () => {
    for (const { functionName, target, packages } of bundles) {
      for (const name of [CLIENTS[target], "@opentelemetry/api", "@aws-sdk/client-s3", "@aws-sdk/client-dynamodb"]) {
        expect(packages, `${functionName}-${target}`).toContain(join(PACKAGE_ROOT, "node_modules", name));
        expect(notices).toMatch(new RegExp(`^  ${name} \\d`, "m"));
      }
    }
  });

  /** SPDX's ids of the licences that are bundled: another one is for a person to look at, and then to name here. */
  const IDS = ["Apache-2.0", "ISC", "MIT", "MIT-0", "Unlicense"];

  test("and its bill of materials name the same packages, each by a licence that is known", () => {
    const listed = [...notices.matchAll(/^ {2}(\S+ \d\S*) \(/gm)].map(([, title]) => title);
    const { components } = bill;
    const billed = components.map(
      ({ group, name, version }) => `${group === undefined ? "" : `${group}/`}${name} ${version}`,
    );
    expect(billed.sort()).toEqual(listed.sort());
    expect(components.length).toBeGreaterThan(20);
    const licences = new Set(components.flatMap(({ licenses }) => licenses.map((each) => JSON.stringify(each))));
    expect([...licences].sort()).toEqual(IDS.map((id) => JSON.stringify({ license: { id } })));
  });

  // The command is not minified, so esbuild writes above each module where it is from: a second source than the one of the notices.
  test("name every package that the command's own text says it holds", () => {
    const text = readFileSync(command.file, "utf8");
    const named = new Set(
      [...text.matchAll(/^ *\/\/ (?:.*\/)?node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm)].map(([, name]) => name),
    );
    expect(named).toContain("commander");
    for (const name of named) {
      expect(notices).toMatch(new RegExp(`^  ${name} \\d`, "m"));
    }
  });
});
