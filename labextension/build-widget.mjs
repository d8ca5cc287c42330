// Bundles the widget module (React included, no imports left) and its style for jupyter_runs/static.
import { build } from 'esbuild';

await build({
  entryPoints: { widget: 'labextension/src/widget.tsx' },
  bundle: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  format: 'esm',
  jsx: 'automatic',
  legalComments: 'none',
  logLevel: 'warning',
  minify: true,
  outdir: 'jupyter_runs/static',
  target: 'es2020'
});
