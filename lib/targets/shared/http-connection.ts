import { LONGEST_CALL_REASON, LONGEST_CALL_SECONDS } from "../../contract/settings/call-timeout.ts";
import {
  type Fields,
  readFields,
  readFlag,
  readInteger,
  readMatch,
  readOneOf,
  readText,
} from "../../contract/settings/setting-reader.ts";
import { type AddressRules, readWebAddress } from "./web-address.ts";

/**
 * The settings that every target over HTTP has, beside the places its events go to. Synth reads them, and the functions
 * read them again; each names secrets in its own way.
 */
export interface HttpConnection<Secret> {
  /** How the relay proves who it is to the server. @default it does not */
  readonly auth?: HttpAuth<Secret>;
  /** Certificates in PEM, trusted instead of the public authorities' ones. @default those */
  readonly ca?: string;
  /** Plain http is allowed, so that anybody on the way can read events and credentials. @default false */
  readonly allowInsecure?: boolean;
  /**
   * The longest call, in milliseconds, 100 to 45,000, and less than the relay's timeout by 6 s.
   *
   * @default {@link DEFAULT_TIMEOUT_MS}
   */
  readonly timeoutMs?: number;
}

export type HttpAuth<Secret> =
  /** A header that holds a key. */
  | { readonly kind: "api-key"; readonly header: string; readonly value: Secret }
  /** A token that somebody else renews, in the header Authorization. */
  | { readonly kind: "bearer"; readonly token: Secret }
  | HttpClientCredentials<Secret>;

/** OAuth 2.0: the relay gets its tokens itself, by the grant client_credentials. */
export interface HttpClientCredentials<Secret> {
  readonly kind: "oauth2";
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** @default none is asked for */
  readonly scope?: string;
  /**
   * Where the token endpoint wants id and secret: in a Basic header, which every endpoint must accept, or in the form.
   * @default "header"
   */
  readonly credentialsIn?: (typeof CREDENTIALS_IN)[number];
}

const CREDENTIALS_IN = ["header", "body"] as const;

export type ReadSecret<Secret> = (path: string, value: unknown) => Secret;

const TIMEOUT_MS = { min: 100, max: LONGEST_CALL_SECONDS * 1_000, because: LONGEST_CALL_REASON };
/** As long as a call to any other target: four fit in the default backoff budget of 20 s. */
const DEFAULT_TIMEOUT_MS = 5_000;
export const HTTP_CONNECTION_FIELDS = ["auth", "ca", "allowInsecure", "timeoutMs"] as const;

const PEM = /^\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/;

/** @throws SettingError naming the setting, the value and what is allowed. */
export function readHttpConnection<Secret>(
  path: string,
  { auth, ca, allowInsecure, timeoutMs }: Fields<(typeof HTTP_CONNECTION_FIELDS)[number]>,
  readSecret: ReadSecret<Secret>,
  rules: Omit<AddressRules, "allowInsecure"> = {},
) {
  const insecure = readFlag(`${path}.allowInsecure`, allowInsecure ?? false);
  return {
    allowInsecure: insecure,
    timeoutMs: readInteger(`${path}.timeoutMs`, timeoutMs ?? DEFAULT_TIMEOUT_MS, TIMEOUT_MS),
    // TLS would ignore a string that is not a certificate, and then trust nobody.
    ...(ca === undefined ? {} : { ca: readMatch(`${path}.ca`, ca, PEM, "it must be a certificate in PEM") }),
    ...(auth === undefined
      ? {}
      : { auth: readAuth(`${path}.auth`, auth, readSecret, { ...rules, allowInsecure: insecure }) }),
  };
}

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

function readAuth<Secret>(
  path: string,
  value: unknown,
  readSecret: ReadSecret<Secret>,
  rules: AddressRules,
): HttpAuth<Secret> {
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
  switch (readOneOf(`${path}.kind`, kind, ["api-key", "bearer", "oauth2"])) {
    case "api-key": {
      const given = readFields(path, value, ["kind", "header", "value"]);
      const header = readMatch(`${path}.header`, given.header, HEADER_NAME, "it must be the name of an HTTP header");
      return { kind: "api-key", header, value: readSecret(`${path}.value`, given.value) };
    }
    case "bearer": {
      const given = readFields(path, value, ["kind", "token"]);
      return { kind: "bearer", token: readSecret(`${path}.token`, given.token) };
    }
    case "oauth2":
      return readClientCredentials(path, value, readSecret, rules);
  }
}

function readClientCredentials<Secret>(
  path: string,
  value: unknown,
  readSecret: ReadSecret<Secret>,
  rules: AddressRules,
): HttpClientCredentials<Secret> {
  const names = ["kind", "tokenUrl", "clientId", "clientSecret", "scope", "credentialsIn"] as const;
  const { tokenUrl, clientId, clientSecret, scope, credentialsIn } = readFields(path, value, names);
  return {
    kind: "oauth2",
    tokenUrl: readWebAddress(`${path}.tokenUrl`, tokenUrl, rules),
    clientId: readText(`${path}.clientId`, clientId),
    clientSecret: readSecret(`${path}.clientSecret`, clientSecret),
    ...(scope === undefined ? {} : { scope: readText(`${path}.scope`, scope) }),
    credentialsIn: readOneOf(`${path}.credentialsIn`, credentialsIn ?? "header", CREDENTIALS_IN),
  };
}

/** The same authentication with its secrets named in another way. */
export function withSecrets<From, To>(auth: HttpAuth<From>, named: (secret: From) => To): HttpAuth<To> {
  switch (auth.kind) {
    case "api-key":
      return { ...auth, value: named(auth.value) };
    case "bearer":
      return { ...auth, token: named(auth.token) };
    case "oauth2":
      return { ...auth, clientSecret: named(auth.clientSecret) };
  }
}

export function secretsIn<Secret>(auth: HttpAuth<Secret> | undefined): readonly Secret[] {
  switch (auth?.kind) {
    case undefined:
      return [];
    case "api-key":
      return [auth.value];
    case "bearer":
      return [auth.token];
    case "oauth2":
      return [auth.clientSecret];
  }
}
