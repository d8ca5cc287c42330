// Bundles what does without JupyterLab's own bundler into jupyter_runs/static: the widget (one module, no imports left) and
// the page of its own (page/, in chunks that load when they are needed).
import { copyFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const OUT = 'jupyter_runs/static';

const common = {
  bundle: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  format: 'esm',
  jsx: 'automatic',
  legalComments: 'none',
  logLevel: 'warning',
  minify: true
};

await build({
  ...common,
  entryPoints: { widget: 'labextension/src/widget.tsx' },
  outdir: OUT,
  target: 'es2020'
});

rmSync(`${OUT}/page`, { recursive: true, force: true });
await build({
  ...common,
  // Icons of JupyterLab's are in its code as text, in its style sheets as data.
  loader: { '.svg': 'text' },
  entryPoints: {
    page: 'labextension/src/page.tsx',
    light: 'labextension/style/light.css',
    dark: 'labextension/style/dark.css'
  },
  outdir: `${OUT}/page`,
  splitting: true,
  target: 'es2022'
});
copyFileSync('labextension/style/favicon.svg', `${OUT}/page/favicon.svg`);
