import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Aws, CfnCondition, Fn, Stack, Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { CONSOLES, dashboardPage } from "../../contract/deployment/console.ts";
import { PACKAGE_ROOT } from "../functions/bundles.ts";
import type { RelaySettings } from "../relay-settings.ts";
import type { MonitoringProps } from "./monitoring-props.ts";

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

/** The runbook's page on the web. Undefined where none is known. */
const pageOf = ({ alarms }: RelaySettings): string | undefined => alarms.runbook ?? PUBLISHED_RUNBOOK;

/** The dashboard ends with the runbook where there is no page of it on the web: a mail must have something to link to. */
export const isOnDashboard = (settings: RelaySettings): boolean =>
  settings.monitoring === "full" && pageOf(settings) === undefined;

/** The anchor of an alarm's heading in the runbook, as Markdown renderers make it. */
const runbookAnchor = (alarmName: string): string => alarmName.toLowerCase();

/**
 * Where an alarm's section is, for its mail: a page on the web, or the dashboard. Without either, and in a partition whose
 * console is not known, it is the file of the package.
 */
export function runbookLinks(
  scope: Construct,
  { relayName, settings }: MonitoringProps,
): (alarmName: string) => string {
  const page = pageOf(settings);
  if (page !== undefined) return (alarmName) => `Runbook: ${page}#${runbookAnchor(alarmName)}`;
  const file = (alarmName: string) =>
    `Runbook: ${RUNBOOK_FILE}#${runbookAnchor(alarmName)} in the package ${packageFile.name}`;
  if (!isOnDashboard(settings)) return file;
  const { partition, region } = Stack.of(scope);
  const linkIn = (console: string) =>
    `Runbook, at the end of the dashboard: ${dashboardPage(console, region, dashboardNameOf(relayName, region))}`;
  if (!Token.isUnresolved(partition)) {
    const console = CONSOLES[partition];
    return console === undefined ? file : () => linkIn(console);
  }
  const consoles = Object.entries(CONSOLES).map(([name, console]) => ({
    link: linkIn(console),
    isOurs: new CfnCondition(scope, `Console-${name}`, { expression: Fn.conditionEquals(Aws.PARTITION, name) }),
  }));
  return (alarmName) =>
    consoles.reduceRight(
      (otherwise, { link, isOurs }) => Fn.conditionIf(isOurs.logicalId, link, otherwise).toString(),
      file(alarmName),
    );
}

/** Dashboards are global: two regions with one relay each must not share a name. */
export const dashboardNameOf = (relayName: string, region: string): string => `${relayName}-${region}`;

/** How the dashboard names the runbook. */
export function runbookWords(settings: RelaySettings): string {
  const page = pageOf(settings);
  return page === undefined ? "the runbook, at the end of this page" : `[the runbook](${page})`;
}

/** An alarm's section of the runbook, in Markdown. */
export interface RunbookSection {
  readonly alarmName: string;
  readonly markdown: string;
}

/**
 * The sections of the runbook's file on these alarms, as a dashboard can show them.
 *
 * @param command the operator's command with the options that find the relay.
 */
export function runbookSections(alarmNames: readonly string[], command: string): readonly RunbookSection[] {
  const runbook = readFileSync(join(PACKAGE_ROOT, RUNBOOK_FILE), "utf8");
  return alarmNames.map((alarmName) => {
    const [, after] = runbook.split(`\n### ${alarmName}\n`);
    if (after === undefined) throw new Error(`${RUNBOOK_FILE} has no section on the alarm ${alarmName}.`);
    const [section = ""] = after.split(/^##/m);
    return { alarmName, markdown: forDashboard(section.trim(), command) };
  });
}

/** Commands name their relay. Blocks of them become lists, and links that lead nowhere from a dashboard become words. */
const forDashboard = (markdown: string, command: string): string =>
  markdown
    .replace(/```\n([^`]*)```/g, (_block, lines: string) => lines.replace(/^(.+)$/gm, "- `$1`"))
    .replace(/\[([^\]]*)\]\((?!https:)[^)]*\)/g, "$1")
    .replaceAll("npx outbox-relay", command);
