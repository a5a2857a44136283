import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readAppSettings } from "../../lib/cdk/settings.ts";
import { scriptProblems } from "./commands.ts";
import { PAGES, ROOT, readPage } from "./pages.ts";
import { inlineCommandsIn, type Snippet, snippetsIn } from "./snippets.ts";
import { typeErrors } from "./typescript.ts";
import { UNCHECKED } from "./unchecked.ts";

/** Blocks without a language are commands, unless they are listed as something else. */
const SHELL = ["", "sh", "bash", "shell", "console"];
/** The languages whose snippets must be a part of a file that other tests compile or run. */
const SHOWN: Readonly<Record<string, string>> = { python: ".py", java: ".java", go: ".go", hcl: ".tf", tf: ".tf" };

const snippets = PAGES.flatMap((page) => snippetsIn(page, readPage(page)));
const isListed = (snippet: Snippet) =>
  UNCHECKED.some(
    ({ page, heading, begins }) =>
      page === snippet.page && heading === snippet.heading && snippet.text.startsWith(begins),
  );
const checked = snippets.filter((snippet) => !isListed(snippet));
const inLanguages = (...languages: readonly string[]) => checked.filter(({ language }) => languages.includes(language));
const named = (some: readonly Snippet[]) =>
  some.map((snippet) => [`${snippet.page}:${snippet.line}`, snippet] as const);

/** An AWS client needs a region and keys before it finds that nobody listens. */
beforeEach(() => {
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, "test");
  vi.stubEnv("AWS_REGION", "us-east-1");
});

describe("a block of a page", () => {
  it("is in a language that is checked here, or listed with the reason why not", () => {
    const known = [...SHELL, "ts", "json", "yaml", "yml", ...Object.keys(SHOWN)];
    const strange = checked.filter(({ language }) => !known.includes(language));
    expect(
      strange.map(({ page, line, language }) => `${page}:${line} ${language}`),
      "Write it in a language that test/documents/snippets.test.ts checks, or list it in test/documents/unchecked.ts with its reason.",
    ).toEqual([]);
  });

  it.each(UNCHECKED.map((each) => [`${each.page}, ${each.begins.trim()}`, each] as const))(
    "that is listed as unchecked is in its page: %s",
    (_name, { page, heading, begins, why }) => {
      expect(
        snippets.filter((each) => each.page === page && each.heading === heading && each.text.startsWith(begins)),
      ).toHaveLength(1);
      expect(why.length).toBeGreaterThan(10);
    },
  );
});

describe("a snippet in TypeScript", () => {
  const wrong = (text: string, line: number): Snippet => ({
    page: "wrong.md",
    heading: "",
    language: "ts",
    text,
    line,
  });
  const WRONG = [
    wrong("OutboxTarget.sqs(orders, {\n  alsoTwo: [audit] })", 10),
    wrong('import { Outbox } from "dynamodb-outbox-relay/client";\nawait outbox.putt({ type: "a" });\nnobody();', 20),
  ];
  const some = inLanguages("ts", "typescript");
  /** One program for all. */
  let errors: readonly string[] = [];
  beforeAll(async () => {
    errors = await typeErrors([...some, ...WRONG]);
  });
  const isWrong = (error: string) => error.startsWith("wrong.md:");

  it("compiles against the package's sources, as a user's strict compiler has it", () => {
    expect(some.length).toBeGreaterThan(20);
    expect(
      errors.filter((error) => !isWrong(error)),
      "A name that the page says elsewhere belongs into test/documents/given.ts; whatever else is the page's own mistake.",
    ).toEqual([]);
  });

  it("that makes a relay gives it the outputs by which the command finds it", () => {
    const makers = some.filter(({ text }) => text.includes("new OutboxRelay("));
    expect(makers.length).toBeGreaterThan(3);
    expect(
      makers.filter(({ text }) => !text.includes(".addOutputs(")).map(({ page, line }) => `${page}:${line}`),
    ).toEqual([]);
  });

  it("would not compile with a prop, a type or a name that is not there", () => {
    expect(errors.filter(isWrong)).toEqual([
      expect.stringMatching(/^wrong\.md:11:3 .*alsoTwo/),
      expect.stringMatching(/^wrong\.md:21:\d+ .*putt/),
      expect.stringMatching(/^wrong\.md:22:1 .*nobody/),
    ]);
  });
});

