import { SettingError } from "../../contract/settings/setting-reader.ts";
import { shownValue } from "../../contract/shown-value.ts";

export interface AddressRules {
  /** Plain `http` is allowed, for example inside a VPC or in a test. */
  readonly allowInsecure: boolean;
  /** Whether an address stands for one that is known only after deployment. @default none does */
  readonly isUnresolvedToken?: (address: unknown) => boolean;
}

/**
 * Reads the URL of a server in its one normal spelling: `https`, and without parts that do not belong in a setting. The
 * value is not shown if it holds a password.
 *
 * @throws SettingError naming the setting and what is allowed.
 */
export function readWebAddress(
  path: string,
  value: unknown,
  { allowInsecure, isUnresolvedToken }: AddressRules,
): string {
  if (typeof value === "string" && isUnresolvedToken?.(value) === true) return value;
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  const hasCredentials = url !== undefined && `${url.username}${url.password}` !== "";
  const refuse = (allowed: string): never => {
    throw new SettingError(
      `${path} is ${hasCredentials ? "a URL with credentials" : shownValue(path, value)}: ${allowed}.`,
    );
  };
  if (url === undefined) return refuse("it must be a URL such as https://events.example.com/orders");
  if (hasCredentials) return refuse("take them out and name a secret in auth instead");
  if (url.hash !== "") return refuse("a fragment is never sent; leave it out");
  if (url.protocol === "http:" && !allowInsecure) {
    return refuse("events would travel unencrypted; it must begin with https://, or allowInsecure must be true");
  }
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : refuse("it must begin with https://");
}
