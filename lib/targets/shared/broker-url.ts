import { readText, SettingError } from "../../contract/settings/setting-reader.ts";

/**
 * Reads a broker's address. An address with credentials in it is refused, and never shown: credentials belong in a
 * secret.
 *
 * @param schemes without the colon, the recommended one first.
 */
export function readBrokerUrl(path: string, value: unknown, schemes: readonly [string, ...string[]]): URL {
  const example = `it must be an address such as ${schemes[0]}://broker.example.com`;
  const text = readText(path, value, example);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.username !== "" || url.password !== "")) {
    throw new SettingError(`${path} holds credentials: take them out, and name the secret that holds them instead.`);
  }
  if (url === undefined || url.hostname === "" || !schemes.some((scheme) => url.protocol === `${scheme}:`)) {
    // An address that cannot be read may hold a password too.
    throw new SettingError(`${path} cannot be used: ${example}, by ${schemes.join(" or ")}.`);
  }
  return url;
}
