/** An error that a person can do something about. It is shown in one line, and its kind decides the exit code. */
export class OperatorError extends Error {
  override readonly name = "OperatorError";
  readonly kind: OperatorErrorKind;

  constructor(kind: OperatorErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export type OperatorErrorKind =
  /** The command line asks for what cannot be. */
  | "misuse"
  /** There is no such stack, event or place. */
  | "not-found"
  /** No credentials, expired ones, or a permission that is missing. */
  | "not-allowed"
  /** AWS did not do it. */
  | "failed";

const EXPIRED = new Set(["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"]);
const UNKNOWN_CALLER = new Set([
  "InvalidClientTokenId",
  "UnrecognizedClientException",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "IncompleteSignature",
]);
const NO_CREDENTIALS = new Set(["CredentialsProviderError", "TokenProviderError"]);
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ETIMEDOUT",
  "ECONNRESET",
  "TimeoutError",
]);
const DENIED =
  /^(AccessDenied|AccessDeniedException|AuthorizationError|AuthorizationErrorException|UnauthorizedOperation)$/;
const ACTION = /not authorized to perform:? ([\w-]+:\w+)(?: on resource:? "?([^\s"]+))?/;

/** Explains an error of an AWS call in one line, to the person who made the call. Undefined for a bug of ours. */
export function explained(error: unknown): OperatorError | undefined {
  if (error instanceof OperatorError) return error;
  if (!(error instanceof Error)) return undefined;
  const { name, message } = error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const isAws = "$metadata" in error || "$fault" in error;
  if (EXPIRED.has(name)) {
    return new OperatorError("not-allowed", "Your AWS credentials have expired: sign in again.", { cause: error });
  }
  const how = "sign in, or choose a profile with --profile or AWS_PROFILE";
  if (NO_CREDENTIALS.has(name)) {
    const why = message.split("\n")[0]?.replace(/\.$/, "");
    return new OperatorError("not-allowed", `There are no AWS credentials to use (${why}): ${how}.`, { cause: error });
  }
  if (UNKNOWN_CALLER.has(name)) {
    return new OperatorError("not-allowed", `AWS does not accept your credentials (${name}): ${how}.`, {
      cause: error,
    });
  }
  if (DENIED.test(name)) return new OperatorError("not-allowed", denied(message), { cause: error });
  if (UNREACHABLE.has(code) || UNREACHABLE.has(name)) {
    const how = "check the network, --region and --endpoint-url";
    return new OperatorError("failed", `AWS cannot be reached (${code === "" ? name : code}): ${how}.`, {
      cause: error,
    });
  }
  if (/^Region not accepted/.test(message)) {
    return new OperatorError("misuse", `${message} Give one such as eu-central-1 by --region or AWS_REGION.`, {
      cause: error,
    });
  }
  if (/Region is missing/.test(message)) {
    return new OperatorError("misuse", "No region is chosen: give --region, or set AWS_REGION.", { cause: error });
  }
  return isAws ? new OperatorError("failed", `AWS refused a call (${name}): ${message}`, { cause: error }) : undefined;
}

function denied(message: string): string {
  const [, action, resource] = ACTION.exec(message) ?? [];
  const what =
    action === undefined
      ? message
      : `You lack the permission ${action}${resource === undefined ? "" : ` on ${resource}`}`;
  return `${what.replace(/\.$/, "")}: ask for a role that has OutboxRelay.grantInspect (to look) or grantOperate (to act).`;
}
