import { isIPv6 } from "node:net";
import fc from "fast-check";

/**
 * RFC 3986 once more, in another way than `lib/contract/codec/uri.ts`: a generator that follows appendix A rule by rule,
 * and a judge that cuts a string into its components (section 3) and looks at each. Neither has a regular expression of a
 * whole URI.
 */

const ALPHA = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGIT = "0123456789";
const HEXDIG = `${DIGIT}ABCDEFabcdef`;
const UNRESERVED = `${ALPHA}${DIGIT}-._~`;
const SUB_DELIMS = "!$&'()*+,;=";
const PCHAR = `${UNRESERVED}${SUB_DELIMS}:@`;

/** Every character of ASCII that can be seen, the ends of the ranges around them, and some beyond. */
export const ANY_CHARACTER: readonly string[] = [
  ...Array.from({ length: 96 }, (_none, index) => String.fromCharCode(0x20 + index)),
  ...["\n", "\u0000", "é", "\ud83d\ude00"],
];

const one = (characters: string) => fc.constantFrom(...characters);
const times = (part: fc.Arbitrary<string>, minLength: number, maxLength = minLength + 2) =>
  fc.array(part, { minLength, maxLength }).map((parts) => parts.join(""));
const sequence = (...parts: readonly (fc.Arbitrary<string> | string)[]) =>
  fc.tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part))).map((each) => each.join(""));
const optional = (part: fc.Arbitrary<string>) => fc.oneof(fc.constant(""), part);

const pctEncoded = sequence("%", one(HEXDIG), one(HEXDIG));
const of = (characters: string) =>
  fc.oneof({ weight: 5, arbitrary: one(characters) }, { weight: 1, arbitrary: pctEncoded });
const pchar = of(PCHAR);

const segment = times(pchar, 0);
const segmentNz = times(pchar, 1);
const segmentNzNc = times(of(`${UNRESERVED}${SUB_DELIMS}@`), 1);
const pathAbempty = times(sequence("/", segment), 0);
const pathAbsolute = sequence("/", optional(sequence(segmentNz, pathAbempty)));
const pathNoscheme = sequence(segmentNzNc, pathAbempty);
const pathRootless = sequence(segmentNz, pathAbempty);
const pathEmpty = fc.constant("");

const decOctet = fc.integer({ min: 0, max: 255 }).map(String);
const ipV4 = sequence(decOctet, ".", decOctet, ".", decOctet, ".", decOctet);
const h16 = times(one(HEXDIG), 1, 4);
const h16Colon = sequence(h16, ":");
const ls32 = fc.oneof(sequence(h16Colon, h16), ipV4);
/** `[ *n( h16 ":" ) h16 ]` */
const upTo = (groups: number) => (groups === 0 ? pathEmpty : optional(sequence(times(h16Colon, 0, groups - 1), h16)));
const ipV6 = fc.oneof(
  sequence(times(h16Colon, 6, 6), ls32),
  ...[0, 1, 2, 3, 4, 5].map((left) => sequence(upTo(left), "::", times(h16Colon, 5 - left, 5 - left), ls32)),
  sequence(upTo(6), "::", h16),
  sequence(upTo(7), "::"),
);
const ipVFuture = sequence("v", times(one(HEXDIG), 1), ".", times(one(`${UNRESERVED}${SUB_DELIMS}:`), 1));
const regName = times(of(`${UNRESERVED}${SUB_DELIMS}`), 0);
const host = fc.oneof(sequence("[", fc.oneof(ipV6, ipVFuture), "]"), ipV4, regName);
const userinfo = times(of(`${UNRESERVED}${SUB_DELIMS}:`), 0);
const authority = sequence(optional(sequence(userinfo, "@")), host, optional(sequence(":", times(one(DIGIT), 0))));

const scheme = sequence(one(ALPHA), times(one(`${ALPHA}${DIGIT}+-.`), 0));
const withAuthority = sequence("//", authority, pathAbempty);
const hierPart = fc.oneof(withAuthority, pathAbsolute, pathRootless, pathEmpty);
const relativePart = fc.oneof(withAuthority, pathAbsolute, pathNoscheme, pathEmpty);
const ending = sequence(
  optional(sequence("?", times(of(`${PCHAR}/?`), 0))),
  optional(sequence("#", times(of(`${PCHAR}/?`), 0))),
);

/** `URI` of appendix A. */
export const uri = sequence(scheme, ":", hierPart, ending);
/** `URI-reference` of appendix A. */
export const uriReference = fc.oneof(uri, sequence(relativePart, ending));

function madeOf(text: string, characters: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "%") {
      if (!isIn(HEXDIG, text.charAt(at + 1)) || !isIn(HEXDIG, text.charAt(at + 2))) return false;
      at += 2;
    } else if (!isIn(characters, character)) return false;
  }
  return true;
}

const isIn = (characters: string, character: string): boolean => character !== "" && characters.includes(character);
const allIn = (text: string, characters: string): boolean => [...text].every((each) => isIn(characters, each));

/** The part before a mark and the part after it; the second is undefined where the mark is not there. */
function cutAt(text: string, mark: string): readonly [before: string, after: string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + mark.length)];
}

/** What the RFC says of a string. */
export function judgedByRfc(text: string): { readonly isReference: boolean; readonly isUri: boolean } {
  const [main, fragment = ""] = cutAt(text, "#");
  const [hier, query = ""] = cutAt(main, "?");
  const [first, afterColon] = cutAt(hier, ":");
  // A colon behind a slash belongs to the path or to the authority.
  const hasScheme = afterColon !== undefined && !first.includes("/");
  const rest = hasScheme ? afterColon : hier;
  const isReference =
    madeOf(fragment, `${PCHAR}/?`) &&
    madeOf(query, `${PCHAR}/?`) &&
    (!hasScheme || (isIn(ALPHA, first.charAt(0)) && allIn(first, `${ALPHA}${DIGIT}+-.`))) &&
    (rest.startsWith("//") ? isAuthorityAndPath(rest.slice(2)) : madeOf(rest, `${PCHAR}/`));
  return { isReference, isUri: isReference && hasScheme };
}

function isAuthorityAndPath(text: string): boolean {
  const [place, path = ""] = cutAt(text, "/");
  const [user, afterAt] = cutAt(place, "@");
  if (afterAt !== undefined && !madeOf(user, `${UNRESERVED}${SUB_DELIMS}:`)) return false;
  return isHostAndPort(afterAt ?? place) && madeOf(path, `${PCHAR}/`);
}

function isHostAndPort(text: string): boolean {
  if (!text.startsWith("[")) {
    const [name, port = ""] = cutAt(text, ":");
    return madeOf(name, `${UNRESERVED}${SUB_DELIMS}`) && allIn(port, DIGIT);
  }
  const [address, after] = cutAt(text.slice(1), "]");
  if (after === undefined || !(after === "" || (after.startsWith(":") && allIn(after.slice(1), DIGIT)))) return false;
  // Node also takes a zone behind %, which this RFC has not.
  return isLaterIp(address) || (!address.includes("%") && isIPv6(address));
}

function isLaterIp(text: string): boolean {
  const [version, rest = ""] = cutAt(text.slice(1), ".");
  return (
    isIn("vV", text.charAt(0)) &&
    version !== "" &&
    allIn(version, HEXDIG) &&
    rest !== "" &&
    allIn(rest, `${UNRESERVED}${SUB_DELIMS}:`)
  );
}
