/**
 * URIs by RFC 3986, appendix A: what CloudEvents asks of `source` and `dataschema`.
 * https://www.rfc-editor.org/rfc/rfc3986#appendix-A
 */

/** Most sources look like this, and need no closer look: a path of plain characters, `/shop/orders`. */
const PLAIN_PATH = /^\/?[\w.~-]+(?:\/[\w.~-]+)*$/;

const SCHEME = "[A-Za-z][A-Za-z\\d+.-]*:";
const CHARACTERS = "-\\w.~!$&'()*+,;=%";
/** The first group is what stands in brackets: an IP address of version 6 or later. */
const AUTHORITY = `//(?:[${CHARACTERS}:]*@)?(?:\\[([^\\]]*)\\]|[${CHARACTERS}]*)(?::\\d*)?`;
const PATH = `[${CHARACTERS}:@/]*`;
/** Without a scheme, a colon in the first segment would make one. It is not empty: two slashes begin an authority. */
const FIRST_SEGMENT = `[${CHARACTERS}@]+`;
const REFERENCE = new RegExp(
  `^(?:(?:${SCHEME})?${AUTHORITY}(?:/${PATH})?|${SCHEME}(?!//)${PATH}|/(?!/)${PATH}|(?:${FIRST_SEGMENT}(?:/${PATH})?)?)` +
    `(?:\\?[${CHARACTERS}:@/?]*)?(?:#[${CHARACTERS}:@/?]*)?$`,
);
const BROKEN_ESCAPE = /%(?![\dA-Fa-f]{2})/;
/** Something other than a scheme, a query and a fragment: `a:` alone names nothing. */
const SCHEME_AND_MORE = new RegExp(`^${SCHEME}[^?#]`);

/** Whether a string is a URI reference: a URI, or one relative to another, such as `/shop/orders`. */
export function isUriReference(text: string): boolean {
  if (PLAIN_PATH.test(text)) return true;
  const parts = REFERENCE.exec(text);
  if (parts === null || BROKEN_ESCAPE.test(text)) return false;
  const [, address] = parts;
  return address === undefined || isIpV6(address) || LATER_IP.test(address);
}

/** Whether a string is a URI, which begins with its scheme. It may have a fragment, as the names of schemas do. */
export const isUri = (text: string): boolean => SCHEME_AND_MORE.test(text) && isUriReference(text);

const LATER_IP = /^v[\da-f]+\.[\w.~!$&'()*+,;=:-]+$/i;
const GROUP = /^[\da-f]{1,4}$/i;
const IP_V4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** Eight groups; `::` stands for one or more of them, and an address of version 4 for the last two. */
function isIpV6(text: string): boolean {
  const halves = text.split("::");
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1);
  const endsInV4 = last !== undefined && !text.endsWith("::") && IP_V4.test(last);
  const plain = endsInV4 ? groups.slice(0, -1) : groups;
  const count = plain.length + (endsInV4 ? 2 : 0);
  return (
    plain.every((group) => GROUP.test(group)) && (halves.length === 1 ? count === 8 : halves.length === 2 && count < 8)
  );
}
