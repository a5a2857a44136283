/** Tells the objects and lines of one process from those of others: 48 random bits, in base 36. */
export const processName = (random: () => number): string => Math.floor(random() * 2 ** 48).toString(36);
