/** @throws with the option's name and value, when it is not a whole number of at least 1. */
export function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`${name} is ${JSON.stringify(text)}: it must be a whole number from 1 up.`);
}
