/** A place in AWS that events may go to. */
export interface Destination {
  /** The address for its service's API. */
  readonly address: string;
  /** The names by which a row may call it, beside the address. */
  readonly names: readonly string[];
}

/** The destinations of a relay, and the names by which rows may call them. */
export interface Directory {
  /** The default first. */
  readonly addresses: readonly string[];
  /**
   * The address of the destination that a row names, or of the default where the row names none. A name of no
   * destination is returned unchanged, and a name of several comes back as something that is not an address: neither is
   * among {@link Directory.addresses}.
   */
  addressOf(named: string | undefined): string;
  /** The exact spellings of the destinations that share a name, for an answer of {@link Directory.addressOf}. */
  meant(answered: string): Ambiguity | undefined;
}

export interface Ambiguity {
  readonly name: string;
  /** One for each destination of that name. */
  readonly exact: readonly string[];
}

export function directoryOf(destinations: readonly [Destination, ...Destination[]]): Directory {
  const called = new Map<string, Map<string, Destination>>();
  for (const destination of destinations) {
    for (const text of [destination.address, ...destination.names]) {
      const known = called.get(text) ?? new Map<string, Destination>();
      called.set(text, known.set(destination.address, destination));
    }
  }
  const ambiguities = new Map<string, Ambiguity>();
  const answers = new Map<string, string>();
  for (const [text, [...known]] of called) {
    const [first, ...others] = known.map(([, destination]) => destination);
    if (first === undefined) continue;
    // A name that several destinations share must not be taken for the address of one of them, as a bus's own name is.
    const answer = others.length === 0 ? first.address : `${text} (one of ${known.length})`;
    answers.set(text, answer);
    if (others.length > 0) ambiguities.set(answer, { name: text, exact: [first, ...others].map(exactSpelling) });
  }
  const defaultAddress = destinations[0].address;
  return {
    addresses: [...new Set(destinations.map(({ address }) => address))],
    addressOf: (named) => (named === undefined ? defaultAddress : (answers.get(named) ?? named)),
    meant: (answered) => ambiguities.get(answered),
  };
}

/** The most exact name: an ARN or URL, where it is known. */
const exactSpelling = ({ address, names }: Destination): string =>
  names.reduce((longest, name) => (name.length > longest.length ? name : longest), address);

/**
 * Buses, as the functions are told of them: by name in the relay's own account and region, by ARN elsewhere.
 *
 * @param home the beginning of the ARNs in the relay's own account and region,
 * `arn:<partition>:events:<region>:<account>:event-bus/`. Where a template could not know that, such a bus is told by
 * its ARN all the same.
 */
export function busesOf(told: readonly string[], home: string | undefined): readonly Destination[] {
  return told.map((bus) => {
    if (!bus.startsWith("arn:")) return { address: bus, names: home === undefined ? [] : [home + bus] };
    const name = bus.slice(bus.indexOf("/") + 1);
    return home !== undefined && bus.startsWith(home)
      ? { address: name, names: [bus] }
      : { address: bus, names: [name] };
  });
}

/** Queues: by URL, or by name where they stand beside the first one, in its account and region. */
export const queuesOf = (told: readonly string[]): readonly Destination[] => byLastPart(told, "://", "/");

/** Topics: by ARN, or by name where they stand beside the first one, in its account and region. */
export const topicsOf = (told: readonly string[]): readonly Destination[] => byLastPart(told, "arn:", ":");

/** Streams: by ARN, or by name where they stand beside the first one, in its account and region. */
export const streamsOf = (told: readonly string[]): readonly Destination[] => byLastPart(told, "arn:", "/");

/** Functions, versions and aliases, by ARN. A row may call one by `name` or `name:alias`. */
export const functionsOf = (told: readonly string[]): readonly Destination[] =>
  told.map((arn) => ({ address: arn, names: [arn.replace(/^.*:function:/, "")] }));

function byLastPart(told: readonly string[], whole: string, separator: string): readonly Destination[] {
  const [first = ""] = told;
  const beside = first.slice(0, first.lastIndexOf(separator) + 1);
  return told.map((each) => {
    const address = each.includes(whole) ? each : beside + each;
    return { address, names: [address.slice(address.lastIndexOf(separator) + 1)] };
  });
}
