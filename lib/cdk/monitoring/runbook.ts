import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_ROOT } from "../functions/bundles.ts";

/** The runbook's place in this package, and in its repository. */
export const RUNBOOK_FILE = "docs/operations.md";

interface PackageFile {
  readonly name: string;
  readonly repository?: string | { readonly url: string };
}
const packageFile = JSON.parse(readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8")) as PackageFile;

/** The web page of the runbook, in the repository that package.json names. Undefined while it names none. */
const PUBLISHED_RUNBOOK = publishedIn(packageFile.repository);

/**
 * The runbook's page in a repository, as package.json names it: a URL, with or without `git+` before and `.git` behind
 * it.
 *
 * @returns undefined for a repository without a web page.
 */
export function publishedIn(repository: PackageFile["repository"]): string | undefined {
  const url = typeof repository === "string" ? repository : repository?.url;
  const page = url?.replace(/^git\+/, "").replace(/(\.git)?\/?(#.*)?$/, "");
  return page?.startsWith("https://") ? `${page}/blob/HEAD/${RUNBOOK_FILE}` : undefined;
}

/** The anchor of an alarm's heading in the runbook, as Markdown renderers make it. */
const runbookAnchor = (alarmName: string): string => alarmName.toLowerCase();

/** The runbook's page on the web. Undefined where none is known. */
const pageOf = (runbook: string | undefined): string | undefined => runbook ?? PUBLISHED_RUNBOOK;

/** Where an alarm's section is: a link or, if no web page is known, the file of the package. */
export function runbookLink(runbook: string | undefined, alarmName: string): string {
  const page = pageOf(runbook);
  const anchor = runbookAnchor(alarmName);
  return page === undefined ? `${RUNBOOK_FILE}#${anchor} in the package ${packageFile.name}` : `${page}#${anchor}`;
}

/** How the dashboard names the runbook. */
export function runbookWords(runbook: string | undefined): string {
  const page = pageOf(runbook);
  return page === undefined
    ? `the runbook, ${RUNBOOK_FILE} in the package ${packageFile.name}`
    : `[the runbook](${page})`;
}
