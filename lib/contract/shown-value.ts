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

/** A field that others wrote, for people: a string, a number or a boolean as it is, and of anything else its kind. */
export const shownField = (value: unknown): string =>
  typeof value === "string" ? value : /^(?:number|boolean)$/.test(typeof value) ? `${value}` : shownKind(value);

const LONGEST = 300;
const cut = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}...`);

/** A login stands before an at sign, with a scheme or without one; a query may hold a token, and a fragment too. */
const withoutUrlCredentials = (text: string): string =>
  text.replace(JSON_STRING, withoutLogin).replace(/(:\/\/[^\s"?#]*[?#])[^\s"]+/g, `$1${NOT_SHOWN}`);

const JSON_STRING = /"(?:[^"\\]|\\.)*"/g;

/** A password may hold slashes and at signs, so all up to the last at sign goes. */
function withoutLogin(quoted: string): string {
  const end = quoted.lastIndexOf("@");
  if (end === -1) return quoted;
  const [scheme = '"'] = /^"[a-z][a-z\d+.-]*:\/\//i.exec(quoted) ?? [];
  return `${scheme}(credentials)${quoted.slice(end)}`;
}

export const NOT_SHOWN = "(not shown)";

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
