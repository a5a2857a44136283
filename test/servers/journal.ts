import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";

/**
 * What a server has taken, one JSON text a line, in a file that outlives its death by SIGKILL. A server answers after
 * `append`, so a line that was cut short was never acknowledged.
 */
export class Journal<Entry> {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Cuts off what a dead server had begun to write. For the server that takes its place. */
  recover(): this {
    const text = this.#text();
    if (text !== "") truncateSync(this.#file, Buffer.byteLength(text.slice(0, text.lastIndexOf("\n") + 1)));
    return this;
  }

  /** Writes all or, if it dies in between, the first few. */
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
