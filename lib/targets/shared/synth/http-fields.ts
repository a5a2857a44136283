import { readFields, refuse } from "../../../contract/settings/setting-reader.ts";
import { readNetwork } from "./read-network.ts";

/**
 * The fields of a target that is reached over HTTP, as the functions' own reader takes them: without the network, which
 * only the construct knows.
 *
 * @param needed names what every such target must be given.
 */
export function readHttpFields<Kind extends string>(
  kind: Kind,
  path: string,
  value: unknown,
  names: readonly string[],
  needed: string,
) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse(path, value, `it must be an object with ${needed} and what else there is to say`);
  }
  const { network, ...options } = readFields<string>(path, value, [...names, "network"]);
  if (network !== undefined) readNetwork(`${path}.network`, network);
  return { ...options, kind };
}
