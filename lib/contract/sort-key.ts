/**
 * A sort key is a string: DynamoDB's own notation of a number. DynamoDB's numbers have 38 digits and JavaScript's about
 * 16, so a sort key converted to a JavaScript number becomes another key, and every write to it goes elsewhere or
 * nowhere.
 */

/** DynamoDB keeps this many significant digits and refuses more. */
const MAX_DIGITS = 38;
/** The powers of ten of the first digit that DynamoDB takes: 1E-130 to 9.99...E+125. */
const SMALLEST_MAGNITUDE = -130;
const LARGEST_MAGNITUDE = 125;

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/;

/**
 * Brings a number that somebody else wrote, in a message or on a command line, to DynamoDB's notation: `1.0` to `1`,
 * `1E+2` to `100`, `-0` and `0E+5` to `0`. Undefined for a string that DynamoDB does not take as a number.
 *
 * Sort keys from DynamoDB itself are in this form already and are used unchanged.
 */
export function canonicalSortKey(text: string): string | undefined {
  const [, sign, whole = "", fraction = "", exponent = "0"] = NUMBER.exec(text) ?? [];
  if (sign === undefined || whole + fraction === "") return undefined;
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  /** The position of the decimal point, as the number of digits before it. */
  const point = digits.length - fraction.length + Number(exponent);
  if (significant.length > MAX_DIGITS || point - 1 < SMALLEST_MAGNITUDE || point - 1 > LARGEST_MAGNITUDE) {
    return undefined;
  }
  return `${sign === "-" ? "-" : ""}${plainText(significant, point)}`;
}

function plainText(digits: string, point: number): string {
  if (point <= 0) return `0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return digits + "0".repeat(point - digits.length);
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/**
 * A sort key's place in a sequence: an integer from 1 up that a JavaScript number holds exactly. Undefined for any
 * other sort key: a row there can never become an event by repair, for keys cannot be changed.
 */
export function sequenceOf(sk: string): number | undefined {
  const sequence = Number(sk);
  return sequence >= 1 && Number.isSafeInteger(sequence) && String(sequence) === sk ? sequence : undefined;
}

/** Orders sort keys as DynamoDB does: by number, with every digit. */
export function compareSortKeys(one: string, other: string): number {
  if (one === other) return 0;
  const difference = Number(one) - Number(other);
  // Two sort keys that round to different numbers differ in the same direction.
  return difference !== 0 ? difference : compareDigits(canonicalSortKey(one) ?? one, canonicalSortKey(other) ?? other);
}

/** Compares two canonical sort keys so close together that JavaScript's numbers do not tell them apart. */
function compareDigits(one: string, other: string): number {
  const negative = one.startsWith("-");
  const [wholeOne = "", fractionOne = ""] = one.replace("-", "").split(".");
  const [wholeOther = "", fractionOther = ""] = other.replace("-", "").split(".");
  const difference =
    wholeOne.length - wholeOther.length ||
    compareTexts(wholeOne, wholeOther) ||
    compareTexts(fractionOne, fractionOther);
  return negative ? -difference : difference;
}

/** By UTF-16 code units. */
export const compareTexts = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
