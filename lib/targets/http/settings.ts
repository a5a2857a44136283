import { readFields, readInteger, readList, readOneOf, refuse } from "../../contract/settings/setting-reader.ts";
import { HTTP_CONNECTION_FIELDS, type ReadSecret, readHttpConnection } from "../shared/http-connection.ts";
import { type AddressRules, readWebAddress } from "../shared/web-address.ts";

/** How CloudEvents travel over HTTP. https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md */
export type HttpMode = "binary" | "structured" | "batch";
const HTTP_MODES: readonly HttpMode[] = ["structured", "binary", "batch"];

/** Events in a call of batch mode; the other modes send one. */
const DEFAULT_BATCH_ENTRIES = 100;
/** The size of one call, in bytes. Receivers have limits of their own. */
const DEFAULT_CALL_BYTES = 1_048_576;
/**
 * The size of the headers that mode binary makes of an event, in bytes: the limit of Tomcat and Jetty for all headers
 * of a call, and of nginx and Apache for one. A larger event is refused before it is sent, for many servers close the
 * connection over it.
 * https://tomcat.apache.org/tomcat-11.0-doc/config/http.html (maxHttpRequestHeaderSize)
 */
export const DEFAULT_HEADER_BYTES = 8_192;
/** The secret in use, and those before it in a rotation. */
const MAX_SIGNING_SECRETS = 3;

/** All fields except `kind`, which a function of `OutboxTarget` gives itself. */
export const HTTP_FIELDS = [
  "url",
  "alsoTo",
  "mode",
  "signing",
  "maxEntries",
  "maxBytes",
  "maxHeaderBytes",
  ...HTTP_CONNECTION_FIELDS,
] as const;

/**
 * Reads the settings of a webhook.
 *
 * @throws SettingError naming the setting, the value and what is allowed.
 */
export function readHttpTarget<Secret>(
  path: string,
  value: unknown,
  readSecret: ReadSecret<Secret>,
  isUnresolvedToken: AddressRules["isUnresolvedToken"] = () => false,
) {
  const given = readFields(path, value, ["kind", ...HTTP_FIELDS]);
  readOneOf(`${path}.kind`, given.kind, ["http"]);
  const connection = readHttpConnection(path, given, readSecret, { isUnresolvedToken });
  const rules = { allowInsecure: connection.allowInsecure, isUnresolvedToken };
  const mode = readOneOf(`${path}.mode`, given.mode ?? "structured", HTTP_MODES);
  if (mode !== "batch" && given.maxEntries !== undefined) {
    refuse(
      `${path}.maxEntries`,
      given.maxEntries,
      `mode ${mode} sends one event a call; leave it out, or choose batch`,
    );
  }
  if (mode !== "binary" && given.maxHeaderBytes !== undefined) {
    refuse(
      `${path}.maxHeaderBytes`,
      given.maxHeaderBytes,
      `mode ${mode} makes no headers of an event; leave it out, or choose binary`,
    );
  }
  const maxEntries = given.maxEntries ?? (mode === "batch" ? DEFAULT_BATCH_ENTRIES : 1);
  return {
    ...connection,
    mode,
    url: readWebAddress(`${path}.url`, given.url, rules),
    alsoTo: readList(`${path}.alsoTo`, given.alsoTo, (at, entry) => readWebAddress(at, entry, rules)),
    signing: readSigning(`${path}.signing`, given.signing, readSecret),
    maxHeaderBytes: readInteger(`${path}.maxHeaderBytes`, given.maxHeaderBytes ?? DEFAULT_HEADER_BYTES, {
      min: 1_024,
      max: 1_048_576,
    }),
    limits: {
      maxEntries: readInteger(`${path}.maxEntries`, maxEntries, { min: 1, max: 1_000 }),
      maxBytes: readInteger(`${path}.maxBytes`, given.maxBytes ?? DEFAULT_CALL_BYTES, { min: 1_024, max: 10_485_760 }),
    },
  };
}

function readSigning<Secret>(path: string, value: unknown, readSecret: ReadSecret<Secret>): readonly Secret[] {
  const secrets = readList(path, value, readSecret);
  return secrets.length <= MAX_SIGNING_SECRETS
    ? secrets
    : refuse(path, value, `it must be a list of ${MAX_SIGNING_SECRETS} secrets at most`);
}
