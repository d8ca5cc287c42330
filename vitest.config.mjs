// How `npm test` runs: the specs beside the code, in a simulated browser.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'jsdom',
    include: ['labextension/src/**/*.spec.{ts,tsx}'],
    setupFiles: ['labextension/src/testing/setup.ts'],
    restoreMocks: true,
    // A busy machine is slow, not wrong.
    testTimeout: 30_000,
    server: { deps: { inline: [/@jupyterlab/, /@jupyter\//] } }
  }
});
