/** Sort keys as other people's programs choose them, as DynamoDB returns them. */
export const FOREIGN_SORT_KEYS = [
  "0",
  "1",
  "-1",
  "1.5",
  "-0.25",
  "9007199254740991",
  "9007199254740992",
  "9007199254740993",
  // Nanoseconds since 1970, and a snowflake: neighbours that become the same JavaScript number.
  "1764328543123456788",
  "1764328543123456789",
  "1994315622531022849",
  "12345678901234567890123456789012345678",
  "-12345678901234567890123456789012345678",
  "0.1234567890123456789",
] as const;

/** Other notations of a number, and the notation in which DynamoDB returns them. */
export const NOTATIONS = [
  ["1.0", "1"],
  ["1E+2", "100"],
  ["-0", "0"],
  ["0E+5", "0"],
  ["007", "7"],
  [".5", "0.5"],
  ["1764328543123456789.0", "1764328543123456789"],
  ["1.764328543123456789E18", "1764328543123456789"],
  ["0.12345678901234567890", "0.1234567890123456789"],
  ["1E125", `1${"0".repeat(125)}`],
  ["1E-130", `0.${"0".repeat(129)}1`],
  ["-9.9999999999999999999999999999999999999E+125", `-${"9".repeat(38)}${"0".repeat(88)}`],
] as const;

/** Partition keys that begin like those of the relay's own items. */
export const FOREIGN_PARTITION_KEYS = ["_V1StGXR8_Z5jdHi6B-myT", "_", "__proto__", "_requeuer", "_requeuer#"] as const;
