import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { onAbort } from "../../lib/core/on-abort.ts";

describe("what listens to a signal that may be aborted", () => {
  it("is called once when it is", () => {
    const controller = new AbortController();
    const stop = vi.fn();
    onAbort(controller.signal, stop);
    expect(stop).not.toHaveBeenCalled();
    controller.abort();
    expect(stop).toHaveBeenCalledOnce();
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("is called at once where it was already, and listens no more", () => {
    const stop = vi.fn();
    const signal = AbortSignal.abort();
    onAbort(signal, stop);
    expect(stop).toHaveBeenCalledOnce();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("is not called once the listening has ended", () => {
    const controller = new AbortController();
    const stop = vi.fn();
    onAbort(controller.signal, stop)();
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    controller.abort();
    expect(stop).not.toHaveBeenCalled();
  });

  it("is never called without a signal", () => {
    const stop = vi.fn();
    onAbort(undefined, stop)();
    expect(stop).not.toHaveBeenCalled();
  });
});
