import { SignatureV4 } from "@smithy/signature-v4";

/**
 * Stands in for the SDK's signer of calls to several regions at once when the functions are bundled. It would need a package
 * that is not there, and only EventBridge's global endpoints ask for it, which no call of theirs names.
 */
export class SignatureV4MultiRegion extends SignatureV4 {
  static sigv4aDependency(): "none" {
    return "none";
  }
}
