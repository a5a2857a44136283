/** A line of a log. */
export interface LogLine {
  readonly atMs: number;
  readonly message: string;
}

export interface LogTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

type Fields = Readonly<Record<string, string | number>>;

/**
 * CloudWatch Logs Insights, as far as the dashboard's tables use it: fields, filter (= and != joined by or), stats
 * (count, min, max, by), sort, limit. Anything else is refused by name.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 * @param linesOf the lines of a log group that a SOURCE names.
 */
export function queryLogs(query: string, linesOf: (logGroup: string) => readonly LogLine[]): LogTable {
  const commands = query.split(/\s*\|\s*|\n/).map((command) => command.trim());
  const sources = commands.flatMap((command) => /^SOURCE '([^']+)'$/.exec(command)?.[1] ?? []);
  let found: readonly Fields[] = sources.flatMap((source) => linesOf(source).map(fieldsOf));
  let columns: readonly string[] = ["@timestamp", "@message"];
  for (const command of commands) {
    const [verb = "", ...words] = command.split(/\s+/);
    const rest = words.join(" ");
    switch (verb) {
      case "SOURCE":
      case "":
        break;
      case "fields":
        columns = rest.split(/\s*,\s*/);
        break;
      case "filter":
        found = found.filter(conditionOf(rest));
        break;
      case "stats": {
        const table = statsOf(rest, found);
        found = table.found;
        columns = table.columns;
        break;
      }
      case "sort":
        found = sorted(found, rest);
        break;
      case "limit":
        found = found.slice(0, Number(rest));
        break;
      default:
        throw new Error(`The Logs Insights command ${verb} is not known here yet.`);
    }
  }
  return { columns, rows: found.map((fields) => columns.map((column) => String(fields[column] ?? ""))) };
}

/** A line of JSON has its own fields; nested ones are left out. */
function fieldsOf({ atMs, message }: LogLine): Fields {
  const own = message.startsWith("{") ? (JSON.parse(message) as Record<string, unknown>) : {};
  const plain = Object.entries(own).filter(([, value]) => typeof value !== "object");
  return {
    ...Object.fromEntries(plain.map(([name, value]) => [name, String(value)])),
    "@timestamp": atMs,
    "@message": message,
  };
}

function conditionOf(text: string): (fields: Fields) => boolean {
  const alternatives = text.split(/\s+or\s+/).map((part) => {
    const [, field, operator, value] = /^([@\w.]+) (=|!=) "([^"]*)"$/.exec(part) ?? [];
    if (field === undefined)
      throw new Error(`The Logs Insights condition ${JSON.stringify(part)} is not known here yet.`);
    // A missing field equals nothing, and every comparison with it is false.
    return (fields: Fields) => fields[field] !== undefined && (operator === "=") === (String(fields[field]) === value);
  });
  return (fields) => alternatives.some((holds) => holds(fields));
}

function statsOf(text: string, found: readonly Fields[]): { found: readonly Fields[]; columns: readonly string[] } {
  const [aggregates = "", by = ""] = text.split(/\s+by\s+/);
  const parts = aggregates.split(/\s*,\s*/).map((part) => {
    const [, operation, field = "*", name] = /^(count|min|max)\(([@*\w.]+)\) as (\w+)$/.exec(part) ?? [];
    if (operation === undefined || name === undefined) {
      throw new Error(`The Logs Insights aggregate ${JSON.stringify(part)} is not known here yet.`);
    }
    return { operation, field, name };
  });
  const groups = new Map<string, Fields[]>();
  for (const fields of found) {
    const key = String(fields[by] ?? "");
    groups.set(key, [...(groups.get(key) ?? []), fields]);
  }
  const rows = [...groups].map(([key, lines]): Fields => {
    const numbers = (field: string) => lines.map((fields) => Number(fields[field]));
    const value = ({ operation, field }: (typeof parts)[number]) =>
      operation === "count"
        ? lines.length
        : operation === "min"
          ? Math.min(...numbers(field))
          : Math.max(...numbers(field));
    return { [by]: key, ...Object.fromEntries(parts.map((part) => [part.name, value(part)])) };
  });
  return { found: rows, columns: [by, ...parts.map(({ name }) => name)] };
}

function sorted(found: readonly Fields[], text: string): readonly Fields[] {
  const [field = "", direction = "asc"] = text.split(/\s+/);
  const sign = direction === "desc" ? -1 : 1;
  return [...found].sort((one, other) => sign * (Number(one[field]) - Number(other[field])));
}
