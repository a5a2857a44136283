/** A wrong value, as a message may show it: in one line, whatever it is, without possible secrets. */
export function shownValue(path: string, value: unknown): string {
  if (typeof value === "string" && mayBeSecret(path)) return "a string that is not shown here";
  return cut(withoutTokens(withoutUrlCredentials(described(value))));
}

/** The names under which people write down a credential itself, where a reference to a secret is wanted. */
const SECRET_NAME =
  /(pass|pwd|password|secret|token|creds|credentials|seed|auth|(api|access|private)_?key|value|signing)(\[\d+\])?$/i;
const mayBeSecret = (path: string): boolean => SECRET_NAME.test(path);

/** What kind of value it is, where the value itself may be a payload: "a list", "an object", "a number", "undefined". */
export function shownKind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

const LONGEST = 300;
const cut = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}...`);

/** A password may hold slashes and at signs, so all up to the last at sign goes; a query may hold a token. */
const withoutUrlCredentials = (text: string): string =>
  text.replace(/\/\/[^\s"]*@/g, "//(credentials)@").replace(/(:\/\/[^\s"?]*\?)[^\s"]+/g, `$1${NOT_SHOWN}`);

export const NOT_SHOWN = "(not shown)";
/** Longer than any name of a destination that people choose. */
const LONGEST_DESTINATION = 100;

/**
 * A destination as a log, a reason, a trace or an error may show it, in whatever shape a row names it: without user and
 * password, without a query, and, of a URL, without its path, which many webhooks take for a password. A queue's URL
 * keeps its path, which is an account and a name. What may be hidden is: the row itself has the whole.
 */
export function shownDestination(destination: string): string {
  const [, scheme = "", rest = ""] = /^(https?:[\\/]*|[a-z][a-z\d+.-]*:\/\/)?(.*)$/is.exec(destination) ?? [];
  const user = rest.includes("@") ? `${NOT_SHOWN}@` : "";
  const place = rest.slice(rest.lastIndexOf("@") + 1);
  const shown = `${scheme}${user}${scheme === "" ? plainName(place) : placeOfUrl(place)}`;
  return shown.length <= LONGEST_DESTINATION ? shown : `${shown.slice(0, LONGEST_DESTINATION)}...`;
}

/** Whether what {@link shownDestination} made is the whole destination, so that no other one is shown so. */
export const showsWholeDestination = (shown: string): boolean =>
  shown.length <= LONGEST_DESTINATION && !shown.includes(NOT_SHOWN);

/**
 * What calls itself a credential. Any other name before a colon may be a destination's: an alias is `orders:live`, and exchanges,
 * queues and subjects may have a colon.
 */
const NAMED_CREDENTIAL = /^(?:password|passwd|pwd|(?:access|api|private|secret)[_-]?key):/i;

/** All up to the first character that no name, ARN or template of a name has. */
function plainName(text: string): string {
  const [credential] = NAMED_CREDENTIAL.exec(text) ?? [];
  if (credential !== undefined) return `${credential}${NOT_SHOWN}`;
  const [name = ""] = /^[\p{L}\p{N}_.:/$*>{}~+-]*/u.exec(text) ?? [];
  return name === text ? text : `${name}${NOT_SHOWN}`;
}

const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?(?=[/?#]|$)/i;
/** An SQS queue's: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html */
const QUEUE_PATH = /^\/\d{12}\/[\w-]{1,80}(?:\.fifo)?$/;

function placeOfUrl(text: string): string {
  const host = HOST.exec(text)?.[0];
  if (host === undefined) return NOT_SHOWN;
  const path = text.slice(host.length);
  return path === "" || path === "/" || QUEUE_PATH.test(path) ? text : `${host}/${NOT_SHOWN}`;
}

/**
 * A message without the CDK's placeholders for values it does not know yet, which would tell nobody anything.
 * https://docs.aws.amazon.com/cdk/v2/guide/tokens.html
 */
export const withoutTokens = (message: string): string =>
  message
    .replace(/"[$#]\{Token\[[^\]]*\]\}"/g, "a value that only the deployment knows")
    .replace(/[$#]\{Token\[[^\]]*\]\}/g, "(known when deployed)");

/** The CDK's placeholder numbers for unknown values are all below this one. */
const NUMBER_TOKENS = -1e289;

function described(value: unknown): string {
  if (typeof value === "number" && value < NUMBER_TOKENS && value !== Number.NEGATIVE_INFINITY) {
    return "a number that only the deployment knows";
  }
  // JSON has no NaN, and would show null.
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value === "function") return value.name === "" ? "a function" : `the function ${value.name}`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? String(value);
  const madeBy = classOf(value);
  if (madeBy !== undefined) return madeBy;
  try {
    return JSON.stringify(value, (name, inner: unknown) => {
      if (typeof inner === "string" && mayBeSecret(name)) return "(not shown)";
      if (typeof inner === "bigint" || (typeof inner === "number" && !Number.isFinite(inner))) return String(inner);
      const innerClass = typeof inner === "object" && inner !== null ? classOf(inner) : undefined;
      return innerClass ?? inner;
    });
  } catch {
    return "an object that holds itself";
  }
}

/**
 * A name for an object that would be long or endless as JSON. Undefined for plain objects and lists. A construct is
 * shown by its path, for the build of the CDK may have renamed its class.
 */
function classOf(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype || Array.isArray(value)) return undefined;
  return "node" in value ? `the construct ${String(value)}` : `an instance of ${value.constructor.name || "a class"}`;
}
