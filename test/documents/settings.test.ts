import { EventBus } from "aws-cdk-lib/aws-events";
import { beforeAll, describe, expect, it } from "vitest";
import { readRelayProps } from "../../lib/cdk/outbox-relay-props.ts";
import { readAppSettings } from "../../lib/cdk/settings.ts";
import { OutboxTarget } from "../../lib/cdk/targets/outbox-target.ts";
import { createOwnStack } from "../cdk/fixtures.ts";
import { readPage } from "./pages.ts";

const PAGE = "docs/settings.md";

/** A line of the table: names without their backticks, everything else as it is written. */
interface Line {
  readonly setting: string;
  readonly prop: string;
  readonly type: string;
  readonly byDefault: string;
  readonly allowed: string;
}

const lines: readonly Line[] = readPage(PAGE)
  .split("\n")
  .filter((line) => line.startsWith("| `") || line.startsWith("| | `"))
  .map((line) => {
    const [setting = "", prop = "", type = "", byDefault = "", allowed = ""] = line
      .slice(1)
      .split("|")
      .map((cell) => cell.trim());
    return { setting: setting.replaceAll("`", ""), prop: prop.replaceAll("`", ""), type, byDefault, allowed };
  });

let target: OutboxTarget;
beforeAll(() => {
  target = OutboxTarget.eventBridge(new EventBus(createOwnStack(), "Bus"));
});

type Json = Readonly<Record<string, unknown>>;
const readProps = (props: Json) => readRelayProps("Relay", { target, ...props });

/** The names that a reader takes, by its own refusal of what is no object. */
function namesOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    return /it must be an object with ([\w, ]+)/.exec((error as Error).message)?.[1]?.split(", ") ?? [];
  }
  return [];
}

/** A name, or the names of its fields where it has some. */
function fieldsOf(name: string, read: (value: unknown) => unknown): readonly string[] {
  const fields = namesOf(() => read([]));
  return fields.length === 0 ? [name] : fields.map((field) => `${name}.${field}`);
}

/** A setting, or the field of one, in an object around it. An audit needs an archive. */
function inSettings(path: string, value: unknown): Json {
  const [name = "", field] = path.split(".");
  return {
    ...(name === "audit" ? { archive: true } : {}),
    [name]: field === undefined ? value : { [field]: value },
  };
}

const refusal = (read: () => unknown): string => {
  try {
    read();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

/** Where a setting stands among those that were read: a delivery setting is under `delivery`. */
function valueIn(settings: ReturnType<typeof readAppSettings>, path: string): unknown {
  const { delivery, ...relay } = settings.relay;
  const all: Json = { ...settings, ...relay, ...delivery };
  return path.split(".").reduce<unknown>((value, name) => (value as Json | undefined)?.[name], all);
}

const namedIn = (column: "setting" | "prop") =>
  lines
    .map((line) => line[column])
    .filter((name) => name !== "")
    .toSorted();

describe("the one table of settings and props", () => {
  it("has every setting of the app, field by field, and no other", () => {
    // A target's fields are the pages' of the targets.
    const settings = namesOf(() => readAppSettings([])).flatMap((name) =>
      name === "target" ? [name] : fieldsOf(name, (value) => readAppSettings({ [name]: value })),
    );
    expect(settings.length).toBeGreaterThan(30);
    expect(namedIn("setting")).toEqual(settings.toSorted());
  });

  it("has every prop of the construct, field by field, and no other", () => {
    const props = namesOf(() => readRelayProps("Relay", 7)).flatMap((name) =>
      name === "target" ? [name] : fieldsOf(name, (value) => readProps({ [name]: value })),
    );
    expect(props.length).toBeGreaterThan(35);
    expect(namedIn("prop")).toEqual(props.toSorted());
  });

  const plain = lines.filter(({ setting, type }) => setting !== "" && /^(integer|boolean|one of)/.test(type));

  const of = (type: RegExp) =>
    plain.filter((line) => type.test(line.type)).map((line) => [line.setting, line] as const);
  const read = (path: string, value: unknown) => refusal(() => readAppSettings(inSettings(path, value)));

  it.each(of(/./))("has the default of %s", (setting, { byDefault }) => {
    const [, code] = /^`([^`]+)`/.exec(byDefault) ?? [];
    expect(byDefault).toMatch(/^(`|none)/);
    expect(valueIn(readAppSettings({}), setting)).toEqual(code === undefined ? undefined : JSON.parse(code));
  });

  it.each(of(/^integer/))("has the range of %s", (setting, { allowed }) => {
    const [least = Number.NaN, most = Number.NaN] = (/([\d,]+) to ([\d,]+)/.exec(allowed) ?? [])
      .slice(1)
      .map((number) => Number(number.replaceAll(",", "")));
    for (const value of [least, most]) expect(read(setting, value)).toBe("");
    for (const value of [least - 1, most + 1, least + 0.5, String(least)]) {
      expect(read(setting, value)).toContain(`outboxRelay.${setting} is `);
    }
  });

  it.each(of(/^(one of|boolean)/))("has the choices of %s", (setting, { allowed }) => {
    const choices = [...allowed.matchAll(/`([^`]+)`/g)].map(([, choice = ""]) => JSON.parse(choice) as unknown);
    expect(choices.length).toBeGreaterThan(1);
    for (const choice of choices) expect(read(setting, choice)).toBe("");
    // A reader that knows its choices names all of them.
    const told = read(setting, "another");
    const quoted = told.slice(told.indexOf(": it must be"));
    for (const choice of choices) expect(quoted).toContain(String(choice));
    const named = /one of ([^.]+)/.exec(quoted)?.[1]?.split(", ") ?? choices.map(String);
    expect(named.toSorted()).toEqual(choices.map(String).toSorted());
  });

  it.each(of(/^integer/))("has the unit of %s, as its name says", (setting, { type }) => {
    const unit = Object.entries({
      PerSecond: "units/s",
      Seconds: "s",
      Ms: "ms",
      Mb: "MB",
      Days: "days",
      Hours: "hours",
    }).find(([end]) => setting.endsWith(end))?.[1];
    const [, written] = /^integer(?:, (.+))?$/.exec(type) ?? [];
    if (unit !== undefined) expect(written).toBe(unit);
    else expect([undefined, "events/s", "records"]).toContain(written);
  });
});
