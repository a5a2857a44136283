import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { readFields, readText, refuse } from "../contract/settings/setting-reader.ts";
import type { Clock } from "../core/ports.ts";
import { httpHandler } from "./aws-clients.ts";

/** Where a secret is kept. The environment of a function names the place, never the secret. */
export type SecretRef =
  /** In Secrets Manager: the whole string, or one field of it where it is a JSON object. */
  | { readonly kind: "secret"; readonly arn: string; readonly field?: string }
  /** A parameter of SSM's Parameter Store, usually a SecureString. */
  | { readonly kind: "parameter"; readonly name: string };

export interface SecretSource {
  /** @throws an error that says which secret cannot be read, and why; never its content. */
  read(ref: SecretRef): Promise<string>;
  /** Makes the next read fetch the secret anew: the target refused the value read last. */
  forget(ref: SecretRef): void;
}

/** Reads a reference to a secret: `{ "secretArn": ..., "field"?: ... }` or `{ "parameterName": ... }`. */
export function readSecretRef(path: string, value: unknown): SecretRef {
  const { secretArn, field, parameterName } = readFields(path, value, ["secretArn", "field", "parameterName"]);
  if ((secretArn === undefined) === (parameterName === undefined)) {
    return refuse(path, value, "it must hold either secretArn or parameterName");
  }
  if (parameterName !== undefined) return { kind: "parameter", name: readText(`${path}.parameterName`, parameterName) };
  const arn = readText(`${path}.secretArn`, secretArn);
  return { kind: "secret", arn, ...(field === undefined ? {} : { field: readText(`${path}.field`, field) }) };
}

/** A rotated secret is read again after this time, or as soon as the target refuses the old one. */
const KEPT_FOR_MS = 5 * 60_000;
const TIMEOUTS = { connectMs: 1_000, requestMs: 3_000 };
const SOCKETS = 2;

/** Secrets Manager and the Parameter Store; values read are kept for five minutes. */
export function awsSecrets(clock: Clock): SecretSource {
  const options = { requestHandler: httpHandler(TIMEOUTS, SOCKETS), maxAttempts: 2 };
  const secretsManager = new SecretsManagerClient(options);
  const parameters = new SSMClient(options);
  const kept = new Map<string, { readonly text: Promise<string>; readonly untilMs: number }>();

  async function fetched(ref: SecretRef): Promise<string> {
    try {
      if (ref.kind === "parameter") {
        const { Parameter } = await parameters.send(new GetParameterCommand({ Name: ref.name, WithDecryption: true }));
        return required(Parameter?.Value);
      }
      const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId: ref.arn }));
      return required(ref.field === undefined ? SecretString : fieldOf(required(SecretString), ref.field));
    } catch (cause) {
      const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      throw new Error(`The secret ${placeOf(ref)} could not be read (${reason})`, { cause });
    }
  }

  return {
    async read(ref) {
      const place = placeOf(ref);
      const known = kept.get(place);
      if (known !== undefined && known.untilMs > clock.now()) return known.text;
      const text = fetched(ref);
      const entry = { text, untilMs: clock.now() + KEPT_FOR_MS };
      kept.set(place, entry);
      // A failure is not kept: the next call asks again.
      text.catch(() => {
        if (kept.get(place) === entry) kept.delete(place);
      });
      return text;
    },
    forget: (ref) => void kept.delete(placeOf(ref)),
  };
}

const placeOf = (ref: SecretRef): string =>
  ref.kind === "parameter" ? ref.name : ref.field === undefined ? ref.arn : `${ref.arn} (field ${ref.field})`;

function required(text: string | undefined): string {
  if (text === undefined || text === "") throw new Error("it is empty, or no text");
  return text;
}

/** An error from here never shows the secret: JSON.parse would quote its beginning. */
function fieldOf(text: string, field: string): string | undefined {
  let secret: unknown;
  try {
    secret = JSON.parse(text);
  } catch {
    throw new Error("it is not a JSON object");
  }
  const value = typeof secret === "object" && secret !== null ? (secret as Record<string, unknown>)[field] : undefined;
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value : undefined;
}
