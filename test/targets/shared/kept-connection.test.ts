import { beforeEach, describe, expect, it, vi } from "vitest";
import { keptConnection, RESTED_AFTER_MS } from "../../../lib/targets/shared/run/kept-connection.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

beforeEach(() => void vi.useFakeTimers());

interface Connection {
  readonly number: number;
  isOpen: boolean;
  isClosed: boolean;
}

function keptOnClock(opened = Promise.resolve()) {
  const clock = new VirtualClock();
  const made: Connection[] = [];
  const failures: Error[] = [];
  const kept = keptConnection<Connection>(
    {
      async open() {
        const failure = failures.pop();
        if (failure !== undefined) throw failure;
        if (made.length === 0) await opened;
        const connection = { number: made.length + 1, isOpen: true, isClosed: false };
        made.push(connection);
        return connection;
      },
      isOpen: ({ isOpen }) => isOpen,
      close: (connection) => {
        connection.isClosed = true;
      },
    },
    clock,
  );
  return { clock, made, failures, kept };
}

describe("a kept connection", () => {
  it("is made when it is first needed, and shared", async () => {
    const { kept, made } = keptOnClock();
    expect(made).toEqual([]);
    const [one, other] = await Promise.all([kept.get(), kept.get()]);
    expect(one).toBe(other);
    expect(await kept.get()).toBe(one);
    expect(made).toHaveLength(1);
  });

  it("is made again after it broke", async () => {
    const { kept } = keptOnClock();
    (await kept.get()).isOpen = false;
    expect((await kept.get()).number).toBe(2);
  });

  it("is tried again after it could not be made", async () => {
    const { kept, failures } = keptOnClock();
    failures.push(new Error("nobody listens"));
    await expect(Promise.all([kept.get(), kept.get()])).rejects.toThrow("nobody listens");
    expect((await kept.get()).number).toBe(1);
  });

  it("is tried again after one that would not open, which is closed when it opens all the same", async () => {
    let open = (): void => undefined;
    const { kept, made } = keptOnClock(
      new Promise((resolve) => {
        open = resolve;
      }),
    );
    const first = expect(kept.get()).rejects.toThrow("not made in time");
    await vi.advanceTimersByTimeAsync(5_000);
    await first;
    open();
    await vi.advanceTimersByTimeAsync(0);
    expect(made).toMatchObject([{ number: 1, isClosed: true }]);
    expect(await kept.get()).toMatchObject({ number: 2, isClosed: false });
  });

  it("is not trusted after it rested, as in a frozen process whose timers stood still", async () => {
    const { kept, clock, made } = keptOnClock();
    await kept.get();
    clock.skip(RESTED_AFTER_MS);
    expect((await kept.get()).number).toBe(1);
    clock.skip(RESTED_AFTER_MS + 1);
    expect((await kept.get()).number).toBe(2);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(made.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  });

  it("is closed when nobody needs it any more", async () => {
    const { kept, made } = keptOnClock();
    await kept.get();
    await vi.advanceTimersByTimeAsync(RESTED_AFTER_MS - 1);
    expect(made[0]?.isClosed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(made[0]?.isClosed).toBe(true);
    expect((await kept.get()).number).toBe(2);
  });

  it("is closed only after the calls under way, when it is retired", async () => {
    const { kept, made } = keptOnClock();
    const retired = await kept.get();
    kept.retire(retired);
    expect((await kept.get()).number).toBe(2);
    expect(made[0]?.isClosed).toBe(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(made.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    kept.retire(retired);
    expect((await kept.get()).number).toBe(2);
  });
});
