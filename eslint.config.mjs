// What `npm run lint` asks of the TypeScript sources.
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['labextension/lib/**', 'labextension/src/run.d.ts'] },
  ...tseslint.configs.recommended,
  {
    files: ['labextension/src/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': hooks },
    rules: {
      ...hooks.configs['recommended-latest'].rules,
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      curly: 'error',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: 'Names, tags and logs come from anybody: render them as text.'
        },
        // What these let through is all that `npm run catalogue` finds.
        {
          selector:
            "CallExpression[callee.property.name=/^(__|_n)$/]:not([callee.object.name='trans'])",
          message: 'Texts are found by the name of the translator: `trans.__(…)`.'
        },
        {
          selector:
            "CallExpression[callee.property.name=/^(__|_n)$/]:not([arguments.0.type='Literal'])",
          message: 'Texts are found only where they stand as they are.'
        },
        {
          selector: "CallExpression[callee.property.name='_n']:not([arguments.1.type='Literal'])",
          message: 'Texts are found only where they stand as they are.'
        }
      ]
    }
  },
  {
    files: ['labextension/src/**/*.spec.{ts,tsx}', 'labextension/src/testing/**'],
    rules: { 'max-lines-per-function': 'off' }
  }
);
