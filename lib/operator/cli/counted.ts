/** A number of things in words: `1 event`, `2 events`. */
export const counted = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? "" : "s"}`;
