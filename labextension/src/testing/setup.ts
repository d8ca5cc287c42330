// What jsdom lacks and the components need: sizes, observers, and a clean document after each test.
import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';

class NoObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

globalThis.ResizeObserver ??= NoObserver;
globalThis.DragEvent ??= class extends MouseEvent {} as typeof DragEvent;
globalThis.requestIdleCallback ??= callback => Number(setTimeout(callback, 0));
window.matchMedia ??= query =>
  Object.assign(new EventTarget(), { matches: false, media: query }) as MediaQueryList;

for (const [name, value] of [
  ['clientHeight', 400],
  ['clientWidth', 300]
] as const) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => value });
}
HTMLElement.prototype.scrollTo = () => undefined;

afterEach(cleanup);
