import type { Failure } from "../../../contract/failure.ts";
import { errorName } from "../../../contract/telemetry/error-name.ts";

/**
 * The server's certificate cannot be trusted, or is not for this name: a person has to look. The codes are those of
 * https://nodejs.org/api/tls.html#x509-certificate-error-codes.
 */
const BAD_CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|INVALID_CA|PATH_LENGTH_EXCEEDED/;

/** Why a connection could not be made, where the protocol itself says nothing. Nothing was sent. */
export function connectFailure(error: unknown): Failure {
  const code = codeOf(error) ?? codeOf(error instanceof Error ? error.cause : undefined) ?? "ConnectFailed";
  return {
    class: BAD_CERTIFICATE.test(code) ? "permanent" : "transient",
    scope: "target",
    code,
    message: `No connection to the broker: ${messageOf(error)}`,
    unreached: true,
  };
}

const LONGEST_MESSAGE = 300;

/** An error's own message, shortened: brokers may quote at length. */
export const messageOf = (error: unknown): string =>
  (error instanceof Error && error.message !== "" ? error.message : errorName(error)).slice(0, LONGEST_MESSAGE);

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
