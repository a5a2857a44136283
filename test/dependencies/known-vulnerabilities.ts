import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Those that a user of the package must not be left with. */
const SEVERE = ["high", "critical"];
/** npm itself gives up before. */
const ANSWER_WITHIN_MS = 120_000;
const LARGEST_REPORT = 64 * 1_024 * 1_024;

/** A known vulnerability of a package that is bundled, or installed where this package is. */
export interface Vulnerability {
  readonly name: string;
  readonly version: string;
  readonly severity: string;
  readonly title: string;
  readonly url: string;
}

export type Answer =
  | { readonly kind: "known"; readonly severe: readonly Vulnerability[]; readonly asked: number }
  /** The registry does not tell: it is out of reach, or takes no such question, as many mirrors do not. */
  | { readonly kind: "not known"; readonly why: string };

/** What a registry is asked about. */
export interface Asked {
  /** The folder of package.json and package-lock.json. */
  readonly root: string;
  /** The packages whose code is bundled, as `name@version`: for npm they are tools of development. */
  readonly bundled: ReadonlySet<string>;
  /** Further arguments for npm, such as `--registry=https://registry.npmjs.org`. */
  readonly npmArguments?: readonly string[];
}

interface Locked {
  readonly version?: string;
  readonly dev?: boolean;
}

/** https://docs.npmjs.com/cli/v11/commands/npm-audit: `via` holds advisories, and names of packages that have some. */
interface Report {
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly nodes: readonly string[]; readonly via: readonly (string | Advisory)[] }>
  >;
  readonly message?: string;
  readonly error?: { readonly summary?: string };
}
type Advisory = Pick<Vulnerability, "severity" | "title" | "url">;

/** Asks the registry which vulnerabilities it knows of what users get: what is bundled, and what is installed with it. */
export async function knownVulnerabilities({ root, bundled, npmArguments = [] }: Asked): Promise<Answer> {
  const { packages } = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const atUsers = Object.entries(packages).filter(
    ([path, { version, dev }]) => path !== "" && (dev !== true || bundled.has(`${nameOf(path)}@${version}`)),
  );
  const { vulnerabilities, message, error } = await npmAudit(root, npmArguments);
  if (vulnerabilities === undefined) {
    return { kind: "not known", why: (message || error?.summary || "npm gave no reason").replaceAll(/\s+/g, " ") };
  }
  const severe = atUsers.flatMap(([path, { version = "" }]) => {
    const name = nameOf(path);
    const { nodes = [], via = [] } = vulnerabilities[name] ?? {};
    const advisories = nodes.includes(path) ? via.filter((each) => typeof each !== "string") : [];
    return advisories
      .filter(({ severity }) => SEVERE.includes(severity))
      .map(({ severity, title, url }): Vulnerability => ({ name, version, severity, title, url }));
  });
  return { kind: "known", severe, asked: atUsers.length };
}

/** What the answer is to people, in lines. What is not known passes: nobody mends the code for a registry that is silent. */
export function told(answer: Answer): { readonly lines: readonly string[]; readonly isPassed: boolean } {
  if (answer.kind === "not known") {
    return { lines: [`Vulnerabilities are not known: the registry does not answer (${answer.why}).`], isPassed: true };
  }
  const { severe, asked } = answer;
  const list = severe.map(
    ({ severity, name, version, title, url }) => `${severity}: ${name} ${version}: ${title} (${url})`,
  );
  const sum = `${severe.length} vulnerabilities, high or critical, are known of the ${asked} packages that users get.`;
  return { lines: [...list, sum], isPassed: severe.length === 0 };
}

/** `node_modules/a/node_modules/@b/c` is `@b/c`. */
const nameOf = (path: string): string => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);

/** npm ends with 1 where there are vulnerabilities, and where it could not ask: what it prints tells which. */
function npmAudit(root: string, more: readonly string[]): Promise<Report> {
  const args = ["audit", "--json", "--package-lock-only", "--fetch-retries=0", ...more];
  const options = { cwd: root, timeout: ANSWER_WITHIN_MS, maxBuffer: LARGEST_REPORT };
  return new Promise((resolve, reject) => {
    execFile("npm", args, options, (error, stdout) => {
      if (error?.killed === true) resolve({ message: `npm had no answer after ${ANSWER_WITHIN_MS / 1_000} s` });
      else if (stdout.trim() === "") reject(error ?? new Error("npm audit printed nothing"));
      else resolve(JSON.parse(stdout) as Report);
    });
  });
}
