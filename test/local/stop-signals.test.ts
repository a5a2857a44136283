import { EventEmitter } from "node:events";
import { beforeEach, describe, expect, it } from "vitest";
import { onStopSignals } from "../../lib/local/stop-signals.ts";

let told: string[];
let nowMs: number;
let terminal: EventEmitter;
let end: () => void;

beforeEach(() => {
  told = [];
  nowMs = 5_000;
  terminal = new EventEmitter();
  const handlers = {
    first: (signal: string) => void told.push(`first ${signal}`),
    again: (signal: string) => void told.push(`again ${signal}`),
  };
  end = onStopSignals(["SIGINT", "SIGTERM"], handlers, terminal, () => nowMs);
});

const send = (signal: string, afterMs = 0) => {
  nowMs += afterMs;
  terminal.emit(signal, signal);
};

describe("signals that ask to stop", () => {
  it("are one Ctrl-C where npm passes on what the terminal has sent to both", () => {
    send("SIGINT");
    send("SIGINT", 3);
    expect(told).toEqual(["first SIGINT"]);
  });

  it("are a second one where somebody has waited", () => {
    send("SIGINT");
    send("SIGTERM", 1_500);
    send("SIGTERM", 1);
    expect(told).toEqual(["first SIGINT", "again SIGTERM", "again SIGTERM"]);
  });

  it("are left to others when nobody listens any more", () => {
    end();
    send("SIGINT");
    expect(told).toEqual([]);
    expect(terminal.eventNames()).toEqual([]);
  });
});
