// What stands at the ticks of a chart and under its cursor.
import type { Axis } from './curves';
import { formatClock, formatElapsed, formatMoment, formatNumber } from './format';

/** A value of the horizontal axis, in full. */
export function xText(axis: Axis, value: number): string {
  if (axis === 'relative') {
    return value < 60 ? `${formatNumber(value, 4)} s` : formatElapsed(value);
  }
  return axis === 'wall'
    ? `${formatMoment(value).slice(0, 11)}${formatClock(value)}`
    : formatNumber(value, 7);
}

/** Ticks of the horizontal axis, `step` apart. */
export function xTick(axis: Axis, value: number, step: number): string {
  if (axis === 'relative') {
    return step < 1 ? `${tick(value, step)} s` : formatElapsed(value);
  }
  if (axis === 'wall') {
    return step < 43_200
      ? formatClock(value).slice(0, step < 60 ? 8 : 5)
      : formatMoment(value).slice(5, 10);
  }
  return tick(value, step);
}

/** A number with as many digits as tell it from the next tick, `step` away. */
export function tick(value: number, step: number): string {
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e6 || size < 1e-3)) {
    // 1.25e7 beside 1.2e7: the digits between the value and the step.
    const digits = Math.floor(Math.log10(size)) - Math.floor(Math.log10(step || size));
    return value
      .toExponential(Math.min(9, Math.max(0, digits)))
      .replace(/(\.\d*?)0+e/, '$1e')
      .replace('.e', 'e')
      .replace('e+', 'e');
  }
  const digits = step > 0 ? Math.max(0, -Math.floor(Math.log10(step))) : 2;
  return String(Number(value.toFixed(Math.min(12, digits + 1))));
}

/** What is in view around a single value: never so close that the next whole one is out of sight. */
export function around(value: number): { min: number; max: number } {
  const pad = Math.max(1, Math.abs(value) * 1e-9);
  return { min: value - pad, max: value + pad };
}
