/** The form of parameters, its presets, and what a plan comes to. */
import { keepPreset, presetsOf, type Keeper } from '../src/panel/parameters/presets';
import { isChanged, saying, shownText, textsOf } from '../src/panel/parameters/texts';
import {
  NOTHING_SWEPT,
  severalOf,
  single,
  sweepAsked,
  withValues
} from '../src/panel/parameters/swept';
import { byDecision, summarized } from '../src/panel/plan/summary';
import type { ForeseenStep, ParameterField } from '../src/wire';

function field(name: string, more: Partial<ParameterField> = {}): ParameterField {
  const plain = { kind: 'whole', annotation: 'int', help: '', allowed: '', choices: [] } as const;
  return { name, ...plain, default: '1', declared: '1', used: null, ...more };
}

test('a run is given only what is no default, and the form begins with what the last run was given', () => {
  const fields = [field('a'), field('b', { used: '5' }), field('c', { default: null })];
  expect(textsOf(fields, {})).toEqual({ b: '5' });
  expect(textsOf(fields, { a: '2', b: null, c: '' })).toEqual({ a: '2', c: '' });
  expect(textsOf(fields, { a: '1', b: '1' })).toEqual({});
});

test('a field shows what is said, else its default, and nothing where that is computed', () => {
  expect(shownText(field('a', { used: '5' }), {})).toBe('5');
  expect(shownText(field('a', { used: '5' }), { a: null })).toBe('1');
  expect(shownText(field('a', { default: null }), {})).toBe('');
  expect(isChanged(field('a', { default: null }), { a: '' })).toBe(true);
});

test('a preset says all: what it has no text for goes back to its default', () => {
  const fields = [field('a'), field('b', { used: '5' })];
  expect(textsOf(fields, saying(fields, { a: '7' }))).toEqual({ a: '7' });
});

class Memory implements Keeper {
  readonly texts = new Map<string, string>();
  getItem(key: string): string | null {
    return this.texts.get(key) ?? null;
  }
  setItem(key: string, text: string): void {
    this.texts.set(key, text);
  }
}

test('presets are kept for each notebook, by name, and can be forgotten', () => {
  const keeper = new Memory();
  keepPreset(keeper, 'a.ipynb', 'small', { n: '1' });
  keepPreset(keeper, 'a.ipynb', 'big', { n: '9' });
  expect(Object.keys(presetsOf(keeper, 'a.ipynb'))).toEqual(['big', 'small']);
  expect(presetsOf(keeper, 'b.ipynb')).toEqual({});
  expect(keepPreset(keeper, 'a.ipynb', 'big', null)).toEqual({ small: { n: '1' } });
});

test.each(['no JSON', '3', 'null'])('what somebody else wrote (%s) is no preset', text => {
  const keeper = new Memory();
  keeper.setItem('jupyter_pipes:presets:a.ipynb', text);
  expect(presetsOf(keeper, 'a.ipynb')).toEqual({});
});

function foreseen(
  name: string,
  decision: ForeseenStep['decision'],
  seconds: number | null
): ForeseenStep {
  return { name, decision, reasons: [], seconds };
}

test('a plan counts what runs, and sums what that took last time', () => {
  const steps = [
    foreseen('a', 'cached', 50),
    foreseen('b', 'depends', 2),
    foreseen('c', 'run', 1),
    foreseen('d', 'run', null)
  ];
  expect(summarized(steps)).toEqual({ runs: 2, depends: 1, cached: 1, seconds: 3, unknown: 1 });
  expect(byDecision(steps).map(step => step.name)).toEqual(['c', 'd', 'b', 'a']);
});

test('a field that takes several values begins with all that its type lists, else with the one it had', () => {
  const choices = ['ridge', 'lasso'];
  expect(severalOf(field('a', { used: '5' }), {})).toBe('5');
  expect(severalOf(field('b', { kind: 'choice', choices }), {})).toBe('ridge, lasso');
  expect(severalOf(field('c', { kind: 'switch' }), {})).toBe('true, false');
});

test('a sweep is asked for in the order of the form, and what it tries is no value of all runs', () => {
  const fields = [field('a'), field('b'), field('c')];
  const swept = withValues(withValues(NOTHING_SWEPT, 'c', '1,2'), 'a', '2..5');
  expect(sweepAsked(fields, NOTHING_SWEPT)).toBeNull();
  expect(sweepAsked(fields, swept)).toEqual({
    over: { a: '2..5', c: '1,2' },
    metric: '',
    at_most: ''
  });
  expect(Object.keys(sweepAsked(fields, swept)?.over ?? {})).toEqual(['a', 'c']);
  const least = { ...swept, metric: ' loss ', isLargest: false, atMost: ' 3 ' };
  expect(sweepAsked(fields, least)).toMatchObject({ metric: 'loss:min', at_most: '3' });
  expect(single({ a: '7', b: '8' }, swept)).toEqual({ b: '8' });
  expect(sweepAsked(fields, withValues(withValues(swept, 'a', null), 'c', null))).toBeNull();
});
