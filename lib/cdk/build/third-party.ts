import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Metafile } from "esbuild";

/** The package's file with the licences of all bundled code. */
export const NOTICES_FILE = "THIRD-PARTY-NOTICES.txt";

/**
 * The folders of the packages whose code is in a bundle, sorted. Modules that esbuild read but left out do not count.
 *
 * @param root esbuild's working folder: its paths are relative to it.
 */
export function bundledPackages(metafile: Metafile, root: string): readonly string[] {
  const folders = new Set<string>();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
      if (folder !== undefined && bytesInOutput > 0) folders.add(resolve(root, folder));
    }
  }
  return [...folders].sort();
}

/** A bundled package lacks the terms on which it may be distributed. */
class LicenceMissingError extends Error {
  override readonly name = "LicenceMissingError";
}

/** Licences that require no notice: MIT-0 is MIT without that sentence. */
const NEED_NO_NOTICE: readonly string[] = ["MIT-0", "0BSD"];

/** A package, and on what terms it may be distributed. */
export interface Terms {
  readonly name: string;
  readonly version: string;
  /** The licence in package.json, an SPDX expression. */
  readonly licence: string;
  /** The texts of the package's licence and notice files; empty if it has none. */
  readonly texts: readonly string[];
}

/** Reads the terms of each package, by its folder, once. */
export const readTerms = (folders: Iterable<string>): Promise<readonly Terms[]> =>
  Promise.all([...new Set(folders)].sort().map(termsIn));

/**
 * The text of {@link NOTICES_FILE}: each package with its licence, each text once.
 *
 * @throws LicenceMissingError for a package without a licence file, unless another package has the text of its licence.
 */
export function thirdPartyNotices(terms: readonly Terms[]): string {
  const titlesByText = new Map<string, string[]>();
  for (const each of terms) {
    const title = titleOf(each);
    for (const text of each.texts) {
      const titles = titlesByText.get(text) ?? [];
      titlesByText.set(text, titles);
      if (!titles.includes(title)) titles.push(title);
    }
  }
  const withText = new Set(terms.filter(({ texts }) => texts.length > 0).map(({ licence }) => licence));
  for (const each of terms) {
    const { licence, texts } = each;
    if (texts.length === 0 && !withText.has(licence) && !NEED_NO_NOTICE.includes(licence)) {
      throw new LicenceMissingError(
        `${titleOf(each)} is bundled, has no licence file, and its package.json says "${licence}": no bundled package has that text. Leave the package out, or add its licence's text to the notices.`,
      );
    }
  }
  const list = [...new Set(terms.map((each) => `  ${titleOf(each)} (${each.licence})`))].sort();
  const sections = [...titlesByText].map(([text, titles]) => `${RULE}\n${titles.join("\n")}\n\n${text}\n`);
  return `${HEADING}\n${list.join("\n")}\n\n${sections.join("\n")}`;
}

const titleOf = ({ name, version }: Terms): string => `${name} ${version}`;

const RULE = "-".repeat(80);
const HEADING = `The functions in dist/lambdas and the command in dist/bin hold code of these packages.
Where a package has no licence file of its own, the text is that of its licence below.
`;

async function termsIn(folder: string): Promise<Terms> {
  const manifest: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const said = (name: string): string => {
    const value = typeof manifest === "object" && manifest !== null ? Reflect.get(manifest, name) : undefined;
    return typeof value === "string" ? value : "unknown";
  };
  const files = (await readdir(folder)).filter((name) => /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/i.test(name)).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), "utf8")));
  return {
    name: said("name"),
    version: said("version"),
    licence: said("license"),
    texts: texts.map((text) => text.replaceAll("\r\n", "\n").trim()),
  };
}