describe("commands", () => {
  it.each(named(inLanguages(...SHELL)))("of a block name what exists: %s", async (_name, { page, text }) => {
    expect(
      await scriptProblems(page, text),
      "Mend the page. A drawing, output or the like is listed in test/documents/unchecked.ts with its reason.",
    ).toEqual([]);
  });

  const inline = PAGES.flatMap((page) => inlineCommandsIn(page, readPage(page)));
  it.each([...new Set(inline.map(({ page }) => page))])("in the sentences of %s name what exists", async (page) => {
    const problems = await Promise.all(
      inline
        .filter((each) => each.page === page)
        .map(async ({ line, text }) =>
          (await scriptProblems(page, text)).map((problem) => `${page}:${line} \`${text}\`: ${problem}`),
        ),
    );
    expect(problems.flat()).toEqual([]);
  });

  it.each([
    ["npm run bnech", "has a script bnech"],
    ["npx outbox-relay stauts", "has no command stauts"],
    ["npx outbox-relay list --older 1m", "unknown option '--older'"],
    ['npx outbox-relay discard "$ID"', "--reason is missing"],
    ["npx outbox-relay pause everything", "'everything' is invalid"],
    ["npx cdk deploi", "no command deploi"],
    ["npx cdk deploy --forse", "no option --forse"],
    [`npx cdk deploy -c outboxRelay='{"batchSize":0}'`, "outboxRelay.batchSize is 0"],
    ["npx vitest run test/nowhere.test.ts", "there is no test/nowhere.test.ts"],
    ["aws dynamodb put-itme --table-name x", "no operation put-itme"],
    ["aws dynamodb put-item --table x", "no such option: --table"],
    [`aws dynamodb put-item --table-name x --item '{"pk":}'`, '{"pk":}'],
    ["aws dynamodb wait table-there", "no such waiter"],
    ["kubectl get pods", "nothing here checks the program kubectl"],
    ['echo "a', "a shell cannot read it"],
    ["FOO=1 npm run types && ! npm run nothing | cat", "has a script nothing"],
  ])("that are wrong are found: %s", async (script, problem) => {
    expect((await scriptProblems("README.md", script)).join("\n")).toContain(problem);
  });
});

describe("a snippet in JSON", () => {
  it.each(named(inLanguages("json")))(
    "can be read, and a target's settings as the app reads them: %s",
    (_name, { text }) => {
      const value = JSON.parse(text);
      if (typeof value.kind === "string") expect(() => readAppSettings({ target: value })).not.toThrow();
    },
  );
});

describe("a snippet in YAML", () => {
  /** The CDK has a parser inside, for templates. */
  const yaml = createRequire(createRequire(import.meta.url).resolve("aws-cdk-lib/package.json"))("yaml");

  it("can be read", () => {
    const errors = inLanguages("yaml", "yml").flatMap(({ page, line, text }) =>
      (yaml.parseDocument(text).errors as readonly Error[]).map(({ message }) => `${page}:${line} ${message}`),
    );
    expect(errors).toEqual([]);
    expect(yaml.parseDocument("a: [1").errors).toHaveLength(1);
  });
});

describe("a snippet in another language", () => {
  const committed = execFileSync("git", ["ls-files", "examples", "test"], { cwd: ROOT, encoding: "utf8" })
    .trim()
    .split("\n");

  it.each(named(inLanguages(...Object.keys(SHOWN))))(
    "is a part of a file that is compiled or run: %s",
    (_name, { language, text }) => {
      const files = committed.filter((path) => path.endsWith(SHOWN[language] ?? "?"));
      expect(files.some((path) => readFileSync(join(ROOT, path), "utf8").includes(text))).toBe(true);
    },
  );
});
