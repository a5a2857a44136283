import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";

/**
 * The events that a server has taken, one line of JSON each, in a file that survives a SIGKILL. A server answers after
 * `append`, so a line that was cut short was never acknowledged.
 */
export class Journal<Entry> {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Cuts off an incomplete line of a dead server. Called by the server that takes its place. */
  recover(): this {
    const text = this.#text();
    if (text !== "") truncateSync(this.#file, Buffer.byteLength(text.slice(0, text.lastIndexOf("\n") + 1)));
    return this;
  }

  /** Writes all entries or, if the server dies in between, the first few. */
  append(entries: readonly Entry[]): void {
    appendFileSync(this.#file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  }

  /** All entries, the oldest first. */
  read(): readonly Entry[] {
    return this.#text()
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  #text(): string {
    return existsSync(this.#file) ? readFileSync(this.#file, "utf8") : "";
  }
}
