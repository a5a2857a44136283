import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Template } from "aws-cdk-lib/assertions";

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}
type Resources = Readonly<Record<string, Resource>>;

/** What CloudFormation does with the resources of a stack, by their logical ids. Hashes at their ends are left out. */
export interface Changes {
  readonly made: readonly string[];
  readonly deleted: readonly string[];
  /** Resources that leave the stack and stay. */
  readonly kept: readonly string[];
  /** Resources that are made anew under the same logical id, and whose predecessor is deleted. */
  readonly replaced: readonly string[];
  /** Resources that are made anew under the same logical id, and whose predecessor stays outside the stack. */
  readonly replacedAndKept: readonly string[];
  /** Resources that are changed in place. */
  readonly updated: readonly string[];
}

/**
 * CloudFormation's specification, which the CDK's command line has for `cdk diff`. It says which properties of a resource
 * cannot be changed in place.
 */
const REPLACING: ReadonlyMap<string, ReadonlySet<string>> = readSpecification();

function readSpecification(): ReadonlyMap<string, ReadonlySet<string>> {
  interface Specified {
    readonly cloudFormationType: string;
    readonly properties: Readonly<Record<string, { readonly causesReplacement?: string }>>;
  }
  const folder = join(createRequire(import.meta.url).resolve("aws-cdk/package.json"), "..");
  const { schema } = JSON.parse(gunzipSync(readFileSync(join(folder, "db.json.gz"))).toString("utf8")) as {
    readonly schema: { readonly resource: { readonly entities: readonly Specified[] } };
  };
  return new Map(
    schema.resource.entities.map(({ cloudFormationType, properties }) => [
      cloudFormationType,
      new Set(
        Object.entries(properties).flatMap(([name, { causesReplacement = "no" }]) =>
          causesReplacement === "no" ? [] : [name],
        ),
      ),
    ]),
  );
}

const KEEPING = new Set(["Retain", "RetainExceptOnCreate", "Snapshot"]);

/** What a deployment of the second template changes in a stack that was deployed by the first. */
export function changesBetween(first: Template, second: Template): Changes {
  const [before, after] = [first, second].map((each) => each.toJSON()["Resources"] as Resources) as [
    Resources,
    Resources,
  ];
  const both = Object.keys(after).filter((id) => id in before);
  const changed = new Map(both.map((id) => [id, differing(before[id], after[id])]));
  const replaced = new Set<string>();
  // A resource that is made anew has another name, so resources that refer to it by name change too.
  for (let found = -1; found !== replaced.size; ) {
    found = replaced.size;
    for (const id of both) {
      for (const other of replaced) if (refersTo(after[id], other)) changed.get(id)?.push(...naming(after[id], other));
      if (changed.get(id)?.some((name) => isReplacing(after[id], name)) === true) replaced.add(id);
    }
  }
  const gone = Object.keys(before).filter((id) => !(id in after));
  const keeps = (id: string) => KEEPING.has(before[id]?.DeletionPolicy ?? "");
  const keepsReplaced = (id: string) => KEEPING.has(before[id]?.UpdateReplacePolicy ?? "");
  return {
    made: allNamed(Object.keys(after).filter((id) => !(id in before))),
    deleted: allNamed(gone.filter((id) => !keeps(id))),
    kept: allNamed(gone.filter(keeps)),
    replaced: allNamed([...replaced].filter((id) => !keepsReplaced(id))),
    replacedAndKept: allNamed([...replaced].filter(keepsReplaced)),
    updated: allNamed(both.filter((id) => !replaced.has(id) && (changed.get(id)?.length ?? 0) > 0)),
  };
}

function differing(before: Resource | undefined, after: Resource | undefined): string[] {
  const [old, now] = [before?.Properties ?? {}, after?.Properties ?? {}];
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...names].filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]));
}

const refersTo = (resource: unknown, id: string): boolean => {
  const text = JSON.stringify(resource);
  return text.includes(`{"Ref":"${id}"}`) || text.includes(`"Fn::GetAtt":["${id}",`);
};

const naming = (resource: Resource | undefined, id: string): readonly string[] =>
  Object.entries(resource?.Properties ?? {}).flatMap(([name, value]) => (refersTo(value, id) ? [name] : []));

/** The properties of a type that CloudFormation cannot change in place. */
export function replacingPropertiesOf(type: string): ReadonlySet<string> {
  const properties = REPLACING.get(type);
  if (properties === undefined) throw new Error(`CloudFormation's specification has no ${type}`);
  return properties;
}

const isReplacing = (resource: Resource | undefined, name: string): boolean =>
  replacingPropertiesOf(resource?.Type ?? "").has(name);

/** A logical id without the hashes at its end. */
export const named = (id: string): string => id.replace(/[0-9A-F]{8}(?:[0-9a-f]{32})?$/, "");

const allNamed = (ids: readonly string[]): readonly string[] => [...new Set(ids.map(named))].toSorted();
