/** The W3C's rules of a `traceparent`, one by one: https://www.w3.org/TR/trace-context/#traceparent-header */
export function judgedByW3c(text: string): boolean {
  const [version = "", traceId = "", parentId = "", flags = "", ...added] = text.split("-");
  const isHex = (field: string, digits: number) => field.length === digits && /^[0-9a-f]*$/.test(field);
  if (!isHex(version, 2) || !isHex(traceId, 32) || !isHex(parentId, 16) || !isHex(flags, 2)) return false;
  if (version === "ff" || Number.parseInt(traceId, 16) === 0 || Number.parseInt(parentId, 16) === 0) return false;
  return added.length === 0 || (version !== "00" && !/[\n\r\u2028\u2029]/.test(text));
}
