import { expect, it } from "vitest";
import { picture } from "../../../bench/report/picture.ts";
import { result, row } from "../sample-result.ts";

const of = (rows: readonly (typeof row)[]) => picture({ workloads: [{ name: "relay", about: "", rows }] });
const barWidth = (svg: string, kind: string) =>
  Number(new RegExp(`class="${kind}"[^>]* width="(\\d+)"`).exec(svg)?.[1]);

it("shows each row with its ratio and its goal, and whether it is met", () => {
  const svg = picture(result);
  expect(svg).toContain(">relay-unordered</text>");
  expect(svg).toContain('x 2<tspan class="note"> (at most 2)</tspan>');
  expect(svg).toContain('x 4<tspan class="note"> (at least 5)</tspan>');
  expect(svg.match(/<rect class="met"/g)).toHaveLength(1);
  expect(svg.match(/<rect class="missed"/g)).toHaveLength(1);
});

it("ends a bar at the line where the goal is just met, before it where it is better, whichever way better is", () => {
  const line = barWidth(of([{ ...row, ratio: { median: 2, min: 2, max: 2 } }]), "met");
  expect(barWidth(of([{ ...row, ratio: { median: 1, min: 1, max: 1 } }]), "met")).toBe(line / 2);
  const twice = { ...row, goal: { atLeast: 5 }, ratio: { median: 10, min: 10, max: 10 } };
  expect(barWidth(of([twice]), "met")).toBe(line / 2);
  expect(barWidth(of([{ ...twice, ratio: { median: 2.5, min: 1, max: 3 } }]), "missed")).toBe(2 * line);
});

it("writes names as text, whatever is in them", () => {
  expect(of([{ ...row, name: "a < b & c" }])).toContain(">a &lt; b &amp; c</text>");
});
