import { SignatureV4 } from "@smithy/signature-v4";

/**
 * Stands in for the SDK's signer of calls to several regions at once when the functions are bundled. The real one would
 * need a missing package, and only EventBridge's global endpoints use it, which no call of the functions names.
 */
export class SignatureV4MultiRegion extends SignatureV4 {
  static sigv4aDependency(): "none" {
    return "none";
  }
}

/** S3's client makes its signer for directory buckets of this, which no call of the functions names either. */
export { SignatureV4 as SignatureV4SignWithCredentials };
