// Writes src/run.d.ts from the JSON schema of a run; with --check it only says whether the file is up to date.
import { readFile, writeFile } from 'node:fs/promises';
import { compile } from 'json-schema-to-typescript';

const source = 'jupyter_runs/schema/run.v1.json';
const target = 'labextension/src/run.d.ts';

/** A value that may be anything: the generator would take it for an object. */
function anything(schema) {
  for (const property of Object.values(schema.properties ?? {})) {
    if (!('type' in property || 'enum' in property)) {
      property.tsType = 'unknown';
    }
    anything(property);
  }
  if (typeof schema.additionalProperties === 'object') {
    anything(schema.additionalProperties);
  }
  return schema;
}

const schema = anything(JSON.parse(await readFile(source, 'utf8')));
const text = await compile(schema, 'RunData', {
  bannerComment: `// The wire form of a run. GENERATED from ${source} by \`npm run types\`: do not edit.`,
  style: { singleQuote: true, printWidth: 100, trailingComma: 'none' }
});

if (process.argv.includes('--check')) {
  const present = await readFile(target, 'utf8').catch(() => '');
  if (present !== text) {
    process.stderr.write(`${target} does not fit ${source}: run \`npm run types\`.\n`);
    process.exit(1);
  }
} else {
  await writeFile(target, text);
}
