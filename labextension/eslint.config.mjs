import eslint from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import typescript from 'typescript-eslint';

// Not what is typed, as %%step NAME.
const LETTERS = '/^[^%]*[A-Za-z]{2}/';
const ATTRIBUTES =
  '/^(title|label|alt|placeholder|aria-label|aria-description|aria-roledescription)$/';
const PROPERTIES =
  '/^(label|caption|title|body|okLabel|ariaLabel|textContent|innerText|placeholder)$/';

/** What a user reads goes through the translator: such words stand in a call of it, `trans.__('Run')`. */
const untranslated = [
  `JSXText[value=${LETTERS}]`,
  `JSXExpressionContainer > Literal[value=${LETTERS}]`,
  `JSXAttribute[name.name=${ATTRIBUTES}] Literal[value=${LETTERS}]:not(CallExpression *)`,
  `JSXAttribute[name.name=${ATTRIBUTES}] TemplateElement[value.raw=${LETTERS}]:not(CallExpression *)`,
  `JSXElement > JSXExpressionContainer TemplateElement[value.raw=${LETTERS}]:not(CallExpression *, JSXAttribute *)`,
  `Property[key.name=${PROPERTIES}] > Literal[value=${LETTERS}]`,
  `Property[key.name=${PROPERTIES}] > TemplateLiteral TemplateElement[value.raw=${LETTERS}]`,
  `AssignmentExpression[left.property.name=${PROPERTIES}] > Literal[value=${LETTERS}]`,
  'MemberExpression[object.type=MemberExpression][object.object.name=LOOKS][property.name=word]'
].map(selector => ({ selector, message: 'What a user reads goes through the translator.' }));

export default typescript.config(
  { ignores: ['src/wire.ts'] },
  eslint.configs.recommended,
  typescript.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tests/tsconfig.json' } },
    plugins: { 'react-hooks': hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      eqeqeq: 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // Listeners of Lumino's signals are methods that are given their object beside them.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }]
    }
  },
  {
    files: ['src/**'],
    ignores: ['src/panel/graph/style.ts'],
    rules: { 'no-restricted-syntax': ['error', ...untranslated] }
  }
);
