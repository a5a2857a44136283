import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  type FileAssetLocation,
  type FileAssetSource,
  Fn,
  type ISynthesisSession,
  StackSynthesizer,
  Stage,
} from "aws-cdk-lib";
import { type ZippedFile, zip } from "./zip.ts";

/** The parameters that say where the zips are: a bucket, and what their names there begin with. */
export const CODE_BUCKET = "CodeBucket";
export const CODE_PREFIX = "CodePrefix";

const HASH_DIGITS = 20;

/**
 * Packs the functions' code, and has the template take it from the bucket that its parameters name. It needs nothing of
 * the CDK in the account: no bootstrap stack, no assets, no roles.
 */
export class ReleasedCode extends StackSynthesizer {
  /** The zips by their names, which end in a digest of the files in them: other code has another name. */
  readonly zips = new Map<string, Buffer>();

  addFileAsset({ fileName = "", displayName }: FileAssetSource): FileAssetLocation {
    const folder = resolve(Stage.of(this.boundStack)?.assetOutdir ?? "", fileName);
    const files = readdirSync(folder).map((name) => ({ name, content: readFileSync(resolve(folder, name)) }));
    const name = `${roleIn(displayName)}-${digestOf(files)}.zip`;
    this.zips.set(name, zip(files));
    const bucketName = Fn.ref(CODE_BUCKET);
    const objectKey = Fn.join("", [Fn.ref(CODE_PREFIX), name]);
    const { region, urlSuffix } = this.boundStack;
    return {
      bucketName,
      objectKey,
      httpUrl: `https://s3.${region}.${urlSuffix}/${bucketName}/${objectKey}`,
      s3ObjectUrl: `s3://${bucketName}/${objectKey}`,
    };
  }

  addDockerImageAsset(): never {
    throw new Error("A released template has no image: its functions are zips");
  }

  synthesize(session: ISynthesisSession): void {
    this.synthesizeTemplate(session);
    this.emitArtifact(session);
  }
}

/** The function whose code it is, by the path of the code's construct. */
function roleIn(displayName: string | undefined): string {
  const [, role] = /\/(\w+)\/Function\/Code$/.exec(displayName ?? "") ?? [];
  if (role === undefined) throw new Error(`A released template has no assets but its functions' code: ${displayName}`);
  return role.toLowerCase();
}

/** Of what is packed and not of the zip, whose bytes may differ between versions of zlib. */
function digestOf(files: readonly ZippedFile[]): string {
  const hash = createHash("sha256");
  for (const { name, content } of files.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    hash.update(`${name}\n${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, HASH_DIGITS);
}
