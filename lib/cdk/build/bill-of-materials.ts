import type { Terms } from "./third-party.ts";

/** The package's file with its software bill of materials. CycloneDX's own ending tells scanners what it is. */
export const BILL_FILE = "sbom.cdx.json";

/**
 * What is bundled, as CycloneDX 1.6 has it: one component for each version of a package. It has no time and no serial number, so
 * the same code has the same bill. https://cyclonedx.org/docs/1.6/json/
 *
 * @param subject the package that holds the bundles.
 */
export function billOfMaterials(subject: Terms, bundled: readonly Terms[]) {
  const components = new Map(bundled.map((each) => [purlOf(each), componentOf("library", each)]));
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: componentOf("application", subject) },
    components: [...components].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, component]) => component),
  };
}

function componentOf(type: "application" | "library", terms: Terms) {
  const { scope, name } = partsOf(terms);
  const purl = purlOf(terms);
  return {
    type,
    "bom-ref": purl,
    ...(scope === undefined ? {} : { group: scope }),
    name,
    version: terms.version,
    licenses: [licenceOf(terms.licence)],
    purl,
  };
}

/** https://github.com/package-url/purl-spec/blob/main/types-doc/npm-definition.md */
function purlOf(terms: Terms): string {
  const { scope, name } = partsOf(terms);
  const path = [...(scope === undefined ? [] : [scope]), name].map(encodeURIComponent).join("/");
  return `pkg:npm/${path}@${encodeURIComponent(terms.version)}`;
}

function partsOf({ name }: Terms) {
  const [, scope, own = name] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [];
  return { scope, name: own };
}

/** npm's own words for what has no SPDX licence: https://docs.npmjs.com/cli/configuring-npm/package-json#license */
const NO_SPDX = /^(?:unknown|UNLICENSED|SEE LICENSE IN .*)$/;

function licenceOf(licence: string) {
  if (NO_SPDX.test(licence)) return { license: { name: licence } };
  return /^[\w.+-]+$/.test(licence) ? { license: { id: licence } } : { expression: licence };
}
