const encoder = new TextEncoder();

/**
 * Percent-encodes the characters that a pattern finds, as the bytes of their UTF-8. If the pattern finds the percent
 * sign too, two different strings never become the same.
 *
 * @param unfit a global pattern that finds whole characters (`gu`).
 */
export const percentEncoded = (text: string, unfit: RegExp): string =>
  text.replaceAll(unfit, (character) =>
    Array.from(encoder.encode(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
