import { Sha256Node } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";

const EXPIRES_IN_SECONDS = 900;

export interface AwsIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface MskTokenOptions {
  readonly region: string;
  readonly credentials: () => Promise<AwsIdentity>;
  readonly nowMs: number;
}

/**
 * The OAUTHBEARER token by which MSK knows an IAM identity: the URL of a request for `kafka-cluster:Connect`, signed by
 * Signature Version 4 in its query, as base64url.
 *
 * AWS publishes a package for this, aws-msk-iam-sasl-signer-js. It makes the same token, but contains all of the SDK's
 * credential providers: several times the size of this bundle, for credentials that Lambda puts in the environment.
 *
 * @see https://github.com/aws/aws-msk-iam-sasl-signer-js
 */
export async function mskToken({ region, credentials, nowMs }: MskTokenOptions): Promise<string> {
  const signer = new SignatureV4({
    service: "kafka-cluster",
    region,
    credentials,
    sha256: Sha256Node,
    applyChecksum: false,
  });
  const hostname = `kafka.${region}.amazonaws.com`;
  const request = {
    method: "GET",
    protocol: "https:",
    hostname,
    path: "/",
    query: { Action: "kafka-cluster:Connect" },
    headers: { host: hostname },
  };
  const options = { expiresIn: EXPIRES_IN_SECONDS, signingDate: new Date(nowMs) };
  const { query = {} } = await signer.presign(request, options);
  // Not signed: the scheme adds it afterwards, so that MSK's logs show who connects.
  const named = { ...query, "User-Agent": "dynamodb-outbox-relay" };
  const parameters = Object.entries(named).map(([name, value]) => `${encoded(name)}=${encoded(String(value))}`);
  return Buffer.from(`https://${hostname}/?${parameters.join("&")}`).toString("base64url");
}

/** The encoding of RFC 3986, as signatures need it: encodeURIComponent leaves five more characters. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
