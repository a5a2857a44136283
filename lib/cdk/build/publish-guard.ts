/** Names the version that may be published, so that no habit and no script publishes another. */
export const PUBLISH_VARIABLE = "PUBLISH_OUTBOX_RELAY";

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly repository?: unknown;
}

/**
 * Why the package may not be published as it is; undefined where it may.
 *
 * The public repository is needed for the provenance that `publishConfig` asks for, and the registry's page takes the README's
 * links to docs/ from it. https://docs.npmjs.com/generating-provenance-statements
 */
export function refusalToPublish(
  { name, version, repository }: Manifest,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const asked = environment[PUBLISH_VARIABLE];
  if (asked !== version) {
    const given = asked === undefined ? "is not set" : `is ${JSON.stringify(asked)}`;
    return (
      `${name} ${version} is not published: ${PUBLISH_VARIABLE} ${given}. Whoever means to publish this version sets it to ` +
      `${version}.`
    );
  }
  if (repository === undefined) {
    return (
      `${name} ${version} is not published: package.json has no repository. Name the public repository: npm signs where a ` +
      "package comes from, and shows the README with links into it."
    );
  }
  return undefined;
}
