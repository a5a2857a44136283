import type { Series } from "./metric-store.ts";

/**
 * CloudWatch's metric math, as far as the dashboard and the alarms use it. Anything else is refused by name, so that a
 * widget is never drawn from a guess.
 *
 *   sum     := product (("+" | "-") product)*
 *   product := factor (("*" | "/") factor)*
 *   factor  := number | id | call | "(" sum ")" | "-" factor
 *   call    := NAME "(" argument ("," argument)* ")",  where an argument is a sum or a string in quotes
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export interface MathContext {
  /** The series behind an id. */
  series(id: string): Series;
  /** The result of a SEARCH: series with labels that distinguish them. */
  search(expression: string, statistic: string, periodMs: number): readonly LabelledSeries[];
  /** The starts of all requested periods: FILL gives each a value. */
  readonly periods: readonly number[];
}

export interface LabelledSeries {
  readonly label: string;
  readonly series: Series;
}

type Value =
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "series"; readonly series: Series }
  | { readonly kind: "many"; readonly many: readonly LabelledSeries[] };

type Token = { readonly kind: "number" | "name" | "text" | "sign"; readonly text: string };

const TOKEN = /\s*(?:(\d+(?:\.\d+)?(?:[eE]-?\d+)?)|([A-Za-z_]\w*)|'([^']*)'|([-+*/(),]))/y;

/** Evaluates an expression to one series; a SEARCH to several. */
export function evaluateMath(expression: string, context: MathContext): readonly LabelledSeries[] {
  const value = new Parser(expression, context).parse();
  switch (value.kind) {
    case "many":
      return value.many;
    case "series":
      return [{ label: expression, series: value.series }];
    case "number":
      return [{ label: expression, series: new Map(context.periods.map((at) => [at, value.number])) }];
  }
}

class Parser {
  readonly #expression: string;
  readonly #context: MathContext;
  readonly #tokens: Token[];

  constructor(expression: string, context: MathContext) {
    this.#expression = expression;
    this.#context = context;
    this.#tokens = tokensOf(expression);
  }

  parse(): Value {
    const value = this.#sum();
    const [left] = this.#tokens;
    return left === undefined ? value : this.#refuse(`nothing may follow before ${left.text}`);
  }

  #sum(): Value {
    let value = this.#product();
    for (let sign = this.#take("+", "-"); sign !== undefined; sign = this.#take("+", "-")) {
      const plus = sign === "+";
      value = this.#combine(value, this.#product(), (one, other) => (plus ? one + other : one - other));
    }
    return value;
  }

  #product(): Value {
    let value = this.#factor();
    for (let sign = this.#take("*", "/"); sign !== undefined; sign = this.#take("*", "/")) {
      const times = sign === "*";
      value = this.#combine(value, this.#factor(), (one, other) => (times ? one * other : one / other));
    }
    return value;
  }

  #factor(): Value {
    const token = this.#tokens.shift();
    if (token?.kind === "number") return { kind: "number", number: Number(token.text) };
    if (token?.kind === "name") {
      return this.#take("(") === undefined
        ? { kind: "series", series: this.#context.series(token.text) }
        : this.#call(token.text);
    }
    if (token?.text === "(" && token.kind === "sign") {
      const value = this.#sum();
      this.#expect(")");
      return value;
    }
    if (token?.text === "-" && token.kind === "sign") {
      return this.#combine({ kind: "number", number: 0 }, this.#factor(), (one, other) => one - other);
    }
    return this.#refuse(`${token?.text ?? "the end"} is not a value`);
  }

  #call(name: string): Value {
    switch (name) {
      case "FILL": {
        const series = this.#seriesArgument(name);
        this.#expect(",");
        const filling = this.#sum();
        if (filling.kind !== "number") return this.#refuse("FILL fills with a number here");
        this.#expect(")");
        const { periods } = this.#context;
        return { kind: "series", series: new Map(periods.map((at) => [at, series.get(at) ?? filling.number])) };
      }
      case "RUNNING_SUM": {
        const series = this.#seriesArgument(name);
        this.#expect(")");
        let total = 0;
        return { kind: "series", series: mapValues(series, (value) => (total += value)) };
      }
      case "SEARCH": {
        const expression = this.#text();
        this.#expect(",");
        const statistic = this.#text();
        this.#expect(",");
        const seconds = this.#sum();
        if (seconds.kind !== "number") return this.#refuse("SEARCH takes its period in seconds");
        this.#expect(")");
        return { kind: "many", many: this.#context.search(expression, statistic, seconds.number * 1_000) };
      }
      default:
        return this.#refuse(`the function ${name} is not known here yet`);
    }
  }

  #seriesArgument(name: string): Series {
    const value = this.#sum();
    return value.kind === "series" ? value.series : this.#refuse(`${name} takes one series`);
  }

  #text(): string {
    const token = this.#tokens.shift();
    return token?.kind === "text" ? token.text : this.#refuse("a string in quotes is missing");
  }

  /** The result has a value where both series have one; a division by zero has none. */
  #combine(one: Value, other: Value, operate: (one: number, other: number) => number): Value {
    if (one.kind === "many" || other.kind === "many")
      return this.#refuse("the result of SEARCH cannot be used in a calculation");
    if (one.kind === "number" && other.kind === "number") {
      return { kind: "number", number: operate(one.number, other.number) };
    }
    const periods = one.kind === "series" ? one.series.keys() : other.kind === "series" ? other.series.keys() : [];
    const combined = new Map<number, number>();
    for (const at of periods) {
      const left = one.kind === "series" ? one.series.get(at) : one.number;
      const right = other.kind === "series" ? other.series.get(at) : other.number;
      const value = left === undefined || right === undefined ? Number.NaN : operate(left, right);
      if (Number.isFinite(value)) combined.set(at, value);
    }
    return { kind: "series", series: combined };
  }

  #take(...signs: readonly string[]): string | undefined {
    const [token] = this.#tokens;
    if (token?.kind !== "sign" || !signs.includes(token.text)) return undefined;
    this.#tokens.shift();
    return token.text;
  }

  #expect(sign: string): void {
    if (this.#take(sign) === undefined) this.#refuse(`${sign} is missing before ${this.#tokens[0]?.text ?? "the end"}`);
  }

  #refuse(why: string): never {
    throw new Error(`The metric math ${JSON.stringify(this.#expression)} cannot be evaluated: ${why}.`);
  }
}

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; expression.slice(at).trim() !== ""; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const [, number, name, text, sign] = TOKEN.exec(expression) ?? [];
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else if (text !== undefined) tokens.push({ kind: "text", text });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    else throw new Error(`The metric math ${JSON.stringify(expression)} cannot be read from its character ${at} on.`);
  }
  return tokens;
}

const mapValues = (series: Series, change: (value: number) => number): Series =>
  new Map([...series].map(([at, value]) => [at, change(value)]));
