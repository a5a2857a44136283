/** Every path of a JSON value with its kind of value. The members of an array are merged. */
export function shapeOf(value: unknown, path = ""): readonly string[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${path}[]`];
    return [...new Set(value.flatMap((each) => shapeOf(each, `${path}[]`)))];
  }
  if (typeof value !== "object" || value === null) return [`${path} ${value === null ? "null" : typeof value}`];
  const members = Object.entries(value);
  if (members.length === 0) return [`${path} {}`];
  return members.flatMap(([name, each]) => shapeOf(each, path === "" ? name : `${path}.${name}`));
}
